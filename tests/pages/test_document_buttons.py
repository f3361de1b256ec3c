"""Each kind of document in each of its states (docs/STATES.md): the buttons of its page are what the API takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from bs4 import Tag

from reskontra.pages.document_kinds import KINDS
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, ITEM_A, PAYMENT, Clerk, Record, application, decoded, wrapped
from tests.pages.conftest import Visitor


def _fields(named: dict[str, str]) -> dict[str, Any]:
    """Fields whose names are not Python's."""
    return dict(named)


Make = Callable[[Clerk], Awaitable[Record]]


async def _read(clerk: Clerk, thing: Record | str, **query: Any) -> Record:
    found: Record = await clerk.get(thing, **query)
    return found


async def _credit_held(clerk: Clerk) -> Record:
    await clerk.prefer(credit_check={"enabled": True, "status": "CreditHold"})
    await clerk.change("customer/20001", creditVerification="CreditLimit", creditLimit=1)
    held = await clerk.invoice()
    await clerk.change("customer/20001", creditLimit=1_000_000)
    return held


async def _pending(clerk: Clerk, **preferences: bool) -> Record:
    await clerk.prefer(**preferences)
    await clerk.sql("update customer set print_invoices = true, email_invoices = true where number = '20001'")
    return await clerk.invoice()


async def _taken_over(clerk: Clerk, kind: str) -> Record:
    sent = {"documentType": kind, "referenceNumber": "OLD-1", "customer": "20001", "documentDate": "2024-11-15"}
    item = sent | {"balance": 100} | ({"dueDate": "2024-12-15"} if kind == "Invoice" else {})
    decoded(await clerk.post("reskontra/openItems", asOf="2025-01-01", account="9990", items=[item]))
    return await _read(clerk, KINDS[kind].address("OLD-1"))


async def _settled(clerk: Clerk, kind: str) -> Record:
    document = await clerk.issue(kind)
    await clerk.pay(document["amountInCurrency"], application(document, document["amountInCurrency"], kind=kind))
    return await _read(clerk, document)


async def _charge(clerk: Clerk, *, released: bool = False) -> Record:
    clerk.customer_number = (await clerk.customer(name="Late AS", overdueCharge=True)).number
    await clerk.issue("customerinvoice", documentDate="2025-01-01", documentDueDate="2025-01-15", lines=[
        ITEM_A | {"unitPriceInCurrency": 10000}
    ])  # fmt: skip
    charge = await clerk.charged("2025-05-31", filters={"customer": [clerk.customer_number]})
    return await clerk.release(charge) if released else charge


async def _used_note(clerk: Clerk) -> Record:
    note, invoice = await clerk.issue(CREDIT_NOTE), await clerk.issue("customerinvoice")
    line = {"documentType": "Invoice", "referenceNumber": invoice.number, "amountPaid": 125}
    sent = {"documentType": "CreditNote", "referenceNumber": note.number}
    decoded(await clerk.post("reskontra/application", credit=sent, lines=[line]))
    return await _read(clerk, note)


async def _used_payment(clerk: Clerk) -> Record:
    invoice = await clerk.issue("customerinvoice")
    return await clerk.pay(125, application(invoice, 125))


async def _refund(clerk: Clerk, *, released: bool) -> Record:
    note = await clerk.issue(CREDIT_NOTE)
    sent = clerk.paying(125, application(note, 125, kind=CREDIT_NOTE), type="Refund")
    made = await clerk.post(PAYMENT, **sent)
    number = made.headers["Location"].rpartition("/")[2]
    refund: Record = await clerk.get(f"{PAYMENT}/{number}", paymentType="Refund")
    if released:
        assert (await clerk.act(f"{PAYMENT}/{number}", "release", None, type="Refund")).status_code == 200
        refund = await clerk.get(f"{PAYMENT}/{number}", paymentType="Refund")
    return refund


async def _voided(clerk: Clerk, what: str) -> Record:
    """A payment whose void is released, that void, or that void as a draft."""
    payment = await clerk.pay(100)
    assert (await clerk.act(payment, "void", None, **wrapped(type="Payment"))).status_code == 200
    if what != "draft":
        done = await clerk.act(f"{PAYMENT}/{payment.number}", "release", None, **wrapped(type="VoidPayment"))
        assert done.status_code == 200, done.text
    kind = "Payment" if what == "payment" else "VoidPayment"
    return await _read(clerk, f"{PAYMENT}/{payment.number}", paymentType=kind)


