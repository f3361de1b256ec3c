"""Payments over HTTP: what they settle, what that books, and what is refused (PAY, LNE, CNP, VDP, RFD)."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from reskontra.payments.store import loading
from tests.api.payments.conftest import ledger, owed, priced, rates, state
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, PAYMENT, Clerk, Record, application, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reskontra.db.pool import Connection


@pytest.fixture(autouse=True)
async def strict(clerk: Clerk, payer: None) -> None:
    """Nothing is written off, unless a test allows it."""
    await clerk.sql("update customer set write_off_allowed = false where company_id = 1")


async def balance(clerk: Clerk) -> tuple[Any, Any]:
    return await clerk.balance(clerk.customer_number)


async def allow_write_offs(clerk: Clerk, limit: int = 5) -> None:
    await clerk.sql(
        "update customer set write_off_allowed = true, write_off_limit = $2 where company_id = $1", 1, limit
    )


def line(debit: Record | str, kind: str = INVOICE, **fields: Any) -> dict[str, Any]:
    """A payment line that sends only what is given."""
    sent = application(debit, None, kind=kind)
    del sent["amountPaid"]
    return sent | fields


async def test_a_payment_in_full(clerk: Clerk) -> None:
    invoice = await owed(clerk, 1000)
    paid = await clerk.pay(1000, line(invoice))
    assert (paid["status"], paid["availableBalance"], paid["appliedToDocuments"]) == ("Closed", 0, 1000)
    assert await state(clerk, invoice) == ("Closed", 0)
    assert (await clerk.get(invoice))["closedFinancialPeriod"] == "202503"
    assert await ledger(clerk, paid) == {"1500": -1000, "1920": 1000}
    assert await balance(clerk) == (0, 0)
    (shown,) = (await clerk.get(invoice))["applications"]
    assert (shown["docType"], shown["refNbr"], shown["amountPaid"], shown["paymentRef"]) == (
        "Payment", paid.number, 1000, paid.number,
    )  # fmt: skip


async def test_what_a_release_moves_has_the_moment_of_its_change_row(clerk: Clerk) -> None:
    """Also where the clock goes on while the statement runs."""
    await clerk.execute(
        """create or replace function write_stamp(the_company integer, given timestamptz) returns timestamptz
           language sql volatile as 'select clock_timestamp()'"""
    )
    invoice = await owed(clerk, 100)
    released = await clerk.pay(100, line(invoice)), await clerk.pay(100)
    for document in (invoice, *released):
        assert await clerk.sql(
            """select bool_and(document.modified_at = change.changed_at
                               and (document.document_type = 'Invoice' or document.released_at = change.changed_at))
                 from document join change on change.change_id = document.version
                where document.company_id = 1 and document.number = $1""",
            document.number,
        )


async def test_partial_payments_and_a_write_off(clerk: Clerk) -> None:
    """Vector 19.1: 120, 20 and 99 with 1.00 written off close 240."""
    await allow_write_offs(clerk)
    invoice = await owed(clerk, 240)
    first = await clerk.pay(120, line(invoice))
    second = await clerk.pay(20, line(invoice))
    third = await clerk.pay(99, line(invoice, amountPaid=99, balanceWriteOff=1, writeOffReasonCode="BALANCEWO"))
    assert [it["balance"] for paid in (first, second, third) for it in paid["paymentLines"]] == [120, 100, 0]
    assert await ledger(clerk, first, second, third) == {"1500": -240, "1920": 239, "7830": 1}
    assert (third["writeOffAmount"], third["paymentLines"][0]["writeOffReasonCode"]["id"]) == (1, "BALANCEWO")


async def test_an_overpayment_written_off(clerk: Clerk) -> None:
    await allow_write_offs(clerk)
    invoice = await owed(clerk, 99)
    paid = await clerk.pay(100, line(invoice, amountPaid=100, balanceWriteOff=-1, writeOffReasonCode="CREDITWO"))
    assert (paid["status"], await state(clerk, invoice)) == ("Closed", ("Closed", 0))
    assert await ledger(clerk, paid) == {"1500": -99, "1920": 100, "7740": -1}


@pytest.mark.parametrize(
    ("day", "amount", "sent", "taken", "rest"),
    [
        ("2025-03-11", 1225, 1225, 25, 0),
        ("2025-03-12", 1225, 1225, 0, 25),
        ("2025-03-05", 1250, 1250, 0, 0),
        ("2025-03-05", 1000, 1000, 0, 250),
        ("2025-03-05", 5000, None, 25, 0),
    ],
    ids=["last day", "a day late", "paid in full", "part", "left out"],
)
async def test_a_cash_discount(clerk: Clerk, *, day: str, amount: int, sent: Any, taken: int, rest: int) -> None:
    """Vector 19.2."""
    tenfold = {"inventoryNumber": "A", "quantity": 10}
    invoice = await clerk.issue(INVOICE, documentDate="2025-03-01", creditTermsId="30D2", lines=[tenfold])
    assert (invoice["amount"], invoice["cashDiscount"]) == (1250, 25)
    more = {} if sent is None else {"amountPaid": sent}
    paid = await clerk.pay(amount, line(invoice, **more), applicationDate=day)
    (shown,) = paid["paymentLines"]
    assert (shown["cashDiscountTaken"], shown["balance"]) == (taken, rest)
    assert shown["cashDiscountBalance"] == 25 - taken
    booked = {"1500": Decimal(-amount - taken), "1920": Decimal(amount), "8140": Decimal(taken)}
    assert await ledger(clerk, paid) == {account: it for account, it in booked.items() if it}
    if sent is None:
        assert (shown["amountPaid"], paid["availableBalance"]) == (1225, 3775)


async def test_an_overpayment_is_applied_later(clerk: Clerk) -> None:
    invoice, other = await owed(clerk, 100), await owed(clerk, 10)
    paid = await clerk.pay(110, line(invoice))
    assert (paid["status"], paid["availableBalance"]) == ("Open", 10)
    assert await balance(clerk) == (0, 0)
    changed = await clerk.change(paid, lines=[line(other)])
    assert (changed["availableBalance"], changed["status"]) == (0, "Open")
    assert await clerk.refuse_release(await owed_elsewhere(clerk, other)) != ""
    released = await clerk.release(changed)
    assert (released["status"], await state(clerk, other)) == ("Closed", ("Closed", 0))
    assert await ledger(clerk, paid) == {"1500": -110, "1920": 110}
    assert "already released" in await clerk.refuse_release(released)


async def owed_elsewhere(clerk: Clerk, document: Record) -> Record:
    """A note that cannot settle what a payment already proposes to settle."""
    text = await clerk.refuse(CREDIT_NOTE, **priced(5), applicationLines=[application(document, 5)])
    assert "not released yet" in text
    return await clerk.issue(INVOICE, **priced(1))


@pytest.mark.parametrize(
    ("invoiced", "paid_on", "gain"), [("2025-03-03", "2025-07-03", 200), ("2025-07-03", "2025-11-03", -200)]
)
async def test_a_rate_that_moved(eur_clerk: Clerk, invoiced: str, paid_on: str, gain: int) -> None:
    """Vector 19.3 a: EUR 1,000 at 10.40 paid at 10.60, and the other way round."""
    invoice = await eur_clerk.issue(INVOICE, **priced(1000, documentDate=invoiced, currencyId="EUR"))
    paid = await eur_clerk.pay(1000, line(invoice), applicationDate=paid_on, currency="EUR")
    assert await ledger(eur_clerk, paid) == {
        "1500": -10500 + gain / 2, "1920": 10500 + gain / 2, "8060" if gain > 0 else "8160": -gain
    }  # fmt: skip
    assert await balance(eur_clerk) == (0, 0)


@pytest.fixture
async def eur_clerk(clerk: Clerk, payer: None) -> Clerk:
    """The clerk with a customer that may be invoiced in euro, at the template's rates of 10.40 and 10.60."""
    await clerk.sql("update customer set currency_override = true where company_id = 1")
    await rates(clerk, {"2025-03-03": "10.40", "2025-07-03": "10.60", "2025-11-03": "10.40"})
    return clerk


