"""Refunds: what they pay out, from where, and what the bank takes besides (RFD)."""

from __future__ import annotations

import pytest

from tests.api.payments.conftest import on, owed, rates
from tests.clerk import CREDIT_NOTE, PAYMENT, Clerk, Record


@pytest.fixture(autouse=True)
async def euro(clerk: Clerk, payer: None) -> None:
    """A euro that went from 10.40 to 10.60."""
    await clerk.sql("update customer set currency_override = true where company_id = 1")
    await rates(clerk, {"2025-03-03": "10.40", "2025-07-03": "10.60"})


async def test_a_refund_needs_a_cash_account_that_pays_out(clerk: Clerk) -> None:
    """RFD-03; money still comes in there, and a refund that waited is refused too."""
    note = await owed(clerk, 50, CREDIT_NOTE)
    waiting = await clerk.payment(50, on(note, "CreditNote"), type="Refund")
    await clerk.execute("update cash_account set pays_out = false where account_number = '1920'")
    text = await clerk.refuse_release(waiting)
    assert "Nothing is paid out from the cash account 1920." in text
    assert "Send one of: 1930." in text
    sent = clerk.paying(50, type="Refund")
    assert "cash account 1920. Field: cashAccount." in await clerk.refused("POST", PAYMENT, **sent)
    assert (await clerk.pay(10))["cashAccount"] == "1920"
    moved = await clerk.change(await clerk.payment(5, type="Refund", paymentMethod="2"), paymentAmount=6)
    assert (moved["cashAccount"], moved["currency"]) == ("1930", "EUR")
    assert "Nothing is paid out" in await clerk.refuse_change(moved, cashAccount="1920")
    text = await clerk.refuse_change(moved, paymentMethod="1")
    assert "Field: paymentMethod. Send a cash account too, one of: 1930." in text
    await clerk.execute("update cash_account set pays_out = true where account_number = '1920'")
    assert (await clerk.release(waiting))["status"] == "Closed"


async def test_what_the_bank_deducts_goes_out_besides(clerk: Clerk) -> None:
    """RFD-03: EUR 100 at 10.60 and a charge of 7 make 1,134.20 go out."""
    note = await owed(clerk, 100, CREDIT_NOTE, currencyId="EUR")
    charges = [{"entryType": "TREKK", "amount": 7}]
    paid = await clerk.pay(
        100, on(note, "CreditNote"), type="Refund", currency="EUR", applicationDate="2025-07-03", financeCharges=charges
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
    note = await owed(clerk, 100, CREDIT_NOTE)
    paid = await clerk.pay(
        100, on(note, "CreditNote"), type="Refund", financeCharges=[{"entryType": "TREKK", "amount": 7}]
    )
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
    note = await owed(clerk, 100, CREDIT_NOTE)
    sent = clerk.paying(99, on(note, "CreditNote") | {"amountPaid": 99, field: 1}, type="Refund")
    assert "only its amount is used" in await clerk.refused("POST", PAYMENT, **sent)


async def test_what_was_paid_out_is_not_undone(clerk: Clerk) -> None:
    """RFD-04."""
    note = await owed(clerk, 100, CREDIT_NOTE)
    paid = await clerk.pay(60, on(note, "CreditNote") | {"amountPaid": 60}, type="Refund")
    (made,) = await clerk.get(f"reskontra/application?referenceNumber={paid.number}")
    text = await clerk.refused("POST", f"reskontra/application/{made['id']}/action/undo")
    assert f"was paid out by the refund {paid.number}" in text
    shown = await clerk.get(note)
    assert (shown["status"], shown["balance"]) == ("Open", 40)
