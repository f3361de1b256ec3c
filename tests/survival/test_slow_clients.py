"""Clients that are slow, greedy, broken or many: they are cut off in time, in bounded memory, and others are served."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState

from reskontra.web.crowd import Crowd, Limits
from reskontra.web.protocol import JsonProtocol
from tests.clerk import INVOICE, body, sale
from tests.conftest import token_of

MEBIBYTE = 1024 * 1024
# What the test's servers give their clients; a loaded machine may take its time on top.
PATIENCE_SECONDS = 2
SLACK_SECONDS = 15
SERVED_WITHIN_SECONDS = 5
GROWTH_MAX = 150 * MEBIBYTE


pytestmark = [
    pytest.mark.sampled(0.5),
    pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="reads /proc"),
]


@dataclass(frozen=True)
class WatchedServer:
    """A server process of its own."""

    dsn: str
    port: int
    pid: int
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def head(self, method: str, path: str, *headers: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {self.token}", *headers, "", ""]
        return "\r\n".join(lines).encode()

    def post(self, *headers: str) -> bytes:
        content = json.dumps(body(INVOICE, **sale())).encode()
        kind = "Content-Type: application/json"
        return self.head("POST", "/v1/customerinvoice", kind, f"Content-Length: {len(content)}", *headers) + content

    def memory(self) -> int:
        """Bytes of memory that this process alone answers for."""
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        assert found is not None
        return int(found[1]) * 1024

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def invoices(self) -> int:
        connection = await asyncpg.connect(self.dsn)
        try:
            count: int = await connection.fetchval("select count(*) from document")
        finally:
            await connection.close()
        return count


@contextmanager
def serving(dsn: str, *, descriptors: tuple[int, int] | None = None, **variables: str) -> Iterator[WatchedServer]:
    """A server on `dsn` that is impatient; `descriptors` are its soft and hard limit of open files."""
    given = {f"RESKONTRA_{name}_TIMEOUT": str(PATIENCE_SECONDS) for name in ("HEADER", "BODY", "SEND")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RESKONTRA_", "DATABASE_"))}

    def limit() -> None:
        if descriptors is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, descriptors)

    process = subprocess.Popen(
        [sys.executable, "-m", "reskontra", "serve", "--database-url", dsn, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**kept, **given, **variables},
        preexec_fn=limit,  # noqa: PLW1509 - no thread of the tests holds a lock that it needs
    )
    with process:
        assert process.stdout is not None
        url = re.search(r"http://\S+:(\d+)", process.stdout.readline())
        try:
            assert url is not None, "the server did not start"
            yield WatchedServer(dsn, int(url[1]), process.pid, token_of(url[0]))
            assert process.poll() is None, "the server died"
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
async def server(databases: Any, dsn_of: Callable[[str], str]) -> AsyncIterator[WatchedServer]:
    """The server that most of these tests trouble."""
    name = await databases.clone()
    with serving(dsn_of(name), RESKONTRA_WAITING_LIMIT=str(32 * MEBIBYTE)) as started:
        yield started
    await databases.drop(name)


@asynccontextmanager
async def others_are_served(server: WatchedServer) -> AsyncIterator[None]:
    """While the context is open, somebody else asks again and again on a new connection each time."""
    waited: list[float] = []
    grown_from = server.memory()
    grown_to = grown_from

    async def ask() -> None:
        nonlocal grown_to
        while True:
            begun = time.monotonic()
            async with httpx.AsyncClient(headers={"Authorization": f"Bearer {server.token}"}, timeout=60) as client:
                answer = await client.get(f"{server.url}/v1/customerinvoice/003547")
            assert answer.status_code == 200, answer.text
            waited.append(time.monotonic() - begun)
            grown_to = max(grown_to, server.memory())
            await asyncio.sleep(0.05)

    asking = asyncio.create_task(ask())
    try:
        yield
        for _ in range(100):
            if waited or asking.done():
                break
            await asyncio.sleep(0.1)
    finally:
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
    assert waited
    assert max(waited) < SERVED_WITHIN_SECONDS
    assert grown_to - grown_from < GROWTH_MAX, f"grown by {(grown_to - grown_from) // MEBIBYTE} MiB"


@asynccontextmanager
async def connected(
    server: WatchedServer, **options: Any
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, **options)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def everything(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the server closes, which it must do in time."""
    said = b""
    async with asyncio.timeout(PATIENCE_SECONDS + SLACK_SECONDS):
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(65536):
                said += piece
    return said


