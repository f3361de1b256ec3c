"""Opening, closing and reopening a period. The route commits.

Commands that write documents hold the reference data, and with it the periods, until they commit (decision 0016); the
triggers of migrations 0004 and 0010 also hold the period. These actions lock both first, so that they see everything
there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
from reskontra.posting.store.reading import count_unposted
from reskontra.receivables.store.for_closing import Unreleased, count_unreleased, find_unreleased, list_unreleased
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


async def reopen_period(
    connection: Connection, context: Context, period: str, ledger: Ledger, reason: str | None = None
) -> list[str]:
    """Reopen a period and all after it in `ledger`; returns the periods that changed. The log keeps the reason."""
    period_id = parse_period(period, ("period",))
    await lock_reference(connection, context.company_id)
    reference = await remembered.at(connection, context.company_id, None)
    touched = periods_to_reopen(period_id, ledger, reference.periods)
    await _set_closed(connection, context, touched, ledger, closed=False, reason=reason)
    return touched


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in a period: documents that are not released, batches that are not posted."""

    period_id: str
    unreleased: int
    unposted: int


async def find_waiting(connection: Connection, company_id: int) -> list[Waiting]:
    """What waits in each period, by period."""
    reference = await remembered.at(connection, company_id, None)
    return await _waiting_in(connection, company_id, sorted(reference.periods))


async def _waiting_in(connection: Connection, company_id: int, periods: Sequence[str]) -> list[Waiting]:
    unreleased = await count_unreleased(connection, company_id)
    unposted = await count_unposted(connection, company_id)
    return [Waiting(it, unreleased.get(it, 0), unposted.get(it, 0)) for it in periods]


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing a period would close, oldest first, and what stands in the way: the first of its documents."""

    periods: list[Waiting]
    unreleased: list[Unreleased]


async def foresee_closing(
    connection: Connection, company_id: int, period_id: str, ledger: Ledger, at_most: int
) -> Closing:
    """What `close_period` would do. Raises what it raises, but not for documents that are in the way."""
    reference = await remembered.at(connection, company_id, None)
    touched = periods_to_close(period_id, ledger, reference.periods)
    waiting = await _waiting_in(connection, company_id, touched)
    unreleased = await list_unreleased(connection, company_id, touched, at_most) if ledger == Ledger.CUSTOMER else []
    return Closing(waiting, unreleased)


async def _set_closed(
    connection: Connection,
    context: Context,
    touched: list[str],
    ledger: Ledger,
    *,
    closed: bool,
    reason: str | None = None,
) -> None:
    event = "closed" if closed else "reopened"
    if ledger == Ledger.CUSTOMER:
        await save_periods(connection, context, touched, event, closed_in_customer_ledger=closed, reason=reason)
    else:
        await save_periods(connection, context, touched, event, closed_in_general_ledger=closed, reason=reason)
