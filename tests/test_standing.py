"""Books that are lent to one test after the other: each finds them as they were, and no fault passes unseen."""

from __future__ import annotations

import pytest

from reskontra.db.pool import Connection, Database
from tests.conftest import assert_proof
from tests.databases import Databases
from tests.standing import standing_books

ADDS = """
insert into credit_terms
select (json_populate_record(known, '{"terms_id": "NEW"}')).* from credit_terms as known where terms_id = '30'
"""
FAULT = "update customer_balance set balance = balance + 1"


async def contents(database: Database) -> dict[str, tuple[object, ...]]:
    """What is in each table, and how far each sequence is."""
    async with database.connection() as connection:
        tables = await connection.fetch("select tablename as name from pg_tables where schemaname = 'public'")
        rows = "select count(*), sum(hashtextextended(rows::text, 0)) from {} as rows"
        found = {row["name"]: tuple(await connection.fetchrow(rows.format(row["name"])) or ()) for row in tables}
        sequences = await connection.fetch("select sequencename, last_value from pg_sequences")
        return found | {row["sequencename"]: (row["last_value"],) for row in sequences}


async def test_each_finds_the_books_as_they_were(databases: Databases) -> None:
    proved: list[Connection] = []

    async def prove(connection: Connection) -> None:
        proved.append(connection)

    async with standing_books(databases) as books:
        async with books.lent(prove) as database:
            before = await contents(database)
        async with books.lent(prove) as same:
            assert same is database
            async with same.transaction() as connection:
                await connection.execute("select nextval(seqrelid) from pg_sequence")
                await connection.execute("set session_replication_role = replica")
                await connection.execute("delete from number_series_range; update customer set name = 'Somebody else'")
                await connection.execute(ADDS)
                await connection.execute("reset session_replication_role")
            assert await contents(same) != before
        async with books.lent(prove) as same:
            assert same is database
            assert await contents(same) == before
            proved.clear()
        assert proved == []

        with pytest.raises(AssertionError, match="customer-balance"):
            async with books.lent(assert_proof) as same, same.transaction() as connection:
                await connection.execute(FAULT)
        async with books.lent(assert_proof) as same:
            assert await contents(same) == before
            async with same.transaction() as connection:
                await connection.execute("alter table customer add column hat_size integer")
        async with books.lent(assert_proof) as another:
            assert another is not database
            assert await contents(another) == before
