"""SQL of financial periods: reading and adding them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import STAMP, change_row, parameters
from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.db.tables import Table
from reskontra.periods.rules import Period

PERIOD_TABLE = Table(
    "periods",
    "financial_period",
    Period,
    ("period_id",),
    entity="FinancialPeriod",
    written={"description": "right((sent).period_id, 2) || '-' || left((sent).period_id, 4)"},
    moments=("modified_at",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPeriod(Period):
    """A period with its words."""

    description: str


PERIODS = Paged(
    entity="FinancialPeriod",
    found=f"""select {PERIOD_TABLE.select_list}, coalesce(description, '') as description
              from financial_period
             where financial_period.company_id = $1""",
    key=("financial_period.period_id",),
    read=json_record(ListedPeriod),
    sort_key=lambda period: (period.period_id,),
    is_tallied=False,
)
"""Periods by id (`YYYYMM`)."""


async def lock_periods(connection: Connection, company_id: int, period_ids: Sequence[str]) -> None:
    """Wait until nobody posts into these periods or saves drafts there, and block both until the end."""
    await connection.execute(
        "select pg_advisory_xact_lock($1, period_id::integer) from unnest($2::text[]) as period_id",
        company_id,
        sorted(period_ids),
    )


_FLAGS = " || ".join(
    f"""case when {sent}::boolean <> wanted.{flag}
             then jsonb_build_object('{flag}', jsonb_build_array(wanted.{flag}, {sent}::boolean)) else '{{}}' end"""
    for flag, sent in (("active", "$6"), ("closed_in_customer_ledger", "$7"), ("closed_in_general_ledger", "$8"))
)
_REASON = (
    "case when $9::text is null then '{}' else jsonb_build_object('reason', jsonb_build_array(null, $9::text)) end"
)


async def save_periods(
    connection: Connection,
    context: Context,
    period_ids: Sequence[str],
    event: str,
    *,
    active: bool | None = None,
    closed_in_customer_ledger: bool | None = None,
    closed_in_general_ledger: bool | None = None,
    reason: str | None = None,
) -> None:
    """Set the given flags of periods, with a change row for each, which also tells the reason; `event` is a plain
    word."""
    await connection.execute(
        f"""
        with wanted as (
            select period_id, active, closed_in_customer_ledger, closed_in_general_ledger
              from financial_period where company_id = $1 and period_id = any ($5::text[])),
        {change_row("'FinancialPeriod'", event, "wanted.period_id", "wanted", detail=f"{_FLAGS} || {_REASON}")}
        update financial_period
           set active = coalesce($6, active),
               closed_in_customer_ledger = coalesce($7, closed_in_customer_ledger),
               closed_in_general_ledger = coalesce($8, closed_in_general_ledger),
               modified_at = {STAMP}
         where company_id = $1 and financial_period.period_id in (select wanted.period_id from wanted)
        """,
        *parameters(context),
        period_ids,
        active,
        closed_in_customer_ledger,
        closed_in_general_ledger,
        reason,
    )
