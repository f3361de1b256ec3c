"""A server process on a data folder of its own, which may be killed in every way. Holds no test."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from reskontra.db.embedded import EmbeddedPostgres
from tests.conftest import make_books, token_of

ANSWERS_SECONDS = 60


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


async def make_folder(folder: Path) -> None:
    """A data folder with the demo company, as a server leaves it that was stopped in order."""
    server = await asyncio.to_thread(EmbeddedPostgres.start, folder)
    try:
        await make_books(server.dsn())
    finally:
        await asyncio.to_thread(server.stop)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("RESKONTRA_", "DATABASE_"))}


def cluster_processes(folder: Path) -> list[int]:
    """Every process of the PostgreSQL on a data folder: each works in the folder of its data."""
    return [int(process.name) for process in Path("/proc").glob("[0-9]*") if _works_in(process, folder / "cluster")]


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return os.readlink(process / "cwd") == str(folder)
    except OSError:
        return False


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class House:
    """`reskontra serve` on a data folder, started again after each kill, as whoever runs services would."""

    def __init__(
        self,
        folder: Path,
        *words: str,
        prefix: tuple[str, ...] = (),
        program: tuple[str, ...] = ("-m", "reskontra"),
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = folder.parent / "server.log"
        self._prefix = prefix
        self._program = program
        self._words = words or ("serve", "--data-dir", str(folder), "--log-format", "json")
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def postmaster(self) -> int | None:
        """The postmaster's process id, while it runs: its file alone may name a process that is anybody's by now."""
        try:
            pid = int((self.folder / "cluster" / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if pid in cluster_processes(self.folder) else None

    async def launch(self) -> None:
        """Start the process, without waiting until it answers."""
        with self.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._prefix, sys.executable, *self._program, *self._words, "--port", str(self.port),
                stdout=asyncio.subprocess.PIPE, stderr=log, env=environment(), cwd="/",
            )  # fmt: skip

    async def answers(self, seconds: float = ANSWERS_SECONDS) -> None:
        """Wait until the server says where it answers."""
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(seconds):
            while line := await self._process.stdout.readline():
                if re.search(rb"http://\S+", line):
                    return
        raise AssertionError(f"the server did not start: {self.log_path.read_text()[-2000:]}")

    async def killed(self) -> None:
        """Kill the server and wait until it is gone."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def stop(self) -> int:
        """Stop it in order; returns the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
            async with asyncio.timeout(60):
                await self._process.wait()
        assert self._process.returncode is not None
        return self._process.returncode

    async def token(self) -> str:
        return await asyncio.to_thread(token_of, self.url)

    def dsn(self) -> str:
        """The URL of the PostgreSQL that runs in the house, for a look at the rows."""
        socket_folder = (self.folder / "cluster" / "postmaster.pid").read_text().splitlines()[4]
        return f"postgresql://reskontra@/reskontra?host={socket_folder}"

    def said(self) -> str:
        return self.log_path.read_text()

    def faults(self) -> Iterator[str]:
        """Log lines that no outage excuses."""
        for line in self.said().splitlines():
            if "unexpected failure" in line or "Traceback" in line or '"status": 500' in line:
                yield line


@asynccontextmanager
async def running(house: House, seconds: float = ANSWERS_SECONDS) -> AsyncIterator[House]:
    """The house answers inside; afterwards nothing of it runs any more."""
    await house.launch()
    try:
        await house.answers(seconds)
        yield house
    finally:
        await house.stop()
        for pid in cluster_processes(house.folder):
            kill(pid)
