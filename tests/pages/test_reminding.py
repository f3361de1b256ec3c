"""The board of reminding and what is done with a letter: each is shown before it is done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clerk import DEBIT_NOTE, INVOICE, LETTERS, Clerk, Record
from tests.pages.conftest import OpenTab, Visitor, assert_accessible

DAY = "2025-06-12"


async def remind(clerk: Clerk, day: str, *customers: str) -> list[dict[str, Any]]:
    """Make the letters of a day."""
    answer = await clerk.post("reskontra/run/dunning", asOf=day, filters={"customer": list(customers)})
    created: list[dict[str, Any]] = answer.json()["created"]
    return created


async def debtor(clerk: Clerk) -> tuple[str, Record, Record]:
    """A customer with two invoices that were due on 2025-01-15."""
    address = {"addressLine1": "Gata 1", "city": "Oslo", "countryId": "NO"}
    number = (await clerk.customer(name="Sein Betaler AS", mainAddress=address)).number
    first, second = [await clerk.issue(INVOICE, number, documentDate="2025-01-01") for _ in range(2)]
    return number, first, second


def boxes(seen: Visitor) -> list[str]:
    return [str(it["value"]) for it in seen.seen.select(".board input[name=customer]")]


async def test_the_board_counts_all_and_shows_a_page(
    bookkeeper: Visitor, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bookkeeper.go(f"reminding?asOf={DAY}")
    everybody = boxes(bookkeeper)
    told = (await bookkeeper.http.get(f"/v1/reskontra/dunningProposal?asOf={DAY}")).json()
    assert len(everybody) == sum(len(it["letters"]) for it in told["proposals"]) > 3
    monkeypatch.setattr("reskontra.pages.reminding._CARDS", 2)
    await bookkeeper.go(f"reminding?asOf={DAY}")
    first = boxes(bookkeeper)
    assert len(set(first)) == 2
    heading = bookkeeper.seen.select_one("#level1 .soft")
    assert heading is not None
    assert heading.get_text() == str(told["levels"][0]["customerCount"]), "all are counted"
    await bookkeeper.go(f"reminding?asOf={DAY}&page=2")
    assert not set(boxes(bookkeeper)) & set(first)
    before = (await bookkeeper.http.get("/v1/reskontra/dunningLetter")).json()
    count = told["totalCount"] - told["leftOut"]
    await bookkeeper.send("#board", button="1")
    letters = sum(len(it["letters"]) for it in told["proposals"])
    assert f"Make {letters} letters?" in bookkeeper.text, "all are seen, not one page"
    await bookkeeper.send("main form")
    made = (await bookkeeper.http.get("/v1/reskontra/dunningLetter")).json()
    assert len(made) - len(before) == letters >= count


async def test_the_board_is_filtered_and_its_run_too(bookkeeper: Visitor, clerk: Clerk) -> None:
    number, _, _ = await debtor(clerk)
    await clerk.change(f"customer/{number}", printDunningLetters=False, sendDunningLettersViaEMail=True)
    await bookkeeper.go("reminding?asOf=2025-02-01&way=Email")
    assert boxes(bookkeeper) == [number]
    assert "By e-mail, Norsk" in bookkeeper.text
    assert "2 documents, 17 days" in bookkeeper.text
    assert "Next: level 2 on 2025-02-15" in bookkeeper.text
    await bookkeeper.go("reminding?asOf=2025-02-01&way=Email&level=2")
    assert "Nobody is due a letter on 2025-02-01." in bookkeeper.text
    await remind(clerk, "2025-02-01", number)
    await bookkeeper.go(f"reminding?asOf=2025-02-16&level=2&customer={number}")
    await bookkeeper.send("#board")
    await bookkeeper.send("main form")
    assert "1 letter was made." in bookkeeper.said
    (last,) = (await bookkeeper.http.get(f"/v1/reskontra/dunningLetter?customer={number}&level=2")).json()
    assert last["letterDate"].startswith("2025-02-16")


async def test_whoever_was_chosen_and_gets_no_letter_is_told_why(bookkeeper: Visitor, clerk: Clerk) -> None:
    owing, _, _ = await debtor(clerk)
    nothing = (await clerk.customer(name="Ingenting AS")).number
    reminded, _, _ = await debtor(clerk)
    out, *invoices = await debtor(clerk)
    for it in invoices:
        await clerk.change(it, revoked=True)
    await remind(clerk, "2025-02-01", reminded)
    await bookkeeper.go("customers")
    await bookkeeper.send('form[action$="/reminding"]', customer=[owing, nothing, reminded, out], asOf="2025-02-02")
    assert [row[0] for row in bookkeeper.rows()] == ["Sein Betaler AS"]
    told = [it.get_text(" ", strip=True) for it in bookkeeper.seen.select("main h2 + ul li")]
    assert told == [
        f"{nothing} Ingenting AS : Nothing is overdue.",
        f"{reminded} Sein Betaler AS : Nothing is due for a letter before 2025-02-15.",
        f"{out} Sein Betaler AS : "
        "What is overdue had its last letter, is taken out of reminding, or is not of this level.",
    ]


async def test_a_fee_is_shown_in_the_currency_of_its_letter(bookkeeper: Visitor, clerk: Clerk) -> None:
    """What the letter asks for may be in another; a letter without a fee shows none."""
    number = (await clerk.customer(name="Spat GmbH", currencyId="EUR")).number
    await clerk.issue(INVOICE, number, documentDate="2025-01-01")
    shown = []
    for day in ("2025-02-01", "2025-02-16", "2025-03-03"):
        await bookkeeper.go(f"reminding?asOf={day}&customer={number}")
        await bookkeeper.send("#board")
        shown.append(bookkeeper.rows()[0][4])
        await bookkeeper.send("main form")
    letters = (await bookkeeper.http.get(f"/v1/reskontra/dunningLetter?customer={number}")).json()
    fees = [f"{it['fee']:.2f} {it['currencyId']}" if it["fee"] else "" for it in letters]
    assert sorted(fees) == sorted(shown)
    assert "" in fees
    assert any(fees)
    await bookkeeper.go(f"customers/{number}/letters")
    assert sorted(row[4] for row in bookkeeper.rows("#list table, .list")) == sorted(fees)


async def test_an_empty_board_says_when_the_next_letter_is_due(bookkeeper: Visitor, clerk: Clerk) -> None:
    await clerk.sql("update document set revoked = true where released_at is not null and balance > 0")
    await debtor(clerk)
    await bookkeeper.go("reminding?asOf=2025-01-20")
    assert "Nobody is due a letter on 2025-01-20." in bookkeeper.text
    link = bookkeeper.seen.find("a", string="Next: 1 on 2025-01-30")
    assert link is not None
    await bookkeeper.go(f"reminding{link['href']}")
    assert len(boxes(bookkeeper)) == 1


async def test_a_document_is_taken_out_of_reminding_with_a_reason(bookkeeper: Visitor, clerk: Clerk) -> None:
    number, first, second = await debtor(clerk)
    await bookkeeper.go(f"reminding?asOf=2025-02-01&customer={number}")
    link = bookkeeper.seen.select_one(f'a[href*="/{first.number}/reminding"]')
    assert link is not None
    await bookkeeper.go(str(link["href"]).removeprefix("/ui/"))
    await bookkeeper.send("main form", 400)
    assert "Say why." in bookkeeper.text
    await bookkeeper.send("main form", reason="They dispute the <b>price</b>")
    assert "is taken out of reminding" in bookkeeper.said
    assert "2025-02-01" in str(bookkeeper.seen.select_one("#asOf")), "back on the board of that day"
    kept = await clerk.get(first)
    assert kept["revoked"] is True
    assert "They dispute the <b>price</b>" in kept["note"]
    proposed = await clerk.get("reskontra/dunningProposal", asOf="2025-02-01", customer=number)
    assert [it["refNbr"] for it in proposed["proposals"][0]["letters"][0]["documents"]] == [second.number]
    await bookkeeper.go(f"documents/Invoice/{first.number}")
    assert "taken out" in bookkeeper.text
    await bookkeeper.go(f"documents/Invoice/{first.number}/reminding")
    await bookkeeper.send("main form", reason="Settled by phone")
    kept = await clerk.get(first)
    assert (kept["revoked"], kept["note"].count("\n")) == (False, 1), "the note keeps both reasons"


async def test_a_document_is_blocked_until_a_day_and_freed_again(bookkeeper: Visitor, clerk: Clerk) -> None:
    number, first, second = await debtor(clerk)
    await bookkeeper.go(f"documents/Invoice/{first.number}/reminding?asOf=2025-02-01")
    await bookkeeper.send("main form", 400, until="2025-02-01", reason="They pay in <i>April</i>")
    assert "holds for no letter any more" in bookkeeper.text
    until = bookkeeper.seen.select_one("#until")
    assert until is not None
    assert (until["value"], until["aria-invalid"]) == ("2025-02-01", "true"), "at its field, and what was typed stays"
    await bookkeeper.send("main form", until="2027-04-01", reason="They pay in <i>April</i>")
    assert f"Invoice {first.number} is blocked from reminding until 2027-04-01." in bookkeeper.said
    kept = await clerk.get(f"reskontra/remindingBlock/Invoice/{first.number}")
    assert (kept["until"], kept["reason"]) == ("2027-04-01T00:00:00", "They pay in <i>April</i>")
    assert "note" not in await clerk.get(first), "the block has the reason"

    await bookkeeper.go(f"reminding?asOf=2025-02-01&customer={number}")
    card = bookkeeper.seen.select_one(".board .card")
    assert card is not None
    assert "1 document" in card.get_text()
    assert "blocked until 2027-04-01: They pay in <i>April</i>" in card.get_text()
    await bookkeeper.send("#board")
    assert f"Invoice {first.number} is blocked until 2027-04-01: They pay in" in bookkeeper.text, "so does the dry run"

    await bookkeeper.go(f"documents/Invoice/{second.number}/reminding")
    await bookkeeper.send("main form", until="2027-05-01", reason="The same")
    await bookkeeper.go(f"reminding?asOf=2025-02-01&customer={number}")
    assert boxes(bookkeeper) == []
    left_out = bookkeeper.seen.select_one("[aria-labelledby=skipped]")
    assert left_out is not None
    assert f"Invoice {second.number} is blocked until 2027-05-01: The same." in left_out.get_text()
    assert len(left_out.select('a[href*="/reminding?asOf=2025-02-01"]')) == 2

    await bookkeeper.go(f"documents/Invoice/{second.number}")
    assert "blocked until 2027-05-01" in bookkeeper.text
    assert "Change the block" in bookkeeper.text
    await bookkeeper.go(f"documents/Invoice/{second.number}/reminding?asOf=2025-02-01")
    await bookkeeper.send("main form", reason="Another", until="2027-06-01")
    await bookkeeper.go(f"documents/Invoice/{second.number}/reminding?asOf=2025-02-01")
    assert [it["value"] for it in bookkeeper.seen.select("#reason, #until")] == ["Another", "2027-06-01"]
    await bookkeeper.send("#free")
    assert f"Invoice {second.number} is reminded of again." in bookkeeper.said
    await bookkeeper.go(f"reminding?asOf=2025-02-01&customer={number}")
    assert boxes(bookkeeper) == [number]
    await bookkeeper.go(f"log?key={second.number}")
    told = [it.get_text() for it in bookkeeper.seen.select("dt:-soup-contains('reminding_blocked_until') + dd")]
    assert told == ["2027-06-01 → ", "2027-05-01 → 2027-06-01", "2027-05-01"], "the newest first"


async def test_debit_notes_are_taken_out_without_a_day_too(bookkeeper: Visitor, clerk: Clerk) -> None:
    number, _, _ = await debtor(clerk)
    note = await clerk.issue(DEBIT_NOTE, number, documentDate="2025-01-01")
    await bookkeeper.go(f"documents/DebitNote/{note.number}")
    link = bookkeeper.seen.select_one('main a[href$="/reminding"]')
    assert link is not None
    await bookkeeper.go(str(link["href"]).removeprefix("/ui/"))
    await bookkeeper.send("main form", 400)
    assert "Say why." in bookkeeper.text
    await bookkeeper.send("main form", reason="Not ours")
    assert "is taken out of reminding" in bookkeeper.said
    assert "until" not in await clerk.get(f"reskontra/remindingBlock/DebitNote/{note.number}")
    await bookkeeper.go(f"documents/DebitNote/{note.number}/reminding")
    await bookkeeper.send("#free")
    assert "is reminded of again" in bookkeeper.said
    assert await clerk.status("GET", f"reskontra/remindingBlock/DebitNote/{note.number}") == 404
    await bookkeeper.go("documents/CreditNote/1/reminding", 404)


async def test_a_draft_letter_is_shortened_and_released_after_a_look(bookkeeper: Visitor, clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release": False})
    number, first, second = await debtor(clerk)
    for day in ("2025-02-01", "2025-02-16"):
        (made,) = await remind(clerk, day, number)
        await clerk.act(f"{LETTERS}/{made['letterNumber']}", "release")
    (made,) = await remind(clerk, "2025-03-10", number)
    letter = made["letterNumber"]
    await clerk.pay(7, customer=number)
    await bookkeeper.go(f"letters/{letter}")
    assert "Du har 7,00 NOK til gode hos oss" in bookkeeper.text.replace("\u00a0", " ")
    await bookkeeper.send('form[action$="change/line"]', button=f"Invoice/{first.number}")
    assert f"A document was taken off letter {letter}." in bookkeeper.said
    lines = (await clerk.get(f"{LETTERS}/{letter}"))["lines"]
    assert [it["refNbr"] for it in lines] == [second.number]
    await bookkeeper.send('form[action$="change/line"]', 400, button=f"Invoice/{second.number}")
    assert "would remind of nothing" in bookkeeper.text
    await bookkeeper.send('form[action$="change/fee"]', fee="30,00")
    assert (await clerk.get(f"{LETTERS}/{letter}"))["fee"] == 30.0
    await bookkeeper.go(f"letters/{letter}/release")
    assert "level 2 becomes 3" in bookkeeper.text
    assert "A fee of 30.00 is invoiced" in bookkeeper.text
    sums = [row[-2:] for row in bookkeeper.rows(".postings table")]
    assert [debit or credit for debit, credit in sums] == ["30.00", "30.00"], "what is posted is shown"
    assert (await clerk.get(f"{LETTERS}/{letter}"))["status"] == "Draft", "and nothing is done yet"
    await bookkeeper.send("main form", button="1")
    assert f"Letter {letter} released." in bookkeeper.said
    assert (await clerk.get(f"{LETTERS}/{letter}"))["status"] == "Released"


async def test_a_draft_letter_is_deleted_after_a_look_unless_it_changed(bookkeeper: Visitor, clerk: Clerk) -> None:
    await clerk.prefer(dunning={"auto_release": False})
    number, first, _ = await debtor(clerk)
    (made,) = await remind(clerk, "2025-02-01", number)
    letter = made["letterNumber"]
    await bookkeeper.go(f"letters/{letter}/delete")
    shown = bookkeeper.seen.select_one("main form")
    assert shown is not None
    line = {"operation": "Delete", "documentType": "Invoice", "refNbr": first.number}
    assert await clerk.status("PUT", f"{LETTERS}/{letter}", lines=[line]) == 204
    await bookkeeper.send(shown, 412, button="1")
    assert "changed this at" in bookkeeper.text
    await bookkeeper.send("main form", button="1")
    assert f"Letter {letter} deleted." in bookkeeper.said
    assert await clerk.letters(customer=number) == []


async def test_a_void_shows_what_it_posts_and_names_the_letter_in_its_way(bookkeeper: Visitor, clerk: Clerk) -> None:
    number, _, _ = await debtor(clerk)
    numbers = [
        (await remind(clerk, day, number))[0]["letterNumber"] for day in ("2025-02-01", "2025-02-16", "2025-03-10")
    ]
    await bookkeeper.go(f"letters/{numbers[0]}")
    assert bookkeeper.seen.select_one('main .actions a[href$="/void"]') is None, "no button that will be refused"
    assert bookkeeper.seen.select_one(f'main a[href="/ui/letters/{numbers[2]}"]') is not None
    await bookkeeper.go(f"letters/{numbers[0]}/void")
    assert "can't be voided because the later letter" in bookkeeper.text
    assert bookkeeper.seen.select_one(f'main a[href="/ui/letters/{numbers[1]}"]') is not None
    assert bookkeeper.seen.select_one("main button.danger") is None
    await bookkeeper.go(f"letters/{numbers[2]}/void")
    assert "level 3 becomes 2 again" in bookkeeper.text
    assert "is credited: 35.00" in bookkeeper.text
    assert [row[-2:] for row in bookkeeper.rows(".postings table")] == [["", "35.00"], ["35.00", ""]]
    await bookkeeper.send("main form", 400, voidDate="2024-01-01", button="1")
    assert "The letter is of 2025-03-10." in bookkeeper.text, "the date is tried too"
    await bookkeeper.go(f"letters/{numbers[2]}/void")
    await bookkeeper.send("main form", button="1")
    letter = await clerk.get(f"{LETTERS}/{numbers[2]}")
    assert letter["status"] == "Voided"
    await bookkeeper.go(f"letters/{numbers[1]}")
    assert bookkeeper.seen.select_one('main .actions a[href$="/void"]') is not None


@pytest.mark.xdist_group("browser")
async def test_the_board_by_keyboard_and_the_steps_of_a_letter(tab: OpenTab) -> None:
    page = await tab()
    api = page.url.partition("/ui/")[0]
    run = {"asOf": "2025-10-01", "filters": {"customer": ["20001", "20002", "20003", "20004", "20005"]}}
    assert (await page.request.post(f"{api}/v1/reskontra/run/dunning", data=run)).ok
    await page.goto("/ui/reminding")
    assert await page.locator(".board [data-rows]").count() > 1
    await page.keyboard.press("ArrowDown")
    first = await page.evaluate("document.activeElement.textContent")
    await page.keyboard.press("ArrowDown")
    second = await page.evaluate("document.activeElement.textContent")
    assert first != second
    await page.keyboard.press("ArrowUp")
    assert await page.evaluate("document.activeElement.textContent") == first
    column = "[...document.querySelectorAll('.level')].findIndex((it) => it.contains(document.activeElement))"
    before = await page.evaluate(column)
    await page.keyboard.press("ArrowRight")
    assert await page.evaluate(column) == before + 1
    await page.keyboard.press("ArrowLeft")
    assert await page.evaluate("document.activeElement.textContent") == first
    for one in await page.query_selector_all(".board details"):
        await one.evaluate("(it) => { it.open = true; }")
    await assert_accessible(page)

    await page.click(".board details a:text('Take out') >> nth=0")
    await page.wait_for_url("**/reminding?asOf=*")
    await assert_accessible(page)
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("Escape")
    await page.wait_for_url("**/ui/reminding?asOf=*")
    assert "/documents/" not in page.url, "Esc goes back"

    await page.click("text=See what would be made")
    await page.click("main button.main")
    await page.click("tbody[data-rows] a >> nth=0")
    await page.click("a:text('Void')")
    await assert_accessible(page)
    await page.keyboard.press("Tab")
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("Escape")
    await page.wait_for_url("**/ui/letters/*")
    assert not page.url.endswith("/void")


@pytest.mark.xdist_group("browser")
async def test_keys_that_are_switched_off_do_nothing(tab: OpenTab) -> None:
    page = await tab("preferences")
    await page.select_option("select[name=keys]", "off")
    await page.click("main form button")
    await page.goto("/ui/reminding")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Escape")
    assert await page.evaluate("document.activeElement.tagName") == "BODY"
    assert page.url.endswith("/ui/reminding")


@pytest.mark.xdist_group("browser")
async def test_the_month_is_closed(tab: OpenTab) -> None:
    """Periods, what stands in the way, two drafts put right, closed; and the way back is named before the button."""
    page = await tab("periods")
    await page.click("tr:has-text('2025-01') a:text('Close')")
    await page.wait_for_url("**/close")
    here = page.url
    await assert_accessible(page)
    drafts = page.locator("tbody[data-rows] a")
    assert await drafts.count() >= 2
    assert await page.locator("main button.main").count() == 0
    while await drafts.count():
        await drafts.nth(0).click()
        await page.click(".actions a:text('Delete')")
        await page.click("main button.danger")
        await page.goto(here)
    await assert_accessible(page)
    assert "The way back is to reopen" in await page.inner_text("main")
    await page.click("main button.main")
    assert "periods are closed: 2020-01 to 2025-01." in await page.inner_text("[role=status]")
    await page.click("tr:has-text('2025-01') a:text('Reopen')")
    await assert_accessible(page)
    await page.fill("#reason", "One invoice was forgotten")
    await page.click("main button.main")
    assert "Reopened:" in await page.inner_text("[role=status]")
