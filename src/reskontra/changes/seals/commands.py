"""Sealing the log of changes: by itself every minute, or when it is asked for (decision 0035)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from reskontra.changes.seals import store
from reskontra.clock import Clock, Context
from reskontra.db.pool import Connection, Database
from reskontra.errors import Unavailable

_PAUSE_SECONDS = 60
_CHANGES_MAX = 10_000
"""Changes under one seal, apart from those of the same moment: enough for few seals, few enough to add up at once."""

_MARGIN = timedelta(minutes=1)
"""What is younger is not sealed by itself yet: a machine's clock may be set back by a little."""

_log = structlog.stdlib.get_logger(__name__)


async def seal(connection: Connection, context: Context) -> None:
    """Seal all changes of a company up to now that nobody can precede any more."""
    horizon = await store.find_horizon(connection, context.company_id)
    before = horizon or context.now + timedelta(milliseconds=1)
    await _seal_until(connection, context.company_id, context.now, before)


async def keep_sealing(database: Database, clock: Clock) -> None:
    """Seal the changes of all companies every minute, until it is cancelled."""
    while True:
        await asyncio.sleep(_PAUSE_SECONDS)
        try:
            await seal_all(database, clock)
        except Unavailable as refusal:
            _log.warning("changes are not sealed", says=refusal.reason)
        except Exception:
            _log.exception("changes could not be sealed")


async def seal_all(database: Database, clock: Clock) -> None:
    """Seal what is older than a minute, company by company. Does nothing where the clock does not run."""
    async with database.connection() as connection:
        waiting = await store.find_unsealed(connection)
        for company_id in waiting:
            horizon = await store.find_horizon(connection, company_id)
            if horizon is None:
                return
            await _seal_until(connection, company_id, clock.now(), horizon - _MARGIN)


async def _seal_until(connection: Connection, company_id: int, now: datetime, before: datetime) -> None:
    while await store.make_seal(connection, company_id, now, before=before, most=_CHANGES_MAX):
        pass
