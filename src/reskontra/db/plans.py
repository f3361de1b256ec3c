"""What a transaction tells PostgreSQL's planner."""

from __future__ import annotations

from reskontra.db.pool import Connection


async def prefer_indexes(connection: Connection) -> None:
    """Have the statements planned from now on in this transaction use indexes.

    For a transaction that fills a table row by row, or looks rows up one by one. While a table is empty, reading all of
    it looks cheap; the plan is kept, as are those that check foreign keys, and is used while the table grows.
    """
    await connection.execute("set local enable_seqscan = off")
