"""Drafts of ten lines for workloads that use one up with each request. Made between rounds, outside measured time.

Draft `turn` of a run is of company `2 + turn % (companies - 1)` and has the id `first + turn`, so that a script of
pgbench can find its own without asking.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from asyncpg import Record

from bench import seeding
from bench.seeding import Size
from reskontra.db.pool import Connection
from reskontra.serve import plain_connection


@dataclass(slots=True)
class Stock:
    """Drafts that nobody has used yet begin at turn `used`; `made` have been made in all."""

    dsn: str
    size: Size
    first: int = 0
    made: int = 0
    used: int = field(default=0)

    def reserve(self, count: int) -> None:
        """See that at least `count` drafts are left."""
        small = self.size.companies - 1
        missing = -(-(self.used + count - self.made) // small) * small
        if missing > 0:
            asyncio.run(self._make(missing))

    def drafts(self, count: int) -> list[Record]:
        """The next `count` drafts with company_id, number and version. They are not used up by this."""
        self.reserve(count)
        return asyncio.run(self._find(count))

    def skip_released(self) -> None:
        """Count as used what is no draft any more."""
        self.used = max(self.used, asyncio.run(self._last_released()))

    async def _make(self, count: int) -> None:
        async with plain_connection(self.dsn) as connection, connection.transaction():
            await connection.execute("set local session_replication_role = replica")
            await self._want(connection, count)
            await seeding.copy_documents(connection)
        async with plain_connection(self.dsn) as connection:
            await connection.execute("vacuum (analyze) document, document_line, document_vat")
            await connection.execute("checkpoint")
        self.made += count

    async def _want(self, connection: Connection, count: int) -> None:
        small = self.size.companies - 1
        # Nobody else makes documents between two rounds, but the rounds themselves may have made some.
        latest = await connection.fetchval("select max(document_id) from document")
        self.first = self.first or latest + 1
        if self.first + self.made != latest + 1:
            raise RuntimeError("other documents were made since: the stock must be made in one piece")
        await connection.execute("truncate bench.wanted")
        await connection.execute(
            f"""
            insert into bench.wanted
            select company_id, position, {seeding.DRAFT_OF_TEN_LINES}, 1 + position % {self.size.small_customers},
                   day, day + time '12:00', {self.first + self.made} + turn, lpad(position::text, 6, '0'), null,
                   nextval('change_id'), null
              from (select turn, company_id, number_series_range.last_number::integer + 1 + turn / {small} as position,
                           date '{seeding.LAST_DAY}' as day
                      from generate_series(0, {count - 1}) as turn
                      join number_series_range on company_id = 2 + turn % {small} and series_id = 'INVOICE'
                     order by turn) as planned
            """
        )
        last = self.first + self.made + count - 1
        await connection.execute(f"select setval(pg_get_serial_sequence('document', 'document_id'), {last}, true)")

    async def _find(self, count: int) -> list[Record]:
        async with plain_connection(self.dsn) as connection:
            return await connection.fetch(
                """
                select company_id, number, version from document
                 where document_id between $1 and $2 order by document_id
                """,
                self.first + self.used,
                self.first + self.used + count - 1,
            )

    async def _last_released(self) -> int:
        async with plain_connection(self.dsn) as connection:
            latest: int = await connection.fetchval(
                """
                select coalesce(max(document_id) + 1, $1) from document
                 where document_id >= $1 and released_at is not null
                """,
                self.first,
            )
        return latest - self.first
