"""Write-offs of small balances and credits: the run, what it books and passes over (WRO, SWO, UNP-03, VDP-06)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.api.payments.conftest import on, owed, send_back
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, PAYMENT, Clerk, application, decoded

RUN = "reskontra/run/writeOff"
CREDIT_WRITE_OFF = "customerCreditWriteOff"
DAY = "2025-03-31"


@pytest.fixture(autouse=True)
async def owing(clerk: Clerk) -> None:
    """A customer of whom 5.00 may be written off."""
    clerk.customer_number = (await clerk.customer(name="Small AS")).number


async def owes(clerk: Clerk) -> Decimal:
    balance, _ = await clerk.balance(clerk.customer_number)
    return balance


async def run(clerk: Clerk, day: str = DAY, *, dry_run: bool = False, **filters: Any) -> dict[str, Any]:
    sent = {"customer": [clerk.customer_number]} | filters
    answer = await clerk.post(RUN, asOf=day, dryRun=dry_run, filters=sent)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(outcome: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Type of each write-off, number of what it settled, amount."""
    return [(made["documentType"], made["settled"]["referenceNumber"], made["amount"]) for made in outcome["created"]]


async def booked(clerk: Clerk, document_type: str, number: str) -> dict[str, Any]:
    """Account -> debit less credit in base currency."""
    rows = await clerk.rows(
        """
        select account_number, sum(debit_base - credit_base) as amount from journal_entry
         where company_id = $1 and document_type = $2 and document_number = $3 group by account_number order by 1
        """,
        clerk.company_id,
        document_type,
        number,
    )
    return {row["account_number"]: row["amount"] for row in rows}


async def test_small_balances_and_credits_go(clerk: Clerk) -> None:
    """2.50 of a limit of 5.00 goes and 7.00 stays; a credit of 3.00 goes to the other account (WRO-02, WRO-03)."""
    small, large = await owed(clerk, 2.5), await owed(clerk, 7)
    paid = await clerk.pay(3)
    outcome = await run(clerk)
    (balance, credit) = outcome["created"]
    assert balance == {
        "customer": clerk.customer_number, "documentType": "SmallBalanceWo", "referenceNumber": "600001",
        "amount": 2.5, "currency": "NOK", "settled": {"documentType": "Invoice", "referenceNumber": small.number},
    }  # fmt: skip
    assert (credit["documentType"], credit["referenceNumber"]) == ("SmallCreditWo", "600002")
    assert outcome["skipped"] == [
        {"ref": f"Invoice {large.number}", "reason": "Its balance of 7.00 is above the limit of 5.00."}
    ]
    assert await booked(clerk, "SmallBalanceWo", "600001") == {"1500": -2.5, "7830": 2.5}
    assert await booked(clerk, "SmallCreditWo", "600002") == {"1500": 3, "7740": -3}
    closed = await clerk.get(small)
    assert (closed["status"], closed["balance"], closed["closedFinancialPeriod"]) == ("Closed", 0, "202503")
    (applied,) = closed["applications"]
    assert (applied["docType"], applied["refNbr"], applied["amountPaid"]) == ("SmallBalanceWo", "600001", 2.5)
    assert ((await clerk.get(paid))["status"], (await clerk.get(paid))["availableBalance"]) == ("Closed", 0)
    assert await owes(clerk) == 7


async def test_write_offs_are_adjustments_of_the_balance(clerk: Clerk) -> None:
    """WRO-05, BLN-01: a balance that is written off lowers what is owed, a credit raises it."""
    await owed(clerk, 2.5)
    await clerk.pay(3)
    await run(clerk)
    found = await clerk.page("/v2/customer/balance", fromFinPeriod="202503", toFinPeriod="202503")
    (moved,) = [it for it in found if it["customer"]["number"] == clerk.customer_number]
    assert (moved["sales"], moved["paymentsAndPrepayments"], moved["adjustmentsAndDiscounts"]) == (2.5, 3, 0.5)
    assert moved["yearToDateBalance"] == 0


async def test_a_second_run_makes_nothing_and_a_trial_changes_nothing(clerk: Clerk) -> None:
    invoice = await owed(clerk, 2.5)
    before = await clerk.newest_change()
    trial = await run(clerk, dry_run=True)
    assert (told(trial), trial["created"][0].get("referenceNumber")) == (
        [("SmallBalanceWo", invoice.number, 2.5)],
        None,
    )
    assert await clerk.newest_change() == before
    outcome = await run(clerk)
    assert (told(outcome), outcome["created"][0]["referenceNumber"]) == (told(trial), "600001")
    assert (await run(clerk))["created"] == []


