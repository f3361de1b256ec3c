"""Sending in a real browser: a customer rings, and pages that everybody can use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, expect

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.mails.commands.post import post_of
from reskontra.mails.commands.sending import send_next
from tests.conftest import RunningServer
from tests.databases import Databases
from tests.pages.conftest import MORNING, PHONE, OpenTab, assert_accessible, served, tabs

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
async def posting_site(databases: Databases, demo_year: str, tmp_path: Path) -> AsyncIterator[RunningServer]:
    """The demo's year with an outbox."""
    async with served(databases, demo_year, tmp_path) as server:
        yield server


@pytest.fixture
async def posting_tab(browser: Browser, posting_site: RunningServer) -> AsyncIterator[OpenTab]:
    async with tabs(browser, posting_site.url) as open_tab:
        yield open_tab


async def carry(site: RunningServer, folder: Path) -> None:
    """Send what waits, an hour later."""
    database, post = await Database.connect(site.dsn), post_of(Settings(sandbox=True, data_dir=folder))
    assert post.carrier is not None
    while await send_next(database, SeededClock(MORNING + timedelta(hours=1)), post.carrier):
        pass
    await database.close()


async def test_a_customer_rings_and_gets_the_invoice_again(
    posting_site: RunningServer, posting_tab: OpenTab, tmp_path: Path
) -> None:
    """On a phone: search, balance, last invoice, send the PDF again. 4 taps."""
    phone = await posting_tab("", **PHONE)
    await phone.fill("#search", "aurdal")
    await phone.keyboard.press("Enter")
    await phone.wait_for_url("**/ui/search?q=aurdal")
    await phone.tap("tbody[data-rows] a:text('Aurdal Bakeri AS') >> nth=0")
    await expect(phone.locator(".figure").first).not_to_be_empty()
    await phone.tap("tbody[data-rows] a:text-matches('^00') >> nth=-1")
    number = (await phone.locator("h1").inner_text()).split()[-1]
    await phone.tap(".actions a:text('Send')")
    await expect(phone.locator("#to")).to_have_value("post@aurdal-bakeri.example")
    await phone.tap("button:text('Send')")
    await expect(phone.get_by_role("status").first).to_contain_text("goes to post@aurdal-bakeri.example.")
    await carry(posting_site, tmp_path)

    page = await posting_tab("sandbox/outbox")
    await assert_accessible(page)
    await page.click(f"tbody a:text('{number}')")
    await expect(page.locator("main ul a")).to_contain_text(f"{number}.pdf")
    await assert_accessible(page)
    kind = "Invoice" if "invoice" in await page.locator("main ul a").inner_text() else "DebitNote"
    for path in (f"documents/{kind}/{number}", f"documents/{kind}/{number}/send", "mails", "mails?state=Refused"):
        await page.goto(f"/ui/{path}")
        await assert_accessible(page)
    await page.click("text=Clear the filters")
    await expect(page.locator("tbody")).to_contain_text(number)


async def test_e_invoices_and_letters_are_accessible(posting_site: RunningServer, posting_tab: OpenTab) -> None:
    async with httpx.AsyncClient(base_url=posting_site.url) as api:
        takes = {"acceptAutoInvoices": {"value": True}}
        assert (await api.put("/v1/customer/20001", json=takes)).status_code == 204
        run = {"asOf": "2025-12-31", "filters": {"customer": ["20002"]}}
        assert (await api.post("/v1/reskontra/run/dunning", json=run)).status_code == 200
    page = await posting_tab("documents/Invoice/003468/e-invoice")
    await assert_accessible(page)
    for path in (
        "e-invoices", "e-invoices?state=Refused", "letters", "letters/1", "letters/1/send", "sandbox/outbox",
        "customers/20001/statement?asOf=2025-06-30&known=then", "customers/20001/statement/send?asOf=2025-06-30",
    ):  # fmt: skip
        await page.goto(f"/ui/{path}")
        await assert_accessible(page)
