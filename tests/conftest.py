"""What every test may ask for: a real PostgreSQL, a database cloned for it, the application on top. No mocks.

One throw-away PostgreSQL serves the whole run. One template database in it is migrated and filled once; what a
test writes to is a clone of it, which takes some 20 ms.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import itertools
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
import uvloop

from reskontra.clock import Clock, SeededClock, SystemClock
from reskontra.config import Settings
from reskontra.db.cluster import OWNER
from reskontra.db.embedded import EmbeddedPostgres
from reskontra.db.migrate import migrate
from reskontra.db.pool import Connection, Database
from reskontra.db.selfcheck import offences
from reskontra.web.protocol import JsonProtocol

TEMPLATE = "template_books"
SEEDED_FROM = datetime(2025, 6, 1, 8, tzinfo=UTC)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)

MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 * 2**30

_server_key = pytest.StashKey[EmbeddedPostgres]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the answers in tests/golden/answers anew")


# --- one PostgreSQL for the run: under xdist it belongs to the controller, which tells its workers where it is


def pytest_configure_node(node: Any) -> None:
    """Called by xdist in the controller for each worker."""
    config = node.config
    if _server_key not in config.stash:
        config.stash[_server_key] = _start_postgres()
    node.workerinput["postgres_dsn"] = config.stash[_server_key].dsn("{database}")
    node.workerinput["superuser_dsn"] = config.stash[_server_key].superuser_dsn("{database}")


def _start_postgres() -> EmbeddedPostgres:
    """Start the run's PostgreSQL, in memory if there is room: a clone per test is a thousand files."""
    usual = tempfile.tempdir
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        tempfile.tempdir = str(MEMORY)
    try:
        return EmbeddedPostgres.start_throw_away()
    finally:
        tempfile.tempdir = usual


def pytest_unconfigure(config: pytest.Config) -> None:
    if _server_key in config.stash:
        config.stash[_server_key].stop()


