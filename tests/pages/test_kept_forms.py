"""What was typed stays in its form: after the session ended, another company was chosen, or the connection broke."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Dialog, Page, Route, expect

from reskontra.clock import Context, SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.users.commands import create_user
from reskontra.users.rules import Role
from tests.conftest import ServerThread, new_company
from tests.databases import Databases
from tests.pages.conftest import tabs

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
async def form(browser: Browser, databases: Databases, clock: SeededClock) -> AsyncIterator[Page]:
    """The form of a new invoice, on a server with two companies whose user signed in."""
    name = await databases.clone()
    pool = await Database.connect(databases.dsn_of(name))
    other = await new_company(pool, clock, code="OTHER", name="Other AS")
    async with pool.transaction() as connection:
        demo = await connection.fetchval("select min(company_id) from company")
        await create_user(
            connection, Context(0, "test", "test", clock.now(), clock), email="kari@example.com", name="Kari",
            role=Role.BOOKKEEPER, company_ids=[demo, other], password="four words are enough",
        )  # fmt: skip
    await pool.close()
    running = ServerThread(Settings(), databases.dsn_of(name), clock)
    running.start_and_wait()
    try:
        async with tabs(browser, running.url) as open_tab:
            page = await open_tab("sign-in")
            await _sign_in(page)
            await page.goto("/ui/documents/Invoice/new?customer=20001")
            yield page
    finally:
        running.stop_and_wait()
        await databases.drop(name)


async def _sign_in(page: Page) -> None:
    await page.fill("#email", "kari@example.com")
    await page.fill("#password", "four words are enough")
    await page.click("button.main")
    await page.wait_for_url("**/ui/**")


async def _type(page: Page) -> None:
    await page.fill("[id='line.0.description']", "Typed")
    await page.fill("[id='line.0.price']", "5")
    await expect(page.locator(".totals")).to_be_visible()


async def test_a_form_stays_when_the_session_ended_and_is_sent_after_a_new_one(form: Page) -> None:
    await _type(form)
    other = await form.context.new_page()
    await other.goto("/ui/customers")
    await other.click("details.person summary")
    await other.get_by_role("button", name="Sign out").click()
    await form.click("[data-save]")
    note = form.locator("form[data-guard]").locator("xpath=preceding-sibling::*[1]")
    await expect(note).to_contain_text("You are signed out. Sign in again in another tab, then send again.")
    await expect(form.locator("[id='line.0.description']")).to_have_value("Typed")
    await _sign_in(other)
    await expect(other.get_by_role("heading", level=1)).to_have_text("Overview")
    await form.evaluate("dispatchEvent(new Event('focus'))")
    await expect(form.locator(".refused")).to_have_count(0)
    await form.click("[data-save]")
    await expect(form.get_by_role("status").first).to_contain_text("is saved as a draft.")


async def test_a_form_stays_when_another_company_was_chosen(form: Page) -> None:
    await _type(form)
    other = await form.context.new_page()
    await other.goto("/ui/customers")
    await other.select_option("select[name=company]", label="Other AS")
    await expect(other.locator("select[name=company] option[selected]")).to_have_text("Other AS")
    await form.click("[data-save]")
    await expect(form.locator(".refused")).to_contain_text("another company, so nothing was done")
    await expect(form.locator("[id='line.0.description']")).to_have_value("Typed")


async def _is_asked(page: Page) -> bool:
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.locator("nav.main a[data-nav=customers]").click(no_wait_after=True)
    await page.wait_for_timeout(500)
    page.remove_listener("dialog", stay)
    return asked == ["beforeunload"]


async def test_leaving_is_asked_after_a_save_that_was_refused_or_broke(form: Page) -> None:
    await _type(form)
    await form.fill("[id='line.0.price']", "abc")
    await form.click("[data-save]")
    await expect(form.locator(".problems").first).to_be_visible()
    assert await _is_asked(form), "refused"
    await form.route("**/new*", lambda route: route.abort())
    await form.click("[data-save]")
    await expect(form.locator(".refused")).to_have_text("No answer came. Look at the document before you send again.")
    assert await _is_asked(form), "broken"
    await form.unroute_all(behavior="ignoreErrors")
    await form.fill("[id='line.0.price']", "5")
    await form.click("[data-save]")
    await expect(form.get_by_role("status").first).to_contain_text("is saved as a draft.")


async def test_leaving_is_asked_on_a_refused_form_without_fragments(form: Page) -> None:
    await form.goto("/ui/customers/new")
    await form.fill("#name", "New AS")
    await form.fill("#creditLimit", "abc")
    await form.click("[data-save]")
    await expect(form.locator(".problems").first).to_be_visible()
    await expect(form.locator("#creditLimit")).to_have_value("abc")
    assert await _is_asked(form)


@pytest.mark.parametrize("slow", ["calculate", "add"])
async def test_a_line_is_added_though_something_was_typed_just_before_or_after(form: Page, slow: str) -> None:
    """Whichever answer comes late: that of the sums, or that of the line."""

    async def late(route: Route) -> None:
        if f"do={slow}" in (route.request.post_data or ""):
            await asyncio.sleep(0.6)
        await route.continue_()

    await form.route("**/new*", late)
    lines = form.locator("[data-sheet] tbody tr:has([id$='.description'])")
    before = await lines.count()
    await form.type("[id='line.0.description']", "Typed", delay=5)
    await form.click("[data-add]")
    if slow == "add":
        await form.press("[id='line.0.description']", "End")
        await form.keyboard.type(" more", delay=5)
    await form.wait_for_timeout(2500)
    await expect(lines).to_have_count(before + 1)
    await expect(form.locator("[id='line.0.description']")).to_have_value("Typed more" if slow == "add" else "Typed")
    await form.unroute_all(behavior="ignoreErrors")


async def test_a_save_that_takes_long_says_so(form: Page) -> None:
    await _type(form)
    broken = asyncio.Event()

    async def hold(route: Route) -> None:
        await broken.wait()
        await route.abort()

    await form.route("**/new*", hold)
    await form.click("[data-save]")
    await expect(form.locator("#document-form")).to_have_attribute("aria-busy", "true")
    await expect(form.locator(".waiting")).to_have_text("Saving. This takes longer than usual.")
    broken.set()
    await expect(form.locator(".refused")).to_have_text("No answer came. Look at the document before you send again.")
    await expect(form.locator(".waiting, [aria-busy]")).to_have_count(0)
    await expect(form.locator("[id='line.0.description']")).to_have_value("Typed")
    await form.unroute_all(behavior="ignoreErrors")
