"""Our own PostgreSQL dies under a running server, or its disk is full: 503 meanwhile, and on again without our help."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from reskontra.db.selfcheck import offences
from tests.clerk import INVOICE, body, number_of, sale
from tests.survival.houses import House, kill, running

pytestmark = [pytest.mark.sampled(0.5), pytest.mark.xdist_group("demo folder")]

INVOICES = "/v1/customerinvoice"
ROOM_BYTES = 120 * 2**20
RECOVERS_SECONDS = 40
NOTE = "x" * 30_000


@pytest.fixture
def house(demo_folder: Path) -> House:
    return House(demo_folder)


@asynccontextmanager
async def calling(house: House) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {await house.token()}"}
    async with httpx.AsyncClient(base_url=house.url, headers=headers, timeout=60) as http:
        yield http


async def post(http: httpx.AsyncClient, note: str = "") -> httpx.Response:
    answer = await http.post(INVOICES, json=body(INVOICE, **sale(note=note)))
    if answer.status_code == 503:
        assert int(answer.headers["Retry-After"]) >= 1
        assert "VismaId: " in answer.json()["message"]
    return answer


async def comes_back(http: httpx.AsyncClient) -> str:
    """Ask until an invoice goes through; its number."""
    deadline = time.monotonic() + RECOVERS_SECONDS
    while True:
        answer = await post(http)
        if answer.status_code == 201:
            while (await http.get("/readyz")).status_code != 200:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.1)
            return number_of(answer)
        assert answer.status_code == 503, answer.text
        assert (await http.get("/healthz")).status_code == 200
        assert time.monotonic() < deadline, answer.text
        await asyncio.sleep(0.1)


async def another_postmaster(house: House, old: int) -> None:
    """Wait until PostgreSQL runs anew: before, a session of the old one may still answer a request, its last one."""
    async with asyncio.timeout(RECOVERS_SECONDS):
        while house.postmaster in (None, old):
            await asyncio.sleep(0.05)


async def is_out(http: httpx.AsyncClient) -> None:
    """Wait until it is noticed that the database is out."""
    async with asyncio.timeout(10):
        while (await http.get("/readyz")).status_code == 200:
            await asyncio.sleep(0.01)
    ready = await http.get("/readyz")
    assert (ready.status_code, "cannot be reached" in ready.json()["reason"]) == (503, True)


async def assert_books_prove_themselves(house: House) -> None:
    connection = await asyncpg.connect(house.dsn())
    try:
        assert [offence.sentence for offence in await offences(connection)] == []
    finally:
        await connection.close()


async def test_a_postgres_that_dies_is_started_again(house: House) -> None:
    async with running(house), calling(house) as http:
        first = await comes_back(http)
        for _ in range(2):
            postmaster = house.postmaster
            assert postmaster is not None
            kill(postmaster)
            await another_postmaster(house, postmaster)
            second = await comes_back(http)
            assert int(second) == int(first) + 1
            assert house.postmaster != postmaster
            first = second
        await assert_books_prove_themselves(house)
    assert house.said().count("PostgreSQL ended by itself") == 2
    assert house.said().count("PostgreSQL was started again") == 2
    assert list(house.faults()) == []


async def test_a_postgres_that_does_not_start_is_tried_again_more_and_more_patiently(house: House) -> None:
    control = house.folder / "cluster" / "global" / "pg_control"
    async with running(house), calling(house) as http:
        control.rename(control.with_name("gone"))
        assert house.postmaster is not None
        kill(house.postmaster)
        await is_out(http)
        assert (await http.get("/healthz")).status_code == 200
        assert (await post(http)).status_code == 503
        async with asyncio.timeout(30):
            while house.said().count("PostgreSQL does not start") < 4:
                await asyncio.sleep(0.05)
        control.with_name("gone").rename(control)
        await comes_back(http)
        await assert_books_prove_themselves(house)
    assert [f'"next_try_in_seconds":{pause}' in house.said().replace(" ", "") for pause in (0.2, 0.4, 0.8)] == [
        True
    ] * 3


async def test_a_server_stops_in_order_while_its_postgres_does_not_start(house: House) -> None:
    control = house.folder / "cluster" / "global" / "pg_control"
    async with running(house), calling(house) as http:
        control.rename(control.with_name("gone"))
        assert house.postmaster is not None
        kill(house.postmaster)
        await is_out(http)
        begin = time.monotonic()
        assert await house.stop() == 0
        assert time.monotonic() - begin < 20
    assert "stopped serving" in house.said()


# --- the disk is full


def on_a_small_disk(made: Path, disk: Path) -> tuple[str, ...]:
    """Words before a command: it runs where `disk` is a file system of `ROOM_BYTES` of its own, with a copy of `made`.

    The mount is seen by that process and its children only, and is gone with them. An ordinary user gets it in a
    user namespace. Where neither works this fails: a disk that is full cannot be shown in another way.
    """
    mount = f'mount -t tmpfs -o size={ROOM_BYTES} tmpfs {disk} && cp -a {made} {disk}/books && exec "$@"'
    own = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    return ("unshare", *own, "--mount", "sh", "-c", mount, "sh")


async def test_a_disk_that_is_full(made: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    house = House(disk / "books", prefix=on_a_small_disk(made, disk))
    house.log_path = tmp_path / "server.log"
    async with running(house), calling(house) as http:
        seen = Path(f"/proc/{house.pid}/root{disk}")
        house.folder = seen / "books"
        saved = [await comes_back(http)]
        filler = seen / "filler"
        fill(filler)
        refused = 0
        while refused < 5:
            answer = await post(http, NOTE)
            assert answer.status_code in (201, 503), answer.text
            if answer.status_code == 201:
                saved.append(answer.headers["Location"].rpartition("/")[2])
            else:
                refused += 1
        assert "no room left" in answer.json()["message"]
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get(f"{INVOICES}/{saved[0]}")).status_code == 200

        await use_up_the_log(house.dsn())  # PostgreSQL itself goes down now, and cannot come up
        await is_out(http)
        assert "cannot be reached" in (await post(http)).json()["message"]

        filler.unlink()
        saved.append(await comes_back(http))
        assert [int(number) for number in saved] == list(range(int(saved[0]), int(saved[0]) + len(saved)))
        for number in saved:
            assert (await http.get(f"{INVOICES}/{number}")).status_code == 200
        await assert_books_prove_themselves(house)
    assert list(house.faults()) == []


def fill(filler: Path) -> None:
    """Leave no byte on the disk."""
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        while True:
            file.write(bytes(65536))


async def use_up_the_log(dsn: str) -> None:
    """Write into the write-ahead log until there is no room for its next file."""
    connection: asyncpg.Connection[Any] = await asyncpg.connect(dsn)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        for _ in range(500):
            await connection.execute("select pg_logical_emit_message(true, 'filler', repeat('x', 1000000))")
    connection.terminate()
