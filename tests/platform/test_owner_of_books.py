"""Our own PostgreSQL is used as an ordinary role that owns the books, also in folders that older programs made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from reskontra.db.archive import read_archive
from reskontra.db.backup import back_up
from reskontra.db.cluster import OWNER, SUPERUSER
from reskontra.db.embedded import EmbeddedPostgres, running_dsn
from reskontra.db.migrate import applied_migrations, known_migrations, migrate
from reskontra.db.restore import books_to_replace, restore
from reskontra.db.selfcheck import offences
from tests.conftest import NOW, make_books

pytestmark = pytest.mark.sampled(0.5)

Work = Callable[[Any], Awaitable[Any]]


def do(dsn: str, work: Work) -> Any:
    async def done() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(done())


RIGHTS = "select rolname, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles"
OWNERS = """
select distinct pg_get_userbyid(owner) from (
    select relowner as owner from pg_class where relnamespace = 'public'::regnamespace
    union all select proowner from pg_proc where pronamespace = 'public'::regnamespace
    union all select datdba from pg_database where datname = current_database()) as owned"""


def test_a_new_folder_is_used_without_any_right_but_to_its_books(tmp_path: Path) -> None:
    with EmbeddedPostgres.start(tmp_path / "books", throw_away=True) as server:
        rights = do(server.dsn(), lambda it: it.fetchrow(f"{RIGHTS} where rolname = current_user"))
        assert tuple(rights) == (OWNER, False, False, False, False, False)
        do(server.dsn(), lambda it: migrate(it, NOW))
        assert do(server.dsn(), lambda it: it.fetch(OWNERS)) == [(OWNER,)]
        for statement in (
            "copy (select 1) to program 'true'",
            "select pg_read_file('/etc/passwd')",
            "create database other",
            "create role other",
            "alter system set jit = on",
            f"set role {SUPERUSER}",
            "set session_replication_role = replica",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                do(server.dsn(), partial(asyncpg.Connection.execute, query=statement))


@pytest.fixture
def old_folder(tmp_path: Path) -> Path:
    """A folder with books as programs made it that served as superuser."""
    folder = tmp_path / "books"
    with EmbeddedPostgres.start(folder) as server:
        superuser = server.superuser_dsn()
        do(superuser, lambda it: it.execute(f"alter database reskontra owner to {SUPERUSER}"))
        do(superuser, lambda it: it.execute(f"drop role {OWNER}"))
        asyncio.run(make_books(superuser))
        assert do(superuser, lambda it: it.fetch(OWNERS)) == [(SUPERUSER,)]
    forget_owner(folder)
    return folder


def forget_owner(folder: Path) -> None:
    marker = folder / "reskontra.json"
    said = json.loads(marker.read_text())
    marker.write_text(json.dumps({"format": said["format"], "postgres": said["postgres"]}))


def test_books_of_an_older_program_are_given_to_their_owner(old_folder: Path, tmp_path: Path) -> None:
    for _ in range(2):  # the second time as after a kill before the folder could say that it was done
        with EmbeddedPostgres.start(old_folder) as server:
            assert do(server.dsn(), lambda it: it.fetch(OWNERS)) == [(OWNER,)]
            assert do(server.dsn(), offences) == []
        assert json.loads((old_folder / "reskontra.json").read_text())["owner"] == OWNER
        forget_owner(old_folder)
    with EmbeddedPostgres.start(old_folder) as server:
        made = do(server.dsn(), lambda it: back_up(it, tmp_path / "books.zip", NOW, "test"))
        assert made.left_out == []
        assert do(server.dsn(), lambda it: restored(it, tmp_path / "books.zip")) == []
        assert do(server.dsn(), applied_migrations) == known_migrations()
        assert do(server.dsn(), lambda it: it.fetch(OWNERS)) == [(OWNER,)]


async def restored(connection: asyncpg.Connection[Any], file: Path) -> list[Any]:
    with read_archive(file) as archive:
        old = await books_to_replace(connection, replacing=True)
        assert old
        return (await restore(connection, archive, NOW, replacing=old)).offences


def test_a_server_of_an_older_program_is_found_as_it_runs(old_folder: Path) -> None:
    with EmbeddedPostgres.start(old_folder):
        forget_owner(old_folder)
        dsn = running_dsn(old_folder)
        assert dsn is not None
        assert do(dsn, lambda it: it.fetchval("select current_user")) == SUPERUSER
