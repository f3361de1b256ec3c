"""Documents as people see and work with them: the list, one document, forms, second steps, many at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from starlette.responses import Response

from reskontra.errors import Malformed, Refusal, Refused, Unavailable
from reskontra.pages import bulk, customer_form, document_actions, paying
from reskontra.pages.api import Api
from reskontra.pages.document_form import WORDS, DocumentForm, merged
from reskontra.pages.document_kinds import KINDS
from reskontra.pages.documents import CHIPS, STATUSES
from reskontra.pages.formats import plain_number, readings
from reskontra.pages.sandbox_door import SandboxDoor
from reskontra.pages.words import ENGLISH, LANGUAGES, catalogue
from reskontra.users.rules import Role
from tests.clerk import CREDIT_NOTE, INVOICE, ITEM_A, Clerk, application, wrapped
from tests.pages.conftest import Visitor


def typed(pairs: dict[str, str]) -> dict[str, Any]:
    """Fields whose names are not Python's."""
    return dict(pairs)


async def test_the_list_is_filtered_sorted_and_added_up(visitor: Visitor) -> None:
    await visitor.go("documents")
    assert len(visitor.rows("table.documents")) == 50
    assert "1-50 of 3,235" in visitor.text
    await visitor.go("documents?overdue=true&order=documentDueDate")
    rows = visitor.rows("table.documents")
    assert all(int(row[-1]) > 0 for row in rows)
    days = [row[4] for row in rows]
    assert days == sorted(days)
    assert visitor.seen.select_one(".chips [aria-current]").get_text() == "Overdue"  # type: ignore[union-attr]
    await visitor.go("documents?type=CreditNote%2CPayment%2CPrepayment&open=true")
    assert visitor.seen.select_one(".chips [aria-current]").get_text() == "Open credits"  # type: ignore[union-attr]
    assert {row[1] for row in visitor.rows("table.documents")} <= {"Credit note", "Payment", "Prepayment"}
    assert all(row[7].startswith("\N{MINUS SIGN}") for row in visitor.rows("table.documents"))
    (csv,) = [str(it["href"]) for it in visitor.seen.select(".downloads a") if it.get_text() == "CSV"]
    found = await visitor.http.get(csv)
    assert found.headers["content-type"].startswith("text/csv")
    assert found.text.count("\n") - 1 == int(visitor.seen.select_one("tfoot th").get_text().split(",")[0].split()[1])  # type: ignore[union-attr]


async def test_an_empty_selection_says_why_and_offers_the_way_out(visitor: Visitor) -> None:
    await visitor.go("documents?q=nothing+like+it")
    assert "No document matches Search in documents = nothing like it." in visitor.text
    assert visitor.seen.select_one('.empty a[href="?"]')
    await visitor.go("documents?status=asleep", 400)
    assert "asleep" in visitor.text


async def test_a_document_shows_what_became_of_it(visitor: Visitor) -> None:
    await visitor.go("documents/Invoice/002001")
    assert "Sum of the lines 450.00 VAT 25 % of 450.00 112.50 Total NOK 562.50" in visitor.text
    assert "5 × 100.00 = 500.00; − 50.00 (10 %) → 450.00" in visitor.text
    assert "2025-01-02 + 14 days net = 2025-01-16" in visitor.text
    assert "created 2025-01-02 10:00" in visitor.text
    assert "settled, balance 224.50" in visitor.text
    assert visitor.seen.select_one('#applications ~ ul a[href="/ui/documents/Payment/500007"]')
    paper = await visitor.http.get(str(visitor.seen.select_one("[data-key=p]")["href"]))  # type: ignore[index]
    assert paper.content.startswith(b"%PDF")
    postings = visitor.rows('[aria-label="Postings"] table')
    assert [row[0] for row in postings] == ["1500 Trade debtors", "3000 Sales, taxable", "2711 VAT payable 25 %"]
    assert visitor.seen.select_one('a[href="/ui/journal/AR000001"]')
    await visitor.go("documents/payment/500001")
    assert "Invoice 002002 2025-01-02 2025-02-01 11.33 555.39 0.00" in visitor.text
    for path in ("CreditNote/010001", "FinCharge/030056", "SmallBalanceWo/600001"):
        await visitor.go(f"documents/{path}")
        assert path.partition("/")[2] in visitor.seen.h1.get_text()  # type: ignore[union-attr]
    await visitor.go("documents/Invoice/nowhere", 404)
    assert "cannot be found" in visitor.text
    await visitor.go("documents/Letter/1", 404)


