"""Clients that hang up, at whatever moment: each request is a line of log and a figure, and nothing else is said."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import token_of
from tests.survival.houses import environment

pytestmark = pytest.mark.sampled(0.5)

LARGE = "/openapi.json"

EXPIRES = "reference data runs out"
"""Said at the start too, if the day of the test is near the end of the template's periods."""


@dataclass
class House:
    """A server process, and where it logs."""

    port: int
    token: str
    log: Path
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def head(self, method: str, path: str, *headers: str) -> bytes:
        lines = [
            f"{method} {path} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {self.token}",
            *headers,
            "",
            "",
        ]
        return "\r\n".join(lines).encode()

    def connect(self) -> socket.socket:
        """A connection with hardly any room for answers that nobody takes."""
        opened = socket.socket()
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        opened.connect(("127.0.0.1", self.port))
        return opened

    async def requests(self) -> int:
        """How many requests the figures count, the asking itself aside."""
        async with httpx.AsyncClient() as client:
            text = (await client.get(f"{self.url}/metrics")).text
        return round(sum(float(it) for it in re.findall(r"^reskontra_requests_total\{.*\} (\S+)$", text, re.MULTILINE)))

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
async def house(fresh_dsn: Callable[[], Any], tmp_path: Path) -> AsyncIterator[House]:
    log = tmp_path / "server.log"
    words = ["serve", "--database-url", await fresh_dsn(), "--port", "0", "--log-format", "json"]
    with log.open("w") as errors:
        process = subprocess.Popen(  # noqa: ASYNC220 - it is waited for anyway
            [sys.executable, "-m", "reskontra", *words],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(),
        )
    with process:
        assert process.stdout is not None
        url = re.search(r"http://\S+:(\d+)", process.stdout.readline())
        assert url is not None, log.read_text()
        yield House(int(url[1]), token_of(url[0]), log, process)
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


ENDINGS: dict[str, Callable[[socket.socket], None]] = {"closes": socket.socket.close, "resets": reset}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_client_that_hangs_up_while_answers_wait_leaves_a_line_for_each_request_begun(
    house: House, ending: str
) -> None:
    async with httpx.AsyncClient() as client:
        large = len((await client.get(house.url + LARGE, headers={"Accept-Encoding": "identity"})).content)
    assert large > 300_000
    asked = 20
    for _ in range(10):
        connection = house.connect()
        connection.sendall(house.head("GET", LARGE) * asked)
        await asyncio.sleep(0.1)
        ENDINGS[ending](connection)
    await assert_only_requests_are_logged(house, large_at_least=10)


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_client_that_hangs_up_before_its_body_is_there_is_a_line_and_a_figure(
    house: House, ending: str
) -> None:
    bodies = [b"", b'{"customerNumber"', b"{" + b" " * 100_000]
    for body in bodies:
        for headers in (("Content-Length: 200000",), ("Content-Length: 200000", "Expect: 100-continue")):
            connection = house.connect()
            connection.sendall(house.head("POST", "/v1/customerinvoice", "Content-Type: application/json", *headers))
            connection.sendall(body)
            await asyncio.sleep(0.1)
            ENDINGS[ending](connection)
    await assert_only_requests_are_logged(house)
    gone = [line for line in house.lines() if line.get("status") == 499]
    assert [line["operation"] for line in gone] == ["CustomerInvoice_Create"] * 6
    assert {line["path"] for line in gone} == {"/v1/customerinvoice"}


async def test_clients_that_hang_up_at_any_moment_leave_no_traceback(house: House) -> None:
    requests = house.head("GET", "/v1/customerinvoice?pageSize=50") * 3 + house.head("GET", LARGE) * 2
    for milliseconds in range(40):
        for end in ENDINGS.values():
            connection = house.connect()
            connection.sendall(requests)
            await asyncio.sleep(milliseconds / 1000)
            end(connection)
    await assert_only_requests_are_logged(house)


async def test_an_upgrade_and_what_is_refused_is_said_without_advice_about_libraries(house: House) -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    connection = house.connect()
    connection.sendall(house.head("GET", "/healthz", *upgrade) + b"garbage\r\n\r\n")
    said = b""
    while data := await asyncio.to_thread(connection.recv, 65536):
        said += data
    assert re.findall(rb"HTTP/1\.1 (\d+)", said) == [b"200", b"400"]
    await assert_only_requests_are_logged(house)
    (refused,) = [line for line in house.lines() if line["event"] == "request refused"]
    assert (refused["status"], refused["peer"]) == (400, "127.0.0.1")
    assert refused["reason"] == "The request is not valid HTTP: Invalid method encountered."
    assert refused["request_id"].encode() in said


async def assert_only_requests_are_logged(house: House, *, large_at_least: int = 0) -> None:
    """The log is lines of requests, as many as the figures count, and of nothing that an operator has to look at."""
    counted = await settled(house)
    house.process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(house.process.wait, 30)
    assert house.process.returncode == 0
    lines = [line for line in house.lines() if line["event"] != EXPIRES]
    assert {line["event"] for line in lines} <= {"serving", "request", "request refused", "stopped serving"}
    assert {line["level"] for line in lines} == {"info"}
    assert not [line for line in lines if "exception" in line]
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) == counted + 1  # the last look at the figures is not in them
    assert len([line for line in requests if line["path"] == LARGE]) >= large_at_least


async def settled(house: House) -> int:
    """How many requests are counted when nothing is under way any more."""
    before, now = -2, await house.requests()
    while now != before + 1:
        await asyncio.sleep(0.3)
        before, now = now, await house.requests()
    return now
