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
from reskontra.documents.document import Document, Line
from reskontra.documents.rules.figures import entered_vat
from reskontra.documents.store.loading import Wanted, load_document
from reskontra.errors import NotFound, Refused
from reskontra.kinds import CREDIT_NOTE, Kind
from reskontra.receivables.store.open_items import find_open_items
from reskontra.reference.store import remembered

if TYPE_CHECKING:
    from reskontra.customers.customer import Debtor
    from reskontra.reference.reference import Reference


async def credit_whole(
    connection: Connection, context: Context, kind: Kind, number: str, on: date, *, origin: str
) -> Issued:
    """A credit note of that day which closes an open document that nothing settles yet (REV-01, REV-02, REV-04).

    Raises `Refused` as creating, settling and releasing it do, and if anything of either document is left over.
    """
    loaded = await load_document(connection, context, kind.document_type, number, Wanted())
    if loaded is None or loaded.document is None or loaded.debtor is None:
        raise NotFound(kind.noun, number)
    reference = await remembered.at(connection, context.company_id, loaded.reference_version)
    changes = whole_credit(loaded.document, loaded.debtor, reference, on)
    issued = await issue(connection, context, CREDIT_NOTE, changes, origin=origin)
    both = [(CREDIT_NOTE.document_type, issued.number), (kind.document_type, number)]
    left = await find_open_items(connection, context.company_id, both)
    if any(item.balance for item in left.values()):
        raise Refused(
            f"The credit note for the {kind.noun} {number} does not come to the same amount today.",
            hint="VAT or its rate has changed since: credit it by hand first.",
        )
    return issued


def whole_credit(document: Document, debtor: Debtor, reference: Reference, on: date) -> dict[str, Any]:
    """The content of a credit note over all of a document, applied to it: its lines, VAT, place and rates."""
    credit: dict[str, Any] = {
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
        "lines": [_line(line, reference) for line in document.lines],
        "vat_rows": entered_vat(document),
        "application_lines": [
            {
                "document_type": document.document_type,
                "number": document.number,
                "amount_paid": document.amount,
            }
        ],
    }
    return credit | ({} if document.currency_id == reference.base_currency else {"rates_of": document})


def _line(line: Line, reference: Reference) -> dict[str, Any]:
    sent = {
        "item_number": line.item_number,
        "description": line.description,
        "quantity": line.quantity,
        "unit_id": line.unit_id,
        "unit_price": line.unit_price,
        "manual_amount": line.extended_amount,
        "amount_entered": line.amount_entered,
        "discount_amount": line.discount_amount or None,
        "account_number": line.account_number,
        "subaccount": reference.subaccounts[line.subaccount_id].subaccount_number,
        "vat_category_id": line.vat_category_id,
        "branch_number": line.branch_number,
    }
    return {name: value for name, value in sent.items() if value is not None}