async def test_an_invoice_is_made_and_released_without_scripts(bookkeeper: Visitor) -> None:
    page = bookkeeper
    await page.go("documents/Invoice/new")
    form: dict[str, Any] = {"customer": "bjerke", "date": "2025-06-02", "line.0.item": "A", "line.0.quantity": "3"}
    await page.send("#document-form", button="add", **form)
    assert "20002 Bjerke Elektro AS" in page.text
    field = page.seen.select_one('[id="line.0.price"]')
    assert field is not None
    assert (field["value"], field["placeholder"]) == ("", "100")
    assert page.seen.select_one('[id="line.1.item"]')
    assert "Total NOK 375.00" in page.text
    line = {"line.1.description": "Travel", "line.1.price": "1 000,5", "line.1.quantity": "2", "line.1.vat": "3"}
    await page.send("#document-form", button="calculate", **typed(line))
    assert "Total NOK 2,876.25" in page.text
    await page.send("#document-form", button="remove:0")
    await page.send("#document-form", button="release")
    assert page.seen.h1.get_text() == "Release Invoice 003548?"  # type: ignore[union-attr]
    entries = page.rows('[aria-label="What is posted"] table')
    assert [row[-2:] for row in entries] == [["2,501.25", ""], ["", "2,001.00"], ["", "500.25"]]
    await page.send("form.save")
    assert page.said.startswith("Invoice 003548 is released. Journal AR")
    assert "Open" in page.text


async def test_what_is_refused_stands_at_its_field_and_what_was_typed_stays(bookkeeper: Visitor) -> None:
    page = bookkeeper
    await page.go("documents/Invoice/new?customer=20001")
    form: dict[str, Any] = {"line.0.item": "NONE", "line.0.quantity": "3", "text": "Spare keys"}
    await page.send("#document-form", button="calculate", **form)
    assert "InventoryNumber 'NONE' cannot be found" in page.seen.select_one(".notyet").get_text()  # type: ignore[union-attr]
    await page.send("#document-form", 400, button="save")
    summary = page.seen.select_one(".problems a")
    assert summary is not None
    assert summary["href"] == "#line.0.item"
    assert page.seen.select_one('[id="line.0.item"][aria-invalid=true][value=NONE]')
    assert page.seen.select_one("#text[value='Spare keys']")
    await page.send("#document-form", 400, button="save", customer="as")
    assert "Several customers look like 'as'" in page.text
    await page.send("#document-form", 400, button="save", customer="nobody at all")
    assert "No customer looks like 'nobody at all'." in page.text


async def test_two_people_edit_one_draft_and_nothing_is_lost(bookkeeper: Visitor, clerk: Clerk) -> None:
    draft = await clerk.invoice()
    page = bookkeeper
    await page.go(f"documents/Invoice/{draft.number}/edit")
    await clerk.change(draft, invoiceText="Theirs", customerRefNumber="PO-9")
    form: dict[str, Any] = {"text": "Mine", "line.0.quantity": "7"}
    await page.send("#document-form", 412, button="save", **form)
    assert "open changed this at" in page.text
    assert page.rows(".problems table") == [["Customer's reference", "PO-9", "empty"], ["Text", "Theirs", "Mine"]]
    await page.send("#document-form", button="save")
    assert page.said == f"Invoice {draft.number} is saved as a draft."
    saved = await clerk.get(draft)
    assert (saved["invoiceText"], saved["customerRefNumber"]) == ("Mine", "PO-9")
    assert saved["invoiceLines"][0]["quantity"] == 7


async def test_lines_are_changed_added_and_taken_out(bookkeeper: Visitor, clerk: Clerk) -> None:
    draft = await clerk.debit_note()
    page = bookkeeper
    await page.go(f"documents/DebitNote/{draft.number}/edit")
    await page.send("#document-form", button="add", **typed({"line.0.price": "50"}))
    await page.send(
        "#document-form", button="save", **typed({"line.1.item": "222", "line.1.quantity": "4", "text": "New"})
    )
    lines = (await clerk.get(draft))["lines"]
    assert [(it["inventoryNumber"], it["unitPriceInCurrency"]) for it in lines] == [("A", 50), ("222", 12.5)]
    await page.go(f"documents/DebitNote/{draft.number}/edit")
    await page.send("#document-form", button="remove:0")
    await page.send("#document-form", button="save", text="")
    stored = await clerk.get(draft)
    assert [it["inventoryNumber"] for it in stored["lines"]] == ["222"]
    assert not stored.get("invoiceText")


async def test_some_lines_of_an_invoice_are_credited(bookkeeper: Visitor, clerk: Clerk) -> None:
    invoice = await clerk.release(await clerk.invoice())
    page = bookkeeper
    await page.go(f"documents/Invoice/{invoice.number}/credit")
    quantity = str(page.seen.select_one("[name='quantity.1']")["value"])  # type: ignore[index]
    await page.send("main form[method=post]", 400, line=[])
    assert "No line was chosen." in page.text
    await page.send("main form[method=post]", 400, **typed({"line": "1", "quantity.1": "some"}))
    assert "'some' is no quantity." in page.text
    half = str(float(quantity) / 2)
    await page.send("main form[method=post]", **typed({"line": "1", "quantity.1": half}))
    assert page.seen.h1.get_text().startswith("Release Credit note")  # type: ignore[union-attr]
    assert f"Invoice {invoice.number}" in page.text
    await page.send("form.save")
    after = await clerk.get(invoice)
    assert after["balance"] == after["amount"] / 2
    await page.go(f"documents/Invoice/{invoice.number}/credit")
    await page.send("main form[method=post]")
    await page.send("form.save")
    assert (await clerk.get(invoice))["status"] == "Closed"


