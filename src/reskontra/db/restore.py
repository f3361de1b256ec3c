"""Restores the books from a backup, in one transaction: all or nothing. `archive` knows the form of the file.

The migrations that the backup names make the schema, the rows are copied in, and the missing migrations follow.
Whatever interrupts this, the database still holds what it held before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from reskontra.config import SetupError
from reskontra.db.archive import ArchiveError, Manifest, Reader, whose
from reskontra.db.backup import PLAIN_TEXT
from reskontra.db.migrate import (
    MIGRATION_LOCK,
    Migration,
    applied_migrations,
    check_server,
    known_migrations,
    migrate,
    names_created,
)
from reskontra.db.pool import Connection
from reskontra.db.selfcheck import Offence, offences
from reskontra.db.statistics import filled_tables

_RELATIONS = """
select relname as name from pg_class
 where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
 order by relname"""

_COMPANIES = "select code from company order by company_id"

_SERVING = """
select pid from pg_stat_activity where datname = current_database()
   and (application_name = 'reskontra' or application_name like 'reskontra http%') limit 1"""

_TAKE_TURN = "select pg_try_advisory_xact_lock($1)"
_AT_WORK = "Another command of reskontra is at work on this database: try again when it is done."
_RESET_LOCK_SECONDS = 10

# What migrations make, in an order in which it can be dropped. Functions that belong to an extension stay.
_OURS = """
select format('drop table %s cascade', string_agg(format('%I', relname), ', '))
  from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r' having count(*) > 0
union all
select format('drop sequence %I', relname)
  from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'S'
   and not exists (select from pg_depend where objid = pg_class.oid and deptype in ('a', 'i'))
union all
select format('drop function %s cascade', pg_proc.oid::regprocedure)
  from pg_proc where pronamespace = current_schema()::regnamespace
   and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')"""

# Foreign keys, and indexes that are not constraints: making them after the rows are in costs a fraction.
_FOREIGN_KEYS = """
select format('alter table %s drop constraint %I', conrelid::regclass, conname) as take_off,
       format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as put_back
  from pg_constraint
 where connamespace = current_schema()::regnamespace and contype = 'f'"""
_INDEXES = """
select format('drop index %s', indexrelid::regclass) as take_off, pg_get_indexdef(indexrelid) as put_back
  from pg_index
  join pg_class on pg_class.oid = indrelid and relnamespace = current_schema()::regnamespace
 where not exists (select from pg_constraint where conindid = indexrelid)"""


class RestoreError(SetupError):
    """The backup cannot be restored here; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done: the migrations that the backup lacked, and what the self-check then found."""

    applied: list[Migration]
    offences: list[Offence]


async def books_in(connection: Connection) -> list[str]:
    """The codes of the companies in the target. Raises `RestoreError` and `SchemaError` if its tables are not ours."""
    await check_server(connection)
    standing = {row["name"] for row in await connection.fetch(_RELATIONS)}
    foreign = sorted(standing - names_created("table", known_migrations()))
    if foreign or (standing and "schema_version" not in standing):
        raise RestoreError(
            f"The database holds tables that are not Reskontra's ({', '.join(foreign or sorted(standing))}): "
            "restore into a database of its own."
        )
    if not await applied_migrations(connection):
        return []
    return [row["code"] for row in await connection.fetch(_COMPANIES)]


async def books_to_replace(connection: Connection, *, replacing: bool) -> list[str]:
    """The companies that a restore would delete. Raises `RestoreError` if there are any, unless `replacing`."""
    old = await books_in(connection)
    if old and not replacing:
        raise RestoreError(
            f"There are books already ({whose(old)}): restore into an empty database, or give --replace, which "
            "deletes them."
        )
    return old


async def restore(connection: Connection, archive: Reader, now: datetime, *, replacing: Sequence[str]) -> Restored:
    """`refill` the database, and check the books that it holds then."""
    applied = await refill(connection, archive, now, replacing=replacing)
    return Restored(applied, await offences(connection))


