"""Rewriting the stored texts of documents when what they show has changed."""

from __future__ import annotations

from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.documents.store import texts
from reskontra.documents.wire.rendering import lines_text, vat_text
from reskontra.reference.store import remembered

_REWRITTEN = 500
"""How many documents get new texts in one round."""


async def rewrite_texts(connection: Connection, context: Context, **what: str | int) -> None:
    """Rewrite the stored texts that show what was just changed, for example `account_number="3000"` (decision 0009).

    A follow-up, called in the transaction of the change (`changes.commands.register_follow_up`).
    """
    company_id, last = context.company_id, 0
    reference = await remembered.at(connection, company_id, None)
    while document_ids := await texts.lock_showing(connection, company_id, what, after=last, limit=_REWRITTEN):
        last = document_ids[-1]
        rewritten = [
            texts.Rewritten(document_id, lines_text(document, reference), vat_text(document, reference))
            for document_id, document in await texts.find_documents(connection, company_id, document_ids)
        ]
        await texts.save_texts(connection, company_id, rewritten)
