"""SQL with which transactions that write documents hold customers and lock their balances."""

from __future__ import annotations

from collections.abc import Sequence

from reskontra.customers.store.finding import Balance
from reskontra.db.pool import Connection


async def keep_customers(connection: Connection, company_id: int, customer_ids: Sequence[int]) -> None:
    """Keep these customers from changing until the transaction ends, as any command does that makes documents."""
    await connection.execute(
        """
        select from customer
         where company_id = $1 and customer_id = any ($2::integer[])
         order by customer_id
           for key share
        """,
        company_id,
        customer_ids,
    )


async def lock_balances(
    connection: Connection, company_id: int, numbers: Sequence[str], *, checked_only: bool = False
) -> None:
    """Lock the balances of these customers, by number, always in the same order.

    `checked_only` locks only those whose credit is checked.
    """
    await connection.execute(
        """
        select from customer_balance
         where company_id = $1
           and customer_id in (select customer_id from customer
                                where company_id = $1 and number = any ($2::text[])
                                  and (not $3 or credit_verification <> 'Disabled'))
         order by customer_id
           for update
        """,
        company_id,
        numbers,
        checked_only,
    )


async def find_balances(connection: Connection, company_id: int, customer_ids: Sequence[int]) -> dict[int, Balance]:
    """What these customers owe, by id. Whoever checks credit by it has locked it."""
    rows = await connection.fetch(
        """
        select customer_id, balance, unreleased from customer_balance
         where company_id = $1 and customer_id = any ($2::integer[])
        """,
        company_id,
        customer_ids,
    )
    return {row["customer_id"]: Balance(row["balance"], row["unreleased"]) for row in rows}


async def find_versions(connection: Connection, company_id: int, customer_ids: Sequence[int]) -> dict[int, int]:
    """The versions of these customers, by id."""
    rows = await connection.fetch(
        "select customer_id, version from customer where company_id = $1 and customer_id = any ($2::integer[])",
        company_id,
        customer_ids,
    )
    return {row["customer_id"]: row["version"] for row in rows}


PAYERS = """payers as (
            select customer.customer_id, customer.number,
                   array(select member.customer_id from customer as member
                          where member.company_id = $1
                            and customer.customer_id in (member.customer_id, member.parent_customer_id)) as family
              from customer
             where customer.company_id = $1
               and ($2::integer[] is null or customer.customer_id = any ($2))
               and ($3::text[] is null or customer.customer_class_id = any ($3))
               and ($4::text[] is null or customer.statement_cycle_id = any ($4)))"""
"""A CTE of the customers that $2 to $4 (ids, classes, statement cycles; null for all) leave, each with the ids of its
`family`: itself and its children, whose debts it may pay (PAR-03)."""


FORGIVEN = """forgiven as (
            select customer.customer_id, customer.number, customer.status,
                   case when customer.write_off_allowed then customer.write_off_limit else 0 end as write_off_limit
              from customer
             where customer.company_id = $1
               and ($2::integer[] is null or customer.customer_id = any ($2))
               and ($3::text[] is null or customer.customer_class_id = any ($3)))"""
"""A CTE of the customers that $2 and $3 (ids, classes; null for all) leave, with how much of a document may be written
off, in base currency (WOF-01)."""


async def find_family(connection: Connection, company_id: int, customer_id: int) -> dict[int, str]:
    """A customer and its children: id -> number."""
    rows = await connection.fetch(
        """
        select customer_id, number from customer
         where company_id = $1 and $2 in (customer_id, parent_customer_id)
         order by customer_id
        """,
        company_id,
        customer_id,
    )
    return {row["customer_id"]: row["number"] for row in rows}
