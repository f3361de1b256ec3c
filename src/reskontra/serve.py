"""Runs the server: port, signals, database and application, started in that order and stopped in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import errno
import gc
import resource
import socket
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import asyncpg
import httpx
import structlog
import uvicorn
import uvloop
from starlette.types import ASGIApp

from reskontra import interrupts
from reskontra.app import create_app
from reskontra.changes.seals.commands import keep_sealing
from reskontra.clock import Clock
from reskontra.companies.commands import find_expiring
from reskontra.config import SMALLEST, SettingError, Settings
from reskontra.db.cluster import find_binaries
from reskontra.db.data_folder import holds_books
from reskontra.db.embedded import EmbeddedPostgres, running_dsn
from reskontra.db.migrate import check_schema, migrate
from reskontra.db.pool import CONNECTIONS_MAX, Database
from reskontra.db.supervision import kept_running
from reskontra.e_invoices.commands.delivering import AccessPoint, Channel, Folder, keep_delivering
from reskontra.errors import Unavailable
from reskontra.mails.commands.post import Post, post_of
from reskontra.mails.commands.sending import keep_sending
from reskontra.tls import Certificate, keep_renewed, make_certificate
from reskontra.web.crowd import Crowd, Limits
from reskontra.web.limits import Limiter
from reskontra.web.protocol import JsonProtocol
from reskontra.web.recording import Recording
from reskontra.workers import DRAIN, DRAIN_SECONDS, Crew, Order

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_GRACE_SECONDS = 10
_DAY_SECONDS = 24 * 60 * 60
_DESCRIPTORS_MAX = 65536
_ACCESS_POINT_SECONDS = 30
_ALL_CONNECTIONS = 64  # to the database, of all workers together
_OWN_DESCRIPTORS = 64  # for the database, the log, and whatever a library opens
_OPEN = "open to this machine without a token"
_CLOSED = "with a token only"


@contextlib.contextmanager
def postgres_for(
    settings: Settings, *, shared: bool = False, supervised: bool = False, making: bool = True
) -> Generator[str]:
    """The URL of the database that `settings` name. An embedded PostgreSQL runs while the context is open.

    `shared`: use the PostgreSQL that another reskontra is running on the same data folder, if there is one.
    `supervised`: restart our own PostgreSQL when it dies.
    `making`: make a missing data folder. Without it a missing one is refused, so that a typo makes no books.
    Raises `SettingError` and `EmbeddedError`.
    """
    if settings.database_url and settings.data_dir:
        raise SettingError("Give either DATABASE_URL or a data folder, not both.")
    if settings.database_url:
        yield settings.database_url
        return
    if settings.data_dir is None and not settings.throw_away:
        raise SettingError("Say where the books are kept: set DATABASE_URL, or give --data-dir.")
    if settings.data_dir and not making and not holds_books(settings.data_dir):
        raise SettingError(f"There are no books in {settings.data_dir}: give --data-dir the folder that holds them.")
    running = running_dsn(settings.data_dir) if shared and settings.data_dir else None
    if running:
        yield running
        return
    binaries = find_binaries(settings.pg_bindir)
    if settings.data_dir is None:
        server = EmbeddedPostgres.start_throw_away(binaries=binaries)
    else:
        server = EmbeddedPostgres.start(settings.data_dir, throw_away=settings.throw_away, binaries=binaries)
    with server, kept_running(server) if supervised else contextlib.nullcontext():
        yield server.dsn()


def serve(
    settings: Settings,
    clock: Clock,
    *,
    announce: Callable[[str], None],
    migrating: bool,
    furnish: Callable[[str], Coroutine[Any, Any, None]] | None = None,
    prepare: Callable[[Database], Coroutine[Any, Any, None]] | None = None,
    reset: Callable[[Database, str], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, then finish open requests and stop whatever was started.

    `furnish` runs before all else with the URL of the database, whatever its schema. `prepare` runs once before the
    port answers, `announce` is called with the base URL when it does. `reset` makes the books of a sandbox as they were
    when it was new. `migrating` brings the database up to date first; without it, an outdated database is refused.
    """
    # Bind first: a taken port is the cheapest error to find, and early callers wait instead of being turned away.
    with _listen(settings) as port, interrupts.stoppable(), contextlib.ExitStack() as started:
        own = own_certificate(settings)
        dsn = started.enter_context(postgres_for(settings, supervised=True))
        certificate = own or _self_signed(settings, started)
        url = base_url(settings, port)
        if settings.worker_count > 1:
            started.callback(interrupts.ignore_further_signals)
            interrupts.run(bring_to_schema(dsn, clock, migrating=migrating))
            _serve_by_workers(settings, Place(dsn, url, port, certificate), announce)
            return
        runner = started.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        started.callback(interrupts.ignore_further_signals)
        if furnish:
            interrupts.run(furnish(dsn), runner)
        interrupts.run(bring_to_schema(dsn, clock, migrating=migrating), runner)
        serve_in(
            runner,
            settings,
            Place(dsn, url, port, certificate),
            clock,
            announce=lambda: announce(url),
            prepare=prepare,
            reset=(lambda database: reset(database, dsn)) if reset else None,
            outbox=_outbox(settings, started),
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server serves: its database, its address, the socket that listens there, and its certificate."""

    dsn: str
    url: str
    port: socket.socket
    certificate: Certificate | None


def serve_in(
    runner: asyncio.Runner,
    settings: Settings,
    place: Place,
    clock: Clock,
    *,
    announce: Callable[[], None],
    prepare: Callable[[Database], Coroutine[Any, Any, None]] | None = None,
    reset: Callable[[Database], Coroutine[Any, Any, None]] | None = None,
    outbox: Path | None = None,
    limiter: Limiter | None = None,
    size_max: int = CONNECTIONS_MAX,
) -> None:
    """Serve in this process until it is told to stop. The database has this program's schema.

    `limiter` counts requests together with other processes; `size_max` connections to the database are opened at most.
    """
    connecting = Database.connect(
        place.dsn, clock_runs=True, url=place.url, size_max=size_max, writes_max=settings.writes_at_once
    )
    database = interrupts.run(connecting, runner)
    try:
        post = post_of(settings, outbox)
        app = create_app(
            settings, database, clock, reset=reset and partial(reset, database), post=post, limiter=limiter
        )
        if prepare:
            interrupts.run(prepare(database), runner)
        crowd = Crowd(limits_of(settings))
        config = server_settings(app, place.certificate, crowd)
        drained = crowd if limiter else None
        stop = app.stop if isinstance(app, Recording) else _nothing
        server = _Server(config, announce, place.certificate if settings.tls_cert else None, stop, drained)
        _calm_garbage_collection()
        log.info("serving", url=place.url, access=_OPEN if settings.open_mode else _CLOSED)
        runner.run(_serve_and_work(server, place.port, settings, database, clock, post=post))
        log.info("stopped serving")
    finally:
        interrupts.run(database.close(), runner)


def _serve_by_workers(settings: Settings, place: Place, announce: Callable[[str], None]) -> None:
    """Serve with several processes. What a server may take in all, they share."""
    size = settings.worker_count
    shared = dataclasses.replace(
        settings,
        connection_limit=max(settings.connection_limit // size, SMALLEST["connection_limit"]),
        waiting_limit=max(settings.waiting_limit // size, SMALLEST["waiting_limit"]),
    )
    with tempfile.TemporaryFile() as counts:
        order = Order(
            settings=shared,
            dsn=place.dsn,
            url=place.url,
            certificate=place.certificate,
            port=place.port.fileno(),
            counts=counts.fileno(),
            counted_from=time.monotonic(),
            connections=max(2, min(CONNECTIONS_MAX, _ALL_CONNECTIONS // size)),
        )
        log.info("serving", url=place.url, access=_CLOSED, workers=size)
        asyncio.run(Crew(order, size).serve(lambda: announce(place.url)))
        log.info("stopped serving")


async def _serve_and_work(
    server: _Server, port: socket.socket, settings: Settings, books: Database, clock: Clock, *, post: Post
) -> None:
    """Serve until the end. Meanwhile e-invoices and mail are sent, changes are sealed, and the log says each day what
    reference data runs out, unless this is a sandbox."""
    warning = None if settings.sandbox else asyncio.create_task(_warn_daily(books, clock))
    sending = asyncio.create_task(keep_sending(books, clock, post))
    sealing = asyncio.create_task(keep_sealing(books, clock))
    try:
        async with channel_of(settings) as channel, keep_delivering(books, clock, channel):
            await server.serve(sockets=[port])
    finally:
        if warning:
            warning.cancel()
        sealing.cancel()
        post.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(sending, _GRACE_SECONDS)


@contextlib.asynccontextmanager
async def channel_of(settings: Settings) -> AsyncGenerator[Channel | None]:
    """Where e-invoices go. A sandbox sends none over the network, but to a folder, by default beside its books."""
    if settings.e_invoice_url and not settings.sandbox:
        async with httpx.AsyncClient(timeout=_ACCESS_POINT_SECONDS) as client:
            yield AccessPoint(settings.e_invoice_url, settings.e_invoice_token, client)
        return
    folder = settings.e_invoice_folder
    if folder is None and settings.sandbox and settings.data_dir:
        folder = settings.data_dir / "outbox" / "e-invoices"
    yield Folder(folder) if folder else None


async def _warn_daily(books: Database, clock: Clock) -> None:
    while True:
        with contextlib.suppress(Unavailable):
            await warn_of_expiry(books, clock)
        await asyncio.sleep(_DAY_SECONDS)


async def warn_of_expiry(books: Database, clock: Clock) -> None:
    """Log what of the companies' reference data runs out, each for itself. Raises `Unavailable`."""
    async with books.connection() as connection:
        for code, expiry in await find_expiring(connection, clock.now()):
            log.warning("reference data runs out", company=code, says=expiry.sentence)


async def bring_up_to_date(dsn: str, clock: Clock) -> list[str]:
    """Apply missing migrations; returns their names. Raises `SchemaError` and `Unavailable`."""
    async with plain_connection(dsn) as connection:
        return [migration.name for migration in await migrate(connection, clock.now())]


@contextlib.asynccontextmanager
async def plain_connection(dsn: str) -> AsyncGenerator[asyncpg.Connection[asyncpg.Record]]:
    """One connection outside any pool and without time limits, for the operator's commands."""
    try:
        connection = await asyncpg.connect(dsn)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unavailable(f"The database cannot be reached: {error}.") from error
    try:
        yield connection
    finally:
        await connection.close()


async def open_database(dsn: str, clock: Clock, *, migrating: bool) -> Database:
    """A pool on a database with this program's schema; `migrating` brings it up to date first. The caller closes it."""
    await bring_to_schema(dsn, clock, migrating=migrating)
    return await Database.connect(dsn, clock_runs=True)


async def bring_to_schema(dsn: str, clock: Clock, *, migrating: bool) -> None:
    """See that a database has this program's schema. Raises `SchemaError` and `Unavailable`."""
    if migrating:
        await bring_up_to_date(dsn, clock)
    else:
        async with plain_connection(dsn) as connection:
            await check_schema(connection)


def own_certificate(settings: Settings) -> Certificate | None:
    """The operator's certificate, if `settings` name one. Raises `SettingError` if it cannot be served."""
    if settings.tls_cert is None:
        return None
    certificate = Certificate(settings.tls_cert, settings.tls_key or settings.tls_cert)
    certificate.check()
    return certificate


def _self_signed(settings: Settings, started: contextlib.ExitStack) -> Certificate | None:
    if not settings.tls_self_signed:
        return None
    return make_certificate(settings.data_dir or Path(started.enter_context(tempfile.TemporaryDirectory())))


def _outbox(settings: Settings, started: contextlib.ExitStack) -> Path | None:
    """The folder that a sandbox's mail goes into. It is in the data folder, or goes with the books."""
    if not settings.sandbox:
        return None
    if settings.data_dir and not settings.throw_away:
        return settings.data_dir / "outbox"
    return Path(started.enter_context(tempfile.TemporaryDirectory(prefix="reskontra-outbox-")))


def _calm_garbage_collection() -> None:
    """Exempt what lives as long as the process, and do not collect in the middle of a page of 1,000 rows."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def limits_of(settings: Settings) -> Limits:
    """The limits for clients. Raises this process's own limit of open files to make room for the connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS_MAX if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS_MAX)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
    room = max(1, soft - _OWN_DESCRIPTORS) if soft != resource.RLIM_INFINITY else settings.connection_limit
    return Limits(
        header_seconds=settings.header_timeout,
        body_seconds=settings.body_timeout,
        send_seconds=settings.send_timeout,
        header_bytes=settings.header_limit,
        connections=min(settings.connection_limit, room),
        waiting_bytes=settings.waiting_limit,
    )


def server_settings(
    app: ASGIApp, certificate: Certificate | None, crowd: Crowd, *, lifespan: Literal["on", "off"] = "on"
) -> uvicorn.Config:
    """How uvicorn serves an application of ours."""
    protocol: Any = partial(JsonProtocol, crowd=crowd)  # uvicorn wants a class, but only calls it
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan=lifespan,
        log_config=None,
        access_log=False,  # the application writes one line per request itself, with the request's id
        proxy_headers=False,  # it also decides which proxies to trust
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )


