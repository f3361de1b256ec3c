"""A customer's statement of account as of any day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec
from starlette.responses import Response

from reskontra.errors import Malformed
from reskontra.pages.ages import Bucket
from reskontra.pages.api import segment
from reskontra.pages.customers import head_of
from reskontra.pages.screen import Screen
from reskontra.pages.sent import sent_of_statement


class StatementLine(msgspec.Struct, rename="camel", kw_only=True):
    """A line of a statement."""

    date: datetime
    line_type: str
    document_type: str
    reference_number: str
    due_date: datetime | None = None
    amount: Decimal
    balance: Decimal


class StatementBlock(msgspec.Struct, rename="camel", kw_only=True):
    """What a statement shows in one currency."""

    currency: str
    opening_balance: Decimal | None = None
    lines: list[StatementLine]
    closing_balance: Decimal
    buckets: list[Bucket]


class Statement(msgspec.Struct, kw_only=True):
    """A statement of account."""

    as_of: datetime = msgspec.field(name="asOf")
    since: datetime | None = msgspec.field(name="from", default=None)
    type: str
    balance: Decimal
    currencies: list[StatementBlock]


_FIELDS: Mapping[str | int, str] = {"asOf": "asOf", "from": "from", "type": "type", "knownAt": "known"}


def statement_path(number: str) -> str:
    """Where the API has the statements of a customer."""
    return f"/v1/reskontra/customer/{segment(number)}/statement"


async def show_statement(screen: Screen) -> Response:
    """What a customer owed on any day, as open items or with a balance brought forward, a block for each currency.
    `known=then` leaves out what was posted after that day."""
    customer, standing, ages = await head_of(screen, screen.path["number"])
    path = statement_path(customer.number)
    statement, refusal, selection = None, None, statement_selection(screen)
    try:
        statement = await screen.api.get(Statement, path, **selection)
    except Malformed as found:
        refusal = found
    return screen.show(
        "customer_statement.html",
        400 if refusal else 200,
        tab="statement",
        customer=customer,
        standing=standing,
        ages=ages,
        statement=statement,
        path=path,
        selection=selection,
        chosen=chosen(screen) | ({"asOf": statement.as_of.date().isoformat()} if statement else {}),
        sent=await sent_of_statement(screen, customer.number, statement.as_of.date()) if statement else None,
        problems=[screen.problem(refusal, _FIELDS, elsewhere="asOf")] if refusal else [],
    )


def statement_selection(screen: Screen) -> dict[str, str]:
    """What the API is asked for, by what the address of a statement's page says."""
    selection = chosen(screen) | {"byCurrency": "true"}
    if selection.pop("known", None) == "then":
        selection["knownAt"] = _day_after(selection.get("asOf"), screen.today)
    return selection


def chosen(screen: Screen) -> dict[str, str]:
    """What the address of a statement's page says."""
    return {name: text for name in ("asOf", "type", "from", "known") if (text := screen.query.text(name))}


def _day_after(day: str | None, today: date) -> str:
    """The moment until which things were known at the end of a day; a day that is none is for the API to refuse."""
    try:
        return (date.fromisoformat(day or today.isoformat()) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return ""
