"""The embedded PostgreSQL on data folders as people leave them: new, kept, foreign, broken, in use, orphaned."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from reskontra.db.cluster import find_binaries
from reskontra.db.data_folder import EmbeddedError
from reskontra.db.embedded import EmbeddedPostgres, delete_folder, running_dsn
from reskontra.db.unprivileged import NOBODY, ROOT, account_for
from tests.platform.processes import is_running

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
only_root = pytest.mark.skipif(os.geteuid() != ROOT, reason="tests how root steps down; this is an ordinary user")


def ask(dsn: str, query: str) -> object:
    async def fetch() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(fetch())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_a_new_folder_is_made_and_kept(folder: Path) -> None:
    with EmbeddedPostgres.start(folder) as server:
        ask(server.dsn(), "create table kept as select 42 as answer")
        assert ask(server.dsn(), "show fsync") == "on"
        assert ask(server.dsn(), "show listen_addresses") == ""
        pid = server.pid
    assert not is_running(pid)
    assert not (folder / "cluster" / "postmaster.pid").exists()
    begin = time.monotonic()
    with EmbeddedPostgres.start(folder) as server:
        assert time.monotonic() - begin < 3
        assert ask(server.dsn(), "select answer from kept") == 42


def test_text_is_utf8_in_the_order_of_its_code_points(folder: Path) -> None:
    with EmbeddedPostgres.start(folder, throw_away=True) as server:
        assert ask(server.dsn(), "show server_encoding") == "UTF8"
        assert ask(server.dsn(), "select string_agg(t, '' order by t) from unnest('{b,ø,B,a,å}'::text[]) t") == "Babåø"
        if find_binaries().major >= 17:
            assert ask(server.dsn(), "select lower('ØRN')") == "ørn"


def test_a_throw_away_folder_is_gone_afterwards() -> None:
    with EmbeddedPostgres.start_throw_away() as server:
        assert ask(server.dsn(), "show fsync") == "off"
        folder = server.folder
    assert not folder.exists()


def test_blanks_and_letters_in_the_path(tmp_path: Path) -> None:
    with EmbeddedPostgres.start(tmp_path / "min mappe" / "blå 'bok'", throw_away=True) as server:
        assert ask(server.dsn(), "select 1") == 1


def test_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    with EmbeddedPostgres.start(tmp_path / ("long" * 20) / ("longer" * 20), throw_away=True) as server:
        assert ask(server.dsn(), "select 1") == 1


def test_a_second_server_on_the_folder_is_refused(folder: Path) -> None:
    with EmbeddedPostgres.start(folder, throw_away=True) as server:
        with pytest.raises(EmbeddedError, match="Another reskontra is running on the data folder"):
            EmbeddedPostgres.start(folder)
        with pytest.raises(EmbeddedError, match="Another reskontra is running"):
            delete_folder(folder)
        assert running_dsn(folder) == server.dsn()
        assert ask(server.dsn(), "select 1") == 1
    assert running_dsn(folder) is None


@pytest.mark.parametrize("name", ["letter.txt", "PG_VERSION"])
def test_a_foreign_folder_is_refused_and_left_alone(folder: Path, name: str) -> None:
    folder.mkdir()
    (folder / name).write_text("mine")
    for attempt in (EmbeddedPostgres.start, delete_folder):
        with pytest.raises(EmbeddedError, match="not a reskontra data folder"):
            attempt(folder)
    assert running_dsn(folder) is None
    assert [(entry.name, entry.read_text()) for entry in folder.iterdir()] == [(name, "mine")]


def test_a_file_in_place_of_the_folder_is_refused(folder: Path) -> None:
    folder.write_text("mine")
    with pytest.raises(EmbeddedError, match="cannot be used"):
        EmbeddedPostgres.start(folder)


@pytest.mark.parametrize("lost", ["global/pg_control", "PG_VERSION", "."])
def test_a_broken_folder_says_what_to_do(folder: Path, lost: str) -> None:
    EmbeddedPostgres.start(folder, throw_away=True).stop()
    target = folder / "cluster" / lost
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    with pytest.raises(EmbeddedError, match="is damaged .* restore .* or start over with --fresh"):
        EmbeddedPostgres.start(folder)


def test_a_folder_that_postgres_refuses_gives_its_reason(folder: Path) -> None:
    EmbeddedPostgres.start(folder, throw_away=True).stop()
    (folder / "cluster" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedError, match="did not start .*configuration file .* contains errors .*postgres.log"):
        EmbeddedPostgres.start(folder)


def test_a_marker_that_cannot_be_read(folder: Path) -> None:
    folder.mkdir()
    (folder / "reskontra.json").write_text("{")
    with pytest.raises(EmbeddedError, match=r"reskontra\.json cannot be read"):
        EmbeddedPostgres.start(folder)


def test_an_initialisation_that_never_finished_is_mended(folder: Path) -> None:
    (folder / "cluster.new" / "base").mkdir(parents=True)
    (folder / "cluster.new" / "PG_VERSION").write_text("18\n")
    (folder / "reskontra.json").write_text(json.dumps({"format": 1, "postgres": None}))
    with EmbeddedPostgres.start(folder, throw_away=True) as server:
        assert ask(server.dsn(), "select 1") == 1


def test_another_major_version_is_refused(folder: Path) -> None:
    EmbeddedPostgres.start(folder, throw_away=True).stop()
    (folder / "reskontra.json").write_text(json.dumps({"format": 1, "postgres": 14}))
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 14"):
        EmbeddedPostgres.start(folder)


# A process that starts PostgreSQL on argv[1], tells its process id and waits to be killed.
HOLDER = """
import sys, time
from pathlib import Path
from reskontra.db.embedded import EmbeddedPostgres
server = EmbeddedPostgres.start(Path(sys.argv[1]), throw_away=sys.argv[2:] == ["throw-away"])
print(server.pid, flush=True)
time.sleep(60)
"""


def hold(folder: Path, *words: str) -> tuple[subprocess.Popen[str], int]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder), *words], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    return holder, int(holder.stdout.readline())


@pytest.fixture
def orphan(folder: Path) -> Iterator[int]:
    """The process id of a PostgreSQL on `folder` whose starter was killed."""
    holder, pid = hold(folder)
    holder.kill()
    holder.communicate()
    yield pid
    if is_running(pid):
        os.kill(pid, signal.SIGQUIT)


def test_an_orphaned_postgres_is_replaced(folder: Path, orphan: int) -> None:
    assert is_running(orphan)
    with EmbeddedPostgres.start(folder) as server:
        assert not is_running(orphan)
        assert server.pid != orphan
        assert ask(server.dsn(), "select 1") == 1


def test_an_orphaned_postgres_is_stopped_before_its_folder_is_deleted(folder: Path, orphan: int) -> None:
    delete_folder(folder)
    assert not is_running(orphan)
    assert not folder.exists()


def test_a_throw_away_postgres_does_not_outlive_its_starter(folder: Path) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("needs `setpriv`")
    holder, pid = hold(folder, "throw-away")
    holder.kill()
    holder.communicate()
    deadline = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("pid", [os.getpid(), 1, 4_000_000], ids=["ours", "init", "nobody"])
def test_a_process_id_that_is_somebody_elses_by_now(folder: Path, pid: int) -> None:
    EmbeddedPostgres.start(folder, throw_away=True).stop()
    (folder / "cluster" / "postmaster.pid").write_text(f"{pid}\n{folder / 'cluster'}\n1\n5432\n/nowhere\n\n\nready\n")
    with EmbeddedPostgres.start(folder, throw_away=True) as server:
        assert ask(server.dsn(), "select 1") == 1
    assert is_running(os.getpid())


def test_postgres_that_died_is_stopped_without_ado(folder: Path) -> None:
    server = EmbeddedPostgres.start(folder, throw_away=True)
    os.kill(server.pid, signal.SIGQUIT)
    server.stop()
    server.stop()


@only_root
def test_root_in_a_closed_folder_with_user_namespaces(tmp_path: Path) -> None:
    if not account_for(ROOT).prefix[0].endswith("unshare"):
        pytest.skip("user namespaces are closed here")
    (tmp_path / "closed").mkdir(mode=0o700)
    with EmbeddedPostgres.start(tmp_path / "closed" / "data", throw_away=True) as server:
        assert ask(server.dsn(), "select 1") == 1
        assert (server.folder / "cluster").stat().st_uid == ROOT


@pytest.fixture
def without_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("setpriv", "true", "sh"):
        (programs / name).symlink_to(shutil.which(name) or "/nowhere")
    monkeypatch.setenv("PATH", str(programs))


@only_root
@pytest.mark.usefixtures("without_namespaces")
def test_root_in_a_closed_folder_without_user_namespaces(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o700)
    with EmbeddedPostgres.start(tmp_path / "closed" / "data", throw_away=True) as server:
        assert ask(server.dsn(), "select 1") == 1
        assert (server.folder / "cluster").stat().st_uid == NOBODY


@only_root
def test_a_folder_of_root_is_handed_over_when_namespaces_close(folder: Path, request: pytest.FixtureRequest) -> None:
    with EmbeddedPostgres.start(folder) as server:
        ask(server.dsn(), "create table kept as select 42 as answer")
    request.getfixturevalue("without_namespaces")
    with EmbeddedPostgres.start(folder) as server:
        assert ask(server.dsn(), "select answer from kept") == 42
        assert (folder / "cluster").stat().st_uid == NOBODY


@only_root
def test_root_with_nothing_to_step_down_with(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(EmbeddedError, match="PostgreSQL refuses to run as root"):
        EmbeddedPostgres.start(folder)


ORDINARY = """
import asyncio, asyncpg, os, sys
from pathlib import Path
from reskontra.db.embedded import EmbeddedPostgres
async def ask(dsn):
    connection = await asyncpg.connect(dsn)
    print(os.geteuid(), await connection.fetchval("select 1"))
    await connection.close()
with EmbeddedPostgres.start(Path(sys.argv[1])) as server:
    asyncio.run(ask(server.dsn()))
"""


@only_root
def test_an_ordinary_user_and_root_share_a_folder(folder: Path, without_namespaces: None) -> None:
    # The interpreter may lie where only root gets, so this ordinary user keeps the way through folders.
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    command = [*account_for(ROOT).prefix, sys.executable, "-c", ORDINARY, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (f"{NOBODY} 1\n", "")
    with EmbeddedPostgres.start(folder) as server:  # as root, on what belongs to somebody else
        assert ask(server.dsn(), "select 1") == 1
        assert (folder / "cluster").stat().st_uid == NOBODY


def test_postgresql_15_of_the_system(folder: Path) -> None:
    if not DEBIAN_15.exists():
        pytest.skip(f"PostgreSQL 15 is not installed in {DEBIAN_15}")
    with EmbeddedPostgres.start(folder, throw_away=True, binaries=find_binaries(DEBIAN_15)) as server:
        assert str(ask(server.dsn(), "show server_version")).startswith("15.")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 15"):
        EmbeddedPostgres.start(folder)


def test_a_folder_without_programs(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="There is no working PostgreSQL"):
        find_binaries(tmp_path)
