"""SQL with which transactions that write documents hold customers and lock their balances."""

from __future__ import annotations

from collections.abc import Sequence

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
