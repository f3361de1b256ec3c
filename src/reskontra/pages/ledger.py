"""What was posted, in which periods, and who changed what: journal, periods and the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from starlette.responses import Response

from reskontra.pages.api import segment
from reskontra.pages.changes import list_changes
from reskontra.pages.customers import ROWS
from reskontra.pages.downloads import walk
from reskontra.pages.periods import Period, list_periods
from reskontra.pages.screen import Screen


class Entry(msgspec.Struct, rename="camel", kw_only=True):
    """A line of a batch."""

    line_number: int
    account_number: str
    description: str | None = None
    reference_number: str | None = None
    debit_amount: Decimal
    credit_amount: Decimal
    debit_amount_in_currency: Decimal
    credit_amount_in_currency: Decimal
    transaction_description: str | None = None


class Batch(msgspec.Struct, rename="camel", kw_only=True):
    """A batch of the journal."""

    batch_number: str
    status: str
    transaction_date: datetime
    financial_period: str
    currency_id: str
    description: str | None = None
    debit_total: Decimal
    credit_total: Decimal
    journal_transaction_lines: list[Entry] = []


class JournalEntry(msgspec.Struct, rename="camel", kw_only=True):
    """An entry in the journal of a period."""

    period: str
    batch_number: str
    line_number: int
    date: datetime
    account: str
    account_description: str | None = None
    customer_number: str | None = None
    document_type: str | None = None
    reference_number: str | None = None
    description: str | None = None
    debit_amount: Decimal
    credit_amount: Decimal


_NARROWED = ("customer", "account", "text", "batch")
"""The filters of the journal beside its period."""


async def show_journal(screen: Screen) -> Response:
    """The entries of a period, by batch."""
    query, page = screen.query, screen.page_number
    periods = await list_periods(screen)
    period = query.text("period") or _present(screen, periods)
    selection = {"period": period, **{name: text for name in _NARROWED if (text := query.text(name))}}
    entries = await screen.api.list(
        JournalEntry, "/v1/reskontra/report/journal", **selection, pageNumber=page, pageSize=ROWS * 2
    )
    return screen.show(
        "journal.html",
        entries=entries,
        periods=periods,
        period=period,
        page=page,
        size=ROWS * 2,
        selection=selection,
        filtered=len(selection) - 1,
    )


def _present(screen: Screen, periods: Sequence[Period]) -> str:
    begun = [it.period for it in periods if it.start_date.date() <= screen.today]
    return max(begun, default=periods[-1].period if periods else "")


async def show_batch(screen: Screen) -> Response:
    """One batch with its entries. Nothing in it can be changed."""
    number = screen.path["number"]
    batch = await screen.api.get(Batch, f"/v2/journaltransaction/{segment(number)}")
    entries = walk(screen.api, JournalEntry, "/v1/reskontra/report/journal", {"batch": batch.batch_number})
    named = {it.line_number: it async for rows in entries for it in rows}
    return screen.show("batch.html", batch=batch, named=named)


class Seal(msgspec.Struct, rename="camel", kw_only=True):
    """A seal of the log: up to which change."""

    newest_change_id: int
    sealed_until_date_time: datetime


class Chain(msgspec.Struct, kw_only=True):
    """The newest seal of the log, and the newest that a self-check has looked at."""

    sealed: Seal | None
    verified: Seal | None
    is_broken: bool


async def find_chain(screen: Screen) -> Chain:
    """How far the log is sealed and verified."""
    check = screen.last_check
    return Chain(
        sealed=await _newest_seal(screen),
        verified=await _newest_seal(screen, to=check.checked_at.isoformat()) if check else None,
        is_broken=check is not None and "changes-fit-their-seals" in check.failed,
    )


async def _newest_seal(screen: Screen, **query: str) -> Seal | None:
    seals = await screen.api.list(Seal, "/v1/reskontra/change/seal", newestFirst=True, pageSize=1, **query)
    return seals.rows[0] if seals.rows else None


async def show_log(screen: Screen) -> Response:
    """Every change, the newest first: when, who, what, from, to; and how far the log is sealed."""
    query, page = screen.query, screen.page_number
    names = ("entity", "key", "actor", "event", "field", "from", "to")
    filters = {name: query.text(name) for name in names}
    await screen.learn_names()
    changes = await list_changes(
        screen,
        **{"from_" if name == "from" else name: value for name, value in filters.items()}
        | {"actor": screen.actor_called(filters["actor"])},
        newestFirst=True,
        pageNumber=page,
        pageSize=ROWS,
    )
    return screen.show(
        "log.html",
        selection={name if name != "from" else "from_": value for name, value in filters.items() if value},
        changes=changes,
        page=page,
        size=ROWS,
        filtered=sum(1 for value in filters.values() if value),
        chain=await find_chain(screen),
    )
