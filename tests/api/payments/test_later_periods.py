"""Automatic application and documents that are posted to a later period than their date's (AUP-01, LNE-09)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.payments.conftest import priced
from tests.clerk import INVOICE, PAYMENT, Clerk, decoded


@pytest.mark.parametrize("way", ["run", "release"])
async def test_what_is_posted_later_waits_for_its_period(clerk: Clerk, way: str) -> None:
    """A discount would be booked before the debt itself: the release was refused, and the run broke the period."""
    clerk.customer_number = (await clerk.customer(name="Payer AS")).number
    later = await clerk.issue(INVOICE, **priced(1250), creditTermsId="30D2", financialPeriod="202504")
    now = await clerk.issue(INVOICE, **priced(100), creditTermsId="14")
    if way == "release":
        await clerk.sql("update customer set auto_apply = true where number = $1", clerk.customer_number)
    paid = await clerk.pay(1325)
    order: dict[str, Any] = {"asOf": "2025-03-05", "filters": {"customer": [clerk.customer_number]}}
    if way == "run":
        run = decoded(await clerk.post("reskontra/run/autoApply", **order))
        assert [it["debit"]["referenceNumber"] for it in run["created"]] == [now.number]
        assert {"ref": f"Invoice {later.number}", "reason": "It is of the period 202504, later than the run."} in run[
            "skipped"
        ]
    states = [(await clerk.get(it))["status"] for it in (later, now)]
    assert (states, (await clerk.get(paid))["availableBalance"]) == (["Open", "Closed"], 1225)
    order["asOf"] = "2025-04-01"
    (made,) = decoded(await clerk.post("reskontra/run/autoApply", **order))["created"]
    assert (made["debit"]["referenceNumber"], made["amount"]) == (later.number, 1225)


async def test_a_line_that_would_book_before_the_document_is_refused_with_both_periods(clerk: Clerk) -> None:
    line = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 1250, "vatCodeId": "6"}
    later = await clerk.issue(INVOICE, lines=[line], creditTermsId="30D2", financialPeriod="202504")
    sent = clerk.paying(1225, {"documentType": "Invoice", "refNbr": later.number})
    text = await clerk.refused("POST", PAYMENT, **sent)
    assert f"{later.number} is of the period 202504, the application of 2025-03-03 in the period 202503." in text
    paid = await clerk.pay(1225, {"documentType": "Invoice", "refNbr": later.number}, applicationPeriod="202504")
    assert paid["status"] == "Closed"
