"""SQL of discount codes and series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import change_row, parameters, tally
from reskontra.clock import Context
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.tables import Table
from reskontra.discounts.rules.series import DiscountCode, DiscountSeries
from reskontra.errors import Refused
from reskontra.versions import Stored

DISCOUNT_CODE_TABLE = Table("discount_codes", "discount_code", DiscountCode, ("discount_code",), entity="DiscountCode")
DISCOUNT_SERIES_TABLE = Table(
    "discount_series",
    "discount_series",
    DiscountSeries,
    ("discount_code", "series"),
    entity="DiscountSeries",
    moments=("created_at", "modified_at"),
)
_COLUMNS = ", ".join(DISCOUNT_SERIES_TABLE.columns)

SERIES = Paged(
    entity="DiscountSeries",
    found="select discount_series.* from discount_series where discount_series.company_id = $1",
    key=("discount_series.discount_code", "discount_series.series"),
    columns=f"""json_build_object(
               'record', (select row_to_json(shaped) from (select {DISCOUNT_SERIES_TABLE.select_list}) as shaped),
               'version', discount_series.version, 'created_at', discount_series.created_at,
               'modified_at', discount_series.modified_at)::text as record""",
    read=json_record(Stored[DiscountSeries]),
    sort_key=lambda stored: (stored.record.discount_code, stored.record.series),
)
"""Series by code and id."""


async def find_series(
    connection: Connection, company_id: int, discount_code: str, series: str
) -> Stored[DiscountSeries] | None:
    """The series with that code and id in any case, locked until the transaction ends."""
    row = await connection.fetchrow(
        f"""
        select {SERIES.columns}
          from discount_series
         where company_id = $1 and lower(discount_code) collate "C" = lower($2 collate "C")
           and lower(series) collate "C" = lower($3 collate "C")
           for update
        """,
        company_id,
        discount_code,
        series,
    )
    return None if row is None else SERIES.read(row)


_PART = ", ".join(f"part.{column}" for column in DISCOUNT_SERIES_TABLE.columns)
_FROM_SENT = "jsonb_populate_record(null::discount_series, $5::jsonb) as part"
_KEY = "($5::jsonb ->> 'discount_code') || '/' || ($5::jsonb ->> 'series')"
_SAME = "discount_code = $5::jsonb ->> 'discount_code' and series = $5::jsonb ->> 'series'"

_INSERT = f"""
    with {change_row("'DiscountSeries'", "created", _KEY, "(values (1)) as once", detail="$6::jsonb")},
    {tally("'DiscountSeries'", 1)}
    insert into discount_series (company_id, {_COLUMNS}, created_at, modified_at, version)
    select $1, {_PART}, changed.stamp, changed.stamp, changed.change_id
      from changed, {_FROM_SENT}
    returning version"""

_SAVE = f"""
    with {change_row("'DiscountSeries'", "updated", _KEY, "(values (1)) as once", detail="$6::jsonb")},
    {tally("'DiscountSeries'", 0)}
    update discount_series set ({_COLUMNS}) = (select {_PART} from {_FROM_SENT}),
           modified_at = changed.stamp, version = changed.change_id
      from changed
     where company_id = $1 and {_SAME}
    returning version"""

_DELETE = f"""
    with gone as (delete from discount_series where company_id = $1 and {_SAME} returning 1),
    {change_row("'DiscountSeries'", "deleted", _KEY, "gone", detail="$6::jsonb")},
    {tally("'DiscountSeries'", -1)}
    select 1 from gone"""


async def insert_series(
    connection: Connection, context: Context, series: DiscountSeries, detail: Mapping[str, Any]
) -> int:
    """Store a new series; returns its version."""
    return await _write(connection, _INSERT, context, series, detail)


async def save_series(
    connection: Connection, context: Context, series: DiscountSeries, detail: Mapping[str, Any]
) -> int:
    """Write a series that is locked; returns its version."""
    return await _write(connection, _SAVE, context, series, detail)


async def delete_series(
    connection: Connection, context: Context, series: DiscountSeries, detail: Mapping[str, Any]
) -> None:
    """Delete a series that is locked."""
    await _write(connection, _DELETE, context, series, detail)


async def _write(
    connection: Connection, statement: str, context: Context, series: DiscountSeries, detail: Mapping[str, Any]
) -> int:
    written: int | None = await connection.fetchval(statement, *parameters(context), as_json(series), as_json(detail))
    if written is None:
        raise LookupError(f"the discount series {series.key} was not written")
    return written


def _taken(value: str) -> Refused:
    series = value.rpartition(", ")[2]
    return Refused(
        f"The discount code has a series '{series}' already.",
        field=("series",),
        value=series,
        hint="Send an id that is free, or change that series.",
    )


CONSTRAINTS: Mapping[str, RefusalFactory] = {
    "discount_series_pk": _taken,
    "discount_series_folded": _taken,
}
"""Constraint -> what the caller is told."""
