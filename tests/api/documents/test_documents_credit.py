"""The credit check of invoices and debit notes over HTTP (CRD-01 to CRD-06, D4)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.api.documents.conftest import Ledger

INVOICE, CREDIT_NOTE, DEBIT_NOTE = "customerinvoice", "customerCreditNote", "customerDebitNote"


def of(amount: int) -> list[dict[str, Any]]:
    """Lines that come to `amount`, untaxed."""
    return [{"description": "x", "unitPriceInCurrency": amount, "vatCodeId": "6"}]


async def limit(ledger: Ledger, free: int, rule: str = "CreditLimit", number: str = "20001") -> Decimal:
    """Give a customer a limit that leaves `free`; returns the limit."""
    balance, unreleased = await ledger.balance(number)
    allowed = balance + unreleased + free
    await ledger.sql(
        f"""update customer set credit_verification = '{rule}', credit_limit = {allowed} where number = '{number}'"""
    )
    return allowed


@pytest.mark.parametrize("kind", [INVOICE, DEBIT_NOTE])
async def test_a_document_over_the_limit_is_saved_on_hold_and_stays_there(ledger: Ledger, kind: str) -> None:
    allowed = await limit(ledger, 1000)
    balance, unreleased = await ledger.balance()
    document = await ledger.create(kind, lines=of(1001))
    number = document["referenceNumber"]
    assert (document["status"], document["hold"], document["amount"]) == ("Hold", True, 1001)
    expected = (
        f"credit limit {allowed:f}, balance {balance:f}, unreleased {unreleased:f}, "
        f"this document 1001.0000, excess 1.0000"
    )
    refused = await ledger.refuse_change(number, kind, hold=False)
    assert refused.startswith(f"The credit check failed: {expected}. Field: hold.")
    refused = await ledger.refuse_release(number, kind)  # nothing was sent: no field is at fault
    assert refused.startswith(f"The credit check failed: {expected}. Raise")
    assert (await ledger.change(number, kind, note="Still held"))["status"] == "Hold"
    await limit(ledger, 0)  # what waits counts: now exactly enough
    assert (await ledger.change(number, kind, hold=False))["status"] == "Balanced"
    assert (await ledger.release(number, kind))["status"] == "Open"


async def test_the_limit_is_reached_but_not_passed_by_the_last_krone(ledger: Ledger) -> None:
    await limit(ledger, 1000)
    statuses = [(await ledger.create(lines=of(500)))["status"] for _ in range(3)]
    assert statuses == ["Balanced", "Balanced", "Hold"]


async def test_a_draft_that_grows_over_the_limit_goes_on_hold_and_one_that_shrinks_does_not_ask(ledger: Ledger) -> None:
    await limit(ledger, 1000)
    number = (await ledger.create(lines=of(900)))["referenceNumber"]
    grown = await ledger.change(number, lines=[{"operation": "Update", "lineNumber": 1, "unitPriceInCurrency": 1100}])
    assert grown["status"] == "Hold"
    other = (await ledger.create(customerNumber="20002", lines=of(900)))["referenceNumber"]
    await limit(ledger, -500, number="20002")
    less = await ledger.change(other, lines=[{"operation": "Update", "lineNumber": 1, "unitPriceInCurrency": 800}])
    assert less["status"] == "Balanced"


async def test_credit_given_to_one_customer_is_not_credit_given_to_another(ledger: Ledger) -> None:
    await limit(ledger, 100, number="20002")
    number = (await ledger.create(lines=of(900)))["referenceNumber"]
    assert (await ledger.change(number, customerNumber="20002"))["status"] == "Hold"
    assert "The credit check failed" in await ledger.refuse_release(number)


async def test_release_asks_again(ledger: Ledger) -> None:
    await limit(ledger, 1000)
    number = (await ledger.create(lines=of(900)))["referenceNumber"]
    await limit(ledger, -1)
    assert "excess 1.0000. Raise" in await ledger.refuse_release(number)


async def test_credit_notes_are_never_stopped_and_make_room(ledger: Ledger) -> None:
    owed = int(sum(await ledger.balance()))
    assert await limit(ledger, -owed) < 1
    assert (await ledger.create(CREDIT_NOTE, lines=of(1)))["status"] == "Balanced"
    note = await ledger.create(CREDIT_NOTE, lines=of(owed + 100))
    assert note["status"] == "Balanced"
    await ledger.release(note["referenceNumber"], CREDIT_NOTE)
    document = await ledger.create(lines=of(100))
    assert document["status"] == "Balanced"
    assert (await ledger.release(document["referenceNumber"]))["status"] == "Open"


async def test_days_past_due_count_from_the_earliest_open_due_date(ledger: Ledger) -> None:
    open_invoice = await ledger.create(documentDate="2026-01-01", documentDueDate="2026-01-05")
    await ledger.release(open_invoice["referenceNumber"])
    await ledger.sql(
        "update document set due_date = '2026-01-05' where due_date < '2026-01-05' and released_at is not null",
        """update customer set credit_verification = 'DaysPastDue', credit_days_past_due = 10, credit_limit = 1
            where number = '20001'""",
    )
    # Today is 2026-01-15, the tenth day.
    document = await ledger.create()
    assert document["status"] == "Balanced"
    await ledger.sql("update customer set credit_days_past_due = 9 where number = '20001'")
    assert (await ledger.create())["status"] == "Hold"
    text = await ledger.refuse_release(document["referenceNumber"])
    assert "a document was due on 2026-01-05, 10 days ago, allowed 9" in text


async def test_both_tests_together_fail_if_one_does(ledger: Ledger) -> None:
    await limit(ledger, 100, "LimitAndDaysPastDue")
    await ledger.sql("update customer set credit_days_past_due = 10000")
    assert (await ledger.create(lines=of(100)))["status"] == "Balanced"
    assert (await ledger.create(lines=of(1)))["status"] == "Hold"


async def test_the_check_may_hold_with_its_own_status_or_be_off(ledger: Ledger) -> None:
    await limit(ledger, 100)
    await ledger.prefer('{"credit_check": {"enabled": true, "status": "CreditHold"}}')
    document = await ledger.create(lines=of(200))
    assert document["status"] == "CreditHold"
    await ledger.prefer('{"credit_check": {"enabled": false, "status": "Hold"}}')
    assert (await ledger.create(lines=of(200)))["status"] == "Balanced"
    assert (await ledger.change(document["referenceNumber"], hold=False))["status"] == "Balanced"


async def test_the_limit_is_in_base_currency(ledger: Ledger) -> None:
    await limit(ledger, 1000)
    foreign: dict[str, Any] = {"currencyId": "EUR", "exchangeRate": 10}
    assert (await ledger.create(**foreign, lines=of(100)))["status"] == "Balanced"
    assert (await ledger.create(**foreign, lines=of(1)))["status"] == "Hold"
