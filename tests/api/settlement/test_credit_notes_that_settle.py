"""Credit notes with applicationLines, over HTTP: proposed, changed, released, refused (APP)."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, Clerk, Record, application, refusal

FOUR = [{"operation": "Insert", "inventoryNumber": "A", "quantity": 4}]
"""Lines over 500.00 with VAT."""


def settling(debit: Record | str, amount: Any, **more: Any) -> dict[str, Any]:
    """The fields of a credit note over 500.00 with VAT that settles `amount` of a debit."""
    return {"documentDate": "2025-04-04", "lines": FOUR, "applicationLines": [application(debit, amount)]} | more


@pytest.fixture
async def invoice(clerk: Clerk) -> Record:
    """A released invoice over 500.00."""
    return await clerk.issue(INVOICE, lines=FOUR)


async def test_a_credit_note_settles_an_invoice_when_it_is_released(clerk: Clerk, invoice: Record) -> None:
    draft = await clerk.credit_note(**settling(invoice, 500))
    assert (await clerk.get(invoice))["balance"] == 500
    note = await clerk.release(draft)
    settled = await clerk.get(invoice)
    assert (settled["status"], settled["balance"], settled["closedFinancialPeriod"]) == ("Closed", 0, "202504")
    assert settled["applications"] == [
        {
            "docType": "CreditNote",
            "customerCD": "20001",
            "refNbr": note.number,
            "amountPaid": 500,
            "cashDiscountTaken": 0,
            "balance": 0,
            "pendingPPD": False,
            "released": True,
            "hold": False,
            "voided": False,
            "status": "Closed",
            "applicationDate": "2025-04-04T00:00:00",
            "applicationPeriod": "202504",
        }
    ]
    assert (note["status"], note["balance"], note["closedFinancialPeriod"]) == ("Closed", 0, "202504")
    assert [line["refNbr"] for line in note["applications"]] == [invoice.number]


async def test_a_part_leaves_both_open(clerk: Clerk, invoice: Record) -> None:
    note = await clerk.issue(CREDIT_NOTE, **settling(invoice, 200.5))
    for document in (await clerk.get(invoice), note):
        assert (document["status"], document["balance"]) == ("Open", 299.5)
        assert "closedFinancialPeriod" not in document


async def test_the_customer_owes_nothing_after_a_full_settlement(clerk: Clerk, invoice: Record) -> None:
    before, _ = await clerk.balance()
    await clerk.issue(CREDIT_NOTE, **settling(invoice, 500))
    assert (await clerk.balance())[0] == before - 500


async def test_a_draft_may_change_what_it_settles(clerk: Clerk, invoice: Record) -> None:
    other = await clerk.issue(INVOICE, lines=FOUR)
    note = await clerk.credit_note(**settling(invoice, 300))
    await clerk.change(note, applicationLines=[application(invoice, 0, "Delete"), application(other, 120)])
    changed = await clerk.change(note, applicationLines=[application(other, 150, "Update")])
    assert [(line["refNbr"], line["amountPaid"], line["released"]) for line in changed["applications"]] == [
        (other.number, 150, False)
    ]
    await clerk.release(note)
    assert (await clerk.get(invoice))["balance"] == 500
    assert (await clerk.get(other))["balance"] == 350


async def test_what_was_sent_before_changes_nothing(clerk: Clerk, invoice: Record) -> None:
    note = await clerk.credit_note(**settling(invoice, 300))
    answer = await clerk.put(note, applicationLines=[application(invoice, 300, "Update")])
    assert answer.status_code == 204
    assert answer.headers["etag"] == note.etag


@pytest.mark.parametrize(
    ("line", "field", "named"),
    [
        (application("999999", 10), "refNbr", "AdjdRefNbr '999999' cannot be found in the system."),
        (application("{draft}", 10), "refNbr", "Balanced"),
        (application("003525", 10), "refNbr", "cannot be found in the system."),
        (application("{invoice}", 500.01), "amountPaid", "500"),
        (application("{invoice}", 0), "amountPaid", "0"),
        (application("{invoice}", -5), "amountPaid", "-5"),
        ({**application("{invoice}", 5), "documentType": "CreditNote"}, "documentType", "CreditNote"),
    ],
)
async def test_what_cannot_be_settled_is_refused_and_named(
    clerk: Clerk, invoice: Record, line: dict[str, Any], field: str, named: str
) -> None:
    draft = await clerk.invoice(lines=FOUR)
    wanted = {**line, "refNbr": line["refNbr"].format(invoice=invoice.number, draft=draft.number)}
    text = await clerk.refuse(CREDIT_NOTE, **settling(invoice, 1, applicationLines=[wanted]))
    assert f"applicationLines[0].{field}" in text
    assert named in text


async def test_no_more_can_be_settled_than_the_note_is_over(clerk: Clerk, invoice: Record) -> None:
    text = await clerk.refuse(CREDIT_NOTE, **settling(invoice, 300, lines=[FOUR[0] | {"quantity": 2}]))
    assert "applicationLines" in text
    assert "250" in text


async def test_an_invoice_waits_for_one_credit_note_at_a_time(clerk: Clerk, invoice: Record) -> None:
    first = await clerk.credit_note(**settling(invoice, 100))
    waits = f"{invoice.number} has an application that is not released yet, from CreditNote {first.number}."
    text = await clerk.refuse(CREDIT_NOTE, **settling(invoice, 100))
    assert f"{waits} Field: applicationLines[0].refNbr. Release that one" in text
    assert (await clerk.delete(first)).status_code == 204
    payment = await clerk.payment(1, application(invoice, 1))
    text = await clerk.refuse(CREDIT_NOTE, **settling(invoice, 100))
    assert f"{invoice.number} has an application that is not released yet, from Payment {payment.number}." in text
    assert (await clerk.delete(f"reskontra/customerPayment/{payment.number}")).status_code == 204
    await clerk.credit_note(**settling(invoice, 100))


async def test_two_credit_notes_proposed_at_once_do_not_both_stand(clerk: Clerk, invoice: Record) -> None:
    note = clerk.sale(**settling(invoice, 100))
    answers = await asyncio.gather(*(clerk.post(CREDIT_NOTE, **note) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers)[:2] == [201, 400]


async def test_a_difference_of_rates_is_a_gain_or_loss_and_the_books_agree(clerk: Clerk) -> None:
    euro: dict[str, Any] = {
        "currencyId": "EUR",
        "lines": [{"inventoryNumber": "A", "quantity": 4, "unitPriceInCurrency": Decimal("33.33"), "vatCodeId": "6"}],
    }
    await clerk.prefer(accept_rates_beyond_tolerance=True)
    invoice = await clerk.issue(INVOICE, **euro, exchangeRate=Decimal("11.2345"))
    balance = invoice["balanceInCurrency"]
    await clerk.issue(CREDIT_NOTE, **settling(invoice, balance, **euro, exchangeRate=Decimal("11.5")))
    settled = await clerk.get(invoice)
    assert (settled["status"], settled["balance"], settled["balanceInCurrency"]) == ("Closed", 0, 0)
    gained = await clerk.sql(
        "select sum(credit_base - debit_base) from journal_entry where purpose = 'exchange_gain_loss'"
    )
    invoice_base = (balance * Decimal("11.2345")).quantize(Decimal("0.01"))
    note_base = (balance * Decimal("11.5")).quantize(Decimal("0.01"))
    assert gained == note_base - invoice_base


@pytest.mark.parametrize(
    ("amount", "applied"), [(124.999, "125"), (1.005, "1.01"), (1.0049999, "1"), (500.0000000001, "500")]
)
async def test_an_amount_finer_than_the_currency_is_rounded(
    clerk: Clerk, invoice: Record, amount: float, applied: str
) -> None:
    note = await clerk.credit_note(**settling(invoice, amount))
    [shown] = note["applications"]
    assert shown["amountPaid"] == Decimal(applied)


@pytest.mark.parametrize("amount", [0.004, 500.005])
async def test_an_amount_that_rounds_to_what_cannot_be_applied_is_refused(
    clerk: Clerk, invoice: Record, amount: float
) -> None:
    text = await clerk.refuse(CREDIT_NOTE, **settling(invoice, amount))
    assert "applicationLines[0].amountPaid" in text


async def test_a_document_named_twice_is_refused(clerk: Clerk, invoice: Record) -> None:
    twice = [application(invoice, 5), application(invoice.number.lower(), 6)]
    text = await clerk.refuse(CREDIT_NOTE, **settling(invoice, 5, applicationLines=twice))
    assert "applicationLines[1].refNbr" in text


async def test_gains_and_losses_of_one_note_are_booked_apart(clerk: Clerk) -> None:
    line = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 100, "vatCodeId": "6"}
    await clerk.prefer(accept_rates_beyond_tolerance=True)
    invoices = [await clerk.issue(INVOICE, currencyId="EUR", exchangeRate=rate, lines=[line]) for rate in (10.0, 12.0)]
    await clerk.issue(
        CREDIT_NOTE,
        documentDate="2025-04-04",
        currencyId="EUR",
        exchangeRate=11.0,
        lines=[{**line, "quantity": 2}],
        applicationLines=[application(invoice, 100) for invoice in invoices],
    )
    rows = await clerk.rows(
        "select account_number, debit_base, credit_base, period_id from journal_entry"
        " where purpose = 'exchange_gain_loss' order by account_number"
    )
    assert [tuple(row) for row in rows] == [
        ("8060", 0, 100, "202504"),
        ("8160", 100, 0, "202504"),
    ]


async def test_an_exchange_difference_is_not_booked_before_the_invoice(clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE, currencyId="EUR", documentDate="2025-07-15", lines=FOUR)
    text = await clerk.refuse(CREDIT_NOTE, **settling(invoice, 1, currencyId="EUR", documentDate="2025-02-02"))
    assert "applicationLines[0].refNbr" in text
    assert "2025-07-15" in text


async def test_credit_notes_released_together_settle_each_their_own(clerk: Clerk) -> None:
    invoices = [await clerk.issue(INVOICE, lines=FOUR) for _ in range(5)]
    notes = [await clerk.credit_note(**settling(invoice, 500)) for invoice in invoices]
    await asyncio.gather(*(clerk.release(note) for note in notes))
    for document in (*invoices, *notes):
        assert (await clerk.get(document))["status"] == "Closed"
    assert await clerk.sql("select count(*) from application where released_at is not null") == 5


@pytest.mark.parametrize("spelling", ["DebitMemo", "debit memo", "DEBITNOTE"])
async def test_a_debit_note_goes_by_other_names_too(clerk: Clerk, spelling: str) -> None:
    debit = await clerk.issue(DEBIT_NOTE, lines=FOUR)
    settles = [application(debit, 100) | {"documentType": spelling}]
    note = await clerk.credit_note(**settling(debit, 100, applicationLines=settles))
    assert "DebitNote" in str(note)
    assert debit.number in str(note)


async def test_a_settlement_sent_to_a_released_note_is_refused_in_a_clients_words(
    clerk: Clerk, invoice: Record
) -> None:
    note = await clerk.issue(CREDIT_NOTE, **settling(invoice, 100))
    text = refusal(await clerk.put(note, applicationLines=[application(invoice, 50)]))
    assert "Field: applicationLines. " in text
    assert "Sent:" not in text
    assert "Operation" not in text
