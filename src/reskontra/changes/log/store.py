"""SQL that reads the log of changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reskontra.changes.lists.store import Paged, json_record
from reskontra.db.lists import Filters, Sorted
from reskontra.db.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change row. `detail` is what `records.differences` made of it, or null."""

    change_id: int
    changed_at: datetime
    actor: str
    request_id: str
    entity: str
    entity_key: str
    event: str
    detail: dict[str, Any] | None


CHANGES = Paged(
    entity="Change",
    found="""select change.change_id, change.changed_at, change.actor, change.request_id, change.entity,
                    change.entity_key, change.event, change.detail
               from change
              where change.company_id = $1""",
    key=("change.changed_at", "change.change_id"),
    read=json_record(Change),
    sort_key=lambda change: (change.changed_at, change.change_id),
    is_tallied=False,
    stamp="(select change_id from change where company_id = $1 order by change_id desc limit 1)",
)
"""Changes in the order of their moments; those of one statement in the order in which it made them."""

BACKWARDS = tuple(Sorted(column, is_descending=True, may_be_null=False) for column in CHANGES.key)
"""The other order: the newest first."""


def change_table(filters: Filters, *, newest_first: bool) -> str:
    """The changes that pass the filters as a table: a row for each attribute that changed, one where none is told.

    Texts stand as they are, anything else is JSON. What the row of a change tells is read as `log.wire` reads it.
    """
    old, new = ("(told.value -> 0)", "(told.value -> -1)")
    order = "desc" if newest_first else "asc"
    return f"""
    select change.change_id as "changeId",
           to_char(change.changed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "changedDateTime",
           change.actor as "actor", change.request_id as "requestId", change.entity as "entity",
           change.entity_key as "key", change.event as "event", told.field as "field",
           case when change.event = 'deleted' then told.value #>> '{{}}'
                when change.event <> 'created' and jsonb_array_length(told.value) = 2 then {old} #>> '{{}}'
                end as "old",
           case when change.event = 'created' then told.value #>> '{{}}'
                when change.event <> 'deleted' then {new} #>> '{{}}' end as "new"
      from change
      left join lateral jsonb_each(change.detail) with ordinality as told (field, value, place) on true
     where change.company_id = $1 and {filters.where}
     order by change.changed_at {order}, change.change_id {order}, told.place"""


MENTIONS = "change.detail ? {}::text"
"""The condition that a change row names an attribute."""


async def find_moment(connection: Connection, company_id: int, change_id: int) -> datetime | None:
    """When a change was made; None if there is none with that id."""
    moment: datetime | None = await connection.fetchval(
        "select changed_at from change where company_id = $1 and change_id = $2", company_id, change_id
    )
    return moment


def follow(filters: Filters, moment: datetime, change_id: int) -> None:
    """Only what comes after that change, which was made at that moment."""
    filters.stamps.append("change.changed_at")
    filters.add("(change.changed_at, change.change_id) > ({}, {})", moment, change_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A change row of a request, and how many the request made in all."""

    request_id: str
    entity: str
    entity_key: str
    event: str
    detail: dict[str, Any] | None
    total: int


_TRACES = """
    select row_to_json(trace)::text as record
      from (select request_id, entity, entity_key, event, detail, change_id,
                   count(*) over (partition by request_id) as total,
                   row_number() over (partition by request_id order by change_id) as place
              from change
             where company_id = $1 and change_id > $2 and request_id = any ($3::text[])) as trace
     where place <= $4
     order by change_id"""

_read_trace = json_record(Trace)


async def find_traces(
    connection: Connection, company_id: int, request_ids: Sequence[str], after: int, most: int
) -> list[Trace]:
    """What requests changed in a company, in the order in which they did: of each the first `most` rows.

    The log has no index of requests, so `after` says which change was made before any of them came.
    """
    return [_read_trace(row) for row in await connection.fetch(_TRACES, company_id, after, request_ids, most)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The newest change that figures are of, and when it was made; 0 and the beginning of time where there is none."""

    change_id: int
    changed_at: datetime


async def find_cut(connection: Connection, company_id: int, known_at: datetime | None) -> Cut:
    """The newest change of a company, or the newest that had been made before a moment."""
    row = await connection.fetchrow(
        """
        select change_id, changed_at from change
         where company_id = $1 and ($2::timestamptz is null or changed_at < $2)
         order by change_id desc limit 1
        """,
        company_id,
        known_at,
    )
    return Cut(**row) if row else Cut(change_id=0, changed_at=datetime.fromtimestamp(0, UTC))


async def find_newest(connection: Connection, company_id: int) -> int:
    """The newest change of a company; 0 if there is none."""
    newest: int | None = await connection.fetchval(
        "select max(change_id) from change where company_id = $1", company_id
    )
    return newest or 0
