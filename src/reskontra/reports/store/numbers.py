"""SQL that explains number series: what they have given out, where numbers are missing and why, and who made others.

The parameters are the company and three arrays of equal length: a series $2, an entity $3 that draws from it, and
whether that is the entity's usual series $4. All pairs must be named, also where only one series is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import msgspec

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE, SENT_NUMBERS, given_number
from reskontra.customers.store.fragments import CUSTOMER_NUMBERS
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.numbering.store import DELETED_NUMBERS, SERIES_RANGES
from reskontra.posting.store.reading import BATCH_NUMBERS
from reskontra.projects.store.names import PROJECT_NUMBERS
from reskontra.receivables.rules.items import OPENING_ORIGIN
from reskontra.receivables.store.for_reports import DOCUMENT_NAMES

Drawing: TypeAlias = Sequence[tuple[str, str, bool]]
"""A series, an entity that draws from it, and whether that is its usual series: once for each pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeUse:
    """A range of a series: how many of its numbers from the start to the last are used, were deleted, or neither.

    `used` counts numbers on the range's own steps.
    """

    series_id: str
    range_id: int
    start_number: str
    end_number: str | None
    last_number: str | None
    used: int
    deleted: int
    never_used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A number, or `count` of them from `number` to `to_number`, that is not simply the next one of its series.

    `kind` is `Deleted` or `NeverUsed` for what is missing between the start of a range and its last number, `HandMade`
    for a number that was sent, `OutOfForm` for one that has the form of no range. `at` and `actor` say when and by
    whom it was deleted or made.
    """

    series_id: str
    number: str
    kind: str
    to_number: str
    count: int
    entity: str
    at: datetime | None
    actor: str | None
    reason: str | None


_WRITTEN = "prefix || lpad({0}::text, greatest(digits, length({0}::text)), '0') || suffix"

# A number has the form of a range if the range could give it out: between prefix and suffix only digits, and no more
# zeros before them than the range writes. Regular expressions would take most of the time.
_FITS = """lower(left(known.number, length(prefix))) = lower(prefix)
           and lower(right(known.number, length(suffix))) = lower(suffix)
           and length(middle.text) between digits and 18 and translate(middle.text, '0123456789', '') = ''
           and (length(middle.text) = digits or left(middle.text, 1) <> '0')"""

_NUMBERS = f"""
    drawing as (
        select series_id, entity, is_usual
          from unnest($2::text[], $3::text[], $4::boolean[]) as pair (series_id, entity, is_usual)),
    ranges as materialized (
        select numbers.* from ({SERIES_RANGES}) as numbers
         where numbers.series_id in (select drawing.series_id from drawing)),
    present as (
        select 'Customer' as entity, customer.number from ({CUSTOMER_NUMBERS}) as customer
        union all
        select document.document_type, document.number from ({DOCUMENT_NAMES}) as document
        union all
        select 'Batch', batch.number from ({BATCH_NUMBERS}) as batch
        union all
        select 'Project', project.number from ({PROJECT_NUMBERS}) as project),
    known as (
        select drawing.series_id, drawing.is_usual, present.entity, present.number, true as is_used,
               null::timestamptz as deleted_at, null::text as actor, null::text as reason
          from drawing join present on present.entity = drawing.entity
        union all
        select drawing.series_id, drawing.is_usual, gone.entity, gone.number, false, gone.deleted_at, gone.actor,
               gone.reason
          from drawing join ({DELETED_NUMBERS}) as gone on gone.entity = drawing.entity),
    -- Each number with each range that it fits, or with none. From here on rows are grouped and not joined, since
    -- PostgreSQL cannot know how many fit, and a join of two such sets may take their product.
    placed as materialized (
        select known.*, place.*
          from known
          left join lateral (
            select ranges.range_id, ranges.prefix, ranges.suffix, ranges.digits, ranges.start, ranges.last,
                   ranges.step, fits.ordinal, fits.ordinal between ranges.start and ranges.last
                                              and (fits.ordinal - ranges.start) % ranges.step = 0 as is_passed
              from ranges
             cross join lateral (
                select substr(known.number, length(prefix) + 1,
                              greatest(length(known.number) - length(prefix) - length(suffix), 0)) as text) as middle
             cross join lateral (select case when {_FITS} then middle.text::bigint end as ordinal) as fits
             where ranges.series_id = known.series_id and fits.ordinal is not null) as place on true),
    -- Of the numbers that a range has passed, each once: used, or else deleted.
    passed as (
        select distinct on (series_id, range_id, ordinal) placed.*
          from placed
         where is_passed
         order by series_id, range_id, ordinal, is_used desc, deleted_at desc)"""

_FINDING = f"""{_NUMBERS},
    -- The numbers before each passed one, back to the one before; after the last, up to what was given out.
    steps as (
        select series_id, range_id, prefix, suffix, digits, step, ordinal - step as until,
               coalesce(lag(ordinal) over (partition by series_id, range_id order by ordinal) + step, start) as since
          from passed
        union all
        select ranges.series_id, ranges.range_id, ranges.prefix, ranges.suffix, ranges.digits, ranges.step,
               ranges.start + (ranges.last - ranges.start) / ranges.step * ranges.step,
               coalesce(max(passed.ordinal) + ranges.step, ranges.start)
          from ranges
          left join passed on passed.series_id = ranges.series_id and passed.range_id = ranges.range_id
         where ranges.last >= ranges.start
         group by ranges.series_id, ranges.range_id, ranges.prefix, ranges.suffix, ranges.digits, ranges.step,
                  ranges.start, ranges.last),
    -- Numbers that are used and fit no range of any series.
    odd as (
        select min(placed.series_id) filter (where placed.is_usual) as series_id, placed.entity, placed.number
          from placed
         where placed.is_used
         group by placed.entity, placed.number
        having count(placed.ordinal) = 0),
    -- Numbers that fit, but no range has given them out yet, or somebody sent them once.
    suspected as (
        select min(told.series_id) as series_id, told.entity, told.number, not bool_or(told.is_passed) as is_ahead
          from (select placed.series_id, placed.entity, placed.number, placed.is_passed, false as is_sent
                  from placed where placed.is_used and placed.ordinal is not null
                union all
                select null, sent.entity, sent.number, null, true from ({SENT_NUMBERS}) as sent) as told
         group by told.entity, told.number
        having count(told.series_id) > 0 and (bool_or(told.is_sent) or not bool_or(told.is_passed))),
    made as (
        select odd.series_id, odd.entity, odd.number, 'OutOfForm' as kind, given.changed_at, given.actor, given.origin
          from odd left join {given_number("odd.entity", "odd.number")} on true
        union all
        select suspected.series_id, suspected.entity, suspected.number, 'HandMade', given.changed_at, given.actor,
               given.origin
          from suspected left join {given_number("suspected.entity", "suspected.number")} on true
         where suspected.is_ahead or given.is_sent),
    finding as (
        select series_id, ({_WRITTEN.format("since")}) collate "C" as number, 'NeverUsed' as kind,
               {_WRITTEN.format("until")} as to_number, (until - since) / step + 1 as count,
               '' as entity, null::timestamptz as at, null::text as actor, null::text as reason
          from steps where since <= until
        union all
        select series_id, number collate "C", 'Deleted', number, 1, entity, deleted_at, actor, reason
          from passed where not is_used
        union all
        select series_id, number collate "C", kind, number, 1, entity, changed_at, actor,
               case origin when '{OPENING_ORIGIN}' then 'taken over from an older system' end
          from made)"""

_FOUND = f"with {_FINDING} select * from finding"

FINDINGS = Paged(
    entity="NumberFinding",
    found=f"select found.* from ({_FOUND}) as found where true",
    key=("found.series_id", "found.number", "found.kind", "found.entity"),
    tables="page as found",
    columns="found.*",
    read=lambda row: Finding(**{name: row[name] for name in Finding.__slots__}),
    sort_key=lambda found: (found.series_id, found.number, found.kind, found.entity),
    is_tallied=False,
    stamp=ANY_CHANGE,
)
"""What is to be explained, by series and number."""

FINDING_TABLE = f"""
    select found.series_id as "series", found.number as "number", found.to_number as "toNumber",
           found.count as "count", found.kind as "kind", found.entity as "entity",
           to_char(found.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "dateTime",
           found.actor as "actor", found.reason as "explanation"
      from ({_FOUND}) as found
     where $5::text is null or found.series_id = $5
     order by found.series_id, found.number, found.kind, found.entity"""
"""The same as a table; $5 is a series, or null for all."""

_CONTROL = f"""
    with {_FINDING},
    asked as materialized (select * from finding where $5::text is null or series_id = $5),
    shown as (select * from asked order by series_id, number, kind, entity limit $6)
    select (select coalesce(json_agg(use order by use.series_id, use.range_id), '[]')
              from (select ranges.series_id, ranges.range_id, ranges.start_number, ranges.end_number,
                           ranges.last_number, count(*) filter (where passed.is_used) as used,
                           count(*) filter (where not passed.is_used) as deleted,
                           greatest((ranges.last - ranges.start) / ranges.step + 1, 0) - count(passed.number)
                               as never_used
                      from ranges
                      left join passed on passed.series_id = ranges.series_id and passed.range_id = ranges.range_id
                     group by ranges.series_id, ranges.range_id, ranges.start_number, ranges.end_number,
                              ranges.last_number, ranges.start, ranges.last, ranges.step) as use)::text as ranges,
           (select coalesce(json_agg(counted), '[]')
              from (select series_id, kind, sum(count)::bigint as numbers from asked group by series_id, kind)
                   as counted)::text as counts,
           (select coalesce(json_agg(shown order by series_id, number, kind, entity), '[]') from shown)::text
               as findings"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """How many numbers of a series there are to be explained in one way."""

    series_id: str
    kind: str
    numbers: int


@dataclass(frozen=True, slots=True)
class Control:
    """The ranges of all series, all that is to be explained by number, and the first findings."""

    ranges: tuple[RangeUse, ...]
    counts: tuple[KindCount, ...]
    findings: tuple[Finding, ...]


async def find_control(
    connection: Connection, company_id: int, drawing: Drawing, series_id: str | None, limit: int
) -> Control:
    """What number series have given out; counts and at most `limit` findings are of one series, or of all."""
    row = await fetch_one(connection, _CONTROL, company_id, *arrays_of(drawing), series_id, limit)
    return Control(
        msgspec.json.decode(row["ranges"], type=tuple[RangeUse, ...]),
        msgspec.json.decode(row["counts"], type=tuple[KindCount, ...]),
        msgspec.json.decode(row["findings"], type=tuple[Finding, ...]),
    )


def arrays_of(drawing: Drawing) -> tuple[list[str], list[str], list[bool]]:
    """The parameters $2 to $4."""
    return [it[0] for it in drawing], [it[1] for it in drawing], [it[2] for it in drawing]
