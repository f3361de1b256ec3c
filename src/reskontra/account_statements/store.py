"""SQL of statements: whom they are for, what they are made of, and those that were kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec
from asyncpg import Record

from reskontra.account_statements.paper.rules import Addressed
from reskontra.account_statements.rules import Material
from reskontra.changes.store import STAMP, numbered_change_rows, parameters
from reskontra.clock import Context
from reskontra.customers.store.for_statements import RECIPIENTS
from reskontra.customers.store.fragments import by_number, number_of_id
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.letterheads.rules import Letterhead
from reskontra.letterheads.store import keep_letterheads
from reskontra.receivables.store.for_reports import AsOf, movements
from reskontra.reference.rules.classes import StatementType

ENTITY = "Statement"
"""The entity of its change rows; the key is the customer's number and the date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A customer and how its statements look. `last_day` is that of its newest kept statement before the one that is
    made, and `last_known_before` when that was made."""

    customer_id: int
    number: str
    name: str
    statement_cycle_id: str | None
    statement_type: StatementType
    by_currency: bool
    last_day: date | None
    last_known_before: datetime | None
    newest_day: date | None
    """The day of its newest kept statement of all."""

    @property
    def since(self) -> date | None:
        """The first day of a statement that continues the last one; None if it begins with the beginning."""
        return None if self.last_day is None else self.last_day + timedelta(days=1)


def _with_last(made_before: str) -> str:
    """A select of customers with the last statement before $2 that was kept before a moment (null: whenever)."""
    return f"""
    select customer.customer_id, customer.number, customer.name, customer.statement_cycle_id, customer.statement_type,
           customer.by_currency, last.as_of as last_day, last.known_before as last_known_before,
           (select max(kept.as_of) from account_statement as kept
             where kept.company_id = $1 and kept.customer_id = customer.customer_id) as newest_day
      from ({RECIPIENTS}) as customer
      left join lateral (
        select kept.as_of, kept.known_before from account_statement as kept
         where kept.company_id = $1 and kept.customer_id = customer.customer_id and kept.as_of < $2::date
           and ({made_before}::timestamptz is null or kept.created_at < {made_before})
         order by kept.as_of desc limit 1) as last on true"""


async def find_recipient(
    connection: Connection, company_id: int, as_of: date, number: str, *, seen_before: datetime | None = None
) -> Recipient | None:
    """The customer with that number, for a statement as of a date; it continues what was kept before a moment."""
    statement = f"{_with_last('$4')} where {by_number('$3')}"
    row = await connection.fetchrow(statement, company_id, as_of, number, seen_before)
    return None if row is None else _recipient(row)


async def find_recipients(
    connection: Connection,
    company_id: int,
    as_of: date,
    *,
    customer_ids: Sequence[int] | None = None,
    class_id: str | None = None,
    cycle_id: str | None = None,
) -> list[Recipient]:
    """The customers that are left by these filters (None: all), by number, for statements as of a date."""
    rows = await connection.fetch(
        f"""{_with_last("null")}
         where ($3::integer[] is null or customer.customer_id = any ($3))
           and ($4::text is null or customer.customer_class_id = $4)
           and ($5::text is null or customer.statement_cycle_id = $5)
         order by customer.number""",
        company_id,
        as_of,
        customer_ids,
        class_id,
        cycle_id,
    )
    return [_recipient(row) for row in rows]


def _recipient(row: Record) -> Recipient:
    return msgspec.convert(dict(row), Recipient)


# What statements are made of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is read for one customer. Movements before `since` that were known at `known_at` are its opening balance; by
    default all before `since` are."""

    customer_id: int
    by_currency: bool
    brings_forward: bool
    since: date | None
    known_at: datetime | None = None


_THEN = AsOf(day="$2::date", dates_at="$3::timestamptz", known_at="coalesce($4::timestamptz, 'infinity')")

_MATERIAL = f"""
    with asked as materialized (
        select * from unnest($6::integer[], $7::boolean[], $8::boolean[], $9::date[], $10::timestamptz[])
            as asked (customer_id, by_currency, brings_forward, since, known_at)),
    owed as materialized (
        select item.*, asked.by_currency
          from ({_THEN.open_items("document.customer_id in (select asked.customer_id from asked)")}) as item
          join asked on asked.customer_id = item.customer_id),
    moved as materialized (
        select moved.*, asked.brings_forward,
               case when asked.by_currency then moved.currency_id else $5::text end as told_currency,
               case when asked.by_currency then moved.amount else moved.amount_base end as told,
               coalesce(moved.day < asked.since
                        and (asked.known_at is null or moved.released_at < asked.known_at), false) as is_before
          from ({movements("asked", _THEN)}) as moved
          join asked on asked.customer_id = moved.customer_id),
    part as (
        select moved.customer_id, moved.told_currency,
               coalesce(sum(moved.told) filter (where moved.is_before), 0.0000) as opening,
               coalesce(json_agg(json_build_object(
                   'kind', moved.kind, 'day', moved.day, 'document_type', moved.document_type, 'number', moved.number,
                   'due_date', moved.due_date, 'amount', moved.told)
                   order by moved.day, moved.kind <> 'Document', moved.document_type, moved.number, moved.kind)
                   filter (where not moved.is_before and moved.told <> 0), '[]') as lines
          from moved
         where moved.brings_forward
         group by moved.customer_id, moved.told_currency)
    select asked.customer_id, json_build_object(
               'items', (
                   select coalesce(json_agg(json_build_object(
                              'document_type', owed.document_type, 'number', owed.number, 'day', owed.document_date,
                              'due_date', owed.due_date,
                              'currency_id', case when owed.by_currency then owed.currency_id else $5 end,
                              'amount', case when owed.by_currency then owed.amount else owed.amount_base end,
                              'balance', case when owed.by_currency then owed.balance else owed.balance_base end,
                              'balance_base', owed.balance_base)
                              order by owed.document_date, owed.document_type, owed.number), '[]')
                     from owed where owed.customer_id = asked.customer_id),
               'moved', (
                   select coalesce(json_agg(json_build_object(
                              'currency_id', part.told_currency, 'opening', part.opening, 'lines', part.lines)), '[]')
                     from part where part.customer_id = asked.customer_id),
               'has_moved', exists (
                   select from moved where moved.customer_id = asked.customer_id and not moved.is_before))::text
               as material
      from asked"""