async def test_no_more_is_credited_than_what_earlier_notes_left(bookkeeper: Visitor, clerk: Clerk) -> None:
    page, form = bookkeeper, "main form[method=post]"
    invoice = await clerk.release(
        await clerk.invoice(lines=[ITEM_A | {"quantity": 4}, ITEM_A | {"description": "Other"}])
    )
    await page.go(f"documents/Invoice/{invoice.number}/credit")
    await page.send(form, **typed({"line": "1", "quantity.1": "3"}))
    release = page.http_path
    await page.go(f"documents/Invoice/{invoice.number}/credit")
    assert [row[4] for row in page.rows()] == ["1 of 4", "1 of 1"], "a draft counts"
    assert [str(it["value"]) for it in page.seen.select("[name^='quantity.']")] == ["1", "1"]
    await page.send(form, 400, **typed({"line": "1", "quantity.1": "2"}))
    about = page.seen.find(id="quantity.1-about")
    assert about is not None
    assert about.get_text() == "Only 1 of this line is not credited yet."
    await page.go(release)
    await page.send("form.save")
    await page.go(f"documents/Invoice/{invoice.number}/credit")
    await page.send(form)
    await page.go(f"documents/Invoice/{invoice.number}/credit")
    assert "All of it is credited already." in page.text
    assert page.seen.select(form) == []


async def test_crediting_more_than_is_open_is_warned_of(bookkeeper: Visitor, clerk: Clerk) -> None:
    invoice = await clerk.release(await clerk.invoice(lines=[ITEM_A | {"quantity": 2}]))
    await bookkeeper.go(f"documents/Invoice/{invoice.number}/credit")
    assert "more than what is open" not in bookkeeper.text
    await clerk.pay("200", wrapped(refNbr=invoice.number, amountPaid="200"))
    await bookkeeper.go(f"documents/Invoice/{invoice.number}/credit")
    assert "comes to 250.00, which is 200.00 more than what is open" in bookkeeper.text
    await bookkeeper.send("main form[method=post]", **typed({"quantity.1": "1"}))
    assert "75.00 of it is more than what is open of the invoice." in bookkeeper.said


async def test_a_refund_names_what_it_pays_back(bookkeeper: Visitor, clerk: Clerk) -> None:
    customer = (await clerk.customer()).number
    page, form = bookkeeper, "#document-form"
    await page.go(f"documents/Refund/new?customer={customer}")
    await page.send(form, 400, button="save", amount="125")
    assert "The customer has no open credit that could be paid back." in page.seen.select_one("#customer-about").text  # type: ignore[union-attr]
    note = await clerk.issue(CREDIT_NOTE, customer)
    await page.go(f"documents/Refund/new?customer={customer}")
    await page.send(form, 400, button="save", amount="125")
    about = page.seen.find(id=f"paid.CreditNote/{note.number}-about")
    assert about is not None
    assert about.get_text() == "A refund pays back open credits. Enter the amount at one of them."
    await page.send(form, button="release", amount="125", **typed({f"paid.CreditNote/{note.number}": "125"}))
    assert page.seen.h1.get_text().startswith("Release Refund")  # type: ignore[union-attr]


async def test_a_release_that_is_refused_leads_to_the_form(bookkeeper: Visitor, clerk: Clerk) -> None:
    sent = clerk.paying("125", type="Refund")
    number = (await clerk.post("customerPayment", **sent)).headers["Location"].rpartition("/")[2]
    await bookkeeper.go(f"documents/Refund/{number}/release")
    assert bookkeeper.seen.select("main form") == []
    assert bookkeeper.seen.select_one(f"main a[href='/ui/documents/Refund/{number}/edit']")


async def test_a_page_behind_the_last_leads_to_the_first(visitor: Visitor) -> None:
    await visitor.go("documents?type=Invoice&page=999")
    assert "The list has no page 999" in visitor.text
    await visitor.go(f"/ui/documents{visitor.seen.select_one('#list .empty a')['href']}")  # type: ignore[index]
    assert visitor.rows("table.documents")
    await visitor.go("documents?page=999")
    assert "No documents yet." not in visitor.text


async def test_a_cash_sale_is_paid_and_has_its_vat(bookkeeper: Visitor, clerk: Clerk) -> None:
    sale = await clerk.cash_sale()
    await bookkeeper.go(f"documents/CashSale/{sale.number}/release")
    assert "Take it back" in bookkeeper.text
    await bookkeeper.go(f"documents/CashSale/{sale.number}")
    assert "It counts as paid with its release." in bookkeeper.text
    await clerk.release(sale)
    await bookkeeper.go(f"documents/CashSale/{sale.number}")
    assert "Paid when it was made" in bookkeeper.text
    assert "Nothing yet." not in bookkeeper.text
    assert ["VAT 25 % of 100.00", "25.00"] in bookkeeper.rows("table.totals")
    await bookkeeper.go("documents/Invoice/new")
    every = {str(it["value"]) for it in bookkeeper.seen.select("#terms option")}
    await bookkeeper.go("documents/CashSale/new")
    offered = {str(it["value"]) for it in bookkeeper.seen.select("#terms option")}
    assert every - offered == {"RATE3"}, "terms with instalments"


