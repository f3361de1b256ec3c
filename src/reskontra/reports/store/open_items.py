"""SQL of the open items as of a date or the end of a period, $2; due dates are those that stood at $3."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import msgspec

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE
from reskontra.customers.store.fragments import OWING, id_of_number
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.receivables.store.for_reports import AsOf, days_overdue


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTotal:
    """The open items of all customers together. `balance` is in base currency."""

    customers: int
    documents: int
    balance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What is asked for, and so which parameters follow $3, in this order."""

    by_day: bool
    """Whether $2 is a date, and no period."""

    is_dated: bool
    """Whether the next one is the moment at which it was known."""

    is_aged: bool
    """Whether the next ones are a date, and the first and the last of the days overdue on it that are wanted."""

    def open_items(self, whose: str) -> str:
        """A select of the open items of the documents that `whose` leaves, in parentheses."""
        then = AsOf(
            day="$2::date" if self.by_day else "",
            period="" if self.by_day else "$2::text",
            dates_at="$3::timestamptz",
            known_at="$4::timestamptz" if self.is_dated else "",
        ).open_items(whose)
        if not self.is_aged:
            return f"({then})"
        day, first, last = (f"${4 + self.is_dated + position}" for position in range(3))
        return f"""(
    select item.* from ({then}) as item
     where greatest({days_overdue(f"{day}::date")}, 0) between {first}::integer and {last}::integer)"""

    def open_items_of_customer(self) -> str:
        """The same of the customer whose number is the parameter after those, or of all where it is null."""
        number = f"${4 + self.is_dated + 3 * self.is_aged}::text"
        return self.open_items(f"({number} is null or document.customer_id = {id_of_number(number)})")


@cache
def open_items(form: Form) -> Paged[OpenItems]:
    """Customers by number: those with an open item."""
    then = form.open_items("document.customer_id = customer.customer_id")
    return Paged(
        entity=f"OpenItems{form.by_day:d}{form.is_dated:d}{form.is_aged:d}",
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


async def find_total(connection: Connection, form: Form, *parameters: object) -> OpenTotal:
    """The sums of `open_items`. The last parameter is a customer's number, or None for all."""
    return OpenTotal(**await fetch_one(connection, _total(form), *parameters))


@cache
def _total(form: Form) -> str:
    return f"""
    select count(distinct item.customer_id) as customers, count(*) as documents,
           coalesce(sum(item.balance_base), 0) as balance
      from {form.open_items_of_customer()} as item
      join ({OWING}) as customer on customer.customer_id = item.customer_id"""


@cache
def open_item_table(form: Form) -> str:
    """The same as a table; the last parameter is a customer's number, or null for all."""
    return f"""
    select customer.number as "customerNumber", customer.name as "customerName", item.document_type as "documentType",
           item.number as "referenceNumber", item.document_date as "documentDate", item.due_date as "documentDueDate",
           item.period_id as "financialPeriod", item.account_number as "account", item.currency_id as "currencyId",
           item.amount as "amountInCurrency", item.balance as "balanceInCurrency", item.balance_base as "balance"
      from {form.open_items_of_customer()} as item
      join ({OWING}) as customer on customer.customer_id = item.customer_id
     order by customer.number, item.document_date, item.document_type, item.number"""