async def _written_off(clerk: Clerk, kind: str) -> Record:
    clerk.customer_number = (await clerk.customer(name="Small AS")).number
    line = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 3, "vatCodeId": "6"}
    await clerk.issue("customerinvoice" if kind == "SmallBalanceWo" else CREDIT_NOTE, lines=[line])
    run = decoded(await clerk.post("reskontra/run/writeOff", asOf="2025-03-31", filters={
        "customer": [clerk.customer_number]
    }))  # fmt: skip
    (made,) = run["created"]
    path = PAYMENT if kind == "SmallBalanceWo" else "customerCreditWriteOff"
    query = {"paymentType": kind} if kind == "SmallBalanceWo" else {}
    return await _read(clerk, f"{path}/{made['referenceNumber']}", **query)


async def _reserved(clerk: Clerk, kind: str) -> Record:
    document = await (clerk.pay(100) if kind == PAYMENT else clerk.issue(kind))
    return await clerk.change(document, hold=True)


async def _sold(clerk: Clerk) -> Record:
    return await clerk.release(await clerk.cash_sale())


async def _returned(clerk: Clerk, *, released: bool = False) -> Record:
    back = await clerk.cash_return(await _sold(clerk))
    return await clerk.release(back) if released else back


async def _prepaid(clerk: Clerk) -> Record:
    made = await clerk.post(PAYMENT, **clerk.paying(100, type="Prepayment"))
    number = made.headers["Location"].rpartition("/")[2]
    assert (await clerk.act(f"{PAYMENT}/{number}", "release", None, **wrapped(type="Prepayment"))).status_code == 200
    return await _read(clerk, f"{PAYMENT}/{number}", paymentType="Prepayment")


STATES: dict[str, Make] = {
    "Invoice Hold": lambda clerk: clerk.invoice(hold=True),
    "Invoice CreditHold": _credit_held,
    "Invoice PendingPrint": lambda clerk: _pending(clerk, print_before_release=True),
    "Invoice PendingEmail": lambda clerk: _pending(clerk, email_before_release=True),
    "Invoice Balanced": lambda clerk: clerk.invoice(),
    "Invoice Open": lambda clerk: clerk.issue("customerinvoice"),
    "Invoice Open, taken over": lambda clerk: _taken_over(clerk, "Invoice"),
    "Payment Open, taken over": lambda clerk: _taken_over(clerk, "Payment"),
    "Invoice Closed": lambda clerk: _settled(clerk, "customerinvoice"),
    "CreditNote Hold": lambda clerk: clerk.credit_note(hold=True),
    "CreditNote Balanced": lambda clerk: clerk.credit_note(),
    "CreditNote Open": lambda clerk: clerk.issue(CREDIT_NOTE),
    "CreditNote Reserved": lambda clerk: _reserved(clerk, CREDIT_NOTE),
    "CreditNote Closed": _used_note,
    "DebitNote Balanced": lambda clerk: clerk.debit_note(),
    "DebitNote Open": lambda clerk: clerk.issue(DEBIT_NOTE),
    "DebitNote Closed": lambda clerk: _settled(clerk, DEBIT_NOTE),
    "FinCharge Balanced": _charge,
    "FinCharge Open": lambda clerk: _charge(clerk, released=True),
    "CashSale Hold": lambda clerk: clerk.cash_sale(hold=True),
    "CashSale Balanced": lambda clerk: clerk.cash_sale(),
    "CashSale Closed": _sold,
    "CashReturn Balanced": _returned,
    "CashReturn Closed": lambda clerk: _returned(clerk, released=True),
    "Payment Hold": lambda clerk: clerk.payment(100, hold=True),
    "Payment Balanced": lambda clerk: clerk.payment(100),
    "Payment Open": lambda clerk: clerk.pay(100),
    "Payment Reserved": lambda clerk: _reserved(clerk, PAYMENT),
    "Payment Closed": _used_payment,
    "Payment Voided": lambda clerk: _voided(clerk, "payment"),
    "Prepayment Open": _prepaid,
    "Refund Balanced": lambda clerk: _refund(clerk, released=False),
    "Refund Closed": lambda clerk: _refund(clerk, released=True),
    "VoidPayment Balanced": lambda clerk: _voided(clerk, "draft"),
    "VoidPayment Closed": lambda clerk: _voided(clerk, "void"),
    "SmallBalanceWo Closed": lambda clerk: _written_off(clerk, "SmallBalanceWo"),
    "SmallCreditWo Closed": lambda clerk: _written_off(clerk, "SmallCreditWo"),
}


async def _takes(http: Any, method: str, path: str, content: Any = None) -> bool:
    """Whether the API would take a request."""
    sent: dict[str, Any] = {"method": method, "path": path}
    if content is not None:
        sent["content"] = content
    answer = await http.post("/v1/reskontra/trial", json={"request": sent})
    return bool(answer.status_code == 200)


