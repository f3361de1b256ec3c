"""Takes the pictures of docs/pictures: every page of the demo's year at a fixed moment, light, dark and on a phone.

Needs Chromium. Each page's pictures go to the folder that is named first, to be looked at; the contact sheet and the
two pictures of the README go to docs/pictures, or to the folder that is named second.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import sys
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page, async_playwright

from reskontra import sandbox
from reskontra.clock import Context, SeededClock
from reskontra.config import Settings
from reskontra.db.embedded import EmbeddedPostgres
from reskontra.db.pool import Database
from reskontra.users.commands import create_user
from reskontra.users.rules import Role
from tests.conftest import ServerThread
from tests.pages.conftest import MORNING

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True},
}
PAGES = {
    "overview": "", "customers": "customers?order=overdue+desc", "customer": "customers/20001",
    "statement": "customers/20001/statement", "customer-edit": "customers/20001/edit",
    "documents": "documents?overdue=true", "document": "documents/Invoice/003468",
    "new-invoice": "documents/Invoice/new", "new-payment": "documents/Payment/new", "reminding": "reminding",
    "journal": "journal?period=202512", "batch": "journal/AR000812", "periods": "periods?year=2025",
    "ageing": "reports/ageing", "open-items": "reports/open-items",
    "vat": "reports/vat?period=202510&toPeriod=202512", "reconcile": "reports/reconcile",
    "search": "search?q=skog",
    "log": "log", "preferences": "preferences", "start": "sandbox", "requests": "sandbox/requests",
    "coverage": "sandbox/coverage", "state": "sandbox/state",
    "sales": "reports/sales", "letters": "letters", "letter": "letters/{letter}",
    "payment": "documents/Payment/{payment}", "second-step": "documents/Invoice/{draft}/release",
    "credit": "documents/Invoice/{open}/credit", "request": "sandbox/requests/{request}",
    "send-again": "sandbox/requests/{request}/again", "error": "customers/99999",
    "reference": "/docs", "operation": "/docs?operation=CustomerInvoice_Create",
}  # fmt: skip
"""Name -> address below /ui/, or a whole one. What stands in braces is asked for first."""

OTHERS = ("bulk", "sign-in")
"""Pictures that take a click, or another server."""

_EXPECTED = {"error": 404}
PASSWORD = "four words are enough"  # noqa: S105 - of nobody


async def main(folder: Path, pictures: Path) -> None:
    """Take all pictures into `folder`, and lay out those that are kept in `pictures`."""
    with EmbeddedPostgres.start_throw_away() as server:
        dsn = server.dsn()
        await sandbox.furnish(dsn, SeededClock(MORNING), step=lambda _: None)
        running = ServerThread(Settings(sandbox=True), dsn, SeededClock(MORNING))
        await asyncio.to_thread(running.start_and_wait)
        try:
            names = await _ask(running.url)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
                )
                await _take(browser, running.url, folder, names)
                await _take_the_door(browser, dsn, folder)
                await _lay_out(browser, folder, pictures)
        finally:
            await asyncio.to_thread(running.stop_and_wait)
    for name in ("overview", "requests"):
        shutil.copy(folder / f"{name}-light.png", pictures / f"{name}.png")


async def _ask(url: str) -> dict[str, str]:
    """Requests for the log to show, good ones and others; returns what to put in the place of names in addresses."""
    sale = {
        "customerNumber": {"value": "20001"},
        "invoiceLines": [{"inventoryNumber": {"value": "A"}, "quantity": {"value": 2}}],
    }
    async with httpx.AsyncClient(base_url=url) as client:
        made = await client.post("/v1/customerinvoice", json=sale)
        await client.post(f"{made.headers['location']}/action/release")
        await client.put("/v1/customer/20002", json={"accountReference": {"value": "B-17"}})
        await client.get("/v1/customerinvoice?status=Open")
        for number in ("20003", "20004", "20005", "20006"):
            await client.get(f"/v1/customer/{number}")
        await client.post("/v1/customerinvoice", json={**sale, "customerNumber": {"value": "99999"}})
        draft = await client.post("/v1/customerinvoice", json=sale)
        await client.post("/v1/reskontra/run/dunning", json={"filters": {"customer": ["20001", "20005", "20010"]}})
        letters = (await client.get("/v1/reskontra/dunningLetter?pageSize=1")).json()
        payments = (await client.get("/v1/customerPayment?status=Closed&pageSize=1")).json()
        await client.get("/v1/customer?pageSize=50&lastModifiedDateTime=2025-12-01&lastModifiedDateTimeCondition=%3E")
    return {
        "draft": draft.headers["location"].rpartition("/")[2],
        "open": made.headers["location"].rpartition("/")[2],
        "request": made.headers["ipp-request-id"],
        "letter": str(letters[0]["letterNumber"]),
        "payment": str(payments[0]["refNbr"]),
    }


async def _take(browser: Browser, url: str, folder: Path, names: dict[str, str]) -> None:
    for look, how in LOOKS.items():
        context = await browser.new_context(base_url=url, locale="en-GB", **how)  # type: ignore[arg-type]
        page = await context.new_page()
        for name, address in PAGES.items():
            path = address.format_map(names)
            answer = await page.goto(path if path.startswith("/") else f"/ui/{path}")
            if answer is None or answer.status != _EXPECTED.get(name, 200):
                sys.stderr.write(f"{name}: {answer.status if answer else 'no answer'}\n")
            await page.wait_for_timeout(150)
            await page.screenshot(path=folder / f"{name}-{look}.png")
        await _take_bulk(page, folder / f"bulk-{look}.png")
        await context.close()


async def _take_bulk(page: Page, path: Path) -> None:
    """What a bulk action would do, before it does it. On a phone there is none, so the list is what is seen."""
    await page.goto("/ui/documents?status=Balanced")
    for box in (await page.locator("tbody input[type=checkbox]:visible").all())[:3]:
        await box.check()
    button = page.locator(".bulk button[value=release], .bulk button").first
    if await button.is_visible():
        await button.click()
        await page.wait_for_load_state()
    await page.screenshot(path=path)


async def _take_the_door(browser: Browser, dsn: str, folder: Path) -> None:
    """The sign-in of a server of real books, after a wrong password."""
    pool, clock = await Database.connect(dsn), SeededClock(MORNING)
    async with pool.transaction() as connection:
        first = await connection.fetchval("select min(company_id) from company")
        context = Context(0, "pictures", "pictures", clock.now(), clock)
        await create_user(
            connection, context, email="kari@example.com", name="Kari", role=Role.READER, company_ids=[first],
            password=PASSWORD,
        )  # fmt: skip
    await pool.close()
    running = ServerThread(Settings(), dsn, SeededClock(MORNING))
    await asyncio.to_thread(running.start_and_wait)
    try:
        for look, how in LOOKS.items():
            context_of_look = await browser.new_context(base_url=running.url, locale="en-GB", **how)  # type: ignore[arg-type]
            page = await context_of_look.new_page()
            await page.goto("/ui/sign-in")
            await page.fill("#email", "kari@example.com")
            await page.fill("#password", "four other words")
            await page.press("#password", "Enter")
            await page.wait_for_load_state()
            await page.screenshot(path=folder / f"sign-in-{look}.png")
            await context_of_look.close()
    finally:
        await asyncio.to_thread(running.stop_and_wait)


async def _lay_out(browser: Browser, folder: Path, pictures: Path) -> None:
    """All pictures on one sheet."""
    figures = []
    for name in (*PAGES, *OTHERS):
        images = []
        for look in LOOKS:
            data = base64.b64encode((folder / f"{name}-{look}.png").read_bytes()).decode()
            images.append(f'<img class="{look}" src="data:image/png;base64,{data}">')
        figures.append(f"<figure><figcaption>{name}</figcaption>{''.join(images)}</figure>")
    style = "body{margin:12px;font:14px sans-serif;display:grid;grid-template-columns:1fr 1fr;gap:12px;background:#ccc}"
    style += "figure{margin:0;display:flex;gap:6px;flex-wrap:wrap}figcaption{flex:0 0 100%}img{height:215px}"
    page = await browser.new_page(viewport={"width": 1640, "height": 900})
    await page.set_content(f"<style>{style}</style>{''.join(figures)}")
    await page.screenshot(path=pictures / "contact-sheet.jpg", type="jpeg", quality=60, full_page=True)


if __name__ == "__main__":
    sys.path.insert(0, str(PICTURES.parent.parent))
    chosen = Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/pictures")
    chosen.mkdir(parents=True, exist_ok=True)
    kept = Path(sys.argv[2]) if len(sys.argv) > 2 else PICTURES
    kept.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(chosen, kept))
