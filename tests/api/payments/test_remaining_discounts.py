"""What is left of a cash discount, also after more was given than was offered (LNE-06, AUP-03)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.payments.conftest import on, owed, state
from tests.clerk import Clerk, Record, decoded

pytestmark = pytest.mark.usefixtures("payer")


async def given_freely(clerk: Clerk) -> Record:
    """100 on terms that offer no discount, of which 10 were paid and 5 given: 85 is left."""
    invoice = await owed(clerk, 100, creditTermsId="14")
    paid = await clerk.pay(10, on(invoice, amountPaid=10, cashDiscountTaken=5))
    assert [(it["balance"], it["cashDiscountBalance"]) for it in paid["paymentLines"]] == [(85, 0)]
    return invoice


async def shown(clerk: Clerk, payment: Record) -> list[tuple[Any, ...]]:
    lines = (await clerk.get(payment))["paymentLines"]
    return [(it["amountPaid"], it["cashDiscountTaken"], it["balance"], it["cashDiscountBalance"]) for it in lines]


async def test_a_line_takes_what_is_left_and_gives_nothing(clerk: Clerk) -> None:
    invoice = await given_freely(clerk)
    draft = await clerk.payment(200, on(invoice))
    assert await shown(clerk, draft) == [(85, 0, 0, 0)]
    paid = await clerk.release(draft)
    assert await shown(clerk, paid) == [(85, 0, 0, 0)]
    assert (await state(clerk, invoice), paid["availableBalance"]) == (("Closed", 0), 115)


async def test_a_proposed_line_that_gives_more_than_was_offered(clerk: Clerk) -> None:
    invoice = await owed(clerk, 100, creditTermsId="30D2")
    draft = await clerk.payment(50, on(invoice, amountPaid=50, cashDiscountTaken=50))
    assert await shown(clerk, draft) == [(50, 50, 0, 0)]


async def test_a_run_applies_what_is_left(clerk: Clerk) -> None:
    invoice = await given_freely(clerk)
    paid = await clerk.pay(200)
    order = {"asOf": "2025-03-03", "filters": {"customer": [clerk.customer_number]}}
    (made,) = decoded(await clerk.post("reskontra/run/autoApply", **order))["created"]
    assert made["amount"] == 85
    assert (await state(clerk, invoice), await state(clerk, paid)) == (("Closed", 0), ("Open", 115))
    assert await shown(clerk, paid) == [(85, 0, 0, 0)]


async def test_a_payment_that_names_nothing_applies_what_is_left(clerk: Clerk) -> None:
    invoice = await given_freely(clerk)
    await clerk.sql("update customer set auto_apply = true where number = $1", clerk.customer_number)
    draft = await clerk.payment(200)
    (made,) = decoded(await clerk.act(draft, "release"))["applications"]
    assert made["amount"] == 85
    assert (await state(clerk, invoice), await state(clerk, draft)) == (("Closed", 0), ("Open", 115))


@pytest.mark.parametrize("given", [5, 50], ids=["less than was offered", "more than was offered"])
async def test_what_is_left_after_a_discount_in_time(clerk: Clerk, given: int) -> None:
    """2 % of 1,250 is 25: whoever had 5 of it may take 20 more, and whoever had 50 nothing."""
    invoice = await owed(clerk, 1250, creditTermsId="30D2")
    assert (await clerk.get(invoice))["cashDiscount"] == 25
    await clerk.pay(100, on(invoice, amountPaid=100, cashDiscountTaken=given))
    left = max(25 - given, 0)
    open_ = 1250 - 100 - given
    paid = await clerk.pay(2000, on(invoice), applicationDate="2025-03-05")
    assert await shown(clerk, paid) == [(open_ - left, left, 0, 0)]


async def test_a_payment_applied_by_itself_takes_a_discount_that_closes_the_document_in_time(clerk: Clerk) -> None:
    """AUP-03: not where something stays open, nor too late."""
    await clerk.sql("update customer set auto_apply = true where number = $1", clerk.customer_number)
    in_time = await owed(clerk, 1250, creditTermsId="30D2")
    assert await shown(clerk, await clerk.pay(1225, applicationDate="2025-03-13")) == [(1225, 25, 0, 0)]
    assert await state(clerk, in_time) == ("Closed", 0)
    late = await owed(clerk, 1250, creditTermsId="30D2")
    assert await shown(clerk, await clerk.pay(1225, applicationDate="2025-03-14")) == [(1225, 0, 25, 25)]
    assert await state(clerk, late) == ("Open", 25)
    in_part = await owed(clerk, 1250, creditTermsId="30D2", documentDate="2025-05-05")
    assert await shown(clerk, await clerk.pay(1249, applicationDate="2025-05-05")) == [
        (25, 0, 0, 25), (1224, 0, 26, 25)
    ]  # fmt: skip
    assert await state(clerk, in_part) == ("Open", 26)


async def test_a_run_takes_a_discount_that_closes_the_document_in_time(clerk: Clerk) -> None:
    invoice = await owed(clerk, 1250, creditTermsId="30D2")
    paid = await clerk.pay(1300)
    order = {"asOf": "2025-03-13", "filters": {"customer": [clerk.customer_number]}}
    (made,) = decoded(await clerk.post("reskontra/run/autoApply", **order))["created"]
    assert made["amount"] == 1225
    assert await shown(clerk, paid) == [(1225, 25, 0, 0)]
    assert await state(clerk, invoice) == ("Closed", 0)
