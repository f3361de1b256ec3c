"""SQL that reads dimensions for answers, with ids and versions. `segments` reads them for decisions."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import msgspec

from reskontra.db.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundValue:
    """A value of a segment as it is stored."""

    value: str
    description: str
    active: bool
    public_id: uuid.UUID
    modified_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSegment:
    """A segment as it is stored, with its values in their order."""

    segment_id: int
    description: str
    length: int
    public_id: uuid.UUID
    modified_at: datetime
    version: int
    values: tuple[FoundValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDimension:
    """A dimension as it is stored, with its segments in their order."""

    dimension_id: str
    description: str
    segments: tuple[FoundSegment, ...]


_dimensions = msgspec.json.Decoder(FoundDimension)


async def list_dimension_ids(connection: Connection, company_id: int) -> list[str]:
    """The ids of all dimensions."""
    rows = await connection.fetch(
        "select dimension_id from dimension where company_id = $1 order by dimension_id", company_id
    )
    return [row["dimension_id"] for row in rows]


async def find_dimension(connection: Connection, company_id: int, dimension_id: str) -> FoundDimension | None:
    """The dimension with that id in any case, with all that belongs to it."""
    text = await connection.fetchval(
        """
        select json_build_object(
                   'dimension_id', dimension_id, 'description', coalesce(description, ''),
                   'segments', (
                       select coalesce(json_agg(json_build_object(
                                  'segment_id', segment_id, 'description', coalesce(segment.description, ''),
                                  'length', length, 'public_id', public_id, 'modified_at', modified_at,
                                  'version', version,
                                  'values', (
                                      select coalesce(json_agg(json_build_object(
                                                 'value', value, 'description', coalesce(known.description, ''),
                                                 'active', active, 'public_id', known.public_id,
                                                 'modified_at', known.modified_at, 'version', known.version)
                                                 order by value), '[]')
                                        from segment_value as known
                                       where known.company_id = segment.company_id
                                         and known.dimension_id = segment.dimension_id
                                         and known.segment_id = segment.segment_id)) order by segment_id), '[]')
                         from segment
                        where segment.company_id = dimension.company_id
                          and segment.dimension_id = dimension.dimension_id))::text
          from dimension
         where company_id = $1 and lower(dimension_id) = lower($2 collate "C")
         order by dimension_id limit 1
        """,
        company_id,
        dimension_id,
    )
    return None if text is None else _dimensions.decode(text)
