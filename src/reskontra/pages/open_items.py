"""What was open on a day, document by document: all of it, or one age of it, as a cell of the ageing shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from reskontra.errors import Malformed
from reskontra.pages.ages import Bucket
from reskontra.pages.api import Rows
from reskontra.pages.customers import Name
from reskontra.pages.document_kinds import kind_named
from reskontra.pages.downloads import table, walk
from reskontra.pages.screen import ROOT, Screen

_PATH = "/v1/reskontra/report/openItem"
_CUSTOMERS = 200
"""Whose documents stand on one page."""
_EACH = 50
"""How many documents of each; the table to take along has all."""


class Item(msgspec.Struct, rename="camel", kw_only=True):
    """A document that was open then; credits are below zero. `balance` is in the currency of the books."""

    document_type: str
    reference_number: str
    document_date: datetime
    document_due_date: datetime | None = None
    currency_id: str
    balance_in_currency: Decimal
    balance: Decimal

    def days(self, day: date) -> int:
        """How many days it had been due on that day; 0 is not due, as all credits are (AGE-03)."""
        since = self.document_due_date or self.document_date
        return 0 if self.balance < 0 else max((day - since.date()).days, 0)


class Open(msgspec.Struct, rename="camel", kw_only=True):
    """What a customer had open then."""

    customer: Name
    day: datetime = msgspec.field(name="asOf")
    items: list[Item]


class Total(msgspec.Struct, rename="camel"):
    """What all customers had open then: how many documents, and their sum in the currency of the books."""

    document_count: int
    balance: Decimal


AGES = tuple(Bucket(Decimal(0), first, last) for first, last in ((None, 0), (1, 30), (31, 60), (61, 90), (91, None)))
"""The ages of the ageing."""


Row = tuple[Name, Item, int]
"""Whose it is, what, and how many days it had been due."""


def address_of(screen: Screen, bucket: Bucket, day: str, customer: str = "") -> str:
    """The page of what stands in one cell of the ageing of a day, as it was known at the moment that the page names."""
    asked = {"asOf": day, "knownAt": screen.query.text("knownAt"), "customer": customer, "age": age_word(bucket)}
    words = urlencode({name: value for name, value in asked.items() if value})
    return f"{screen.base}{ROOT}/reports/open-items?{words}"


def age_word(bucket: Bucket) -> str:
    """An age as an address has it: `0`, `1-30`, `91-`."""
    if bucket.from_days is None:
        return "0"
    return f"{bucket.from_days}-{'' if bucket.to_days is None else bucket.to_days}"


async def show_open_items(screen: Screen) -> Response:
    """The documents of one age on a day, of one customer or of all, customer by customer, with the sum of all."""
    day = screen.query.text("asOf") or screen.today.isoformat()
    age = next((it for it in AGES if age_word(it) == screen.query.text("age")), None)
    shown = {"asOf": day, "knownAt": screen.query.text("knownAt"), "customer": screen.query.text("customer")}
    asked = shown | ({} if age is None else {"fromDays": age.from_days, "toDays": age.to_days})
    if screen.query.text("format") == "csv":
        pages = walk(screen.api, Open, _PATH, asked)
        return await table((_rows(page) async for page in pages), _COLUMNS, _cells, "open-items")
    rows: Rows[Open] = Rows([], 0)
    total, problems = Total(0, Decimal(0)), list[tuple[str, str]]()
    try:
        total = await screen.api.get(Total, f"{_PATH}/total", **asked)
        rows = await screen.api.list(Open, _PATH, **asked, pageNumber=screen.page_number, pageSize=_CUSTOMERS)
    except Malformed as refusal:
        problems = [screen.problem(refusal, elsewhere="asOf")]
    return screen.show(
        "report_open_items.html",
        400 if problems else 200,
        report="open-items",
        problems=problems,
        rows=[(one, _rows([one])[:_EACH], max(len(one.items) - _EACH, 0)) for one in rows.rows],
        total=total,
        customers=rows.total,
        day=day,
        shown=shown,
        asked=asked,
        age=age,
        ages=[(age_word(it), it) for it in AGES],
        page=screen.page_number,
        size=_CUSTOMERS,
        kind_of=kind_named,
    )


def _rows(page: Sequence[Open]) -> Sequence[Row]:
    return [(one.customer, item, item.days(one.day.date())) for one in page for item in one.items]


_COLUMNS = ("customerNumber", "customerName", "documentType", "referenceNumber", "documentDate", "documentDueDate",
            "daysOverdue", "currencyId", "balanceInCurrency", "balance")  # fmt: skip


def _cells(row: Row) -> list[object]:
    customer, item, days = row
    due = item.document_due_date
    return [
        customer.number, customer.name, item.document_type, item.reference_number, f"{item.document_date:%Y-%m-%d}",
        f"{due:%Y-%m-%d}" if due else "", days, item.currency_id, item.balance_in_currency, item.balance,
    ]  # fmt: skip
