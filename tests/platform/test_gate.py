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
from reskontra.errors import Unavailable

AT_ONCE = 3
PATIENCE = 60.0

FreshDsn = Callable[[], Awaitable[str]]


async def test_only_so_many_are_within_and_they_enter_in_the_order_in_which_they_came() -> None:
    gate = Gate(AT_ONCE, PATIENCE)
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
    gate = Gate(AT_ONCE, PATIENCE)
    end = asyncio.Event()

    async def slow() -> None:
        async with gate.passage():
            await end.wait()

    tasks = [asyncio.create_task(slow()) for _ in range(4 * AT_ONCE)]
    async with asyncio.timeout(10), gate.passage():
        end.set()
    await asyncio.gather(*tasks)


async def test_a_write_within_a_write_gets_its_turn() -> None:
    gate = Gate(1, PATIENCE)
    async with asyncio.timeout(10), gate.passage(), gate.passage():
        pass


@pytest.mark.parametrize("seed", range(5))
async def test_no_place_is_lost_to_those_who_give_up_or_fail(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr("reskontra.db.gate._SLOW_SECONDS", 60)
    random.seed(seed)
    gate = Gate(AT_ONCE, PATIENCE)

    async def one() -> None:
        async with gate.passage():
            await asyncio.sleep(random.random() * 0.002)
            if random.random() < 0.2:
                raise ValueError

    tasks = [asyncio.create_task(one()) for _ in range(300)]
    while not all(task.done() for task in tasks):
        await asyncio.sleep(random.random() * 0.002)
        random.choice(tasks).cancel()
    async with asyncio.timeout(10):
        async with gate.passage(), gate.passage(), gate.passage():
            pass


async def test_a_turn_given_to_one_who_has_just_given_up_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reskontra.db.gate._SLOW_SECONDS", 60)
    gate = Gate(1, PATIENCE)

    async def enter() -> None:
        async with gate.passage():
            pass

    async with gate.passage():
        gives_up, next_one = asyncio.create_task(enter()), asyncio.create_task(enter())
        await asyncio.sleep(0)
    gives_up.cancel()  # it has its turn by now, and has not run yet
    async with asyncio.timeout(10):
        await next_one
        await enter()
    assert gives_up.cancelled()


async def test_who_waits_too_long_is_told_that_all_are_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reskontra.db.gate._SLOW_SECONDS", 60)
    gate = Gate(1, 0.03)
    async with gate.passage():
        with pytest.raises(Unavailable, match="busy"):
            async with asyncio.timeout(10), gate.passage():
                pass
    async with asyncio.timeout(10), gate.passage():
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


@pytest.mark.parametrize("is_here", [True, False])
async def test_only_a_database_on_this_machine_shares_its_processors(
    monkeypatch: pytest.MonkeyPatch, fresh_dsn: FreshDsn, is_here: bool
) -> None:
    monkeypatch.setattr("reskontra.db.gate._SLOW_SECONDS", 60)
    if not is_here:
        monkeypatch.setattr("reskontra.db.pool._IS_HERE", "select inet '192.0.2.1' is not distinct from '192.0.2.2'")
    database = await Database.connect(await fresh_dsn(), writes_max=1)

    async def write() -> None:
        async with database.transaction():
            pass

    async with database.transaction():
        writing = asyncio.create_task(write())
        done, _ = await asyncio.wait([writing], timeout=0.05 if is_here else 10)
        assert bool(done) is not is_here
    await writing
    await database.close()


def test_a_process_writes_as_often_at_once_as_its_share_of_the_processors_serves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reskontra.config._usable_cores", lambda: 8)
    assert Settings(workers=1).writes_at_once == 17
    assert Settings(workers=4).writes_at_once == 4
    assert Settings(workers=16).writes_at_once == 2