async def test_prices_are_shown_with_all_their_decimals(bookkeeper: Visitor, clerk: Clerk) -> None:
    lines = [ITEM_A | {"unitPriceInCurrency": price} for price in (0.1234, 1.5, 1000)]
    invoice = await clerk.invoice(lines=lines)
    await bookkeeper.go(f"documents/Invoice/{invoice.number}")
    assert [row[3] for row in bookkeeper.rows("table.list")][:3] == ["0.1234", "1.50", "1,000.00"]


async def test_a_part_of_a_line_with_an_entered_amount_is_a_part_of_that_amount(
    bookkeeper: Visitor, clerk: Clerk
) -> None:
    line = ITEM_A | {"quantity": 3, "unitPriceInCurrency": 100, "manualAmountInCurrency": 270}
    invoice = await clerk.release(await clerk.invoice(lines=[line]))
    page = bookkeeper
    await page.go(f"documents/Invoice/{invoice.number}/credit")
    await page.send("main form[method=post]", **typed({"line": "1", "quantity.1": "1"}))
    note = await clerk.get(f"customerCreditNote/{page.http_path.split('/')[-2]}")
    assert [it["amountInCurrency"] for it in note["lines"]] == [90]


async def test_a_payment_is_entered_released_undone_and_voided(bookkeeper: Visitor, clerk: Clerk) -> None:
    invoice = await clerk.release(await clerk.invoice())
    page = bookkeeper
    await page.go(f"documents/Invoice/{invoice.number}")
    link = next(str(it["href"]) for it in page.seen.select(".actions a") if it.get_text() == "Register payment")
    await page.go(link)
    assert page.seen.select_one(f'[id="paid.Invoice/{invoice.number}"]:not([value=""])')
    await page.send("#document-form", 400, button="save", amount="much")
    assert page.seen.select_one("#amount[aria-invalid=true][value=much]")
    await page.send("#document-form", button="save", amount="1 000", reference="BANK-1",
                    **typed({f"paid.Invoice/{invoice.number}": "20"}))  # fmt: skip
    number = page.said.split()[1]
    await page.go(f"documents/Payment/{number}/edit")
    await page.send("#document-form", button="calculate", **typed({f"paid.Invoice/{invoice.number}": "25"}))
    assert "Not applied yet 975.00" in page.text
    await page.send("#document-form", button="release")
    assert f"Invoice {invoice.number} 25.00" in page.text
    await page.send("form.save")
    assert "Journal AR" in page.said
    undo = next(str(it["href"]) for it in page.seen.select("a") if it.get_text() == "Undo")
    await page.go(undo)
    posted = [[cell for cell in row[-2:] if cell] for row in page.rows(".postings table")]
    assert posted == [["25.00"], ["25.00"]], "what is posted is shown"
    shown = page.seen.select_one("form.save")
    assert shown is not None
    assert await clerk.status("PUT", f"customerPayment/{number}?paymentType=Payment", invoiceText="meanwhile") == 204
    await page.send(shown, 412)
    assert "changed this at" in page.text
    await page.send("form.save")
    assert "open again" in page.said
    await page.go(f"documents/Payment/{number}/apply")
    await page.send("main form[method=post]", button="try")
    assert "Apply to 2 documents" in page.text
    await page.send("main form[method=post]", button="apply")
    assert "is applied to 2 documents." in page.said
    await page.go(f"documents/Payment/{number}/void")
    await page.send("form.save")
    assert page.said.startswith(f"Void of a payment {number} is the void.")
    await page.go(f"documents/VoidPayment/{number}/release")
    await page.send("form.save")
    assert (await clerk.get(f"/v1/customerPayment/{number}"))["status"] == "Voided"


async def test_two_people_edit_one_payment_and_nothing_is_lost(bookkeeper: Visitor, clerk: Clerk) -> None:
    invoice = await clerk.release(await clerk.invoice())
    page = bookkeeper
    await page.go("documents/Payment/new?customer=20001")
    await page.send("#document-form", button="save", amount="1000", reference="BANK-1")
    number = page.said.split()[1]
    await page.go(f"documents/Payment/{number}/edit")
    shown = page.seen.select_one("#document-form")
    assert shown is not None
    line = {"operation": "Insert", "documentType": "Invoice", "refNbr": invoice.number, "amountPaid": 10}
    theirs = {"paymentRef": "THEIRS", "invoiceText": "by them", "paymentLines": [line]}
    assert await clerk.status("PUT", f"customerPayment/{number}?paymentType=Payment", **theirs) == 204
    await page.send(shown, 412, button="save", amount="1 500", reference="MINE")
    assert "changed this at" in page.text
    assert page.rows(".problems table") == [
        ["Reference", "THEIRS", "MINE"],
        ["Text", "by them", "empty"],
        [f"Paid of Invoice {invoice.number}", "10", "empty"],
    ]
    assert (await clerk.get(f"/v1/customerPayment/{number}"))["paymentAmount"] == 1000.0, "nothing is saved yet"
    await page.send("#document-form", button="save")
    kept = await clerk.get(f"/v1/customerPayment/{number}")
    assert (kept["paymentAmount"], kept["paymentRef"], kept["invoiceText"]) == (1500.0, "MINE", "by them")
    assert [it["amountPaid"] for it in kept["paymentLines"]] == [10.0]