@pytest.fixture(scope="session")
def dsn_of(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Database name -> its URL, on the PostgreSQL of this run, as the role that owns the books."""
    return _dsn_of(request.config, "postgres_dsn", EmbeddedPostgres.dsn)


@pytest.fixture(scope="session")
def superuser_dsn_of(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The same as its superuser: for tests that administer PostgreSQL, which no command of ours does."""
    return _dsn_of(request.config, "superuser_dsn", EmbeddedPostgres.superuser_dsn)


def _dsn_of(config: pytest.Config, told: str, ask: Callable[[EmbeddedPostgres, str], str]) -> Callable[[str], str]:
    workerinput = getattr(config, "workerinput", None)
    if workerinput is None:
        if _server_key not in config.stash:
            config.stash[_server_key] = _start_postgres()
        return lambda database: ask(config.stash[_server_key], database)
    pattern = workerinput[told]
    return lambda database: pattern.replace("{database}", database)


# --- the template, and clones of it


@dataclass(frozen=True)
class Databases:
    """Makes and drops databases; a clone starts as a copy of the seeded template."""

    dsn_of: Callable[[str], str]
    superuser_dsn_of: Callable[[str], str]
    worker: str
    numbers: Iterator[int]

    async def clone(self) -> str:
        """A new copy of the template; returns its name. Copying its files takes a third of logging them."""
        name = f"books_{self.worker}_{next(self.numbers)}"
        await self.administer(f"create database {name} owner {OWNER} template {TEMPLATE}")
        return name

    async def create_empty(self) -> str:
        """A new database without any table; returns its name."""
        name = f"empty_{self.worker}_{next(self.numbers)}"
        await self.administer(f"create database {name} owner {OWNER}")
        return name

    async def drop(self, name: str) -> None:
        await self.administer(f"drop database if exists {name} with (force)")

    async def administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self.superuser_dsn_of("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
async def databases(dsn_of: Callable[[str], str], superuser_dsn_of: Callable[[str], str], worker_id: str) -> Databases:
    made = Databases(dsn_of, superuser_dsn_of, worker_id, itertools.count(1))
    await _make_template(made)
    return made


async def _make_template(databases: Databases) -> None:
    connection = await asyncpg.connect(databases.superuser_dsn_of("postgres"))
    try:
        # One worker makes it, the others wait.
        await connection.execute("select pg_advisory_lock(1)")
        if await connection.fetchval("select exists (select from pg_database where datname = $1)", TEMPLATE):
            return
        # Tests plant faults that the database would refuse; the server has no such right.
        await connection.execute(f"grant set on parameter session_replication_role to {OWNER}")
        draft = f"{TEMPLATE}_draft"
        await connection.execute(f"drop database if exists {draft} with (force)")
        await connection.execute(f"create database {draft} owner {OWNER}")
        await _fill(databases.dsn_of(draft))
        await connection.execute(f"alter database {draft} rename to {TEMPLATE}")
    finally:
        await connection.close()


async def _fill(dsn: str) -> None:
    clock = SeededClock(SEEDED_FROM)
    connection = await asyncpg.connect(dsn)
    try:
        await migrate(connection, clock.now())
    finally:
        await connection.close()
    if not _is_written("reskontra.demo"):
        return
    if _is_written("reskontra.app"):
        importlib.import_module("reskontra.app")  # registers which constraint is which refusal
    database = await Database.connect(dsn)
    try:
        await importlib.import_module("reskontra.demo").load_demo(database, clock)
    finally:
        await database.close()


def _is_written(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


# --- what tests ask for


@pytest.fixture
def clock() -> SeededClock:
    """A clock that starts at `NOW` and gives the same ids in every run."""
    return SeededClock(NOW)


@pytest.fixture(scope="session")
async def database(databases: Databases) -> AsyncIterator[Database]:
    """The worker's own clone, shared by its tests: for reading, or through `connection`."""
    name = await databases.clone()
    pool = await Database.connect(databases.dsn_of(name))
    yield pool
    await pool.close()
    await databases.drop(name)


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    """A connection in a transaction that is rolled back after the test."""
    async with database.connection() as borrowed:
        transaction = borrowed.transaction()
        await transaction.start()
        yield borrowed
        await transaction.rollback()


@pytest.fixture
async def fresh_dsn(
    databases: Databases, request: pytest.FixtureRequest
) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Makes databases to commit to, each a new clone, by URL. Afterwards their books must prove themselves."""
    names: list[str] = []

    async def make() -> str:
        names.append(await databases.clone())
        return databases.dsn_of(names[-1])

    yield make
    try:
        if request.node.get_closest_marker("plants_fault") is None:
            for name in names:
                await assert_books_prove_themselves(databases.dsn_of(name))
    finally:
        for name in names:
            await databases.drop(name)


@pytest.fixture
async def fresh_database(fresh_dsn: Callable[[], Awaitable[str]]) -> AsyncIterator[Callable[[], Awaitable[Database]]]:
    """Makes databases to commit to, each a new clone, as a pool. Afterwards their books must prove themselves."""
    async with AsyncExitStack() as pools:

        async def make() -> Database:
            pool = await Database.connect(await fresh_dsn())
            pools.push_async_callback(pool.close)
            return pool

        yield make


@pytest.fixture
async def books(fresh_database: Callable[[], Awaitable[Database]]) -> Database:
    """The database that `client` talks to: a fresh clone per test, to commit to."""
    return await fresh_database()


@pytest.fixture
async def client(books: Database, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    """Talks to the application in this process, as a sandbox that is open on loopback."""
    async with open_client(Settings(sandbox=True), books, clock) as opened:
        yield opened


@asynccontextmanager
async def open_client(settings: Settings, database: Database, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application made with `settings`; what the application raises fails the test."""
    from reskontra.app import create_app

    app = create_app(settings, database, clock)
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as opened:
        yield opened


@dataclass(frozen=True)
class RunningServer:
    """A real server on a real port, and the database behind it."""

    url: str
    dsn: str


@pytest.fixture
async def server(fresh_dsn: Callable[[], Awaitable[str]]) -> AsyncIterator[RunningServer]:
    """The application on uvicorn in a thread of its own, open on loopback, on a fresh clone."""
    dsn = await fresh_dsn()
    running = _ServerThread(Settings(sandbox=True), dsn)
    await asyncio.to_thread(running.start_and_wait)
    yield RunningServer(running.url, dsn)
    await asyncio.to_thread(running.stop_and_wait)


@dataclass(frozen=True)
class ServerProcess:
    """`reskontra serve` as a process of its own, beside which the test does not weigh."""

    url: str
    dsn: str
    pid: int
    token: str


@pytest.fixture(scope="session")
def serving() -> Callable[[str], AbstractContextManager[ServerProcess]]:
    """A server process on the database of that URL, as long as the context is open."""
    return _serving


@pytest.fixture
async def server_process(fresh_dsn: Callable[[], Awaitable[str]]) -> AsyncIterator[Callable[..., ServerProcess]]:
    """Starts server processes: on a fresh clone, or beside another one on the same database (`dsn`)."""
    fresh = await fresh_dsn()
    with ExitStack() as started:
        yield lambda dsn=fresh: started.enter_context(_serving(dsn))


@contextmanager
def _serving(dsn: str) -> Iterator[ServerProcess]:
    words = ["serve", "--database-url", dsn, "--port", "0", "--log-format", "json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "reskontra", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with process:
        assert process.stdout is not None
        url = re.search(r"http://\S+", process.stdout.readline())
        assert url is not None, "the server did not start"
        try:
            yield ServerProcess(url[0], dsn, process.pid, _token(url[0]))
        finally:
            process.terminate()
            process.wait(20)
    assert process.returncode == 0, "the server did not stop cleanly"


def _token(url: str) -> str:
    from reskontra.demo import CLIENT_ID, CLIENT_SECRET, TENANT_ID

    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "tenant_id": str(TENANT_ID),
        "scope": "vismanet_erp_service_api",
    }
    answer = httpx.post(f"{url}/connect/token", data=form)
    token: str = answer.json()["access_token"]
    return token


class _ServerThread:
    def __init__(self, settings: Settings, dsn: str) -> None:
        self._settings = settings
        self._dsn = dsn
        self._uvicorn: uvicorn.Server | None = None
        self._error: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.url = ""

    def start_and_wait(self) -> None:
        self._thread.start()
        if not self._ready.wait(20) or self._error is not None:
            raise RuntimeError("the server did not start") from self._error

    def stop_and_wait(self) -> None:
        assert self._uvicorn is not None
        self._uvicorn.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive(), "the server did not stop"

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # reported by start_and_wait in the test's own thread
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        from reskontra.app import create_app

        database = await Database.connect(self._dsn)
        app = create_app(self._settings, database, SystemClock())
        config = uvicorn.Config(app, host="127.0.0.1", port=0, http=JsonProtocol, log_config=None, access_log=False)
        self._uvicorn = uvicorn.Server(config)
        serving = asyncio.create_task(self._uvicorn.serve())
        while not self._uvicorn.started and not serving.done():
            await asyncio.sleep(0.01)
        if self._uvicorn.started:
            port = self._uvicorn.servers[0].sockets[0].getsockname()[1]
            self.url = f"http://127.0.0.1:{port}"
            self._ready.set()
        await serving
        await database.close()


async def assert_books_prove_themselves(dsn: str) -> None:
    """Fail, naming the invariants, unless `reskontra check` would find nothing in this database."""
    connection = await asyncpg.connect(dsn)
    try:
        found = await offences(connection)
    finally:
        await connection.close()
    assert not found, "\n".join(f"{it.name}: {it.sentence} {[dict(row) for row in it.rows[:5]]}" for it in found)
