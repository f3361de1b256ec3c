"""Customers as overdue charges see them: fragments, and what a charge needs of each."""

from __future__ import annotations

from collections.abc import Sequence

from reskontra.customers.customer import Debtor
from reskontra.customers.store.for_documents import FOR_DOCUMENT, read_debtor
from reskontra.customers.store.fragments import by_id
from reskontra.db.pool import Connection


def charged_among(ids: str, classes: str, cycles: str) -> str:
    """A select of the customers of company $1 who are charged for paying late (OCH-06).

    Only those with these ids, in these classes and statement cycles: SQL arrays, null for all.
    """
    return f"""
    select customer.customer_id, customer.number, customer.customer_class_id, customer.statement_cycle_id
      from customer
     where customer.company_id = $1 and customer.overdue_charge
       and ({ids} is null or customer.customer_id = any ({ids}))
       and ({classes} is null or customer.customer_class_id = any ({classes}))
       and ({cycles} is null or customer.statement_cycle_id = any ({cycles}))"""


async def find_debtors(connection: Connection, company_id: int, customer_ids: Sequence[int]) -> list[Debtor]:
    """These customers at their default locations, by number."""
    rows = await connection.fetch(
        f"""
        select ({FOR_DOCUMENT} and {by_id("wanted.customer_id")}) as debtor
          from unnest($2::integer[]) as wanted (customer_id)
        """,
        company_id,
        customer_ids,
    )
    return sorted((read_debtor(row["debtor"]) for row in rows), key=lambda debtor: debtor.number)
