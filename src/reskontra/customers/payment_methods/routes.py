"""The addresses of the payment methods of customers."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from starlette.responses import Response

from reskontra.changes.lists.wire import filtered
from reskontra.customers.payment_methods import commands, store
from reskontra.customers.payment_methods.rules import CustomerMethod
from reskontra.customers.payment_methods.wire import (
    CustomerMethodAnswer,
    CustomerMethodCreate,
    CustomerMethodsAnswer,
    CustomerMethodUpdate,
    method_answer,
    methods_answer,
)
from reskontra.customers.store.finding import find_customer_id
from reskontra.reference.routes.answering import answer_page
from reskontra.reference.store import remembered
from reskontra.web.addresses import Addresses
from reskontra.web.answers import created, no_content, one
from reskontra.web.call import Call
from reskontra.web.wire import changes


async def list_(call: Call) -> Response:
    """A page of customers with their payment methods (CPM-02)."""
    return await answer_page(call, store.BY_CUSTOMER, filtered(call), methods_answer)


async def list_of_customer(call: Call) -> Response:
    """A page of one customer's payment methods."""
    filters = filtered(call)
    filters.add("own.customer_id = {}", await call.find("customer", find_customer_id, call.params["customerId"]))
    return await answer_page(call, store.METHODS, filters, method_answer)


async def get(call: Call) -> Response:
    """One payment method of a customer."""
    customer_number, method_id = _key(call)
    async with call.database.connection() as connection:
        found = await store.find_method(connection, call.company_id, customer_number, method_id)
        if found is None:
            raise commands.no_method(customer_number, method_id)
        reference = await remembered.at(connection, call.company_id, found.reference_version)
    return one(call, method_answer(found.record, reference), found.record.version)


async def create(call: Call) -> Response:
    """A payment method of a customer."""
    sent = changes(call.decode(CustomerMethodCreate))
    async with call.database.transaction() as connection:
        method = await commands.create(connection, call.context, sent)
    return created(call, _path(method), method.version)


async def change(call: Call) -> Response:
    """Change a customer's payment method; what is absent stays."""
    sent = changes(call.decode(CustomerMethodUpdate))
    customer_number, method_id = _key(call)
    async with call.database.transaction() as connection:
        method = await commands.change(
            connection, call.context, customer_number, method_id, sent, expected_version=call.if_match
        )
    return no_content(call, _path(method), method.version)


def _key(call: Call) -> tuple[str, str]:
    return call.params["customerId"], call.params["customerPaymentMethodId"]


def _path(method: CustomerMethod) -> str:
    codes = quote(method.customer_number, safe=""), quote(method.payment_method_id, safe="")
    return f"/v1/customerpaymentmethod/{'/'.join(codes)}"


_METHODS = Addresses(
    "/v1/customerpaymentmethod", "customer's payment method", CustomerMethodAnswer, CustomerMethodUpdate
)
_NEW, _BY_CUSTOMER = replace(_METHODS, body=CustomerMethodCreate), replace(_METHODS, answer=CustomerMethodsAnswer)
_ONE = "{customerId}/{customerPaymentMethodId}"
_OPERATION = "CustomerPaymentMethod"

ROUTES = (
    _BY_CUSTOMER.many(f"{_OPERATION}_GetCustomerPaymentMethods", list_),
    _NEW.post(f"{_OPERATION}_CreateCustomerPaymentMethod", create),
    _METHODS.many(f"{_OPERATION}_GetCustomerPaymentMethodsBycustomerId", list_of_customer, "{customerId}"),
    _METHODS.one(f"{_OPERATION}_GetCustomerPaymentMethodBycustomerIdcustomerPaymentMethodId", get, _ONE),
    _METHODS.put(f"{_OPERATION}_UpdateCustomerPaymentMethodBycustomerIdcustomerPaymentMethodId", change, _ONE),
)
