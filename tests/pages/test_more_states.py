"""Axe on the states that other tests pass through without stopping: second steps, refusals, and an empty company."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.conftest import RunningServer
from tests.pages.conftest import PHONE, OpenTab, assert_accessible, some

pytestmark = pytest.mark.xdist_group("browser")

SALE = {
    "customerNumber": {"value": "20001"},
    "invoiceLines": [{"inventoryNumber": {"value": "A"}, "quantity": {"value": 2}}],
}


async def looked_at(page: Page, *paths: str) -> None:
    for path in some(*paths):
        answer = await page.goto(f"/ui/{path}")
        assert answer is not None
        assert answer.status == 200, path
        await assert_accessible(page)


async def test_what_is_only_looked_at_is_accessible(look: OpenTab) -> None:
    page = await look()
    await looked_at(page, "journal/AR000812", "customers/20001/letters", "sandbox/state/reset")


async def test_second_steps_are_accessible(site: RunningServer, tab: OpenTab) -> None:
    page = await tab()
    async with httpx.AsyncClient(base_url=site.url) as http:
        numbers = []
        for address in ("customerinvoice", "customerinvoice", "customercreditnote"):
            made = await http.post(f"/v1/{address}", json=SALE)
            numbers.append(made.headers["location"].rpartition("/")[2])
        draft, invoice, note = numbers
        for address in (f"customerinvoice/{invoice}", f"customercreditnote/{note}"):
            assert (await http.post(f"/v1/{address}/action/release")).status_code == 200
    await looked_at(page, f"documents/Invoice/{draft}/delete", f"documents/Invoice/{draft}/release",
                    f"documents/CreditNote/{note}/apply")  # fmt: skip
    async with httpx.AsyncClient(base_url=site.url) as http:
        applied = await http.post(
            "/v1/reskontra/application",
            json={"credit": {"documentType": "CreditNote", "referenceNumber": note},
                  "lines": [{"documentType": "Invoice", "referenceNumber": invoice, "amountPaid": 10}]},
        )  # fmt: skip
        assert applied.status_code in (200, 201), applied.text
    await page.goto(f"/ui/documents/Invoice/{invoice}")
    await page.locator("main a[href*='/undo']").first.click()
    await assert_accessible(page)

    await page.goto("/ui/documents?status=Balanced")
    await page.locator("tbody input[type=checkbox]").first.check()
    await page.locator(".bulk button").first.click()
    await expect(page.locator("main form[action$='bulk/run']")).to_be_visible()
    await assert_accessible(page)


async def test_a_customer_that_somebody_else_changed_is_accessible(site: RunningServer, tab: OpenTab) -> None:
    page = await tab("customers/20001/edit")
    async with httpx.AsyncClient(base_url=site.url) as http:
        await http.put("/v1/customer/20001", json={"name": {"value": "Theirs AS"}})
    await page.fill("#name", "Mine AS")
    await page.locator("main form button.main, main form [data-save]").first.click()
    await expect(page.locator("main")).to_contain_text("Theirs AS")
    await assert_accessible(page)


async def test_an_empty_company_is_accessible(tab: OpenTab) -> None:
    page = await tab("customers")
    await page.locator(".switch select").select_option(label="Empty AS")
    await expect(page.locator(".switch option[selected]")).to_have_text("Empty AS")
    await looked_at(page, "", "customers", "documents", "letters", "journal", "reminding", "reports/ageing", "log",
                    "periods")  # fmt: skip


async def test_the_longest_name_of_a_salesperson_fits_on_a_phone(site: RunningServer, tab: OpenTab) -> None:
    async with httpx.AsyncClient(base_url=site.url) as http:
        sent = {"salespersonID": {"value": 30 * "W"}, "name": {"value": 60 * "W"}}
        assert (await http.post("/v1/salesperson", json=sent)).status_code == 201
    page = await tab(f"customers?salesperson={30 * 'W'}", **PHONE)
    await expect(page.locator("[name=salesperson] option[selected]")).to_have_text(f"{60 * 'W'} ({30 * 'W'})")
    assert await page.evaluate("document.documentElement.scrollWidth") == 320
    await assert_accessible(page)


@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("width", [320, 800, 1100])
async def test_no_page_scrolls_sideways(look: OpenTab, width: int) -> None:
    """Tables do, in a region of their own."""
    page = await look("")
    await page.set_viewport_size({"width": width, "height": 900})
    for path in ("", "customers", "customers/20001", "customers/20001/log", "documents", "documents/Invoice/003400",
                 "periods", "search?q=Bakke", f"search?q={60 * 'W'}", "journal", "log", "letters", "mails",
                 "e-invoices", "reports/ageing", "reports/open-items", "reminding", "sandbox",
                 "sandbox/state"):  # fmt: skip
        await page.goto(f"/ui/{path}")
        scrolls = await page.evaluate("document.documentElement.scrollWidth")
        assert scrolls <= width, path
