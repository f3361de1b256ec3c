"""Asks the books whether they still prove themselves: runs the named queries of `selfcheck.sql`. Repairs nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import asyncpg

from reskontra.db.pool import Connection

# `-- name: <id> <sentence>`
_HEADING = re.compile(r"^-- name: (\S+) (.+)$", re.MULTILINE)
# What stands before the first of them: views, for who runs the file in psql.
_VIEW = re.compile(r"^create temporary view (\w+) as\n(.+?);$", re.MULTILINE | re.DOTALL)


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
    return read_checks(_text())


def views() -> dict[str, str]:
    """The views before the first check: name -> query."""
    return _views(_HEADING.split(_text())[0])


def read_checks(text: str) -> tuple[Check, ...]:
    """The checks of a file of queries, each under a line `-- name: <id> <sentence>`. Raises `ValueError`.

    A view that a check names becomes a part of its statement: a transaction that only reads can make none.
    """
    preface, *pieces = _HEADING.split(text)
    known = _views(preface)
    checks = tuple(
        Check(name, sentence.strip(), _with_views(sql.strip(), known))
        for name, sentence, sql in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)
    )
    names = [check.name for check in checks]
    if len(set(names)) != len(names):
        raise ValueError(f"two checks have the same name: {sorted(names)}")
    return checks


def _text() -> str:
    return (files("reskontra.db") / "selfcheck.sql").read_text(encoding="utf-8")


def _views(preface: str) -> dict[str, str]:
    return dict(_VIEW.findall(preface))


def _with_views(sql: str, known: Mapping[str, str]) -> str:
    named = [f"{view} as (\n{query})" for view, query in known.items() if re.search(rf"\b{view}\b", sql)]
    if not named:
        return sql
    own = re.match(r"with\s+", sql)
    return f"with {', '.join(named)}{', ' + sql[own.end() :] if own else chr(10) + sql}"


async def offences(connection: Connection) -> list[Offence]:
    """Every check that does not hold, all seen as of one moment. Changes nothing."""
    if connection.is_in_transaction():
        return await _run_checks(connection)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await _run_checks(connection)


async def _run_checks(connection: Connection) -> list[Offence]:
    answers = [(check, await connection.fetch(check.sql)) for check in known_checks()]
    return [Offence(check.name, check.sentence, rows) for check, rows in answers if rows]
