"""The rows of open items as they are sent, and what is wrong with them: all of it is told at once (OPN-03)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reskontra.errors import Refused
from reskontra.records import Record

COLUMNS = {
    "document_type": "documentType",
    "number": "referenceNumber",
    "customer_number": "customer",
    "document_date": "documentDate",
    "due_date": "dueDate",
    "currency_id": "currency",
    "exchange_rate": "exchangeRate",
    "original_amount": "originalAmount",
    "balance": "balance",
    "payment_reference": "paymentReference",
    "text": "text",
    "branch_number": "branch",
}
"""Attribute of a row -> its name in the API, which is also the title of its column in a file."""

A_LINE, AN_ITEM = "line", "item"
"""The attributes of faults that leave nothing of a row to be read, in a file and in a body."""

_TOLD = 1000
"""The most faults that a refusal lists; it counts the others."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a row: where, in which attribute, the value there, and what would pass."""

    place: str
    attribute: str
    value: object
    hint: str

    def __str__(self) -> str:
        said = "" if self.value is None else f" '{self.value}'"
        return f"{self.place}: {COLUMNS.get(self.attribute, self.attribute)}{said}: {self.hint}"


class Row(Record, frozen=True, kw_only=True):
    """One open item as it was sent. `place` is where: `line 2` of a file, `items[0]` of a body."""

    place: str
    document_type: str | None = None
    number: str | None = None
    customer_number: str | None = None
    document_date: date | None = None
    due_date: date | None = None
    currency_id: str | None = None
    exchange_rate: Decimal | None = None
    original_amount: Decimal | None = None
    """What the document was worth in the older system; as much as is open, unless it is sent."""

    balance: Decimal | None = None
    """What is open of it, which is what is taken over."""

    payment_reference: str | None = None
    text: str | None = None
    branch_number: str | None = None
    unread: tuple[Fault, ...] = ()
    """What is wrong with the fields that could not be read, which are None."""


class RowFaults(Refused):
    """Rows that cannot be taken over. The reason has a line for each fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: Sequence[Fault] = list(faults)
        told = [str(fault) for fault in self.faults[:_TOLD]]
        more = len(self.faults) - len(told)
        if more:
            told.append(f"And {more} more.")
        super().__init__("\n".join(["Nothing was taken over.", *told]))
