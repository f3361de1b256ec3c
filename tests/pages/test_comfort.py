"""What a browser adds to the pages: keys that can be off, print without navigation, targets for thumbs, a question
before a changed form is left, a password that can be seen."""

from __future__ import annotations

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Dialog, Page, expect

from reskontra.clock import Context, SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.pages.screen import LANGUAGE_COOKIE
from reskontra.pages.words import LANGUAGES
from reskontra.users.commands import create_user
from reskontra.users.rules import Role
from tests.conftest import RunningServer, ServerThread
from tests.databases import Databases
from tests.pages.conftest import PHONE, OpenTab, assert_accessible, tabs

pytestmark = pytest.mark.xdist_group("browser")

SMALL = """() => [...document.querySelectorAll('a, button, input, select, summary, textarea')].filter((it) => {
  const box = it.getBoundingClientRect();
  const inSentence = it.parentElement.matches('p') && !it.matches('.button');
  const seen = it.checkVisibility({ visibilityProperty: true }) && box.width > 1 && !it.matches('.skip, [type=hidden]');
  return seen && !inSentence && !it.closest('svg') && box.height < 43.5;
}).map((it) => it.outerHTML.slice(0, 120))"""


async def test_targets_on_a_phone_are_large_enough_for_a_thumb(look: OpenTab) -> None:
    page = await look("customers", **PHONE)
    for path in ("customers", "documents", "customers/20001", "sandbox/requests", ""):
        await page.goto(f"/ui/{path}")
        assert await page.evaluate(SMALL) == [], path


@pytest.mark.parametrize("has_scripts", [True, False])
async def test_the_tabs_of_a_customer_are_one_choice_on_a_phone(look: OpenTab, has_scripts: bool) -> None:
    page = await look("customers/20001", **PHONE, java_script_enabled=has_scripts)
    tabbed = page.get_by_role("navigation", name="Customer", exact=True)
    choice, links = tabbed.locator("summary"), tabbed.get_by_role("link")
    await expect(choice).to_have_text("Documents")
    await expect(links).to_have_count(0)
    await choice.focus()
    await page.keyboard.press("Enter")
    await expect(links).to_have_text(["Documents", "Statement", "Details", "Locations and contacts", "Letters", "Log"])
    assert await page.evaluate("document.documentElement.scrollWidth") == 320
    assert await page.evaluate(SMALL) == []
    for scheme in ("light", "dark") if has_scripts else ():  # axe is a script
        await page.emulate_media(color_scheme=scheme)
        found = (await Axe().run(page)).response["violations"]
        assert found == [], scheme
    for _ in range(4):
        await page.keyboard.press("Tab")
    await expect(links.nth(3)).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/ui/customers/20001/places")
    await expect(choice).to_have_text("Locations and contacts")
    await choice.click()
    await links.get_by_text("Log").click()
    await page.wait_for_url("**/ui/customers/20001/log")
    await expect(links).to_have_count(0)
    await page.set_viewport_size({"width": 1280, "height": 800})
    await expect(links).to_have_count(6)
    await expect(choice).to_be_hidden()


async def test_escape_and_a_click_elsewhere_close_the_choice_of_tabs(look: OpenTab) -> None:
    page = await look("customers/20001", **PHONE)
    links = page.get_by_role("navigation", name="Customer", exact=True).get_by_role("link")
    for close in (lambda: page.keyboard.press("Escape"), lambda: page.click("h1")):
        await page.click(".tabbed summary")
        await expect(links).to_have_count(6)
        await close()
        await expect(links).to_have_count(0)


async def test_keys_can_be_off(look: OpenTab) -> None:
    page = await look("preferences")
    await page.locator("select[name=keys]").select_option("off")
    await page.locator("main form button").first.click()
    await page.goto("/ui/customers")
    for key in ("g", "d", "j", "n", "?"):
        await page.keyboard.press(key)
    await page.wait_for_timeout(300)
    assert page.url.endswith("/ui/customers")
    await expect(page.locator("dialog[open]")).to_have_count(0)
    assert await page.evaluate("document.activeElement === document.body || document.activeElement.id === 'content'")


