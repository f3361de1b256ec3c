"""SQL of subaccounts: finding, lists, writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Record

from reskontra.accounts.rules.subaccounts import Segment, Subaccount
from reskontra.accounts.store.accounts import count, version, windowed
from reskontra.accounts.store.segments import SUBACCOUNT_SEGMENTS, read_segments
from reskontra.changes.store import change_row, count_new, last_change, tally
from reskontra.clock import Context
from reskontra.db.lists import Filters, Slice, Total, Window
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection

SUBACCOUNT_ROWS = """
    select subaccount_id, subaccount_number, coalesce(description, '') as description, active
      from subaccount
     where company_id = $1
     order by subaccount_id"""


async def insert_subaccounts(
    connection: Connection, company_id: int, subaccounts: Sequence[Subaccount], moment: datetime
) -> None:
    """Add subaccounts to a company, with the ids they bring. `moment` is in UTC."""
    await connection.execute(
        """
        insert into subaccount (company_id, subaccount_id, subaccount_number, description, active, modified_at)
        select $1, subaccount_id, subaccount_number, description, active, $3
          from json_to_recordset($2::json) as sent (
               subaccount_id integer, subaccount_number text, description text, active boolean)
        """,
        company_id,
        as_json(subaccounts),
        moment,
    )


# Subaccounts, one at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSubaccount:
    """A subaccount as it is stored, with the segments that its number is made of."""

    subaccount: Subaccount
    segments: tuple[Segment, ...]
    modified_at: datetime
    version: int


_SUBACCOUNT_COLUMNS = f"""subaccount.subaccount_id, subaccount.subaccount_number,
           coalesce(subaccount.description, '') as description, subaccount.active, subaccount.modified_at,
           subaccount.version, {SUBACCOUNT_SEGMENTS} as segments"""


async def find_subaccount(
    connection: Connection, company_id: int, number: str, *, locked: bool = False
) -> FoundSubaccount | None:
    """The subaccount with that number in any case; `locked`: until the transaction ends."""
    row = await connection.fetchrow(
        f"""
        select {_SUBACCOUNT_COLUMNS} from subaccount
         where subaccount.company_id = $1
           and lower(subaccount.subaccount_number) collate "C" = lower($2 collate "C")
               {"for update of subaccount" if locked else ""}
        """,
        company_id,
        number,
    )
    return None if row is None else _found_subaccounts([row])[0]


async def list_subaccounts(connection: Connection, filters: Filters, window: Window) -> Slice[FoundSubaccount]:
    """A page of subaccounts by number; $1 of the filters is the company."""
    parameters, where = windowed(filters, window, "subaccount.subaccount_number")
    first = len(parameters) + 1
    rows = await connection.fetch(
        f"""
        select {_SUBACCOUNT_COLUMNS}, {last_change("Subaccount")} as stamp
          from subaccount
         where subaccount.company_id = $1 and {where}
         order by subaccount.subaccount_number
         limit ${first} offset ${first + 1}
        """,
        *parameters,
        window.limit,
        window.offset,
    )
    return Slice(_found_subaccounts(rows), rows[0]["stamp"] if rows else None)


async def count_subaccounts(connection: Connection, filters: Filters) -> Total:
    """How many subaccounts pass the filter; without one the number is kept and not counted (W12)."""
    counted = f"(select count(*) from subaccount where subaccount.company_id = $1 and {filters.where})"
    return await count(connection, filters, "Subaccount", counted)


def _found_subaccounts(rows: Sequence[Record]) -> list[FoundSubaccount]:
    segments = read_segments(rows[0]["segments"]) if rows else ()
    return [
        FoundSubaccount(
            subaccount=Subaccount(
                subaccount_id=row["subaccount_id"],
                subaccount_number=row["subaccount_number"],
                description=row["description"],
                active=row["active"],
            ),
            segments=segments,
            modified_at=row["modified_at"],
            version=row["version"],
        )
        for row in rows
    ]


_INSERT_SUBACCOUNT = f"""
    with {change_row("'Subaccount'", "created", "$5::text", "(values (1)) as once", detail="$7::jsonb")},
    {count_new("Subaccount", sent_id="nullif(($6::json ->> 'subaccount_id')::integer, 0)")}
    insert into subaccount (company_id, subaccount_id, subaccount_number, description, active, modified_at, version)
    select $1, counted.id, part.subaccount_number, part.description, part.active, $2, changed.change_id
      from changed, counted, json_populate_record(null::subaccount, $6::json) as part
    returning version"""


async def insert_subaccount(
    connection: Connection, context: Context, subaccount: Subaccount, detail: Mapping[str, Any]
) -> int:
    """Write a new subaccount, under the next id when its own is 0; returns its version."""
    number = subaccount.subaccount_number
    return await version(connection, context, _INSERT_SUBACCOUNT, number, as_json(subaccount), as_json(detail))


_SAVE_SUBACCOUNT = f"""
    with {change_row("'Subaccount'", "updated", "$5::text", "(values (1)) as once", detail="$7::jsonb")},
    {tally("'Subaccount'", 0)}
    update subaccount
       set description = part.description, active = part.active, modified_at = $2, version = changed.change_id
      from changed, json_populate_record(null::subaccount, $6::json) as part
     where subaccount.company_id = $1 and subaccount.subaccount_number = $5
    returning subaccount.version"""


async def save_subaccount(
    connection: Connection, context: Context, subaccount: Subaccount, detail: Mapping[str, Any]
) -> int:
    """Write a changed subaccount; returns its version."""
    number = subaccount.subaccount_number
    return await version(connection, context, _SAVE_SUBACCOUNT, number, as_json(subaccount), as_json(detail))
