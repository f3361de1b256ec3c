"""A sandbox for tests, as a program: it keeps its books nowhere, and a line on its input makes them as new.

It prints its URL when it is ready. `reset` is answered `ready`. It ends when its input does, so that it cannot outlive
the tests that started it. Each reset is a new database, copied from one that nobody writes to, under a new application:
nothing that the last one remembered is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import sys
from collections.abc import AsyncGenerator

import asyncpg
import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from reskontra.app import connect_rooms, create_app
from reskontra.clock import SystemClock
from reskontra.config import Settings
from reskontra.db.cluster import OWNER
from reskontra.db.embedded import EmbeddedPostgres
from reskontra.db.pool import Database
from reskontra.demo import load_demo
from reskontra.log import configure_logging
from reskontra.serve import base_url, bring_up_to_date, limits_of, server_settings
from reskontra.web.crowd import Crowd

_PRISTINE = "pristine"
_ROOM_BYTES = 2**30


class _Books:
    """The application on its newest copy of the pristine books."""

    def __init__(self, postgres: EmbeddedPostgres, administrator: asyncpg.Connection[asyncpg.Record]) -> None:
        self._postgres = postgres
        self._administrator = administrator
        self._numbers = itertools.count(1)
        self._name = ""
        self._database: Database | None = None
        self._app: ASGIApp | None = None

    async def make(self) -> None:
        """Make the pristine books, which holds for as long as PostgreSQL runs."""
        await self._administrator.execute(f"create database {_PRISTINE} owner {OWNER}")
        clock = SystemClock()
        dsn = self._postgres.dsn(_PRISTINE)
        await bring_up_to_date(dsn, clock)
        connect_rooms()
        database = await Database.connect(dsn)
        try:
            await load_demo(database, clock)
        finally:
            await database.close()

    async def reset(self, settings: Settings) -> None:
        """Serve a new copy, and drop the old one."""
        old_name, old = self._name, self._database
        self._name = f"books_{next(self._numbers)}"
        await self._administrator.execute(
            f"create database {self._name} owner {OWNER} template {_PRISTINE} strategy file_copy"
        )
        self._database = await Database.connect(self._postgres.dsn(self._name))
        self._app = create_app(settings, self._database, SystemClock())
        if old is not None:
            old.terminate()
            await self._administrator.execute(f"drop database {old_name} with (force)")

    async def close(self) -> None:
        if self._database is not None:
            await self._database.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is not None:
            await self._app(scope, receive, send)


@contextlib.asynccontextmanager
async def _serving(settings: Settings) -> AsyncGenerator[tuple[_Books, socket.socket]]:
    # In memory, as a copy of the books is a thousand files.
    with EmbeddedPostgres.start_throw_away(memory_bytes=_ROOM_BYTES) as postgres:
        administrator = await asyncpg.connect(postgres.superuser_dsn("postgres"))
        books = _Books(postgres, administrator)
        try:
            await books.make()
            await books.reset(settings)
            yield books, socket.create_server((settings.host, 0), backlog=128)
        finally:
            await books.close()
            await administrator.close()


async def _run() -> None:
    settings = Settings(sandbox=True, throw_away=True)
    async with _serving(settings) as (books, port):
        server = uvicorn.Server(server_settings(books, None, Crowd(limits_of(settings)), lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[port]))
        _say(base_url(settings, port))
        while (line := await asyncio.to_thread(sys.stdin.readline)) != "":
            if line.strip() == "reset":
                await books.reset(settings)
                _say("ready")
        server.should_exit = True
        await serving


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the one who started it reads this


def main() -> None:
    """Run it until the input ends."""
    configure_logging("console")
    uvloop.run(_run())


if __name__ == "__main__":
    main()
