"""SQL of salespersons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import change_row, count_new, parameters, tally
from reskontra.clock import Context
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.tables import Table
from reskontra.errors import Refused
from reskontra.salespersons.rules.salespersons import Salesperson
from reskontra.versions import Stored

SALESPERSON_TABLE = Table(
    "salespersons",
    "salesperson",
    Salesperson,
    ("salesperson_id",),
    entity="Salesperson",
    also_unique=("salesperson_cd",),
    moments=("created_at", "modified_at"),
)
_OWN = [column for column in SALESPERSON_TABLE.columns if column != "salesperson_id"]


SALESPERSONS = Paged(
    entity="Salesperson",
    found="select salesperson.* from salesperson where salesperson.company_id = $1",
    key=("salesperson.salesperson_cd",),
    columns=f"""json_build_object(
               'record', (select row_to_json(shaped) from (select {SALESPERSON_TABLE.select_list}) as shaped),
               'version', salesperson.version, 'created_at', salesperson.created_at,
               'modified_at', salesperson.modified_at)::text as record""",
    read=json_record(Stored[Salesperson]),
    sort_key=lambda stored: (stored.record.salesperson_cd,),
)
"""Salespersons by code."""


async def lock_salesperson(connection: Connection, company_id: int, salesperson_cd: str) -> Stored[Salesperson] | None:
    """The salesperson with that code in any case, locked until the transaction ends."""
    found = await connection.fetchval(
        """
        select salesperson_cd from salesperson
         where company_id = $1 and lower(salesperson_cd) collate "C" = lower($2 collate "C")
           for update
        """,
        company_id,
        salesperson_cd,
    )
    return None if found is None else await SALESPERSONS.find(connection, company_id, found)


_PART = ", ".join(f"part.{column}" for column in _OWN)
_CODE = "($5::jsonb ->> 'salesperson_cd')"

_INSERT = f"""
    with {change_row("'Salesperson'", "created", _CODE, "(values (1)) as once", detail="$6::jsonb")},
    {count_new("Salesperson", sent_id="nullif(($5::jsonb ->> 'salesperson_id')::integer, 0)")}
    insert into salesperson (company_id, salesperson_id, {", ".join(_OWN)}, created_at, modified_at, version)
    select $1, counted.id, {_PART}, changed.stamp, changed.stamp, changed.change_id
      from changed, counted, jsonb_populate_record(null::salesperson, $5::jsonb) as part
    returning salesperson_id, version"""

_SAVE = f"""
    with {change_row("'Salesperson'", "updated", _CODE, "(values (1)) as once", detail="$6::jsonb")},
    {tally("'Salesperson'", 0)}
    update salesperson
       set ({", ".join(_OWN)}) = (select {_PART} from jsonb_populate_record(null::salesperson, $5::jsonb) as part),
           modified_at = changed.stamp, version = changed.change_id
      from changed
     where company_id = $1 and salesperson_cd = {_CODE}
    returning salesperson_id, version"""


async def insert_salesperson(
    connection: Connection, context: Context, salesperson: Salesperson, detail: Mapping[str, Any]
) -> tuple[int, int]:
    """Store a new salesperson, under the next id when its own is 0; returns its id and version."""
    return await _write(connection, _INSERT, context, salesperson, detail)


async def save_salesperson(
    connection: Connection, context: Context, salesperson: Salesperson, detail: Mapping[str, Any]
) -> int:
    """Write a salesperson that is locked; returns its version."""
    return (await _write(connection, _SAVE, context, salesperson, detail))[1]


async def _write(
    connection: Connection, statement: str, context: Context, salesperson: Salesperson, detail: Mapping[str, Any]
) -> tuple[int, int]:
    row = await connection.fetchrow(statement, *parameters(context), as_json(salesperson), as_json(detail))
    if row is None:
        raise LookupError(f"the salesperson {salesperson.salesperson_cd} was not written")
    return row["salesperson_id"], row["version"]


def _code_taken(value: str) -> Refused:
    salesperson_cd = value.rpartition(", ")[2]
    return Refused(
        f"There is a salesperson '{salesperson_cd}' already.",
        field=("salesperson_cd",),
        value=salesperson_cd,
        hint="Send an id that is free, or change that salesperson.",
    )


CONSTRAINTS: Mapping[str, RefusalFactory] = {
    "salesperson_cd_unique": _code_taken,
    "salesperson_cd_folded": _code_taken,
}
"""Constraint -> what the caller is told."""
