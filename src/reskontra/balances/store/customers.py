"""SQL of what each customer owes today and has bought, $2 being the month `YYYYMM` that it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE
from reskontra.customers.store.fragments import OWING, by_number
from reskontra.db.lists import Filters, Window
from reskontra.db.pool import Connection
from reskontra.documents.store.for_balances import last_sale, sales
from reskontra.receivables.store.for_balances import discounts


@dataclass(frozen=True, slots=True)
class Balance:
    """What a customer owes on released documents, what was sold to it, without VAT, and the cash discounts that it
    took; base currency."""

    customer_id: int
    number: str
    name: str
    balance: Decimal
    sales_in_period: Decimal
    sales_in_year: Decimal
    discounts_in_period: Decimal
    discounts_in_year: Decimal
    modified_at: datetime


_CUSTOMER = "customer.customer_id"

# A parameter must stand in what counts the rows, too.
BALANCES = Paged(
    entity="CustomerBalance",
    found=f"""
    select customer.*
      from (select customer.customer_id, customer.number, customer.name, customer.balance,
                   greatest(customer.modified_at, {last_sale(_CUSTOMER)}) as modified_at
              from ({OWING}) as customer) as customer
     where $2::text is not null""",
    key=("customer.number",),
    tables="page as customer",
    columns=f"""customer.*,
           {sales(_CUSTOMER, "document.period_id = $2")} as sales_in_period,
           {sales(_CUSTOMER, "left(document.period_id, 4) = left($2, 4)")} as sales_in_year,
           {discounts(_CUSTOMER, "application.period_id = $2")} as discounts_in_period,
           {discounts(_CUSTOMER, "left(application.period_id, 4) = left($2, 4)")} as discounts_in_year""",
    read=lambda row: Balance(**{name: row[name] for name in Balance.__slots__}),
    sort_key=lambda found: (found.number,),
    is_tallied=False,
    stamp=ANY_CHANGE,
)
"""Customers by number, with their figures (BAL-03, BAL-04)."""


async def find_balance(connection: Connection, company_id: int, number: str, period_id: str) -> Balance | None:
    """The figures of the customer with that number; sales of the period `YYYYMM` and of its year."""
    filters = Filters([company_id, period_id])
    filters.add(by_number("{}::text"), number)
    found = await BALANCES.rows(connection, filters, Window(1, 0))
    return found.rows[0] if found.rows else None
