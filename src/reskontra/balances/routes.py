"""The addresses of customers' figures: read and answer. Decides nothing."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.balances.store import find_balance
from reskontra.balances.wire import BalanceAnswer, balance_answer
from reskontra.clock import local_date
from reskontra.errors import NotFound
from reskontra.web.answers import one
from reskontra.web.call import Call
from reskontra.web.routing import Route


async def of_customer(call: Call) -> Response:
    """What a customer owes, and its sales in the month and year it is where the company is."""
    period_id = f"{local_date(call.context.now, call.zone):%Y%m}"
    async with call.database.connection() as connection:
        balance = await find_balance(connection, call.company_id, call.params["customerCd"], period_id)
    if balance is None:
        raise NotFound("customer", call.params["customerCd"])
    return one(call, balance_answer(balance, call.zone))


ROUTES = (
    Route(
        "Customer_GetCustomerBalanceBycustomerCd",
        "GET",
        "/v1/customer/{customerCd}/balance",
        of_customer,
        "reading balance",
        answer=BalanceAnswer,
    ),
)
