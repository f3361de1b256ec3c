"""The papers that a bookkeeper sends more seldom: an overdue charge, and an invoice of a Swedish company."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.api.documents.test_documents_printed import page_of
from tests.clerk import INVOICE, Clerk
from tests.conftest import new_company, open_client


@pytest.fixture
async def swede(books: Database, clock: SeededClock) -> AsyncIterator[Clerk]:
    """The clerk of a new Swedish company."""
    company_id = await new_company(books, clock, "se", name="Alm AB")
    async with open_client(Settings(sandbox=True), books, clock, company_id=company_id) as http:
        yield Clerk(http, books, clock, company_id)


async def test_an_overdue_charge_says_for_what_it_is(clerk: Clerk) -> None:
    await clerk.sql("update customer set overdue_charge = false where company_id = 1")
    clerk.customer_number = (await clerk.customer(name="Late AS")).number
    line = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 10_000, "vatCodeId": "6"}
    late = await clerk.issue(INVOICE, documentDate="2025-06-01", documentDueDate="2025-06-01", lines=[line])
    charge = await clerk.release(await clerk.charged("2025-07-31"))
    page = await page_of(clerk, charge)
    assert f"Rentenota {charge.number}" in page
    assert "Late AS" in page
    assert late.number in page, "the document that was paid late"
    amount = f"{charge['amount']:.2f}".replace(".", ",")
    assert f"Å betale {amount} NOK" in page
    assert f"KID {charge['paymentReference']}" in page
    assert "Side 1 av 1" in page


def passes(number: str) -> bool:
    """The Luhn algorithm by which Swedish OCR numbers are checked (MOD10)."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [digit if place % 2 == 0 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(digits)]
    return sum(doubled) % 10 == 0


async def test_an_invoice_of_a_swedish_company_has_an_ocr_number(swede: Clerk) -> None:
    customer = await swede.customer(name="Köpare AB")
    line = {"description": "Arbete", "quantity": 2, "unitPriceInCurrency": 400, "vatCodeId": "25"}
    invoice = await swede.issue(INVOICE, customer, lines=[line])
    page = await page_of(swede, invoice)
    found = re.search(r"OCR-nummer (\d+)", page)
    assert found is not None, page
    assert found[1] == invoice["paymentReference"]
    assert passes(found[1])
    assert int(found[1][-2]) == len(found[1]) % 10, "the digit before the last tells the length"
    assert f"Faktura {invoice.number}" in page
    assert "Summa exkl. moms 800,00 Moms 200,00 Att betala 1 000,00 SEK" in page
    assert "KID" not in page