async def test_many_are_released_and_those_that_cannot_say_why(bookkeeper: Visitor, clerk: Clerk) -> None:
    drafts = [await clerk.invoice() for _ in range(2)]
    await clerk.change(drafts[1], hold=True)
    paid = await clerk.pay(10)
    page = bookkeeper
    await page.go("documents")
    names = [f"Invoice/{it.number}" for it in drafts] + [f"Payment/{paid['refNbr']}", "Invoice/gone"]
    await page.send("#list form", button="release", document=names)
    assert "1 can be released" in page.text
    assert "3 will be refused" in page.text
    reasons = {row[0]: row[-1] for row in page.rows("h2 ~ .wide table.list")}
    assert "Hold" in reasons[f"Invoice {drafts[1].number}"]
    await page.send("form.save")
    assert page.seen.h1.get_text() == "1 released"  # type: ignore[union-attr]
    assert "3 refused" in page.text
    address = page.http_path
    await clerk.change(drafts[1], hold=False)
    await page.go(address)
    assert "It could be done now." in page.text
    await page.go("documents")
    await page.send("#list form", button="delete", document=names)
    await page.send("form.save")
    assert page.seen.h1.get_text() == "1 deleted"  # type: ignore[union-attr]
    assert await clerk.status("GET", drafts[1]) == 404
    await page.go("documents")
    await page.send("#list form", button="release")
    assert page.said == "No document was chosen."


async def test_many_are_put_on_hold_and_printed(bookkeeper: Visitor, clerk: Clerk) -> None:
    drafts, note = [await clerk.invoice() for _ in range(2)], await clerk.issue(CREDIT_NOTE)
    paid, released = await clerk.pay(10), await clerk.issue("customerinvoice")
    page = bookkeeper
    names = [f"Invoice/{it.number}" for it in (*drafts, released)]
    names += [f"CreditNote/{note.number}", f"Payment/{paid.number}", "Invoice/gone"]
    await page.go("documents")
    await page.send("#list form", button="hold", document=names)
    assert "4 can be put on hold" in page.text
    assert "2 will be refused" in page.text
    await page.send("form.save")
    assert page.seen.h1.get_text() == "4 put on hold"  # type: ignore[union-attr]
    assert [(await clerk.get(it))["status"] for it in (*drafts, note, released)] == ["Hold", "Hold", "Reserved", "Open"]
    await page.go("documents")
    await page.send("#list form", button="print", document=names)
    links = [str(it["href"]) for it in page.seen.select('a[href$="/print"]')]
    assert len(links) == 4
    assert all([(await page.http.get(link)).content.startswith(b"%PDF") for link in links])
    assert "This kind of document is not printed." in page.text


async def test_many_are_sent_by_mail(bookkeeper: Visitor, clerk: Clerk) -> None:
    await clerk.change("customer/20002", mainContact={"email": "post@bjerke.example"})
    sent, draft = await clerk.issue("customerinvoice", "20002"), await clerk.invoice("20002")
    paid = await clerk.pay(10)
    page = bookkeeper
    await page.go("documents")
    names = [f"Invoice/{sent.number}", f"Invoice/{draft.number}", f"Payment/{paid.number}"]
    await page.send("#list form", button="send", document=names)
    assert "1 can be sent" in page.text
    assert "post@bjerke.example" in page.text
    assert "This kind of document is not sent by mail." in page.text
    assert (await page.http.get("/v1/reskontra/mail")).json() == [], "nothing went yet"
    await page.send("form.save")
    assert page.seen.h1.get_text() == "1 mail goes out"  # type: ignore[union-attr]
    (mail,) = (await page.http.get("/v1/reskontra/mail")).json()
    assert mail["referenceNumber"] == sent.number


