"""Reversing a whole document: a credit note over all of it, released and applied, so that both are closed.

For documents that the program itself made and takes back, such as a fee. The caller commits, and holds the document's
lock.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.documents.commands.releasing import Issued, issue
from reskontra.documents.document import Document
from reskontra.documents.store.loading import Wanted, load_document
from reskontra.errors import NotFound
from reskontra.kinds import CREDIT_NOTE, Kind

if TYPE_CHECKING:
    from reskontra.customers.customer import Debtor


async def credit_whole(
    connection: Connection, context: Context, kind: Kind, number: str, on: date, *, origin: str
) -> Issued:
    """A credit note of that day which closes an open document that nothing settles yet (REV-01, REV-02, REV-04).

    Raises `Refused` as creating, settling and releasing it do.
    """
    loaded = await load_document(connection, context, kind.document_type, number, Wanted())
    if loaded is None or loaded.document is None or loaded.debtor is None:
        raise NotFound(kind.noun, number)
    changes = whole_credit(loaded.document, loaded.debtor, on)
    return await issue(connection, context, CREDIT_NOTE, changes, origin=origin)


def whole_credit(document: Document, debtor: Debtor, on: date) -> dict[str, Any]:
    """The content of a credit note over all of a document, applied to it."""
    applied = {"document_type": document.document_type, "number": document.number, "amount_paid": document.amount}
    return {**taking_back(document, debtor, on), "application_lines": [applied]}


def taking_back(document: Document, debtor: Debtor, on: date) -> dict[str, Any]:
    """The content of a document that takes back all of another.

    Lines, VAT and totals stand as they do there (REV-01); rates and VAT date are those of what it corrects.
    """
    return {
        "customer_number": debtor.number,
        "location_cd": debtor.location.location_cd,
        "document_date": on,
        "currency_id": document.currency_id,
        "branch_number": document.branch_number,
        "vat_zone_id": document.vat_zone_id,
        "hold": False,
        "dont_print": True,
        "dont_email": True,
        "send_to_auto_invoice": False,
        "takes_back": document,
        "corrects": {"document_type": document.document_type, "number": document.number},
    }
