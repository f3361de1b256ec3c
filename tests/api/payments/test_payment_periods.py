"""How far the periods of payments and applications may be from their dates (PER-08)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, INVOICE, PAYMENT, Clerk, refusal

ALLOWED = "Send 202503 to 202506, or another date."


@pytest.fixture(autouse=True)
async def three(clerk: Clerk) -> None:
    await clerk.prefer(period_distance=3)


def told(period: str) -> str:
    """Why it is refused: an earlier period is never taken, whatever the company says."""
    if period < "202503":
        return "The date is in period 202503."
    return f"The date 2025-03-10 and the financial period {period} are too far apart."


@pytest.mark.parametrize("period", ["202507", "202301"])
async def test_the_period_of_a_payment(clerk: Clerk, period: str) -> None:
    sent = {"applicationDate": "2025-03-10", "paymentAmount": 100, "customer": "20001"}
    reason = told(period)
    assert reason in refusal(await clerk.post(PAYMENT, **sent, applicationPeriod=period))
    payment = await clerk.create(PAYMENT, **sent, applicationPeriod="202506")
    assert reason in refusal(await clerk.put(payment, applicationPeriod=period))
    assert (await clerk.release(payment))["applicationPeriod"] == "202506"


@pytest.mark.parametrize("period", ["202507", "202502"])
async def test_the_period_of_an_application(clerk: Clerk, period: str) -> None:
    invoice = await clerk.issue(INVOICE, documentDate="2025-03-03")
    note = await clerk.issue(CREDIT_NOTE, documentDate="2025-03-10")

    async def apply(period: str) -> Any:
        return await clerk.post(
            "reskontra/application",
            credit={"documentType": "CreditNote", "referenceNumber": note.number},
            lines=[{"documentType": "Invoice", "referenceNumber": invoice.number, "amountPaid": 100}],
            applicationDate="2025-03-10",
            financialPeriod=period,
        )

    text = refusal(await apply(period))
    assert told(period) in text
    assert (ALLOWED in text) == (period > "202503")
    made = await apply("202506")
    assert made.status_code == 200, made.text
    assert made.json()["applications"][0]["applicationPeriod"] == "202506"
