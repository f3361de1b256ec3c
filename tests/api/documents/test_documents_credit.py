"""The credit check of invoices and debit notes over HTTP (CRD-01 to CRD-06, D4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, Clerk


def of(amount: int) -> list[dict[str, Any]]:
    """Lines that come to `amount`, untaxed."""
    return [{"description": "x", "unitPriceInCurrency": amount, "vatCodeId": "6"}]


async def limit(clerk: Clerk, free: int, rule: str = "CreditLimit", number: str = "20001") -> Decimal:
    """Give a customer a limit that leaves `free`; returns the limit."""
    balance, unreleased = await clerk.balance(number)
    allowed = balance + unreleased + free
    await clerk.sql(
        f"""update customer set credit_verification = '{rule}', credit_limit = {allowed} where number = '{number}'"""
    )
    return allowed


@pytest.mark.parametrize("kind", [INVOICE, DEBIT_NOTE])
async def test_a_document_over_the_limit_is_saved_on_hold_and_stays_there(clerk: Clerk, kind: str) -> None:
    allowed = await limit(clerk, 1000)
    balance, unreleased = await clerk.balance()
    document = await clerk.document(kind, lines=of(1001))
    assert (document["status"], document["hold"], document["amount"]) == ("Hold", True, 1001)
    expected = (
        f"credit limit {allowed:f}, balance {balance:f}, unreleased {unreleased:f}, "
        f"this document 1001.0000, excess 1.0000"
    )
    refused = await clerk.refuse_change(document, hold=False)
    assert refused.startswith(f"The credit check failed: {expected}. Field: hold.")
    refused = await clerk.refuse_release(document)  # nothing was sent: no field is at fault
    assert refused.startswith(f"The credit check failed: {expected}. Raise")
    assert (await clerk.change(document, note="Still held"))["status"] == "Hold"
    await limit(clerk, 0)  # what waits counts: now exactly enough
    assert (await clerk.change(document, hold=False))["status"] == "Balanced"
    assert (await clerk.release(document))["status"] == "Open"


async def test_the_limit_is_reached_but_not_passed_by_the_last_krone(clerk: Clerk) -> None:
    await limit(clerk, 1000)
    statuses = [(await clerk.invoice(lines=of(500)))["status"] for _ in range(3)]
    assert statuses == ["Balanced", "Balanced", "Hold"]


async def test_a_draft_that_grows_over_the_limit_goes_on_hold_and_one_that_shrinks_does_not_ask(clerk: Clerk) -> None:
    await limit(clerk, 1000)
    number = (await clerk.invoice(lines=of(900))).number
    grown = await clerk.change(
        f"customerinvoice/{number}", lines=[{"operation": "Update", "lineNumber": 1, "unitPriceInCurrency": 1100}]
    )
    assert grown["status"] == "Hold"
    other = await clerk.invoice(customerNumber="20002", lines=of(900))
    await limit(clerk, -500, number="20002")
    less = await clerk.change(other, lines=[{"operation": "Update", "lineNumber": 1, "unitPriceInCurrency": 800}])
    assert less["status"] == "Balanced"


async def test_credit_given_to_one_customer_is_not_credit_given_to_another(clerk: Clerk) -> None:
    await limit(clerk, 100, number="20002")
    number = (await clerk.invoice(lines=of(900))).number
    assert (await clerk.change(f"customerinvoice/{number}", customerNumber="20002"))["status"] == "Hold"
    assert "The credit check failed" in await clerk.refuse_release(f"customerinvoice/{number}")


async def test_release_asks_again(clerk: Clerk) -> None:
    await limit(clerk, 1000)
    document = await clerk.invoice(lines=of(900))
    await limit(clerk, -1)
    assert "excess 1.0000. Raise" in await clerk.refuse_release(document)


async def test_credit_notes_are_never_stopped_and_make_room(clerk: Clerk) -> None:
    owed = int(sum(await clerk.balance()))
    assert await limit(clerk, -owed) < 1
    assert (await clerk.document(CREDIT_NOTE, lines=of(1)))["status"] == "Balanced"
    note = await clerk.document(CREDIT_NOTE, lines=of(owed + 100))
    assert note["status"] == "Balanced"
    await clerk.release(note)
    document = await clerk.invoice(lines=of(100))
    assert document["status"] == "Balanced"
    assert (await clerk.release(document))["status"] == "Open"


async def test_days_past_due_count_from_the_earliest_open_due_date(clerk: Clerk) -> None:
    open_invoice = await clerk.invoice(documentDate="2026-01-01", documentDueDate="2026-01-05")
    await clerk.release(open_invoice)
    await clerk.execute(
        "update document set due_date = '2026-01-05' where due_date < '2026-01-05' and released_at is not null",
        """update customer set credit_verification = 'DaysPastDue', credit_days_past_due = 10, credit_limit = 1
            where number = '20001'""",
    )
    # Today is 2026-01-15, the tenth day.
    document = await clerk.invoice()
    assert document["status"] == "Balanced"
    await clerk.sql("update customer set credit_days_past_due = 9 where number = '20001'")
    assert (await clerk.invoice())["status"] == "Hold"
    text = await clerk.refuse_release(document)
    assert "a document was due on 2026-01-05, 10 days ago, allowed 9" in text


async def test_both_tests_together_fail_if_one_does(clerk: Clerk) -> None:
    await limit(clerk, 100, "LimitAndDaysPastDue")
    await clerk.sql("update customer set credit_days_past_due = 10000")
    assert (await clerk.invoice(lines=of(100)))["status"] == "Balanced"
    assert (await clerk.invoice(lines=of(1)))["status"] == "Hold"


async def test_the_check_may_hold_with_its_own_status_or_be_off(clerk: Clerk) -> None:
    await limit(clerk, 100)
    await clerk.prefer(credit_check={"enabled": True, "status": "CreditHold"})
    document = await clerk.invoice(lines=of(200))
    assert document["status"] == "CreditHold"
    await clerk.prefer(credit_check={"enabled": False, "status": "Hold"})
    assert (await clerk.invoice(lines=of(200)))["status"] == "Balanced"
    assert (await clerk.change(document, hold=False))["status"] == "Balanced"


async def test_the_limit_is_in_base_currency(clerk: Clerk) -> None:
    await limit(clerk, 1000)
    foreign: dict[str, Any] = {"currencyId": "EUR", "exchangeRate": 10}
    assert (await clerk.invoice(**foreign, lines=of(100)))["status"] == "Balanced"
    assert (await clerk.invoice(**foreign, lines=of(1)))["status"] == "Hold"


async def test_the_list_finds_the_drafts_that_the_limit_stops(clerk: Clerk) -> None:
    """Also those that were saved when there was room, and a correction only for what it adds."""
    note = await clerk.document(CREDIT_NOTE, lines=of(900))
    await limit(clerk, 1000)
    drafts = [await clerk.invoice(lines=of(600)) for _ in range(2)]

    async def stopped() -> dict[str, float]:
        found = await clerk.page("reskontra/document", customer="20001", exceedsCredit=True)
        return {it["referenceNumber"]: it["creditExcess"] for it in found}

    assert await stopped() == {it.number: 200 for it in drafts}
    assert "excess 200.0000" in await clerk.refuse_release(drafts[0])
    await clerk.prefer(credit_check={"enabled": False, "status": "Hold"})
    assert await stopped() == {}, "the company checks no credit"
    (stands,) = await clerk.page("reskontra/standing", number="20001")
    assert "creditLimit" not in stands or stands["creditLimit"] is None
    await clerk.prefer(credit_check={"enabled": True, "status": "Hold"})
    others = await clerk.page("reskontra/document", customer="20001", exceedsCredit=False, released=False)
    assert note.number in {it["referenceNumber"] for it in others}
    await clerk.delete(drafts[1])
    assert await stopped() == {}
    await clerk.release(drafts[0])
    await limit(clerk, 0)
    made = await clerk.post(f"customerinvoice/{drafts[0].number}/action/correct")
    assert made.status_code < 300, made.text
    assert await stopped() == {}