async def test_a_discount_in_a_currency_gains_on_what_is_paid_only(eur_clerk: Clerk) -> None:
    """Vector 19.3 d."""
    invoice = await eur_clerk.issue(INVOICE, **priced(1000, currencyId="EUR"))
    paid = await eur_clerk.pay(
        980, line(invoice, amountPaid=980, cashDiscountTaken=20), applicationDate="2025-07-03", currency="EUR"
    )
    assert await ledger(eur_clerk, paid) == {"1500": -10400, "1920": 10388, "8060": -196, "8140": 208}


@pytest.mark.parametrize(("agreed", "amount", "gain"), [(None, 10600, 200), ("10.50", 10500, 100)])
async def test_a_payment_in_another_currency(eur_clerk: Clerk, agreed: Any, amount: int, gain: int) -> None:
    """Vector 19.3 c."""
    invoice = await eur_clerk.issue(INVOICE, **priced(1000, currencyId="EUR"))
    more = {"crossRate": agreed} if agreed else {}
    paid = await eur_clerk.pay(
        amount, line(invoice, amountPaid=amount, **more), applicationDate="2025-07-03", currency="NOK"
    )
    assert await state(eur_clerk, invoice) == ("Closed", 0)
    assert await ledger(eur_clerk, paid) == {"1500": -10400, "1920": amount, "8060": -gain}
    assert [(it["currency"], it["crossRate"]) for it in paid["paymentLines"]] == [("EUR", Decimal(agreed or "10.6"))]


async def test_credit_notes_pay_first(clerk: Clerk) -> None:
    note = await clerk.issue(CREDIT_NOTE, **priced(30))
    one, two = await owed(clerk, 20), await owed(clerk, 100)
    paid = await clerk.pay(90, line(one), line(note, CREDIT_NOTE), line(two))
    assert [await state(clerk, it) for it in (note, one, two, paid)] == [("Closed", 0)] * 4
    assert [(it["refNbr"], it["amountPaid"]) for it in paid["paymentLines"]] == [
        (one.number, 20), (note.number, 30), (two.number, 100),
    ]  # fmt: skip
    assert await ledger(clerk, paid) == {"1500": -90, "1920": 90}


async def test_a_note_matched_with_an_invoice_by_a_payment_of_nothing(clerk: Clerk) -> None:
    note, invoice = await clerk.issue(CREDIT_NOTE, **priced(50)), await owed(clerk, 50)
    paid = await clerk.pay(None, line(note, CREDIT_NOTE), line(invoice))
    assert (paid["paymentAmount"], paid["status"]) == (0, "Closed")
    assert [await state(clerk, it) for it in (note, invoice)] == [("Closed", 0)] * 2


async def test_a_void_of_a_payment_of_nothing(clerk: Clerk) -> None:
    """It takes back what it matched, and there is no money to take back besides."""
    note, invoice = await clerk.issue(CREDIT_NOTE, **priced(50)), await owed(clerk, 50)
    before = await balance(clerk)
    paid = await clerk.pay(None, line(note, CREDIT_NOTE), line(invoice))
    await void(clerk, paid)
    assert [await state(clerk, it) for it in (note, invoice)] == [("Open", 50)] * 2
    assert (await clerk.get(paid))["status"] == "Voided"
    assert (await clerk.get(paid, paymentType="VoidPayment"))["status"] == "Closed"
    assert (await ledger(clerk, paid), await balance(clerk)) == ({}, before)


