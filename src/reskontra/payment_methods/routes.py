"""The addresses of payment methods: read only, they come with the company file."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.changes.lists.routes import answer_page
from reskontra.changes.lists.wire import filtered, greater, moment
from reskontra.payment_methods.store import PAYMENT_METHODS
from reskontra.payment_methods.wire import PaymentMethodAnswer, payment_method_answer
from reskontra.web.addresses import Addresses
from reskontra.web.answers import one
from reskontra.web.call import Call

FILTERS = (
    greater("greaterThanValue", "payment_method.payment_method_id"),
    moment("lastModifiedDateTime", "payment_method.modified_at"),
)


async def list_(call: Call) -> Response:
    """A page of payment methods by id."""
    return await answer_page(call, PAYMENT_METHODS, filtered(call), payment_method_answer)


async def get(call: Call) -> Response:
    """One payment method."""
    found = await call.find("payment method", PAYMENT_METHODS.find, call.params["paymentMethodNumber"])
    return one(call, payment_method_answer(found))


_METHODS = Addresses("/v1/paymentmethod", "payment method", PaymentMethodAnswer)

ROUTES = (
    _METHODS.many("PaymentMethod_GetAllPaymentMethod", list_, filters=FILTERS),
    _METHODS.one("PaymentMethod_GetBypaymentMethodNumber", get, "{paymentMethodNumber}"),
)
