"""What was posted, in which periods, and who changed what: journal, periods and the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from starlette.responses import Response

from reskontra.errors import NotFound, Refusal
from reskontra.pages.api import segment
from reskontra.pages.changes import Change
from reskontra.pages.customers import ROWS
from reskontra.pages.screen import ROOT, Screen
from reskontra.pages.words import later
from reskontra.web.errors import status_of


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
    customer_supplier: str | None = None


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


class Period(msgspec.Struct, rename="camel", kw_only=True):
    """A financial period and what is closed in it."""

    year: int
    period: str
    start_date: datetime
    end_date: datetime
    description: str | None = None
    active: bool
    closed_in_customer_ledger: bool
    closed_in_general_ledger: bool

    @property
    def state(self) -> str:
        """One word for it."""
        if not self.active:
            return "Inactive"
        return "Closed" if self.closed_in_customer_ledger else "Open"


async def _periods(screen: Screen) -> list[Period]:
    return (await screen.api.list(Period, "/v1/financialPeriod")).rows


_NARROWED = ("customer", "account", "text", "batch")
"""The filters of the journal beside its period."""


async def show_journal(screen: Screen) -> Response:
    """The entries of a period, by batch."""
    query, page = screen.query, screen.page_number
    periods = await _periods(screen)
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


_ENTRIES_MAX = 1000


async def show_batch(screen: Screen) -> Response:
    """One batch with its entries. Nothing in it can be changed."""
    number = screen.path["number"]
    batch = await screen.api.get(Batch, f"/v2/journaltransaction/{segment(number)}")
    named, page, total = dict[int, JournalEntry](), 0, 1
    while len(named) < total:
        page += 1
        found = await screen.api.list(
            JournalEntry,
            "/v1/reskontra/report/journal",
            batch=batch.batch_number,
            pageSize=_ENTRIES_MAX,
            pageNumber=page,
        )
        named |= {it.line_number: it for it in found.rows}
        total = found.total if found.rows else 0
    return screen.show("batch.html", batch=batch, named=named)


async def show_periods(screen: Screen) -> Response:
    """The periods of a year, what is closed, and what stands in the way."""
    return await _show_periods(screen)


async def _show_periods(screen: Screen, problems: Sequence[tuple[str, str]] = (), status: int = 200) -> Response:
    periods = await _periods(screen)
    years = sorted({it.year for it in periods}, reverse=True)
    asked = screen.query.text("year") or screen.path.get("period", "")[:4]
    year = int(asked) if asked and asked.isdecimal() and int(asked) in years else screen.today.year
    drafts = await screen.api.list(Draft, "/v1/reskontra/document", released=False, pageNumber=1, pageSize=1000)
    waiting: dict[str, int] = {}
    for draft in drafts.rows:
        if draft.document_date is not None:
            month = f"{draft.document_date:%Y%m}"
            waiting[month] = waiting.get(month, 0) + 1
    return screen.show(
        "periods.html",
        status,
        periods=[it for it in periods if it.year == year],
        years=years,
        year=year,
        waiting=waiting,
        problems=list(problems),
    )


class Draft(msgspec.Struct, rename="camel", kw_only=True):
    """A document that is not released."""

    document_type: str
    reference_number: str
    document_date: datetime | None = None


_VERBS = ("open", "close", "reopen")


async def change_period(screen: Screen) -> Response:
    """POST: open, close or reopen a period; closing and reopening are shown first."""
    form, period, verb = await screen.form(), screen.path["period"], screen.path["verb"]
    if verb not in _VERBS:
        raise NotFound(reason="There is no such action.")
    if verb != "open" and form.text("confirmed") is None:
        return screen.show("period_confirm.html", period=period, verb=verb)
    try:
        answer = await screen.api.send("POST", f"/v1/reskontra/financialPeriod/{segment(period)}/action/{verb}", {})
    except Refusal as refusal:
        return await _show_periods(screen, [("", screen.why(refusal))], status_of(refusal))
    touched = msgspec.json.decode(answer.body, type=Touched).periods
    said = {
        "open": later("Period {periods} is open."),
        "close": later("Closed: {periods}."),
        "reopen": later("Reopened: {periods}."),
    }[verb]
    shown = ", ".join(screen.formats.month(it) for it in touched) or screen.formats.month(period)
    return screen.go(f"{ROOT}/periods?year={period[:4]}", said, periods=shown)


class Touched(msgspec.Struct):
    """The periods that an action changed."""

    periods: list[str] = []


async def show_log(screen: Screen) -> Response:
    """Every change, the newest first: when, who, what, from, to."""
    query, page = screen.query, screen.page_number
    names = ("entity", "key", "actor", "event", "field", "from", "to")
    filters = {name: query.text(name) for name in names}
    changes = await screen.api.list(
        Change,
        "/v1/reskontra/change",
        **{"from_" if name == "from" else name: value for name, value in filters.items()},
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
    )