async def test_nothing_is_left_to_void_of_a_payment_of_nothing(clerk: Clerk) -> None:
    note, invoice = await clerk.issue(CREDIT_NOTE, **priced(50)), await owed(clerk, 50)
    paid = await clerk.pay(None, line(note, CREDIT_NOTE), line(invoice))
    (row,) = await clerk.get(f"reskontra/application?referenceNumber={note.number}")
    undone = await clerk.post(f"reskontra/application/{row['id']}/action/undo")
    assert undone.status_code == 200, undone.text
    assert "undone already" in await clerk.refused("POST", f"{PAYMENT}/{paid.number}/action/void")


async def test_a_note_that_a_payment_applied_is_undone_in_its_name(eur_clerk: Clerk) -> None:
    """Else the exchange difference would stay under the payment's number, and its void would not take it back."""
    clerk = eur_clerk
    note = await clerk.issue(CREDIT_NOTE, **priced(40, currencyId="EUR"))
    invoice = await clerk.issue(INVOICE, **priced(100, currencyId="EUR", documentDate="2025-07-01"))
    before = await balance(clerk)
    paid = await clerk.pay(60, line(note, CREDIT_NOTE), line(invoice), currency="EUR", applicationDate="2025-07-03")
    assert (await ledger(clerk, paid))["8160"] == 8
    (row,) = await clerk.get(f"reskontra/application?referenceNumber={note.number}")
    address = f"reskontra/application/{row['id']}/action/undo"
    assert (await clerk.act(paid, "void")).status_code == 200
    assert "void" in await clerk.refused("POST", address)
    await clerk.delete(f"reskontra/customerPayment/{paid.number}?paymentType=VoidPayment")
    undone = await clerk.post(address)
    assert undone.status_code == 200, undone.text
    assert await ledger(clerk, paid) == {"1500": -636, "1920": 636}
    await void(clerk, paid)
    assert (await ledger(clerk, paid), await balance(clerk)) == ({}, before)


def shown_lines(payment: Record) -> list[tuple[Any, ...]]:
    return [(it["documentType"], it["amountPaid"], it["balance"]) for it in payment["paymentLines"]]


async def with_a_note(clerk: Clerk) -> tuple[Record, Record]:
    """An invoice of 100 paid with a note of 30 and 70 of money; the note comes first."""
    note, invoice = await clerk.issue(CREDIT_NOTE, **priced(30)), await owed(clerk, 100)
    paid = await clerk.pay(70, line(note, CREDIT_NOTE), line(invoice))
    assert shown_lines(paid) == [("Invoice", 100, 0), ("CreditNote", 30, 0)]
    return note, paid


async def test_a_payment_shows_that_the_part_of_a_note_was_undone(clerk: Clerk) -> None:
    """LNE-13; a void then takes back what is left."""
    note, paid = await with_a_note(clerk)
    (row,) = await clerk.get(f"reskontra/application?referenceNumber={note.number}")
    assert (await clerk.act(f"reskontra/application/{row['id']}", "undo")).status_code == 200
    seen = await clerk.get(paid)
    shown = [("Invoice", 100, 0), ("CreditNote", 30, 0), ("Invoice", -30, 30), ("CreditNote", -30, 30)]
    assert (shown_lines(seen), seen["appliedToDocuments"]) == (shown, 70)
    assert shown_lines(await void(clerk, paid)) == [("Invoice", -70, 100)]
    seen = await clerk.get(paid)
    assert (shown_lines(seen), seen["appliedToDocuments"]) == ([*shown, ("Invoice", -70, 100)], 0)


async def test_a_payment_shows_that_its_void_took_the_part_of_a_note_back(clerk: Clerk) -> None:
    note, paid = await with_a_note(clerk)
    back = shown_lines(await void(clerk, paid))
    assert back == [("Invoice", -100, 100), ("CreditNote", -30, 30)]
    seen = await clerk.get(paid)
    shown = [("Invoice", 100, 0), ("CreditNote", 30, 0), *back]
    assert (shown_lines(seen), seen["appliedToDocuments"]) == (shown, 0)
    assert shown_lines(await clerk.get(f"{PAYMENT}/{note.number}", paymentType="CreditNote")) == [
        ("Invoice", 30, 70), ("Invoice", -30, 100),
    ]  # fmt: skip


async def test_an_open_note_is_applied_by_itself(clerk: Clerk) -> None:
    note, invoice = await clerk.issue(CREDIT_NOTE, **priced(50)), await owed(clerk, 80)
    address = f"{PAYMENT}/{note.number}"
    seen = await clerk.get(address, paymentType="CreditNote")
    assert (seen["type"], seen["paymentAmount"], seen["availableBalance"]) == ("CreditNote", 50, 50)
    answer = await clerk.put(address, type="CreditNote", lines=[line(invoice)])
    assert answer.status_code == 204, answer.text
    released = await clerk.act(address, "release", type="CreditNote")
    assert released.status_code == 200, released.text
    assert [await state(clerk, it) for it in (note, invoice)] == [("Closed", 0), ("Open", 30)]


async def test_a_prepayment_and_its_refund(clerk: Clerk) -> None:
    prepaid = await clerk.pay(500, type="Prepayment")
    assert await ledger(clerk, prepaid) == {"1920": 500, "2900": -500}
    assert await balance(clerk) == (-500, 0)
    refund = await clerk.pay(500, {"documentType": "Prepayment", "refNbr": prepaid.number}, type="Refund")
    assert (refund["status"], (await clerk.get(prepaid))["status"]) == ("Closed", "Closed")
    assert await ledger(clerk, prepaid, refund) == {}
    text = await clerk.refused("POST", f"{PAYMENT}/{prepaid.number}/action/void")
    assert refund.number in text
    later = await clerk.pay(80, type="Prepayment")
    invoice = await owed(clerk, 80)
    await clerk.release(await clerk.change(later, lines=[line(invoice)]))
    assert await ledger(clerk, later) == {"1500": -80, "1920": 80}


