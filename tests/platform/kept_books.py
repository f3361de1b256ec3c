"""Backups that older programs made: restored and brought up to date, for tests that work in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from reskontra.db.archive import read_archive
from reskontra.db.migrate import known_migrations
from reskontra.db.restore import restore
from tests.conftest import assert_books_prove_themselves

KEPT = Path(__file__).parent / "kept"
NOW = datetime(2027, 1, 15, tzinfo=UTC)  # later than the books were kept


@asynccontextmanager
async def brought_up_to_date(name: str, databases: Any, dsn_of: Callable[[str], str]) -> AsyncIterator[str]:
    """The URL of the books of `kept/<name>-books.zip`. They must prove themselves before and after the test."""
    database = await databases.create_empty()
    connection = await asyncpg.connect(dsn_of(database))
    try:
        with read_archive(KEPT / f"{name}-books.zip") as archive:
            known = archive.manifest.schema
            done = await restore(connection, archive, NOW, replacing=[])
    finally:
        await connection.close()
    assert [it.version for it in done.applied] == [it.version for it in known_migrations() if it.version > known]
    assert done.offences == []
    yield dsn_of(database)
    await assert_books_prove_themselves(dsn_of(database))
    await databases.drop(database)
