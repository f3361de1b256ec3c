"""Few writes at a time: in their order, none held up by one that takes long, and no place lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from reskontra.config import Settings
from reskontra.db.counting import counting
from reskontra.db.gate import Gate
from reskontra.db.pool import Connection, Database
from reskontra.serve import _writes_at_once

AT_ONCE = 3

FreshDsn = Callable[[], Awaitable[str]]


async def test_only_so_many_are_within_and_they_enter_in_the_order_in_which_they_came() -> None:
    gate = Gate(AT_ONCE)
    within, most, entered = 0, 0, []

    async def one(number: int) -> None:
        nonlocal within, most
        async with gate.passage():
            entered.append(number)
            within += 1
            most = max(most, within)
            await asyncio.sleep(0.001)
            within -= 1

    await asyncio.gather(*(one(number) for number in range(50)))
    assert (most, entered) == (AT_ONCE, list(range(50)))


async def test_who_takes_long_lets_others_through() -> None:
    gate = Gate(AT_ONCE)
    end = asyncio.Event()

    async def slow() -> None:
        async with gate.passage():
            await end.wait()

    tasks = [asyncio.create_task(slow()) for _ in range(4 * AT_ONCE)]
    async with asyncio.timeout(10), gate.passage():
        end.set()
    await asyncio.gather(*tasks)


async def test_a_write_within_a_write_gets_its_turn() -> None:
    gate = Gate(1)
    async with asyncio.timeout(10), gate.passage(), gate.passage():
        pass


@pytest.mark.parametrize("seed", range(5))
async def test_no_place_is_lost_to_those_who_give_up_or_fail(seed: int) -> None:
    random.seed(seed)
    gate = Gate(AT_ONCE)

    async def one() -> None:
        async with gate.passage():
            await asyncio.sleep(random.random() * 0.002)
            if random.random() < 0.2:
                raise ValueError

    tasks = [asyncio.create_task(one()) for _ in range(300)]
    while not all(task.done() for task in tasks):
        await asyncio.sleep(random.random() * 0.002)
        random.choice(tasks).cancel()
    async with asyncio.timeout(0.05):  # sooner than the gate looks for those that take long
        async with gate.passage(), gate.passage(), gate.passage():
            pass


async def test_writes_pass_the_gate_and_reads_do_not(fresh_dsn: FreshDsn) -> None:
    database = await Database.connect(await fresh_dsn(), writes_max=1)
    order = []

    async def work(_connection: Connection) -> None:
        order.append("write")

    async def transaction() -> None:
        async with database.transaction():
            order.append("transaction")

    async def write() -> float:
        with counting() as count:
            await database.write(work)
        return count.waiting_seconds

    async with database.transaction():
        waiting = asyncio.create_task(transaction()), asyncio.create_task(write())
        await asyncio.sleep(0)
        for opened in (database.connection(), database.snapshot()):
            async with opened:
                order.append("read")
    _, seconds = await asyncio.gather(*waiting)
    assert order == ["read", "read", "transaction", "write"]
    assert seconds > 0
    await database.close()


@pytest.mark.parametrize(
    ("dsn", "is_here"),
    [
        ("postgresql://ledger@/books?host=/run/books", True),
        ("postgresql:///books", True),
        ("postgresql://127.0.0.1:5433/books", True),
        ("postgresql://ledger@[::1]/books", True),
        ("postgresql://ledger:secret@db.example.com:5432/books", False),
    ],
)
def test_only_a_database_on_this_machine_shares_its_processors(
    monkeypatch: pytest.MonkeyPatch, dsn: str, is_here: bool
) -> None:
    monkeypatch.setattr("reskontra.serve.usable_cores", lambda: 8)
    assert _writes_at_once(Settings(database_url=dsn, workers=1), dsn) == (17 if is_here else None)
    assert _writes_at_once(Settings(database_url=dsn, workers=4), dsn) == (4 if is_here else None)