def _nothing() -> None:
    """A server of real books has nobody who follows along."""


class _Server(uvicorn.Server):
    """uvicorn without its handling of signals: it would raise them again while PostgreSQL is still running."""

    def __init__(
        self,
        config: uvicorn.Config,
        announce: Callable[[], None],
        renewed: Certificate | None,
        stop: Callable[[], None],
        drained: Crowd | None,
    ) -> None:
        super().__init__(config)
        self._stop = stop
        self._drained = drained
        self._announce = announce
        self._renewed = renewed
        self._renewing: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.started:
            raise RuntimeError("the application did not start")
        if self._renewed and self.config.ssl:
            self._renewing = asyncio.create_task(keep_renewed(self.config.ssl, self._renewed))
        self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._renewing:
            self._renewing.cancel()
        self._stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        loop = asyncio.get_running_loop()
        for number in interrupts.STOP_SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        if self._drained:
            loop.add_signal_handler(DRAIN, self._drain, self._drained)
        yield

    def _drain(self, crowd: Crowd) -> None:
        """Stop once nobody is left whose request is under way, or may be."""
        crowd.is_draining = True
        self.config.timeout_graceful_shutdown = DRAIN_SECONDS
        self.should_exit = True


def base_url(settings: Settings, port: socket.socket) -> str:
    """The URL at which this machine reaches a server that listens on `port`."""
    host, number = port.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound to
    return f"{settings.scheme}://{f'[{host}]' if ':' in host else host}:{number}"


def _listen(settings: Settings) -> socket.socket:
    host = settings.host
    try:
        family, _, _, _, address = socket.getaddrinfo(host, settings.port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = f"Port {settings.port} on {host} is taken: choose another with --port."
        else:
            reason = f"The server cannot listen on {host}, port {settings.port}: {error.strerror}."
        raise SettingError(reason) from error
