"""Reversing a whole document: a credit note over all of it, released and applied, so that both are closed.

For documents that the program takes back itself: a fee, or an invoice whose correction is released. The caller commits,
and holds the document's lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.documents.commands.releasing import Issued, issue
from reskontra.documents.document import Document
from reskontra.documents.store.loading import Wanted, load_document
from reskontra.errors import NotFound
from reskontra.kinds import CREDIT_NOTE, Kind
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered

if TYPE_CHECKING:
    from reskontra.customers.customer import Debtor

UNSEEN: Mapping[str, Any] = {"hold": False, "dont_print": True, "dont_email": True}
"""What keeps a document that is released at once from waiting for anybody."""


async def credit_whole(
    connection: Connection,
    context: Context,
    kind: Kind,
    number: str,
    on: date,
    *,
    origin: str,
    not_before: str = "",
) -> Issued:
    """A credit note of that day which closes an open document that nothing settles yet (REV-01, REV-02, REV-04).

    `not_before` is the earliest period in which it may be. Raises `Refused` as creating, settling and releasing it do.
    """
    loaded = await load_document(connection, context, kind.document_type, number, Wanted())
    if loaded is None or loaded.document is None or loaded.debtor is None:
        raise NotFound(kind.noun, number)
    document = loaded.document
    reference = await remembered.at(connection, context.company_id, loaded.reference_version)
    changes = {
        **taking_back(document, loaded.debtor, on, reference, not_before=not_before),
        **applied_to(document, document.amount),
        **UNSEEN,
        "send_to_auto_invoice": document.send_to_auto_invoice,  # who got the one gets the other
    }
    return await issue(connection, context, CREDIT_NOTE, changes, origin=origin)


def taking_back(
    document: Document, debtor: Debtor, on: date, reference: Reference, *, not_before: str = ""
) -> dict[str, Any]:
    """The content of a document that takes back all of another, no earlier than that in its period.

    Lines, VAT and totals stand as they do there (REV-01); rates and VAT date are those of what it corrects.
    """
    changes: dict[str, Any] = {
        "customer_number": debtor.number,
        "location_cd": debtor.location.location_cd,
        "document_date": on,
        "currency_id": document.currency_id,
        "branch_number": document.branch_number,
        "vat_zone_id": document.vat_zone_id,
        "takes_back": document,
        "corrects": {"document_type": document.document_type, "number": document.number},
    }
    earliest = max(document.period_id, not_before)
    if earliest > reference.period_of(on).period_id:
        changes["financial_period"] = earliest
    if reference.preferences.credit_terms_in_credit_notes:
        changes["terms_id"] = document.terms_id  # REV-05
    return changes


def applied_to(document: Document, amount: Decimal) -> dict[str, Any]:
    """What makes a credit note settle so much of a document."""
    line = {"document_type": document.document_type, "number": document.number, "amount_paid": amount}
    return {"application_lines": [line]}
