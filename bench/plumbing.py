"""What a request costs before anything is done for it: `/healthz`, beside servers that do nothing.

Their processor time also tells how fast the machine is: that of the bare application was 25 microseconds where the
targets were set.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

import httptools
import uvicorn
import uvloop

from bench.load import BenchError, Plan, Request
from bench.program import Program
from bench.rounds import Bench, Cell
from bench.workloads import Workload

NAME = "plumbing"
TARGET_MICROSECONDS = 45.0
"""What `/healthz` is to take, where a bare application takes as long as below."""

BARE_MICROSECONDS = 25.0

_CLIENTS = 16
_BODY = b"x" * 3_000
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n" % len(_BODY)
_PATH = "/healthz"


def measure(bench: Bench, *, rounds: int, seconds: int) -> Iterator[Cell]:
    """The three servers in turns, each with the same load."""
    with contextlib.ExitStack() as served:
        benches = {
            "bare protocol": replace(bench, program=served.enter_context(_serving("protocol"))),
            "bare ASGI application": replace(bench, program=served.enter_context(_serving("application"))),
            _PATH: bench,
        }
        cells = {title: Cell(_workload(title), _CLIENTS) for title in benches}
        for number in range(rounds + 1):
            for title, cell in cells.items():
                measured = benches[title].drive(cell.workload, _CLIENTS, seconds if number else 1, number)
                if number:
                    cell.rounds.append(measured)
    yield from cells.values()


def said(cells: Mapping[tuple[str, int], Cell]) -> Iterator[str]:
    """What `/healthz` takes at the speed of the machine where the target was set. The cells are by name and clients."""
    bare, ours = cells.get(("bare ASGI application", _CLIENTS)), cells.get((_PATH, _CLIENTS))
    if bare and ours:
        slower = bare.typical("program", "program_cpu") * 1000 / BARE_MICROSECONDS
        took = ours.typical("program", "program_cpu") * 1000 / slower
        reached = "reached" if took <= TARGET_MICROSECONDS else "missed"
        yield (
            f"/healthz: {took:.0f} us of processor on a machine where a bare ASGI application takes "
            f"{BARE_MICROSECONDS:.0f}; here {slower:.2f} times that (target {TARGET_MICROSECONDS:.0f} {reached})"
        )


def _workload(title: str) -> Workload:
    plan = Plan([Request("GET", _PATH, 1)])
    return Workload(title, title, lambda *_: plan, "", clients=(_CLIENTS,), short_clients=(_CLIENTS,))


@contextlib.contextmanager
def _serving(kind: str) -> Generator[Program]:
    command = [sys.executable, "-m", __name__, kind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        port = next(iter(process.stdout or ()), "")
        if not port:
            raise BenchError(f"the bare {kind} did not start")
        yield Program(f"http://127.0.0.1:{port.strip()}", process.pid, "")
    finally:
        process.kill()
        process.communicate()


class _Protocol(asyncio.Protocol):
    """As little as a server can do that parses HTTP."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._transport.write(_HEAD + _BODY)


async def _application(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(_BODY))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": _BODY})


class _Telling(uvicorn.Server):
    """uvicorn, which tells its port."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        _tell(self.servers[0].sockets[0])


def _tell(listening: Any) -> None:
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()


async def _serve(kind: str) -> None:
    if kind == "protocol":
        server = await asyncio.get_running_loop().create_server(_Protocol, "127.0.0.1", 0)
        _tell(server.sockets[0])
        await server.serve_forever()
    config = uvicorn.Config(_application, port=0, http="httptools", lifespan="off", access_log=False, log_level="error")
    await _Telling(config).serve()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