async def test_a_refund_must_be_applied_in_full(clerk: Clerk) -> None:
    note = await clerk.issue(CREDIT_NOTE, **priced(50))
    refund = await clerk.payment(60, line(note, CREDIT_NOTE), type="Refund")
    assert "50.0000 of 60" in await clerk.refuse_release(refund)
    await clerk.release(await clerk.change(refund, paymentAmount=50))
    assert await state(clerk, note) == ("Closed", 0)


async def test_a_refund_of_a_note_whose_rate_moved(eur_clerk: Clerk) -> None:
    """Vector 19.3 e: EUR 1,000 booked at 10.40 and paid out at 10.60."""
    note = await eur_clerk.issue(CREDIT_NOTE, **priced(1000, currencyId="EUR"))
    refund = await eur_clerk.pay(
        1000, line(note, CREDIT_NOTE), type="Refund", currency="EUR", applicationDate="2025-07-03"
    )
    assert await ledger(eur_clerk, refund) == {"1500": 10400, "1920": -10600, "8160": 200}


async def void(clerk: Clerk, payment: Record) -> Record:
    """Void a payment and release the void."""
    answer = await clerk.act(payment, "void", returnVoidPayment=True)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()["voidPayment"]
    kind = "VoidRefund" if payment["type"] == "Refund" else "VoidPayment"
    assert (answer.json()["type"], shown["type"], shown["status"]) == (kind, kind, "Balanced")
    released = await clerk.act(payment, "release")
    assert released.status_code == 200, released.text
    return Record(await clerk.get(payment, paymentType=kind), payment.address)


async def test_a_void_takes_three_applications_back(clerk: Clerk) -> None:
    invoices = [await owed(clerk, amount) for amount in (100, 200, 300)]
    before = await balance(clerk)
    paid = await clerk.pay(600, *(line(it) for it in invoices))
    voided = await void(clerk, paid)
    assert (voided["status"], voided["paymentAmount"], voided["availableBalance"]) == ("Closed", -600, 0)
    assert [it["amountPaid"] for it in voided["paymentLines"]] == [-300, -200, -100]
    assert [await state(clerk, it) for it in invoices] == [("Open", 100), ("Open", 200), ("Open", 300)]
    assert await state(clerk, paid) == ("Voided", 0)
    assert await ledger(clerk, paid) == {}
    assert await balance(clerk) == before
    assert [it["voided"] for it in (await clerk.get(invoices[0]))["applications"]] == [True]
    assert "Voided" in await clerk.refused("POST", f"{PAYMENT}/{paid.number}/action/void")
    again = await clerk.pay(600, *(line(it) for it in invoices))
    assert again["status"] == "Closed"


async def test_a_void_that_waits_stops_everything_else(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100)
    paid = await clerk.pay(150, line(invoice))
    assert (await clerk.act(paid, "void")).status_code == 200
    draft = await clerk.get(paid, paymentType="VoidPayment")
    assert [it["amountPaid"] for it in draft["paymentLines"]] == [-100]
    assert "waits for release" in await clerk.refused("POST", f"{PAYMENT}/{paid.number}/action/void")
    assert "void" in await clerk.refuse_change(paid, lines=[line(await owed(clerk, 10))])
    dropped = await clerk.delete(f"reskontra/customerPayment/{paid.number}?paymentType=VoidPayment")
    assert dropped.status_code == 204, dropped.text
    assert await state(clerk, invoice) == ("Closed", 0)


async def test_a_void_of_all_that_a_payment_can_have(eur_clerk: Clerk) -> None:
    """Discount, write-off, charges, a note, a later application, another currency: every account is back at zero."""
    await allow_write_offs(eur_clerk)
    clerk = eur_clerk
    first = await clerk.issue(INVOICE, **priced(1000, currencyId="EUR"))
    second = await clerk.issue(INVOICE, **priced(100, currencyId="EUR"))
    third = await clerk.issue(INVOICE, **priced(50, currencyId="EUR", documentDate="2025-07-03"))
    note = await clerk.issue(CREDIT_NOTE, **priced(30, currencyId="EUR"))
    before = await balance(clerk)
    charges = [{"entryType": "BANKGEBYR", "amount": 5}, {"entryType": "TREKK", "amount": 7}]
    paid = await clerk.pay(
        1200,
        line(first, amountPaid=980, cashDiscountTaken=20),
        line(note, CREDIT_NOTE),
        line(second, amountPaid="99.90", balanceWriteOff="0.10"),
        financeCharges=charges, currency="EUR", applicationDate="2025-07-03",
    )  # fmt: skip
    assert (paid["financeCharges"], paid["deductedCharges"]) == (12, 7)
    await clerk.release(await clerk.change(paid, lines=[line(third)]))
    await void(clerk, paid)
    assert await ledger(clerk, paid) == {}
    assert await balance(clerk) == before
    assert [(await clerk.get(it))["balanceInCurrency"] for it in (first, second, third, note)] == [1000, 100, 50, 30]


async def test_charges(clerk: Clerk) -> None:
    """A cost that is deducted makes less come in; another is an entry of its own (CHG-03)."""
    charges = [
        {"entryType": "TREKK", "amount": 10},
        {"entryType": "BANKGEBYR", "amount": 5},
        {"entryType": "BANKRENTE", "amount": 2},
    ]
    paid = await clerk.pay(100, financeCharges=charges)
    assert await ledger(clerk, paid) == {"1500": -100, "1920": 87, "7770": 15, "8050": -2}
    assert (paid["financeCharges"], paid["deductedCharges"], paid["availableBalance"]) == (13, 10, 100)


