"""The addresses of customers' figures."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from reskontra.balances.store import find_balance
from reskontra.balances.wire import BalanceAnswer, balance_answer
from reskontra.clock import local_date
from reskontra.web.addresses import Addresses
from reskontra.web.answers import one
from reskontra.web.call import Call


async def of_customer(call: Call) -> Response:
    """What a customer owes, and its sales in the current month and year of the company's time zone."""
    period_id = f"{local_date(call.context.now, call.zone):%Y%m}"
    load = partial(find_balance, period_id=period_id)
    balance = await call.find("customer", load, call.params["customerCd"])
    return one(call, balance_answer(balance, call.zone))


_BALANCES = Addresses("/v1/customer/{customerCd}/balance", "balance", BalanceAnswer)

ROUTES = (_BALANCES.one("Customer_GetCustomerBalanceBycustomerCd", of_customer),)