async def taken(http: Any, name: str, number: str, status: str) -> set[str]:
    """The actions that the API takes of a document, each asked by a trial."""
    kind = KINDS[name]
    typed = {"type": {"value": name}} if kind.is_payment else None
    address, found = kind.address(number), set[str]()

    async def asks(verb: str, method: str, path: str, content: Any = None) -> None:
        if await _takes(http, method, path, content):
            found.add(verb)

    for prefix in ("/v1", "/v1/reskontra"):
        path = f"{prefix}/{kind.path.removeprefix('/v1/')}/{number}/print"
        if (await http.get(path)).status_code == 200:
            found.add("print")
    for path in {kind.deletion(number), address}:
        await asks("delete", "DELETE", path)
    await asks("release", "POST", kind.action(number, "release"), typed)
    changed = {"paymentAmount": {"value": 177}} if kind.is_payment else {"invoiceText": {"value": "Another"}}
    await asks("edit", "PUT", address, changed)
    held = status in ("Hold", "CreditHold", "Reserved")
    await asks("lift" if held else "hold", "PUT", address, {"hold": {"value": not held}})
    if status in ("PendingPrint", "PendingEmail"):
        waits = "dontPrint" if status == "PendingPrint" else "dontEmail"
        await asks("skip", "PUT", address, {waits: {"value": True}})
    await asks("void", "POST", kind.action(number, "void"), typed)
    await asks("correct", "POST", kind.action(number, "correct"))
    await asks("return" if name == "CashSale" else "credit", "POST", kind.action(number, "reverse"), {})
    line = {"documentType": "Invoice", "referenceNumber": await _owed(http), "amountPaid": 1}
    named = {"documentType": name, "referenceNumber": number}
    await asks("apply", "POST", "/v1/reskontra/application", {"credit": named, "lines": [line]})
    if (
        not kind.is_payment
        and "due" not in kind.lacks
        and status not in ("Hold", "CreditHold", "Balanced", "PendingPrint", "PendingEmail")
    ):
        await asks("due", "PUT", address, {"documentDueDate": {"value": "2027-07-07"}})
        before = (await http.get(address)).json().get("revoked")
        reads = await http.post(
            "/v1/reskontra/trial",
            json={
                "request": {"method": "PUT", "path": address, "content": {"revoked": {"value": True}}},
                "reads": [address],
            },
        )
        if reads.status_code == 200 and reads.json()["reads"][0]["content"].get("revoked") != before:
            found.add("reminding")
    block = f"/v1/reskontra/remindingBlock/{name}/{number}"
    await asks("reminding", "PUT", block, {"reason": "Why not"})
    paid = {"documentType": name, "refNbr": number, "amountPaid": 1}
    customer = {"customer": {"value": _customer_of[0]}, "paymentAmount": {"value": 1}}
    body = {**customer, "paymentLines": [{key: {"value": value} for key, value in paid.items()}]}
    await asks("pay", "POST", f"/v1/{PAYMENT}", body)
    return found


async def _is_written_off(http: Any, name: str, number: str) -> bool:
    """Whether a run takes a document, where all that is open counts as small."""
    filters = {"customer": [_customer_of[0]]}
    run = await http.post("/v1/reskontra/run/writeOff", json={"asOf": "2026-01-15", "filters": filters, "dryRun": True})
    settled = [it["settled"] for it in decoded(run)["created"]]
    return (name, number) in {(it["documentType"], it["referenceNumber"]) for it in settled}


def _own(name: str, number: str) -> str:
    """Where a document is below our own addresses."""
    return f"/v1/reskontra/{KINDS[name].path.removeprefix('/v1/')}/{number}"


_customer_of = [""]


async def _owed(http: Any) -> str:
    """An open invoice of the customer."""
    rows = (await http.get("/v1/reskontra/document", params={
        "customer": _customer_of[0], "documentType": "Invoice", "open": "true", "pageSize": 1, "pageNumber": 1,
    })).json()  # fmt: skip
    return rows[0]["referenceNumber"] if rows else "none"


def shown(visitor: Visitor) -> dict[str, Tag]:
    """The buttons of the page by their verb."""
    found = {}
    for it in visitor.seen.select(".head .actions a, .head .actions form, .facts form"):
        address = str(it.get("href") or it.get("action")).partition("?")[0]
        verb = address.rpartition("/")[2]
        if verb == "hold":
            verb = "hold" if it.select_one("[name=hold][value=true]") else "lift"
        if address.endswith("/Payment/new"):
            verb = "pay"
        found[verb] = it
    return found


