"""SQL of the open items as of a date or the end of a period, $2; due dates are those that stood at $3.

If it is asked what was known at a moment, that is $4.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import msgspec

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE
from reskontra.customers.store.fragments import OWING, id_of_number
from reskontra.receivables.store.for_reports import AsOf


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItems:
    """The open items of one customer. `balance` is in base currency, `items` a JSON array that is shown as it is."""

    number: str
    name: str
    balance: Decimal
    items: str

    @property
    def raw_items(self) -> msgspec.Raw:
        """The items as they are shown."""
        return msgspec.Raw(self.items.encode())


def _as_of(by_day: bool, is_dated: bool) -> AsOf:
    return AsOf(
        day="$2::date" if by_day else "",
        period="" if by_day else "$2::text",
        dates_at="$3::timestamptz",
        known_at="$4::timestamptz" if is_dated else "",
    )


@cache
def open_items(*, by_day: bool, is_dated: bool) -> Paged[OpenItems]:
    """Customers by number: those with an open item. `is_dated`: $4 says when it was known."""
    then = f"({_as_of(by_day, is_dated).open_items('document.customer_id = customer.customer_id')})"
    return Paged(
        entity=f"OpenItems{by_day:d}{is_dated:d}",
        found=f"""
    select customer.customer_id, customer.number, customer.name
      from ({OWING}) as customer
     where exists {then}""",
        key=("customer.number",),
        tables=f"""page as customer
      cross join lateral (
        select sum(item.balance_base) as balance,
               json_agg(json_strip_nulls(json_build_object(
                   'documentType', item.document_type, 'referenceNumber', item.number,
                   'documentDate', to_char(item.document_date, 'YYYY-MM-DD"T"00:00:00'),
                   'documentDueDate', to_char(item.due_date, 'YYYY-MM-DD"T"00:00:00'),
                   'financialPeriod', item.period_id, 'account', item.account_number, 'currencyId', item.currency_id,
                   'amountInCurrency', item.amount, 'balanceInCurrency', item.balance, 'balance', item.balance_base))
                   order by item.document_date, item.document_type, item.number)::text as items
          from {then} as item) as open""",
        columns="customer.number, customer.name, open.balance, open.items",
        read=lambda row: OpenItems(**{name: row[name] for name in OpenItems.__slots__}),
        sort_key=lambda found: (found.number,),
        is_tallied=False,
        stamp=ANY_CHANGE,
    )


@cache
def open_item_table(*, by_day: bool, is_dated: bool) -> str:
    """The same as a table; the parameter after those is a customer's number, or null for all."""
    customer = f"${5 if is_dated else 4}::text"
    whose = f"({customer} is null or document.customer_id = {id_of_number(customer)})"
    return f"""
    select customer.number as "customerNumber", customer.name as "customerName", item.document_type as "documentType",
           item.number as "referenceNumber", item.document_date as "documentDate", item.due_date as "documentDueDate",
           item.period_id as "financialPeriod", item.account_number as "account", item.currency_id as "currencyId",
           item.amount as "amountInCurrency", item.balance as "balanceInCurrency", item.balance_base as "balance"
      from ({_as_of(by_day, is_dated).open_items(whose)}) as item
      join ({OWING}) as customer on customer.customer_id = item.customer_id
     order by customer.number, item.document_date, item.document_type, item.number"""
