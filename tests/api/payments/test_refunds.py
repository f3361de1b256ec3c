"""Refunds: what they pay out, from where, and what the bank takes besides (RFD)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, PAYMENT, Clerk, Record

LINE = {"inventoryNumber": "A", "quantity": 1, "vatCodeId": "6"}


@pytest.fixture(autouse=True)
async def payer(clerk: Clerk) -> None:
    """A customer who owes nothing yet, and a euro that went from 10.40 to 10.60."""
    clerk.customer_number = (await clerk.customer(name="Payer AS")).number
    await clerk.sql("update customer set currency_override = true where company_id = 1")
    for day, rate in (("2025-03-03", "10.40"), ("2025-07-03", "10.60")):
        row = {"fromCurrencyId": "EUR", "toCurrencyId": "NOK", "effectiveDate": day, "rate": rate}
        assert (await clerk.post("/v2/currencyrate", **row)).status_code == 201


async def note_of(clerk: Clerk, price: int, **fields: Any) -> Record:
    return await clerk.issue(CREDIT_NOTE, lines=[LINE | {"unitPriceInCurrency": price}], **fields)


def on(note: Record) -> dict[str, Any]:
    return {"documentType": "CreditNote", "refNbr": note.number}


async def test_a_refund_needs_a_cash_account_that_pays_out(clerk: Clerk) -> None:
    """RFD-03; money still comes in there, and a refund that waited is refused too."""
    note = await note_of(clerk, 50)
    waiting = await clerk.payment(50, on(note), type="Refund")
    await clerk.execute("update cash_account set pays_out = false where account_number = '1920'")
    text = await clerk.refuse_release(waiting)
    assert "Nothing is paid out from the cash account 1920." in text
    assert "Send one of: 1930." in text
    sent = clerk.paying(50, type="Refund")
    assert "cash account 1920. Field: cashAccount." in await clerk.refused("POST", PAYMENT, **sent)
    assert (await clerk.pay(10))["cashAccount"] == "1920"
    moved = await clerk.change(await clerk.payment(5, type="Refund", cashAccount="1930"), paymentAmount=6)
    assert (moved["cashAccount"], moved["currency"]) == ("1930", "EUR")
    assert "Nothing is paid out" in await clerk.refuse_change(moved, cashAccount="1920")
    await clerk.execute("update cash_account set pays_out = true where account_number = '1920'")
    assert (await clerk.release(waiting))["status"] == "Closed"


async def test_what_the_bank_deducts_goes_out_besides(clerk: Clerk) -> None:
    """RFD-03: EUR 100 at 10.60 and a charge of 7 make 1,134.20 go out."""
    note = await note_of(clerk, 100, currencyId="EUR")
    charges = [{"entryType": "TREKK", "amount": 7}]
    paid = await clerk.pay(
        100, on(note), type="Refund", currency="EUR", applicationDate="2025-07-03", financeCharges=charges
    )
    booked = [(account, debit - credit, purpose) for account, _, _, debit, credit, purpose in await clerk.entries(paid)]
    assert [(account, f"{amount:.2f}") for account, amount, _ in sorted(booked)] == [
        ("1500", "1040.00"), ("1920", "-1134.20"), ("7770", "74.20"), ("8160", "20.00"),
    ]  # fmt: skip
    assert (paid["status"], paid["deductedCharges"]) == ("Closed", 7)


async def void(clerk: Clerk, payment: Record) -> None:
    for action in ("void", "release"):
        answer = await clerk.act(payment, action)
        assert answer.status_code == 200, answer.text


async def test_a_void_of_a_refund_opens_what_it_paid_out(clerk: Clerk) -> None:
    note = await note_of(clerk, 100)
    paid = await clerk.pay(100, on(note), type="Refund", financeCharges=[{"entryType": "TREKK", "amount": 7}])
    await void(clerk, paid)
    sums = await clerk.rows(
        """select account_number, sum(debit_base - credit_base) as amount from journal_entry
            where document_number = $1 and document_type in ('Refund', 'VoidRefund') group by account_number""",
        paid.number,
    )
    assert {row["amount"] for row in sums} == {0}
    shown = await clerk.get(note)
    assert (shown["status"], shown["balance"], (await clerk.get(paid))["status"]) == ("Open", 100, "Voided")
    voided = await clerk.get(paid, paymentType="VoidRefund")
    assert (voided["status"], voided["paymentAmount"]) == ("Closed", -100)


@pytest.mark.parametrize("field", ["cashDiscountTaken", "balanceWriteOff"])
async def test_a_refund_gives_no_discount_and_writes_nothing_off(clerk: Clerk, field: str) -> None:
    note = await note_of(clerk, 100)
    sent = clerk.paying(99, on(note) | {"amountPaid": 99, field: 1}, type="Refund")
    assert "only its amount is used" in await clerk.refused("POST", PAYMENT, **sent)


async def test_what_was_paid_out_is_not_undone(clerk: Clerk) -> None:
    """RFD-04."""
    note = await note_of(clerk, 100)
    paid = await clerk.pay(60, on(note) | {"amountPaid": 60}, type="Refund")
    (made,) = await clerk.get(f"reskontra/application?referenceNumber={paid.number}")
    text = await clerk.refused("POST", f"reskontra/application/{made['id']}/action/undo")
    assert f"was paid out by the refund {paid.number}" in text
    shown = await clerk.get(note)
    assert (shown["status"], shown["balance"]) == ("Open", 40)
