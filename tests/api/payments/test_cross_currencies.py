"""Payments and documents in two different currencies (XCU): rates, what they settle, and where the difference goes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.api.payments.conftest import on, owed, rates
from tests.clerk import CREDIT_NOTE, INVOICE, PAYMENT, Clerk, Record

MARCH, JULY = "2025-03-03", "2025-07-03"


@pytest.fixture(autouse=True)
async def currencies(clerk: Clerk, payer: None) -> None:
    """Customers may have several currencies. Euro went from 10.40 to 10.60; a Swedish krona is worth 1.02.

    The differences of a Swedish krona go to accounts of their own.
    """
    await clerk.execute(
        "update customer set currency_override = true where company_id = 1",
        "update currency set gain_account = '8050', loss_account = '7770' where currency_id = 'SEK'",
    )
    await rates(clerk, {MARCH: "10.40", JULY: "10.60"})
    await rates(clerk, {MARCH: "1.02", JULY: "1.02"}, "SEK")


async def document(clerk: Clerk, kind: str, price: Any, currency: str = "EUR", **fields: Any) -> Record:
    return await owed(clerk, price, kind, currencyId=currency, **fields)


async def differences(clerk: Clerk, payment: Record) -> list[tuple[str, Decimal]]:
    """Accounts of exchange differences with debit less credit in base currency."""
    return [
        (account, debit - credit)
        for account, _, _, debit, credit, purpose in await clerk.entries(payment)
        if purpose == "exchange_gain_loss"
    ]


async def test_the_difference_goes_to_the_accounts_of_what_is_settled(clerk: Clerk) -> None:
    """XCU-05: both currencies are foreign, so it is the document's, of a payment and of a refund alike."""
    invoice = await document(clerk, INVOICE, 1000)
    paid = await clerk.pay("10392.16", on(invoice), currency="SEK", applicationDate=JULY)
    ((account, gained),) = await differences(clerk, paid)
    assert (account, gained) == ("8060", Decimal("-200.00"))
    note = await document(clerk, CREDIT_NOTE, 1000)
    back = await clerk.pay(
        "10392.16", on(note, "CreditNote"), type="Refund", currency="SEK", applicationDate=JULY
    )  # fmt: skip
    assert await differences(clerk, back) == [("8160", Decimal(200))]


async def test_the_accounts_are_those_of_the_only_foreign_currency(clerk: Clerk) -> None:
    note = await owed(clerk, 1020, CREDIT_NOTE)
    back = await clerk.pay(
        "999.60", on(note, "CreditNote", crossRate="0.98"), type="Refund", currency="SEK", applicationDate=JULY
    )
    # 999.60 at 1.02 are 1,019.59 of the 1,020.00 that were owed.
    assert await differences(clerk, back) == [("8050", Decimal("-0.41"))]


@pytest.mark.parametrize(
    ("amount", "settles", "rest"), [(5000, "481.13", "518.87"), ("10392.16", "1000.00", "0.00")], ids=["part", "all"]
)
async def test_what_a_krona_settles_of_a_euro(clerk: Clerk, amount: Any, settles: str, rest: str) -> None:
    """Vector 19.3 c: the amount that is the whole balance by the cross rate settles all of it (XCU-01, XCU-02)."""
    invoice = await document(clerk, INVOICE, 1000)
    paid = await clerk.pay(amount, on(invoice), currency="SEK", applicationDate=JULY)
    (shown,) = paid["paymentLines"]
    assert (shown["currency"], shown["crossRate"]) == ("EUR", Decimal("10.39215686"))
    found = await clerk.get(invoice)
    assert found["balanceInCurrency"] == Decimal(rest)
    (applied,) = found["applications"]
    assert applied["amountPaid"] == Decimal(settles)


