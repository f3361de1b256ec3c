"""SQL of dimensions and their segments, as decisions need them."""

from __future__ import annotations

import msgspec

from reskontra.accounts.rules.subaccounts import SUBACCOUNT_DIMENSION, Dimension, Segment, SegmentValue
from reskontra.db.pool import Connection
from reskontra.db.tables import Table

_VALUE_TABLE = Table(
    "values",
    "segment_value",
    SegmentValue,
    ("value",),
    read={"description": "coalesce(segment_value.description, '')"},
    written={"version": "nextval('change_id')"},
    moments=("modified_at",),
)
_SEGMENT_TABLE = Table(
    "segments",
    "segment",
    Segment,
    ("segment_id",),
    read={"description": "coalesce(segment.description, '')"},
    written={"version": "nextval('change_id')"},
    moments=("modified_at",),
    parts=(_VALUE_TABLE,),
)
DIMENSION_TABLE = Table(
    "dimensions",
    "dimension",
    Dimension,
    ("dimension_id",),
    entity="Dimension",
    read={"description": "coalesce(dimension.description, '')"},
    parts=(_SEGMENT_TABLE,),
)

_FIND_SEGMENTS = f"""
    select segments::text from ({DIMENSION_TABLE.rows}) as dimensions where dimension_id = '{SUBACCOUNT_DIMENSION}'"""
_segments = msgspec.json.Decoder(tuple[Segment, ...])


async def find_segments(connection: Connection, company_id: int) -> tuple[Segment, ...]:
    """The segments of subaccount numbers, with the values they may take."""
    text = await connection.fetchval(_FIND_SEGMENTS, company_id)
    return _segments.decode(text) if text else ()
