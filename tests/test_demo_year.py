"""The sandbox's year: what the README says of it, that its books prove themselves, and that a cut-off run goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import asyncpg
import pytest
from structlog.testing import capture_logs

from reskontra import demo, demo_year
from reskontra.clock import Context, SeededClock
from reskontra.db.migrate import migrate
from reskontra.db.pool import Database
from reskontra.documents.commands import drafting
from reskontra.kinds import INVOICE
from tests.conftest import assert_books_prove_themselves
from tests.databases import Databases

CLOCK = SeededClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
async def empty(databases: Databases) -> str:
    """A migrated database without a company."""
    dsn = databases.dsn_of(await databases.create_empty())
    connection = await asyncpg.connect(dsn)
    await migrate(connection, CLOCK.now())
    await connection.close()
    return dsn


@pytest.mark.slow
async def test_the_year_is_what_the_readme_says(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = await Database.connect(empty)
    taken = 0

    async def cut_off(*arguments: object) -> None:
        nonlocal taken
        taken += 1
        if taken == 300:
            raise KeyboardInterrupt
        await take_step(*arguments)

    take_step: Callable[..., Awaitable[None]] = demo._take_step
    monkeypatch.setattr(demo, "_take_step", cut_off)
    with capture_logs() as logged:
        with pytest.raises(KeyboardInterrupt):
            await demo.load_demo(database, CLOCK, demo.Size.YEAR)
        monkeypatch.setattr(demo, "_take_step", take_step)
        await demo.load_demo(database, CLOCK, demo.Size.YEAR)
        await demo.load_demo(database, CLOCK, demo.Size.YEAR)
    assert [entry["event"] for entry in logged if entry["event"].startswith("Making")] == [
        "Making the demo company: 200 customers and 3,200 documents, most of a minute ...",
        "Making the rest of the demo company: 2,898 documents ...",
    ]
    async with database.connection() as connection:
        counted = await connection.fetch(
            "select document_type, count(*) as count, min(number) as first, max(number) as last from document"
            " group by document_type order by document_type"
        )
        statuses = await connection.fetchval("select array_agg(distinct status order by status) from document")
        customers = await connection.fetch("select currency_id, count(*) from customer group by currency_id order by 1")
        last = await connection.fetchrow("select status, line_number from document join document_line using"
                                         " (company_id, document_id) where number = '003547'")  # fmt: skip
        reserved = await connection.fetchval(
            "select count(*) from document where document_type = 'CreditNote' and status = 'Reserved'"
        )
        companies = await connection.fetchval("select count(*) from company")
    await _delete_last_invoice_and_load_again(database)
    await database.close()
    assert [tuple(row) for row in counted] == [
        ("CreditNote", demo_year.CREDIT_NOTES + 1, "010001", "010250"),
        ("DebitNote", demo_year.DEBIT_NOTES + 1, "001001", "001204"),
        ("FinCharge", 56, "030001", "030056"),
        ("Invoice", demo_year.INVOICES + 1, "002001", "003547"),
        ("Payment", 1156, "500001", "501167"),
        ("Refund", 11, "500082", "501106"),
        ("SmallBalanceWo", 4, "600001", "600004"),
        ("VoidPayment", 7, "500319", "501093"),
    ]
    assert statuses == ["Balanced", "Closed", "Hold", "Open", "Reserved", "Voided"]
    assert reserved == 4
    assert [tuple(row) for row in customers] == [("EUR", 10), ("NOK", 180), ("SEK", 10)]
    assert last is not None
    assert tuple(last) == ("Balanced", 1)
    assert companies == 2
    await assert_books_prove_themselves(empty)


async def _delete_last_invoice_and_load_again(database: Database) -> None:
    """What somebody deleted stays deleted: only what the demo itself never made is missing."""
    async with database.transaction() as connection:
        await drafting.delete(connection, Context(1, "somebody", "test", CLOCK.now(), CLOCK), INVOICE, "003547")
    await demo.load_demo(database, CLOCK, demo.Size.YEAR)
    async with database.connection() as connection:
        assert await connection.fetchval("select count(*) from document") == len(demo.year()) + 62
