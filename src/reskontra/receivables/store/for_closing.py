"""Unreleased documents as closing a period needs them."""

from __future__ import annotations

from collections.abc import Sequence

from reskontra.customers.store.fragments import name_of_id, number_of_id
from reskontra.db.pool import Connection
from reskontra.records import Record


class Unreleased(Record, frozen=True, kw_only=True):
    """A document that could still be released into a period."""

    document_type: str
    number: str
    period_id: str
    status: str
    customer_number: str
    customer_name: str


_WAITS = "released_at is null and status <> 'Voided'"


async def find_unreleased(
    connection: Connection, company_id: int, period_ids: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Documents that could still be released into these periods: type, number, period (PER-06)."""
    rows = await connection.fetch(
        f"""
        select document_type, number, period_id from document
         where company_id = $1 and period_id = any ($2::text[]) and {_WAITS}
         order by period_id, document_type, number
        """,
        company_id,
        period_ids,
    )
    return [tuple(row) for row in rows]


async def count_unreleased(connection: Connection, company_id: int) -> dict[str, int]:
    """How many such documents each period has; periods without any are not there."""
    rows = await connection.fetch(
        f"select period_id, count(*) from document where company_id = $1 and {_WAITS} group by period_id", company_id
    )
    return {row["period_id"]: row["count"] for row in rows}


async def list_unreleased(
    connection: Connection, company_id: int, period_ids: Sequence[str], at_most: int
) -> list[Unreleased]:
    """The first of what `find_unreleased` finds, and of whom they are."""
    rows = await connection.fetch(
        f"""
        select document_type, number, period_id, status, {number_of_id("document.customer_id")} as customer_number,
               {name_of_id("document.customer_id")} as customer_name
          from document
         where company_id = $1 and period_id = any ($2::text[]) and {_WAITS}
         order by period_id, document_type, number
         limit $3
        """,
        company_id,
        period_ids,
        at_most,
    )
    return [Unreleased(**row) for row in rows]
