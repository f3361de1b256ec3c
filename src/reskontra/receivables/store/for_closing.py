"""Unreleased documents as closing a period needs them."""

from __future__ import annotations

from collections.abc import Sequence

from reskontra.db.pool import Connection


async def find_unreleased(
    connection: Connection, company_id: int, period_ids: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Documents that could still be released into these periods: type, number, period (PER-06)."""
    rows = await connection.fetch(
        """
        select document_type, number, period_id from document
         where company_id = $1 and period_id = any ($2::text[]) and released_at is null and status <> 'Voided'
         order by period_id, document_type, number
        """,
        company_id,
        period_ids,
    )
    return [tuple(row) for row in rows]
