"""Writing off small balances on a page: shown first, then done, by controllers only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reskontra.pages.sandbox_door import SandboxDoor
from reskontra.users.rules import Role
from tests.clerk import CREDIT_NOTE, INVOICE, Clerk
from tests.pages.conftest import OpenTab, Visitor, assert_accessible

SMALL = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 3, "vatCodeId": "6"}


async def test_what_is_small_is_shown_and_then_written_off(bookkeeper: Visitor, clerk: Clerk) -> None:
    customer = (await clerk.customer(name="Small AS")).number
    invoice = await clerk.issue(INVOICE, customer, lines=[SMALL])
    note = await clerk.issue(CREDIT_NOTE, customer, lines=[{**SMALL, "unitPriceInCurrency": 2}])
    large = await clerk.issue(INVOICE, customer)
    page = bookkeeper
    await page.go(f"documents/Invoice/{invoice.number}")
    (link,) = [str(it["href"]) for it in page.seen.select(".actions a") if it.get_text() == "Write off"]
    await page.go(link)
    rows = page.rows('[aria-label="What would be written off"] table')
    assert [row[0] for row in rows] == [f"Invoice {invoice.number}"], "the document that was looked at, and no other"
    assert f"Only Invoice {invoice.number}." in page.text
    await page.go(f"documents/write-off?customer={customer}")
    rows = page.rows('[aria-label="What would be written off"] table')
    assert {row[0]: row[3].replace("\N{NO-BREAK SPACE}", " ") for row in rows} == {
        f"Invoice {invoice.number}": "3.00 NOK", f"Credit note {note.number}": "2.00 NOK",
    }  # fmt: skip
    assert (await clerk.get(invoice))["status"] == "Open", "nothing was written off yet"
    await page.send("form.inline", kind="credit", limit="1,00")
    assert "Nothing is small enough" in page.text
    assert "write_off_limit of customer_classes" in page.text
    assert page.seen.select_one(f"main a[href='/ui/customers/{customer}/edit']")
    await page.send("form.inline", 400, limit="a little")
    assert page.seen.select_one('.problems a[href="#limit"]')
    await page.send("form.inline", limit="", kind="balance")
    await page.send("form.save")
    assert page.said == "One document is written off."
    assert [row[1] for row in page.rows("table.documents")] == ["Balance write-off"]
    states = [(await clerk.get(it))["status"] for it in (invoice, note, large)]
    assert states == ["Closed", "Open", "Open"]


async def test_a_document_that_is_written_off_alone(bookkeeper: Visitor, clerk: Clerk) -> None:
    customer = (await clerk.customer(name="Small AS")).number
    small, other, large = [await clerk.issue(INVOICE, customer, lines=[line])
                           for line in (SMALL, SMALL, {**SMALL, "unitPriceInCurrency": 700})]  # fmt: skip
    await bookkeeper.go(f"documents/write-off?document=Invoice/{large.number}")
    assert f"Invoice {large.number} stays open. Its balance of 700.00 is above the limit" in bookkeeper.text
    await bookkeeper.go(f"documents/write-off?document=Invoice/{small.number}")
    await bookkeeper.send("form.save")
    assert bookkeeper.said == "One document is written off."
    assert [(await clerk.get(it))["status"] for it in (small, other)] == ["Closed", "Open"]
    await bookkeeper.go("documents/write-off?document=Invoice/none", 400)


async def test_only_controllers_write_off(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    let_in = SandboxDoor.person

    async def as_bookkeeper(door: SandboxDoor, headers: Any, peer: str | None) -> Any:
        person = await let_in(door, headers, peer)
        return person and replace(person, role=Role.BOOKKEEPER)

    monkeypatch.setattr(SandboxDoor, "person", as_bookkeeper)
    await visitor.go("documents")
    assert not visitor.seen.select('a[href*="write-off"]')
    await visitor.go("documents/write-off", 403)


@pytest.mark.xdist_group("browser")
async def test_writing_off_is_accessible(look: OpenTab) -> None:
    page = await look("documents/write-off?limit=999999")
    await assert_accessible(page)
    await page.goto("/ui/documents/write-off?asOf=2001-01-01")
    await assert_accessible(page)


async def test_why_something_stays_open_is_said_in_the_readers_language(bookkeeper: Visitor, clerk: Clerk) -> None:
    large = await clerk.issue(INVOICE, (await clerk.customer(name="Stor AS")).number)
    (told,) = (await bookkeeper.http.post("/v1/reskontra/run/writeOff", json={
        "filters": {"document": [f"Invoice/{large.number}"]}, "dryRun": True})).json()["skipped"]  # fmt: skip
    assert told["reason"].startswith("Its balance of ")
    await bookkeeper.go(f"documents/write-off?document=Invoice/{large.number}", 200, **{"Accept-Language": "nb"})
    assert f"Faktura {large.number} blir stående åpen. Saldoen på 125,00 er over grensen på 5,00." in bookkeeper.text
