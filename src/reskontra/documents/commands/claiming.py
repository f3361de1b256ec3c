"""Claiming from the tax authority what a document deducts, and taking such a claim back (RRT-05). The caller commits.

The claim is a credit note that is released and applied as it is made, so that the customer's balance is what is left to
pay and the document keeps its full amount. All that this moves is locked by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.documents.commands.crediting import UNSEEN, applied_to, taking_back
from reskontra.documents.commands.preparing import document_of, load
from reskontra.documents.commands.releasing import issue
from reskontra.documents.document import Document
from reskontra.documents.rules.claims import claimed_part
from reskontra.documents.store.claims import Claim
from reskontra.kinds import CREDIT_NOTE, DEBIT_NOTE, Kind
from reskontra.receivables.commands import applying
from reskontra.receivables.rules.items import CLAIM_BACK_ORIGIN, CLAIM_ORIGIN
from reskontra.reference.reference import Reference

if TYPE_CHECKING:
    from reskontra.customers.customer import Debtor

SERIES: Sequence[str] = (CREDIT_NOTE.series[0], DEBIT_NOTE.series[0], "batch")
"""The keys of the series that number what this makes."""


async def claim(
    connection: Connection, context: Context, kind: Kind, document: Document, *, debtor: Debtor, reference: Reference
) -> None:
    """Credit a document, just released, with what it deducts: on its own date, against the account of claims."""
    deduction = document.deduction
    if deduction is None or not deduction.amount:
        return
    part = claimed_part(kind, document, deduction, reference)
    changes = {
        **taking_back(part, debtor, document.document_date, reference),
        **applied_to(document, deduction.amount),
        **UNSEEN,
    }
    await issue(connection, context, CREDIT_NOTE, changes, origin=CLAIM_ORIGIN)


async def take_back(
    connection: Connection, context: Context, claimed: Claim, on: date, *, debtor: Debtor, reference: Reference
) -> None:
    """Take the claim of a document back: its note is undone there, and settles a debit note on the same account."""
    when = {"application_date": on}
    await applying.undo(connection, context, claimed.application_id, when, takes_claim_back=True)
    note = document_of(await load(connection, context, CREDIT_NOTE, claimed.number, expected_version=None))
    changes = {**taking_back(note, debtor, on, reference), **UNSEEN}
    back = await issue(connection, context, DEBIT_NOTE, changes, origin=CLAIM_BACK_ORIGIN)
    line = {"document_type": DEBIT_NOTE.document_type, "number": back.number, "amount_paid": note.amount}
    credit = {"document_type": CREDIT_NOTE.document_type, "number": note.number}
    await applying.apply(connection, context, {"credit": credit, "lines": [line], **when})