async def test_hold_note_file_correction_and_deletion(bookkeeper: Visitor, clerk: Clerk) -> None:
    page, draft = bookkeeper, await clerk.invoice()
    here = f"documents/Invoice/{draft.number}"
    await page.go(here)
    await page.send(f'form[action$="{draft.number}/hold"]')
    assert page.said == f"Invoice {draft.number} is on hold."
    assert "Lift the hold" in page.text
    await page.send(f'form[action$="{draft.number}/note"]', note="Ask Kari first")
    assert (await clerk.get(draft))["note"] == "Ask Kari first"
    await page.send(f'form[action$="{draft.number}/note"]', 412, etag='"AAAAAAAAAAE="')
    assert "has changed since it was read" in page.text
    action = str(page.seen.select_one("form.upload")["action"])  # type: ignore[index]
    answer = await page.http.post(action, files={"file": ("drawing.txt", b"lines")}, follow_redirects=True)
    assert "drawing.txt" in answer.text
    empty = await page.http.post(action, files={"file": ("drawing.txt", b"")})
    assert empty.status_code == 400
    assert "is empty" in empty.text
    unsealed = await page.http.post(action.partition("?")[0], files={"file": ("drawing.txt", b"lines")})
    assert unsealed.status_code == 403
    await page.go(f"{here}/release")
    assert "Nothing was changed" in page.text
    assert page.seen.select_one("form.save") is None
    await page.go(f"{here}/delete")
    await page.send("form.save")
    assert page.said == f"Invoice {draft.number} is deleted."
    invoice = await clerk.release(await clerk.invoice())
    await page.go(f"documents/Invoice/{invoice.number}/correct")
    await page.send("form.save")
    assert page.seen.h1.get_text().startswith("Edit Invoice")  # type: ignore[union-attr]


async def test_a_credit_note_of_a_paid_invoice_only_corrects_it(bookkeeper: Visitor, clerk: Clerk) -> None:
    invoice = await clerk.release(await clerk.invoice())
    amount = str(invoice["amountInCurrency"])
    await clerk.pay(amount, wrapped(refNbr=invoice.number, amountPaid=amount))
    page = bookkeeper
    await page.go(f"documents/Invoice/{invoice.number}/credit")
    await page.send("main form[method=post]", **typed({"line": "1", "quantity.1": "1"}))
    assert page.seen.h1.get_text().startswith("Release Credit note")  # type: ignore[union-attr]
    assert "What it settles" not in page.text


@pytest.mark.parametrize("kind", ["Invoice", "Payment"])
@pytest.mark.parametrize("step", ["edit", "release"])
async def test_who_changed_a_draft_last_is_read_and_not_the_whole_log(
    bookkeeper: Visitor, clerk: Clerk, monkeypatch: pytest.MonkeyPatch, kind: str, step: str
) -> None:
    draft = await (clerk.payment(10) if kind == "Payment" else clerk.invoice())
    read, request = list[Mapping[str, object]](), Api.request

    async def noting(api: Api, method: str, path: str, **how: Any) -> Response:
        if path == "/v1/reskontra/change":
            read.append(how["query"])
        return await request(api, method, path, **how)

    monkeypatch.setattr(Api, "request", noting)
    await bookkeeper.go(f"documents/{kind}/{draft.number}/{step}")
    await clerk.change(draft, invoiceText="Theirs")
    form, button = ("#document-form", "save") if step == "edit" else ("form.save", None)
    await bookkeeper.send(form, 412, button=button, **({"text": "Mine"} if step == "edit" else {}))
    assert "open changed this at" in bookkeeper.text
    assert read == [{"entity": kind, "key": draft.number, "newestFirst": True, "pageSize": 1}]


@pytest.mark.parametrize("refusal", [Refused("It is a test."), Unavailable("It is a test.")])
async def test_a_credit_note_that_cannot_say_what_it_corrects_is_told_of(
    bookkeeper: Visitor, clerk: Clerk, monkeypatch: pytest.MonkeyPatch, refusal: Refusal
) -> None:
    invoice = await clerk.release(await clerk.invoice(lines=[ITEM_A | {"quantity": 2}]))
    amount = str(invoice["amountInCurrency"])
    await clerk.pay(amount, wrapped(refNbr=invoice.number, amountPaid=amount))
    send = Api.send

    async def refusing(api: Api, method: str, path: str, *what: Any, **how: Any) -> Response:
        if method == "PUT":
            raise refusal
        return await send(api, method, path, *what, **how)

    monkeypatch.setattr(Api, "send", refusing)
    page = bookkeeper
    await page.go(f"documents/Invoice/{invoice.number}/credit")
    await page.send("main form[method=post]", **typed({"line": "1", "quantity.1": "1"}))
    number = page.http_path.rpartition("/")[2]
    assert page.http_path == f"/ui/documents/CreditNote/{number}"
    assert page.said.startswith(f"Credit note {number} is saved as a draft, but it does not name Invoice")
    assert page.said.endswith(": It is a test.")


