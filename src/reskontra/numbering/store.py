"""SQL of number series and of the log of deleted numbers, as fragments for the creating statement (NUM-06, NUM-07).

The number is taken inside the statement that creates its document, so that a refused or rolled-back request leaves no
gap. Reading the series, for the reference data and for lists, is here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reskontra.db.pool import Connection
from reskontra.db.tables import Table, read_table
from reskontra.numbering.rules import Series, SeriesRange

_RANGE_TABLE = Table("ranges", "number_series_range", SeriesRange, ("range_id",), renamed={"branch": "branch_number"})
NUMBERED_SERIES_TABLE = Table(
    "series", "number_series", Series, ("series_id",), entity="NumberSeries", parts=(_RANGE_TABLE,)
)
"""Number series with the numbers given out last. To be written, each range needs an id, an end and a last number."""

SERIES_TABLE = replace(NUMBERED_SERIES_TABLE, parts=(replace(_RANGE_TABLE, read={"last_number": "null"}),))
"""The same as reference data: without the last number, which changes with every document."""


async def list_series(connection: Connection, company_id: int) -> list[Series]:
    """The number series by id, with the last numbers given out so far."""
    return await read_table(connection, company_id, NUMBERED_SERIES_TABLE)


NUMBERS_OF_DOCUMENTS = frozenset(
    {"document_number_unique", "payment_number_unique", "document_cash_sale_number_unique"}
)
"""The constraints that keep apart the numbers of documents that are entered."""


def take_number(entity: str, series: str, range_id: str, *, given: str | None = None, guessing: bool = False) -> str:
    """A CTE `taken(number)`: the next free number of a range. The arguments are SQL expressions.

    None is taken unless the CTE `given` has a row. `guessing` takes the next one without asking whether somebody sent
    it before; one of `NUMBERS_OF_DOCUMENTS` fails then. Nobody sends the numbers of batches.
    """
    next_number = f"next_free_number(company_id, {entity}, last_number, step, end_number)"
    if guessing or entity == "'Batch'":
        next_number = f"coalesce(plain_next_number(last_number, step, end_number), {next_number})"
    return f"""taken as (
        update number_series_range
           set last_number = {next_number}
         where company_id = $1 and series_id = {series} and range_id = {range_id}{_if_any(given)}
        returning last_number as number)"""


def take_numbers(entity: str, series: str, range_id: str, how_many: str) -> str:
    """CTEs `taken(number, place)`: the next free numbers of a range, places from 1. Arguments are SQL expressions."""
    return f"""counter as materialized (
        select last_number, step, end_number from number_series_range
         where company_id = $1 and series_id = {series} and range_id = {range_id}
           for update),
    drawn as materialized (
        select next_free_numbers($1, {entity}, last_number, step, end_number, {how_many}) as numbers from counter),
    counted_on as (
        update number_series_range set last_number = drawn.numbers[cardinality(drawn.numbers)]
          from drawn
         where company_id = $1 and series_id = {series} and range_id = {range_id}),
    taken as materialized (
        select next.number, next.place
          from drawn cross join unnest(drawn.numbers) with ordinality as next (number, place))"""


async def draw_numbers(
    connection: Connection, company_id: int, entity: str, numbers: tuple[str, int], count: int
) -> list[str]:
    """The next free numbers of a range (series id, range id), in their order."""
    rows = await connection.fetch(
        f"""
        with {take_numbers("$2::text", "$3", "$4", "$5::integer")}
        select number from taken order by place
        """,
        company_id,
        entity,
        *numbers,
        count,
    )
    return [row["number"] for row in rows]


def _if_any(given: str | None) -> str:
    return f" and exists (select from {given})" if given else ""


def note_reuse(entity: str) -> str:
    """A CTE after `take_number` or `take_numbers`: it notes of numbers that they were deleted before, as `use_number`
    does."""
    return f"""reused as (
        update deleted_number set used_again_at = $2
          from taken
         where company_id = $1 and entity = {entity} and deleted_number.number = taken.number
           and used_again_at is null)"""


def note_each_reuse(source: str) -> str:
    """A CTE `reused` that notes of numbers which were sent that they were deleted before (D5).

    `source` has document_type, the entity, and number.
    """
    return f"""reused as (
        update deleted_number set used_again_at = $2
          from {source}
         where company_id = $1 and entity = {source}.document_type
           and lower(deleted_number.number) = lower({source}.number collate "C") and used_again_at is null)"""


def use_number(entity: str, number: str, series: str, *, given: str | None = None) -> str:
    """CTEs `taken(number)` and `reused`: a number that the caller sent; that it was deleted before is noted (D5).

    None is taken unless the CTE `given` has a row.

    If a range of the series has yet to reach the number, the range's row is written, unchanged: a statement that draws
    the next number meanwhile waits and then looks again, so it does not draw one that is about to be taken.
    """
    sent = f'{number}::text collate "C"'
    return f"""turn as (
        update number_series_range set last_number = last_number
         where company_id = $1 and series_id = {series}
           and (length({sent}), lower({sent})) > (length(last_number), lower(last_number))
           and (length({sent}), lower({sent})) <= (length(end_number), lower(end_number)){_if_any(given)}
        returning range_id),
    taken as (select {number}::text as number from (select count(*) from turn) as waited where true{_if_any(given)}),
    reused as (
        update deleted_number set used_again_at = $2
         where company_id = $1 and entity = {entity} and lower(number) = lower({number}::text collate "C")
           and used_again_at is null{_if_any(given)})"""


def log_deleted(entity: str, number: str, source: str, *, reason: str = "deleted before release") -> str:
    """A CTE that logs one deleted number per row of `source`, so that the series stays explainable (NUM-01)."""
    return f"""logged as (
        insert into deleted_number (company_id, entity, number, deleted_at, actor, reason)
        select $1, {entity}, {number}, $2, $3, '{reason}' from {source})"""


async def move_range(connection: Connection, company_id: int, series_id: str, start_number: str, last: str) -> None:
    """Let the first range of a series begin at `start_number`, after `last`. For new companies."""
    await connection.execute(
        """
        update number_series_range set start_number = $3, last_number = $4
         where company_id = $1 and series_id = $2 and range_id = 1
        """,
        company_id,
        series_id,
        start_number,
        last,
    )


async def lock_ranges(connection: Connection, company_id: int, ranges: Sequence[tuple[str, int]]) -> None:
    """Lock ranges (series id, range id) that a transaction will take numbers from, always in the same order.

    For a transaction that takes numbers from more than one series. Otherwise it would hold what its first statement
    wrote while it waits for the second series, whose holder may be waiting for the same rows.
    """
    await connection.execute(
        """
        select from number_series_range
         where company_id = $1
           and (series_id, range_id) in (select * from unnest($2::text[], $3::integer[]))
         order by series_id, range_id
           for update
        """,
        company_id,
        [series_id for series_id, _ in ranges],
        [range_id for _, range_id in ranges],
    )


SERIES_RANGES = r"""
    select numbers.series_id, numbers.range_id, numbers.start_number, numbers.end_number, numbers.last_number,
           numbers.step, form.parts[1] as prefix, length(form.parts[2]) as digits, form.parts[2]::bigint as start,
           form.parts[3] as suffix, (regexp_match(numbers.last_number, '([0-9]+)[^0-9]*$'))[1]::bigint as last
      from number_series_range as numbers
     cross join lateral regexp_match(numbers.start_number, '^(.*?)([0-9]+)([^0-9]*)$') as form (parts)
     where numbers.company_id = $1"""
"""A select of the ranges of all series with the parts of their numbers. It ends inside its where clause."""

DELETED_NUMBERS = """
    select deleted_number.entity, deleted_number.number, deleted_number.deleted_at, deleted_number.actor,
           deleted_number.reason
      from deleted_number
     where deleted_number.company_id = $1 and deleted_number.used_again_at is null"""
"""A select of the numbers that are free again. It ends inside its where clause."""
