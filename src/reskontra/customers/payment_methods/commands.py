"""Giving a customer a payment method, and changing it. The customer's row is locked first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.clock import Context
from reskontra.customers.payment_methods import rules, store
from reskontra.customers.payment_methods.rules import CustomerMethod
from reskontra.customers.store import finding as customers
from reskontra.db.pool import Connection
from reskontra.errors import NotFound, Refused, UnknownReference
from reskontra.operations import supplied
from reskontra.records import differences, replace
from reskontra.reference.store import remembered
from reskontra.versions import Expected, check_expected

_TOLD = ("active", "cash_account", "details")


async def create(connection: Connection, context: Context, sent: Mapping[str, Any]) -> CustomerMethod:
    """Store a customer's payment method, also one that only came with the customer (CPM-03).

    Raises `Refused` if it is stored already.
    """
    sent = supplied(sent)
    number = _code(sent, "customer_number", "a customer", "the customer's number")
    code = _code(sent, "payment_method_id", "a payment method", "the id of one")
    customer_id = await customers.lock_customer(connection, context.company_id, number)
    found = None if customer_id is None else await customers.find_customer(connection, context.company_id, customer_id)
    if found is None or customer_id is None:
        hint = "Send the number of an existing customer."
        raise UnknownReference(field=("customer_number",), value=number, hint=hint)
    customer = found.record
    reference = await remembered.at(connection, context.company_id, found.reference_version)
    method_id = reference.payment_method_id(code, ("payment_method_id",)) or ""
    standing = await store.find_method(connection, context.company_id, customer.number, method_id)
    rules.check_new(customer.number, customer.status, method_id, standing.record.version if standing else 0)
    fresh = CustomerMethod(
        customer_id=customer_id,
        customer_number=customer.number,
        customer_name=customer.name,
        customer_status=customer.status,
        payment_method_id=method_id,
    )
    method = rules.with_sent(fresh, sent, reference)
    detail = differences(None, method, only=("payment_method_id", *_TOLD))
    return replace(method, version=await store.insert_method(connection, context, method, detail))


async def change(
    connection: Connection,
    context: Context,
    customer_number: str,
    payment_method_id: str,
    sent: Mapping[str, Any],
    *,
    expected_version: Expected = None,
) -> CustomerMethod:
    """Apply what was sent to a customer's payment method; writes only if it changes.

    Raises `NotFound`, and `Stale` if the present version is not an expected one.
    """
    await customers.lock_customer(connection, context.company_id, customer_number)
    found = await store.find_method(connection, context.company_id, customer_number, payment_method_id)
    if found is None:
        raise no_method(customer_number, payment_method_id)
    stored = found.record
    check_expected(expected_version, stored.version)
    reference = await remembered.at(connection, context.company_id, found.reference_version)
    method = rules.with_sent(stored, sent, reference)
    if method == stored:
        return stored
    version = await store.save_method(connection, context, method, differences(stored, method, only=_TOLD))
    return replace(method, version=version)


def no_method(customer_number: str, payment_method_id: str) -> NotFound:
    """There is no such payment method."""
    return NotFound(f"payment method '{payment_method_id}' of the customer", customer_number)


def _code(sent: Mapping[str, Any], name: str, needed: str, hint: str) -> str:
    code: str = (sent.get(name) or "").strip()
    if not code:
        raise Refused(f"A customer's payment method needs {needed}.", field=(name,), hint=f"Send {hint}.")
    return code