async def test_crediting_looks_at_the_notes_of_its_invoice_alone(
    bookkeeper: Visitor, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice, *others = [await clerk.release(await clerk.invoice()) for _ in range(3)]
    for it in (invoice, *others):
        await clerk.credit_note(applicationLines=[application(it, 10)])
    asked, request = list[str](), Api.request

    async def noting(api: Api, method: str, path: str, **how: Any) -> Response:
        asked.append(path)
        return await request(api, method, path, **how)

    monkeypatch.setattr(Api, "request", noting)
    await bookkeeper.go(f"documents/Invoice/{invoice.number}/credit")
    assert len([it for it in asked if "/customerCreditNote/" in it]) == 1, asked


async def test_who_may_only_read_finds_no_buttons(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    let_in = SandboxDoor.person

    async def as_reader(door: SandboxDoor, headers: Any, peer: str | None) -> Any:
        person = await let_in(door, headers, peer)
        return person and replace(person, role=Role.READER)

    monkeypatch.setattr(SandboxDoor, "person", as_reader)
    await visitor.go("documents")
    assert visitor.seen.select("#list [type=checkbox], #list button, .head .button") == []
    await visitor.go("documents/Invoice/002001")
    assert [it.get_text() for it in visitor.seen.select("main form, main .button")] == ["Print"]
    for path in ("Invoice/new", "Payment/new", "Invoice/003547/edit", "Invoice/003547/release", "Payment/500001/void"):
        await visitor.go(f"documents/{path}", 403)


_NUMBERS: dict[str, dict[str, str | tuple[str, str]]] = {
    "en": {
        "0,125": "0.125", "0.125": "0.125", "1.000": "1.000", "1,000": ("1000", "1.000"), "-1,250": ("-1250", "-1.250"),
        "1,000.5": "1000.5", "1,234,567": "1234567", "1.234,50": "1234.50", "1,5": "1.5", "1234,567": "1234.567",
        "12,345.678": "12345.678", "1 234.5": "1234.5", "1,23.50": "1,23.50", "1.2.3": "1.2.3",
    },
    "nb": {
        "0,125": "0.125", "0.125": "0.125", "1,000": "1.000", "1.000": ("1000", "1.000"),
        "999.999": ("999999", "999.999"),
        "1.000,5": "1000.5", "1.234.567": "1234567", "1,234.50": "1234.50", "1.5": "1.5", "1234.567": "1234.567",
        "1 234,50": "1234.50", "1\N{NO-BREAK SPACE}234,50": "1234.50", "1.23,50": "1.23,50", "\N{MINUS SIGN}3": "-3",
        "12,5": "12.5", "x": "x", "": "",
    },
}  # fmt: skip
_NUMBERS["sv"] = _NUMBERS["nb"]


@pytest.mark.parametrize("language", _NUMBERS)
def test_numbers_are_taken_as_people_type_them(language: str) -> None:
    read = {text: readings(text, language) for text in _NUMBERS[language]}
    assert read == {text: (it,) if isinstance(it, str) else it for text, it in _NUMBERS[language].items()}


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [("en", "1,000", "as 1000 or as 1.000"), ("nb", "1.000", "som 1000 eller som 1,000"), ("sv", "1.000", "1,000")],
)
def test_a_number_that_can_be_read_in_two_ways_is_refused_with_both(language: str, text: str, said: str) -> None:
    with pytest.raises(Malformed, match=said) as caught:
        plain_number(text, language, "amount")
    assert caught.value.field == ("amount",)
    assert (len(readings("1000", language)), len(readings(said[-5:], language))) == (1, 1), "either can be typed"


async def test_such_a_number_is_refused_at_its_field(bookkeeper: Visitor) -> None:
    await bookkeeper.go("documents/Invoice/new?customer=20001")
    line = {"line.0.description": "Hours", "line.0.quantity": "0,125", "line.0.price": "1,000"}
    await bookkeeper.send("#document-form", 400, button="save", **line)
    about = bookkeeper.seen.find(id="line.0.price-about")
    assert about is not None
    assert "'1,000' can be read as 1000 or as 1.000" in about.get_text()
    await bookkeeper.send("#document-form", button="save", **typed({"line.0.price": "1000"}))
    kept = (await bookkeeper.http.get(f"/v1/customerinvoice/{bookkeeper.http_path.rpartition('/')[2]}")).json()
    assert [(it["quantity"], it["amountInCurrency"]) for it in kept["invoiceLines"]] == [(0.125, 125.0)]
    await bookkeeper.go("documents/Payment/new?customer=20001")
    await bookkeeper.send("#document-form", 400, button="save", amount="1,000")
    about = bookkeeper.seen.find(id="amount-about")
    assert about is not None
    assert "can be read as" in about.get_text()
    paid = next(str(it["name"]) for it in bookkeeper.seen.select("[name^='paid.']"))
    await bookkeeper.send("#document-form", 400, button="save", amount="1000", **typed({paid: "1,000"}))
    about = bookkeeper.seen.find(id=f"{paid}-about")
    assert about is not None
    assert "can be read as" in about.get_text()


def test_what_two_people_changed_is_put_together() -> None:
    base = DocumentForm({"text": "a"}, [{"number": "1", "price": "5"}, {"number": "2", "price": "6"}])
    mine = DocumentForm({"text": "a"}, [{"number": "1", "price": "7"}, {"number": "2", "price": "6"}, {"item": "A"}])
    theirs = DocumentForm({"text": "b"}, [{"number": "1", "price": "8"}, {"number": "3", "price": "9"}])
    form, told = merged(mine, base, theirs)
    assert form.header["text"] == "b"
    assert [(line.get("number"), line.get("price"), line.get("item")) for line in form.lines] == [
        ("1", "7", None), ("3", "9", None), (None, None, "A"),
    ]  # fmt: skip
    assert [(it.line, it.name, it.mine, it.theirs) for it in told] == [
        ("", "text", "a", "b"), ("1", "price", "7", "8"), ("3", "price", "", "9"),
    ]  # fmt: skip


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {ENGLISH}))
def test_what_tables_say_is_said_in_every_language(language: str) -> None:
    said = (
        {kind.words for kind in KINDS.values()} | {chip.words for chip in CHIPS} | set(STATUSES) | set(WORDS.values())
    )
    said |= {*customer_form.WORDS.values(), *paying.WORDS.values()}
    for verb in bulk.VERBS.values():
        said |= {verb.heading, verb.can, verb.button, verb.done}
    for step in vars(document_actions).values():
        if isinstance(step, document_actions.Step):
            said |= {step.heading, step.question, step.button, step.done}
    assert sorted(said - set(catalogue(language))) == []


