"""Connections lent again without the pool: none is lost whatever happens to it, and none is lent that should not be."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
import pytest

from reskontra.db.pool import Database
from reskontra.errors import NotFound, Refusal, Unavailable

SIZE = 4
PID = "select pg_backend_pid()"

FreshDsn = Callable[[], Awaitable[str]]


@pytest.fixture
async def database(fresh_dsn: FreshDsn) -> AsyncIterator[Database]:
    opened = await Database.connect(await fresh_dsn(), size_max=SIZE)
    yield opened
    await opened.close()


async def pids(database: Database, count: int = SIZE) -> set[int]:
    """The sessions of so many connections that are lent at the same time."""
    together = asyncio.Barrier(count)

    async def one() -> int:
        async with database.connection() as connection:
            await together.wait()
            return int(await connection.fetchval(PID))

    async with asyncio.timeout(10):
        return set(await asyncio.gather(*(one() for _ in range(count))))


async def well(database: Database) -> None:
    async with database.connection() as connection:
        await connection.fetchval("select pg_sleep(0.002)")


async def refused(database: Database) -> None:
    async with database.connection() as connection:
        await connection.fetchval("select 1")
        raise NotFound(reason="It is not there.")


async def failed(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("select * from what_is_not_there")


async def left_open(database: Database) -> None:
    """No code of ours leaves a transaction open; if it did, nobody else should find himself in it."""
    async with database.connection() as connection:
        await connection.execute("begin")


async def cut(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("select pg_terminate_backend(pg_backend_pid())")


async def cut_after(database: Database) -> None:
    """It is lost while it lies idle, as after a restart of PostgreSQL."""
    async with database.connection() as connection:
        pid = await connection.fetchval(PID)
    async with database.connection() as connection:
        await connection.execute("select pg_terminate_backend($1) where $1 <> pg_backend_pid()", pid)


async def given_up(database: Database) -> None:
    """The caller hangs up: while it waits for a connection, during its statement, or after it."""
    task = asyncio.create_task(well(database))
    await asyncio.sleep(random.random() * 0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def expired(database: Database) -> None:
    await database._lender.expire()


@pytest.mark.parametrize("seed", range(3))
async def test_no_connection_is_lost(database: Database, seed: int) -> None:
    random.seed(seed)
    ways = random.choices(
        (well, refused, failed, left_open, cut, cut_after, given_up, expired), (30, 10, 10, 4, 4, 4, 20, 1), k=400
    )
    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(*(way(database) for way in ways), return_exceptions=True)
    strange = [outcome for outcome in outcomes if outcome and not isinstance(outcome, Refusal)]
    assert not [outcome for outcome in strange if "what_is_not_there" not in str(outcome)]
    await asyncio.sleep(0.1)  # until it is known which of the idle ones were cut
    assert len(await pids(database)) == SIZE
    async with database.connection() as connection:
        assert not connection.is_in_transaction()


async def test_the_connection_that_came_back_last_is_lent_first(database: Database) -> None:
    await pids(database)
    sessions = set()
    for _ in range(5):
        sessions |= await pids(database, 1)
    assert len(sessions) == 1


async def test_who_waits_longest_is_served_first(database: Database) -> None:
    served: list[int] = []

    async def one(number: int) -> None:
        async with database.connection() as connection:
            await connection.fetchval("select pg_sleep(0.01)")
            served.append(number)

    async with database.connection(), database.connection(), database.connection():
        await asyncio.gather(*(one(number) for number in range(20)))
    assert served == list(range(20))


async def test_who_waits_too_long_is_told_that_all_are_busy(fresh_dsn: FreshDsn) -> None:
    database = await Database.connect(await fresh_dsn(), size_max=1, acquire_timeout_seconds=0.05)
    async with database.connection():
        with pytest.raises(Unavailable, match="busy"):
            async with database.connection():
                pass
    assert len(await pids(database, 1)) == 1
    await database.close()


# PostgreSQL may have room for fewer connections than the pool may open, since others have taken the rest.


Limited = Callable[..., AbstractAsyncContextManager[tuple[Database, Callable[[int], Awaitable[None]]]]]


@pytest.fixture
def limited(fresh_dsn: FreshDsn) -> Limited:
    """Opens a pool of 8 in a database that has room for so many, which can be changed."""

    @asynccontextmanager
    async def opened(
        room: int, seconds: float = 10
    ) -> AsyncGenerator[tuple[Database, Callable[[int], Awaitable[None]]]]:
        dsn = await fresh_dsn()
        database = await Database.connect(dsn, size_max=8, acquire_timeout_seconds=seconds)
        administrator = await asyncpg.connect(dsn)
        name = await administrator.fetchval("select current_database()")

        async def leave(room: int) -> None:
            await administrator.execute(f"alter database {name} connection limit {room + 1}")

        await leave(room)
        yield database, leave
        await leave(100)
        await administrator.close()
        await database.close()

    return opened


async def session(database: Database, seconds: float = 0.01) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval(f"{PID} from pg_sleep({seconds})"))


async def test_what_postgresql_has_room_for_is_enough(limited: Limited) -> None:
    async with limited(2) as (database, leave):
        # Those that are opened at the same moment may all be refused.
        assert len(set(await asyncio.gather(*(session(database) for _ in range(60))))) in (1, 2)
        await asyncio.gather(
            *(way(database) for way in (cut, cut_after, given_up, failed, expired, well) * 6), return_exceptions=True
        )
        await asyncio.sleep(0.1)  # until it is known which of the idle ones were cut
        assert len(await pids(database, 2)) == 2
        await leave(8)
        await asyncio.sleep(1.5)
        assert len(await pids(database, 8)) == 8


async def test_who_waits_gets_what_room_is_made(limited: Limited) -> None:
    async with limited(1) as (database, leave), database.connection():
        waiting = asyncio.create_task(pids(database, 5))
        await asyncio.sleep(0.1)
        await leave(6)
        assert len(await waiting) == 5


async def test_who_is_refused_room_keeps_his_place(limited: Limited) -> None:
    served: list[int] = []

    async def one(database: Database, number: int) -> None:
        await session(database, 0.02)
        served.append(number)

    async with limited(1) as (database, _), asyncio.TaskGroup() as group, database.connection():
        for number in range(10):
            group.create_task(one(database, number))
            await asyncio.sleep(0.15)
    assert served == list(range(10))


async def test_what_comes_back_during_an_attempt_is_not_missed(limited: Limited) -> None:
    async with limited(2) as (database, _), database.connection():
        unsound = await database._lender.lend(1)
        waiting = asyncio.create_task(session(database))
        await asyncio.sleep(0)  # the attempt is under way, and will be refused
        await database._lender.take_back(unsound, is_sound=False)
        async with asyncio.timeout(1):
            await waiting


async def test_the_only_one_that_ended_is_replaced(limited: Limited) -> None:
    async with limited(1) as (database, _):
        for end in (cut, expired) * 10:
            ending = asyncio.create_task(end(database))
            await asyncio.sleep(0)
            await asyncio.gather(ending, *(session(database) for _ in range(3)), return_exceptions=True)
            await session(database)


async def test_who_waits_for_room_too_long_is_told_that_all_are_busy(limited: Limited) -> None:
    async with limited(1, seconds=0.3) as (database, _), database.connection():
        with pytest.raises(Unavailable, match="busy"):
            await session(database)


async def test_closing_ends_the_waiting_for_room(limited: Limited) -> None:
    async with limited(1) as (database, _):
        lent = asyncio.create_task(session(database, 0.2))
        await asyncio.sleep(0.05)
        waiting = [asyncio.create_task(session(database)) for _ in range(3)]
        await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            await database.close()
            await lent
            for outcome in await asyncio.gather(*waiting, return_exceptions=True):
                assert isinstance(outcome, int | Unavailable)


async def test_an_expired_connection_is_not_lent_again(database: Database) -> None:
    before = await pids(database)
    async with database.connection() as lent:
        assert await lent.fetchval(PID) in before
        await database._lender.expire()
    assert not before & await pids(database)


async def test_closing_waits_for_what_is_lent(database: Database) -> None:
    async with database.connection() as connection:
        closing = asyncio.create_task(database.close())
        assert await connection.fetchval("select pg_sleep(0.05) is null") is False
        assert not closing.done()
    async with asyncio.timeout(5):
        await closing
    with pytest.raises(Unavailable):
        async with database.connection():
            pass
