"""What every test may ask for: a real PostgreSQL, a database to write to, the application on top. No mocks.

One throw-away PostgreSQL serves the whole run. One template database in it is migrated and filled once; what tests
write to are clones of it, each of a test's own or laid back after each (`tests/standing.py`).
"""

from __future__ import annotations

import asyncio
import itertools
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import hypothesis
import pytest
import uvicorn
import uvloop

from reskontra.clock import Clock, Context, SeededClock, SystemClock
from reskontra.config import Settings
from reskontra.db.cluster import OWNER
from reskontra.db.embedded import EmbeddedPostgres
from reskontra.db.migrate import migrate
from reskontra.db.pool import Connection, Database
from reskontra.db.selfcheck import offences
from reskontra.web.protocol import JsonProtocol
from tests import sampling
from tests.clerk import Clerk
from tests.databases import TEMPLATE, Databases, cloned
from tests.standing import StandingBooks, standing_books

SEEDED_FROM = datetime(2025, 6, 1, 8, tzinfo=UTC)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)

ROOM_BYTES = 2 * 2**30

CONNECTIONS_MAX = 1000
"""Of the run's PostgreSQL: eight workers, each of which may have two servers with 16, and four pools of its own."""

_server_key = pytest.StashKey[EmbeddedPostgres]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-examples", action="store_true", help="record the answers of web/examples.toml anew")
    parser.addoption("--update-golden", action="store_true", help="write the answers in tests/golden/answers anew")
    sampling.add_option(parser)


# How long an example takes says how busy the machine is; speed is measured in `bench/`.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(sampling)
    hypothesis.settings.load_profile("untimed")


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
    return EmbeddedPostgres.start_throw_away(memory_bytes=ROOM_BYTES, connections_max=CONNECTIONS_MAX)


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


@pytest.fixture(scope="session")
async def databases(
    dsn_of: Callable[[str], str], superuser_dsn_of: Callable[[str], str], worker_id: str
) -> AsyncIterator[Databases]:
    administrator = await asyncpg.connect(superuser_dsn_of("postgres"))
    # From PostgreSQL 18 on the kernel may copy the files.
    await administrator.execute(
        "select set_config(name, 'clone', false) from pg_settings where name = 'file_copy_method'"
    )
    made = Databases(dsn_of, superuser_dsn_of, worker_id, itertools.count(1), administrator)
    await _make_template(made)
    yield made
    await administrator.close()


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
        await make_books(databases.dsn_of(draft))
        await connection.execute(f"alter database {draft} rename to {TEMPLATE}")
    finally:
        await connection.close()


async def make_books(dsn: str) -> None:
    """The schema and the demo company, in an empty database."""
    from reskontra.app import connect_rooms
    from reskontra.demo import load_demo

    connect_rooms()  # says which constraint is which refusal
    clock = SeededClock(SEEDED_FROM)
    connection = await asyncpg.connect(dsn)
    try:
        await migrate(connection, clock.now())
    finally:
        await connection.close()
    database = await Database.connect(dsn)
    try:
        await load_demo(database, clock)
    finally:
        await database.close()


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
def proves(request: pytest.FixtureRequest) -> bool:
    """Whether the books that the test committed to must prove themselves."""
    return request.node.get_closest_marker("plants_fault") is None


