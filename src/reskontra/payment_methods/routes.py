"""The addresses of payment methods and cash accounts: read only, they come with the company file."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import filtered, greater, moment
from reskontra.payment_methods.store import CASH_ACCOUNTS, PAYMENT_METHODS
from reskontra.payment_methods.wire import (
    CashAccountAnswer,
    PaymentMethodAnswer,
    cash_account_answer,
    payment_method_answer,
)
from reskontra.reference.routes import answering
from reskontra.web.addresses import Addresses
from reskontra.web.answers import one
from reskontra.web.call import Call

FILTERS = (
    greater("greaterThanValue", "payment_method.payment_method_id"),
    moment("lastModifiedDateTime", "payment_method.modified_at"),
)
CASH_FILTERS = (
    greater("greaterThanValue", "cash_account.account_number"),
    moment("lastModifiedDateTime", "cash_account.modified_at"),
)


async def list_(call: Call) -> Response:
    """A page of payment methods by id."""
    return await answer_page(call, PAYMENT_METHODS, filtered(call), payment_method_answer)


async def get(call: Call) -> Response:
    """One payment method."""
    found = await call.find("payment method", PAYMENT_METHODS.find, call.params["paymentMethodNumber"])
    return one(call, payment_method_answer(found))


async def cash_accounts(call: Call) -> Response:
    """Cash accounts by number (CAC-01)."""
    return await answering.answer_page(call, CASH_ACCOUNTS, filtered(call), cash_account_answer)


async def get_cash_account(call: Call) -> Response:
    """One cash account."""
    number = call.params["accountNumber"]
    return one(call, cash_account_answer(*await answering.find_listed(call, "cash account", CASH_ACCOUNTS, number)))


_METHODS = Addresses("/v1/paymentmethod", "payment method", PaymentMethodAnswer)
_CASH_ACCOUNTS = Addresses("/v1/cashaccount", "cash account", CashAccountAnswer)

ROUTES = (
    _METHODS.many("PaymentMethod_GetAllPaymentMethod", list_, filters=FILTERS),
    _METHODS.one("PaymentMethod_GetBypaymentMethodNumber", get, "{paymentMethodNumber}"),
    _CASH_ACCOUNTS.many("CashAccount_GetAll", cash_accounts, filters=CASH_FILTERS),
    _CASH_ACCOUNTS.one("CashAccount_GetByaccountNumber", get_cash_account, "{accountNumber}"),
)
