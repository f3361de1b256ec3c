"""The search: what a word finds, and the commands that can be typed."""

from __future__ import annotations

from typing import Any

import pytest

from reskontra.pages.searching import COMMANDS, MONTHS
from tests.clerk import Clerk
from tests.pages.conftest import OpenTab, Visitor, assert_accessible


@pytest.mark.parametrize(
    ("words", "found"),
    [("3547", "003547"), ("003547", "003547"), ("bjerke el", "Bjerke Elektro AS"), ("20002", "Bjerke Elektro AS")],
)
async def test_what_is_searched_is_found(visitor: Visitor, words: str, found: str) -> None:
    await visitor.go(f"search?q={words}")
    assert found in visitor.seen.get_text()


async def test_what_is_nowhere_is_not_found(visitor: Visitor) -> None:
    await visitor.go("search?q=%00%25'", 400)
    await visitor.go("search?q=xyzzy")
    assert "Nothing matches xyzzy." in visitor.text
    for digits in ("12345678901", "1" * 40, "9" * 200):
        await visitor.go(f"search?q={digits}")
        assert f"Nothing matches {digits}." in visitor.text, "a number of any length is looked for"


async def test_a_payment_reference_finds_its_document(visitor: Visitor) -> None:
    invoice = (await visitor.http.get("/v1/customerinvoice/003468")).json()
    reference: str = invoice["paymentReference"]
    assert len(reference) > 10, "more digits than an amount has"
    for typed in (reference, f"{reference[:4]} {reference[4:8]} {reference[8:]}"):
        await visitor.go(f"search?q={typed}")
        assert visitor.http_path == "/ui/documents/Invoice/003468"


async def test_a_customer_is_found_by_what_it_has(bookkeeper: Visitor, clerk: Clerk) -> None:
    contact = {"phone1": {"value": "+4722334455"}, "email": {"value": "post@bjerke.example"}}
    body: dict[str, Any] = {"corporateId": {"value": "914778271"}, "mainContact": {"value": contact}}
    assert (await bookkeeper.http.put("/v1/customer/20002", json=body)).status_code == 204
    for typed in ("914778271", "914 778 271", "%2B4722334455", "%2B47 22 33 44 55", "post@bjerke.example"):
        await bookkeeper.go(f"search?q={typed}")
        assert bookkeeper.http_path.startswith("/ui/customers/20002"), typed
    invoice = await clerk.release(await clerk.invoice())
    amount = f"{invoice['amountInCurrency']:,.2f}"
    await bookkeeper.go(f"search?q={amount}")
    assert invoice.number in bookkeeper.seen.get_text()


def offered(visitor: Visitor) -> list[tuple[str, str]]:
    return [(it.get_text(), str(it["href"]).removeprefix("/ui/")) for it in visitor.seen.select(".found a")]


async def test_commands_lead_to_their_pages(visitor: Visitor) -> None:
    for typed, wanted in (
        ("new inv", [("new invoice", "documents/Invoice/new")]),
        ("new invoice for bjerke el", [("new invoice for Bjerke Elektro AS", "documents/Invoice/new?customer=20002")]),
        ("statement bjerke el", [("statement for Bjerke Elektro AS", "customers/20002/statement")]),
        ("close May", [("close 2025-05", "periods?year=2025")]),
        ("close month", [("close", "periods")]),
        ("close 2024-11", [("close 2024-11", "periods?year=2024")]),
        ("close never", []),
        ("journal nov 2024", [("journal 2024-11", "journal?period=202411")]),
    ):
        await visitor.go(f"search?q={typed}")
        assert offered(visitor) == wanted, typed
    norwegian: dict[str, Any] = {"Accept-Language": "nb"}
    await visitor.go("search?q=ny+faktura+til+bjerke+el", **norwegian)
    assert offered(visitor) == [("ny faktura til Bjerke Elektro AS", "documents/Invoice/new?customer=20002")]
    for command in COMMANDS:
        if "{}" not in command.path:
            await visitor.go(command.path)


@pytest.mark.parametrize("month", range(1, 13))
async def test_every_month_can_be_named(visitor: Visitor, month: int) -> None:
    await visitor.go(f"search?q=journal+{MONTHS[month - 1].lower()}")
    assert offered(visitor) == [(f"journal 2025-{month:02d}", f"journal?period=2025{month:02d}")]


@pytest.mark.xdist_group("browser")
async def test_arrows_go_through_what_is_found(look: OpenTab) -> None:
    page = await look("search?q=skog")
    await assert_accessible(page)
    await page.focus("#search")
    await page.keyboard.press("ArrowDown")
    first = await page.evaluate("document.activeElement.getAttribute('href')")
    assert first.startswith("/ui/customers/")
    await page.keyboard.press("ArrowDown")
    second = await page.evaluate("document.activeElement.getAttribute('href')")
    assert second not in (None, first)
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{first}")