async def refill(
    connection: Connection, archive: Reader, now: datetime, *, replacing: Sequence[str]
) -> list[Migration]:
    """Replace what the database holds, which must be the companies `replacing`, by the books of `archive`.

    Returns the migrations that they needed. Raises `RestoreError`, `ArchiveError` and `SchemaError`, having changed
    nothing.
    """
    migrations = migrations_of(archive.manifest)
    try:
        await connection.fetchrow(PLAIN_TEXT, "reskontra restore")
        async with connection.transaction():
            await _check_alone(connection)
            if await books_in(connection) != list(replacing):
                raise RestoreError("The database was changed meanwhile; nothing was restored.")
            await _run(connection, [row[0] for row in await connection.fetch(_OURS)])
            await migrate(connection, now, migrations)
            await _fill(connection, archive)
            applied = await migrate(connection, now)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError, OSError) as error:
        raise RestoreError(f"The books could not be restored, and nothing was changed: {error}.") from error
    # Statements are planned only once, so the statistics must know the new rows first.
    await connection.execute(f"analyze {await filled_tables(connection)}")
    return applied


async def refill_while_served(connection: Connection, archive: Reader, *, replacing: Sequence[str]) -> None:
    """`refill` a database that has the schema of the archive, under a server that goes on: its requests wait meanwhile.

    Raises `RestoreError` and `ArchiveError`, having changed nothing.
    """
    try:
        await connection.fetchrow(PLAIN_TEXT, "reskontra reset")
        await connection.execute(f"set lock_timeout = '{_RESET_LOCK_SECONDS}s'")  # for requests that are under way
        async with connection.transaction():
            if not await connection.fetchval(_TAKE_TURN, MIGRATION_LOCK):
                raise RestoreError(_AT_WORK)
            if await books_in(connection) != list(replacing):
                raise RestoreError("The database was changed meanwhile; nothing was restored.")
            await _fill(connection, archive)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError, OSError) as error:
        raise RestoreError(f"The books could not be restored, and nothing was changed: {error}.") from error
    await connection.execute(f"analyze {await filled_tables(connection)}")


def migrations_of(manifest: Manifest) -> list[Migration]:
    """The migrations that make the schema of a backup. Raises `ArchiveError` if this program does not have them."""
    known = {migration.version: migration for migration in known_migrations()}
    if manifest.schema > max(known):
        raise ArchiveError(
            f"The backup has schema version {manifest.schema}, this program knows up to {max(known)}: "
            "restore it with a newer reskontra."
        )
    wanted = []
    for applied in manifest.migrations:
        migration = known.get(applied.version)
        if migration is None or migration.checksum != applied.checksum:
            raise ArchiveError(f"The backup was made by another build of reskontra: {applied.name} differs.")
        wanted.append(migration)
    return wanted


async def _check_alone(connection: Connection) -> None:
    if not await connection.fetchval(_TAKE_TURN, MIGRATION_LOCK):
        raise RestoreError(_AT_WORK)
    if await connection.fetchval(_SERVING) is not None:
        raise RestoreError("A reskontra is serving this database: stop it first.")


async def _fill(connection: Connection, archive: Reader) -> None:
    tables = archive.manifest.tables
    here = {row["name"] for row in await connection.fetch(_RELATIONS)}
    if {table.name for table in tables} != here:
        raise ArchiveError("The backup does not have the tables of its schema: it was made by another program.")
    taken_off = [*await connection.fetch(_FOREIGN_KEYS), *await connection.fetch(_INDEXES)]
    await _run(connection, [it["take_off"] for it in taken_off])
    # The rows were checked when they were written, and already contain what triggers do for new rows.
    await _run(connection, [f'alter table "{table}" disable trigger user' for table in here])
    # Migrations fill tables too, and the backup has those rows.
    await connection.execute(f"truncate {', '.join(sorted(here))}")
    for table in tables:
        status = await connection.copy_to_table(
            table.name, columns=table.columns, source=archive.rows(table), format="text"
        )
        if int(status.split()[-1]) != table.rows:
            raise ArchiveError(f"The backup does not hold the {table.rows} rows of {table.name} that it announces.")
    await _run(connection, [f'alter table "{table}" enable trigger user' for table in here])
    # Foreign keys last: checking them needs the indexes.
    await _run(connection, [it["put_back"] for it in reversed(taken_off)])
    for sequence, value in archive.manifest.sequences.items():
        if value is not None:
            await connection.fetchval("select setval(format('%I', $1::text)::regclass, $2)", sequence, value)


async def _run(connection: Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        await connection.execute(statement)