async def test_a_draft_is_changed_and_deleted(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100)
    draft = await clerk.payment(None, line(invoice), hold=True)
    assert (draft["paymentAmount"], draft["status"], draft["hold"]) == (100, "Hold", True)
    assert "Hold" in await clerk.refuse_release(draft)
    changed = await clerk.change(draft, hold=False, lines=[line(invoice, operation="Update", amountPaid=40)])
    assert (changed["paymentAmount"], changed["status"]) == (40, "Balanced")
    emptied = await clerk.change(changed, paymentAmount=70, lines=[line(invoice, operation="Delete")])
    assert (emptied["paymentLines"], emptied["availableBalance"]) == ([], 70)
    assert (await clerk.delete(f"reskontra/customerPayment/{draft.number}")).status_code == 204
    assert (await clerk.http.get(f"/v1/{PAYMENT}/{draft.number}")).status_code == 404
    assert await balance(clerk) == (100, 0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"paymentAmount": -1}, "above 0"),
        ({"type": "VoidPayment"}, "made by the program"),
        ({"type": "CreditNote"}, "customerCreditNote"),
        ({"type": "Refund", "paymentAmount": 0}, "above 0"),
        ({"cashAccount": "1500"}, "Known cash accounts: 1920"),
        ({"customer": "nobody"}, "nobody"),
        ({"ordersToApply": [{"orderNumber": "1"}]}, "no orders"),
        ({"financeCharges": [{"entryType": "none", "amount": 1}]}, "BANKGEBYR"),
        ({"financeCharges": [{"entryType": "TREKK", "amount": 200}]}, "at most 100"),
        ({"financeCharges": [{"entryType": "TREKK", "amount": 2, "offsetAccount": "1500"}]}, "kept for receivables"),
        ({"lines": [{"refNbr": "999999"}]}, "AdjdRefNbr '999999' cannot be found in the system"),
        ({"lines": [{"documentType": "Refund", "refNbr": "1"}]}, "Invoice, DebitNote"),
        ({"applicationPeriod": "202502"}, "202503"),
        ({"currency": "XXX"}, "XXX"),
    ],
)
async def test_what_is_refused(clerk: Clerk, fields: dict[str, Any], words: str) -> None:
    assert words in await clerk.refused("POST", PAYMENT, **clerk.paying(100) | fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amountPaid": 101}, "balance is 100"),
        ({"amountPaid": 0}, "balance is 100"),
        ({"amountPaid": -1}, "balance is 100"),
        ({"amountPaid": 90, "cashDiscountTaken": 11}, "at most 10"),
        ({"amountPaid": 99, "balanceWriteOff": 1}, "may be written off"),
        ({"crossRate": 2}, "both in NOK"),
        ({"operation": "Update"}, "undo"),
        ({"operation": "Delete"}, "undo"),
    ],
)
async def test_lines_that_are_refused(clerk: Clerk, fields: dict[str, Any], words: str) -> None:
    invoice = await owed(clerk, 100)
    assert words in await clerk.refused("POST", PAYMENT, **clerk.paying(1000, line(invoice, **fields)))


async def test_write_offs_within_the_limit_and_for_a_reason(clerk: Clerk) -> None:
    await allow_write_offs(clerk, 5)
    invoice = await owed(clerk, 100)

    async def refused(**fields: Any) -> str:
        return await clerk.refused("POST", PAYMENT, **clerk.paying(1000, line(invoice, **fields)))

    assert "at most 5" in await refused(amountPaid=94, balanceWriteOff=6)
    text = await refused(amountPaid=99, balanceWriteOff=1, writeOffReasonCode="NONE")
    assert "ReasonCode 'NONE' cannot be found in the system" in text
    text = await refused(amountPaid=99, balanceWriteOff=1, writeOffReasonCode="CREDITWO")
    assert "CreditWriteOff" in text
    assert "BalanceWriteOff" in text


async def test_two_payments_propose_one_invoice(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100)
    first = await clerk.payment(100, line(invoice))
    text = await clerk.refused("POST", PAYMENT, **clerk.paying(100, line(invoice)))
    assert f"Payment {first.number}" in text


