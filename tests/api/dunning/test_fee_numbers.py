"""Fees that have a number series of their own: two series number invoices, each without gaps. Over HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from reskontra.clock import Clock, Context, SeededClock
from reskontra.company_file.commands.creating import create_company
from reskontra.db.pool import Database
from reskontra.reference.store import remembered
from tests.api.dunning.test_dunning_letters import Office
from tests.companies.test_apply import Company

FEES = '  - {series_id: FEES, description: Reminder fees, mode: automatic, ranges: [{start_number: "F0001"}]}\n'


@pytest.fixture
async def office(client: httpx.AsyncClient, books: Database, clock: Clock, tmp_path: Path) -> Office:
    """A new company, made of the Norwegian template with a series for fees."""
    remembered.forget()
    shipped = Path("src/reskontra/company_file/templates/no.yaml").read_text(encoding="utf-8")
    file = tmp_path / "fees.yaml"
    file.write_text(
        shipped.replace("    batch: BATCH\n", "    batch: BATCH\n    dunning_fee: FEES\n").replace(
            "  - series_id: BATCH\n", FEES + "  - series_id: BATCH\n"
        ),
        encoding="utf-8",
    )
    async with books.transaction() as connection:
        context = Context(0, "operator", "request", clock.now(), clock)
        company_id = await create_company(connection, file, code="fees", context=context)
    client.headers["ipp-company-id"] = str(company_id)
    return Office(client, books)


async def fee_of_a_new_letter(office: Office) -> dict[str, Any]:
    """The fee invoice of somebody's third letter."""
    customer = await office.customer()
    await office.invoice(customer)
    fee: dict[str, Any] = (await office.climb(customer))["feeInvoice"]
    return fee


async def last_numbers(office: Office) -> dict[str, str]:
    listed = (await office.http.get("/v1/numberSequence")).json()
    return {series["numberingId"]: series["sequence"][0]["lastNbr"] for series in listed}


async def test_fees_and_invoices_count_each_for_themselves(office: Office) -> None:
    assert [(await fee_of_a_new_letter(office))["refNbr"] for _ in range(2)] == ["F0001", "F0002"]
    assert {key: (await last_numbers(office))[key] for key in ("INVOICE", "FEES")} == {
        "INVOICE": "002002",
        "FEES": "F0002",
    }
    listed = (await office.http.get("/v1/customerinvoice")).json()
    assert [document["referenceNumber"] for document in listed] == ["002001", "002002", "F0001", "F0002"]


async def test_a_voided_letter_gives_its_fees_number_to_the_log(office: Office) -> None:
    await office.prefer(auto_release_fee=False)
    assert (await fee_of_a_new_letter(office))["refNbr"] == "F0001"
    assert (await office.act(3, "void")).status_code == 200
    assert await office.rows("select entity, number, used_again_at from deleted_number") == [("Invoice", "F0001", None)]
    assert (await fee_of_a_new_letter(office))["refNbr"] == "F0002"
    # Whoever sends the number gets it, and the log says so.
    assert await office.invoice(await office.customer(), referenceNumber="F0001") == "F0001"
    ((used,),) = await office.rows("select used_again_at is not null from deleted_number")
    assert used


async def test_a_voided_letter_credits_the_fee_by_the_series_of_credit_notes(office: Office) -> None:
    await fee_of_a_new_letter(office)
    assert (await office.act(3, "void")).status_code == 200
    letter = await office.letter(3)
    assert (letter["feeInvoice"]["refNbr"], letter["feeInvoice"]["status"]) == ("F0001", "Closed")
    assert letter["feeCreditNote"]["refNbr"] == "010001"


async def test_a_fees_number_that_an_invoice_was_given_by_hand_is_left_out(office: Office) -> None:
    customer = await office.customer()
    assert await office.invoice(customer, referenceNumber="F0001") == "F0001"
    assert await office.invoice(customer, referenceNumber="f0003") == "f0003"
    assert [(await fee_of_a_new_letter(office))["refNbr"] for _ in range(2)] == ["F0002", "F0004"]


async def test_an_invoice_that_is_sent_a_fees_number_waits_for_who_draws_it(office: Office) -> None:
    customer = await office.customer()
    sale = {
        "customerNumber": {"value": customer},
        "documentDate": {"value": "2025-01-01"},
        "referenceNumber": {"value": "F0001"},
        "invoiceLines": [{"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}}],
    }
    drawing = """update number_series_range set last_number = 'F0001' where series_id = 'FEES'"""
    async with office.database.transaction() as connection:
        await connection.execute(drawing)
        sent = asyncio.create_task(office.http.post("/v1/customerinvoice", json=sale))
        done, _ = await asyncio.wait([sent], timeout=0.5)
        assert not done
    assert (await sent).status_code == 201


@pytest.mark.parametrize("choice", ["null", '"INVOICE"'])
async def test_a_series_of_fees_that_is_given_up_stays_explained(office: Office, choice: str) -> None:
    await fee_of_a_new_letter(office)
    await office.write(
        f"""update company set preferences = jsonb_set(preferences, '{{series,dunning_fee}}', '{choice}')
             where code = 'fees'"""
    )
    assert (await fee_of_a_new_letter(office))["refNbr"] == "002003"
    assert await office.invoice(await office.customer()) == "002004"


async def test_a_company_file_gives_fees_a_series_and_what_was_numbered_before_stays(
    client: httpx.AsyncClient, books: Database, clock: SeededClock, tmp_path: Path
) -> None:
    remembered.forget()
    demo, company = Office(client, books), Company(books, clock, tmp_path)
    assert (await fee_of_a_new_letter(demo))["refNbr"] == "003549"
    await company.apply(f"preferences: {{series: {{dunning_fee: FEES}}}}\nseries:\n{FEES}")
    assert (await fee_of_a_new_letter(demo))["refNbr"] == "F0001"
    taken = 'series: [{series_id: FEES, ranges: [{start_number: "F0005"}]}]'
    assert "Numbers up to F0001 have been given out: this stays F0001" in (await company.refused(taken))[0]
    await company.apply("preferences: {series: {invoice: FEES, dunning_fee: INVOICE}}")
    assert (await fee_of_a_new_letter(demo))["refNbr"] == "003551"
    assert await demo.invoice(await demo.customer()) == "F0003"
