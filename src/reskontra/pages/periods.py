"""Financial periods: what waits in them, and opening, closing and reopening them in a second step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from starlette.responses import Response

from reskontra.errors import NotFound, Objection
from reskontra.pages.api import Trial, segment
from reskontra.pages.customers import Name
from reskontra.pages.document_kinds import kind_named
from reskontra.pages.reports import Account, VatSum
from reskontra.pages.screen import ROOT, Screen
from reskontra.pages.words import later
from reskontra.web.errors import status_of


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


async def list_periods(screen: Screen) -> list[Period]:
    """All of them, by period."""
    return (await screen.api.list(Period, "/v1/financialPeriod")).rows


class Waiting(msgspec.Struct, rename="camel"):
    """What waits in a period."""

    period: str
    unreleased_documents: int
    unposted_batches: int


class Unreleased(msgspec.Struct, rename="camel", kw_only=True):
    """A document that keeps a period from being closed."""

    document_type: str
    reference_number: str
    period: str
    status: str
    customer: Name


class Closing(msgspec.Struct, rename="camel", kw_only=True):
    """What closing a period would close, and what stands in the way."""

    periods: list[Waiting] = []
    unreleased_count: int = 0
    unreleased: list[Unreleased] = []


class Sums(msgspec.Struct, kw_only=True):
    """What the books say of a period that would be closed. `difference` is None if it was not worked out."""

    waiting: Waiting
    vat: Decimal
    difference: Decimal | None = None


_RECONCILED = 3
"""How many periods are reconciled in the second step, the last ones: each takes a look at all that is open."""


async def show_periods(screen: Screen) -> Response:
    """The periods of a year, what is closed, and what waits in each."""
    return await _show_periods(screen)


async def _show_periods(screen: Screen, problems: Sequence[tuple[str, str]] = (), status: int = 200) -> Response:
    periods = await list_periods(screen)
    years = sorted({it.year for it in periods}, reverse=True)
    asked = screen.query.text("year") or screen.path.get("period", "")[:4]
    year = int(asked) if asked and asked.isdecimal() and int(asked) in years else screen.today.year
    waiting = await screen.api.list(Waiting, "/v1/reskontra/financialPeriod")
    shown = [it for it in periods if it.year == year]
    return screen.show(
        "periods.html",
        status,
        periods=shown,
        vat=await _vat(screen, shown[0].period, shown[-1].period) if shown else {},
        years=years,
        year=year,
        waiting={it.period: it for it in waiting.rows},
        problems=list(problems),
    )


_SAID = {
    "open": later("Period {periods} is open."),
    "close": later("Closed: {periods}."),
    "reopen": later("Reopened: {periods}."),
}


_SAID_OF_MANY = {
    "open": later("{count} periods are open: {first} to {last}."),
    "close": later("{count} periods are closed: {first} to {last}."),
    "reopen": later("{count} periods are reopened: {first} to {last}."),
}
_NAMED_MAX = 3
"""The most periods that are named one by one."""


async def show_step(screen: Screen) -> Response:
    """What closing or reopening a period would do."""
    return await _ask(screen)


async def change_period(screen: Screen) -> Response:
    """POST: open, close or reopen a period."""
    form, period, verb = await screen.form(), screen.path["period"], screen.path["verb"]
    if verb not in _SAID:
        raise NotFound(reason="There is no such action.")
    reason = form.text("reason")
    if verb == "reopen" and reason is None:
        return await _ask(screen, [("reason", screen.formats.say("Say why."))], 400)
    body = {"reason": reason} if verb == "reopen" else {}
    try:
        answer = await screen.api.send("POST", _action(period, verb), body)
    except NotFound:
        raise
    except Objection as refusal:
        problems = [screen.problem(refusal, {"reason": "reason"})]
        show = _show_periods if verb == "open" else _ask
        return await show(screen, problems, status_of(refusal))
    touched = msgspec.json.decode(answer.body, type=Touched).periods
    address = f"{ROOT}/periods?year={period[:4]}"
    if len(touched) > _NAMED_MAX:
        first, last = screen.formats.month(min(touched)), screen.formats.month(max(touched))
        return screen.go(address, _SAID_OF_MANY[verb], count=len(touched), first=first, last=last)
    shown = ", ".join(screen.formats.month(it) for it in touched) or screen.formats.month(period)
    return screen.go(address, _SAID[verb], periods=shown)


def _action(period: str, verb: str) -> str:
    return f"/v1/reskontra/financialPeriod/{segment(period)}/action/{verb}"


class Touched(msgspec.Struct):
    """The periods that an action changed."""

    periods: list[str] = []


async def _ask(screen: Screen, problems: Sequence[tuple[str, str]] = (), status: int = 200) -> Response:
    """The page that shows what would happen, found out by a trial. Its button is there if that succeeds."""
    period, verb = screen.path["period"], screen.path["verb"]
    if verb not in ("close", "reopen"):
        raise NotFound(reason="There is no such action.")
    told, can, closing, sums = list(problems), True, Closing(), []
    try:
        await screen.api.tried(Trial("POST", _action(period, verb), {}))
    except NotFound:
        raise
    except Objection as refusal:
        can = False
        if not told:
            told = [screen.problem(refusal)]
    if verb == "close":
        try:
            closing = await screen.api.get(Closing, f"/v1/reskontra/financialPeriod/{segment(period)}/closing")
        except Objection as refusal:
            can, told = False, told or [screen.problem(refusal)]
        sums = await _sums(screen, closing.periods)
    return screen.show(
        "period_confirm.html",
        status,
        period=period,
        verb=verb,
        can=can,
        closing=closing,
        sums=sums,
        touched=[it.period for it in await list_periods(screen) if it.period >= period and it.state == "Closed"],
        problems=told,
        reason=(await screen.form()).text("reason") if status != 200 else "",
        kind_of=kind_named,
    )


async def _sums(screen: Screen, waiting: Sequence[Waiting]) -> list[Sums]:
    """VAT of each period, and whether what is open at its end is what the ledger has; without those in which nothing
    happened and nothing waits."""
    if not waiting:
        return []
    vat = await _vat(screen, waiting[0].period, waiting[-1].period)
    found = []
    for at, one in enumerate(waiting):
        accounts = None
        if at >= len(waiting) - _RECONCILED:
            accounts = await screen.api.list(Account, "/v1/reskontra/report/receivable", period=one.period)
        if accounts is None and not (one.period in vat or one.unreleased_documents or one.unposted_batches):
            continue
        found.append(
            Sums(
                waiting=one,
                vat=vat.get(one.period, Decimal(0)),
                difference=None if accounts is None else sum((it.difference for it in accounts.rows), Decimal(0)),
            )
        )
    return found


async def _vat(screen: Screen, first: str, last: str) -> Mapping[str, Decimal]:
    """The VAT of each of these periods in which something was posted."""
    found = await screen.api.list(VatSum, "/v1/reskontra/report/vat", period=first, toPeriod=last)
    sums: dict[str, Decimal] = {}
    for it in found.rows:
        sums[it.period] = sums.get(it.period, Decimal(0)) + it.vat_amount
    return sums
