"""SQL of the open items at the end of a period, $2."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import msgspec

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE
from reskontra.customers.store.fragments import OWING
from reskontra.receivables.store.for_reports import open_at_end_of


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


_OPEN = f"({open_at_end_of('$2')} and document.customer_id = customer.customer_id)"

OPEN_ITEMS = Paged(
    entity="OpenItems",
    found=f"""
    select customer.customer_id, customer.number, customer.name
      from ({OWING}) as customer
     where exists {_OPEN}""",
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
          from {_OPEN} as item) as open""",
    columns="customer.number, customer.name, open.balance, open.items",
    read=lambda row: OpenItems(**{name: row[name] for name in OpenItems.__slots__}),
    sort_key=lambda found: (found.number,),
    is_tallied=False,
    stamp=ANY_CHANGE,
)
"""Customers by number: those with an open item."""

OPEN_ITEM_TABLE = f"""
    select customer.number as "customerNumber", customer.name as "customerName", item.document_type as "documentType",
           item.number as "referenceNumber", item.document_date as "documentDate", item.due_date as "documentDueDate",
           item.period_id as "financialPeriod", item.account_number as "account", item.currency_id as "currencyId",
           item.amount as "amountInCurrency", item.balance as "balanceInCurrency", item.balance_base as "balance"
      from ({open_at_end_of("$2")}) as item
      join ({OWING}) as customer on customer.customer_id = item.customer_id
     where $3::text is null or lower(customer.number) = lower($3::text collate "C")
     order by customer.number, item.document_date, item.document_type, item.number"""
"""The same as a table; $3 is a customer's number, or null for all."""
