"""Payments on a cash account that is kept in another currency (PAY-05, CUR-01). 1930 is kept in euro."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.payments.conftest import rates
from tests.clerk import PAYMENT, Clerk, Record


@pytest.fixture(autouse=True)
async def euro(clerk: Clerk, payer: None) -> None:
    """A rate; the customer is billed in kroner."""
    await rates(clerk, {"2025-03-03": "10.40"})


def place(payment: Record) -> tuple[Any, ...]:
    return payment["paymentMethod"]["id"], payment["cashAccount"], payment["currency"]


@pytest.mark.parametrize(
    "sent",
    [{"paymentMethod": "2"}, {"cashAccount": "1930", "paymentMethod": "2"}, {"paymentMethod": "2", "currency": "eur"}],
    ids=["method", "account", "currency"],
)
async def test_a_payment_takes_the_currency_of_its_cash_account(clerk: Clerk, sent: dict[str, Any]) -> None:
    paid = await clerk.pay(100, **sent)
    assert place(paid) == ("2", "1930", "EUR")
    assert (paid["paymentAmount"], paid["paymentAmountInCurrency"]) == (100, 1040)
    assert [entry[:2] for entry in await clerk.entries(paid)] == [("1930", 100), ("1500", 0)]


async def test_so_does_one_by_the_customers_own_method(clerk: Clerk) -> None:
    own = {"customerId": clerk.customer_number, "paymentMethodId": "1", "cashAccountId": "1930"}
    assert (await clerk.post("customerpaymentmethod", **own)).status_code == 201
    assert place(await clerk.payment(100)) == ("1", "1930", "EUR")
    assert place(await clerk.payment(100, cashAccount="1920")) == ("1", "1920", "NOK")
    assert place(await clerk.payment(100, currency="NOK", cashAccount="1920")) == ("1", "1920", "NOK")


async def test_another_currency_is_refused_with_both(clerk: Clerk) -> None:
    for place_ in ({"paymentMethod": "2"}, {"cashAccount": "1930"}):
        text = await clerk.refused("POST", PAYMENT, **clerk.paying(100, currency="NOK", **place_))
        assert "The cash account 1930 is kept in EUR, but this is in NOK." in text
    draft = await clerk.payment(100)
    assert "kept in EUR, but this is in NOK" in await clerk.refuse_change(draft, paymentMethod="2")
    text = await clerk.refuse_change(draft, paymentMethod="2", currency="NOK", cashAccount="")
    assert "Field: paymentMethod. Sent: '2'. Send a cash account that takes NOK, or EUR as the currency." in text
    assert "Field: cashAccount." in await clerk.refuse_change(draft, cashAccount="1930")
    assert place(await clerk.change(draft, paymentMethod="2", cashAccount="1920")) == ("2", "1920", "NOK")
    assert place(await clerk.change(draft, paymentMethod="2")) == ("2", "1920", "NOK"), "as it was read"
    moved = await clerk.change(draft, cashAccount="1930", currency="EUR")
    assert place(moved) == ("2", "1930", "EUR")
    text = await clerk.refuse_change(moved, currency="NOK", cashAccount="1930")
    assert "Field: currency." in text


async def test_an_account_in_base_currency_takes_any(clerk: Clerk) -> None:
    await clerk.execute("update cash_account set currency_id = 'NOK' where account_number = '1920'")
    abroad = await clerk.customer(name="Abroad AB", currencyId="EUR")
    assert place(await clerk.payment(100, customer=abroad.number)) == ("1", "1920", "EUR")
