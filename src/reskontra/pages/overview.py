"""The morning page. What is owed, what is overdue, what waits, and what was sold."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime
from decimal import Decimal

import msgspec
from starlette.responses import Response

from reskontra.errors import Refused
from reskontra.pages.ages import ages_of, open_credits
from reskontra.pages.changes import list_changes
from reskontra.pages.customers import Standing, StandingTotal
from reskontra.pages.document_kinds import DEBITS, MONEY
from reskontra.pages.periods import Period
from reskontra.pages.reminding import Board
from reskontra.pages.screen import ROOT, Screen
from reskontra.pages.sent import refused

_MONTHS = 12


class Month(msgspec.Struct):
    """What was sold in a month `YYYYMM`, VAT included, and what of it is open."""

    month: str
    billed: Decimal
    open: Decimal


class Overview(msgspec.Struct, rename="camel", kw_only=True):
    """What waits today, and what was sold by month."""

    currency: str
    unreleased: int
    old_drafts: int
    on_hold: int
    overdue: int
    credit_exceeded: int
    paid_in_month: Decimal
    months: list[Month]


Column = tuple[str, Decimal, Decimal, Decimal | None, str]
"""A column of the chart: month, invoiced, paid, the year before, and the address of the list behind it."""


async def show_overview(screen: Screen) -> Response:
    """What somebody looks at first in the morning."""
    api = screen.api
    seen = await api.get(Overview, "/v1/reskontra/overview")
    total = await api.get(StandingTotal, "/v1/reskontra/standing/total")
    debtors = await api.list(
        Standing, "/v1/reskontra/standing", overdue=True, orderBy="overdue desc", pageNumber=1, pageSize=10
    )
    ages = ages_of(screen, total.buckets, await open_credits(screen))
    changes = await list_changes(screen, newestFirst=True, pageNumber=1, pageSize=10)
    columns = _columns(screen, seen)
    return screen.show(
        "overview.html",
        seen=seen,
        total=total,
        debtors=debtors.rows,
        changes=changes.rows,
        columns=columns,
        finding=_finding(screen, columns),
        todo=[*await _to_remind(screen), *_todo(screen, seen), *await refused(screen), *await _closable(screen)],
        ages=ages,
        paid_address=f"{screen.base}{ROOT}/documents?type={MONEY}&released=true"
        f"&from={screen.today:%Y-%m}-01&to={screen.today}",
    )


class Draft(msgspec.Struct, rename="camel"):
    """A document that is not released."""

    document_date: datetime | None = None


async def _to_remind(screen: Screen) -> list[tuple[str, int, str]]:
    """Who is due a letter today."""
    try:
        board = await screen.api.get(
            Board, "/v1/reskontra/dunningProposal", asOf=screen.today.isoformat(), pageNumber=1, pageSize=1
        )
    except Refused:  # letters cannot be made today, as their page says
        return []
    due = (screen.formats.say("Customers due a letter"), board.reminded, f"{screen.base}{ROOT}/reminding")
    return [due] if board.reminded else []


async def _closable(screen: Screen) -> list[tuple[str, int, str]]:
    """The periods that are over and open and hold no draft, for whoever may close them."""
    if not screen.api.may("controller"):
        return []
    periods = await screen.api.list(Period, "/v1/financialPeriod")
    drafts = await screen.api.list(
        Draft, "/v1/reskontra/document", released=False, orderBy="documentDate", pageNumber=1, pageSize=1
    )
    ends = [screen.today, *(it.document_date.date() for it in drafts.rows if it.document_date)]
    ready = [it for it in periods.rows if it.state == "Open" and it.end_date.date() < min(ends)]
    if not ready:
        return []
    return [
        (screen.formats.say("Periods ready to close"), len(ready), f"{screen.base}{ROOT}/periods?year={ready[0].year}")
    ]


def _columns(screen: Screen, seen: Overview) -> list[Column]:
    by_month = {it.month: it for it in seen.months}
    columns: list[Column] = []
    for back in range(_MONTHS - 1, -1, -1):
        year, month = divmod(screen.today.year * 12 + screen.today.month - 1 - back, 12)
        now, before = by_month.get(f"{year}{month + 1:02d}"), by_month.get(f"{year - 1}{month + 1:02d}")
        billed, still_open = (now.billed, now.open) if now else (Decimal(0), Decimal(0))
        first, last = f"{year}-{month + 1:02d}-01", f"{year}-{month + 1:02d}-{monthrange(year, month + 1)[1]}"
        address = f"{screen.base}{ROOT}/documents?from={first}&to={last}&released=true"
        columns.append(
            (f"{year}-{month + 1:02d}", billed, billed - still_open, before.billed if before else None, address)
        )
    return columns


def _finding(screen: Screen, columns: list[Column]) -> str:
    billed = sum((column[1] for column in columns), Decimal(0))
    paid = sum((column[2] for column in columns), Decimal(0))
    share = round(paid * 100 / billed) if billed > 0 else 0
    return screen.formats.say(
        "{billed} in twelve months, of which {share} % is paid.", billed=screen.formats.amount(billed), share=share
    )


def _todo(screen: Screen, seen: Overview) -> list[tuple[str, int, str]]:
    base, say = f"{screen.base}{ROOT}", screen.formats.say
    todo = [
        (say("Overdue documents"), seen.overdue, f"{base}/documents?type={DEBITS}&overdue=true"),
        (say("Release drafts"), seen.unreleased, f"{base}/documents?released=false"),
        (say("Documents on hold"), seen.on_hold, f"{base}/documents?status=Hold,CreditHold&released=false"),
        (say("Customers over their limit"), seen.credit_exceeded, f"{base}/customers?exceeds=true"),
    ]
    return [it for it in todo if it[1]]
