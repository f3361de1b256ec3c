"""The books of step 1's users, in a backup that was made then: they come up to date whole, and work goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from reskontra.clock import Clock
from reskontra.config import Settings
from reskontra.db.archive import read_archive
from reskontra.db.migrate import known_migrations, migrate
from reskontra.db.pool import Database
from reskontra.db.restore import restore
from tests.clerk import INVOICE, Caller, application
from tests.conftest import assert_books_prove_themselves, open_client

STEP_1 = Path(__file__).parent / "kept" / "step1-books.zip"
STEP_1_MIGRATIONS = 5
NOW = datetime(2027, 1, 15, tzinfo=UTC)  # later than the books were kept


async def restored(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        with read_archive(STEP_1) as archive:
            assert archive.manifest.schema == STEP_1_MIGRATIONS
            done = await restore(connection, archive, NOW, replacing=[])
    finally:
        await connection.close()
    assert [it.version for it in done.applied] == [it.version for it in known_migrations()[STEP_1_MIGRATIONS:]]
    assert done.offences == []


async def stayed(dsn: str, *more: str) -> None:
    """Load the rows by hand into the schema of that time, and migrate where they stand. `more` are statements between,
    for what the backup does not have."""
    connection = await asyncpg.connect(dsn)
    try:
        await migrate(connection, NOW, known_migrations()[:STEP_1_MIGRATIONS])
        await connection.execute("set session_replication_role = replica")
        await connection.execute("delete from schema_version")
        with read_archive(STEP_1) as archive:
            for table in archive.manifest.tables:
                await connection.copy_to_table(table.name, columns=table.columns, source=archive.rows(table))
            for sequence, value in archive.manifest.sequences.items():
                if value is not None:
                    await connection.execute(f"select setval('{sequence}', {value})")
        for statement in more:
            await connection.execute(statement)
        await connection.execute("set session_replication_role = origin")
        await migrate(connection, NOW)
    finally:
        await connection.close()


@pytest.fixture(params=[restored, stayed], ids=["from a backup", "in place"])
async def kept_dsn(request: pytest.FixtureRequest, databases: Any, dsn_of: Callable[[str], str]) -> AsyncIterator[str]:
    """The books, brought up to date; they must prove themselves at the end."""
    name = await databases.create_empty()
    await request.param(dsn_of(name))
    await assert_books_prove_themselves(dsn_of(name))
    yield dsn_of(name)
    await assert_books_prove_themselves(dsn_of(name))
    await databases.drop(name)


@pytest.fixture
async def kept(kept_dsn: str, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    """Talks to the application on the books."""
    database = await Database.connect(kept_dsn)
    async with open_client(Settings(sandbox=True), database, clock) as client:
        yield client
    await database.close()


async def read(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.text}"
    return answer.json()


async def numbers(client: httpx.AsyncClient, path: str) -> list[str]:
    return [row["referenceNumber"] for row in await read(client, path)]


async def test_documents_are_read_as_they_were(kept: httpx.AsyncClient) -> None:
    released = await read(kept, "/v1/customerinvoice/003549")
    assert (released["status"], released["amount"], released["balance"]) == ("Open", 623.13, 623.13)
    assert released["applications"] == []
    foreign = await read(kept, "/v1/customerinvoice/003552")
    assert (foreign["currencyId"], foreign["status"]) == ("SEK", "Open")
    assert [(await read(kept, f"/v1/customerinvoice/{it}"))["status"] for it in ("003550", "003551")] == [
        "Balanced",
        "Hold",
    ]
    assert (await kept.get("/v1/customerinvoice/003554")).status_code == 404
    assert (await read(kept, "/v1/customerCreditNote/010002"))["status"] == "Open"
    assert (await read(kept, "/v1/customerDebitNote/001002"))["status"] == "Balanced"


async def test_lists_filters_and_totals_are_right(kept: httpx.AsyncClient, kept_dsn: str) -> None:
    connection = await asyncpg.connect(kept_dsn)
    rows = await connection.fetch("select document_type, count(*) as total from document group by 1")
    counted = {row["document_type"]: row["total"] for row in rows}
    customers = await connection.fetchval("select count(*) from customer")
    await connection.close()
    for path, total in (
        ("/v1/customerinvoice", counted["Invoice"]),
        ("/v1/customerCreditNote", counted["CreditNote"]),
        ("/v1/customerDebitNote", counted["DebitNote"]),
        ("/v1/customer", customers),
    ):
        rows = await read(kept, path)
        assert (len(rows), rows[0]["metadata"]["totalCount"]) == (total, total), path
    assert await numbers(kept, "/v1/customerinvoice?customer=10001") == ["003548", "003549", "003550", "003551"]
    assert await numbers(kept, "/v1/customerinvoice?customer=10001&status=Balanced") == ["003550"]
    assert await numbers(kept, "/v1/customerinvoice?dunningLevel=3") == ["003555", "003556"]
    assert "003552" in await numbers(
        kept, "/v1/customerinvoice?lastModifiedDateTime=2026-11-01&lastModifiedDateTimeCondition=>"
    )
    journal = await read(kept, "/v2/journaltransaction")
    assert journal, "what was posted then is read by the operation that came later"


async def test_rooms_that_came_later_find_what_they_need(kept: httpx.AsyncClient) -> None:
    for path in (
        "/v1/account",
        "/v1/branch",
        "/v1/subaccount",
        "/v1/inventory",
        "/v1/creditTerm",
        "/v1/vat",
        "/v1/financialPeriod",
    ):
        rows = await read(kept, path)
        assert rows, path
    locations = await read(kept, "/v1/location")
    assert {row["baccount"]["number"] for row in locations} >= {"10001", "20001"}
    for path in ("/v1/contact", "/v1/salesperson", "/v1/attribute"):
        assert await read(kept, path) == [], path


async def test_reminders_are_kept_and_go_on_where_they_stood(kept: httpx.AsyncClient, kept_dsn: str) -> None:
    for number in ("003555", "003556"):
        reminded = await read(kept, f"/v1/customerinvoice/{number}?expandDunningInformation=true")
        assert (reminded["dunningLetterLevel"], reminded["dunningLetterDate"]) == (3, "2025-04-10T00:00:00")
    letters = "select level, status, final_reminder, voided_at from dunning_letter order by letter_id"
    connection = await asyncpg.connect(kept_dsn)
    kept_letters = [tuple(row) for row in await connection.fetch(letters)]
    await connection.close()
    assert [level for level, *_ in kept_letters] == [1, 2, 3, 1]
    assert {status for _, status, *_ in kept_letters} == {"Released"}
    again = await kept.post(
        "/v1/customer/10001/action/createDunningLetter", json={"dunningLetterDate": "2025-06-20T09:00:00"}
    )
    assert again.status_code == 200, again.text
    reminded = await read(kept, "/v1/customerinvoice/003548?expandDunningInformation=true")
    assert (reminded["dunningLetterLevel"], reminded["dunningLetterDate"]) == (2, "2025-06-20T00:00:00")


async def test_drafts_of_then_are_changed_and_released_now(kept: httpx.AsyncClient) -> None:
    for path in ("customerinvoice/003550", "customerCreditNote/010003", "customerDebitNote/001002"):
        await Caller(kept).change(path, note="Changed after the upgrade")
        assert (await Caller(kept).release(path))["status"] == "Open"


async def test_new_documents_take_the_next_numbers_and_ids(kept: httpx.AsyncClient) -> None:
    created = await Caller(kept).issue(INVOICE, "10001", documentDate="2026-01-15")
    assert created.number == "003558", "003557 is the fee of a reminder"
    await Caller(kept).customer(number="10003", name="Ny kunde")


async def test_a_draft_of_then_settles_an_invoice_of_then(kept: httpx.AsyncClient) -> None:
    before = await read(kept, "/v1/customerinvoice/003548")
    await Caller(kept).change("customerCreditNote/010003", applicationLines=[application("003548", 100)])
    await Caller(kept).release("customerCreditNote/010003")
    after = await read(kept, "/v1/customerinvoice/003548")
    assert (before["balance"], after["balance"]) == (250.0, 150.0)


async def test_what_was_changed_then_is_told_without_what_was_before(kept: httpx.AsyncClient) -> None:
    changes = await read(kept, "/v1/reskontra/change?event=updated")
    fields = [field for change in changes for field in change["fields"]]
    assert fields, "something was updated in the kept books"
    assert all("new" in field and "old" not in field for field in fields)
    await Caller(kept).change("customerinvoice/003550", note="Now")
    (change,) = await read(kept, "/v1/reskontra/change?entity=Invoice&key=003550&field=note")
    assert change["fields"] == [{"field": "note", "old": None, "new": "Now"}]


async def test_released_documents_of_then_keep_what_they_show_now(kept: httpx.AsyncClient) -> None:
    path = "/v1/reskontra/issuedDocument/Invoice/003549"
    before = await read(kept, path)
    assert before["takenDateTime"] != before["releasedDateTime"]
    assert before["buyer"]["number"] == "10001"
    assert before["buyer"]["name"]
    assert before["seller"]["name"]
    assert before["termsText"]
    assert before["vatTexts"]
    await Caller(kept).change("customer/10001", name="Omdøpt AS")
    assert await read(kept, path) == before


FREE = """
    create function zeroed(of jsonb, variadic names text[]) returns jsonb language sql as
        $$ select of || jsonb_object_agg(name, 0) from unnest(names) as name $$;
    insert into document overriding system value
    select (jsonb_populate_record(document, zeroed(to_jsonb(document), 'detail_total', 'detail_total_base', 'vat_total',
               'vat_total_base', 'vat_taxable_total', 'vat_taxable_total_base', 'amount', 'amount_base', 'balance',
               'balance_base', 'credit_approved_amount_base') || jsonb_build_object(
               'document_id', nextval('document_document_id_seq'), 'number', '003558', 'status', 'Closed',
               'closed_period_id', document.period_id, 'batch_number', 'AR999999',
               'vat_json', '[{"taxId":"3","recordId":1,"vatRate":25,"taxableAmount":0,"vatAmount":0}]'))).*
      from document where company_id = 1 and document_type = 'Invoice' and number = '003549';
    create temp view free as select document_id from document where company_id = 1 and number = '003558';
    create temp view paid as select document_id from document where company_id = 1 and number = '003549';
    insert into document_line
    select (jsonb_populate_record(line, zeroed(to_jsonb(line), 'amount', 'amount_base', 'net_amount', 'net_amount_base')
               || jsonb_build_object('document_id', free.document_id, 'discount_percent', 100,
               'discount_amount', line.extended_amount, 'discount_amount_base', line.extended_amount_base))).*
      from free, paid, document_line as line
     where line.company_id = 1 and line.document_id = paid.document_id;
    insert into document_vat
    select (jsonb_populate_record(taxed, zeroed(to_jsonb(taxed), 'taxable', 'taxable_base', 'vat', 'vat_base')
               || jsonb_build_object('document_id', free.document_id))).*
      from free, paid, document_vat as taxed
     where taxed.company_id = 1 and taxed.document_id = paid.document_id;
    insert into batch
    select (jsonb_populate_record(batch, to_jsonb(batch) || jsonb_build_object('batch_number', 'AR999999',
               'total_base', 0, 'document_number', '003558', 'description', 'Invoice 003558'))).*
      from batch where company_id = 1 and batch_number = 'AR000019';
    insert into change overriding system value
    select (jsonb_populate_record(change, to_jsonb(change) || jsonb_build_object('entity_key', '003558',
               'change_id', nextval('change_id')))).*
      from change where company_id = 1 and entity = 'Invoice' and entity_key = '003549' order by change_id;
    update document set figures_hash = document_figures(company_id, document_id),
           version = (select max(change_id) from change where company_id = 1 and entity_key = '003558')
     where company_id = 1 and number = '003558';
    update tally set total = total + 1 where company_id = 1 and entity = 'Invoice';
    drop function zeroed"""
"""An invoice over nothing, as the program of then released it: Closed, its VAT rows at 0, its batch without entries."""


async def test_an_invoice_over_nothing_of_then_is_read_and_its_batch_is_empty(
    databases: Any, dsn_of: Callable[[str], str], clock: Clock
) -> None:
    name = await databases.create_empty()
    await stayed(dsn_of(name), FREE)
    await assert_books_prove_themselves(dsn_of(name))
    database = await Database.connect(dsn_of(name))
    async with open_client(Settings(sandbox=True), database, clock) as client:
        invoice = await read(client, "/v1/customerinvoice/003558")
        assert (invoice["status"], invoice["amount"], invoice["balance"]) == ("Closed", 0, 0)
        assert [(row["taxId"], row["taxableAmount"], row["vatAmount"]) for row in invoice["taxDetails"]] == [
            ("3", 0, 0)
        ]
        vat = await read(client, "/v1/reskontra/customerinvoice/003558/vat")
        assert [(row["vatId"], row["vatAmount"]) for row in vat["vat"]] == [("3", 0)]
        batch = await read(client, "/v2/journaltransaction/AR999999")
        assert batch["journalTransactionLines"] == []
        assert batch["financialPeriod"] == "202502"
        assert "AR999999" in [row["batchNumber"] for row in await read(client, "/v2/journaltransaction")]
        assert (await client.get("/v1/customerinvoice/003558/print")).status_code == 200
    await database.close()
    await databases.drop(name)
