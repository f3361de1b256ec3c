"""Brings a database to this program's schema: numbered SQL files, each applied once, in order, never undone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

import asyncpg

from reskontra.config import SetupError
from reskontra.db.pool import Connection
from reskontra.db.statistics import expect_one_company

OLDEST_SERVER = 15

# "resk": one migration at a time per database. A backup shares it, a restore does not.
MIGRATION_LOCK = 0x7265736B

_CREATE_TABLE = """
create table if not exists schema_version (
    version    integer primary key,
    name       text not null,
    checksum   text not null,
    applied_at timestamptz not null
)"""


class SchemaError(SetupError):
    """The database and this program do not fit together."""


class OutdatedError(SchemaError):
    """The database lacks migrations that this program has."""

    def __init__(self, lacking: int, options: str = "") -> None:
        super().__init__(f"The database lacks {lacking} migration(s): run `reskontra migrate{options}` first.")
        self.lacking = lacking


@dataclass(frozen=True, slots=True)
class Migration:
    """One file `NNNN_name.sql`; `checksum` is the SHA-256 of its text in hexadecimal."""

    version: int
    name: str
    sql: str
    checksum: str


@cache
def known_migrations() -> tuple[Migration, ...]:
    """All migrations that ship with this program, in order."""
    folder = files("reskontra.db") / "migrations"
    scripts = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda it: it.name)
    return tuple(read_migration(script.name, script.read_text(encoding="utf-8")) for script in scripts)


def read_migration(name: str, sql: str) -> Migration:
    """A migration from its file name, for example `0001_companies.sql`, and its text."""
    return Migration(int(name.partition("_")[0]), name, sql, hashlib.sha256(sql.encode()).hexdigest())


async def migrate(
    connection: Connection, now: datetime, migrations: Sequence[Migration] | None = None
) -> list[Migration]:
    """Apply what is missing, each file in its own transaction; returns what was applied. Raises `SchemaError`."""
    wanted = known_migrations() if migrations is None else migrations
    await check_server(connection)
    applied = []
    while (migration := await _apply_next(connection, now, wanted)) is not None:
        applied.append(migration)
    if applied:
        await expect_one_company(connection)
    return applied


async def applied_migrations(connection: Connection) -> tuple[Migration, ...]:
    """The migrations that the database has, all of them known here; empty if it has none. Raises `SchemaError`."""
    exists = await connection.fetchval("select to_regclass('schema_version') is not null")
    missing = _missing(known_migrations(), await _recorded(connection) if exists else {})
    return tuple(migration for migration in known_migrations() if migration not in missing)


def names_created(kind: str, migrations: Iterable[Migration]) -> frozenset[str]:
    """The names of the tables (`kind` is `table`; with the runner's own) or sequences that `migrations` create."""
    own = {"schema_version"} if kind == "table" else set()
    return frozenset(own.union(*(re.findall(rf"^create {kind} (\w+)", it.sql, re.MULTILINE) for it in migrations)))


async def check_schema(connection: Connection) -> None:
    """Raise `SchemaError` unless the database has exactly this program's schema. Changes nothing."""
    await check_server(connection)
    lacking = len(known_migrations()) - len(await applied_migrations(connection))
    if lacking:
        raise OutdatedError(lacking)


async def check_server(connection: Connection) -> None:
    """Raise `SchemaError` unless this PostgreSQL is new enough and its encoding is UTF-8."""
    major = connection.get_server_version().major
    if major < OLDEST_SERVER:
        raise SchemaError(f"The database server is PostgreSQL {major}; reskontra needs {OLDEST_SERVER} or newer.")
    encoding = await connection.fetchval("show server_encoding")
    if encoding != "UTF8":
        raise SchemaError(f"The database is encoded in {encoding}; reskontra needs one that was created with UTF8.")


async def _apply_next(connection: Connection, now: datetime, wanted: Sequence[Migration]) -> Migration | None:
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", MIGRATION_LOCK)
        await connection.execute(_CREATE_TABLE)
        missing = _missing(wanted, await _recorded(connection))
        if not missing:
            return None
        migration = missing[0]
        try:
            await connection.execute(migration.sql)
        except asyncpg.PostgresError as error:
            raise SchemaError(f"Migration {migration.name} failed: {_where(error, migration.sql)}.") from error
        await connection.execute(
            "insert into schema_version (version, name, checksum, applied_at) values ($1, $2, $3, $4)",
            migration.version,
            migration.name,
            migration.checksum,
            now,
        )
        return migration


async def _recorded(connection: Connection) -> dict[int, tuple[str, str]]:
    rows = await connection.fetch("select version, name, checksum from schema_version order by version")
    return {row["version"]: (row["name"], row["checksum"]) for row in rows}


def _missing(wanted: Sequence[Migration], recorded: Mapping[int, tuple[str, str]]) -> list[Migration]:
    newest = max((migration.version for migration in wanted), default=0)
    if recorded and max(recorded) > newest:
        raise SchemaError(
            f"The database is at schema version {max(recorded)}, this program knows up to {newest}: "
            "run a newer reskontra."
        )
    for migration in wanted:
        name, checksum = recorded.get(migration.version, (migration.name, migration.checksum))
        if checksum != migration.checksum:
            raise SchemaError(
                f"Migration {name} was applied with another text than {migration.name} has now: "
                "this database belongs to another build of reskontra."
            )
    return [migration for migration in wanted if migration.version not in recorded]


def _where(error: asyncpg.PostgresError, sql: str) -> str:
    position = getattr(error, "position", None)
    text = str(error).rstrip(".")
    return f"{text} (line {sql.count(chr(10), 0, int(position) - 1) + 1})" if position else text