async def test_a_page_prints_without_navigation(look: OpenTab) -> None:
    page = await look("customers")
    await page.emulate_media(media="print")
    for part in ("nav.main", ".top", ".band", ".foot", ".filters", ".pager"):
        assert not [it for it in await page.locator(part).all() if await it.is_visible()], part
    await expect(page.locator("h1")).to_be_visible()
    await expect(page.locator("main table")).to_be_visible()


async def test_whoever_leaves_a_changed_form_is_asked(look: OpenTab) -> None:
    page = await look("customers/20001/edit")
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.locator("#name").fill("Not saved AS")
    await page.locator("nav.main a[data-nav=customers]").click(no_wait_after=True)
    await page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    await expect(page.locator("#name")).to_have_value("Not saved AS")


async def test_c_leads_to_the_question_before_requests_are_forgotten(site: RunningServer, tab: OpenTab) -> None:
    async with httpx.AsyncClient(base_url=site.url) as http:
        await http.get("/v1/customer")
        page = await tab("sandbox/requests")
        await page.keyboard.press("c")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Forget one request?")
        assert (await http.get("/v1/reskontra/sandbox/requests")).json()["kept"] == 1


async def test_the_password_can_be_seen(browser: Browser, databases: Databases, clock: SeededClock) -> None:
    name = await databases.clone()
    dsn = databases.dsn_of(name)
    pool = await Database.connect(dsn)
    async with pool.transaction() as connection:
        demo = await connection.fetchval("select min(company_id) from company")
        await create_user(
            connection, Context(0, "test", "test", clock.now(), clock), email="kari@example.com", name="Kari",
            role=Role.READER, company_ids=[demo], password="four words are enough",
        )  # fmt: skip
    await pool.close()
    running = ServerThread(Settings(), dsn, clock)
    running.start_and_wait()
    try:
        async with tabs(browser, running.url) as open_tab:
            await _see_it(await open_tab("sign-in"))
    finally:
        running.stop_and_wait()
        await databases.drop(name)


async def _see_it(page: Page) -> None:
    await assert_accessible(page)
    field = page.locator("#password")
    await field.fill("four words are enough")
    await page.get_by_role("button", name="Show the password").click()
    await expect(field).to_have_attribute("type", "text")
    await page.get_by_role("button", name="Hide the password").click()
    await expect(field).to_have_attribute("type", "password")
    await page.locator("#email").fill("kari@example.com")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    await page.goto("/ui/customers/new")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Not allowed")
    await assert_accessible(page)


@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("language", sorted(LANGUAGES))
async def test_the_words_of_the_bar_fit_on_a_phone(look: OpenTab, language: str) -> None:
    page = await look("", **PHONE)
    home = page.url
    await page.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": home}])
    await page.goto(home)
    assert await page.get_attribute("html", "lang") == language
    cut = await page.evaluate(
        "[...document.querySelectorAll('nav.main > ul > li > a span, nav.main > ul > li > details > summary span')]"
        ".filter(it => it.scrollWidth > it.clientWidth).map(it => it.textContent)"
    )
    assert cut == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_paper_has_whose_it_is_and_the_day_and_nothing_to_press(look: OpenTab, scheme: str) -> None:
    """Also where the browser is dark; and a sheet of paper is as wide as the widest table."""
    page = await look("customers", color_scheme=scheme)
    await page.emulate_media(media="print", color_scheme=scheme)  # type: ignore[arg-type]
    await page.set_viewport_size({"width": 718, "height": 1000})
    for path in ("customers", "documents", "documents/Invoice/003500", "customers/20001/statement", "reports/ageing",
                 "reports/open-items", "reminding", "periods", "log"):  # fmt: skip
        await page.goto(f"/ui/{path}")
        for part in ("button", ".button", "[type=checkbox]", "summary", "nav", ".chips", ".downloads"):
            assert not [it for it in await page.locator(part).all() if await it.is_visible()], (path, part)
        await expect(page.locator(".printed")).to_have_text("Demo AS 2025-12-31")
        assert await page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        assert await page.evaluate("document.documentElement.scrollWidth") <= 718, path
        shown = await page.evaluate("[...document.querySelectorAll('.list')].map((it) => getComputedStyle(it).display)")
        assert set(shown) <= {"table"}, "not the rows of a phone"