@pytest.mark.parametrize("path", ["customers/new", "customers/20001/edit"])
@pytest.mark.parametrize(
    ("name", "typed"),
    [("creditLimit", "abc"), ("name", ""), ("corporateId", "x" * 300), ("accountReference", "x" * 300),
     ("city", "x" * 300), ("postalCode", "x" * 300), ("addressLine1", "x" * 3000), ("phone1", "x" * 300),
     ("email", "no mail address")],
)  # fmt: skip
async def test_a_refusal_of_a_customer_stands_at_its_field(
    bookkeeper: Visitor, path: str, name: str, typed: str
) -> None:
    await bookkeeper.go(path)
    await bookkeeper.send("main form[method=post]", 400, **{"name": "Some AS", name: typed})
    field = bookkeeper.seen.select_one(f"[id={name}][aria-invalid=true]")
    assert field is not None, bookkeeper.text
    assert bookkeeper.seen.select_one(f"[id={field['aria-describedby']}].problem")


async def test_a_note_kept_in_two_tabs_tells_who_changed_it_and_stays(bookkeeper: Visitor, clerk: Clerk) -> None:
    page, draft = bookkeeper, await clerk.invoice()
    here = f"documents/Invoice/{draft.number}"
    form = (await page.go(here)).select_one('form[action$="/note"]')
    assert form is not None
    await page.send(form, note="Theirs")
    await page.send(form, 412, note="Mine")
    assert " changed this at " in page.text
    assert page.rows(".problems table") == [["Note", "Theirs", "Mine"]]
    area = page.seen.select_one("textarea[name=note]")
    assert area is not None
    assert area.get_text() == "Mine"
    await page.send('form[action$="/note"]')
    assert (await clerk.get(draft))["note"] == "Mine"


async def test_a_draft_over_the_credit_limit_says_so_and_is_found(bookkeeper: Visitor, clerk: Clerk) -> None:
    number = (await clerk.customer(name="Grense AS", creditVerification="CreditLimit", creditLimit=1000)).number
    line = {"description": "x", "unitPriceInCurrency": 1250, "vatCodeId": "6"}
    over = await clerk.invoice(number, lines=[line])
    small = await clerk.invoice(lines=[line])
    assert (over["status"], small["status"]) == ("Hold", "Balanced")
    await bookkeeper.go(f"documents/Invoice/{over.number}")
    assert "It exceeds the customer's credit limit by 250.00" in bookkeeper.text
    await bookkeeper.go(f"documents/Invoice/{small.number}")
    assert "exceeds the customer's credit limit" not in bookkeeper.text
    await bookkeeper.go("documents")
    chip = bookkeeper.seen.find("a", string="Exceeding credit")
    assert chip is not None
    await bookkeeper.go(str(chip["href"]))
    assert [(row[2], "over the credit limit" in row[-2]) for row in bookkeeper.rows("table.documents")] == [
        (over.number, True)
    ]
    await clerk.change(f"customer/{number}", creditLimit=1250)
    await bookkeeper.go(str(chip["href"]))
    assert "No document matches Exceeding credit" in bookkeeper.text
    await bookkeeper.go(f"documents/Invoice/{over.number}")
    assert "exceeds the customer's credit limit" not in bookkeeper.text


async def test_a_payment_of_a_customer_with_nothing_open_is_told_so(bookkeeper: Visitor, clerk: Clerk) -> None:
    clerk.customer_number = (await clerk.customer(name="Forskudd AS")).number
    await bookkeeper.go(f"documents/Payment/new?customer={clerk.customer_number}")
    assert "There is nothing to settle: nothing of this customer is open." in bookkeeper.text
    assert not bookkeeper.seen.select("table.open-documents")
    await bookkeeper.send("#document-form", button="save", amount="100")
    assert "is saved as a draft." in bookkeeper.said
    paid = await clerk.pay(250)
    await bookkeeper.go(f"documents/Payment/{paid.number}/apply")
    assert "There is nothing to settle: nothing of this customer is open." in bookkeeper.text
    assert not bookkeeper.seen.select("main button")
    await clerk.issue(INVOICE, clerk.customer_number)
    await bookkeeper.go(f"documents/Payment/{paid.number}/apply")
    assert "250.00 NOK is not applied yet." in bookkeeper.text
    assert "See what will happen" in bookkeeper.text