async def test_discount_and_write_off_are_converted_and_the_last_takes_the_rest(clerk: Clerk) -> None:
    """XCU-03: in the payment's currency on the line, in the document's on the document."""
    await clerk.sql("update customer set write_off_allowed = true, write_off_limit = 100 where company_id = $1", 1)
    invoice = await document(clerk, INVOICE, 1000)
    given = {"cashDiscountTaken": "200", "balanceWriteOff": "7"}
    paid = await clerk.pay("10185.16", on(invoice, amountPaid="10185.16", **given), currency="SEK",
                           applicationDate=JULY)  # fmt: skip
    found = await clerk.get(invoice)
    assert (found["status"], found["balanceInCurrency"]) == ("Closed", 0)
    (
        row,
    ) = await clerk.rows("""select amount_debit, discount, write_off, discount_credit, write_off_credit, base_debit,
                                        discount_base, write_off_base from application
                                  where application_id = (select max(application_id) from application)""")
    # 200 / 10.39215686 = 19.245.., 7 / 10.39215686 = 0.673..
    assert tuple(row)[:5] == (Decimal("980.08"), Decimal("19.25"), Decimal("0.67"), 200, 7)
    assert row["base_debit"] + row["discount_base"] + row["write_off_base"] == 10400
    assert (paid["status"], paid["availableBalance"]) == ("Closed", 0)


async def test_a_cross_rate_in_one_currency_is_one(clerk: Clerk) -> None:
    invoice = await document(clerk, INVOICE, 100)
    assert "both in EUR" in await clerk.refused(
        "POST", PAYMENT, **clerk.paying(100, on(invoice, crossRate="10.4"), currency="EUR")
    )


async def test_null_brings_the_cross_rate_of_the_day_back(clerk: Clerk) -> None:
    """With what follows from it; an amount that was entered stands."""
    invoice = await document(clerk, INVOICE, 1000)
    draft = await clerk.payment(None, on(invoice, crossRate="10.9"))
    assert [(it["amountPaid"], it["crossRate"]) for it in draft["paymentLines"]] == [(10900, Decimal("10.9"))]
    (line,) = (await clerk.change(draft, lines=[on(invoice, crossRate=0)]))["paymentLines"]
    assert line["crossRate"] == Decimal("10.9")
    (line,) = (await clerk.change(draft, lines=[on(invoice, crossRate=None)]))["paymentLines"]
    assert (line["amountPaid"], line["crossRate"]) == (10400, Decimal("10.4"))
    (line,) = (await clerk.change(draft, applicationDate=JULY))["paymentLines"]
    assert line["crossRate"] == Decimal("10.6")
    await clerk.change(draft, lines=[on(invoice, amountPaid=5000, crossRate="10.5")])
    (line,) = (await clerk.change(draft, lines=[on(invoice, crossRate=None)]))["paymentLines"]
    assert (line["amountPaid"], line["crossRate"]) == (5000, Decimal("10.6"))


async def test_a_cross_rate_that_is_sent_is_near_that_of_the_day(clerk: Clerk) -> None:
    """As an exchange rate is (CUR-06); one that stands says nothing on another day."""
    invoice = await document(clerk, INVOICE, 100)
    for far in ("1000", "9.87", "10.93"):
        line = on(invoice, amountPaid=100, crossRate=far)
        text = await clerk.refused("POST", PAYMENT, **clerk.paying(2000, line))
        assert f"The exchange rate {far} is too far" in text
        assert "Field: paymentLines[0].crossRate. Send 9.88 to 10.92" in text
    draft = await clerk.payment(2000, on(invoice, amountPaid=100, crossRate="9.88"))
    assert "Send 9.88 to 10.92" in await clerk.refuse_change(draft, lines=[on(invoice, crossRate="9.87")])
    moved = await clerk.change(draft, applicationDate=JULY, lines=[on(invoice, crossRate="9.88", amountPaid=90)])
    assert [(it["amountPaid"], it["crossRate"]) for it in moved["paymentLines"]] == [(90, Decimal("9.88"))]
    await clerk.prefer(accept_rates_beyond_tolerance=True)
    (line,) = (await clerk.change(draft, lines=[on(invoice, crossRate=12)]))["paymentLines"]
    assert line["crossRate"] == 12


async def test_a_cross_rate_may_be_any_where_the_day_has_none(clerk: Clerk) -> None:
    invoice = await document(clerk, INVOICE, 100)
    await clerk.execute("update currency_rate set effective_date = effective_date + 9999 where from_currency = 'EUR'")
    paid = await clerk.pay(700, on(invoice, amountPaid=700, crossRate=7))
    assert [it["crossRate"] for it in paid["paymentLines"]] == [7]
