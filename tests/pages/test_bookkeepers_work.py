"""What a bookkeeper does in the browser: creates and changes customers, reminds them, closes periods; step by step."""

from __future__ import annotations

import pytest

from tests.clerk import INVOICE, Clerk
from tests.pages.conftest import PHONE, OpenTab, Visitor, assert_accessible


async def test_a_customer_is_created_refused_and_changed(bookkeeper: Visitor, clerk: Clerk) -> None:
    await bookkeeper.go("customers/new")
    await bookkeeper.send("main form", 400, name="", corporateId="999888777")
    assert "Nothing was changed" in bookkeeper.text
    typed = bookkeeper.seen.select_one("#corporateId")
    assert typed is not None
    assert typed["value"] == "999888777", "what was typed stays"
    await bookkeeper.send("main form", name="Ny <b>Kunde</b> AS", postalCode="0150", city="Oslo", countryId="NO")
    assert "created" in bookkeeper.said
    assert "Ny <b>Kunde</b> AS" in bookkeeper.text, "what people type is text"
    number = bookkeeper.http_path.rpartition("/")[2]
    await bookkeeper.go(f"customers/{number}/edit")
    await bookkeeper.send("main form", creditLimit="1 250,50", email="post@ny.example")
    kept = (await bookkeeper.http.get(f"/v1/customer/{number}")).json()
    assert (kept["creditLimit"], kept["creditVerification"]) == (1250.5, "CreditLimit")
    assert kept["mainAddress"]["city"] == "Oslo"


async def test_a_changed_limit_keeps_the_other_check_of_credit(bookkeeper: Visitor) -> None:
    late = {"creditVerification": {"value": "DaysPastDue"}, "creditDaysPastDue": {"value": 14}}
    assert (await bookkeeper.http.put("/v1/customer/20001", json=late)).status_code == 204
    for limit, check in (("500", "LimitAndDaysPastDue"), ("750", "LimitAndDaysPastDue"), ("", "DaysPastDue")):
        await bookkeeper.go("customers/20001/edit")
        await bookkeeper.send("main form", creditLimit=limit)
        kept = (await bookkeeper.http.get("/v1/customer/20001")).json()
        assert (kept["creditLimit"], kept["creditVerification"]) == (float(limit or 0), check)


async def test_two_people_see_what_the_other_changed(bookkeeper: Visitor) -> None:
    await bookkeeper.go("customers/20001/edit")
    shown = bookkeeper.seen
    changed = await bookkeeper.http.put(
        "/v1/customer/20001", json={"mainContact": {"value": {"phone1": {"value": "1"}}}}
    )
    assert changed.status_code == 204
    form = shown.select_one("main form")
    assert form is not None
    clash = {"mainAddress": {"value": {"city": {"value": "Moss"}}}, "printDunningLetters": {"value": False}}
    assert (await bookkeeper.http.put("/v1/customer/20001", json=clash)).status_code == 204
    await bookkeeper.send(form, 412, accountReference="K-77", city="Bergen")
    (change, *_) = (await bookkeeper.http.get("/v1/reskontra/change?entity=Customer&key=20001&newestFirst=true")).json()
    assert f"{change['actor']} changed this at" in bookkeeper.text
    assert bookkeeper.rows(".problems table") == [
        ["City", "Moss", "Bergen"],
        ["Phone", "1", "empty"],
        ["Dunning letters on paper", "No", "Yes"],
    ], "fields by the names they have on the page"
    await bookkeeper.send("main form[data-guard]")
    kept = (await bookkeeper.http.get("/v1/customer/20001")).json()
    assert (kept["accountReference"], kept["mainContact"]["phone1"]) == ("K-77", "1"), "nothing is lost"
    assert (kept["mainAddress"]["city"], kept["printDunningLetters"]) == ("Bergen", False), "mine was used"


