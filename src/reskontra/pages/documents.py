"""The list of documents of all kinds, with the selections that people ask for most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec
from starlette.responses import Response

from reskontra.pages.document_kinds import CASH, CREDITS, DRAFTS, KINDS, MONEY
from reskontra.pages.screen import Screen

ROWS = 50


class Named(msgspec.Struct):
    """A party by number and name."""

    number: str
    name: str | None = None


class DocumentRow(msgspec.Struct, rename="camel"):
    """A document as the list shows it."""

    document_type: str
    reference_number: str
    status: str
    customer: Named
    currency_id: str
    sign: int
    amount_in_currency: Decimal
    amount: Decimal
    balance_in_currency: Decimal
    balance: Decimal
    document_date: datetime | None = None
    document_due_date: datetime | None = None
    invoice_text: str | None = None
    days_overdue: int | None = None
    credit_excess: Decimal | None = None
    """By how much a draft exceeds the credit limit with all else that its customer owes, in base currency."""


class Sums(msgspec.Struct, rename="camel"):
    """The sums of a selection."""

    count: int
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Chip:
    """A selection with a name."""

    words: str
    query: Mapping[str, str]


CHIPS = (
    Chip("All", {}),
    Chip("Drafts", {"released": "false"}),
    Chip("To release", {"status": "Balanced"}),
    Chip("Overdue", {"overdue": "true"}),
    Chip("Open credits", {"type": CREDITS, "open": "true"}),
    Chip("On hold", {"status": "Hold,CreditHold,Reserved"}),
    Chip("Exceeding credit", {"exceeds": "true"}),
)

_PARAMETERS = {
    "q": "text", "type": "documentType", "status": "status", "customer": "customer", "released": "released",
    "open": "open", "overdue": "overdue", "exceeds": "exceedsCredit", "from": "fromDate", "to": "toDate",
    "fromDue": "fromDueDate", "toDue": "toDueDate",
}  # fmt: skip
"""The page's parameters, and the API's."""

STATUSES = ("Hold", "CreditHold", "PendingPrint", "PendingEmail", "Balanced", "Open", "Reserved", "Closed", "Voided")


async def show_documents(screen: Screen) -> Response:
    """All documents that pass the filters in the address."""
    query, page = screen.query, screen.page_number
    asked = {name: query.text(name) for name in _PARAMETERS}
    selection = {_PARAMETERS[name]: text for name, text in asked.items() if text}
    order = query.text("order") or ""
    found = await screen.api.list(
        DocumentRow, "/v1/reskontra/document", **selection, orderBy=order, pageNumber=page, pageSize=ROWS
    )
    sums = await screen.api.get(Sums, "/v1/reskontra/documentSum", **selection)
    is_money = asked["type"] == MONEY
    if is_money:
        cash = await screen.api.get(Sums, "/v1/reskontra/documentSum", **selection | {"documentType": CASH})
        sums.amount = cash.amount * 2 - sums.amount
    base = next((row.currency_id for row in found.rows if row.amount == row.amount_in_currency), "")
    chosen = {name: text for name, text in asked.items() if text}
    return screen.show(
        "documents.html",
        found=found,
        sums=sums,
        signs={row.document_type: _sign(row, is_money) for row in found.rows},
        drafts=DRAFTS,
        has_currencies=any(row.amount != row.amount_in_currency or row.currency_id != base for row in found.rows),
        page=page,
        size=ROWS,
        order=order,
        asked=asked,
        selection=selection,
        chips=CHIPS,
        chosen=chosen,
        here=next((chip for chip in CHIPS if dict(chip.query) == chosen), None),
        kinds=KINDS,
        statuses=STATUSES,
    )


async def credit_excess_of(
    screen: Screen, document_type: str, number: str, customer: str, status: str
) -> Decimal | None:
    """By how much a draft exceeds the credit limit with all else that its customer owes; None if it does not."""
    if status not in DRAFTS or not KINDS[document_type].rules.checks_credit:
        return None
    asked = {"documentType": document_type, "customer": customer, "text": number, "exceedsCredit": True}
    found = await screen.api.list(DocumentRow, "/v1/reskontra/document", **asked, pageSize=ROWS)
    return next((it.credit_excess for it in found.rows if it.reference_number == number), None)


def _sign(row: DocumentRow, is_money: bool) -> int:
    """What an amount is shown with: -1 for what lowers a debt, or, in a list of money, for what went out."""
    return -row.sign if is_money and not KINDS[row.document_type].rules.is_paid_at_once else row.sign