@pytest.fixture
async def fresh_dsn(databases: Databases, proves: bool) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Makes databases to commit to, each a new clone, by URL. Afterwards their books must prove themselves."""
    async with AsyncExitStack() as clones:
        made: list[str] = []

        async def make() -> str:
            made.append(await clones.enter_async_context(cloned(databases)))
            return made[-1]

        yield make
        for dsn in made if proves else ():
            await assert_books_prove_themselves(dsn)


@pytest.fixture
async def fresh_database(databases: Databases, proves: bool) -> AsyncIterator[Callable[[], Awaitable[Database]]]:
    """Makes databases to commit to, each a new clone, as a pool. Afterwards their books must prove themselves."""
    async with AsyncExitStack() as opened:
        made: list[Database] = []

        async def make() -> Database:
            made.append(await Database.connect(await opened.enter_async_context(cloned(databases))))
            opened.push_async_callback(made[-1].close)
            return made[-1]

        yield make
        for database in made if proves else ():
            async with database.connection() as connection:  # it knows the tables already
                await assert_proof(connection)


@pytest.fixture(scope="session")
async def standing(databases: Databases) -> AsyncIterator[StandingBooks]:
    """The books that tests of this worker commit to, one after the other."""
    async with standing_books(databases) as books:
        yield books


@pytest.fixture
async def books(standing: StandingBooks, proves: bool) -> AsyncIterator[Database]:
    """The database that `client` talks to, to commit to. Each test finds it as the template was, and must leave books
    that prove themselves."""
    async with standing.lent(assert_proof if proves else None) as database:
        yield database


@pytest.fixture
async def client(books: Database, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    """Talks to the application in this process, as a sandbox that is open on loopback."""
    async with open_client(Settings(sandbox=True), books, clock) as opened:
        yield opened


@pytest.fixture
def clerk(client: httpx.AsyncClient, books: Database, clock: SeededClock) -> Clerk:
    """The clerk of the demo company: customers 20001 to 20020, invoices up to 003547, items A, 6 and 222."""
    return Clerk(client, books, clock)


@pytest.fixture
async def bystander(database: Database, clock: SeededClock) -> AsyncIterator[Clerk]:
    """A clerk of the demo company in the database that the worker's tests share: for requests that change nothing."""
    async with open_client(Settings(sandbox=True), database, clock) as http:
        yield Clerk(http, database, clock)


@asynccontextmanager
async def open_client(
    settings: Settings,
    database: Database,
    clock: Clock,
    *,
    company_id: int | None = None,
    base_url: str = "http://localhost",
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application made with `settings`; what the application raises fails the test."""
    from reskontra.app import create_app

    app = create_app(settings, database, clock)
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50000))
    headers = {} if company_id is None else {"ipp-company-id": str(company_id)}
    async with httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers) as opened:
        yield opened


async def new_company(
    database: Database, clock: Clock, template: str | Path = "no", *, code: str = "NEW", name: str | None = None
) -> int:
    """Make a company beside the demo's; returns its id."""
    from reskontra.company_file.commands.creating import create_company

    async with database.transaction() as connection:
        context = Context(0, "test", "test", clock.now(), clock)
        return await create_company(connection, template, code=code, name=name, context=context)


@dataclass(frozen=True)
class RunningServer:
    """A real server on a real port, and the database behind it."""

    url: str
    dsn: str


@pytest.fixture
async def server(fresh_dsn: Callable[[], Awaitable[str]]) -> AsyncIterator[RunningServer]:
    """The application on uvicorn in a thread of its own, open on loopback, on a fresh clone."""
    dsn = await fresh_dsn()
    running = ServerThread(Settings(sandbox=True), dsn)
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
            yield ServerProcess(url[0], dsn, process.pid, token_of(url[0]))
        finally:
            process.terminate()
            process.wait(20)
    assert process.returncode == 0, "the server did not stop cleanly"


def token_of(url: str) -> str:
    """A token of the demo company's client, from the server at `url`."""
    from reskontra.demo import CLIENT_ID, CLIENT_SECRET, TENANT_ID

    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "tenant_id": str(TENANT_ID),
        "scope": "vismanet_erp_service_api",
    }
    answer = httpx.post(f"{url}/connect/token", data=form, timeout=30)
    token: str = answer.json()["access_token"]
    return token


class ServerThread:
    """The application on uvicorn in a thread with an event loop of its own."""

    def __init__(self, settings: Settings, dsn: str, clock: Clock | None = None) -> None:
        self._settings = settings
        self._dsn = dsn
        self._clock = clock or SystemClock()
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
        app = create_app(self._settings, database, self._clock)
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
        await assert_proof(connection)
    finally:
        await connection.close()


async def assert_proof(connection: Connection) -> None:
    """Fail, naming the invariants, unless `reskontra check` would find nothing."""
    found = await offences(connection)
    assert not found, "\n".join(f"{it.name}: {it.sentence} {[dict(row) for row in it.rows[:5]]}" for it in found)
