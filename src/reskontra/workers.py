"""Several processes that serve one port: starts them, replaces those that end, and exchanges them one by one.

The parent holds the listening socket and does not serve. A worker is a new Python (`reskontra.worker`), so that
after an upgrade a SIGHUP brings in the new program. It is told what to do through its standard input, which stays open:
where the input ends, the parent is gone, and the worker stops by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import cast

import structlog
from prometheus_client.multiprocess import mark_process_dead

from reskontra.config import Settings, SetupError
from reskontra.tls import Certificate
from reskontra.web.metrics import SHARED_FOLDER

READY = b"ready\n"
"""What a worker says on its standard output when it answers."""

DRAIN = signal.SIGHUP
"""Asks a worker to stop without turning a client away; SIGTERM, to stop soon."""

DRAIN_SECONDS = 300
_START_SECONDS = 60
_STOP_SECONDS = 20
_HEALTHY_SECONDS = 60
_FIRST_PAUSE_SECONDS = 0.2
_PAUSE_SECONDS_MAX = 10.0

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class WorkerFailed(SetupError):
    """A worker ended, or did not answer in time, before it served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a worker is to serve. `port` and `counts` are descriptors that it inherits; `connections` is how many it may
    open to the database."""

    settings: Settings
    dsn: str
    url: str
    certificate: Certificate | None
    port: int
    counts: int
    counted_from: float
    connections: int


@dataclass(slots=True)
class _Seat:
    """The place of one worker; who sits on it changes."""

    number: int
    process: Process
    since: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    pause: float = 0.0

    def put(self, process: Process) -> None:
        self.process, self.since = process, asyncio.get_running_loop().time()


class Crew:
    """The workers of one server."""

    def __init__(self, order: Order, size: int) -> None:
        self._order = order
        self._size = size
        self._seats: list[_Seat] = []
        self._exchanging = asyncio.Lock()
        self._keepers: list[asyncio.Task[None]] = []

    async def serve(self, announce: Callable[[], None]) -> None:
        """Serve until SIGINT or SIGTERM. SIGHUP exchanges the workers. Raises `WorkerFailed` if one does not start."""
        stopping = asyncio.Event()
        exchanges: set[asyncio.Task[None]] = set()

        def exchange() -> None:
            task = asyncio.create_task(self._exchange_all())
            exchanges.add(task)
            task.add_done_callback(exchanges.discard)

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopping.set)
        with _metrics_folder():
            try:
                if not await self._start_all(stopping):
                    return
                loop.add_signal_handler(signal.SIGHUP, exchange)
                announce()
                await stopping.wait()
            finally:
                for task in (*exchanges, *self._keepers):
                    task.cancel()
                await self._stop_all()

    async def _start_all(self, stopping: asyncio.Event) -> bool:
        """Whether all answer, and nobody asked to stop meanwhile."""
        starting = asyncio.gather(*(self._start(number) for number in range(self._size)))
        waiting = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait((starting, waiting), return_when=asyncio.FIRST_COMPLETED)
            if not starting.done():
                return False
            self._seats = [_Seat(number, process) for number, process in enumerate(starting.result())]
        finally:
            waiting.cancel()
            starting.cancel()
        self._keepers = [asyncio.create_task(self._keep(seat)) for seat in self._seats]
        return True

    async def _start(self, number: int) -> Process:
        """A new worker that answers. Raises `WorkerFailed`."""
        order = self._order
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "reskontra.worker",
            stdin=PIPE, stdout=PIPE, pass_fds=(order.port, order.counts), start_new_session=True,
        )  # fmt: skip
        told, answers = cast(StreamWriter, process.stdin), cast(StreamReader, process.stdout)
        said = b""
        try:
            with contextlib.suppress(TimeoutError, ConnectionError):
                told.write(pickle.dumps(order))
                await told.drain()
                said = await asyncio.wait_for(answers.readline(), _START_SECONDS)
        finally:
            if said != READY:
                await _end(process, signal.SIGTERM, _STOP_SECONDS)
        if said != READY:
            raise WorkerFailed(f"Worker {number + 1} does not serve: it ended with code {process.returncode}.")
        return process

    async def _keep(self, seat: _Seat) -> None:
        """Replace the worker of a seat whenever it ends by itself."""
        while True:
            process = seat.process
            code = await process.wait()
            async with self._exchanging:
                if seat.process is process:
                    log.error("worker ended by itself", worker=seat.number + 1, exit_code=code)
                    _forget(process)
                    await self._refill(seat)

    async def _refill(self, seat: _Seat) -> None:
        """Start a worker until one serves. One that did not live long is started again after a pause that doubles."""
        lived = asyncio.get_running_loop().time() - seat.since
        seat.pause = 0.0 if lived > _HEALTHY_SECONDS else _longer(seat.pause)
        while True:
            await asyncio.sleep(seat.pause)
            try:
                seat.put(await self._start(seat.number))
            except WorkerFailed as failure:
                seat.pause = _longer(seat.pause)
                log.error("worker does not start", reason=str(failure), next_try_in_seconds=seat.pause)
            else:
                log.info("worker was started again", worker=seat.number + 1, pid=seat.process.pid)
                return

    async def _exchange_all(self) -> None:
        """Put a new worker in the place of each, one by one. One that does not start leaves the old one serving."""
        log.info("exchanging workers", workers=self._size)
        for seat in self._seats:
            async with self._exchanging:
                old = seat.process
                try:
                    seat.put(await self._start(seat.number))
                except WorkerFailed as failure:
                    log.error("workers are not exchanged", worker=seat.number + 1, reason=str(failure))
                    return
                await _end(old, DRAIN, DRAIN_SECONDS)
            log.info("worker exchanged", worker=seat.number + 1, pid=seat.process.pid)
        log.info("workers exchanged", workers=self._size)

    async def _stop_all(self) -> None:
        await asyncio.gather(*(_end(seat.process, signal.SIGTERM, _STOP_SECONDS) for seat in self._seats))


def _longer(pause: float) -> float:
    return min(max(pause * 2, _FIRST_PAUSE_SECONDS), _PAUSE_SECONDS_MAX)


async def _end(process: Process, number: signal.Signals, seconds: float) -> None:
    """Ask a process to end, and end it if it does not."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    _forget(process)


def _forget(process: Process) -> None:
    """Take what was only true of a living process out of the metrics."""
    mark_process_dead(process.pid)  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _metrics_folder() -> Iterator[None]:
    """A folder in which the workers count, named in the environment that they inherit."""
    with TemporaryDirectory(prefix="reskontra-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[SHARED_FOLDER]
