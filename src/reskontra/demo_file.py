"""The demo's books as a file, so that a fresh sandbox need not make them: `demo.zip`, a backup of what `demo` makes.

`make demo` writes it, and tests/test_demo_file.py compares it with books made anew. A program with another schema than
the file's does not restore it, and makes the demo as it would without a file.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import structlog

from reskontra import __version__
from reskontra.changes.store import number_transactions
from reskontra.clock import SeededClock
from reskontra.config import SetupError
from reskontra.db.archive import Manifest, Reader, Table, read_archive, whose, write_archive
from reskontra.db.backup import back_up
from reskontra.db.migrate import known_migrations, migrate
from reskontra.db.pool import Connection, Database
from reskontra.db.restore import RestoreError, books_in, refill, refill_while_served
from reskontra.demo import Size, load_demo

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

SHIPPED = Path(__file__).with_name("demo.zip")

_MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
_SMALLEST = 9

Books = Mapping[str, Sequence[str]]
"""The rows of each table as COPY writes them, sorted, since PostgreSQL keeps them in any order; and the sequences."""


async def restore_demo(
    connection: Connection, now: datetime, *, step: Callable[[str], None], file: Path | None = None
) -> bool:
    """Restore the demo's books into a database without companies. Returns False, and changes nothing, if it can't.

    `step` is told what is about to take a moment. What is wrong with the file is logged and not raised, since the demo
    can still be made. `file` is the one that ships, by default.
    """
    try:
        if await books_in(connection):
            return False
        with read_archive(file or SHIPPED) as archive:
            if not _has_schema_of_program(archive.manifest):
                log.info("demo not restored", reason="the file has another schema", schema=archive.manifest.schema)
                return False
            step("Restoring the demo company ...")
            await refill(connection, archive, now, replacing=[])  # its books were checked when they were made
            log.info("demo restored", documents=archive.manifest.documents)
    except SetupError as error:
        log.warning("demo not restored", reason=str(error))
        return False
    return True


async def reset_demo(connection: Connection, *, file: Path | None = None) -> None:
    """Make the books those of the demo again, under a server that goes on. Raises `SetupError`, having changed nothing.

    Refused if there are other companies, which would be gone.
    """
    with read_archive(file or SHIPPED) as archive:
        demo, here = archive.manifest.companies, await books_in(connection)
        if here != demo:
            raise RestoreError(f"A reset would lose companies, as there are others than in the demo: {whose(here)}.")
        if not _has_schema_of_program(archive.manifest):
            raise RestoreError("The demo that ships has another schema than this program, so it cannot be restored.")
        await refill_while_served(connection, archive, replacing=demo)


def _has_schema_of_program(manifest: Manifest) -> bool:
    return [it.checksum for it in manifest.migrations] == [it.checksum for it in known_migrations()]


async def write_demo(dsn: str, file: Path = SHIPPED) -> bool:
    """Make the demo in an empty database and write it to `file`. If that holds the same already, returns False.

    The same books are not written twice because their bytes would differ: zip notes the time, and zlib has versions.
    """
    with tempfile.TemporaryDirectory() as folder:
        unsorted = Path(folder) / "demo.zip"
        await _make(dsn, unsorted)
        books = await books_of(unsorted)
        if books == await books_of(file):
            return False
        with read_archive(unsorted) as archive, write_archive(file, compression=_SMALLEST) as writer:
            for table in archive.manifest.tables:
                with writer.table(table.name) as entry:
                    entry.write("".join(books[table.name]).encode())
            writer.finish(archive.manifest)
    os.chmod(file, 0o644)  # backups are for their owner only, this one is for everybody
    return True


async def _make(dsn: str, file: Path) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await migrate(connection, _MADE_AT)
        database = await Database.connect(dsn)
        try:
            await load_demo(database, SeededClock(_MADE_AT), Size.YEAR)
        finally:
            await database.close()
        await number_transactions(connection)
        await back_up(connection, file, _MADE_AT, __version__)
    finally:
        await connection.close()


async def books_of(file: Path) -> Books:
    """The books in a backup; none if there is no file, or none that can be read."""
    try:
        with read_archive(file) as archive:
            rows = {table.name: await _rows(archive, table) for table in archive.manifest.tables}
            columns = [f"{table.name}: {', '.join(table.columns)}" for table in archive.manifest.tables]
            sequences = [f"{name}: {last}" for name, last in archive.manifest.sequences.items()]
            return {**rows, "(columns)": columns, "(sequences)": sequences}
    except SetupError:
        return {}


async def _rows(archive: Reader, table: Table) -> list[str]:
    text = b"".join([piece async for piece in archive.rows(table)]).decode()
    return sorted(f"{row}\n" for row in text.split("\n")[:-1])
