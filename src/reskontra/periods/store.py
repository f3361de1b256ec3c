"""SQL of financial periods: reading them for the reference data, adding them. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from reskontra.db.pool import Connection
from reskontra.periods.rules import Period

PERIOD_ROWS = """
    select period_id, start_date, end_date, active, closed_in_customer_ledger, closed_in_general_ledger
      from financial_period
     where company_id = $1
     order by period_id"""
"""The periods of company $1, shaped like `Period`."""


async def insert_periods(connection: Connection, company_id: int, periods: Sequence[Period], moment: datetime) -> None:
    """Add periods to a company, described as `MM-YYYY`. `moment` is in UTC."""
    await connection.execute(
        """
        insert into financial_period (
               company_id, period_id, description, start_date, end_date, active,
               closed_in_customer_ledger, closed_in_general_ledger, modified_at)
        select $1, period_id, right(period_id, 2) || '-' || left(period_id, 4), start_date, end_date, active,
               closed_in_customer_ledger, closed_in_general_ledger, $3
          from json_to_recordset($2::json) as sent (
               period_id text, start_date date, end_date date, active boolean,
               closed_in_customer_ledger boolean, closed_in_general_ledger boolean)
        """,
        company_id,
        msgspec.json.encode(periods).decode(),
        moment,
    )
