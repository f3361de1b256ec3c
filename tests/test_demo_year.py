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
from reskontra.demo_file import restore_demo
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
@pytest.mark.sampled(0.5)
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


async def test_the_year_is_paid_like_real_life(empty: str) -> None:
    """Two thirds are settled on time, the rest late, in part, too much or not yet (the file that ships is the year)."""
    connection = await asyncpg.connect(empty)
    try:
        assert await restore_demo(connection, CLOCK.now(), step=lambda _: None)
        (row,) = await connection.fetch(_HOW_IT_IS_PAID)
        ageing = [row["total"] for row in await connection.fetch(_STILL_OWED)]
    finally:
        await connection.close()
    counted = dict(row)
    due = counted.pop("due")
    shares = {name: counted.pop(name) / due for name in ("on_time", "late", "not_settled")}
    assert due == 1405
    assert 0.62 < shares["on_time"] < 0.71, shares
    assert 0.15 < shares["late"] < 0.25, shares
    assert 0.08 < shares["not_settled"] < 0.16, shares
    assert sum(shares.values()) == pytest.approx(1)
    assert counted == {
        "in_part": 47, "too_much": 16, "discounts": 104, "after_the_discount_date": 0, "written_off_on_lines": 18,
        "written_off_by_runs": 4, "bounced": 7, "refunds": 11, "charges": 56, "charges_paid": 4,
    }  # fmt: skip
    assert ageing == [78, 36, 169], "not due, up to 30 days late, later: so that ageing and statements show something"


_HOW_IT_IS_PAID = """
with invoice as (
    select document.document_id, document.balance, document.due_date,
           max(application.applied_on) filter
               (where back.application_id is null and application.reverses_id is null) as settled_on
      from document
      left join application on application.company_id = 1 and application.debit_document_id = document.document_id
      left join application as back on back.company_id = 1 and back.reverses_id = application.application_id
     where document.company_id = 1 and document_type = 'Invoice' and document.released_at is not null
       and document.origin is distinct from 'dunning_fee' and document.due_date <= '2025-12-31'
     group by document.document_id, document.balance, document.due_date),
stands as (
    select application.*, credit.document_type as credit_type, credit.status as credit_status
      from application
      join document as credit on credit.company_id = 1 and credit.document_id = application.credit_document_id
     where application.company_id = 1 and application.reverses_id is null and application.released_at is not null
       and not exists (select from application as back
                        where back.company_id = 1 and back.reverses_id = application.application_id))
select (select count(*) from invoice) as due,
       (select count(*) from invoice where balance = 0 and settled_on <= due_date) as on_time,
       (select count(*) from invoice where balance = 0 and settled_on > due_date) as late,
       (select count(*) from invoice where balance <> 0) as not_settled,
       (select count(*) from document where company_id = 1 and document_type in ('Invoice', 'DebitNote')
           and balance > 0 and balance < amount) as in_part,
       (select count(*) from document where company_id = 1 and document_type = 'Payment' and status <> 'Voided'
           and amount > (select sum(amount_credit) from stands join document as debit on debit.company_id = 1
                                                    and debit.document_id = stands.debit_document_id
                          where credit_document_id = document.document_id
                            and debit.document_type <> 'Refund')) as too_much,
       (select count(*) from stands where discount > 0) as discounts,
       (select count(*) from stands join document as debit on debit.company_id = 1
                                     and debit.document_id = stands.debit_document_id
         where discount > 0 and stands.applied_on > debit.cash_discount_date) as after_the_discount_date,
       (select count(*) from stands where write_off > 0) as written_off_on_lines,
       (select count(*) from document where company_id = 1 and document_type = 'SmallBalanceWo') as written_off_by_runs,
       (select count(*) from document where company_id = 1 and document_type = 'VoidPayment'
           and status = 'Closed') as bounced,
       (select count(*) from document where company_id = 1 and document_type = 'Refund'
           and status = 'Closed') as refunds,
       (select count(*) from document where company_id = 1 and document_type = 'FinCharge'
           and released_at is not null) as charges,
       (select count(*) from document where company_id = 1 and document_type = 'FinCharge'
           and released_at is not null and balance = 0) as charges_paid
"""

_STILL_OWED = """
select case when due_date >= '2025-12-31' then 0 when due_date >= '2025-12-01' then 30 else 31 end as bucket,
       count(*) as total
  from document where company_id = 1 and released_at is not null and balance > 0
   and document_type in ('Invoice', 'DebitNote', 'FinCharge')
 group by 1 order by 1
"""


async def _delete_last_invoice_and_load_again(database: Database) -> None:
    """What somebody deleted stays deleted: only what the demo itself never made is missing."""
    async with database.transaction() as connection:
        await drafting.delete(connection, Context(1, "somebody", "test", CLOCK.now(), CLOCK), INVOICE, "003547")
    await demo.load_demo(database, CLOCK, demo.Size.YEAR)
    async with database.connection() as connection:
        assert await connection.fetchval("select count(*) from document") == len(demo.year()) + 62