async def test_what_changes_between_read_and_write_is_read_again(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decision 0017: the write proves documents, customer and reference data, and who else proposes to settle them."""
    reads = 0
    meanwhile: Callable[[], Awaitable[Any]] | None = None

    def overtaken(name: str) -> None:
        read = getattr(loading, name)

        async def reading(connection: Connection, *values: Any) -> Any:
            nonlocal reads, meanwhile
            found = await read(connection, *values)
            reads += 1
            if meanwhile is not None:
                now, meanwhile = meanwhile, None
                await now()
            return found

        monkeypatch.setattr(loading, name, reading)

    overtaken("see_new")
    overtaken("see")
    invoices = [await owed(clerk, 100) for _ in range(5)]
    released = await clerk.pay(50, line(invoices[4]))
    noted = clerk.sale(**priced(40), applicationLines=[application(invoices[0], 40)])
    for invoice, command, words in (
        (invoices[0], partial(clerk.create, CREDIT_NOTE, **noted), "not released yet, from CreditNote"),
        (invoices[1], partial(clerk.payment, 10, line(invoices[1])), "not released yet, from Payment"),
        (invoices[2], partial(clerk.pay, 100, line(invoices[2])), "has the status Closed"),
        (invoices[3], partial(clerk.act, invoices[3], "correct"), "waits for release"),
    ):
        meanwhile = command
        assert words in refusal(await clerk.post(PAYMENT, **clerk.paying(20, line(invoice))))
    reads, meanwhile = 0, partial(clerk.prefer, hold_on_entry=False, auto_post_batches=False)
    draft = await clerk.payment(20, line(invoices[4]))
    assert reads == 2
    meanwhile = partial(clerk.change, draft, paymentLines=[line(invoices[4], amountPaid=15, operation="Update")])
    assert "has changed since" in refusal(await clerk.act(draft, "release", draft.if_match), 412)
    draft = await clerk.get(draft)
    meanwhile = partial(clerk.act, released, "void")
    assert (await clerk.release(draft))["appliedToDocuments"] == 15
    assert (await state(clerk, invoices[4]))[1] == 35


async def test_more_than_there_is(clerk: Clerk) -> None:
    invoice, note = await owed(clerk, 100), await clerk.issue(CREDIT_NOTE, **priced(50))
    assert "at most 60" in await clerk.refused("POST", PAYMENT, **clerk.paying(60, line(invoice, amountPaid=100)))
    lines = line(note, CREDIT_NOTE), line(invoice, amountPaid=20)
    text = await clerk.refused("POST", PAYMENT, **clerk.paying(0, *lines))
    assert "does not become money" in text


async def test_a_line_that_no_longer_holds_at_release(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100)
    paid = await clerk.payment(100, line(invoice))
    await clerk.execute(f"update document set status = 'Reserved' where number = '{invoice.number}'")
    text = await clerk.refuse_release(paid)
    assert invoice.number in text
    assert "Reserved" in text
    await clerk.execute(f"update document set status = 'Open' where number = '{invoice.number}'")


async def test_an_invoice_later_than_the_payment(clerk: Clerk) -> None:
    """At par it may be paid ahead; a prepayment would book before the debt itself (LNE-09)."""
    invoice = await owed(clerk, 100, documentDate="2025-04-04")
    paid = await clerk.pay(100, line(invoice))
    assert (await clerk.get(invoice))["applications"][0]["applicationDate"] == "2025-04-04T00:00:00"
    assert paid["financialDetails"]["paymentDate"] == "2025-03-03T00:00:00"
    assert paid["applicationDate"] == "2025-04-04T00:00:00"
    other = await owed(clerk, 100, documentDate="2025-04-04")
    text = await clerk.refused("POST", PAYMENT, **clerk.paying(100, line(other), type="Prepayment"))
    assert "2025-04-04" in text
    assert "2025-03-03" in text


async def test_numbers_lists_and_filters(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100)
    paid = await clerk.pay(100, line(invoice), paymentRef="Bank 7")
    refund = await clerk.payment(10, type="Refund", customer="20002")
    prepaid = await clerk.pay(20, type="Prepayment", applicationDate="2025-05-05")
    assert [paid.number, refund.number, prepaid.number] == ["500001", "500002", "500003"]
    await clerk.act(paid, "void")

    async def listed(**query: Any) -> list[tuple[str, str]]:
        return [(it["refNbr"], it["type"]) for it in await clerk.page(PAYMENT, **query)]

    everything = [
        ("500001", "Payment"), ("500001", "VoidPayment"), ("500002", "Refund"), ("500003", "Prepayment"),
    ]  # fmt: skip
    assert await listed() == everything
    assert await clerk.page("payment") == await clerk.page(PAYMENT)
    assert await listed(paymentType="Prepayment") == everything[3:]
    assert await listed(paymentNbr="500002") == everything[2:3]
    assert await listed(customer="20002") == everything[2:3]
    assert await listed(invoiceRefNbr=invoice.number) == everything[:1]
    assert await listed(status="Open") == everything[3:]
    assert await listed(docDate="2025-04-01", docDateCondition=">") == everything[3:]
    assert await listed(financialPeriod="202505") == everything[3:]
    assert await listed(greaterThanValue="500002") == everything[3:]
    assert await listed(orderBy="paymentAmount desc, refNbr") == [*everything[:2], everything[3], everything[2]]
    assert (await clerk.http.get(f"/v1/{PAYMENT}?orderBy=weight")).status_code == 400
    note = await clerk.issue(CREDIT_NOTE, **priced(5))
    assert await listed(paymentType="CreditNote") == [
        (it, "CreditNote") for it in await clerk.numbers(CREDIT_NOTE, released=True)
    ]
    assert (await clerk.get(f"{PAYMENT}/{note.number}"))["type"] == "CreditNote"
    foreign = await clerk.post(PAYMENT, **clerk.paying(5, referenceNumber="50000\N{ARABIC-INDIC DIGIT THREE}"))
    assert "Send letters A to Z, digits and - . / _ only." in refusal(foreign)
    taken = await clerk.post(PAYMENT, **clerk.paying(5, type="Refund", referenceNumber="500003"))
    assert taken.status_code == 400
    assert "exists already" in taken.text


async def test_what_may_change_after_release(clerk: Clerk) -> None:
    paid = await clerk.pay(100)
    changed = await clerk.change(paid, paymentRef="Found it", invoiceText="Thanks", hold=True)
    assert (changed["paymentRef"], changed["invoiceText"], changed["status"]) == ("Found it", "Thanks", "Reserved")
    assert "reserved" in await clerk.refuse_change(changed, lines=[line(await owed(clerk, 10))])
    opened = await clerk.change(changed, hold=False)
    assert "cannot change" in await clerk.refuse_change(opened, paymentAmount=90)
    assert "cannot change" in await clerk.refuse_change(opened, currency="EUR")
    same = await clerk.change(opened, paymentAmount=100, currency="NOK", cashAccount="1920")
    assert same.etag == opened.etag


async def test_undo_of_an_application(clerk: Clerk) -> None:
    """A payment with discount and write-off undone leaves both documents and all accounts as before (UNP-04)."""
    await allow_write_offs(clerk)
    invoice = await owed(clerk, 100)
    paid = await clerk.pay(95, line(invoice, amountPaid=95, cashDiscountTaken=4, balanceWriteOff=1))
    (made,) = await clerk.get(f"reskontra/application?referenceNumber={paid.number}")
    answer = await clerk.post(f"reskontra/application/{made['id']}/action/undo")
    assert answer.status_code == 200, answer.text
    assert (await state(clerk, invoice), await state(clerk, paid)) == (("Open", 100), ("Open", 95))
    assert await ledger(clerk, paid) == {"1500": -95, "1920": 95}
    assert [it["amountPaid"] for it in (await clerk.get(paid))["paymentLines"]] == [95, -95]


async def test_a_debit_note_and_the_extension_that_applies(clerk: Clerk) -> None:
    owing = await clerk.issue(DEBIT_NOTE, **priced(60))
    paid = await clerk.pay(60)
    answer = await clerk.post(
        "reskontra/application",
        credit={"documentType": "Payment", "referenceNumber": paid.number},
        lines=[{"documentType": "DebitNote", "referenceNumber": owing.number, "amountPaid": 60}],
    )
    assert answer.status_code == 200, answer.text
    assert [await state(clerk, it) for it in (owing, paid)] == [("Closed", 0)] * 2


async def test_amounts_are_rounded_to_their_currency(clerk: Clerk) -> None:
    """A generated client sends what its arithmetic left (X6), and each field at its default (X7)."""
    invoice = await owed(clerk, 100)
    defaults: dict[str, Any] = {"cashDiscountTaken": 0, "balanceWriteOff": 0, "writeOffReasonCode": "", "crossRate": 0}
    paid = await clerk.pay("100.00500001", line(invoice, amountPaid="99.995", **defaults), invoiceText="", branch=None)
    assert (paid["paymentAmount"], paid["paymentLines"][0]["amountPaid"], paid["availableBalance"]) == (
        Decimal("100.01"), 100, Decimal("0.01"),
    )  # fmt: skip


# Automatic application


async def applies_by_itself(clerk: Clerk) -> None:
    await clerk.sql("update customer set auto_apply = true where number = $1", clerk.customer_number)


async def test_a_payment_that_names_nothing_settles_the_oldest(clerk: Clerk) -> None:
    """100 due 03-24, 200 due 02-24, a payment of 250 and a note of 20."""
    await applies_by_itself(clerk)
    newer = await owed(clerk, 100, documentDate="2025-03-01", documentDueDate="2025-03-24")
    older = await owed(clerk, 200, documentDate="2025-02-01", documentDueDate="2025-02-24")
    later = await owed(clerk, 70, documentDate="2025-04-04")
    note = await clerk.issue(CREDIT_NOTE, **priced(20))
    draft = await clerk.payment(250)
    answer = await clerk.act(draft, "release")
    assert answer.status_code == 200, answer.text
    told = [(it["credit"]["referenceNumber"], it["debit"]["referenceNumber"], it["amount"])
            for it in answer.json()["applications"]]  # fmt: skip
    assert told == [
        (note.number, older.number, 20),
        (draft.number, older.number, 180),
        (draft.number, newer.number, 70),
    ]
    assert [await state(clerk, it) for it in (older, newer, later, note, draft)] == [
        ("Closed", 0), ("Open", 30), ("Open", 70), ("Closed", 0), ("Closed", 0),
    ]  # fmt: skip


async def test_a_run_applies_what_is_open(clerk: Clerk) -> None:
    first, second = await owed(clerk, 100), await owed(clerk, 50, documentDate="2025-03-04")
    note = await clerk.issue(CREDIT_NOTE, **priced(30))
    paid = await clerk.pay(90)
    reserved = await clerk.change(await clerk.pay(5), hold=True)
    late = await clerk.pay(7, applicationDate="2025-07-01")
    order: dict[str, Any] = {"asOf": "2025-06-06", "filters": {"customer": [clerk.customer_number]}}
    trial = await clerk.post("reskontra/run/autoApply", **order, dryRun=True)
    assert trial.status_code == 200, trial.text
    assert await state(clerk, first) == ("Open", 100)
    run = await clerk.post("reskontra/run/autoApply", **order)
    assert run.json()["created"] == trial.json()["created"]
    told = [(it["credit"]["referenceNumber"], it["debit"]["referenceNumber"], it["amount"])
            for it in run.json()["created"]]  # fmt: skip
    assert told == [(note.number, first.number, 30), (paid.number, first.number, 70), (paid.number, second.number, 20)]
    assert {it["ref"].split()[-1]: it["reason"] for it in run.json()["skipped"]} == {
        reserved.number: "It is Reserved.",
        late.number: "It is of 2025-07-01, later than the run.",
    }
    assert [await state(clerk, it) for it in (first, second, paid)] == [("Closed", 0), ("Open", 30), ("Closed", 0)]
    again = await clerk.post("reskontra/run/autoApply", **order)
    assert again.json()["created"] == []


async def test_a_run_refuses_what_it_does_not_know(clerk: Clerk) -> None:
    assert "nobody" in await clerk.refused("POST", "reskontra/run/autoApply", filters={"customer": ["nobody"]})
    assert "colour" in await clerk.refused("POST", "reskontra/run/autoApply", filters={"colour": "red"})
    asked = await clerk.http.post("/v1/reskontra/run/autoApply?dryRun=true", json={})
    assert asked.status_code == 400


async def test_a_strict_series_takes_a_sent_number_only_if_it_is_overridden(clerk: Clerk) -> None:
    await clerk.sql("update number_series set mode = 'strict' where series_id = 'PAYMENT'")
    sent = clerk.paying(10, referenceNumber="X1")
    assert "Field: referenceNumber." in await clerk.refused("POST", PAYMENT, **sent)
    sent["overrideNumberSeries"] = True
    assert (await clerk.create(PAYMENT, **sent)).number == "X1"


async def test_the_series_steps_over_numbers_that_were_sent(clerk: Clerk) -> None:
    """The kinds share their numbers (PAY-03)."""
    sent = [await clerk.payment(10, referenceNumber=number, type=kind)
            for number, kind in (("500001", "Prepayment"), ("500002", "Payment"))]  # fmt: skip
    assert [it.number for it in sent] == ["500001", "500002"]
    assert [(await clerk.payment(10)).number for _ in range(3)] == ["500003", "500004", "500005"]


async def test_an_order_names_each_column_once(clerk: Clerk) -> None:
    for order in ("refNbr,refNbr desc", ",".join(["type"] * 5000), "type,"):
        answer = await clerk.http.get(f"/v1/{PAYMENT}", params={"orderBy": order})
        assert "each once, alone or with asc or desc" in refusal(answer)


# What must not slip through


async def test_a_credit_note_that_is_not_released_is_no_payment_yet(clerk: Clerk) -> None:
    note = await clerk.credit_note(**priced(50), cashAccount="1920")
    address = f"{PAYMENT}/{note.number}"
    assert await clerk.status("POST", f"{address}/action/release", type="CreditNote") == 404
    assert await clerk.status("PUT", address, type="CreditNote", invoiceText="x") == 404
    gone = await clerk.delete(f"reskontra/customerPayment/{note.number}?paymentType=CreditNote")
    assert gone.status_code == 404
    assert (await clerk.get(note))["status"] == "Balanced"


async def test_a_released_payment_keeps_its_customer_its_location_and_its_type(clerk: Clerk) -> None:
    paid = await clerk.pay(100)
    await clerk.location(clerk.customer_number, "North", locationName="North")
    for changed in ({"customer": "20001"}, {"location": "North"}, {"location": "nowhere"}, {"type": "Refund"}):
        assert "cannot change" in await clerk.refuse_change(paid, **changed)
    same = await clerk.change(paid, customer=clerk.customer_number, location="main", type="Payment")
    assert same.etag == paid.etag


async def test_a_draft_moves_to_another_location(clerk: Clerk) -> None:
    await clerk.location(clerk.customer_number, "North", locationName="North")
    draft = await clerk.payment(100)
    moved = await clerk.change(draft, location="North")
    assert moved["location"]["id"] == "North"
    assert (await clerk.change(moved, invoiceText="Thanks"))["location"]["id"] == "North"


async def test_a_number_with_letters_is_written_as_it_is(clerk: Clerk) -> None:
    paid = await clerk.pay(100, referenceNumber="PAY-7", overrideNumberSeries=True)
    (row,) = await clerk.rows("select description from batch where document_number = $1", paid.number)
    assert row["description"] == "Payment PAY-7"


async def test_the_draft_of_a_void_takes_another_date_and_nothing_else(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100, documentDate="2025-03-05")
    paid = await clerk.pay(100, line(invoice))
    assert (await clerk.act(paid, "void")).status_code == 200
    address = f"{PAYMENT}/{paid.number}?paymentType=VoidPayment"
    assert "of 2025-03-05" in await clerk.refused("PUT", address, applicationDate="2025-03-04")
    assert "only its date" in await clerk.refused("PUT", address, paymentAmount=90)
    moved = await clerk.put(address, applicationDate="2025-04-07")
    assert moved.status_code == 204, moved.text
    assert (await clerk.act(paid, "release")).status_code == 200
    (row,) = await clerk.rows("select batch_date, period_id from batch where document_type = 'VoidPayment'")
    assert (str(row["batch_date"]), row["period_id"]) == ("2025-04-07", "202504")
    assert await state(clerk, invoice) == ("Open", 100)


async def test_a_run_passes_over_whom_nothing_may_be_applied_for(clerk: Clerk) -> None:
    await owed(clerk, 100)
    await clerk.pay(40)
    await clerk.sql("update customer set status = 'Inactive' where number = $1", clerk.customer_number)
    run = await clerk.post("reskontra/run/autoApply", filters={"customer": [clerk.customer_number]})
    assert run.json()["created"] == []
    assert run.json()["skipped"] == [{"ref": clerk.customer_number, "reason": "The customer has the status Inactive."}]


async def test_a_run_pays_for_children(clerk: Clerk) -> None:
    """The parent's credit settles the child's debt, each with its own balance (PAR-03)."""
    child = await clerk.customer(name="Child AS", parentRecordNumber=clerk.customer_number)
    invoice = await clerk.issue(INVOICE, child, **priced(100))
    paid = await clerk.pay(60)
    run = await clerk.post("reskontra/run/autoApply", filters={"customer": [clerk.customer_number]})
    assert run.status_code == 200, run.text
    assert [await state(clerk, it) for it in (invoice, paid)] == [("Open", 40), ("Closed", 0)]
    assert [await balance(clerk), await clerk.balance(child)] == [(0, 0), (40, 0)]


async def test_a_void_is_not_older_than_what_it_takes_back(clerk: Clerk) -> None:
    """VDP-03: a payment of March that was used in May is voided in May, and each period ties to the ledger."""
    paid = await clerk.pay(100, applicationDate="2025-03-10")
    later = await owed(clerk, 100, documentDate="2025-05-02")
    await clerk.release(await clerk.change(paid, applicationDate="2025-05-05", lines=[line(later, amountPaid=100)]))
    assert (await clerk.act(paid, "void", returnVoidPayment=True)).json()["voidPayment"]["applicationDate"][:10] == (
        "2025-05-05"
    )
    released = await clerk.http.post(f"/v1/customerPayment/{paid.number}/action/release?paymentType=VoidPayment")
    assert released.status_code == 200, released.text
    assert await ledger(clerk, paid) == {}
