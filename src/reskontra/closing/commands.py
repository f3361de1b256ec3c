"""Opening, closing and reopening a period. The route commits.

Commands that write documents hold the reference data, and with it the periods, until they commit (decision 0016); the
triggers of migrations 0004 and 0010 also hold the period. These actions lock both first, so that they see everything
there is.
"""

from __future__ import annotations

from reskontra.changes.commands import lock_reference
from reskontra.clock import Context
from reskontra.closing.rules import (
    Ledger,
    Unfinished,
    check_finished,
    periods_to_close,
    periods_to_open,
    periods_to_reopen,
)
from reskontra.db.pool import Connection
from reskontra.periods.rules import parse_period
from reskontra.periods.store import lock_periods, save_periods
from reskontra.receivables.store.for_closing import find_unreleased
from reskontra.reference.store import remembered


async def open_period(connection: Connection, context: Context, period: str) -> list[str]:
    """Let an inactive period take postings; returns the periods that changed."""
    period_id = parse_period(period, ("period",))
    await lock_reference(connection, context.company_id)
    reference = await remembered.at(connection, context.company_id, None)
    touched = periods_to_open(period_id, reference.periods)
    await save_periods(connection, context, touched, "opened", active=True)
    return touched


async def close_period(connection: Connection, context: Context, period: str, ledger: Ledger) -> list[str]:
    """Close a period and all before it in `ledger` (PER-06); returns the periods that changed."""
    period_id = parse_period(period, ("period",))
    await lock_reference(connection, context.company_id)
    reference = await remembered.at(connection, context.company_id, None)
    touched = periods_to_close(period_id, ledger, reference.periods)
    await lock_periods(connection, context.company_id, touched)
    if ledger == Ledger.CUSTOMER:
        found = await find_unreleased(connection, context.company_id, touched)
        check_finished([Unfinished(*names) for names in found])
    await _set_closed(connection, context, touched, ledger, closed=True)
    return touched


async def reopen_period(connection: Connection, context: Context, period: str, ledger: Ledger) -> list[str]:
    """Reopen a period and all after it in `ledger`; returns the periods that changed."""
    period_id = parse_period(period, ("period",))
    await lock_reference(connection, context.company_id)
    reference = await remembered.at(connection, context.company_id, None)
    touched = periods_to_reopen(period_id, ledger, reference.periods)
    await _set_closed(connection, context, touched, ledger, closed=False)
    return touched


async def _set_closed(
    connection: Connection, context: Context, touched: list[str], ledger: Ledger, *, closed: bool
) -> None:
    event = "closed" if closed else "reopened"
    if ledger == Ledger.CUSTOMER:
        await save_periods(connection, context, touched, event, closed_in_customer_ledger=closed)
    else:
        await save_periods(connection, context, touched, event, closed_in_general_ledger=closed)