async def test_a_balance_write_off_is_read_as_a_payment(clerk: Clerk) -> None:
    invoice = await owed(clerk, 2.5)
    await run(clerk)
    shown = await clerk.get(f"{PAYMENT}/600001")
    assert (shown["type"], shown["status"], shown["paymentAmount"]) == ("SmallBalanceWo", "Closed", 2.5)
    assert (shown.get("paymentMethod"), shown.get("cashAccount"), shown["availableBalance"]) == (None, None, 0)
    assert (shown["applicationDate"], shown["applicationPeriod"]) == (f"{DAY}T00:00:00", "202503")
    assert shown["appliedToDocuments"] == 2.5
    (line,) = shown["paymentLines"]
    assert (line["documentType"], line["refNbr"], line["amountPaid"], line["balance"]) == (
        "Invoice", invoice.number, 2.5, 0,
    )  # fmt: skip
    assert line["writeOffReasonCode"]["id"] == "BALANCEWO"
    for query in ({}, {"paymentType": "SmallBalanceWo"}, {"invoiceRefNbr": invoice.number}):
        listed = await clerk.page(PAYMENT, customer=clerk.customer_number, **query)
        assert [it["refNbr"] for it in listed] == ["600001"], query
    assert await clerk.page(PAYMENT, customer=clerk.customer_number, paymentType="Payment") == []
    assert await clerk.get("payment/600001?paymentType=SmallBalanceWo") == shown
    await send_back(clerk, shown)


async def test_a_credit_write_off_is_read_at_its_own_address(clerk: Clerk) -> None:
    await clerk.pay(3)
    await run(clerk)
    shown = await clerk.get(f"{CREDIT_WRITE_OFF}/600001")
    assert (shown["documentType"], shown["status"], shown["amount"], shown["balance"], shown["hold"]) == (
        "SmallCreditWo", "Closed", 3, 0, False,
    )  # fmt: skip
    assert (shown["customer"]["number"], shown["documentDate"]) == (clerk.customer_number, f"{DAY}T00:00:00")
    assert (shown["closedFinancialPeriod"], shown["account"]["number"], shown["roundingDiff"]) == ("202503", "1500", 0)
    for query in ({}, {"documentType": "SmallCreditWo", "status": "Closed", "released": 1}):
        (listed,) = await clerk.page(CREDIT_WRITE_OFF, **query)
        assert listed == {**shown, "metadata": listed["metadata"]}
    assert await clerk.page(CREDIT_WRITE_OFF, documentType="Invoice") == []
    assert await clerk.page(CREDIT_WRITE_OFF, customer="20001") == []
    assert await clerk.status("GET", f"{CREDIT_WRITE_OFF}/600009") == 404
    everything = await clerk.page(f"customer/{clerk.customer_number}/document", documentType="SmallCreditWo")
    assert [it["referenceNumber"] for it in everything] == ["600001"]


async def test_each_kind_of_debt_and_credit(clerk: Clerk) -> None:
    invoice, debit_note = await owed(clerk, 1), await owed(clerk, 2, DEBIT_NOTE)
    note, prepaid = await owed(clerk, 3, CREDIT_NOTE), await clerk.pay(4, type="Prepayment")
    balances = await run(clerk, kind="balance")
    assert told(balances) == [("SmallBalanceWo", debit_note.number, 2), ("SmallBalanceWo", invoice.number, 1)]
    notes = await run(clerk, kind="credit")
    assert told(notes) == [("SmallCreditWo", note.number, 3), ("SmallCreditWo", prepaid.number, 4)]
    numbers = [made["referenceNumber"] for made in notes["created"]]
    assert await booked(clerk, "SmallCreditWo", numbers[1]) == {"2900": 4, "7740": -4}
    assert await owes(clerk) == 0


async def test_a_document_in_a_currency_goes_at_what_it_is_booked_at(clerk: Clerk) -> None:
    """The whole base balance goes, without gain or loss; the limit is in base currency (WRO-01, WRO-03)."""
    clerk.customer_number = (
        await clerk.customer(name="Euro AS", overrideWithClassValues=False, currencyId="EUR")
    ).number
    small, large = await owed(clerk, 0.45), await owed(clerk, 0.49)
    outcome = await run(clerk, day="2025-07-31")
    ((kind, number, amount),) = told(outcome)
    assert (kind, number, amount, outcome["created"][0]["currency"]) == ("SmallBalanceWo", small.number, 0.45, "EUR")
    assert await booked(clerk, kind, "600001") == {"1500": -(await clerk.get(small))["amount"], "7830": Decimal("4.68")}
    assert [it["ref"] for it in outcome["skipped"]] == [f"Invoice {large.number}"]
    assert (await run(clerk, currency="NOK"))["skipped"] == []


