"""Pages as people see them: in this process as HTML, and in a real browser."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from bs4 import BeautifulSoup, Tag
from playwright.async_api import Browser, Page, async_playwright

from reskontra import sandbox
from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.cluster import OWNER
from reskontra.db.pool import Database
from reskontra.pages import frame_first
from tests.conftest import RunningServer, ServerThread, open_client
from tests.databases import Databases
from tests.sampling import Draws

MORNING = datetime(2025, 12, 31, 8, tzinfo=UTC)
"""The day after the demo's last booking."""

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-quic",
)  # fmt: skip


@pytest.fixture(scope="session")
async def demo_year(databases: Databases) -> AsyncIterator[str]:
    """The name of a database with the demo's year. Nobody may be connected to it when it is copied."""
    name = await databases.create_empty()
    await sandbox.furnish(databases.dsn_of(name), SeededClock(MORNING), step=lambda _: None)
    yield name
    await databases.drop(name)


@asynccontextmanager
async def copied(databases: Databases, template: str) -> AsyncIterator[str]:
    """The URL of a copy of a database, which is dropped afterwards."""
    name = f"pages_{databases.worker}_{next(databases.numbers)}"
    await databases.administer(f"create database {name} owner {OWNER} template {template} strategy file_copy")
    yield databases.dsn_of(name)
    await databases.drop(name)


@dataclass
class Visitor:
    """A person with a browser that shows HTML and nothing else: follows links and sends forms."""

    http: httpx.AsyncClient
    seen: BeautifulSoup = field(default_factory=BeautifulSoup)
    answer: httpx.Response | None = None

    async def go(self, path: str, status: int = 200, **headers: str) -> BeautifulSoup:
        """Open an address below `/ui/`, or a whole one."""
        address = path if path.startswith("/") else f"/ui/{path}"
        self.answer = await self.http.get(address, headers=headers, follow_redirects=True)
        assert self.answer.status_code == status, told(self.answer)
        self.seen = BeautifulSoup(self.answer.text, "html.parser")
        return self.seen

    async def send(self, form: Tag | str, status: int = 200, button: str | None = None, **fields: Any) -> BeautifulSoup:
        """Send a form of the page with some of its fields changed; a list sends a name several times.

        `form` is the form or a CSS selector, `button` the value of the button that is pressed.
        """
        found = self.seen.select_one(form) if isinstance(form, str) else form
        assert found is not None, f"there is no form {form}"
        pairs = [(name, value) for name, value in _fields(found) if name not in fields]
        for name, value in fields.items():
            pairs += [(name, str(one)) for one in (value if isinstance(value, list) else [value])]
        pressed = found.select_one(f'button[value="{button}"]') if button else None
        if pressed is not None and pressed.get("name"):
            pairs.append((str(pressed["name"]), str(button)))
        action = str((pressed.get("formaction") if pressed else None) or found.get("action") or self.http_path)
        data: dict[str, list[str]] = {}
        for name, value in pairs:
            data.setdefault(name, []).append(value)
        if str(found.get("method", "get")).lower() == "get":
            self.answer = await self.http.get(action, params=data, follow_redirects=True)
        else:
            self.answer = await self.http.post(action, data=data, follow_redirects=True)
        assert self.answer.status_code == status, told(self.answer)
        self.seen = BeautifulSoup(self.answer.text, "html.parser")
        return self.seen

    @property
    def http_path(self) -> str:
        assert self.answer is not None
        return self.answer.url.raw_path.decode()

    @property
    def said(self) -> str:
        """The status line."""
        line = self.seen.select_one('[role="status"]')
        return line.get_text(" ", strip=True) if line else ""

    @property
    def text(self) -> str:
        """What the page says, in one line."""
        main = self.seen.select_one("main")
        return " ".join((main or self.seen).get_text(" ", strip=True).split())

    def rows(self, table: str = "table") -> list[list[str]]:
        """The cells of a table's body, as texts."""
        return [
            [" ".join(cell.get_text(" ", strip=True).split()) for cell in row.select("th, td")]
            for row in self.seen.select(f"{table} tbody tr")
        ]


def told(answer: httpx.Response) -> str:
    """What a page says, for a test that fails."""
    seen = BeautifulSoup(answer.text, "html.parser")
    return f"{answer.status_code} {answer.url}: {(seen.select_one('main') or seen).get_text(' ', strip=True)[:500]}"


def _fields(form: Tag) -> list[tuple[str, str]]:
    pairs = []
    for it in form.select("input[name], select[name], textarea[name]"):
        name, kind = str(it["name"]), str(it.get("type", ""))
        if it.name == "select":
            chosen = it.select_one("option[selected]") or it.select_one("option")
            if chosen is not None:
                pairs.append((name, str(chosen.get("value", chosen.get_text()))))
        elif it.name == "textarea":
            pairs.append((name, it.get_text()))
        elif kind not in ("checkbox", "radio", "submit", "button", "file") or it.has_attr("checked"):
            pairs.append((name, str(it.get("value", "on" if kind == "checkbox" else ""))))
    return pairs


