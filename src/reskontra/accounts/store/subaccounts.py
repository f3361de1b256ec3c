"""SQL of subaccounts: finding, lists, writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Record

from reskontra.accounts.rules.subaccounts import Subaccount
from reskontra.accounts.store.accounts import version
from reskontra.changes.lists.store import Paged
from reskontra.changes.store import change_row, count_new, tally
from reskontra.clock import Context
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.tables import Table

SUBACCOUNT_TABLE = Table(
    "subaccounts",
    "subaccount",
    Subaccount,
    ("subaccount_id",),
    entity="Subaccount",
    also_unique=("subaccount_number",),
    read={"description": "coalesce(subaccount.description, '')"},
    moments=("modified_at",),
)


# Subaccounts, one at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSubaccount:
    """A subaccount as it is stored."""

    subaccount: Subaccount
    modified_at: datetime
    version: int


_SUBACCOUNT_COLUMNS = f"{SUBACCOUNT_TABLE.select_list}, subaccount.modified_at, subaccount.version"


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
    return None if row is None else _found_subaccount(row)


def _found_subaccount(row: Record) -> FoundSubaccount:
    return FoundSubaccount(
        subaccount=Subaccount(
            subaccount_id=row["subaccount_id"],
            subaccount_number=row["subaccount_number"],
            description=row["description"],
            active=row["active"],
        ),
        modified_at=row["modified_at"],
        version=row["version"],
    )


SUBACCOUNTS = Paged(
    entity="Subaccount",
    found="select subaccount.* from subaccount where subaccount.company_id = $1",
    key=("subaccount.subaccount_number",),
    columns=_SUBACCOUNT_COLUMNS,
    read=_found_subaccount,
    sort_key=lambda found: (found.subaccount.subaccount_number,),
)
"""Subaccounts by number."""


_INSERT_SUBACCOUNT = f"""
    with {change_row("'Subaccount'", "created", "$5::text", "(values (1)) as once", detail="$7::jsonb")},
    {count_new("Subaccount", sent_id="nullif(($6::json ->> 'subaccount_id')::integer, 0)")}
    insert into subaccount (company_id, subaccount_id, subaccount_number, description, active, modified_at, version)
    select $1, counted.id, part.subaccount_number, part.description, part.active, changed.stamp, changed.change_id
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
       set description = part.description, active = part.active,
           modified_at = changed.stamp, version = changed.change_id
      from changed, json_populate_record(null::subaccount, $6::json) as part
     where subaccount.company_id = $1 and subaccount.subaccount_number = $5
    returning subaccount.version"""


async def save_subaccount(
    connection: Connection, context: Context, subaccount: Subaccount, detail: Mapping[str, Any]
) -> int:
    """Write a changed subaccount; returns its version."""
    number = subaccount.subaccount_number
    return await version(connection, context, _SAVE_SUBACCOUNT, number, as_json(subaccount), as_json(detail))
