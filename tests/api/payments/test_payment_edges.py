"""The edges of payments: charges, lines, holds, what closed ones take, filters of runs (CHG, LNE, PAY, AUP)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.api.payments.conftest import MONEY, ledger, on, owed, priced, rates, send_back
from tests.clerk import CREDIT_NOTE, INVOICE, OVERDUE_CHARGE, PAYMENT, Clerk, Record, decoded

pytestmark = pytest.mark.usefixtures("payer")

RUN = "reskontra/run/autoApply"


async def acted(clerk: Clerk, payment: Record, *actions: str) -> None:
    for action in actions:
        answer = await clerk.act(payment, action)
        assert answer.status_code == 200, answer.text


# Charges


async def charged(clerk: Clerk, payment: Record) -> list[tuple[Any, ...]]:
    rows = await clerk.rows(
        """select line_number, entry_type_id, charge.amount, charge.account_number, charge.description
             from payment_charge as charge join document using (company_id, document_id)
            where number = $1 and document_type = 'Payment' order by line_number""",
        payment.number,
    )
    return [tuple(row) for row in rows]


async def test_charges_are_added_changed_and_deleted_by_their_number(clerk: Clerk) -> None:
    """CHG-01: before release, and not after."""
    draft = await clerk.payment(
        100, financeCharges=[{"entryType": "BANKGEBYR", "amount": 5}, {"entryType": "TREKK", "amount": 7}]
    )
    sent = [
        {"operation": "Insert", "entryType": "BANKRENTE", "amount": 2, "description": "March"},
        {"operation": "Update", "lineNbr": 1, "amount": 6},
        {"operation": "Delete", "lineNbr": 2},
    ]
    changed = await clerk.change(draft, financeCharges=sent)
    assert await charged(clerk, draft) == [
        (1, "BANKGEBYR", 6, "7770", "Bank charge"),
        (3, "BANKRENTE", 2, "8050", "March"),
    ]
    assert (changed["financeCharges"], changed["deductedCharges"]) == (4, 0)
    for operation in ("Update", "Delete"):
        text = await clerk.refuse_change(draft, financeCharges=[{"operation": operation, "lineNbr": 9, "amount": 1}])
        assert "9" in text
    paid = await clerk.release(changed)
    assert "cannot change" in await clerk.refuse_change(paid, financeCharges=[{"entryType": "TREKK", "amount": 1}])


async def test_the_account_of_a_charge_wins_and_a_void_takes_it_back(clerk: Clerk) -> None:
    """CHG-04."""
    charge = {"entryType": "BANKGEBYR", "amount": 5, "offsetAccount": "7830"}
    paid = await clerk.pay(100, financeCharges=[charge])
    assert await ledger(clerk, paid, types=MONEY) == {"1500": -100, "1920": 95, "7830": 5}
    await acted(clerk, paid, "void", "release")
    assert await ledger(clerk, paid, types=MONEY) == {}


@pytest.mark.parametrize("kind", ["Payment", "Refund"])
async def test_a_void_shows_each_charge_once(clerk: Clerk, kind: str) -> None:
    """VDP-02: as a draft and afterwards, by its number and in the list."""
    note = await owed(clerk, 200, CREDIT_NOTE)
    charges = [{"entryType": "BANKGEBYR", "amount": 30}, {"entryType": "TREKK", "amount": 20}]
    lines = [on(note, "CreditNote")] if kind == "Refund" else []
    paid = await clerk.pay(200, *lines, type=kind, financeCharges=charges)
    voids = {"paymentType": f"Void{kind}"}
    for action in ("void", "release"):
        await acted(clerk, paid, action)
        listed = await clerk.get(f"{PAYMENT}", **voids)
        for shown in (await clerk.get(paid, **voids), *(it for it in listed if it["refNbr"] == paid.number)):
            assert (shown["financeCharges"], shown["deductedCharges"]) == (-50, -20), action
    shown = await clerk.get(paid)
    assert (shown["status"], shown["financeCharges"], shown["deductedCharges"]) == ("Voided", 50, 20)


async def test_a_charge_above_the_payment_is_legal_unless_it_is_deducted(clerk: Clerk) -> None:
    """CHG-05."""
    paid = await clerk.pay(10, financeCharges=[{"entryType": "BANKGEBYR", "amount": 25}])
    assert await ledger(clerk, paid, types=MONEY) == {"1500": -10, "1920": -15, "7770": 25}
    sent = clerk.paying(10, financeCharges=[{"entryType": "TREKK", "amount": 25}])
    assert "at most 10" in await clerk.refused("POST", PAYMENT, **sent)


# Lines


async def test_a_line_that_stands_is_changed_by_an_insert(clerk: Clerk) -> None:
    """LNE-01: documents have one line, whatever the case of their number."""
    invoice, other = await owed(clerk, 100), await owed(clerk, 40)
    draft = await clerk.payment(100, on(invoice, amountPaid=60))
    changed = await clerk.change(draft, lines=[on(invoice, operation="Insert", amountPaid=70), on(other)])
    assert [(it["refNbr"], it["amountPaid"]) for it in changed["paymentLines"]] == [
        (invoice.number, 70), (other.number, 30),
    ]  # fmt: skip


async def test_a_document_stands_on_one_line_of_a_request(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100)
    draft = await clerk.payment(90, on(invoice, amountPaid=10))
    for operations in (("Insert", "Insert"), ("Update", "Insert"), ("Insert", "Delete")):
        lines = [on(invoice, operation=it, amountPaid=30 + 10 * place) for place, it in enumerate(operations)]
        text = await clerk.refuse_change(draft, lines=lines)
        assert f"{invoice.number} stands there twice." in text
        assert "Field: paymentLines[1].refNbr" in text
    lines = [on(invoice, amountPaid=30), on(invoice, amountPaid=40)]
    assert "stands there twice" in await clerk.refused("POST", PAYMENT, **clerk.paying(90, *lines))
    renewed = [on(invoice, operation="Delete"), on(invoice, operation="Insert", amountPaid=40)]
    assert [it["amountPaid"] for it in (await clerk.change(draft, lines=renewed))["paymentLines"]] == [40]


async def test_a_reason_code_exists_also_where_nothing_is_written_off(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100)
    draft = await clerk.payment(90, on(invoice, amountPaid=10))
    others: list[dict[str, Any]] = [{}, {"balanceWriteOff": 0}]
    for more in others:
        line = on(invoice, amountPaid=10, writeOffReasonCode="NOPE", **more)
        for text in (
            await clerk.refuse_change(draft, lines=[line]),
            await clerk.refused("POST", PAYMENT, **clerk.paying(10, line)),
        ):
            assert "ReasonCode 'NOPE' cannot be found in the system" in text
            assert "Field: paymentLines[0].writeOffReasonCode" in text
    await clerk.change(draft, lines=[on(invoice, amountPaid=20, writeOffReasonCode="balancewo")])


async def test_documents_of_others_are_not_found(clerk: Clerk) -> None:
    """LNE-03."""
    theirs = await owed(clerk, 100, customerNumber="20001")
    sent = clerk.paying(100, on(theirs))
    assert f"AdjdRefNbr '{theirs.number}' cannot be found in the system" in await clerk.refused("POST", PAYMENT, **sent)


async def test_a_line_tells_of_its_document(clerk: Clerk) -> None:
    """LNE-14."""
    invoice = await owed(
        clerk,
        100,
        creditTermsId="30D2",
        customerRefNumber="PO 7",
        invoiceText="Work in March",
        documentDate="2025-03-01",
    )
    (line,) = (await clerk.payment(50, on(invoice)))["paymentLines"]
    assert (line["customerOrder"], line["description"], line["postPeriod"]) == ("PO 7", "Work in March", "202503")
    assert (line["date"], line["dueDate"], line["cashDiscountDate"]) == (
        "2025-03-01T00:00:00", invoice["documentDueDate"], "2025-03-11T00:00:00",
    )  # fmt: skip
    assert (line["currency"], line["crossRate"], line["amountPaid"], line["balance"]) == ("NOK", 1, 50, 50)


async def test_a_write_off_in_euro_has_its_limit_in_kroner(clerk: Clerk) -> None:
    """LNE-08: 0.47 at 10.60 are 4.98, 0.48 are 5.09 of the 5.00 that the customer allows."""
    await clerk.execute(
        "update customer set currency_override = true, write_off_allowed = true, write_off_limit = 5",
    )
    await rates(clerk, {"2025-03-03": "10.60"})
    invoice = await owed(clerk, 100, currencyId="EUR")

    def sent(rest: str) -> dict[str, Any]:
        paid = Decimal(100) - Decimal(rest)
        return clerk.paying(paid, on(invoice, amountPaid=paid, balanceWriteOff=Decimal(rest)), currency="EUR")

    assert "Write off at most 5" in await clerk.refused("POST", PAYMENT, **sent("0.48"))
    assert (await clerk.release(await clerk.create(PAYMENT, **sent("0.47"))))["status"] == "Closed"


# What was read and is sent back


async def undo_all(clerk: Clerk, payment: Record) -> None:
    for made in await clerk.get(f"reskontra/application?referenceNumber={payment.number}"):
        answer = await clerk.act(f"reskontra/application/{made['id']}", "undo")
        assert answer.status_code == 200, answer.text


async def test_a_payment_that_was_read_is_sent_back_at_every_stage(clerk: Clerk) -> None:
    """Also with charges, of which answers show the sum where bodies have a list."""
    invoice, other = await owed(clerk, 100), await owed(clerk, 1000, creditTermsId="30D2")
    charges = [{"entryType": "BANKGEBYR", "amount": 5}, {"entryType": "TREKK", "amount": 7}]
    for follows in (await clerk.payment(None, on(invoice)), await clerk.payment(80, on(other))):
        await send_back(clerk, follows)
        assert (await clerk.delete(f"reskontra/customerPayment/{follows.number}")).status_code == 204
    draft = await clerk.payment(120, on(invoice, amountPaid=50), financeCharges=charges, paymentRef="R", hold=True)
    await send_back(clerk, draft)
    await clerk.change(draft, hold=False)
    paid = await clerk.release(draft)
    assert (paid["status"], paid["financeCharges"], paid["deductedCharges"]) == ("Open", 12, 7)
    await send_back(clerk, paid)
    await clerk.change(paid, lines=[on(other, amountPaid=60), on(invoice, operation="Insert", amountPaid=5)])
    await send_back(clerk, paid)
    await clerk.change(paid, hold=True)
    await send_back(clerk, paid)
    await clerk.change(paid, hold=False)
    await clerk.release(paid)
    closed = await clerk.release(await clerk.change(paid, lines=[on(other, operation="Insert", amountPaid=5)]))
    assert closed["status"] == "Closed"
    await send_back(clerk, closed)
    await undo_all(clerk, closed)
    assert (await clerk.get(closed))["status"] == "Open"
    await send_back(clerk, closed)
    await clerk.release(await clerk.change(closed, lines=[on(invoice, amountPaid=70)]))
    await send_back(clerk, closed)
    await acted(clerk, closed, "void")
    await send_back(clerk, closed)
    await send_back(clerk, closed, paymentType="VoidPayment")
    void = await clerk.get(closed, paymentType="VoidPayment")
    assert (void["status"], void["paymentRef"], void["financeCharges"]) == ("Balanced", "R", -12)
    await acted(clerk, closed, "release")
    assert (await clerk.get(closed))["status"] == "Voided"
    await send_back(clerk, closed)
    await send_back(clerk, closed, paymentType="VoidPayment")


async def test_other_kinds_that_were_read_are_sent_back(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100)
    prepaid = await clerk.payment(500, on(invoice, amountPaid=20), type="Prepayment")
    await send_back(clerk, prepaid)
    await clerk.release(prepaid)
    await send_back(clerk, prepaid)
    refund = await clerk.payment(480, {"documentType": "Prepayment", "refNbr": prepaid.number}, type="Refund")
    await send_back(clerk, refund)
    await clerk.release(refund)
    for closed in (refund, prepaid):
        assert (await clerk.get(closed))["status"] == "Closed"
        await send_back(clerk, closed)
    await acted(clerk, refund, "void")
    await send_back(clerk, refund, paymentType="VoidRefund")
    await acted(clerk, refund, "release")
    await send_back(clerk, refund, paymentType="VoidRefund")
    await send_back(clerk, refund)
    note = await owed(clerk, 60, CREDIT_NOTE)
    seen = await clerk.get(f"{PAYMENT}/{note.number}", paymentType="CreditNote")
    await send_back(clerk, seen, paymentType="CreditNote")
    await clerk.change(f"{seen.address}?paymentType=CreditNote", lines=[on(invoice, amountPaid=40)])
    await send_back(clerk, seen, paymentType="CreditNote")
    await clerk.act(seen, "release", type="CreditNote")
    await send_back(clerk, seen, paymentType="CreditNote")


async def test_a_foreign_payment_that_was_read_is_sent_back(clerk: Clerk) -> None:
    await clerk.execute(
        "update customer set currency_override = true, write_off_allowed = true, write_off_limit = 100"
        " where company_id = 1"
    )
    await rates(clerk, {"2025-03-03": "10.40"})
    invoice, note = await owed(clerk, 100, currencyId="EUR"), await owed(clerk, 30, CREDIT_NOTE)
    lines = [
        on(invoice, amountPaid=1035, cashDiscountTaken=2, balanceWriteOff=3, writeOffReasonCode="BALANCEWO"),
        on(note, "CreditNote"),
    ]
    paid = await clerk.payment(1100, *lines)
    await send_back(clerk, paid)
    await clerk.release(paid)
    await send_back(clerk, paid)
    await undo_all(clerk, paid)
    await send_back(clerk, paid)


async def test_a_released_line_that_is_sent_back_is_not_applied_again(clerk: Clerk) -> None:
    invoice, other = await owed(clerk, 1000), await owed(clerk, 40)
    paid = await clerk.pay(120, on(invoice, amountPaid=50))
    for same in (on(invoice, amountPaid=50), on(invoice, amountPaid=50, cashDiscountTaken=0, crossRate=1)):
        assert (await clerk.change(paid, lines=[same])).etag == paid.etag
    assert "already released" in await clerk.refuse_release(paid)
    others: list[dict[str, Any]] = [{"amountPaid": 60}, {}, {"amountPaid": 50, "cashDiscountTaken": 1}]
    for fields in others:
        text = await clerk.refuse_change(paid, lines=[on(invoice, **fields)])
        assert f"has applied 50.0000 to {invoice.number} already" in text
        assert "Send the operation Insert" in text
    changed = await clerk.change(paid, lines=[on(invoice, amountPaid=50), on(other)])
    assert [it["amountPaid"] for it in changed["paymentLines"]] == [50, 40]
    changed = await clerk.change(paid, lines=[on(invoice, operation="Insert", amountPaid=20)])
    assert [it["amountPaid"] for it in changed["paymentLines"]] == [50, 40, 20]
    sent = [on(invoice, amountPaid=50), on(other, amountPaid=40), on(invoice, amountPaid=25)]
    changed = await clerk.change(paid, lines=sent)
    assert [it["amountPaid"] for it in changed["paymentLines"]] == [50, 40, 25]
    await clerk.release(paid)
    assert (await clerk.get(invoice))["balance"] == 925


async def test_a_released_line_that_closed_its_document_may_be_sent_back(clerk: Clerk) -> None:
    invoice, other = await owed(clerk, 50), await owed(clerk, 40)
    paid = await clerk.pay(90, on(invoice))
    assert (await clerk.get(invoice))["status"] == "Closed"
    changed = await clerk.change(paid, lines=[on(invoice, amountPaid=50), on(other)])
    closed = await clerk.release(changed)
    assert closed["status"] == "Closed"
    same = await clerk.change(closed, lines=[on(invoice, amountPaid=50), on(other, amountPaid=40)], invoiceText="T")
    assert (same["invoiceText"], len(same["paymentLines"])) == ("T", 2)
    for more in (on(invoice, amountPaid=50, operation="Insert"), on(invoice, amountPaid=40)):
        assert "is Closed, so this cannot change" in await clerk.refuse_change(closed, lines=[more])


async def test_a_line_that_was_taken_back_is_applied_anew_if_it_comes_alone(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100)
    paid = await clerk.pay(90, on(invoice, amountPaid=50))
    await undo_all(clerk, paid)
    both = await clerk.change(paid, lines=[on(invoice, amountPaid=50), on(invoice, amountPaid=-50)])
    assert [it["amountPaid"] for it in both["paymentLines"]] == [50, -50]
    anew = await clerk.change(paid, lines=[on(invoice, amountPaid=50)])
    assert [it["amountPaid"] for it in anew["paymentLines"]] == [50, -50, 50]
    await clerk.release(anew)
    assert (await clerk.get(invoice))["balance"] == 50


async def test_the_sum_of_charges_is_read_and_not_written(clerk: Clerk) -> None:
    paid = await clerk.pay(100, financeCharges=[{"entryType": "BANKGEBYR", "amount": 5}])
    for sent in (4, "5.01"):
        text = await clerk.refuse_change(paid, financeCharges=sent)
        assert "Field: financeCharges." in text
        assert "Send a list of charges: [ ... ], 5.0000 or nothing at all." in text
    assert "stands where a list is needed" in await clerk.refuse_change(paid, financeCharges="five")
    assert "Field: financeCharges" in await clerk.refused("POST", PAYMENT, **clerk.paying(10, financeCharges=5))
    assert (await clerk.payment(10, financeCharges=0))["financeCharges"] == 0


async def test_an_amount_that_follows_is_entered_unless_all_lines_come_with_it(clerk: Clerk) -> None:
    invoices = [await owed(clerk, amount) for amount in (100, 10, 5)]
    draft = await clerk.payment(None, on(invoices[0]))
    await send_back(clerk, draft)
    changed = await clerk.change(draft, lines=[on(invoices[1])])
    assert changed["paymentAmount"] == 110
    another = on(invoices[2], amountPaid=5)
    assert "More is applied" in await clerk.refuse_change(draft, paymentAmount=110, lines=[another])
    await clerk.change(draft, paymentAmount=110)
    assert "More is applied" in await clerk.refuse_change(draft, lines=[another])


async def test_the_date_of_what_others_applied_is_sent_back_too(clerk: Clerk) -> None:
    """It moves the date of the next lines only if some come with it."""
    invoice, other = await owed(clerk, 40), await owed(clerk, 10)
    paid = await clerk.pay(100)
    applied = await clerk.post(
        "reskontra/application",
        credit={"documentType": "Payment", "referenceNumber": paid.number},
        lines=[{"documentType": "Invoice", "referenceNumber": invoice.number, "amountPaid": 40}],
        applicationDate="2025-04-20",
    )
    assert applied.status_code == 200, applied.text
    read = await clerk.get(paid)
    assert (read["applicationDate"], read["applicationPeriod"]) == ("2025-04-20T00:00:00", "202504")
    await send_back(clerk, paid)
    dated = {name: read[name] for name in ("applicationDate", "applicationPeriod")}
    await clerk.release(await clerk.change(paid, lines=[on(invoice, amountPaid=40), on(other)], **dated))
    rows = await clerk.get(f"reskontra/application?referenceNumber={paid.number}")
    assert [it["applicationDate"] for it in rows] == ["2025-04-20T00:00:00"] * 2


# Statuses


async def test_what_a_closed_and_a_voided_payment_take(clerk: Clerk) -> None:
    """PAY-07: texts, and nothing else."""
    invoice = await owed(clerk, 100)
    paid = await clerk.pay(100, on(invoice))
    for status in ("Closed", "Voided"):
        assert (await clerk.get(paid))["status"] == status
        changed = await clerk.change(paid, paymentRef=f"R {status}", invoiceText=f"T {status}")
        assert (changed["paymentRef"], changed["invoiceText"]) == (f"R {status}", f"T {status}")
        for fields in ({"hold": True}, {"applicationDate": "2025-03-04"}, {"lines": [on(invoice)]}):
            assert f"is {status}, so this cannot change" in await clerk.refuse_change(paid, **fields)
        if status == "Closed":
            await acted(clerk, paid, "void", "release")


async def test_a_reserved_payment_waits_for_all_but_its_void(clerk: Clerk) -> None:
    """PAY-08."""
    invoice = await owed(clerk, 100)
    paid = await clerk.change(await clerk.pay(100), lines=[on(invoice)])
    reserved = await clerk.change(paid, hold=True)
    assert "Send hold as false first." in await clerk.refuse_release(reserved)
    await clerk.change(reserved, hold=False, lines=[on(invoice, operation="Delete")])
    reserved = await clerk.change(paid, hold=True)
    await acted(clerk, reserved, "void", "release")
    assert (await clerk.get(paid))["status"] == "Voided"


async def test_what_has_no_void(clerk: Clerk) -> None:
    """VDP-06."""
    draft, note = await clerk.payment(100), await owed(clerk, 5, CREDIT_NOTE)
    assert "status Balanced" in await clerk.refused("POST", f"{PAYMENT}/{draft.number}/action/void")
    text = await clerk.refused("POST", f"{PAYMENT}/{note.number}/action/void", type="CreditNote")
    assert "cannot be voided" in text


async def test_a_void_in_a_closed_period_is_of_the_next_open_one(clerk: Clerk) -> None:
    """VDP-03."""
    paid = await clerk.pay(100)
    await clerk.execute(
        "update financial_period set closed_in_customer_ledger = true where period_id in ('202503', '202504')"
    )
    answer = decoded(await clerk.act(paid, "void", returnVoidPayment=True))["voidPayment"]
    assert (answer["applicationDate"], answer["applicationPeriod"]) == ("2025-05-01T00:00:00", "202505")
    await acted(clerk, paid, "release")
    assert await ledger(clerk, paid, types=MONEY) == {}
    await clerk.execute("update financial_period set closed_in_customer_ledger = false where period_id > '202500'")


async def test_a_void_is_not_of_a_closed_month_that_was_booked_later(clerk: Clerk) -> None:
    """VDP-03. What was open at the end of the closed month stays as it was told."""
    invoice = await owed(clerk, 100)
    days = {"applicationDate": "2025-03-31", "applicationPeriod": "202504"}
    paid, applied = [await clerk.pay(50, on(invoice, amountPaid=50), **days) for _ in range(2)]
    await clerk.execute("update financial_period set closed_in_customer_ledger = true where period_id = '202503'")
    answer = decoded(await clerk.act(paid, "void", returnVoidPayment=True))["voidPayment"]
    assert (answer["applicationDate"], answer["applicationPeriod"]) == ("2025-04-01T00:00:00", "202504")
    await acted(clerk, paid, "release")
    application_id = await clerk.sql(
        """
        select max(application_id) from application join document on document_id = credit_document_id
         where document.number = $1 and document.document_type = 'Payment'
        """,
        applied.number,
    )
    assert (await clerk.act(f"reskontra/application/{application_id}", "undo")).status_code == 200
    back = "select applied_on from application where reverses_id = $1"
    assert await clerk.sql(back, application_id) > date(2025, 3, 31)
    await clerk.execute("update financial_period set closed_in_customer_ledger = false where period_id > '202412'")


async def test_what_a_release_looks_at_first(clerk: Clerk) -> None:
    """PAY-21. Of all that is wrong with a refund the first is told, and what is mended is not told again."""
    note = await owed(clerk, 60, CREDIT_NOTE)
    refund = await clerk.payment(100, on(note, "CreditNote", amountPaid=60), type="Refund", hold=True)
    wrong = {
        "has the status Hold": f"update document set status = {{}} where number = '{refund.number}'",
        "has the status Inactive": f"update customer set status = {{}} where number = '{clerk.customer_number}'",
        "202503": "update financial_period set closed_in_customer_ledger = {} where period_id = '202503'",
        "'1500'": "update account set active = {} where account_number = '1500'",
        "'1920'": "update account set active = {} where account_number = '1920'",
        "has the status Reserved": f"update document set status = {{}} where number = '{note.number}'",
    }
    broken = ("'Hold'", "'Inactive'", "true", "false", "false", "'Reserved'")
    mended = ("'Balanced'", "'Active'", "false", "true", "true", "'Open'")
    for statement, value in zip(wrong.values(), broken, strict=True):
        await clerk.execute(statement.format(value))
    for (words, statement), value in zip(wrong.items(), mended, strict=True):
        text = await clerk.refuse_release(refund)
        assert words in text, words
        await clerk.execute(statement.format(value))
    assert "A refund is applied in full before it is released: 60" in await clerk.refuse_release(refund)


# Automatic application


async def test_charges_come_first_where_the_company_says_so(clerk: Clerk) -> None:
    """AUP-01."""
    await owed(clerk, 100, documentDueDate="2025-03-10")
    await clerk.sql("update customer set overdue_charge = true where number = $1", clerk.customer_number)
    draft = await clerk.charged("2025-09-30", filters={"customer": [clerk.customer_number]})
    charge = await clerk.release(draft)
    invoice = (await clerk.page(INVOICE, customer=clerk.customer_number))[0]
    for first in (False, True):
        await clerk.prefer(overdue_charges_first=first)
        await clerk.pay(1, applicationDate="2025-10-15")
        order: dict[str, Any] = {"asOf": "2025-10-15", "filters": {"customer": [clerk.customer_number]}}
        (made,) = decoded(await clerk.post(RUN, **order))["created"]
        settled = charge.number if first else invoice["referenceNumber"]
        assert made["debit"]["referenceNumber"] == settled
    assert (await clerk.get(f"{OVERDUE_CHARGE}/{charge.number}"))["balance"] == charge["amount"] - 1


async def test_a_payment_pays_for_children_by_itself_and_a_prepayment_pays_nobody(clerk: Clerk) -> None:
    """AUP-01."""
    await clerk.sql("update customer set auto_apply = true where number = $1", clerk.customer_number)
    child = await clerk.customer(name="Child AS", parentRecordNumber=clerk.customer_number)
    invoice = await clerk.issue(INVOICE, child, **priced(100))
    prepaid = await clerk.pay(30, type="Prepayment")
    assert (prepaid["status"], (await clerk.get(invoice))["balance"]) == ("Open", 100)
    paid = await clerk.pay(60)
    assert (paid["status"], (await clerk.get(invoice))["balance"]) == ("Closed", 40)


async def test_the_filters_of_a_run(clerk: Clerk) -> None:
    """AUP-04."""
    invoice, note = await owed(clerk, 100), await owed(clerk, 30, CREDIT_NOTE)
    paid = await clerk.pay(20)
    others: dict[str, Any] = {"customerClass": "1", "statementCycle": "MONTHLY", "customer": [clerk.customer_number]}

    async def made(**filters: Any) -> list[tuple[str, str]]:
        run = decoded(await clerk.post(RUN, asOf="2025-03-03", filters=others | filters, dryRun=True))
        return [(it["credit"]["referenceNumber"], it["debit"]["referenceNumber"]) for it in run["created"]]

    assert sorted(await made()) == sorted([(note.number, invoice.number), (paid.number, invoice.number)])
    assert await made(includeCreditNotes=False) == [(paid.number, invoice.number)]
    assert await made(customer=["20001"]) == []
    for name, value in (("customerClass", "none"), ("statementCycle", "none")):
        text = await clerk.refused("POST", RUN, filters={name: value})
        assert "none" in text
        assert f"Field: filters.{name}" in text


async def test_what_a_run_passes_over_and_why(clerk: Clerk) -> None:
    """AUP-05: another currency, a proposal that waits, nothing to settle."""
    await clerk.sql("update customer set currency_override = true where company_id = 1")
    await rates(clerk, {"2025-03-03": "10.40"})
    abroad, waits = await owed(clerk, 10, currencyId="EUR"), await owed(clerk, 70)
    draft = await clerk.payment(70, on(waits))
    paid = await clerk.pay(20)
    run = decoded(await clerk.post(RUN, asOf="2025-03-03", filters={"customer": [clerk.customer_number]}))
    assert run["created"] == []
    assert {it["ref"]: it["reason"] for it in run["skipped"]} == {
        f"Payment {paid.number}": "There is nothing to apply it to.",
        f"Invoice {abroad.number}": "It is in EUR.",
        f"Invoice {waits.number}": f"It has an application of Payment {draft.number} that waits for release.",
    }


# Currency


async def test_three_payments_of_one_invoice_at_three_rates(clerk: Clerk) -> None:
    """Vector 19.3 b: what is left of the base amount goes with the last, and the gains add up."""
    await clerk.sql("update customer set currency_override = true where company_id = 1")
    euro = {"2025-03-03": "10.4037", "2025-04-03": "10.5511", "2025-05-05": "10.60", "2025-06-03": "10.45"}
    await rates(clerk, euro)
    invoice = await owed(clerk, 1000, currencyId="EUR")
    found = []
    for day, amount in zip(list(euro)[1:], ("333.33", "333.33", "333.34"), strict=True):
        paid = await clerk.pay(amount, on(invoice), currency="EUR", applicationDate=day)
        found.append([f"{it:.2f}" for it in (await ledger(clerk, paid, types=MONEY)).values()])
    assert found == [
        ["-3467.87", "3517.00", "-49.13"], ["-3467.87", "3533.30", "-65.43"], ["-3467.96", "3483.40", "-15.44"],
    ]  # fmt: skip
    shown = await clerk.get(invoice)
    assert (shown["status"], shown["balance"], shown["balanceInCurrency"]) == ("Closed", 0, 0)


# What a refusal names


async def test_a_type_that_is_none_is_told_from_what_the_program_makes(clerk: Clerk) -> None:
    text = await clerk.refused("POST", PAYMENT, **clerk.paying(100, type="Foo"))
    assert "This is no type of payments. Field: type. Sent: 'Foo'. Send one of: Payment, Prepayment, Refund." in text
    assert "no type of payments" in await clerk.refused("POST", PAYMENT, **clerk.paying(100, type="Invoice"))
    for made in ("VoidPayment", "VoidRefund", "SmallBalanceWo"):
        text = await clerk.refused("POST", PAYMENT, **clerk.paying(100, type=made))
        assert f"Payments of the type {made} are made by the program. Field: type." in text


async def test_a_charge_says_which_entry_types_there_are_and_that_it_is_a_charge(clerk: Clerk) -> None:
    text = await clerk.refused("POST", PAYMENT, **clerk.paying(100, financeCharges=[{"amount": 5}]))
    assert "A charge needs an entry type. Field: financeCharges[0].entryType. Send one of: BANKGEBYR, " in text
    for entry_type, fits in (("BANKGEBYR", "Expense"), ("BANKRENTE", "Income")):
        charge = {"entryType": entry_type, "amount": 5, "offsetAccount": "1500"}
        text = await clerk.refused("POST", PAYMENT, **clerk.paying(100, financeCharges=[charge]))
        assert "kept for receivables or VAT, so no charge can be posted to it. Field: financeCharges[0].offset" in text
        assert f"for example one of type {fits}." in text


async def test_another_customer_is_refused_while_lines_are_for_the_first_one(clerk: Clerk) -> None:
    invoice = await owed(clerk, 125)
    draft = await clerk.payment(125, on(invoice, amountPaid=125))
    other = (await clerk.customer(name="Other AS")).number
    text = await clerk.refuse_change(draft, customer=other)
    assert (
        f"is applied to {invoice.number}, which is not of customer {other}. Field: customer. Send its paymentLines"
        in text
    )
    assert "Field: customer." in await clerk.refuse_change(draft, customer=other, paymentLines=[on(invoice)])
    moved = await clerk.change(draft, customer=other, paymentLines=[on(invoice, operation="Delete")])
    assert (moved["customer"]["number"], moved["paymentLines"]) == (other, [])


async def test_another_currency_is_refused_that_lines_do_not_fit(clerk: Clerk) -> None:
    await rates(clerk, {"2025-03-03": "10.00"})
    invoice = await owed(clerk, 125)
    draft = await clerk.payment(125, on(invoice, amountPaid=125))
    text = await clerk.refuse_change(draft, currency="EUR")
    assert f"do not fit EUR: That much is not open on {invoice.number}: its balance is 12.50. Field: currency." in text
    assert "Send each of its paymentLines with it, with an amountPaid in EUR." in text
    text = await clerk.refuse_change(draft, currency="EUR", paymentLines=[on(invoice, amountPaid=50)])
    assert "Field: paymentLines[0].amountPaid. Sent: '50.00'" in text
    moved = await clerk.change(draft, currency="EUR", paymentLines=[on(invoice, amountPaid=10)])
    assert (moved["currency"], moved["paymentLines"][0]["amountPaid"]) == ("EUR", 10)
