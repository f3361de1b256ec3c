"""The addresses of payment methods: read only, they come with the company file. Decides nothing."""

from __future__ import annotations

from starlette.responses import Response

from reskontra.errors import NotFound
from reskontra.payment_methods.store import list_payment_methods
from reskontra.payment_methods.wire import PaymentMethodAnswer, payment_method_answer
from reskontra.web.answers import one, page
from reskontra.web.call import Call
from reskontra.web.listing import cut
from reskontra.web.routing import Route


async def list_(call: Call) -> Response:
    """Payment methods by id."""
    async with call.database.connection() as connection:
        methods = await list_payment_methods(
            connection,
            call.company_id,
            greater_than=call.query.text("greaterThanValue"),
            modified=call.query.moment("lastModifiedDateTime"),
        )
    listed = cut(methods, call.query)
    return page(call, map(payment_method_answer, listed.rows), listed.total)


async def get(call: Call) -> Response:
    """One payment method."""
    sent = call.params["paymentMethodNumber"]
    async with call.database.connection() as connection:
        found = await list_payment_methods(connection, call.company_id, payment_method_id=sent)
    if not found:
        raise NotFound("payment method", sent)
    return one(call, payment_method_answer(found[0]))


ROUTES = (
    Route(
        "PaymentMethod_GetAllPaymentMethod",
        "GET",
        "/v1/paymentmethod",
        list_,
        "reading payment methods",
        answer=PaymentMethodAnswer,
        lists=True,
    ),
    Route(
        "PaymentMethod_GetBypaymentMethodNumber",
        "GET",
        "/v1/paymentmethod/{paymentMethodNumber}",
        get,
        "reading payment method",
        answer=PaymentMethodAnswer,
    ),
)
