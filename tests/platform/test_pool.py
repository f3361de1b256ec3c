"""What database errors become: refusals that the edge can answer, or bugs that propagate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from reskontra.db.constraints import offending_value, register_constraints
from reskontra.db.pool import Connection, Database
from reskontra.errors import Conflict, Malformed, Refused, Unavailable

FreshDatabase = Callable[[], Awaitable[Database]]


@pytest.mark.parametrize(
    ("detail", "value"),
    [
        ("Key (company_id, number)=(1, A-7) already exists.", "A-7"),
        ("Key (company_id, lower(number))=(1, x, y) already exists.", "x, y"),
        ('Key (code)=(no) is not present in table "company".', "no"),
        ("Failing row contains (1, secret, ...).", ""),
        ("003547", "003547"),
        ("", ""),
    ],
)
def test_the_offending_value_is_read_from_the_detail(detail: str, value: str) -> None:
    assert offending_value(detail) == value


async def test_a_named_constraint_becomes_its_refusal_and_rolls_back(fresh_database: FreshDatabase) -> None:
    database = await fresh_database()
    register_constraints({"parcel_unique": lambda value: Refused(f"Parcel '{value}' is there already.")})
    async with database.transaction() as connection:
        await connection.execute(
            "create table parcel (company_id int, code text, constraint parcel_unique unique (company_id, code))"
        )
        await connection.execute("insert into parcel values (1, 'A')")
    with pytest.raises(Refused, match="Parcel 'A' is there already."):
        async with database.transaction() as connection:
            await connection.execute("insert into parcel values (1, 'B')")
            await connection.execute("insert into parcel values (1, 'A')")
    async with database.connection() as connection:
        assert await connection.fetchval("select count(*) from parcel") == 1


async def test_a_trigger_names_its_constraint_and_value(database: Database) -> None:
    register_constraints({"box_is_closed": lambda value: Refused(f"Box {value} is closed.")})
    raising = "do $$ begin raise 'no' using errcode = '23514', constraint = 'box_is_closed', detail = '17'; end $$"
    with pytest.raises(Refused, match="Box 17 is closed."):
        async with database.transaction() as connection:
            await connection.execute(raising)


async def test_an_unknown_constraint_is_a_bug(database: Database) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        async with database.transaction() as connection:
            await connection.execute("create temporary table t (n int check (n > 0)) on commit drop")
            await connection.execute("insert into t values (0)")


async def test_a_transaction_that_came_too_late_is_a_conflict(fresh_database: FreshDatabase) -> None:
    database = await fresh_database()
    async with database.transaction() as connection:
        await connection.execute("create table t (n int); insert into t values (1)")
    async with database.transaction() as first:
        await first.execute("update t set n = 2")
        with pytest.raises(Conflict):
            async with database.transaction() as second:
                await second.execute("set local lock_timeout = '50ms'; update t set n = 3")


async def test_a_statement_over_its_time_is_unavailable(database: Database) -> None:
    with pytest.raises(Unavailable):
        async with database.transaction() as connection:
            await connection.execute("set local statement_timeout = '20ms'; select pg_sleep(5)")


async def test_the_pool_recovers_from_connections_that_were_cut(fresh_database: FreshDatabase) -> None:
    database = await fresh_database()
    with pytest.raises(Unavailable):
        async with database.connection() as connection:
            await connection.execute("select pg_terminate_backend(pg_backend_pid())")
    async with database.connection() as connection:
        assert await connection.fetchval("select 1") == 1


async def test_a_long_statement_is_planned_once(database: Database) -> None:
    statement = f"select 1 as {'one_' * 10}{' ' * 20_000}from (values (1)) as one"
    async with database.connection() as connection:
        for _ in range(2):
            assert await connection.fetchval(statement) == 1
        kept = await connection.fetchval("select count(*) from pg_prepared_statements where statement = $1", statement)
    assert kept == 1


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        await Database.connect("postgresql://nobody@127.0.0.1:1/nothing")


async def test_a_text_with_a_zero_character_is_malformed(database: Database) -> None:
    with pytest.raises(Malformed, match=r"U\+0000"):
        async with database.connection() as connection:
            await connection.fetchval("select $1::text", "a\0b")


async def test_tests_do_not_see_what_another_rolled_back(connection: Connection) -> None:
    assert await connection.fetchval("select to_regclass('left_over')") is None
    await connection.execute("create table left_over ()")


test_tests_do_not_see_what_another_rolled_back_either = test_tests_do_not_see_what_another_rolled_back
