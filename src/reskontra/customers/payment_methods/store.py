"""SQL of the payment methods of customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from reskontra.changes.lists.store import Paged, as_record, json_record
from reskontra.changes.store import REFERENCE_VERSION, change_row, last_change, parameters, tally
from reskontra.clock import Context
from reskontra.customers.payment_methods.rules import CustomerMethod
from reskontra.customers.store.fragments import by_number
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.records import Record
from reskontra.versions import Found

_SHOWN = """customer.customer_id, customer.number as customer_number, customer.name as customer_name,
       customer.status as customer_status, own.payment_method_id, own.active, own.cash_account, own.details,
       own.version"""
_OWN = "customer_payment_method as own"
_OF_CUSTOMER = "own.company_id = customer.company_id and own.customer_id = customer.customer_id"
_JOINED = f"{_OWN} join customer on {_OF_CUSTOMER}"

_decoder = msgspec.json.Decoder(CustomerMethod)


async def find_method(
    connection: Connection, company_id: int, customer_number: str, payment_method_id: str
) -> Found[CustomerMethod] | None:
    """A customer's payment method; both codes in any case."""
    row = await connection.fetchrow(
        f"""
        select {as_record(_SHOWN)}, {REFERENCE_VERSION} as reference_version
          from {_JOINED}
         where own.company_id = $1 and {by_number("$2")}
           and lower(own.payment_method_id) collate "C" = lower($3 collate "C")
        """,
        company_id,
        customer_number,
        payment_method_id,
    )
    return None if row is None else Found(_decoder.decode(row["record"]), row["reference_version"])


# Lists


class CustomerMethods(Record, frozen=True, kw_only=True):
    """All payment methods of a customer, by id."""

    customer_number: str
    methods: tuple[CustomerMethod, ...]


METHODS = Paged(
    entity="CustomerPaymentMethod",
    found=f"select {_SHOWN} from {_JOINED} where own.company_id = $1",
    key=("own.customer_id", "own.payment_method_id"),
    read=json_record(CustomerMethod),
    sort_key=lambda method: (method.customer_id, method.payment_method_id),
    is_tallied=False,
    stamp=last_change("Customer"),  # a method never changes without its customer
)
"""Payment methods by customer; filters are over `own`."""

BY_CUSTOMER = Paged(
    entity="CustomerPaymentMethods",
    found=f"""select customer.customer_id, customer.number
              from customer
             where customer.company_id = $1
               and exists (select from {_OWN} where {_OF_CUSTOMER})""",
    key=("customer.number",),
    tables="page join customer on customer.company_id = $1 and customer.customer_id = page.customer_id",
    columns=as_record(f"""customer.number as customer_number,
               (select json_agg(method order by method.payment_method_id)
                  from (select {_SHOWN} from {_OWN} where {_OF_CUSTOMER}) as method) as methods"""),
    read=json_record(CustomerMethods),
    sort_key=lambda methods: (methods.customer_number,),
    is_tallied=False,
    stamp=last_change("Customer"),
)
"""Customers that have a payment method, by number, with all of theirs (CPM-02)."""


# Writing. What documents take of a method is part of their customer, so its version and time move with the method's.


_NAMED = "jsonb_build_object('payment_method', jsonb_build_array($9::text))"


def _write(event: str) -> str:
    return f"""
    with once as (select 1),
    {change_row("'CustomerPaymentMethod'", event, "$5::text", "once", detail="$6::jsonb")},
    {change_row("'Customer'", "updated", "$7::text", "changed", name="customer_changed", detail=_NAMED)},
    {tally("'Customer'", 0, changed="customer_changed")},
    customers as (
        update customer set modified_at = customer_changed.stamp, version = customer_changed.change_id
          from customer_changed
         where customer.company_id = $1 and customer.customer_id = $8)
    insert into customer_payment_method (
           company_id, customer_id, payment_method_id, active, cash_account, details, version)
    select $1, $8, $9::text, $10, $11, $12::jsonb, changed.change_id
      from changed
        on conflict on constraint customer_payment_method_pk do update
       set active = excluded.active, cash_account = excluded.cash_account, details = excluded.details,
           version = excluded.version
    returning version"""


_INSERT, _SAVE = _write("created"), _write("updated")


async def insert_method(
    connection: Connection, context: Context, method: CustomerMethod, detail: Mapping[str, Any]
) -> int:
    """Store a method whose customer is locked, as one that was created; returns its version."""
    return await _written(connection, _INSERT, context, method, detail)


async def save_method(
    connection: Connection, context: Context, method: CustomerMethod, detail: Mapping[str, Any]
) -> int:
    """Write a changed method whose customer is locked; returns its version."""
    return await _written(connection, _SAVE, context, method, detail)


async def _written(
    connection: Connection, statement: str, context: Context, method: CustomerMethod, detail: Mapping[str, Any]
) -> int:
    version: int = await connection.fetchval(
        statement,
        *parameters(context),
        method.key,
        as_json(detail),
        method.customer_number,
        method.customer_id,
        method.payment_method_id,
        method.active,
        method.cash_account,
        as_json(method.details),
    )
    return version
