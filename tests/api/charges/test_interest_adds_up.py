"""Interest over split intervals adds up, whatever was paid in between (invariant 37): random payments and runs."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tests.clerk import INVOICE, Clerk, application

DUE, END = date(2025, 4, 1), date(2025, 10, 31)
RATES = ((date(2025, 1, 1), Decimal("12.50")), (date(2025, 7, 1), Decimal("12.25")))


def interest(price: Decimal, paid: dict[date, Decimal], first: date, last: date) -> Decimal:
    """Day by day, as the rule says: each day by the balance at the end of the day before."""
    weight = Decimal(0)
    for day in (first + timedelta(n) for n in range((last - first).days + 1)):
        balance = price - sum((amount for on, amount in paid.items() if on < day), Decimal(0))
        weight += balance * max(rate for rate in RATES if rate[0] <= day)[1]
    return (weight / 36500).quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.parametrize("seed", range(4))
async def test_interest_is_that_of_each_day(clerk: Clerk, seed: int) -> None:
    """OCH-02."""
    chance = random.Random(seed)
    await clerk.sql("update customer set overdue_charge = false where company_id = 1")
    clerk.customer_number = (await clerk.customer(name="Late AS")).number
    price = Decimal(chance.randrange(10_000, 9_000_000)) / 100
    line = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": price, "vatCodeId": "6"}
    invoice = await clerk.issue(
        INVOICE, documentDate=f"{DUE}", documentDueDate=f"{DUE}", lines=[line], creditTermsId="KONTANT"
    )
    days = sorted(chance.sample(range(1, (END - DUE).days), 4))
    paid: dict[date, Decimal] = {}
    for day in (DUE + timedelta(n) for n in days[:2]):
        paid[day] = (price / chance.randrange(3, 6)).quantize(Decimal("0.01"))
        await clerk.pay(paid[day], application(invoice, paid[day]), applicationDate=f"{day}")
    stops = [*(DUE + timedelta(n) for n in sorted(chance.sample(range(30, 200), 2))), END]
    whole = (await clerk.charge(END, dryRun=True))["created"][0]["amount"]
    assert whole == interest(price, paid, DUE + timedelta(1), END)
    parts, first = [], DUE + timedelta(1)
    for stop in stops:
        charge = await clerk.charged(stop)
        assert charge["amount"] == interest(price, paid, first, stop)
        await clerk.release(charge)
        parts.append(charge["amount"])
        first = stop + timedelta(1)
    assert abs(sum(parts) - whole) <= Decimal("0.01") * len(parts)