async def test_who_takes_letters_is_set_and_shown(bookkeeper: Visitor) -> None:
    async def reminded() -> str:
        await bookkeeper.go("customers/20001/details")
        label = bookkeeper.seen.find("dt", string="Reminded")
        assert label is not None
        told = label.find_next_sibling("dd")
        assert told is not None
        return told.get_text(strip=True)

    assert await reminded() == "On paper"
    await bookkeeper.go("customers/20001/edit")
    await bookkeeper.send("main form", sendDunningLettersViaEMail="on")
    assert await reminded() == "On paper and by e-mail"
    await bookkeeper.go("customers/20001/edit")
    await bookkeeper.send("main form", printDunningLetters=[], sendDunningLettersViaEMail=[])
    kept = (await bookkeeper.http.get("/v1/customer/20001")).json()
    assert (kept["printDunningLetters"], kept["sendDunningLettersViaEMail"]) == (False, False)
    assert await reminded() == "No"
    never = {"excludeDebtCollection": {"value": True}, "printDunningLetters": {"value": True}}
    assert (await bookkeeper.http.put("/v1/customer/20001", json=never)).status_code == 204
    assert await reminded() == "On paper", "reminding does not read that field"


async def test_who_is_overdue_is_reminded(bookkeeper: Visitor, clerk: Clerk) -> None:
    await bookkeeper.go("reminding?asOf=2025-06-12")
    cards = bookkeeper.seen.select(".board input[name=customer]")
    names = [str(it["value"]) for it in cards]
    assert len(names) > 2
    await bookkeeper.send("#board", 200, customer=names[:2])
    assert "Make 2 letters?" in bookkeeper.text
    assert (await bookkeeper.http.get("/v1/reskontra/dunningLetter")).json() == [], "nothing was made yet"
    await bookkeeper.send("main form")
    assert "2 letters were made." in bookkeeper.said
    made = (await bookkeeper.http.get("/v1/reskontra/dunningLetter")).json()
    assert [it["customer"]["number"] for it in made] == names[:2]
    number = made[0]["letterNumber"]
    await bookkeeper.go(f"letters/{number}/void")
    assert "becomes 0 again" in bookkeeper.text
    await bookkeeper.send("main form", button="1")
    assert f"Letter {number} voided." in bookkeeper.said
    await bookkeeper.go("reminding?asOf=2025-06-12")
    none = bookkeeper.seen.select_one("#board")
    assert none is not None
    await bookkeeper.send(none, 400, customer=[])
    assert "Choose at least one customer." in bookkeeper.text


async def test_chosen_customers_are_reminded_from_their_list(bookkeeper: Visitor) -> None:
    owing = (await bookkeeper.http.get("/v1/reskontra/standing?overdue=true")).json()
    number = owing[0]["customer"]["number"]
    await bookkeeper.go("customers")
    await bookkeeper.send("#list form", customer=[number])
    assert "Make one letter?" in bookkeeper.text
    await bookkeeper.send("main form")
    made = (await bookkeeper.http.get("/v1/reskontra/dunningLetter")).json()
    assert [it["customer"]["number"] for it in made] == [number]


