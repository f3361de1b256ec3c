"""SQL of customers' figures, composed from fragments of the rooms that store them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from reskontra.customers.store.fragments import OWING, by_number
from reskontra.db.pool import Connection
from reskontra.documents.store.for_balances import last_sale, sales


@dataclass(frozen=True, slots=True)
class Balance:
    """What a customer owes on released documents, and what was sold to it; base currency, without VAT."""

    customer_id: int
    number: str
    name: str
    balance: Decimal
    sales_in_period: Decimal
    sales_in_year: Decimal
    modified_at: datetime


async def find_balance(connection: Connection, company_id: int, number: str, period_id: str) -> Balance | None:
    """The figures of the customer with that number; sales of the period `YYYYMM` and of its year (BAL-03, BAL-04)."""
    row = await connection.fetchrow(
        f"""
        select customer.customer_id, customer.number, customer.name, customer.balance,
               {sales("customer.customer_id", "document.period_id = $3")} as sales_in_period,
               {sales("customer.customer_id", "left(document.period_id, 4) = left($3, 4)")} as sales_in_year,
               greatest(customer.modified_at, {last_sale("customer.customer_id")}) as modified_at
          from ({OWING} and {by_number("$2")}) as customer
        """,
        company_id,
        number,
        period_id,
    )
    return None if row is None else Balance(**row)
