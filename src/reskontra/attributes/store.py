"""SQL of attributes: loading and adding. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from reskontra.attributes.rules import Attribute
from reskontra.db.pool import Connection

ATTRIBUTE_ROWS = """
    select attribute_id, description, control_type, options
      from attribute
     where company_id = $1
     order by attribute_id"""
"""The attributes of company $1, shaped like `Attribute`."""


async def insert_attributes(
    connection: Connection, company_id: int, attributes: Sequence[Attribute], moment: datetime
) -> None:
    """Add attributes of customers to a company. `moment` is in UTC."""
    await connection.execute(
        """
        insert into attribute (company_id, attribute_id, description, control_type, options, modified_at)
        select $1, attribute_id, description, control_type, options, $3
          from json_to_recordset($2::json) as sent (
               attribute_id text, description text, control_type text, options jsonb)
        """,
        company_id,
        msgspec.json.encode(attributes).decode(),
        moment,
    )
