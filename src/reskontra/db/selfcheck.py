"""Runs the named queries of `selfcheck.sql` and reports the invariants that do not hold. Repairs nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