async def test_a_period_is_closed_once_nothing_stands_in_the_way(bookkeeper: Visitor, clerk: Clerk) -> None:
    draft = await clerk.document(INVOICE, "20001", documentDate="2020-01-15")
    await bookkeeper.go("periods?year=2020")
    await bookkeeper.go("periods/202002/close")
    assert "2 documents stand in the way" in bookkeeper.text, "those of earlier months too"
    links = [str(it["href"]) for it in bookkeeper.seen.select("tbody[data-rows] a")]
    assert links == ["/ui/documents/CreditNote/010001", f"/ui/documents/Invoice/{draft.number}"]
    assert bookkeeper.seen.select_one("main button.main") is None, "what would be refused is not offered"
    await bookkeeper.go("documents/CreditNote/010001/delete")
    await bookkeeper.send("main form")
    await bookkeeper.go("periods/202001/close")
    assert "1 document stands in the way" in bookkeeper.text
    form = bookkeeper.seen.select_one("main form")
    assert form is not None
    await bookkeeper.send(form, 400)
    assert "1 document stands in the way" in bookkeeper.text, "also when somebody asks for it all the same"
    ready = '.todo a[href="/ui/periods?year=2020"]'
    await bookkeeper.go("")
    assert bookkeeper.seen.select_one(ready) is None, "a draft is in the way"
    await clerk.release(draft)
    await bookkeeper.go("")
    assert bookkeeper.seen.select_one(ready), "over, and without a draft"
    await bookkeeper.go("periods/202001/close")
    rows = bookkeeper.rows("main table")
    assert (rows[-1][0], rows[-1][1:3], rows[-1][4]) == ("2020-01", ["0", "0"], "agree")
    told = (await bookkeeper.http.get("/v1/reskontra/report/vat?period=202001&toPeriod=202001")).json()
    assert rows[-1][3] == f"{sum(it['vatAmount'] for it in told):,.2f}"
    await bookkeeper.send("main form")
    assert "Closed: 2020-01." in bookkeeper.said
    await bookkeeper.go("periods/202001/close")
    assert bookkeeper.seen.select_one("main button.main") is None
    await bookkeeper.go("periods/202001/reopen")
    await bookkeeper.send("main form", 400)
    assert "Say why." in bookkeeper.text
    await bookkeeper.send("main form", reason="An invoice was forgotten")
    assert "Reopened: 2020-01." in bookkeeper.said
    (change,) = await clerk.get("reskontra/change", entity="FinancialPeriod", newestFirst=True, pageSize=1)
    assert {it["field"]: it["new"] for it in change["fields"]} == {
        "closed_in_customer_ledger": False,
        "reason": "An invoice was forgotten",
    }


async def test_many_periods_that_are_closed_at_once_are_counted(bookkeeper: Visitor) -> None:
    await bookkeeper.go("documents/CreditNote/010001/delete")
    await bookkeeper.send("main form")
    periods = (await bookkeeper.http.get("/v1/financialPeriod")).json()
    before = [it["period"] for it in periods if it["active"] and not it["closedInCustomerLedger"]]
    await bookkeeper.go("periods/202005/close")
    await bookkeeper.send("main form")
    closed = [it for it in before if it <= "202005"]
    assert len(closed) > 3
    first = f"{closed[0][:4]}-{closed[0][4:]}"
    assert bookkeeper.said == f"{len(closed)} periods are closed: {first} to 2020-05."


@pytest.mark.xdist_group("browser")
async def test_a_morning_in_the_browser(tab: OpenTab) -> None:
    """Who owes most and why; reminding on Monday; a wrong letter; a customer who rings: each in few steps."""
    page = await tab()
    await page.click("section:has(h2:text('Who owes most overdue')) tbody a >> nth=0")
    await page.click("tbody[data-rows] a >> nth=0")
    assert "/ui/documents/" in page.url

    await page.wait_for_load_state()  # the keys are read by a script
    await page.keyboard.press("g")
    await page.keyboard.press("r")
    await page.wait_for_url("**/ui/reminding")
    boxes = page.locator(".board input[name=customer]")
    cards = await boxes.count()
    assert cards > 5
    await boxes.nth(0).uncheck()
    await boxes.nth(1).uncheck()
    await page.click("text=See what would be made")
    await assert_accessible(page)
    await page.click(f"button:text('Make {cards - 2} letters')")
    assert f"{cards - 2} letters were made." in await page.inner_text("[role=status]")

    await page.click("tbody[data-rows] a >> nth=0")
    await assert_accessible(page)
    await page.click("a:text('Void')")
    await assert_accessible(page)
    await page.click("main button.danger")
    assert "voided." in await page.inner_text("[role=status]")

    phone = await tab("", **PHONE)
    await phone.fill("#search", "aurdal")
    await phone.keyboard.press("Enter")
    await phone.wait_for_url("**/ui/search?q=aurdal")
    await phone.click("tbody[data-rows] a:text('Aurdal Bakeri AS') >> nth=0")
    assert await phone.inner_text(".figure >> nth=0") != ""


@pytest.mark.xdist_group("browser")
async def test_pages_work_with_scripts_off(tab: OpenTab) -> None:
    page = await tab("customers", java_script_enabled=False)
    await page.click("details.filters summary")
    await page.fill("main input[name=q]", "bjerke")
    await page.click("main form button")
    assert await page.locator("table.list tbody tr").count() == 1
