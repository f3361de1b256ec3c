"""SQL of salespersons: loading and adding. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from reskontra.db.pool import Connection
from reskontra.salespersons.rules import Salesperson

SALESPERSON_ROWS = """
    select salesperson_id, salesperson_cd, name, active, commission_percent, sales_subaccount_id
      from salesperson
     where company_id = $1
     order by salesperson_id"""
"""The salespersons of company $1, shaped like `Salesperson`."""


async def insert_salespersons(
    connection: Connection, company_id: int, salespersons: Sequence[Salesperson], moment: datetime
) -> None:
    """Add salespersons to a company, with the ids they bring. `moment` is in UTC."""
    await connection.execute(
        """
        insert into salesperson (
               company_id, salesperson_id, salesperson_cd, name, active, commission_percent, sales_subaccount_id,
               created_at, modified_at)
        select $1, salesperson_id, salesperson_cd, name, active, commission_percent, sales_subaccount_id, $3, $3
          from json_to_recordset($2::json) as sent (
               salesperson_id integer, salesperson_cd text, name text, active boolean, commission_percent numeric,
               sales_subaccount_id integer)
        """,
        company_id,
        msgspec.json.encode(salespersons).decode(),
        moment,
    )
