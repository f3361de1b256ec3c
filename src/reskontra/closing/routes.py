"""The addresses of the period actions."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.closing import commands
from reskontra.closing.rules import Ledger
from reskontra.closing.wire import PeriodAction, PeriodActionAnswer
from reskontra.web.addresses import Addresses
from reskontra.web.answers import done
from reskontra.web.call import Call
from reskontra.web.wire import changes


async def open_period(call: Call) -> Response:
    """POST: let an inactive period take postings."""
    async with call.database.transaction() as connection:
        touched = await commands.open_period(connection, call.context, call.params["financialPeriodId"])
    return done(call, more={"periods": touched})


async def close_period(call: Call) -> Response:
    """POST: close a period and all before it."""
    ledger = _ledger(call)
    async with call.database.transaction() as connection:
        touched = await commands.close_period(connection, call.context, call.params["financialPeriodId"], ledger)
    return done(call, more={"periods": touched})


async def reopen_period(call: Call) -> Response:
    """POST: reopen a period and all after it."""
    ledger = _ledger(call)
    async with call.database.transaction() as connection:
        touched = await commands.reopen_period(connection, call.context, call.params["financialPeriodId"], ledger)
    return done(call, more={"periods": touched})


def _ledger(call: Call) -> Ledger:
    return changes(call.decode(PeriodAction)).get("ledger") or Ledger.CUSTOMER


_PERIODS = Addresses("/v1/reskontra/financialPeriod/{financialPeriodId}/action", "financial period", PeriodActionAnswer)

ROUTES = (
    _PERIODS.act("Reskontra_OpenFinancialPeriod", open_period, "open", "opening"),
    _PERIODS.act("Reskontra_CloseFinancialPeriod", close_period, "close", "closing", body=PeriodAction),
    _PERIODS.act("Reskontra_ReopenFinancialPeriod", reopen_period, "reopen", "reopening", body=PeriodAction),
)
