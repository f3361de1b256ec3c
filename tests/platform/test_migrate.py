"""The migration runner: each file once, in order, whole or not at all. The schema is tested by what uses it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from reskontra.db.cluster import find_binaries
from reskontra.db.embedded import EmbeddedPostgres
from reskontra.db.migrate import SchemaError, check_schema, known_migrations, migrate, read_migration
from reskontra.db.pool import Connection
from reskontra.db.selfcheck import offences

NOW = datetime(2026, 1, 15, tzinfo=UTC)
FIRST = read_migration("0001_first.sql", "create table a (n int);\ninsert into a values (1);\n")
SECOND = read_migration("0002_second.sql", "insert into a values (2);")
BROKEN = read_migration("0002_second.sql", "insert into a values (2);\n\nselect nonsense;\n")
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
async def empty_dsn(databases: Any) -> AsyncIterator[str]:
    name = await databases.create_empty()
    yield databases.dsn_of(name)
    await databases.drop(name)


@pytest.fixture
async def empty(empty_dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(empty_dsn)
    yield connection
    await connection.close()


async def test_files_are_applied_in_order_and_once(empty: Connection) -> None:
    assert await migrate(empty, NOW, [FIRST]) == [FIRST]
    assert await migrate(empty, NOW, [FIRST, SECOND]) == [SECOND]
    assert await migrate(empty, NOW, [FIRST, SECOND]) == []
    assert [row["n"] for row in await empty.fetch("select n from a order by n")] == [1, 2]
    recorded = await empty.fetch("select version, name, applied_at from schema_version order by version")
    assert [tuple(row) for row in recorded] == [(1, "0001_first.sql", NOW), (2, "0002_second.sql", NOW)]


async def test_a_failing_file_leaves_nothing_and_names_its_line(empty: Connection) -> None:
    with pytest.raises(SchemaError, match=r'0002_second.sql failed: column "nonsense" does not exist \(line 3\)\.'):
        await migrate(empty, NOW, [FIRST, BROKEN])
    assert await empty.fetchval("select count(*) from a") == 1
    assert await migrate(empty, NOW, [FIRST, SECOND]) == [SECOND]


async def test_a_newer_database_is_refused(empty: Connection) -> None:
    await migrate(empty, NOW, [FIRST, SECOND])
    with pytest.raises(SchemaError, match="at schema version 2, this program knows up to 1"):
        await migrate(empty, NOW, [FIRST])


async def test_a_file_that_was_changed_afterwards_is_refused(empty: Connection) -> None:
    await migrate(empty, NOW, [FIRST, SECOND])
    with pytest.raises(SchemaError, match="0002_second.sql was applied with another text"):
        await migrate(empty, NOW, [FIRST, BROKEN])


async def test_two_programs_at_once_apply_each_file_once(empty_dsn: str) -> None:
    connections = await asyncio.gather(*(asyncpg.connect(empty_dsn) for _ in range(4)))
    try:
        applied = await asyncio.gather(*(migrate(connection, NOW, [FIRST, SECOND]) for connection in connections))
        assert sorted(migration.version for each in applied for migration in each) == [1, 2]
    finally:
        for connection in connections:
            await connection.close()


async def test_the_schema_is_checked_without_changing_anything(empty: Connection) -> None:
    with pytest.raises(SchemaError, match=r"lacks \d+ migration\(s\): run `reskontra migrate` first"):
        await check_schema(empty)
    assert await empty.fetchval("select to_regclass('schema_version')") is None
    await migrate(empty, NOW)
    await check_schema(empty)


def test_the_files_of_this_program_are_in_the_order_of_their_numbers() -> None:
    versions = [migration.version for migration in known_migrations()]
    assert versions[0] == 1
    assert versions == sorted(set(versions))


async def test_another_encoding_is_refused(databases: Any) -> None:
    await databases.administer("create database latin template template0 encoding 'LATIN1' locale 'C'")
    connection = await asyncpg.connect(databases.dsn_of("latin"))
    try:
        with pytest.raises(SchemaError, match="encoded in LATIN1"):
            await migrate(connection, NOW)
    finally:
        await connection.close()
        await databases.drop("latin")


@pytest.mark.skipif(not DEBIAN_15.exists(), reason=f"PostgreSQL 15 is not installed in {DEBIAN_15}")
async def test_schema_and_self_check_on_postgresql_15(tmp_path: Path) -> None:
    server = EmbeddedPostgres.start(tmp_path / "data", throw_away=True, binaries=find_binaries(DEBIAN_15))
    try:
        connection = await asyncpg.connect(server.dsn())
        await migrate(connection, NOW)
        assert await offences(connection) == []
        await connection.close()
    finally:
        server.stop()
