"""Takes the pictures of docs/pictures: every page of the demo's year at a fixed moment, light, dark and on a phone.

Needs Chromium. Each page's pictures go to the folder that is named, to be looked at; the contact sheet and the two
pictures of the README go to docs/pictures.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import sys
from pathlib import Path

import httpx
from playwright.async_api import Browser, async_playwright

from reskontra import sandbox
from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.embedded import EmbeddedPostgres
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
    "ageing": "reports/ageing", "vat": "reports/vat?period=202510&toPeriod=202512", "reconcile": "reports/reconcile",
    "search": "search?q=skog",
    "log": "log", "preferences": "preferences", "start": "sandbox", "requests": "sandbox/requests",
    "coverage": "sandbox/coverage", "state": "sandbox/state",
}  # fmt: skip


async def main(folder: Path) -> None:
    with EmbeddedPostgres.start_throw_away() as server:
        dsn = server.dsn()
        await sandbox.furnish(dsn, SeededClock(MORNING), step=lambda _: None)
        running = ServerThread(Settings(sandbox=True), dsn, SeededClock(MORNING))
        await asyncio.to_thread(running.start_and_wait)
        try:
            await _ask(running.url)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
                )
                await _take(browser, running.url, folder)
                await _lay_out(browser, folder)
        finally:
            await asyncio.to_thread(running.stop_and_wait)
    for name in ("overview", "requests"):
        shutil.copy(folder / f"{name}-light.png", PICTURES / f"{name}.png")


async def _ask(url: str) -> None:
    """Requests for the log to show, good ones and others."""
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
        await client.get("/v1/customer?pageSize=50&lastModifiedDateTime=2025-12-01&lastModifiedDateTimeCondition=%3E")


async def _take(browser: Browser, url: str, folder: Path) -> None:
    for look, how in LOOKS.items():
        context = await browser.new_context(base_url=url, locale="en-GB", **how)  # type: ignore[arg-type]
        page = await context.new_page()
        for name, path in PAGES.items():
            answer = await page.goto(f"/ui/{path}")
            if answer is None or answer.status != 200:
                sys.stderr.write(f"{name}: {answer.status if answer else 'no answer'}\n")
            await page.wait_for_timeout(150)
            await page.screenshot(path=folder / f"{name}-{look}.png")
        await context.close()


async def _lay_out(browser: Browser, folder: Path) -> None:
    """All pictures on one sheet."""
    figures = []
    for name in PAGES:
        images = []
        for look in LOOKS:
            data = base64.b64encode((folder / f"{name}-{look}.png").read_bytes()).decode()
            images.append(f'<img class="{look}" src="data:image/png;base64,{data}">')
        figures.append(f"<figure><figcaption>{name}</figcaption>{''.join(images)}</figure>")
    style = "body{margin:12px;font:14px sans-serif;display:grid;grid-template-columns:1fr 1fr;gap:12px;background:#ccc}"
    style += "figure{margin:0;display:flex;gap:6px;flex-wrap:wrap}figcaption{flex:0 0 100%}img{height:215px}"
    page = await browser.new_page(viewport={"width": 1640, "height": 900})
    await page.set_content(f"<style>{style}</style>{''.join(figures)}")
    await page.screenshot(path=PICTURES / "contact-sheet.jpg", type="jpeg", quality=60, full_page=True)


if __name__ == "__main__":
    sys.path.insert(0, str(PICTURES.parent.parent))
    chosen = Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/pictures")
    chosen.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(chosen))
