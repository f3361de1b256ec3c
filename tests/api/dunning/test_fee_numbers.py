"""Fees that have a number series of their own: two series number invoices, each without gaps. Over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.api.dunning.debtors import INVOICED, climb, debtor, numbered
from tests.clerk import INVOICE, Clerk
from tests.companies.test_apply import Company
from tests.conftest import new_company, open_client

FEES = '  - {series_id: FEES, description: Reminder fees, mode: automatic, ranges: [{start_number: "F0001"}]}\n'


@pytest.fixture
async def clerk(books: Database, clock: SeededClock, tmp_path: Path) -> AsyncIterator[Clerk]:
    """The clerk of a new company, made of the Norwegian template with a series for fees; clients may send numbers."""
    shipped = Path("src/reskontra/company_file/templates/no.yaml").read_text(encoding="utf-8")
    file = tmp_path / "fees.yaml"
    file.write_text(
        shipped.replace("mode: strict", "mode: automatic")
        .replace("    batch: BATCH\n", "    batch: BATCH\n    dunning_fee: FEES\n")
        .replace("  - series_id: BATCH\n", FEES + "  - series_id: BATCH\n"),
        encoding="utf-8",
    )
    company_id = await new_company(books, clock, file, code="fees")
    async with open_client(Settings(sandbox=True), books, clock, company_id=company_id) as client:
        yield Clerk(client, books, clock, company_id, day=INVOICED)


async def fee_of_a_new_letter(clerk: Clerk) -> dict[str, Any]:
    """The fee invoice of somebody's third letter."""
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    fee: dict[str, Any] = (await climb(clerk, customer))["feeInvoice"]
    return fee


async def last_numbers(clerk: Clerk) -> dict[str, str]:
    return {series["numberingId"]: series["sequence"][0]["lastNbr"] for series in await clerk.get("numberSequence")}


async def test_fees_and_invoices_count_each_for_themselves(clerk: Clerk) -> None:
    assert [(await fee_of_a_new_letter(clerk))["refNbr"] for _ in range(2)] == ["F0001", "F0002"]
    assert {key: (await last_numbers(clerk))[key] for key in ("INVOICE", "FEES")} == {
        "INVOICE": "002002",
        "FEES": "F0002",
    }
    assert await clerk.numbers(INVOICE) == ["002001", "002002", "F0001", "F0002"]


async def test_a_voided_letter_gives_its_fees_number_to_the_log(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release_fee": False})
    assert (await fee_of_a_new_letter(clerk))["refNbr"] == "F0001"
    assert (await clerk.act(numbered(3), "void")).status_code == 200
    assert await clerk.rows("select entity, number, used_again_at from deleted_number") == [("Invoice", "F0001", None)]
    assert (await fee_of_a_new_letter(clerk))["refNbr"] == "F0002"
    # Whoever sends the number gets it, and the log says so.
    assert (await clerk.issue(INVOICE, await debtor(clerk), referenceNumber="F0001")).number == "F0001"
    ((used,),) = await clerk.rows("select used_again_at is not null from deleted_number")
    assert used


async def test_a_voided_letter_credits_the_fee_by_the_series_of_credit_notes(clerk: Clerk) -> None:
    await fee_of_a_new_letter(clerk)
    assert (await clerk.act(numbered(3), "void")).status_code == 200
    letter = await clerk.get(numbered(3))
    assert (letter["feeInvoice"]["refNbr"], letter["feeInvoice"]["status"]) == ("F0001", "Closed")
    assert letter["feeCreditNote"]["refNbr"] == "010001"


async def test_a_fees_number_that_an_invoice_was_given_by_hand_is_left_out(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    assert (await clerk.issue(INVOICE, customer, referenceNumber="F0001")).number == "F0001"
    assert (await clerk.issue(INVOICE, customer, referenceNumber="f0003")).number == "f0003"
    assert [(await fee_of_a_new_letter(clerk))["refNbr"] for _ in range(2)] == ["F0002", "F0004"]


async def test_an_invoice_that_is_sent_a_fees_number_waits_for_who_draws_it(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    drawing = """update number_series_range set last_number = 'F0001' where series_id = 'FEES'"""
    async with clerk.database.transaction() as connection:
        await connection.execute(drawing)
        sent = asyncio.create_task(clerk.post(INVOICE, **clerk.sale(customer, referenceNumber="F0001")))
        done, _ = await asyncio.wait([sent], timeout=0.5)
        assert not done
    assert (await sent).status_code == 201


@pytest.mark.parametrize("choice", ["null", '"INVOICE"'])
async def test_a_series_of_fees_that_is_given_up_stays_explained(clerk: Clerk, choice: str) -> None:
    await fee_of_a_new_letter(clerk)
    await clerk.sql(
        f"""update company set preferences = jsonb_set(preferences, '{{series,dunning_fee}}', '{choice}')
             where code = 'fees'"""
    )
    assert (await fee_of_a_new_letter(clerk))["refNbr"] == "002003"
    assert (await clerk.issue(INVOICE, await debtor(clerk))).number == "002004"


async def test_a_company_file_gives_fees_a_series_and_what_was_numbered_before_stays(
    client: httpx.AsyncClient, books: Database, clock: SeededClock, tmp_path: Path
) -> None:
    demo, company = Clerk(client, books, clock, day=INVOICED), Company(books, clock, tmp_path)
    assert (await fee_of_a_new_letter(demo))["refNbr"] == "003549"
    await company.apply(f"preferences: {{series: {{dunning_fee: FEES}}}}\nseries:\n{FEES}")
    assert (await fee_of_a_new_letter(demo))["refNbr"] == "F0001"
    taken = 'series: [{series_id: FEES, ranges: [{start_number: "F0005"}]}]'
    assert "Numbers up to F0001 have been given out: this stays F0001" in (await company.refused(taken))[0]
    await company.apply("preferences: {series: {invoice: FEES, dunning_fee: INVOICE}}")
    assert (await fee_of_a_new_letter(demo))["refNbr"] == "003551"
    assert (await demo.issue(INVOICE, await debtor(demo))).number == "F0003"
