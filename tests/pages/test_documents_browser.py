"""Documents in a real browser: flows of the design, counted in steps, and whether everybody can use the pages."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from tests.conftest import RunningServer
from tests.databases import Databases
from tests.pages.conftest import OpenTab, assert_accessible, some

pytestmark = pytest.mark.xdist_group("browser")
expect.set_options(timeout=30_000)

STATES = (
    "documents?page=65", "documents?overdue=true&q=zzz", "documents/Invoice/002001", "documents/Invoice/003547",
    "documents/Payment/500001", "documents/Invoice/003547/edit", "documents/Payment/new?customer=20003",
    "documents/Invoice/002001/credit", "documents/Invoice/003547/release", "documents/Payment/500001/void",
    "documents/bulk/result?do=release&done=Invoice%2F002001&refused=Invoice%2F002002", "documents/Invoice/nowhere",
)  # fmt: skip


async def test_pages_of_documents_are_accessible(look: OpenTab) -> None:
    page = await look("documents")
    for path in some(*STATES):
        await page.goto(f"/ui/{path}")
        await assert_accessible(page)
    await page.goto("/ui/documents/Invoice/new?customer=20001")
    await page.fill("[id='line.0.item']", "NONE")
    await page.click("[data-save]")
    await expect(page.locator(".problems")).to_be_focused()
    await assert_accessible(page)


async def test_the_flows_of_documents(
    tab: OpenTab, browser: Browser, site: RunningServer, databases: Databases
) -> None:
    page = await tab("documents")
    number = await _invoice_by_keyboard(page)
    await _credit(page, number)
    await _two_people(page, await tab("documents?status=Balanced"))
    context = await browser.new_context(base_url=site.url)  # whose console may tell of what failed
    await _database_goes_away(await context.new_page(), databases, urlsplit(site.dsn).path[1:])
    await context.close()


async def _invoice_by_keyboard(page: Page) -> str:
    """`n`, three letters, Enter, item, quantity, Ctrl+Enter, release. No mouse."""
    keys = page.keyboard
    await keys.press("n")
    await expect(page.locator("#customer")).to_be_focused()
    await keys.type("bje")
    await keys.press("Enter")
    await expect(page.locator("[id='line.0.item']")).to_be_focused()
    await expect(page.locator(".stands")).to_contain_text("20002 Bjerke Elektro AS")
    await keys.type("A")
    await keys.press("Tab")
    await keys.press("Tab")
    await keys.type("3")
    await expect(page.locator(".totals")).to_contain_text("375.00")
    await keys.press("Enter")
    await expect(page.locator("[id='line.1.item']")).to_be_focused()
    await keys.press("Alt+ArrowUp")
    await expect(page.locator("[id='line.0.item']")).to_be_focused()
    await keys.press("Control+Enter")
    await expect(page.get_by_role("status").first).to_contain_text("is saved as a draft.")
    await keys.press("r")
    await expect(page.get_by_role("button", name="Release Invoice")).to_be_focused()
    await keys.press("Enter")
    await expect(page.get_by_role("status").first).to_contain_text("is released. Journal AR")
    return (await page.locator("h1").inner_text()).split()[-1]


async def _credit(page: Page, number: str) -> None:
    """Document, credit, choose lines, see the postings, release, applied to its invoice. 4 clicks."""
    await page.click("text=Credit it")
    await page.fill("[name='quantity.1']", "1")
    await page.click("text=Make the credit note")
    await expect(page.locator("[aria-label='What is posted']")).to_contain_text("125.00")
    await page.click("[data-save]")
    await expect(page.get_by_role("status").first).to_contain_text("is released.")
    await page.click(f"#applications ~ ul >> text=Invoice {number}")
    await expect(page.locator(".facts").nth(1)).to_contain_text("250.00 NOK")


async def _two_people(page: Page, other: Page) -> None:
    """The second sees what the first changed, and loses nothing."""
    for each in (page, other):
        await each.goto("/ui/documents/Invoice/003547/edit")
    await other.fill("#text", "Theirs")
    await other.click("[data-save]")
    await expect(other.get_by_role("status").first).to_contain_text("is saved as a draft.")
    await page.fill("#text", "Mine")
    await page.fill("#customer_reference", "PO-9")
    await page.click("[data-save]")
    await expect(page.locator(".problems")).to_contain_text("changed this at")
    await expect(page.locator(".problems tbody")).to_contain_text("Theirs")
    await page.click("text=Use mine")
    await expect(page.get_by_role("status").first).to_contain_text("is saved as a draft.")
    await expect(page.locator("main")).to_contain_text("PO-9")


async def _database_goes_away(page: Page, databases: Databases, name: str) -> None:
    """The page says so, keeps what was typed, and saves when the database is back."""
    await page.goto("/ui/documents/Invoice/new?customer=20001")
    await page.fill("[id='line.0.item']", "A")
    await page.fill("[id='line.0.quantity']", "2")
    await expect(page.locator(".totals")).to_contain_text("250.00")
    await databases.administer(f"alter database {name} with allow_connections false")
    await databases.administer(
        f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}' and pid <> pg_backend_pid()"
    )
    await page.click("[data-save]")
    await expect(page.locator(".problems.stale")).to_be_visible()
    await expect(page.locator("[id='line.0.quantity']")).to_have_value("2")
    await databases.administer(f"alter database {name} with allow_connections true")
    await page.click("[data-save]")
    await expect(page.get_by_role("status").first).to_contain_text("is saved as a draft.")


async def test_steps_with_many_documents_are_accessible(tab: OpenTab) -> None:
    page = await tab()
    for button in ("Print the chosen", "Send the chosen by mail", "Put the chosen on hold", "Release the chosen"):
        await page.goto("/ui/documents?type=Invoice")
        for row in range(3):
            await page.check(f"tbody input[name=document] >> nth={row}")
        await page.click(f"button:text('{button}')")
        await page.wait_for_selector(f"h1:text('{button}')")
        await assert_accessible(page)
    await page.goto("/ui/documents/CashSale/new?customer=20001")
    await assert_accessible(page)
    await page.goto("/ui/documents/FinCharge/030056")
    await assert_accessible(page)
    await page.goto("/ui/documents?q=nothing+like+it")
    await assert_accessible(page)
