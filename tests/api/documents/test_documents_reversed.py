"""Reversing and correcting invoices over HTTP (RVS, CRR)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, INVOICE, STALE, Caller, Clerk, Record, application, decoded, refusal

EURO: dict[str, Any] = {"currencyId": "EUR", "exchangeRate": Decimal("10.8")}
TODAY = "2026-01-15T00:00:00"


@pytest.fixture(autouse=True)
async def buyer(clerk: Clerk) -> None:
    """A customer who owes nothing yet."""
    clerk.customer_number = (await clerk.customer(name="Buyer AS")).number


async def reversed_by(clerk: Caller, invoice: Record, action: str = "reverseandapplytonote") -> Record:
    """The draft credit note that reversing an invoice made."""
    answer = decoded(await clerk.act(invoice, action))
    note: Record = await clerk.get(f"{CREDIT_NOTE}/{answer['referenceNumber']}")
    return note


async def corrected_by(clerk: Caller, invoice: Record) -> Record:
    """The draft that is to replace an invoice."""
    answer = decoded(await clerk.act(invoice, "correct"))
    draft: Record = await clerk.get(f"{INVOICE}/{answer['refNbr']}")
    return draft


async def state(clerk: Clerk, document: Record) -> tuple[str, Any]:
    found = await clerk.get(document)
    return found["status"], found["balance"]


async def owed(clerk: Clerk) -> tuple[Any, Any]:
    """What the buyer owes, and what is saved but not released."""
    return await clerk.balance(clerk.customer_number)


async def corrects(clerk: Clerk, kind: str, number: str) -> Any:
    return (await clerk.get(f"reskontra/{kind}/{number}/vat")).get("corrects")


def accounts_of(document: Record, name: str) -> list[tuple[Any, ...]]:
    """What a line says that a reversal takes back."""
    return [
        (it["inventoryNumber"], it["quantity"], it["unitPriceInCurrency"], it["discountPercent"],
         it["amountInCurrency"], it["amount"], it["account"]["number"], it["branchNumber"]["number"])
        for it in document[name]
    ]  # fmt: skip


# --- reversing


async def test_a_reversal_copies_the_invoice_as_it_stands(clerk: Clerk) -> None:
    """RVS-02: also VAT that was entered, and prices, accounts and percents that have changed since."""
    sold = {"inventoryNumber": "A", "quantity": 3, "unitPriceInCurrency": 70, "discountPercent": 10}
    invoice = await clerk.issue(
        INVOICE,
        lines=[sold],
        taxDetailLines=[{"taxId": "3", "vatAmount": Decimal("47.26")}],
        externalReference="EXT-1",
        customerRefNumber="PO 7",
    )
    await clerk.change("inventory/A", defaultPrice=999)
    await clerk.sql("update vat_rate set percent = 20 where company_id = 1 and vat_id = '3'")
    note = await reversed_by(clerk, invoice, "reverse")
    assert (note["status"], note["documentDate"], note["postPeriod"]) == ("Balanced", TODAY, "202601")
    assert (note["externalReference"], note["customerRefNumber"]) == ("EXT-1", "PO 7")
    assert accounts_of(note, "lines") == accounts_of(invoice, "invoiceLines")
    assert note["taxDetails"] == invoice["taxDetails"]
    assert (note["amount"], note["vatTotal"]) == (invoice["amount"], Decimal("47.26"))
    assert "paymentReference" not in note
    assert not note.get("applications")
    assert await corrects(clerk, CREDIT_NOTE, note.number) == {
        "documentType": "Invoice",
        "referenceNumber": invoice.number,
    }
    assert await state(clerk, invoice) == ("Open", invoice["amount"])
    assert (await clerk.change(note, invoiceText="We are sorry."))["vatTotal"] == Decimal("47.26")
    released = await clerk.release(note)
    assert (released["status"], await owed(clerk)) == ("Open", (0, 0))
    mirrored = [(entry[0], entry[2], entry[1]) for entry in await clerk.entries(note)]
    assert mirrored == [entry[:3] for entry in await clerk.entries(invoice)]


async def test_a_reversal_is_dated_no_earlier_than_its_invoice(clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE, documentDate="2026-02-20")
    note = await reversed_by(clerk, invoice)
    assert (note["documentDate"], note["postPeriod"]) == ("2026-02-20T00:00:00", "202602")


async def test_what_takes_an_invoice_back_is_no_earlier_than_it(clerk: Clerk) -> None:
    """RVS-02: by date and by period; the refusal names the field, the value and the earliest that passes."""
    invoice = await clerk.issue(INVOICE, documentDate="2025-03-31", financialPeriod="202504")
    is_of = f"{invoice.number} is of 2025-03-31 in period 202504; a credit note is no earlier than that."
    for action in ("reverse", "reverseandapplytonote"):
        note = await reversed_by(clerk, invoice, action)
        text = await clerk.refuse_change(note, documentDate="2025-03-30", invoiceText="Earlier")
        assert f"{is_of} Field: documentDate. Sent: '2025-03-30'. Send 2025-03-31 or a later day." in text
        text = await clerk.refuse_change(note, documentDate="2025-03-31")
        assert f"{is_of} Field: financialPeriod. Sent: '202503'. Send 202504 or a later period." in text
        assert (await clerk.get(note)).etag == note.etag
        moved = await clerk.change(note, documentDate="2025-03-31", financialPeriod="202504")
        assert (await clerk.release(moved))["documentDate"] == "2025-03-31T00:00:00"
    earlier = await clerk.credit_note(documentDate="2025-03-30")
    text = await clerk.refuse_change(
        f"reskontra/{CREDIT_NOTE}/{earlier.number}/vat", corrects={"referenceNumber": invoice.number}
    )
    assert f"{is_of} Field: corrects.referenceNumber. Date the credit note 2025-03-31" in text


async def test_the_answer_names_the_note_and_shows_it_if_asked(clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE)
    answer = await clerk.act(invoice, "reverse", invoice.if_match, returnCreditNote=True)
    told = decoded(answer)
    note = await clerk.get(f"{CREDIT_NOTE}/{told['referenceNumber']}")
    assert answer.headers["ETag"] == note.etag
    assert set(told) == {"actionId", "actionResult", "referenceNumber", "creditNoteDto"}
    assert told["actionResult"] == "Done"
    assert told["creditNoteDto"] == note
    assert "creditNoteDto" not in decoded(await clerk.act(invoice, "reverse", returnCreditNote=False))


async def test_an_invoice_may_be_reversed_twice(clerk: Clerk) -> None:
    """RVS-03: for credit notes over parts of it."""
    invoice = await clerk.issue(INVOICE)
    first, second = await reversed_by(clerk, invoice, "reverse"), await reversed_by(clerk, invoice, "reverse")
    assert first.number != second.number


async def test_reversing_starts_on_hold_by_preference(clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE)
    await clerk.prefer(hold_on_entry=True)
    assert (await reversed_by(clerk, invoice))["status"] == "Hold"


async def test_a_reversal_has_the_terms_only_where_notes_have_terms(clerk: Clerk) -> None:
    """REV-05."""
    invoice = await clerk.issue(INVOICE, creditTermsId="30")
    assert "creditTerms" not in await reversed_by(clerk, invoice, "reverse")
    await clerk.prefer(credit_terms_in_credit_notes=True)
    assert (await reversed_by(clerk, invoice, "reverse"))["creditTerms"]["id"] == "30"


@pytest.mark.parametrize("action", ["reverse", "reverseandapplytonote", "correct"])
async def test_only_what_is_released_is_taken_back(clerk: Clerk, action: str) -> None:
    draft = await clerk.invoice()
    assert "has the status Balanced" in await clerk.refused("POST", f"{draft.address}/action/{action}")
    assert (await clerk.act(f"{INVOICE}/nope", action)).status_code == 404
    invoice = await clerk.issue(INVOICE)
    assert (await clerk.act(invoice, action, STALE)).status_code == 412
    note = await clerk.issue(CREDIT_NOTE)
    assert (await clerk.act(note, action)).status_code == 404


async def test_a_note_that_is_applied_closes_both(clerk: Clerk) -> None:
    """Story of 19.10: 250 waits, a payment is refused, release closes both; revenue and gain come to nothing."""
    invoice = await clerk.issue(INVOICE, lines=[{"inventoryNumber": "A", "quantity": 2}])
    note = await reversed_by(clerk, invoice)
    (there,), (here,) = note["applications"], (await clerk.get(invoice))["applications"]
    assert [(it["refNbr"], it["amountPaid"], it["released"]) for it in (there, here)] == [
        (invoice.number, 250, False),
        (note.number, 250, False),
    ]
    text = await clerk.refused("POST", "customerPayment", **clerk.paying(250, application(invoice, 250)))
    assert f"{invoice.number} has an application that is not released yet, from CreditNote {note.number}." in text
    released = await clerk.release(note)
    assert [(it["status"], it["balance"]) for it in (released, await clerk.get(invoice))] == [("Closed", 0)] * 2
    assert await owed(clerk) == (0, 0)
    left = await clerk.rows(
        """select account_number from journal_entry where document_number in ($1, $2)
            group by account_number having sum(debit_base) <> sum(credit_base)""",
        invoice.number,
        note.number,
    )
    assert left == []


async def test_a_reversal_has_the_rates_of_the_invoice_whatever_they_are_by_then(clerk: Clerk) -> None:
    """REV-04: nothing is gained or lost over the pair; no edit moves the rate (RVS-02)."""
    await clerk.change(f"customer/{clerk.customer_number}", currencyId="NOK")
    await clerk.sql("update customer set currency_override = true, rate_override = true where company_id = 1")
    invoice = await clerk.issue(INVOICE, lines=[{"inventoryNumber": "A", "quantity": 1}], **EURO)
    await clerk.sql("update currency_rate set rate = 12 where from_currency = 'EUR' and effective_date >= '2025-05-01'")
    note = await reversed_by(clerk, invoice)
    assert (note["exchangeRate"], note["amount"]) == (invoice["exchangeRate"], invoice["amount"])
    kept = "keeps the currency and the exchange rate of what it reverses. "
    for fields, fault in (
        ({"exchangeRate": 12}, "Field: exchangeRate. Sent: '12'. Send 10.8, or leave it out."),
        ({"currencyId": "NOK"}, "Field: currencyId. Sent: 'NOK'. Send EUR, or leave it out."),
    ):
        assert kept + fault in await clerk.refuse_change(note, **fields)
    moved = await clerk.change(note, documentDate="2025-06-20")
    assert (moved["exchangeRate"], moved["amount"]) == (note["exchangeRate"], note["amount"])
    await clerk.release(note)
    assert await state(clerk, invoice) == ("Closed", 0)
    gained = await clerk.rows(
        """select purpose from journal_entry where document_number in ($1, $2)
            group by purpose having sum(debit_base) <> sum(credit_base)""",
        invoice.number,
        note.number,
    )
    assert gained == []


async def test_a_note_keeps_its_customer_and_currency_while_it_is_to_settle_something(clerk: Clerk) -> None:
    """A refusal names the field that was sent, and its advice leads on."""
    invoice = await clerk.issue(INVOICE)
    note = await reversed_by(clerk, invoice)
    other, abroad = await clerk.customer(name="Other AS"), await clerk.customer(name="Abroad AB", currencyId="EUR")
    for customer in (other, abroad):
        text = await clerk.refuse_change(note, customerNumber=customer.number)
        assert f"{note.number} is to settle {invoice.number}, which is not of customer {customer.number}. " in text
        assert "Field: customerNumber. Send its applicationLines in the same request" in text
    assert "Field: currencyId. Sent: 'EUR'. Send NOK, or" in await clerk.refuse_change(note, currencyId="EUR")
    gone = [application(invoice, 0, "Delete")]
    await clerk.sql("update customer set currency_override = false where number = $1", abroad.number)
    text = await clerk.refuse_change(note, customerNumber=abroad.number, applicationLines=gone)
    assert f"Field: customerNumber. Sent: '{abroad.number}'. Send a customer who takes NOK, or leave it out." in text
    moved = await clerk.change(note, customerNumber=other.number, applicationLines=gone)
    assert (moved["customer"]["number"], moved["applications"]) == (other.number, [])
    entered = await clerk.credit_note(applicationLines=[application(invoice, 25)])
    text = await clerk.refuse_change(entered, currencyId="EUR")
    assert f"is to settle {invoice.number}, which is in NOK. Field: currencyId. Sent: 'EUR'." in text
    assert (await clerk.change(entered, currencyId="EUR", applicationLines=gone))["currencyId"] == "EUR"


async def test_what_is_paid_already_is_not_applied(clerk: Clerk) -> None:
    """RVS-04: as much as is open."""
    invoice = await clerk.issue(INVOICE)
    await clerk.pay(100, application(invoice, 100))
    (proposed,) = (await reversed_by(clerk, invoice))["applications"]
    assert proposed["amountPaid"] == 25


async def test_a_closed_invoice_is_reversed_but_not_settled(clerk: Clerk) -> None:
    """REV-03."""
    invoice = await clerk.issue(INVOICE)
    await clerk.pay(125, application(invoice, 125))
    text = await clerk.refused("POST", f"{invoice.address}/action/reverseandapplytonote")
    assert f"The invoice {invoice.number} has the status Closed and cannot be settled by a note." in text
    note = await clerk.release(await reversed_by(clerk, invoice, "reverse"))
    assert (note["status"], note["balance"]) == ("Open", 125)


async def test_what_waits_for_another_document_is_not_settled(clerk: Clerk) -> None:
    """RVS-04, LNE-11: the refusal names the payment or the note."""
    invoice = await clerk.issue(INVOICE)
    payment = await clerk.payment(100, application(invoice, 100))
    for action in ("reverseandapplytonote", "correct"):
        text = await clerk.refused("POST", f"{invoice.address}/action/{action}")
        assert f"from Payment {payment.number}." in text
    assert (await clerk.delete(f"reskontra/customerPayment/{payment.number}")).status_code == 204
    note = await reversed_by(clerk, invoice)
    for action in ("reverseandapplytonote", "correct"):
        text = await clerk.refused("POST", f"{invoice.address}/action/{action}")
        assert f"from CreditNote {note.number}." in text
    assert (await clerk.delete(note)).status_code == 204
    assert not (await clerk.get(invoice)).get("applications")
    await clerk.pay(125, application(invoice, 125))


async def test_a_smaller_note_settles_less_and_a_larger_one_no_more(clerk: Clerk) -> None:
    """RVS-05."""
    invoice = await clerk.issue(INVOICE, lines=[{"inventoryNumber": "A", "quantity": 2}])
    note = await reversed_by(clerk, invoice)
    smaller = await clerk.change(note, lines=[{"operation": "Update", "lineNumber": 1, "quantity": 1}])
    assert (smaller["amount"], smaller["applications"][0]["amountPaid"]) == (125, 125)
    larger = await clerk.change(note, lines=[{"operation": "Update", "lineNumber": 1, "quantity": 5}])
    assert (larger["amount"], larger["applications"][0]["amountPaid"]) == (625, 125)
    text = await clerk.refuse_change(note, applicationLines=[application(invoice, 700, "Update")])
    assert "The amount is not open on that document." in text
    none = await clerk.change(note, applicationLines=[application(invoice, 0, "Delete")])
    assert not none.get("applications")
    assert (await corrects(clerk, CREDIT_NOTE, note.number))["referenceNumber"] == invoice.number


async def test_an_entered_note_is_not_cut(clerk: Clerk) -> None:
    """RVS-05 is of notes that were made by reversing; who entered a note entered its applications too."""
    invoice = await clerk.issue(INVOICE)
    note = await clerk.credit_note(applicationLines=[application(invoice, 125)])
    lines = [{"operation": "Update", "lineNumber": 1, "quantity": Decimal("0.5")}]
    assert "More is applied than the document has." in await clerk.refuse_change(note, lines=lines)


# --- correcting


async def test_a_correction_credits_and_closes_the_original(clerk: Clerk) -> None:
    """Story of 19.10: 100 becomes 80."""
    free = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 100, "vatCodeId": "6"}
    invoice = await clerk.issue(INVOICE, lines=[free], note="Call first", externalReference="EXT-1")
    answer = await clerk.act(invoice, "correct", invoice.if_match)
    told = decoded(answer)
    assert set(told) == {"actionId", "actionResult", "refNbr", "documentType"}
    assert (told["documentType"], told["actionResult"]) == ("Invoice", "Done")
    draft = await clerk.get(f"{INVOICE}/{told['refNbr']}")
    assert answer.headers["ETag"] == draft.etag
    assert (draft["status"], draft["documentDate"], draft["note"]) == (
        "Balanced",
        invoice["documentDate"],
        "Call first",
    )
    assert accounts_of(draft, "invoiceLines") == accounts_of(invoice, "invoiceLines")
    assert draft["externalReference"] == "EXT-1"
    named = {"documentType": "Invoice", "referenceNumber": invoice.number}
    assert await corrects(clerk, INVOICE, draft.number) == named
    assert await state(clerk, invoice) == ("Open", 100)
    await clerk.change(draft, lines=[{"operation": "Update", "lineNumber": 1, "unitPriceInCurrency": 80}])
    released = await clerk.release(draft)
    assert (released["status"], released["balance"]) == ("Open", 80)
    assert await state(clerk, invoice) == ("Closed", 0)
    (settled,) = (await clerk.get(invoice))["applications"]
    assert (settled["docType"], settled["amountPaid"], settled["released"]) == ("CreditNote", 100, True)
    note = await clerk.get(f"{CREDIT_NOTE}/{settled['refNbr']}")
    assert (note["status"], note["documentDate"]) == ("Closed", released["documentDate"])
    assert await corrects(clerk, CREDIT_NOTE, note.number) == named
    assert await owed(clerk) == (80, 0)


async def test_a_correction_has_all_that_was_entered_but_its_own_number_and_reference(clerk: Clerk) -> None:
    """CRR-02."""
    invoice = await clerk.issue(
        INVOICE,
        creditTermsId="30",
        documentDueDate="2025-04-20",
        invoiceText="Thanks",
        taxDetailLines=[{"taxId": "3", "vatAmount": Decimal("25.01")}],
        paymentReference="sent by hand",
        billingAddress={"addressLine1": "Box 1"},
    )
    draft = await corrected_by(clerk, invoice)
    own = {
        "referenceNumber", "paymentReference", "status", "timeStamp", "lastModifiedDateTime", "createdDateTime",
        "balance", "balanceInCurrency", "applications", "batchNumber",
    }  # fmt: skip
    assert {name: draft[name] for name in draft if name not in own} == {
        name: invoice[name] for name in invoice if name not in own
    }
    assert draft.get("paymentReference") != "sent by hand"
    assert (draft["balance"], draft["vatTotal"]) == (invoice["amount"], Decimal("25.01"))


async def test_a_correction_is_of_today_if_its_period_is_closed(clerk: Clerk) -> None:
    """CRR-02; the day of writing moves neither rate nor VAT."""
    await clerk.sql("update customer set currency_override = true, rate_override = true where company_id = 1")
    invoice = await clerk.issue(INVOICE, **EURO)
    await clerk.sql("update currency_rate set rate = 12 where from_currency = 'EUR' and effective_date >= '2025-05-01'")
    await clerk.sql(
        "update financial_period set closed_in_customer_ledger = true where company_id = 1 and period_id = $1", "202503"
    )
    draft = await corrected_by(clerk, invoice)
    assert (draft["documentDate"], draft["postPeriod"]) == (TODAY, "202601")
    assert (draft["exchangeRate"], draft["amount"]) == (invoice["exchangeRate"], invoice["amount"])
    released = await clerk.release(await clerk.change(draft, invoiceText="Corrected"))
    assert (released["exchangeRate"], released["amount"]) == (invoice["exchangeRate"], invoice["amount"])
    assert (await clerk.get(invoice))["closedFinancialPeriod"] == "202601"


async def test_one_correction_at_a_time(clerk: Clerk) -> None:
    """CRR-01, CRR-04: the second names the first; deleting it ends the correction."""
    invoice = await clerk.issue(INVOICE)
    draft = await corrected_by(clerk, invoice)
    for action in ("correct", "reverseandapplytonote"):
        text = await clerk.refused("POST", f"{invoice.address}/action/{action}")
        assert f"The invoice {invoice.number} has the correction {draft.number} that waits for release." in text
    assert (await clerk.delete(draft)).status_code == 204
    again = await corrected_by(clerk, invoice)
    corrected = await corrected_by(clerk, await clerk.release(again))
    await clerk.release(corrected)
    assert [await state(clerk, it) for it in (invoice, again, corrected)] == [("Closed", 0)] * 2 + [("Open", 125)]


async def test_nothing_settles_what_is_being_corrected(clerk: Clerk) -> None:
    """CRR-04: the refusal names the draft; a run passes the invoice over and says why."""
    invoice = await clerk.issue(INVOICE)
    note = await clerk.issue(CREDIT_NOTE)
    draft = await corrected_by(clerk, invoice)
    waits = f"{invoice.number} has the correction {draft.number} that waits for release."
    assert waits in await clerk.refused("POST", "customerPayment", **clerk.paying(125, application(invoice, 125)))
    assert waits in await clerk.refuse(CREDIT_NOTE, applicationLines=[application(invoice, 125)])
    later = {
        "credit": {"documentType": "CreditNote", "referenceNumber": note.number},
        "lines": [{"documentType": "Invoice", "referenceNumber": invoice.number, "amountPaid": 125}],
    }
    assert waits in await clerk.refused("POST", "reskontra/application", **later)
    run = decoded(await clerk.post("reskontra/run/autoApply", filters={"customer": [clerk.customer_number]}))
    assert f"the correction {draft.number} that waits for release." in str(run["skipped"])
    filters = {"customer": [clerk.customer_number]}
    charged = await clerk.charge("2025-12-31", filters=filters)
    waiting = {"ref": f"Invoice {invoice.number}", "reason": f"The correction {draft.number} of it waits for release."}
    assert (charged["created"], charged["skipped"]) == ([], [waiting])
    await clerk.remind(clerk.customer_number, date(2025, 12, 31))
    assert await clerk.letters(customer=clerk.customer_number) == []
    assert await state(clerk, invoice) == ("Open", 125)


async def test_what_money_has_touched_is_not_corrected(clerk: Clerk) -> None:
    """CRR-01: the refusal names the payment; once it is undone, the invoice is corrected."""
    invoice = await clerk.issue(INVOICE)
    payment = await clerk.pay(100, application(invoice, 100))
    text = await clerk.refused("POST", f"{invoice.address}/action/correct")
    assert f"cannot be corrected: it has an application of Payment {payment.number}." in text
    (applied,) = await clerk.page("reskontra/application", customer=clerk.customer_number)
    undone = await clerk.post(f"reskontra/application/{applied['id']}/action/undo")
    assert undone.status_code == 200, undone.text
    await clerk.release(await corrected_by(clerk, invoice))
    assert await state(clerk, invoice) == ("Closed", 0)


async def test_what_is_paid_in_instalments_is_reversed_whole_and_not_corrected(clerk: Clerk) -> None:
    """RVS-06, CRR-01."""
    master = await clerk.issue(INVOICE, creditTermsId="RATE3")
    numbers = await clerk.rows(
        """select part.number from document as part
             join document as master on master.document_id = part.master_document_id
            where master.number = $1 order by part.number""",
        master.number,
    )
    assert len(numbers) == 3
    for number in (master.number, numbers[0]["number"]):
        assert await clerk.refused("POST", f"{INVOICE}/{number}/action/correct")
    text = await clerk.refused("POST", f"{master.address}/action/reverseandapplytonote")
    assert "has the status Closed and cannot be settled by a note." in text
    assert (await reversed_by(clerk, master, "reverse"))["amount"] == master["amount"]


async def test_a_correction_stays_with_its_customer_and_its_invoice(clerk: Clerk) -> None:
    """CRR-03, CRR-04."""
    invoice = await clerk.issue(INVOICE)
    draft = await corrected_by(clerk, invoice)
    assert "its customer cannot be changed" in await clerk.refuse_change(draft, customerNumber="20001")
    address = f"reskontra/{INVOICE}/{draft.number}/vat"
    for sent in ({"value": None}, {"referenceNumber": "000001"}):
        text = await clerk.refuse_change(address, corrects=sent)
        assert f"The invoice replaces {invoice.number}, and nothing else. Field: corrects." in text
    echoed = await clerk.put(address, corrects={"referenceNumber": invoice.number})
    assert echoed.status_code == 204, echoed.text
    assert (await corrects(clerk, INVOICE, draft.number))["referenceNumber"] == invoice.number


async def test_a_correction_follows_its_own_date(clerk: Clerk) -> None:
    """An invoice with a wrong date is corrected to the right one; the note is no earlier than what it takes back."""
    invoice = await clerk.issue(INVOICE)
    draft = await clerk.change(await corrected_by(clerk, invoice), documentDate="2025-02-03")
    assert draft["postPeriod"] == "202502"
    await clerk.release(draft)
    (settled,) = (await clerk.get(invoice))["applications"]
    note = await clerk.get(f"{CREDIT_NOTE}/{settled['refNbr']}")
    assert note["documentDate"] == invoice["documentDate"]


async def test_credit_is_given_once_for_an_invoice_and_its_correction(clerk: Clerk) -> None:
    await clerk.prefer(credit_check={"enabled": True})
    await clerk.change(f"customer/{clerk.customer_number}", creditVerification="CreditLimit", creditLimit=130)
    invoice = await clerk.issue(INVOICE)
    draft = await corrected_by(clerk, invoice)
    assert draft["status"] == "Balanced"
    await clerk.change(draft, invoiceText="As ordered")
    assert (await clerk.release(draft))["status"] == "Open"


async def test_a_correction_that_cannot_be_released_changes_nothing(clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE)
    draft = await corrected_by(clerk, invoice)
    await clerk.change(draft, lines=[{"operation": "Delete", "lineNumber": 1}])
    assert "has no lines" in await clerk.refuse_release(draft)
    assert await state(clerk, invoice) == ("Open", 125)


async def test_the_number_of_actions_on_a_draft_is_told_by_its_version(clerk: Clerk) -> None:
    """The ETag of a correction is good for its release, which says the version that it then has."""
    invoice = await clerk.issue(INVOICE)
    made = await clerk.act(invoice, "correct")
    number = made.json()["refNbr"]
    answer = await clerk.act(f"{INVOICE}/{number}", "release", {"If-Match": made.headers["ETag"]})
    assert answer.status_code == 200, refusal(answer)
    assert answer.headers["ETag"] == (await clerk.get(f"{INVOICE}/{number}")).etag
