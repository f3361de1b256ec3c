"""What an undone application frees may be used from that day on, and not before it (UND-04)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, INVOICE, PAYMENT, Clerk, Record, application, decoded

LINE = {"inventoryNumber": "A", "quantity": 1, "vatCodeId": "6"}
FREED = "2025-09-01"


@pytest.fixture(autouse=True)
async def payer(clerk: Clerk) -> None:
    clerk.customer_number = (await clerk.customer(name="Payer AS")).number


async def owed(clerk: Clerk, price: int = 10000, kind: str = INVOICE, **fields: Any) -> Record:
    return await clerk.issue(kind, lines=[LINE | {"unitPriceInCurrency": price}], **fields)


def on(document: Record, kind: str = "Invoice", **fields: Any) -> dict[str, Any]:
    return {"documentType": kind, "refNbr": document.number} | fields


async def undo(clerk: Clerk, credit: Record, **when: str) -> None:
    made = await clerk.get(f"reskontra/application?referenceNumber={credit.number}")
    (found,) = [it for it in made if it.get("undoneBy") is None and it.get("undoes") is None]
    answer = await clerk.post(f"reskontra/application/{found['id']}/action/undo", **when)
    assert answer.status_code == 200, answer.text


async def freed(clerk: Clerk) -> tuple[Record, Record]:
    """An invoice and what paid it a week later, until that was undone in September."""
    invoice = await owed(clerk)
    paid = await clerk.pay(10000, on(invoice), applicationDate="2025-03-10")
    await undo(clerk, paid, date=FREED)
    return invoice, paid


def sentence(document: Record, most: str = "0.0000") -> str:
    return (
        f"What was applied on {document.number} was taken back on {FREED}: before that, at most {most} of it is open."
    )


HINT = f"Send {FREED} or a later day."


async def as_of(clerk: Clerk, day: str) -> list[tuple[str, Any]]:
    """What the customer has open on a day, and how much of it."""
    rows = await clerk.get("reskontra/report/openItem", asOf=day, customer=clerk.customer_number)
    return [(it["referenceNumber"], it["balance"]) for row in rows for it in row["items"] if it["balance"]]


async def test_another_payment_is_not_before_the_day_that_freed_the_invoice(clerk: Clerk) -> None:
    invoice, _ = await freed(clerk)
    text = await clerk.refused("POST", PAYMENT, **clerk.paying(10000, on(invoice), applicationDate="2025-06-01"))
    assert sentence(invoice) in text
    assert HINT in text
    assert "Field: applicationDate" in text
    assert (await clerk.pay(10000, on(invoice), applicationDate=FREED))["status"] == "Closed"


async def test_the_payment_itself_is_not_applied_again_before_that_day(clerk: Clerk) -> None:
    """Nor without a date, as its own is earlier."""
    _, paid = await freed(clerk)
    other = await owed(clerk)
    for more in ({"applicationDate": "2025-06-01"}, {}):
        text = await clerk.refuse_change(paid, lines=[on(other)], **more)
        assert sentence(paid) in text
        assert HINT in text
    changed = await clerk.change(paid, lines=[on(other)], applicationDate=FREED)
    assert (await clerk.release(changed))["status"] == "Closed"


async def test_what_was_open_all_the_time_may_be_used_before_that_day(clerk: Clerk) -> None:
    """As is what a draft named before something else was taken back; the rest of the invoice was not open then."""
    invoice = await owed(clerk)
    first = await clerk.pay(4000, on(invoice), applicationDate="2025-03-10")
    second = await clerk.payment(5000, on(invoice, amountPaid=5000), applicationDate="2025-06-01")
    await undo(clerk, first, date=FREED)
    assert sentence(invoice, "6000.0000") in await clerk.refuse_change(
        second, paymentAmount=6001, lines=[on(invoice, amountPaid=6001)]
    )
    assert (await clerk.release(second))["status"] == "Closed"
    sent = clerk.paying(1001, on(invoice, amountPaid=1001), applicationDate="2025-06-01")
    assert sentence(invoice, "1000.0000") in await clerk.refused("POST", PAYMENT, **sent)
    await clerk.pay(1000, on(invoice, amountPaid=1000), applicationDate="2025-06-01")
    assert await as_of(clerk, "2025-08-31") == []
    assert sum(balance for _, balance in await as_of(clerk, FREED)) == 0


async def test_a_refund_is_not_before_the_day_that_freed_the_money(clerk: Clerk) -> None:
    _, paid = await freed(clerk)
    sent = clerk.paying(10000, on(paid, "Payment"), type="Refund", applicationDate="2025-04-01")
    assert sentence(paid) in await clerk.refused("POST", PAYMENT, **sent)
    back = await clerk.pay(10000, on(paid, "Payment"), type="Refund", applicationDate=FREED)
    assert back["status"] == "Closed"


async def test_a_void_is_of_the_day_that_freed_the_money(clerk: Clerk) -> None:
    """By itself; an earlier one is refused, and at no time is more or less open than there was."""
    invoice, paid = await freed(clerk)
    assert (await clerk.act(paid, "void")).status_code == 200
    void = f"{PAYMENT}/{paid.number}?paymentType=VoidPayment"
    assert (await clerk.get(void))["applicationDate"][:10] == FREED
    text = await clerk.refused("PUT", void, applicationDate="2025-08-31")
    assert f"or took back of that, are of {FREED}." in text
    assert (await clerk.act(paid, "release", type="VoidPayment")).status_code == 200
    assert await as_of(clerk, "2025-06-30") == []
    assert await as_of(clerk, FREED) == [(invoice.number, 10000)]


async def test_a_void_waits_for_the_next_open_period(clerk: Clerk) -> None:
    """VDP-03 holds for the day that freed the money, too."""
    _, paid = await freed(clerk)
    await clerk.execute("update financial_period set closed_in_customer_ledger = true where period_id = '202509'")
    assert (await clerk.act(paid, "void")).status_code == 200
    shown = await clerk.get(f"{PAYMENT}/{paid.number}?paymentType=VoidPayment")
    assert (shown["applicationDate"][:10], shown["applicationPeriod"]) == ("2025-10-01", "202510")


async def test_a_void_frees_what_it_takes_back(clerk: Clerk) -> None:
    invoice = await owed(clerk)
    paid = await clerk.pay(10000, on(invoice), applicationDate="2025-03-10")
    assert (await clerk.act(paid, "void")).status_code == 200
    moved = await clerk.put(f"{PAYMENT}/{paid.number}?paymentType=VoidPayment", applicationDate=FREED)
    assert moved.status_code == 204, moved.text
    assert (await clerk.act(paid, "release", type="VoidPayment")).status_code == 200
    sent = clerk.paying(10000, on(invoice), applicationDate="2025-06-01")
    assert sentence(invoice) in await clerk.refused("POST", PAYMENT, **sent)


async def test_what_is_undone_on_its_own_day_was_never_in_force(clerk: Clerk) -> None:
    invoice = await owed(clerk)
    paid = await clerk.pay(10000, on(invoice), applicationDate="2025-03-10")
    await undo(clerk, paid)
    assert (await clerk.pay(10000, on(invoice), applicationDate="2025-03-05"))["status"] == "Closed"


async def test_a_credit_note_is_not_before_the_day_that_freed_the_invoice(clerk: Clerk) -> None:
    invoice, _ = await freed(clerk)
    settles = [application(invoice, 10000)]
    line = [LINE | {"unitPriceInCurrency": 10000}]
    text = await clerk.refuse(CREDIT_NOTE, lines=line, documentDate="2025-06-01", applicationLines=settles)
    assert sentence(invoice) in text
    assert "Field: documentDate" in text
    note = await clerk.issue(CREDIT_NOTE, lines=line, documentDate=FREED, applicationLines=settles)
    assert note["status"] == "Closed"


async def test_a_note_that_was_saved_before_the_undo_settles_what_was_open(clerk: Clerk) -> None:
    invoice = await owed(clerk)
    first = await clerk.pay(4000, on(invoice), applicationDate="2025-03-10")
    line = [LINE | {"unitPriceInCurrency": 6000}]
    note = await clerk.credit_note(
        lines=line, documentDate="2025-06-01", applicationLines=[application(invoice, 6000)]
    )  # fmt: skip
    await undo(clerk, first, date=FREED)
    assert (await clerk.release(note))["status"] == "Closed"
    assert await as_of(clerk, "2025-08-31") == []


async def test_an_application_by_itself_is_of_that_day_or_later(clerk: Clerk) -> None:
    """Without a date it is of today, or of the day that freed one of both where that is still to come."""
    ahead = "2026-12-30"
    invoice = await owed(clerk)
    first = await clerk.pay(10000, on(invoice), applicationDate="2025-03-10")
    await undo(clerk, first, date=ahead)
    order: dict[str, Any] = {
        "credit": {"documentType": "Payment", "referenceNumber": first.number},
        "lines": [{"documentType": "Invoice", "referenceNumber": invoice.number, "amountPaid": 10000}],
    }
    debit = {"documentType": "Invoice", "referenceNumber": (await owed(clerk)).number, "amountPaid": 10000}
    sent = order | {"lines": [debit], "applicationDate": "2025-06-01"}
    text = await clerk.refused("POST", "reskontra/application", **sent)
    assert f"What was applied on {first.number} was taken back on {ahead}" in text
    second = await clerk.pay(10000, applicationDate="2025-05-05")
    other = order | {"credit": {"documentType": "Payment", "referenceNumber": second.number}}
    text = await clerk.refused("POST", "reskontra/application", **other, applicationDate="2025-06-01")
    assert f"What was applied on {invoice.number} was taken back on {ahead}" in text
    (made,) = decoded(await clerk.post("reskontra/application", **other))["applications"]
    assert made["applicationDate"][:10] == ahead


async def test_what_runs_do_by_themselves_passes_over_what_was_freed_later(clerk: Clerk) -> None:
    invoice, paid = await freed(clerk)
    order: dict[str, Any] = {"asOf": "2025-06-01", "filters": {"customer": [clerk.customer_number]}}
    run = decoded(await clerk.post("reskontra/run/autoApply", **order))
    reason = f"Something applied on it was taken back on {FREED}, later than the run."
    assert run["created"] == []
    assert {"ref": f"Payment {paid.number}", "reason": reason} in run["skipped"]
    await clerk.sql("update customer set auto_apply = true where number = $1", clerk.customer_number)
    second = await clerk.pay(10000, applicationDate="2025-06-01")
    assert ((await clerk.get(second))["availableBalance"], (await clerk.get(invoice))["balance"]) == (10000, 10000)
    order["asOf"] = FREED
    made = decoded(await clerk.post("reskontra/run/autoApply", **order))["created"]
    assert [it["debit"]["referenceNumber"] for it in made] == [invoice.number]


async def test_a_run_of_write_offs_passes_over_what_was_freed_later(clerk: Clerk) -> None:
    await clerk.sql(
        "update customer set write_off_allowed = true, write_off_limit = 20000 where number = $1", clerk.customer_number
    )
    invoice, _ = await freed(clerk)
    order: dict[str, Any] = {"asOf": "2025-06-01", "filters": {"customer": [clerk.customer_number], "kind": "balance"}}
    run = decoded(await clerk.post("reskontra/run/writeOff", **order))
    reason = f"Something applied on it was taken back on {FREED}, later than the run."
    assert (run["created"], run["skipped"]) == ([], [{"ref": f"Invoice {invoice.number}", "reason": reason}])
    order["asOf"] = FREED
    assert len(decoded(await clerk.post("reskontra/run/writeOff", **order))["created"]) == 1


async def test_a_reversal_is_no_earlier_than_what_freed_the_invoice(clerk: Clerk) -> None:
    invoice = await owed(clerk)
    paid = await clerk.pay(10000, on(invoice), applicationDate="2025-03-10")
    await undo(clerk, paid, date="2026-12-30")
    answer = await clerk.act(invoice, "reverseandapplytonote")
    assert answer.status_code == 200, answer.text
    note = await clerk.release(f"{CREDIT_NOTE}/{answer.json()['referenceNumber']}")
    assert (note["documentDate"][:10], note["status"]) == ("2026-12-30", "Closed")
