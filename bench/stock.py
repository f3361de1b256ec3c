"""Documents for workloads that use one up with each request. Made between rounds, outside measured time.

What a stock has for turn `turn` is of company `2 + turn % (companies - 1)` and has the id `first + turn`, so that a
script of pgbench can find its own without asking. The ids are far above those that the database gives by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from asyncpg import Record

from bench import seeding
from bench.seeding import Size
from reskontra.db.pool import Connection
from reskontra.serve import plain_connection

_PAID_AFTER = 1_000_000_000
"""By how much the id of a paid invoice is above that of its payment."""


@dataclass(frozen=True, slots=True)
class Article:
    """What a stock is of."""

    name: str
    first: int
    """The document id of turn 0."""

    stencil: int
    is_used: str
    """The condition over `document` that holds once a document was used up."""


_IS_RELEASED = "document.released_at is not null"

DRAFT = Article("draft of ten lines", 1_000_000_000, seeding.DRAFT_OF_TEN_LINES, _IS_RELEASED)
OPEN_INVOICE = Article(
    "open invoice", 2_000_000_000, seeding.RELEASED_OF_TWO_LINES,
    """exists (select from proposal where proposal.company_id = document.company_id
                  and proposal.document_id = document.document_id)""",
)  # fmt: skip
PAYMENT = Article("payment of an open invoice", 3_000_000_000, seeding.PAYMENT_OF_TWO_LINES, _IS_RELEASED)
ARTICLES = (DRAFT, OPEN_INVOICE, PAYMENT)


@dataclass(slots=True)
class Stock:
    """Documents that nobody has used yet begin at turn `used`; `made` have been made in all."""

    dsn: str
    size: Size
    article: Article = DRAFT
    made: int = 0
    used: int = field(default=0)

    @property
    def first(self) -> int:
        return self.article.first

    def reserve(self, count: int) -> None:
        """See that at least `count` documents are left."""
        small = self.size.companies - 1
        missing = -(-(self.used + count - self.made) // small) * small
        if missing > 0:
            asyncio.run(self._make(missing))

    def next(self, count: int) -> list[Record]:
        """The next `count` documents with company_id, customer_number, number, version and amount.

        They are not used up by this.
        """
        self.reserve(count)
        return asyncio.run(self._find(count))

    def skip_used(self) -> None:
        """Count as used what a script of pgbench has used."""
        self.used = max(self.used, asyncio.run(self._after_last_used()))

    async def _make(self, count: int) -> None:
        async with plain_connection(self.dsn) as connection, connection.transaction():
            await connection.execute("set local session_replication_role = replica")
            await connection.execute("truncate bench.wanted")
            if self.article is PAYMENT:
                await self._want(connection, count, _PAID_AFTER, seeding.RELEASED_OF_TWO_LINES)
                await self._want_payments(connection)
            else:
                await self._want(connection, count, 0, self.article.stencil)
            await seeding.copy_documents(connection)
        async with plain_connection(self.dsn) as connection:
            tables = "document, document_line, document_vat, journal_entry, payment, proposal"
            await connection.execute(f"vacuum (analyze) {tables}")
            await connection.execute("checkpoint")
        self.made += count

    async def _want(self, connection: Connection, count: int, above: int, stencil: int) -> None:
        """Ask for invoices of the next turns, whose ids are that much above those of the stock."""
        small = self.size.companies - 1
        await connection.execute(
            f"""
            insert into bench.wanted
            select company_id, position, stencil, 1 + position % {self.size.small_customers}, day,
                   day + time '12:00', {self.first + above + self.made} + turn, lpad(position::text, 6, '0'),
                   case when is_released then 'AR' || lpad(batch_position::text, 6, '0') end,
                   nextval('change_id'), case when is_released then nextval('change_id') end
              from (select turn, invoices.company_id, kept.stencil, kept.released_at is not null as is_released,
                           invoices.last_number::integer + 1 + turn / {small} as position,
                           substr(batches.last_number, 3)::integer + 1 + turn / {small} as batch_position,
                           date '{seeding.LAST_DAY}' as day
                      from generate_series(0, {count - 1}) as turn
                      join number_series_range as invoices
                        on invoices.company_id = 2 + turn % {small} and invoices.series_id = 'INVOICE'
                      join number_series_range as batches
                        on batches.company_id = invoices.company_id and batches.series_id = 'BATCH'
                      join bench.document as kept on kept.stencil = {stencil}
                     order by turn) as planned
            """
        )

    async def _want_payments(self, connection: Connection) -> None:
        """Ask for a payment of each invoice that is wanted."""
        await connection.execute(
            f"""
            insert into bench.wanted
            select company_id, position, {self.article.stencil}, customer_id, day, moment,
                   paid_document_id - {_PAID_AFTER}, lpad(position::text, 6, '0'), null, nextval('change_id'), null,
                   paid_document_id
              from (select wanted.company_id, wanted.customer_id, wanted.day, wanted.moment,
                           wanted.document_id as paid_document_id,
                           payments.last_number::integer
                               + row_number() over (partition by wanted.company_id order by wanted.document_id)
                               as position
                      from bench.wanted
                      join number_series_range as payments
                        on payments.company_id = wanted.company_id and payments.series_id = 'PAYMENT'
                     order by wanted.document_id) as planned
            """
        )

    async def _find(self, count: int) -> list[Record]:
        async with plain_connection(self.dsn) as connection:
            return await connection.fetch(
                """
                select document.company_id, customer.number as customer_number, document.number, document.version,
                       document.amount
                  from document join customer using (company_id, customer_id)
                 where document.document_id between $1 and $2 order by document.document_id
                """,
                self.first + self.used,
                self.first + self.used + count - 1,
            )

    async def _after_last_used(self) -> int:
        async with plain_connection(self.dsn) as connection:
            latest: int = await connection.fetchval(
                f"""
                select coalesce(max(document_id) + 1, $1) from document
                 where document_id >= $1 and document_id < $1 + $2 and {self.article.is_used}
                """,
                self.first,
                self.made,
            )
        return latest - self.first


def stocks(dsn: str, size: Size) -> Mapping[Article, Stock]:
    """A stock of each article, all empty."""
    return {article: Stock(dsn, size, article) for article in ARTICLES}