async def test_what_is_passed_over(clerk: Clerk) -> None:
    proposed, reserved, later = (
        await owed(clerk, 1),
        await clerk.pay(2),
        await owed(clerk, 3, documentDate="2025-04-02"),
    )
    await clerk.payment(1, application(proposed, 1))
    await clerk.change(reserved, hold=True)
    voided = await clerk.pay(4)
    assert (await clerk.act(voided, "void")).status_code == 200
    adding = await clerk.pay(5)
    due = await owed(clerk, 50)
    await clerk.change(adding, lines=[application(due, 5)])
    outcome = await run(clerk)
    reasons = {it["ref"]: it["reason"] for it in outcome["skipped"]}
    assert outcome["created"] == []
    assert "pending application of Payment" in reasons[f"Invoice {proposed.number}"]
    assert reasons[f"Payment {reserved.number}"] == "It is Reserved."
    assert reasons[f"Payment {voided.number}"] == "A void of it waits for release."
    assert reasons[f"Payment {adding.number}"] == (
        f"It has a pending application of Payment {adding.number}, which waits for release."
    )
    assert f"Invoice {later.number}" not in reasons  # it is later than the run


async def test_a_balance_that_was_larger_then_is_passed_over(clerk: Clerk) -> None:
    """WRO-02: what a later day left is written off on that day, or not at all if that day is taken back."""
    invoice, credit, due = await owed(clerk, 1000), await clerk.pay(1000), await owed(clerk, 997)
    await clerk.pay(998, application(invoice, 998), applicationDate="2025-05-10")
    sent = {"credit": {"documentType": "Payment", "referenceNumber": credit.number}, "applicationDate": "2025-05-10"}
    lines = [{"documentType": "Invoice", "referenceNumber": due.number, "amountPaid": 997}]
    assert (await clerk.post("reskontra/application", lines=lines, **sent)).status_code == 200
    outcome = await run(clerk, "2025-05-09")
    assert outcome["created"] == []
    assert {it["ref"]: it["reason"] for it in outcome["skipped"]} == dict.fromkeys(
        (f"Invoice {invoice.number}", f"Payment {credit.number}"),
        "More of it was open then: something was applied on 2025-05-10.",
    )
    assert {(kind, amount) for kind, _, amount in told(await run(clerk, "2025-05-10"))} == {
        ("SmallBalanceWo", 2),
        ("SmallCreditWo", 3),
    }


