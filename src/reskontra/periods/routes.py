"""The addresses of financial periods. Opens and closes none, decides nothing."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.errors import Malformed, NotFound
from reskontra.periods.rules import parse_period
from reskontra.periods.store import list_periods
from reskontra.periods.wire import PeriodAnswer, period_answer
from reskontra.web.answers import one, page
from reskontra.web.call import Call
from reskontra.web.listing import cut
from reskontra.web.routing import Route


async def list_(call: Call) -> Response:
    """All periods in their order, or those after one (written YYYYMM or MMYYYY)."""
    after = call.query.text("greaterThanValue")
    async with call.database.connection() as connection:
        periods = await list_periods(
            connection, call.company_id, greater_than=parse_period(after, ()) if after is not None else None
        )
    listed = cut(periods, call.query)
    return page(call, map(period_answer, listed.rows), listed.total)


async def get(call: Call) -> Response:
    """One period, written YYYYMM or MMYYYY."""
    sent = call.params["financialPeriodId"]
    try:
        period_id = parse_period(sent)
    except Malformed as malformed:
        raise NotFound("financial period", sent, hint=malformed.hint) from None
    async with call.database.connection() as connection:
        found = await list_periods(connection, call.company_id, period_id=period_id)
    if not found:
        raise NotFound("financial period", sent)
    return one(call, period_answer(found[0]))


ROUTES = (
    Route(
        "FinancialPeriod_GetAll",
        "GET",
        "/v1/financialPeriod",
        list_,
        "reading financial periods",
        answer=PeriodAnswer,
        lists=True,
    ),
    Route(
        "FinancialPeriod_GetByfinancialPeriodId",
        "GET",
        "/v1/financialPeriod/{financialPeriodId}",
        get,
        "reading financial period",
        answer=PeriodAnswer,
    ),
)
