"""Runs the named queries of `selfcheck.sql` and reports the invariants that do not hold. Repairs nothing.

What an operator had checked is kept, so that others see when that was and what it found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

import asyncpg

from reskontra.db.pool import Connection

# `-- name: <id> <sentence>`
_HEADING = re.compile(r"^-- name: (\S+) (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: `sql` returns the rows that break it."""

    name: str
    sentence: str
    sql: str


@dataclass(frozen=True, slots=True)
class Offence:
    """An invariant that does not hold, with the rows that show it."""

    name: str
    sentence: str
    rows: list[asyncpg.Record]


@cache
def known_checks() -> tuple[Check, ...]:
    """All checks, in the order of the file."""
    return read_checks((files("reskontra.db") / "selfcheck.sql").read_text(encoding="utf-8"))


def read_checks(text: str) -> tuple[Check, ...]:
    """The checks of a file of queries, each under a line `-- name: <id> <sentence>`. Raises `ValueError`."""
    _, *pieces = _HEADING.split(text)
    checks = tuple(
        Check(name, sentence.strip(), sql.strip())
        for name, sentence, sql in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)
    )
    names = [check.name for check in checks]
    if len(set(names)) != len(names):
        raise ValueError(f"two checks have the same name: {sorted(names)}")
    return checks


async def offences(connection: Connection) -> list[Offence]:
    """Every check that does not hold, all as of the same moment. Changes nothing."""
    if connection.is_in_transaction():
        return await _run_checks(connection)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await _run_checks(connection)


async def _run_checks(connection: Connection) -> list[Offence]:
    answers = [(check, await connection.fetch(check.sql)) for check in known_checks()]
    return [Offence(check.name, check.sentence, rows) for check, rows in answers if rows]


@dataclass(frozen=True, slots=True)
class LastCheck:
    """When the books were checked the last time, how many checks there were, and the names of those that failed."""

    checked_at: datetime
    checks: int
    failed: tuple[str, ...]

    @property
    def held(self) -> int:
        """How many held."""
        return self.checks - len(self.failed)


async def keep(connection: Connection, found: Sequence[Offence], now: datetime) -> None:
    """Remember what a self-check found, in place of what an earlier one did."""
    await connection.execute(
        """insert into self_check (checked_at, checks, failed) values ($1, $2, $3)
           on conflict (only_one) do update
              set checked_at = excluded.checked_at, checks = excluded.checks, failed = excluded.failed""",
        now,
        len(known_checks()),
        [offence.name for offence in found],
    )


async def last_check(connection: Connection) -> LastCheck | None:
    """What the last self-check found; None if nobody had one made."""
    row = await connection.fetchrow("select checked_at, checks, failed from self_check")
    return None if row is None else LastCheck(row["checked_at"], row["checks"], tuple(row["failed"]))
