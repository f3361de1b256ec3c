"""Keeps seeded books between runs and gives each run a fresh copy, in a PostgreSQL of its own that is durable.

A folder `.bench/<size>-<key>` is a data folder like any other; its database `seeded` is never written to again, and
`books` is copied from it at the start of a run. The key names the schema and the seed.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Generator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from bench import seeding
from bench.seeding import Size
from reskontra.db.cluster import OWNER
from reskontra.db.data_folder import EmbeddedError
from reskontra.db.embedded import EmbeddedPostgres, delete_folder
from reskontra.db.selfcheck import Offence, offences
from reskontra.serve import plain_connection

CACHE = Path(__file__).resolve().parent.parent / ".bench"

_SEEDED = "seeded"
_BOOKS = "books"

# What filling books takes, and serving them does not.
_RIGHTS = (
    f"grant set on parameter session_replication_role to {OWNER}",
    f"grant pg_checkpoint to {OWNER}",
)

# One long load: without pauses for checkpoints, and nothing to be gained from autovacuum. Undone when it is done.
_LOADING = (
    "alter system set max_wal_size = '32GB'",
    "alter system set checkpoint_timeout = '1h'",
    "alter system set autovacuum = off",
    "select pg_reload_conf()",
)


@dataclass(frozen=True, slots=True)
class Books:
    """A PostgreSQL that runs, with a copy of the seeded books in it."""

    size: Size
    server: EmbeddedPostgres

    @property
    def dsn(self) -> str:
        return self.server.dsn(_BOOKS)

    def copy_anew(self) -> None:
        """Replace `books` by a fresh copy. Nobody may be connected to it but who can be thrown out."""
        asyncio.run(_copy(self.server))


@contextlib.contextmanager
def opened(size: Size, *, fresh: bool = False, folder: Path = CACHE) -> Generator[Books]:
    """Books of a size, seeded first where they are not kept yet (or `fresh`). PostgreSQL runs while this is open."""
    kept = folder / f"{size.name}-{_key()}"
    if fresh:
        delete_folder(kept)
    if not kept.exists():
        _seed(size, kept)
    with EmbeddedPostgres.start(kept) as server:
        books = Books(size, server)
        books.copy_anew()
        yield books


def self_check(dsn: str) -> list[Offence]:
    """What `reskontra check` finds in a database."""

    async def ask() -> list[Offence]:
        async with plain_connection(dsn) as connection:
            return await offences(connection)

    return asyncio.run(ask())


def _key() -> str:
    """What the seeded books depend on: the schema, whose it is, and how they are filled."""
    digest = hashlib.sha256(f"{seeding.SEED_VERSION} {OWNER}".encode())
    migrations = files("reskontra.db") / "migrations"
    for migration in sorted(migrations.iterdir(), key=lambda file: file.name):
        if migration.name.endswith(".sql"):
            digest.update(migration.read_bytes())
    digest.update(Path(seeding.__file__).read_bytes())
    return digest.hexdigest()[:12]


def _seed(size: Size, kept: Path) -> None:
    """Fill books and prove them; without waiting for the disk, since a folder that is not finished is made again."""
    for outdated in kept.parent.glob(f"{size.name}-*"):
        with contextlib.suppress(EmbeddedError):  # another run may still work on it
            delete_folder(outdated)
    draft = kept.with_name(f"{kept.name}.new")
    draft.parent.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres.start(draft, throw_away=True) as server:
        for statement in (*_RIGHTS, *_LOADING, f"create database {_SEEDED} owner {OWNER}"):
            asyncio.run(_administer(server, statement))
        asyncio.run(seeding.fill(server.dsn(_SEEDED), size))
        broken = self_check(server.dsn(_SEEDED))
        if broken:
            raise RuntimeError(f"the seeded books do not prove themselves: {[offence.name for offence in broken]}")
        asyncio.run(_administer(server, "alter system reset all"))
    os.sync()
    draft.rename(kept)


async def _copy(server: EmbeddedPostgres) -> None:
    await _administer(server, f"drop database if exists {_BOOKS} with (force)")
    await _administer(server, f"create database {_BOOKS} owner {OWNER} template {_SEEDED} strategy file_copy")
    await _administer(server, "checkpoint")


async def _administer(server: EmbeddedPostgres, statement: str) -> None:
    async with plain_connection(server.superuser_dsn("postgres")) as connection:
        await connection.execute(statement)