async def test_limits(clerk: Clerk) -> None:
    """Of two limits the lesser counts, and a customer without one keeps all (WRO-01)."""
    invoice, least = await owed(clerk, 4), await owed(clerk, 1)
    assert told(await run(clerk, limit=2)) == [("SmallBalanceWo", least.number, 1)]
    assert "above the limit of 2.00" in (await run(clerk, limit=2))["skipped"][0]["reason"]
    await clerk.sql("update customer set write_off_allowed = false where number = $1", clerk.customer_number)
    assert "has no limit" in (await run(clerk, limit=100))["skipped"][0]["reason"]
    await clerk.sql("update customer set write_off_allowed = true where number = $1", clerk.customer_number)
    assert told(await run(clerk, limit=100)) == [("SmallBalanceWo", invoice.number, 4)]
    more = await owed(clerk, 1)
    await clerk.sql("update customer set status = 'Inactive' where number = $1", clerk.customer_number)
    assert (await run(clerk))["skipped"] == [
        {"ref": f"Invoice {more.number}", "reason": "The customer has the status Inactive."}
    ]


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"reasonCode": "NONE", "kind": "balance"}, "ReasonCode 'NONE' cannot be found in the system."),
        ({"reasonCode": "CREDITWO", "kind": "balance"}, "is for CreditWriteOff, not for BalanceWriteOff"),
        ({"reasonCode": "BALANCEWO"}, "BalanceWriteOff or for CreditWriteOff"),
        ({"limit": 0}, "above zero"),
        ({"limit": -1}, "limit"),
        ({"kind": "all"}, "kind"),
        ({"currency": "XYZ"}, "XYZ"),
        ({"customerClass": "none"}, "none"),
        ({"customer": ["nobody"]}, "nobody"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_filters_that_are_refused(clerk: Clerk, filters: dict[str, Any], words: str) -> None:
    assert words in await clerk.refused("POST", RUN, asOf=DAY, filters=filters)


async def test_a_run_over_chosen_documents_looks_at_no_other(clerk: Clerk) -> None:
    first, second, large = await owed(clerk, 2.5), await owed(clerk, 2), await owed(clerk, 7)
    outcome = await run(clerk, document=[f"invoice/{second.number.lower()}", f"Invoice/{large.number}"])
    assert told(outcome) == [("SmallBalanceWo", second.number, 2)]
    assert [it["ref"] for it in outcome["skipped"]] == [f"Invoice {large.number}"]
    assert (await clerk.get(first))["status"] == "Open"
    for name in ("Invoice/none", "Invoice", "Thing/000001"):
        assert "Field: filters.document[1]." in await clerk.refused(
            "POST", RUN, asOf=DAY, filters={"document": [f"Invoice/{first.number}", name]}
        )


async def test_a_closed_period_and_parameters_are_refused(clerk: Clerk) -> None:
    assert "Field: asOf." in await clerk.refused("POST", RUN, asOf="2019-01-01")
    asked = await clerk.http.post(f"/v1/{RUN}?dryRun=true", json={})
    assert asked.status_code == 400


async def test_what_was_written_off_is_reversed_and_the_write_off_taken_back_by_a_note(clerk: Clerk) -> None:
    """WRO-05: a write-off is not undone, so nobody is told to undo it."""
    closed = await owed(clerk, 4)
    await run(clerk)
    part = await owed(clerk, 100)
    paid = await clerk.pay(97, on(part, amountPaid=97))
    await run(clerk)
    (undone,) = await clerk.page("reskontra/application", referenceNumber=paid.number)
    assert (await clerk.post(f"reskontra/application/{undone['id']}/action/undo")).status_code == 200
    assert [(await clerk.get(it))["status"] for it in (closed, part)] == ["Closed", "Open"]
    for invoice in (closed, part):
        text = await clerk.refused("POST", f"/v1/{invoice.address.partition('/v1/')[2]}/action/correct")
        assert "cannot be corrected: it has an application of SmallBalanceWo 60000" in text
        assert "which is not undone. Reverse it and send a new one; take the write-off back with a debit note." in text
    address = f"/v1/{closed.address.partition('/v1/')[2]}"
    text = await clerk.refused("POST", f"{address}/action/reverseandapplytonote")
    assert "is closed by SmallBalanceWo 600001, which is not undone. Reverse it without applying the note" in text
    note = decoded(await clerk.act(closed, "reverse"))["referenceNumber"]
    await clerk.release(f"{CREDIT_NOTE}/{note}")
    back = [
        {"description": "Write-off taken back", "manualAmountInCurrency": 4, "accountNumber": "7830", "vatCodeId": "6"}
    ]
    debit = await clerk.issue(DEBIT_NOTE, lines=back)
    sent = {"credit": {"documentType": "CreditNote", "referenceNumber": note}}
    lines = [{"documentType": "DebitNote", "referenceNumber": debit.number, "amountPaid": 4}]
    assert (await clerk.http.post("/v1/reskontra/application", json=sent | {"lines": lines})).status_code == 200
    assert (await clerk.get(debit))["status"] == "Closed"


async def test_a_write_off_is_not_voided_undone_released_or_deleted(clerk: Clerk) -> None:
    await owed(clerk, 2.5)
    paid = await clerk.pay(3)
    await run(clerk)
    address = f"{PAYMENT}/600001"
    assert "cannot be voided" in await clerk.refused("POST", f"{address}/action/void", type="SmallBalanceWo")
    assert "cannot be voided" in await clerk.refused("POST", f"{address}/action/void")
    assert "already released" in await clerk.refused("POST", f"{address}/action/release")
    assert "cannot be deleted" in await clerk.refused("DELETE", f"/v1/reskontra/{address}")
    text = await clerk.refused("POST", f"{PAYMENT}/{paid.number}/action/void")
    assert "written off by 600002" in text
    assert "pay that back with a refund" in text
    made = await clerk.page("reskontra/application", customer=clerk.customer_number)
    assert made
    for applied in made:
        assert "is not undone" in await clerk.refused("POST", f"reskontra/application/{applied['id']}/action/undo")
    assert "SmallBalanceWo" in await clerk.refused("POST", PAYMENT, **clerk.paying(10, type="SmallBalanceWo"))


async def test_numbers_have_no_gaps(clerk: Clerk) -> None:
    """Numbers come from the series without gaps, in the order in which documents are told (NUM-04)."""
    for _ in range(5):
        await owed(clerk, 1)
    outcome = await run(clerk)
    assert [made["referenceNumber"] for made in outcome["created"]] == [f"60000{place}" for place in range(1, 6)]
    settled = [made["settled"]["referenceNumber"] for made in outcome["created"]]
    assert settled == sorted(settled)


async def test_a_payment_whose_rest_was_written_off_is_sent_back(clerk: Clerk) -> None:
    """Its line for the write-off too, which nobody could enter."""
    paid = await clerk.pay(3)
    await run(clerk)
    (line,) = (await clerk.get(paid))["paymentLines"]
    assert (line["documentType"], line["amountPaid"]) == ("SmallCreditWo", 3)
    await send_back(clerk, paid)