@pytest.fixture(scope="session")
async def year_books(databases: Databases, demo_year: str) -> AsyncIterator[Database]:
    """The demo's year in a copy that the worker's tests share: for pages that change nothing."""
    async with copied(databases, demo_year) as dsn:
        pool = await Database.connect(dsn)
        yield pool
        await pool.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, a page is sent whole, so that its status can be looked at."""
    monkeypatch.setattr(frame_first, "PATIENCE", 600.0)


@pytest.fixture
async def visitor(year_books: Database) -> AsyncIterator[Visitor]:
    """Looks at the demo's year in the sandbox, and changes nothing."""
    async with open_client(Settings(sandbox=True), year_books, SeededClock(MORNING)) as http:
        yield Visitor(http)


@pytest.fixture
async def bookkeeper(client: httpx.AsyncClient) -> Visitor:
    """Works in a fresh copy of the demo company (`clerk` works in the same): 20 customers, invoices up to 003547."""
    return Visitor(client)


# --- a real browser


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium. `.ci/run` installs it; elsewhere: `apt install chromium`, or any browser that Chromium's name finds."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install Debian's package chromium to run the tests of pages")
    async with async_playwright() as playwright:
        yield await playwright.chromium.launch(executable_path=CHROMIUM, args=list(_SWITCHES))


@asynccontextmanager
async def served(databases: Databases, demo_year: str, data_dir: Path | None = None) -> AsyncIterator[RunningServer]:
    """A sandbox with the demo's year on a real port, at the same morning for everybody; its outbox is in `data_dir`."""
    async with copied(databases, demo_year) as dsn:
        running = ServerThread(Settings(sandbox=True, data_dir=data_dir), dsn, SeededClock(MORNING))
        await asyncio.to_thread(running.start_and_wait)
        try:
            yield RunningServer(running.url, dsn)
        finally:
            await asyncio.to_thread(running.stop_and_wait)


@pytest.fixture(scope="session")
async def year_site(databases: Databases, demo_year: str) -> AsyncIterator[RunningServer]:
    """The demo's year, for tests that change nothing."""
    async with served(databases, demo_year) as server:
        yield server


@pytest.fixture
async def site(databases: Databases, demo_year: str) -> AsyncIterator[RunningServer]:
    """The demo's year in a copy of the test's own, for flows that change it."""
    async with served(databases, demo_year) as server:
        yield server


OpenTab = Callable[..., Awaitable[Page]]


@asynccontextmanager
async def tabs(browser: Browser, url: str) -> AsyncIterator[OpenTab]:
    """Opens pages, each in a browser of its own; keywords are those of Playwright's `new_context`.

    What the browser's console complains of, such as a breach of the content policy, fails the test.
    """
    complaints: list[str] = []
    async with AsyncExitStack() as opened:

        async def open_tab(path: str = "", **how: Any) -> Page:
            context = await browser.new_context(base_url=url, locale="en-GB", **how)
            opened.push_async_callback(context.close)
            page = await context.new_page()
            page.on("console", lambda it: complaints.append(it.text) if it.type in ("error", "warning") else None)
            page.on("pageerror", lambda it: complaints.append(str(it)))
            await page.goto(f"/ui/{path}")
            return page

        yield open_tab
    meant = ("the server responded with a status of", "net::ERR_FAILED", "htmx:afterRequest", "htmx:sendError")
    assert [it for it in complaints if not any(words in it for words in meant)] == []


@pytest.fixture
async def look(browser: Browser, year_site: RunningServer) -> AsyncIterator[OpenTab]:
    """Opens pages of `year_site`, to look at."""
    async with tabs(browser, year_site.url) as open_tab:
        yield open_tab


@pytest.fixture
async def tab(browser: Browser, site: RunningServer) -> AsyncIterator[OpenTab]:
    """Opens pages of `site`, to work on."""
    async with tabs(browser, site.url) as open_tab:
        yield open_tab


PHONE: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="session", autouse=True)
def _drawing(draws: Draws) -> None:
    _drawn.clear()
    _drawn.append(draws)


_drawn: list[Draws] = []
"""What an ordinary run looks at; `make test-all` looks at everything."""

_SHARE = 0.35


def some(*paths: str) -> list[str]:
    """Of the pages of a long test, those that are looked at in this run: a third at each commit, and at least one."""
    return _drawn[0].some(paths, _SHARE)


_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def assert_accessible(page: Page) -> None:
    """Fail, naming the rules, unless axe finds nothing to say in light, dark and on a phone, the last two if drawn.

    Also fails if the page scrolls sideways, from a wide screen down to 320 px.
    """
    size = page.viewport_size
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 320)):
        if (scheme, width) != ("light", 1280) and not _drawn[0].takes(
            f"{urlsplit(page.url).path} {scheme} {width}", _SHARE
        ):
            continue
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": width, "height": 4000})
        whole = await page.evaluate("document.documentElement.scrollHeight")
        await page.set_viewport_size({"width": width, "height": whole + 200})  # below a fixed bar nothing can be judged
        rules = (
            _RULES
            if (scheme, width) == ("light", 1280)
            else {"type": "rule", "values": ["color-contrast", "target-size"]}
        )
        results = await Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
        found = [(it["id"], [node["html"][:200] for node in it["nodes"][:3]]) for it in results.response["violations"]]
        assert found == [], f"{page.url}, {scheme}, {width}: {found}"
        scrolls, shows = await page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert scrolls <= shows, f"{page.url} scrolls sideways at {width}"
    if size is not None:
        await page.set_viewport_size(size)
    await page.emulate_media(color_scheme="light")
