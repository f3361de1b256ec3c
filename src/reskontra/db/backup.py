"""Copies the books into a file, as of one moment, while others write. `archive` knows the form of the file.

Only rows are copied, never code: a restore makes the schema from this program's migrations (decision 0015).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import asyncpg

from reskontra.config import SetupError
from reskontra.db.archive import AppliedMigration, Manifest, Table, Writer, write_archive
from reskontra.db.migrate import MIGRATION_LOCK, Migration, applied_migrations, names_created
from reskontra.db.pool import Connection

PLAIN_TEXT = """
select set_config('datestyle', 'ISO, YMD', false), set_config('intervalstyle', 'postgres', false),
       set_config('timezone', 'UTC', false), set_config('bytea_output', 'hex', false),
       set_config('extra_float_digits', '1', false), set_config('client_encoding', 'UTF8', false),
       set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false),
       set_config('idle_in_transaction_session_timeout', '0', false), set_config('application_name', $1, false)"""
"""Makes COPY write and read the same text on every server, without time limits."""

_COLUMNS = """
select relname as name, array_agg(attname::text order by attnum) as columns
  from pg_class
  join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped and attgenerated = ''
 where relnamespace = current_schema()::regnamespace and relkind = 'r'
 group by relname
 order by relname"""

_SEQUENCES = """
select sequencename as name, last_value
  from pg_sequences
 where schemaname = current_schema()
   and (sequencename = any ($1)
        or exists (select from pg_depend
                     join pg_class on pg_class.oid = refobjid and relname = any ($2)
                    where objid = format('%I.%I', schemaname, sequencename)::regclass and deptype in ('a', 'i')))
 order by sequencename"""


class BackupError(SetupError):
    """The books cannot be copied."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written, its checksum, and the tables that were left out because they are not ours."""

    manifest: Manifest
    checksum: str
    left_out: list[str]


async def back_up(connection: Connection, path: Path, now: datetime, program: str) -> Backup:
    """Write the books to `path`; an existing backup there is replaced once the new one is complete.

    `program` is the version of the program. Raises `BackupError`, `ArchiveError` and `SchemaError`.
    """
    try:
        await connection.fetchrow(PLAIN_TEXT, "reskontra backup")
        # Before the transaction, whose snapshot is that of its first query: nobody can migrate from here on.
        await connection.fetchval("select pg_advisory_lock_shared($1)", MIGRATION_LOCK)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            migrations = await applied_migrations(connection)
            if not migrations:
                raise BackupError("There are no books to back up: this database has none of Reskontra's tables.")
            try:
                return await _copy_all(connection, path, migrations, now, program)
            except asyncio.CancelledError:
                connection.terminate()  # in the middle of a COPY nothing can be rolled back
                raise
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise BackupError(f"The books could not be copied: {error}.") from error


async def _copy_all(
    connection: Connection, path: Path, migrations: tuple[Migration, ...], now: datetime, program: str
) -> Backup:
    ours = names_created("table", migrations)
    found = await connection.fetch(_COLUMNS)
    with write_archive(path) as archive:
        tables = [await _copy(connection, archive, it["name"], it["columns"]) for it in found if it["name"] in ours]
        summary_sql = (files("reskontra.db") / "summary.sql").read_text(encoding="utf-8")
        (summary,) = await connection.fetch(summary_sql)
        sequences = await connection.fetch(_SEQUENCES, list(names_created("sequence", migrations)), list(ours))
        manifest = Manifest(
            program=program,
            postgres=connection.get_server_version().major,
            taken_at=now.isoformat(),
            migrations=[AppliedMigration(it.version, it.name, it.checksum) for it in migrations],
            companies=summary["companies"],
            documents=summary["documents"],
            newest_change=summary["newest_change"],
            tables=tables,
            sequences={it["name"]: it["last_value"] for it in sequences},
        )
        archive.finish(manifest)
    return Backup(manifest, archive.checksum, [it["name"] for it in found if it["name"] not in ours])


async def _copy(connection: Connection, archive: Writer, name: str, columns: list[str]) -> Table:
    with archive.table(name) as entry:

        async def write(data: bytes) -> None:
            entry.write(data)

        status = await connection.copy_from_table(name, columns=columns, output=write, format="text")
    return Table(name, columns, rows=int(status.split()[-1]))
