"""Turns that writes take in this process, as in a number series (`hold_until_end`)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from reskontra.db.pool import Database, hold_until_end

FreshDsn = Callable[[], Awaitable[str]]


async def _take(database: Database, turn: object, then: Callable[[], Awaitable[object]]) -> None:
    async with database.transaction():
        await hold_until_end(turn)
        await then()


async def test_a_turn_is_held_until_its_write_has_ended_and_may_be_asked_for_twice(fresh_dsn: FreshDsn) -> None:
    database = await Database.connect(await fresh_dsn())
    held, end = asyncio.Event(), asyncio.Event()
    order: list[str] = []

    async def first() -> None:
        await hold_until_end((1, "INVOICE"))
        held.set()
        await end.wait()
        order.append("first")

    async def note(word: str) -> None:
        order.append(word)

    writing = asyncio.create_task(_take(database, (1, "INVOICE"), first))
    await held.wait()
    queueing = asyncio.create_task(_take(database, (1, "INVOICE"), lambda: note("second")))
    await _take(database, (2, "INVOICE"), lambda: note("another company"))
    assert not queueing.done()
    end.set()
    await asyncio.gather(writing, queueing)
    assert order == ["another company", "first", "second"]
    await database.close()


async def test_servers_in_one_process_share_no_turns(fresh_dsn: FreshDsn) -> None:
    """Each in a thread of its own, as tests start them: company and series have the same names in both."""
    dsn = await fresh_dsn()
    both_hold = Barrier(2, timeout=10)

    async def serve() -> None:
        database = await Database.connect(dsn)

        async def meet() -> None:
            await asyncio.to_thread(both_hold.wait)

        async def nothing() -> None:
            pass

        writing = asyncio.create_task(_take(database, (1, "INVOICE"), meet))
        queueing = asyncio.create_task(_take(database, (1, "INVOICE"), nothing))
        async with asyncio.timeout(10):
            await asyncio.gather(writing, queueing)
        await database.close()

    with ThreadPoolExecutor(2) as threads:
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(threads, asyncio.run, serve()) for _ in range(2)))
