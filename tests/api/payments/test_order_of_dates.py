"""An application that books something is of no earlier day and period than what it is on, on every line (LNE-09)."""

from __future__ import annotations

import pytest

from tests.api.payments.conftest import on, owed, rates, state
from tests.clerk import CREDIT_NOTE, PAYMENT, Clerk

pytestmark = pytest.mark.usefixtures("payer")

HINT = "Date the application on the document's day or later, in its period or a later one."


@pytest.fixture(autouse=True)
async def currencies(clerk: Clerk, payer: None) -> None:
    """A euro that went from 10.40 to 10.60 and 10.80; a Swedish krona that was worth one of Norway, and then more."""
    await clerk.sql("update customer set currency_override = true where company_id = 1")
    await rates(clerk, {"2025-03-03": "10.40", "2025-07-03": "10.60", "2025-09-20": "10.80"})
    await rates(clerk, {"2025-11-20": "1.00", "2025-12-04": "1.01"}, "SEK")


async def test_a_refund_comes_after_the_foreign_credit_note(clerk: Clerk) -> None:
    note = await owed(clerk, 100, CREDIT_NOTE, currencyId="EUR", documentDate="2025-09-20")
    sent = clerk.paying(100, on(note, "CreditNote"), type="Refund", currency="EUR", applicationDate="2025-07-05")
    text = await clerk.refused("POST", PAYMENT, **sent)
    assert f"{note.number} is of 2025-09-20, the application of 2025-07-05." in text
    assert HINT in text
    paid = await clerk.pay(100, on(note, "CreditNote"), type="Refund", currency="EUR", applicationDate="2025-09-20")
    assert paid["status"] == "Closed"


async def test_a_refund_comes_after_the_period_of_the_prepayment(clerk: Clerk) -> None:
    """In base currency too: what was paid in advance stands on an account of its own."""
    ahead = await clerk.pay(100, type="Prepayment", applicationDate="2025-03-05", applicationPeriod="202505")
    sent = clerk.paying(100, on(ahead, "Prepayment"), type="Refund", applicationDate="2025-04-05")
    text = await clerk.refused("POST", PAYMENT, **sent)
    assert f"{ahead.number} is of the period 202505, the application of 2025-04-05 in the period 202504." in text
    back = await clerk.pay(100, on(ahead, "Prepayment"), type="Refund", applicationDate="2025-05-05")
    assert back["status"] == "Closed"


async def test_a_refund_of_a_later_payment_books_nothing_of_it(clerk: Clerk) -> None:
    """In base currency and on one account, so it may come first, as a payment of a later invoice may."""
    later = await clerk.pay(100, applicationDate="2025-06-05")
    back = await clerk.pay(100, on(later, "Payment"), type="Refund", applicationDate="2025-04-05")
    assert (back["status"], await state(clerk, later)) == ("Closed", ("Closed", 0))


async def test_a_foreign_credit_note_among_the_lines_is_no_later_than_the_payment(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100, currencyId="EUR", documentDate="2025-06-20")
    note = await owed(clerk, 30, CREDIT_NOTE, currencyId="EUR", documentDate="2025-09-20")
    lines = on(invoice, amountPaid=100), on(note, "CreditNote", amountPaid=30)
    sent = clerk.paying(70, *lines, currency="EUR", applicationDate="2025-07-05")
    text = await clerk.refused("POST", PAYMENT, **sent)
    assert f"{note.number} is of 2025-09-20, the application of 2025-07-05." in text
    paid = await clerk.pay(70, *lines, currency="EUR", applicationDate="2025-09-20")
    assert paid["status"] == "Closed"


async def test_a_later_credit_note_of_the_same_account_may_be_among_the_lines(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100)
    note = await owed(clerk, 30, CREDIT_NOTE, documentDate="2025-09-20")
    paid = await clerk.pay(70, on(invoice, amountPaid=100), on(note, "CreditNote"), applicationDate="2025-07-05")
    assert paid["status"] == "Closed"
    assert (await state(clerk, note), await state(clerk, invoice)) == (("Closed", 0), ("Closed", 0))


@pytest.mark.parametrize("later", ["Invoice", "CreditNote"])
async def test_a_note_and_a_debt_on_two_accounts_are_no_later_than_the_payment(clerk: Clerk, later: str) -> None:
    """What moves between the accounts would be booked before the later of the two."""
    days = {"Invoice": "2025-03-03", "CreditNote": "2025-03-03", later: "2025-09-20"}
    moved = "update location set customer_ledger_account = '{}' where customer_ledger_account = '{}'"
    await clerk.execute(moved.format("2900", "1500"))
    note = await owed(clerk, 30, CREDIT_NOTE, documentDate=days["CreditNote"])
    await clerk.execute(moved.format("1500", "2900"))
    invoice = await owed(clerk, 100, documentDate=days["Invoice"])
    sent = clerk.paying(70, on(invoice, amountPaid=100), on(note, "CreditNote"), applicationDate="2025-07-05")
    text = await clerk.refused("POST", PAYMENT, **sent)
    named = {"Invoice": invoice, "CreditNote": note}[later]
    assert f"{named.number} is of 2025-09-20, the application of 2025-07-05." in text
    paid = await clerk.pay(70, on(invoice, amountPaid=100), on(note, "CreditNote"), applicationDate="2025-09-20")
    assert paid["status"] == "Closed"


async def test_a_foreign_rate_of_one_is_no_base_currency(clerk: Clerk) -> None:
    """An agreed cross rate makes a gain, and so does one of a later day."""
    invoice = await owed(clerk, 100, documentDate="2025-12-10")
    for more in ({"amountPaid": 50, "crossRate": "1.05"}, {"amountPaid": 50}):
        sent = clerk.paying(50, on(invoice, **more), currency="SEK", applicationDate="2025-11-22")
        text = await clerk.refused("POST", PAYMENT, **sent)
        assert f"{invoice.number} is of 2025-12-10, the application of 2025-11-22." in text
    paid = await clerk.pay(50, currency="SEK", applicationDate="2025-11-22")
    text = await clerk.refuse_change(paid, applicationDate="2025-12-05", lines=[on(invoice)])
    assert f"{invoice.number} is of 2025-12-10, the application of 2025-12-05." in text
    changed = await clerk.change(paid, applicationDate="2025-12-10", lines=[on(invoice)])
    assert (await clerk.release(changed))["status"] == "Closed"
