"""What a killed server leaves on its data folder is ended before anything is started there, and nothing else is."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from reskontra.db.embedded import EmbeddedPostgres
from reskontra.db.leftovers import end_leftovers
from tests.platform.processes import is_running


@asynccontextmanager
async def busy_backend(server: EmbeddedPostgres) -> AsyncIterator[int]:
    """The process id of a backend in the midst of a statement that does not look whether its postmaster lives."""
    connection = await asyncpg.connect(server.dsn())
    pid: int = await connection.fetchval("select pg_backend_pid()")
    counting = asyncio.create_task(connection.fetchval("select count(*) from generate_series(1, 2_000_000_000)"))
    await asyncio.sleep(0.2)
    try:
        yield pid
    finally:
        connection.terminate()
        await asyncio.gather(counting, return_exceptions=True)


async def test_backends_that_outlive_their_postmaster_are_ended(tmp_path: Path) -> None:
    server = await asyncio.to_thread(EmbeddedPostgres.start, tmp_path / "books")
    try:
        async with busy_backend(server) as pid:
            os.kill(server.pid, signal.SIGKILL)
            await asyncio.to_thread(server.wait)
            assert is_running(pid)
            await asyncio.to_thread(server.start_again)
            assert not is_running(pid)
        connection = await asyncpg.connect(server.dsn())
        assert await connection.fetchval("select 1") == 1
        await connection.close()
    finally:
        await asyncio.to_thread(server.stop)


def test_an_initialisation_that_goes_on_after_its_starter_was_killed_is_ended(tmp_path: Path) -> None:
    folder = tmp_path / "books"
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(folder)])
    deadline = time.monotonic() + 60
    while not (folder / "cluster.new" / "PG_VERSION").exists():
        assert time.monotonic() < deadline
        time.sleep(0.002)
    starter.kill()
    starter.wait()
    assert named(folder) != []
    end_leftovers(folder)
    assert named(folder) == []


STARTER = """
import sys
from pathlib import Path
from reskontra.db.embedded import EmbeddedPostgres
EmbeddedPostgres.start(Path(sys.argv[1]))
"""


def named(folder: Path) -> list[str]:
    """The command lines that name something in the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words:
            found.append(words)
    return found


def test_a_neighbour_and_a_reader_of_the_folder_are_left_alone(tmp_path: Path) -> None:
    neighbour = EmbeddedPostgres.start(tmp_path / "books2")
    folder = tmp_path / "books"
    (folder / "cluster").mkdir(parents=True)
    (folder / "cluster" / "postgres").touch()
    reader = subprocess.Popen(["tail", "-f", folder / "cluster" / "postgres"], cwd=folder / "cluster")
    try:
        end_leftovers(folder)
        assert is_running(neighbour.pid)
        assert reader.poll() is None
    finally:
        reader.kill()
        reader.wait()
        neighbour.stop()