_material = msgspec.json.Decoder(Material)


async def find_material(
    connection: Connection,
    company_id: int,
    wanted: Sequence[Wanted],
    *,
    as_of: date,
    dates_at: datetime | None,
    known_at: datetime | None,
    base_currency: str,
) -> dict[int, Material]:
    """What the statements of these customers as of a date are made of, by internal id.

    Amounts are in each document's currency if they are told by currency, else in base currency (STA-04).
    """
    rows = await connection.fetch(
        _MATERIAL,
        company_id,
        as_of,
        dates_at,
        known_at,
        base_currency,
        [it.customer_id for it in wanted],
        [it.by_currency for it in wanted],
        [it.brings_forward for it in wanted],
        [it.since for it in wanted],
        [it.known_at for it in wanted],
    )
    return {row["customer_id"]: _material.decode(row["material"]) for row in rows}


# Those that were kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A statement as it was made: its JSON text, byte for byte (STA-03)."""

    statement_type: StatementType
    body: str


async def find_kept(
    connection: Connection, company_id: int, customer_id: int, as_of: date, *, made_before: datetime | None
) -> Kept | None:
    """The kept statement of that date, if it was made before a moment (None: whenever)."""
    row = await connection.fetchrow(
        """
        select statement_type, body from account_statement
         where company_id = $1 and customer_id = $2 and as_of = $3
           and ($4::timestamptz is null or created_at < $4)
        """,
        company_id,
        customer_id,
        as_of,
        made_before,
    )
    return None if row is None else Kept(**{**row, "statement_type": StatementType(row["statement_type"])})


async def find_horizon(connection: Connection, context: Context) -> datetime:
    """A moment before which nothing more will have been released (decision 0021). Ask it before what it bounds."""
    horizon: datetime | None = await connection.fetchval("select stamp_horizon($1)", context.company_id)
    return horizon or context.now + timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStatement:
    """A statement that is to be kept."""

    recipient: Recipient
    balance: Decimal
    body: bytes
    addressed: Addressed


_KEEP = f"""
    with {keep_letterheads("(values (true)) as one (row)", "$13::jsonb")},
    made as (
        insert into account_statement (company_id, customer_id, as_of, follows, statement_type, by_currency,
                                       known_before, balance, body, created_at, created_by, version, letterhead,
                                       printed)
        select $1, sent.customer_id, $5, sent.follows, sent.statement_type, sent.by_currency, $6, sent.balance,
               sent.body, {STAMP}, $3, nextval('change_id'), letterhead_digest($13::jsonb), sent.printed::jsonb
          from unnest($7::integer[], $8::date[], $9::text[], $10::boolean[], $11::numeric[], $12::text[], $14::text[])
            as sent (customer_id, follows, statement_type, by_currency, balance, body, printed)
         order by sent.customer_id
            on conflict do nothing
        returning customer_id, version as change_id),
    {numbered_change_rows(f"'{ENTITY}'", "created", f"{number_of_id('made.customer_id')} || ' ' || $5::date", "made")}
    select customer_id from made"""


async def keep(
    connection: Connection,
    context: Context,
    as_of: date,
    known_before: datetime,
    statements: Sequence[NewStatement],
    *,
    letterhead: Letterhead,
) -> set[int]:
    """Keep these statements as of a date, of what was released before a moment; returns whose were kept.

    Left out are customers who were given one at the same moment by somebody else.
    """
    rows = await connection.fetch(
        _KEEP,
        *parameters(context),
        as_of,
        known_before,
        [it.recipient.customer_id for it in statements],
        [it.recipient.last_day for it in statements],
        [str(it.recipient.statement_type.value) for it in statements],
        [it.recipient.by_currency for it in statements],
        [it.balance for it in statements],
        [it.body.decode() for it in statements],
        as_json(letterhead),
        [as_json(it.addressed) for it in statements],
    )
    return {row["customer_id"] for row in rows}
