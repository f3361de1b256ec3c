"""SQL of dimensions and their segments, as decisions ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from reskontra.accounts.rules.subaccounts import SUBACCOUNT_DIMENSION, Dimension, Segment
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.upsert import or_write_anew

DIMENSION_ROWS = """
    select dimension_id, coalesce(description, '') as description,
           (select coalesce(json_agg(json_build_object(
                       'segment_id', segment_id, 'description', coalesce(segment.description, ''),
                       'length', length, 'separator', separator,
                       'values', (select coalesce(json_agg(json_build_object(
                                             'value', value, 'description', coalesce(known.description, ''),
                                             'active', active) order by value), '[]')
                                    from segment_value as known
                                   where known.company_id = segment.company_id
                                     and known.dimension_id = segment.dimension_id
                                     and known.segment_id = segment.segment_id)) order by segment_id), '[]')
              from segment
             where segment.company_id = dimension.company_id
               and segment.dimension_id = dimension.dimension_id) as segments
      from dimension
     where company_id = $1
     order by dimension_id"""


async def put_dimensions(
    connection: Connection, company_id: int, dimensions: Sequence[Dimension], moment: datetime
) -> None:
    """Add dimensions with their segments and the values of these, or write them anew. `moment` is in UTC."""
    await connection.execute(
        f"""
        with sent as (
            select * from json_to_recordset($2::json) as sent (dimension_id text, description text, segments json)),
        sent_segment as (
            select dimension_id, part.*
              from sent, json_to_recordset(segments) as part (
                   segment_id integer, description text, length integer, separator text, values json)),
        added_values as (
            insert into segment_value (
                   company_id, dimension_id, segment_id, value, description, active, modified_at)
            select $1, dimension_id, segment_id, known.value, known.description, known.active, $3
              from sent_segment, json_to_recordset(values) as known (value text, description text, active boolean)
            {or_write_anew("segment_value_pk", "description, active, modified_at, version")}),
        added_segments as (
            insert into segment (company_id, dimension_id, segment_id, description, length, separator, modified_at)
            select $1, dimension_id, segment_id, description, length, separator, $3 from sent_segment
            {or_write_anew("segment_pk", "description, length, separator, modified_at, version")})
        insert into dimension (company_id, dimension_id, description)
        select $1, dimension_id, description from sent
        {or_write_anew("dimension_pk", "description")}
        """,
        company_id,
        as_json(dimensions),
        moment,
    )


_FIND_SEGMENTS = f"""
    select segments::text from ({DIMENSION_ROWS}) as dimensions where dimension_id = '{SUBACCOUNT_DIMENSION}'"""
_segments = msgspec.json.Decoder(tuple[Segment, ...])


async def find_segments(connection: Connection, company_id: int) -> tuple[Segment, ...]:
    """The segments of subaccount numbers, with the values they may take."""
    text = await connection.fetchval(_FIND_SEGMENTS, company_id)
    return _segments.decode(text) if text else ()