@pytest.mark.parametrize("state", sorted(STATES))
async def test_every_button_is_taken_and_whatever_is_taken_has_its_button(
    bookkeeper: Visitor, clerk: Clerk, state: str
) -> None:
    name, status = state.partition(",")[0].split()
    await clerk.issue("customerinvoice")
    document = await STATES[state](clerk)
    number, http = document.number, bookkeeper.http
    assert document["status"] == status
    _customer_of[0] = document["customer"]["number"]
    if name in ("CreditNote", "Payment", "Prepayment"):
        await clerk.issue("customerinvoice", _customer_of[0])
    await bookkeeper.go(f"documents/{name}/{number}")
    buttons = shown(bookkeeper)
    await clerk.sql("update customer set write_off_allowed = true, write_off_limit = 1000000 where company_id = 1")
    write_off, send = buttons.pop("write-off", None), buttons.pop("send", None)
    assert (write_off is not None) == await _is_written_off(http, name, number)
    if write_off is not None:
        await bookkeeper.go(str(write_off["href"]))
        assert {it["value"] for it in bookkeeper.seen.select("form [name=document]")} == {f"{name}/{number}"}
        assert number in {it.get_text(strip=True).split()[-1] for it in bookkeeper.seen.select("main td a")}
    mailed = await http.post(f"{_own(name, number)}/action/email", json={"to": "a@b.example", "dryRun": True})
    assert (send is not None) == (mailed.status_code == 200), mailed.text
    if send is not None:
        await bookkeeper.go(str(send["href"]))
        assert bookkeeper.seen.select_one("form [name=to]"), bookkeeper.text
    assert set(buttons) == await taken(http, name, number, status)
    for verb, it in buttons.items():
        if verb in ("release", "delete", "void", "correct", "return"):
            await bookkeeper.go(str(it["href"]))
            assert bookkeeper.seen.select_one("form.save button"), f"{verb}: {bookkeeper.text}"
        elif it.name == "a":
            answer = await http.get(str(it["href"]))
            assert answer.status_code == 200, verb


async def test_a_cash_sale_is_made_changed_released_and_taken_back(bookkeeper: Visitor, clerk: Clerk) -> None:
    page = bookkeeper
    await page.go("documents/CashSale/new")
    sent: dict[str, Any] = {"customer": "20001", "line.0.item": "A", "line.0.quantity": "1"}
    await page.send("#document-form", 400, button="save", **sent)
    assert page.seen.select_one("#payment_reference[aria-invalid=true]")
    await page.send("#document-form", button="release", payment_reference="Receipt 7")
    number = page.http_path.split("/")[-2]
    await page.go(f"documents/CashSale/{number}")
    assert "Sum of the lines 100.00 VAT 25 % of 100.00 25.00 Total NOK 125.00" in page.text
    await page.go(f"documents/CashSale/{number}/edit")
    await page.send("#document-form", button="release", **_fields({"line.0.quantity": "2"}))
    await page.send("form.save")
    assert "Closed" in page.text
    await page.go(f"documents/CashSale/{number}/return")
    await page.send("form.save")
    assert page.said.startswith("Cash return ")
    back = page.http_path.split("/")[-1]
    await page.go(f"documents/CashReturn/{back}/edit")
    await page.send("#document-form", button="release", **_fields({"line.0.quantity": "1"}))
    await page.send("form.save")
    assert (await clerk.get(f"cashsale/{back}"))["amount"] == 125
    await page.go(f"documents/CashSale/{number}/delete")
    assert page.seen.select_one("form.save") is None
    await page.go("documents/CashReturn/new", 404)


async def test_a_charge_is_changed_and_its_due_date_moved(bookkeeper: Visitor, clerk: Clerk) -> None:
    page, charge = bookkeeper, await _charge(clerk)
    await page.go(f"documents/FinCharge/{charge.number}/edit")
    await page.send("#document-form", button="release", text="For spring")
    await page.send("form.save")
    kept = await clerk.get(charge)
    assert (kept["status"], kept["invoiceText"]) == ("Open", "For spring")
    await page.send('form[action$="/due"]', due="2026-01-31")
    assert page.said == f"The due date of Overdue charge {charge.number} is changed."
    assert (await clerk.get(charge))["documentDueDate"][:10] == "2026-01-31"


async def test_what_waits_for_print_and_mail_need_not(bookkeeper: Visitor, clerk: Clerk) -> None:
    draft = await _pending(clerk, print_before_release=True, email_before_release=True)
    await bookkeeper.go(f"documents/Invoice/{draft.number}")
    for left in ("PendingEmail", "Balanced"):
        await bookkeeper.send('form[action$="/skip"]')
        assert (await clerk.get(draft))["status"] == left
