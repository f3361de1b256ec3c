"""Several processes on one port: they share the work, the counts and the limits, and no client notices an exchange."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import asyncpg
import httpx
import pytest

from reskontra.web.limits import WINDOW_SECONDS, Limiter, OwnCounts, SharedCounts
from tests.conftest import token_of
from tests.platform.processes import Running, is_running

pytestmark = [pytest.mark.sampled(0.5), pytest.mark.xdist_group("command line")]

PATIENCE_SECONDS = 60
Fresh = Callable[[], Awaitable[str]]


class Crew(Running):
    """A server with several workers, and a client's token."""

    def __init__(self, dsn: str, workers: int, **variables: str) -> None:
        words = ["serve", "--database-url", dsn, "--port", "0", "--workers", str(workers), "--log-format", "json"]
        super().__init__(*words, cwd=None, **variables)
        self.headers = {"Authorization": f"Bearer {token_of(self.url)}"}

    def workers(self) -> set[int]:
        """Their process ids."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return {int(pid) for pid in children.split()}

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, "".join(self.errors)
            time.sleep(0.05)

    def said(self, event: str) -> int:
        return sum(f'"event":"{event}"' in line for line in self.errors)


@contextlib.contextmanager
def crew(dsn: str, workers: int = 2, **variables: str) -> Iterator[Crew]:
    started = Crew(dsn, workers, **variables)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.end(signal.SIGTERM)


def has_exchanged(server: Crew, times: int) -> bool:
    return server.said("workers exchanged") == times


async def test_workers_share_port_counts_and_metrics_and_stop_together(fresh_dsn: Fresh) -> None:
    with crew(await fresh_dsn(), 2, RESKONTRA_RATE_LIMIT="25") as server:
        pids = server.workers()
        assert len(pids) == 2
        remaining = []
        for _ in range(20):  # each on a connection of its own
            answer = httpx.get(f"{server.url}/v1/customer", headers=server.headers)
            assert answer.status_code == 200, answer.text
            remaining.append(int(answer.headers["x-ratelimit-remaining"]))
        assert remaining == list(range(24, 4, -1))
        metrics = httpx.get(f"{server.url}/metrics").text
        assert {int(pid) for pid in re.findall(r'reskontra_memory_bytes\{pid="(\d+)"\} [1-9]', metrics)} == pids
        counted = re.search(r'reskontra_requests_total\{operation="Customer_GetAll",status="200"\} (\d+)', metrics)
        assert counted, metrics
        assert int(counted[1]) == 20
        for _ in range(5):
            httpx.get(f"{server.url}/v1/customer", headers=server.headers)
        assert httpx.get(f"{server.url}/v1/customer", headers=server.headers).status_code == 429
        assert server.end(signal.SIGTERM) == 0
    assert not [pid for pid in pids if is_running(pid)]
    assert '"event":"stopped serving"' in server.errors[-1]


async def test_a_worker_that_dies_is_replaced(fresh_dsn: Fresh) -> None:
    with crew(await fresh_dsn()) as server:
        before = server.workers()
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        server.until(lambda: server.said("worker was started again") == 1)
        after = server.workers()
        assert len(after) == 2
        assert after & before == before - {killed}
        metrics = httpx.get(f"{server.url}/metrics").text
        assert {int(pid) for pid in re.findall(r'memory_bytes\{pid="(\d+)"\}', metrics)} == after


async def test_an_exchange_of_workers_loses_no_request(fresh_dsn: Fresh) -> None:
    """Eight clients, each of which keeps its connection, write without a pause while all workers change twice."""
    with crew(await fresh_dsn()) as server:
        pids, done, going = [server.workers()], [0] * 8, True

        async def write(place: int) -> None:
            async with httpx.AsyncClient(base_url=server.url, headers=server.headers, timeout=30) as client:
                while going:
                    answer = await client.post("/v1/customer", json={"name": {"value": f"{place} {done[place]}"}})
                    assert answer.status_code == 201, answer.text
                    done[place] += 1

        writing = [asyncio.create_task(write(place)) for place in range(8)]
        for turn in (1, 2):
            await asyncio.sleep(0.5)
            server.process.send_signal(signal.SIGHUP)
            await asyncio.to_thread(server.until, partial(has_exchanged, server, turn))
            pids.append(server.workers())
        going = False
        await asyncio.gather(*writing)
        assert all(not one & other for one, other in itertools.pairwise(pids))
        assert all(len(one) == 2 for one in pids)
        async with httpx.AsyncClient(base_url=server.url, headers=server.headers) as client:
            found = await client.get("/v1/customer", params={"pageSize": 1})
        assert all(done)
        assert found.json()[0]["metadata"]["totalCount"] >= sum(done)


async def test_an_idle_connection_is_closed_by_an_exchange(fresh_dsn: Fresh) -> None:
    with crew(await fresh_dsn()) as server:
        async with httpx.AsyncClient(base_url=server.url, headers=server.headers) as client:
            assert (await client.get("/v1/customer/20001")).status_code == 200
            server.process.send_signal(signal.SIGHUP)
            await asyncio.to_thread(server.until, partial(has_exchanged, server, 1))
            assert (await client.get("/v1/customer/20001")).status_code == 200


async def test_workers_end_with_their_parent(fresh_dsn: Fresh) -> None:
    with crew(await fresh_dsn()) as server:
        pids = server.workers()
        server.process.kill()
        server.process.wait(10)
        server.until(lambda: not any(map(is_running, pids)))


async def test_a_new_worker_that_does_not_start_leaves_the_old_ones(fresh_dsn: Fresh, tmp_path: Path) -> None:
    """Because the program installed by now cannot be started, or because it wants another schema."""
    program = tmp_path / "reskontra" / "__init__.py"
    dsn = await fresh_dsn()
    with crew(dsn, 2, PYTHONPATH=str(tmp_path)) as server:
        before = server.workers()
        program.parent.mkdir()
        program.write_text("raise ImportError('half an upgrade')\n", encoding="utf-8")
        await refuse_exchange(server, 1)
        shutil.rmtree(program.parent)
        connection = await asyncpg.connect(dsn)
        await connection.execute("delete from schema_version where version = (select max(version) from schema_version)")
        await connection.close()
        await refuse_exchange(server, 2)
        assert server.workers() == before
        assert httpx.get(f"{server.url}/v1/customer/20001", headers=server.headers).status_code == 200


async def refuse_exchange(server: Crew, times: int) -> None:
    server.process.send_signal(signal.SIGHUP)
    await asyncio.to_thread(server.until, lambda: server.said("workers are not exchanged") == times)


def test_counts_of_several_processes_are_one(tmp_path: Path) -> None:
    script = (
        "import sys; from reskontra.web.limits import SharedCounts\n"
        "counts = SharedCounts(int(sys.argv[1]))\n"
        "for turn in range(2000): counts.add(1, turn % 3, 'client')\n"
    )
    with tempfile.TemporaryFile(dir=tmp_path) as file:
        command = [sys.executable, "-c", script, str(file.fileno())]
        adding = [subprocess.Popen(command, pass_fds=(file.fileno(),)) for _ in range(3)]
        assert [it.wait(60) for it in adding] == [0, 0, 0]
        counts = SharedCounts(file.fileno())
        assert sum(counts.add(1, company, "client") for company in range(3)) == 3 * 2000 + 3
        assert counts.add(2, 0, "client") == 1  # a new window


@pytest.mark.parametrize("shared", [False, True])
def test_a_window_ends_after_an_hour(shared: bool, tmp_path: Path) -> None:
    now = [100.0]
    with tempfile.TemporaryFile(dir=tmp_path) as file:
        limiter = Limiter(2, lambda: now[0], counts=SharedCounts(file.fileno()) if shared else OwnCounts())
        assert [limiter.take(1, "a").is_exceeded for _ in range(3)] == [False, False, True]
        assert limiter.take(2, "a").remaining == 1
        now[0] += WINDOW_SECONDS - 1
        assert limiter.take(1, "a").is_exceeded
        assert limiter.idle().reset_seconds == 1
        now[0] += 1
        assert limiter.take(1, "a").remaining == 1
        assert limiter.idle().reset_seconds == WINDOW_SECONDS


def test_a_crowded_table_keeps_those_who_ask_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reskontra.web.limits._SLOTS", 64)
    with tempfile.TemporaryFile(dir=tmp_path) as file:
        counts = SharedCounts(file.fileno())
        for _ in range(100):
            counts.add(1, 1, "busy")
        for number in range(1000):
            counts.add(1, 2, f"client {number}")
        assert counts.add(1, 1, "busy") == 101
