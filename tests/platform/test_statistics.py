"""Statements are planned once, maybe while a table is empty: even then each finds a row by its key."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from reskontra.db.pool import Connection, Database
from reskontra.db.statistics import filled_tables
from reskontra.statements import for_psql, statements

_WALK = re.compile(
    r"using (?P<index>\w+) on \w+[^\n]*\n"
    r"\s+Index Cond: \(company_id = [^\n]*\)\n"
    r"\s+Filter: (?P<filter>[^\n]*\b\w+_id = (?!ANY|\(hashed)[^\n]*)"
)
"""All that a company has in an index is looked through for an id."""

_SHORT = {"application_one_proposal"}
"""Indexes of what never is much: the proposals of credit notes that wait for release."""


async def plan_of(connection: Connection, name: str) -> str:
    prepared = for_psql(name).partition(" as\n")[0].removeprefix("prepare ")
    await connection.execute(f"prepare {prepared} as {statements()[name]}")
    count = await connection.fetchval(
        "select cardinality(parameter_types) from pg_prepared_statements where name = $1", prepared
    )
    values = f"({', '.join(['null'] * count)})" if count else ""
    rows = await connection.fetch(f"explain execute {prepared} {values}")
    await connection.execute(f"deallocate {prepared}")
    return "\n".join(row[0] for row in rows)


async def test_no_statement_walks_through_a_company_for_one_row(fresh_dsn: Callable[[], Awaitable[str]]) -> None:
    database = await Database.connect(await fresh_dsn())
    async with database.connection() as connection:
        found = [
            (name, walk["index"], walk["filter"])
            for name in statements()
            for walk in _WALK.finditer(await plan_of(connection, name))
            if " AND " not in walk[0].partition("Filter:")[0]
            and walk["index"] not in _SHORT
            and "hashed SubPlan" not in walk["filter"]
        ]
    await database.close()
    assert found == []


async def test_only_what_holds_something_is_analyzed(fresh_dsn: Callable[[], Awaitable[str]]) -> None:
    database = await Database.connect(await fresh_dsn())
    async with database.connection() as connection:
        filled = (await filled_tables(connection)).split(", ")
    await database.close()
    assert "public.schema_version" in filled
    assert "public.application" not in filled