async def said_to(server: WatchedServer, *pieces: bytes, pause: float = 0) -> bytes:
    """Send `pieces`, and go on as long as the server listens; returns all that it says until it closes."""
    async with connected(server) as (reader, writer):

        async def send() -> None:
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(pause)

        sending = asyncio.create_task(send())
        said = await everything(reader)
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending
        return said


def statuses(said: bytes) -> list[int]:
    return [int(it) for it in re.findall(rb"HTTP/1\.1 (\d{3}) ", said)]


def is_json(said: bytes) -> bool:
    return "message" in json.loads(said.rpartition(b"\r\n\r\n")[2])


# --- slow


async def test_headers_that_drip_are_cut_off(server: WatchedServer) -> None:
    drops = [bytes([byte]) for byte in server.head("GET", "/v1/customer")]
    async with others_are_served(server):
        answers = await asyncio.gather(*(said_to(server, *drops, pause=0.3) for _ in range(200)))
    assert {tuple(statuses(said)) for said in answers} == {(408,)}
    assert all(is_json(said) for said in answers)


async def test_connection_that_says_nothing_is_closed(server: WatchedServer) -> None:
    assert await said_to(server) == b""


async def test_body_that_drips_is_cut_off_and_nothing_is_done(server: WatchedServer) -> None:
    before = await server.invoices()
    head = server.head("POST", "/v1/customerinvoice", "Content-Type: application/json", "Content-Length: 5000")
    async with others_are_served(server):
        answers = await asyncio.gather(*(said_to(server, head, *[b" "] * 60, pause=0.3) for _ in range(100)))
    assert {tuple(statuses(said)) for said in answers} == {(408,)}
    assert await server.invoices() == before


async def test_client_that_never_reads_holds_no_database_connection_and_is_dropped(server: WatchedServer) -> None:
    page = server.head("GET", "/v1/customerinvoice?pageSize=1000") * 30
    async with others_are_served(server), contextlib.AsyncExitStack() as opened:
        readers = []
        for _ in range(40):
            readers.append(await opened.enter_async_context(never_reading(server, page)))
        await asyncio.sleep(1)
        assert await busy_connections(server.dsn) == 0
        assert open_sockets(server) >= 40
        await until(lambda: open_sockets(server) < 20, "clients that do not read are still there")


