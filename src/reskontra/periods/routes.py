"""The addresses of financial periods: read only. `closing` has the actions."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import filtered, parsed
from reskontra.errors import Malformed, NotFound
from reskontra.periods.rules import parse_period
from reskontra.periods.store import PERIODS
from reskontra.periods.wire import PeriodAnswer, period_answer
from reskontra.web.addresses import Addresses
from reskontra.web.answers import one
from reskontra.web.call import Call

FILTERS = (parsed("greaterThanValue", parse_period, "financial_period.period_id > {}"),)


async def list_(call: Call) -> Response:
    """All periods in their order, or those after one (written YYYYMM or MMYYYY)."""
    return await answer_page(call, PERIODS, filtered(call), period_answer)


async def get(call: Call) -> Response:
    """One period, written YYYYMM or MMYYYY."""
    sent = call.params["financialPeriodId"]
    try:
        period_id = parse_period(sent)
    except Malformed as malformed:
        raise NotFound("financial period", sent, hint=malformed.hint) from None
    return one(call, period_answer(await call.find("financial period", PERIODS.find, period_id)))


_PERIODS = Addresses("/v1/financialPeriod", "financial period", PeriodAnswer)

ROUTES = (
    _PERIODS.many("FinancialPeriod_GetAll", list_, filters=FILTERS),
    _PERIODS.one("FinancialPeriod_GetByfinancialPeriodId", get, "{financialPeriodId}"),
)
