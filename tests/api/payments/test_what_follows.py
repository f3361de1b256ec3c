"""What nobody entered on a line follows from the payment's day and currency, for as long as it is a draft.

An auditor found 100 NOK that closed 100 EUR: the payment had been in euro when its line was made.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.api.payments.conftest import ledger, on, owed, rates, state
from tests.clerk import CREDIT_NOTE, INVOICE, Clerk, Record, decoded, refusal

MARCH, JULY, NOVEMBER = "2025-03-03", "2025-07-03", "2025-11-05"


@pytest.fixture(autouse=True)
async def currencies(clerk: Clerk, payer: None) -> None:
    """A euro is worth 11.10, from July 10.60, from November 10.40; a Swedish krona 1.02."""
    await clerk.execute("update customer set currency_override = true where company_id = 1")
    await rates(clerk, {MARCH: "11.10", JULY: "10.60", NOVEMBER: "10.40"})
    await rates(clerk, {MARCH: "1.02"}, "SEK")


async def euros(clerk: Clerk, kind: str = INVOICE) -> Record:
    return await owed(clerk, 100, kind, currencyId="EUR")


async def line_of(clerk: Clerk, payment: Record) -> tuple[Any, ...]:
    (line,) = (await clerk.get(payment))["paymentLines"]
    return line["amountPaid"], line["cashDiscountTaken"], line["crossRate"]


@pytest.mark.parametrize("entered", [{}, {"amountPaid": 100}, {"crossRate": 1}])
async def test_a_draft_in_another_currency_has_another_cross_rate(clerk: Clerk, entered: dict[str, Any]) -> None:
    invoice = await euros(clerk)
    draft = await clerk.payment(100, on(invoice, **entered), currency="EUR", applicationDate=JULY)
    await clerk.change(draft, currency="NOK")
    assert await line_of(clerk, draft) == (100, 0, Decimal("10.6"))
    await clerk.release(draft)
    found = await clerk.get(invoice)
    assert found["balanceInCurrency"] == Decimal("90.57")
    assert await ledger(clerk, draft, types=["Payment"]) == {
        "1500": Decimal("-104.67"), "1920": Decimal(100), "8160": Decimal("4.67"),
    }  # fmt: skip


async def test_a_draft_in_the_currency_of_its_document_has_no_cross_rate(clerk: Clerk) -> None:
    invoice = await owed(clerk, 1000)
    draft = await clerk.payment(50, on(invoice, amountPaid=50), currency="EUR", applicationDate=JULY)
    await clerk.change(draft, currency="NOK")
    assert await line_of(clerk, draft) == (50, 0, 1)
    await clerk.release(draft)
    assert await state(clerk, invoice) == ("Open", 950)


async def test_a_refund_in_another_currency_pays_out_another_amount(clerk: Clerk) -> None:
    note = await euros(clerk, CREDIT_NOTE)
    draft = await clerk.payment(100, on(note, "CreditNote"), type="Refund", currency="EUR", applicationDate=JULY)
    await clerk.change(draft, currency="NOK")
    await clerk.release(draft)
    assert (await clerk.get(note))["balanceInCurrency"] == Decimal("90.57")


async def test_another_day_has_its_own_cross_rate(clerk: Clerk) -> None:
    invoice = await euros(clerk)
    draft = await clerk.payment(1060, on(invoice), applicationDate=JULY)
    assert await line_of(clerk, draft) == (1060, 0, Decimal("10.6"))
    await clerk.change(draft, applicationDate=NOVEMBER)
    assert await line_of(clerk, draft) == (1040, 0, Decimal("10.4"))
    assert (await clerk.release(draft))["availableBalance"] == 20
    assert (await state(clerk, invoice))[0] == "Closed"


async def test_what_was_entered_stays_on_another_day(clerk: Clerk) -> None:
    invoice = await euros(clerk)
    draft = await clerk.payment(1060, on(invoice, amountPaid=530, crossRate="10.6"), applicationDate=JULY)
    await clerk.change(draft, applicationDate=NOVEMBER)
    assert await line_of(clerk, draft) == (530, 0, Decimal("10.6"))


async def test_a_line_of_an_open_payment_follows_its_day(clerk: Clerk) -> None:
    invoice = await euros(clerk)
    paid = await clerk.pay(1060, applicationDate=JULY)
    await clerk.change(paid, paymentLines=[{"operation": "Insert", **on(invoice)}])
    assert await line_of(clerk, paid) == (1060, 0, Decimal("10.6"))
    await clerk.change(paid, applicationDate=NOVEMBER)
    assert await line_of(clerk, paid) == (1040, 0, Decimal("10.4"))


async def test_a_cash_discount_is_not_given_on_a_day_that_is_too_late(clerk: Clerk) -> None:
    invoice = await owed(clerk, 1000, creditTermsId="30D2", documentDate="2025-04-02")
    draft = await clerk.payment(1000, on(invoice), applicationDate="2025-04-05")
    assert await line_of(clerk, draft) == (980, 20, 1)
    await clerk.change(draft, applicationDate="2025-05-04")
    assert await line_of(clerk, draft) == (1000, 0, 1)
    await clerk.change(draft, applicationDate="2025-04-12")
    assert await line_of(clerk, draft) == (980, 20, 1)
    await clerk.release(draft)
    assert await state(clerk, invoice) == ("Closed", 0)


async def test_a_cash_discount_goes_when_less_is_paid(clerk: Clerk) -> None:
    invoice = await owed(clerk, 1250, creditTermsId="30D2")
    draft = await clerk.payment(1225, on(invoice))
    assert await line_of(clerk, draft) == (1225, 25, 1)
    changed = [{"operation": "Update", **on(invoice, amountPaid=600)}]
    await clerk.change(draft, paymentAmount=600, paymentLines=changed)
    assert await line_of(clerk, draft) == (600, 0, 1)


async def test_a_cash_discount_that_was_entered_stays(clerk: Clerk) -> None:
    invoice = await owed(clerk, 1000, creditTermsId="30D2")
    draft = await clerk.payment(1000, on(invoice, cashDiscountTaken=30))
    await clerk.change(draft, applicationDate="2025-06-04")
    assert await line_of(clerk, draft) == (970, 30, 1)


async def nearly_credited(clerk: Clerk) -> Record:
    """10 of 1,000 are left after a credit note, and a discount of 20 is offered."""
    invoice = await owed(clerk, 1000, creditTermsId="30D2")
    note = await owed(clerk, 990, CREDIT_NOTE)
    debit = on(invoice, amountPaid=990, cashDiscountTaken=0)
    await clerk.pay(0, on(note, "CreditNote", amountPaid=990), debit)
    return invoice


async def test_a_cash_discount_pays_nothing_by_itself(clerk: Clerk) -> None:
    draft = await clerk.payment(500, on(await nearly_credited(clerk)))
    assert await line_of(clerk, draft) == (10, 0, 1)


async def test_a_run_gives_no_discount_without_money(clerk: Clerk) -> None:
    invoice = await nearly_credited(clerk)
    await clerk.pay(500)
    order = {"asOf": MARCH, "filters": {"customer": [clerk.customer_number]}}
    (made,) = decoded(await clerk.post("reskontra/run/autoApply", **order))["created"]
    assert made["amount"] == 10
    assert await state(clerk, invoice) == ("Closed", 0)


async def test_a_refund_of_less_than_a_cent_of_the_note_is_refused(clerk: Clerk) -> None:
    note = await euros(clerk, CREDIT_NOTE)
    answer = await clerk.post(
        "customerPayment",
        type="Refund",
        currency="NOK",
        customer=clerk.customer_number,
        paymentAmount="0.04",
        applicationDate=JULY,
        paymentLines=[{"operation": "Insert", **on(note, "CreditNote", amountPaid="0.04")}],
    )
    assert refusal(answer).startswith(f"{note.number} has 1060.00 available.")