async def test_answers_that_nobody_takes_are_bounded_together(databases: Any, dsn_of: Callable[[str], str]) -> None:
    name = await databases.clone()
    room = 8 * MEBIBYTE
    with serving(dsn_of(name), RESKONTRA_SEND_TIMEOUT="600", RESKONTRA_WAITING_LIMIT=str(room)) as server:
        small, large = (
            len(httpx.get(f"{server.url}{path}", headers={"Accept-Encoding": "identity"}).content)
            for path in ("/docs", "/openapi.json")
        )
        # The first answers wait in the kernel, which is not the server's memory. How much of one is left over
        # depends on what came before it, so each client begins at another place: half of one is left on average.
        clients = 12 * room // large
        async with others_are_served(server), contextlib.AsyncExitStack() as opened:
            for place in range(clients):
                before = server.head("GET", "/docs") * (place % (large // small))
                asked = before + server.head("GET", "/openapi.json") * 10
                await opened.enter_async_context(never_reading(server, asked))
            await until(lambda: 0 < open_sockets(server) < clients * 2 // 3, "nobody had to make room")
    await databases.drop(name)


@asynccontextmanager
async def never_reading(server: WatchedServer, asked: bytes) -> AsyncIterator[asyncio.StreamWriter]:
    """A client that asks, has hardly any room for an answer, and takes nothing of it."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    narrow.connect(("127.0.0.1", server.port))
    reader, writer = await asyncio.open_connection(sock=narrow)
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(asked)
    try:
        yield writer
    finally:
        writer.transport.abort()


async def busy_connections(dsn: str) -> int:
    """Connections of the server that are in a transaction, looked at until none of the prober's is among them."""
    connection = await asyncpg.connect(dsn)
    try:
        counts = []
        for _ in range(20):
            count: int = await connection.fetchval(
                """select count(*) from pg_stat_activity
                    where datname = current_database() and state <> 'idle'
                      and application_name like 'reskontra http%'"""
            )
            counts.append(count)
            await asyncio.sleep(0.05)
    finally:
        await connection.close()
    return min(counts)


def open_sockets(server: WatchedServer) -> int:
    """How many of the server's connections from clients are open."""
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    port = f":{server.port:04X}"
    established = "01"
    return sum(1 for row in rows if row.split()[1].endswith(port) and row.split()[3] == established)


async def until(happens: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS + SLACK_SECONDS
    while not happens():
        assert time.monotonic() < deadline, otherwise
        await asyncio.sleep(0.1)


# --- many


async def test_two_thousand_idle_connections_cost_little_and_others_are_served(
    databases: Any, dsn_of: Callable[[str], str]
) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < 5000:
        pytest.skip("this machine allows too few open files")
    name = await databases.clone()
    with serving(dsn_of(name), descriptors=(256, hard), RESKONTRA_HEADER_TIMEOUT="60") as patient:
        await idle(patient, 10)
        before = patient.memory()
        async with others_are_served(patient):
            sockets = await idle(patient, 2000)
            await until(lambda: open_sockets(patient) >= 2000, "not all connections were taken")
            assert patient.memory() - before < 2000 * 40 * 1024
            worked = patient.cpu_seconds()
            begun = time.monotonic()
            await asyncio.sleep(1)
            assert patient.cpu_seconds() - worked < 0.8 * (time.monotonic() - begun)
        for one in sockets:
            one.close()
    await databases.drop(name)


async def idle(server: WatchedServer, count: int) -> list[socket.socket]:
    """Connections that have asked once and are kept alive, every other one without having said a word."""
    opened = []
    for number in range(count):
        one = socket.create_connection(("127.0.0.1", server.port))
        if number % 2:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        opened.append(one)
        if number % 50 == 0:
            await asyncio.sleep(0.01)
    return opened


async def test_server_that_may_open_few_files_closes_who_waits_longest_and_goes_on(
    databases: Any, dsn_of: Callable[[str], str]
) -> None:
    name = await databases.clone()
    with serving(dsn_of(name), descriptors=(128, 256), RESKONTRA_HEADER_TIMEOUT="60") as narrow:
        assert re.search(r"Max open files\s+256\s+256", Path(f"/proc/{narrow.pid}/limits").read_text())
        async with others_are_served(narrow):
            sockets = await idle(narrow, 600)
            await asyncio.sleep(1)
            assert 100 < open_sockets(narrow) <= 256
            worked = narrow.cpu_seconds()
            begun = time.monotonic()
            await asyncio.sleep(1)
            assert narrow.cpu_seconds() - worked < 0.8 * (time.monotonic() - begun)
        for one in sockets:
            one.close()
    await databases.drop(name)


# --- greedy


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /v1/customer HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % it for it in range(200)) + b"\r\n", 431),
        (b"GET /v1/customer HTTP/1.1\r\nX-Long: " + b"a" * MEBIBYTE, 431),
        (b"GET /v1/customer HTTP/1.1\r\n" + b"X" * MEBIBYTE, 431),
        (b"GET /" + b"a" * MEBIBYTE + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"G" * MEBIBYTE, 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ],
    ids=["many headers", "long header", "long name", "long address", "long method", "tls", "http 2"],
)
async def test_head_that_is_too_much_is_refused_in_json(server: WatchedServer, head: bytes, status: int) -> None:
    said = await said_to(server, head)
    # Closing while more is on its way may cost the client the answer; what arrives must be the right one.
    assert statuses(said) in ([status], []), said[:200]
    assert len(head) > 65536 or is_json(said)


async def test_heads_without_end_are_refused_in_bounded_memory(server: WatchedServer) -> None:
    begin = b"GET /v1/customer HTTP/1.1\r\n"
    trailers = server.head("POST", "/v1/customerinvoice", "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n"
    extension = server.head("POST", "/v1/customerinvoice", "Transfer-Encoding: chunked") + b"2;"
    async with others_are_served(server):
        answers = await asyncio.gather(
            *(said_to(server, begin, *[b"X-%d: %s\r\n" % (it, b"a" * 1000) for it in range(5000)]) for _ in range(20)),
            *(said_to(server, begin + b"X: ", *[b"a" * 65536] * 100) for _ in range(20)),
            *(said_to(server, trailers, *[b"X: %s\r\n" % (b"a" * 1000)] * 5000) for _ in range(10)),
            *(said_to(server, extension, *[b"a" * 65536] * 100) for _ in range(10)),
        )
    assert {status for said in answers for status in statuses(said)} == {431}


async def test_chunks_without_end_are_refused_in_bounded_memory(server: WatchedServer) -> None:
    before = await server.invoices()
    head = server.head("POST", "/v1/customerinvoice", "Content-Type: application/json", "Transfer-Encoding: chunked")
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    async with others_are_served(server):
        answers = await asyncio.gather(*(said_to(server, head, *[chunk] * 1000) for _ in range(8)))
    assert {status for said in answers for status in statuses(said)} <= {413, 503}
    assert await server.invoices() == before


async def test_bodies_that_wait_together_are_bounded(server: WatchedServer) -> None:
    head = server.head("POST", "/v1/customerinvoice", "Content-Type: application/json", "Content-Length: 9000000")
    async with others_are_served(server):
        answers = await asyncio.gather(*(said_to(server, head, b" " * 8_000_000) for _ in range(20)))
    assert {status for said in answers for status in statuses(said)} <= {408, 503}
    assert any(b"\r\nretry-after: 1\r\n" in said for said in answers)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {server.token}"}, timeout=60) as client:
        answer = await client.post(f"{server.url}/v1/customerinvoice", json=body(INVOICE, **sale()))
    assert answer.status_code == 201, answer.text


async def test_answer_before_the_body_does_not_keep_the_connection(server: WatchedServer) -> None:
    head = b"POST /v1/customerinvoice HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    said = await said_to(server, head, *[b"1\r\n \r\n"] * 100, pause=0.3)
    assert statuses(said) == [401]


# --- pipelined


async def test_client_that_takes_every_answer_is_not_dropped_however_often_there_is_a_new_one() -> None:
    count, crowd = 200, Crowd(Limits(send_seconds=10), look_seconds=3600)
    connections: list[JsonProtocol] = []

    async def app(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
        crowd.now += 1  # a second between two answers, and a look whenever the newest is just written
        connections[0].look(crowd.now)

    config = uvicorn.Config(app, http=JsonProtocol, lifespan="off", log_config=None)
    loop = asyncio.get_running_loop()

    def connection() -> JsonProtocol:
        connections.append(JsonProtocol(config, ServerState(), {}, loop, crowd=crowd))
        return connections[-1]

    listening = await loop.create_server(connection, "127.0.0.1", 0)
    async with listening, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * (count - 1))
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = await reader.read()
        writer.close()
    assert statuses(said) == [200] * count


async def test_thousands_of_pipelined_requests_are_all_answered_in_bounded_memory(server: WatchedServer) -> None:
    count = 2000
    asked = server.head("GET", "/healthz") * count

    async def ask() -> int:
        async with connected(server) as (reader, writer):
            writer.write(asked)
            answered = 0
            async with asyncio.timeout(120):
                while answered < count:
                    head = await reader.readuntil(b"\r\n\r\n")
                    assert statuses(head) == [200]
                    length = re.search(rb"content-length: (\d+)", head)
                    assert length is not None
                    await reader.readexactly(int(length[1]))
                    answered += 1
            return answered

    async with others_are_served(server):
        assert await asyncio.gather(*(ask() for _ in range(5))) == [count] * 5


async def test_pipelined_answers_come_in_order(server: WatchedServer) -> None:
    numbers = [f"{number:06d}" for number in range(3524, 3548)]
    asked = b"".join(server.head("GET", f"/v1/customerinvoice/{number}") for number in numbers)
    last = server.head("GET", "/v1/customer/none", "Connection: close")
    said = await said_to(server, asked + last)
    assert re.findall(rb'"referenceNumber":"(\d{6})"', said) == [number.encode() for number in numbers]
    assert statuses(said)[-1] == 404


async def test_garbage_behind_requests_is_refused_after_their_answers(server: WatchedServer) -> None:
    before = await server.invoices()
    get = server.head("GET", "/v1/customerinvoice/003547")
    async with others_are_served(server):
        assert statuses(await said_to(server, get + b"\x00garbage\r\n\r\n")) == [200, 400]
        assert statuses(await said_to(server, server.post() + b"garbage\r\n\r\n" * 10_000)) == [201, 400]
        assert statuses(await said_to(server, get + get + server.post() + b"]")) == [200, 200, 201, 400]
        assert statuses(await said_to(server, get + b"GET /v1/customer HT")) == [200, 408]
        slow = server.head("POST", "/v1/customerinvoice", "Content-Length: 100") + b"{"
        assert statuses(await said_to(server, get + slow)) == [200, 408]
        broken = server.head("POST", "/v1/customerinvoice", "Transfer-Encoding: chunked") + b"2\r\n{}garbage"
        assert statuses(await said_to(server, get + broken)) == [200, 400]
    assert await server.invoices() == before + 2


# --- correct, and rarely seen


async def test_client_that_waits_to_be_asked_for_its_body_is_asked(server: WatchedServer) -> None:
    head, _, body = server.post("Expect: 100-continue", "Connection: close").partition(b"\r\n\r\n")
    async with connected(server) as (reader, writer):
        writer.write(head + b"\r\n\r\n")
        async with asyncio.timeout(SLACK_SECONDS):
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(body)
        assert statuses(await everything(reader)) == [201]
    assert statuses(await said_to(server, head + b"\r\n\r\n")) == [100, 408]


async def test_half_closed_connection_gets_its_answers(server: WatchedServer) -> None:
    before = await server.invoices()
    get = server.head("GET", "/v1/customerinvoice/003547")
    for asked, answered in ((get, [200]), (server.post(), [201]), (get * 50, [200] * 50), (get + b"GET /x", [200])):
        async with connected(server) as (reader, writer):
            writer.write(asked)
            writer.write_eof()
            assert statuses(await everything(reader)) == answered
    async with connected(server) as (reader, writer):
        writer.write(server.post()[:-5])
        writer.write_eof()
        assert await everything(reader) == b""
    assert await server.invoices() == before + 1


async def test_connections_cut_in_the_middle_leave_nothing(server: WatchedServer) -> None:
    before = await server.invoices()
    async with others_are_served(server):
        for cut in range(1, len(server.post()), 17):
            async with connected(server) as (_, writer):
                writer.write(server.post()[:cut])
                await writer.drain()
                if cut % 2:
                    writer.transport.abort()
        await until(lambda: open_sockets(server) < 5, "connections of clients that are gone are still there")
    assert await server.invoices() == before
