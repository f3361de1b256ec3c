"""What may still change on a released document, and what a client may send back unchanged (W13)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, Clerk, Record

LINE = {"inventoryNumber": "A", "quantity": 2, "discountPercent": 10, "note": "One"}


async def released(clerk: Clerk, kind: str = INVOICE, **fields: Any) -> Record:
    return await clerk.issue(kind, **{"lines": [LINE]} | fields)


async def test_dates_flags_case_and_note_of_an_open_invoice_may_change(clerk: Clerk) -> None:
    document = await released(clerk)
    changed = await clerk.change(
        document,
        documentDueDate="2025-05-01",
        cashDiscountDate="2025-04-01",
        note="Disputed",
        revoked=True,
        excludeDebtCollection=True,
        dontPrint=False,
        dontEmail=False,
        debtCollectionCaseNbr="C-1",
        debtCollectionCaseStatus="Open",
        debtCollectionCaseType="Legal",
        debtCollectionCaseUrl="https://example.com",
    )
    moving = {"timeStamp", "lastModifiedDateTime"}
    assert {name: value for name, value in changed.items() if name not in moving} == {
        name: value for name, value in document.items() if name not in moving
    } | {
        "documentDueDate": "2025-05-01T00:00:00",
        "cashDiscountDate": "2025-04-01T00:00:00",
        "note": "Disputed",
        "revoked": True,
        "excludeDebtCollection": True,
        "dontPrint": False,
        "dontEmail": False,
        "debtCollection": {
            "caseNumber": "C-1",
            "caseStatus": "Open",
            "caseType": "Legal",
            "caseUrl": "https://example.com",
        },
    }
    assert changed["timeStamp"] != document["timeStamp"]
    cleared = await clerk.change(document, note=None, debtCollectionCaseNbr=None)
    assert "note" not in cleared
    assert "caseNumber" not in cleared["debtCollection"]
    assert "Field: documentDueDate." in await clerk.refuse_change(document, documentDueDate=None)
    text = await clerk.refuse_change(document, documentDueDate="2025-03-02")
    assert text.startswith("A document falls due on its date or later. Field: documentDueDate. Sent: '2025-03-02'.")


FROZEN: dict[str, Any] = {
    "referenceNumber": "999",
    "customerNumber": "20002",
    "childCustomerNumber": "20002",
    "documentDate": "2025-03-04",
    "origInvoiceDate": "2025-03-04",
    "hold": True,
    "postPeriod": "042025",
    "financialPeriod": "202504",
    "invoiceText": "Other",
    "locationId": "Other",
    "salesPersonID": 1,
    "salesperson": "X",
    "branchNumber": "2",
    "cashAccount": "7770",
    "currencyId": "EUR",
    "customerRefNumber": "Other",
    "externalReference": "Other",
    "exchangeRate": 2,
    "customerVatZoneId": "EU",
    "paymentMethodId": "2",
    "creditTermsId": "30",
    "paymentReference": "Other",
    "customerProject": "Other",
    "project": "Other",
    "sendToAutoInvoice": True,
    "startDate": "2025-03-04",
    "accountingCostRef": "Other",
    "originatorDocRef": "Other",
    "contractDocRef": "Other",
    "directDebitMandateId": "Other",
    "consolidateInvoices": True,
    "contact": 4,
    "domesticServicesDeductibleDocument": True,
    "billingAddress": {"city": "Other"},
    "invoiceContact": {"name": "Other"},
    "taxDetailLines": [{"taxId": "3", "vatAmount": 1}],
}


async def test_any_other_field_with_another_value_is_refused_and_named(clerk: Clerk) -> None:
    document = await released(clerk)
    for name, value in FROZEN.items():
        text = await clerk.refuse_change(document, note="Not this", **{name: value})
        assert f"Field: {name}" in text, name
        if name != "referenceNumber":
            assert "can't be updated because it is already released." in text, name
    assert await clerk.get(document) == document


FROZEN_IN_LINES: dict[str, Any] = {
    "inventoryNumber": "6",
    "description": "Other",
    "quantity": 3,
    "unitPriceInCurrency": 99,
    "manualAmountInCurrency": 99,
    "accountNumber": "3100",
    "vatCodeId": "31",
    "uom": "KG",
    "discountPercent": 11,
    "discountAmountInCurrency": 11,
    "manualDiscount": False,
    "deferralSchedule": 1,
    "deferralCode": "X",
    "termStartDate": "2025-03-03",
    "note": "Other",
    "branchNumber": "2",
    "taskId": "X",
    "salesperson": "X",
    "discountCode": "X",
}


async def test_any_other_value_in_a_line_is_refused_and_named(clerk: Clerk) -> None:
    document = await released(clerk)
    for name, value in FROZEN_IN_LINES.items():
        line = {"operation": "Update", "lineNumber": 1, name: value}
        text = await clerk.refuse_change(document, lines=[line])
        assert "already released" in text, name
        assert f"Field: invoiceLines[0].{name}." in text, name
    for line in (
        {"operation": "Insert", "inventoryNumber": "A"},
        {"operation": "Delete", "lineNumber": 1},
        {"operation": "Update", "lineNumber": 2},
    ):
        assert "already released. Field: invoiceLines[0]." in await clerk.refuse_change(document, lines=[line])
    assert await clerk.get(document) == document


async def test_fields_sent_back_with_their_values_pass(clerk: Clerk) -> None:
    document = await released(
        clerk,
        externalReference="Ref",
        project="20",
        startDate="2025-03-01",
        invoiceText="Text",
        billingAddress={"city": "Hamar"},
    )
    line = document["invoiceLines"][0]
    echo: dict[str, Any] = {
        "referenceNumber": document.number,
        "overrideNumberSeries": True,
        "customerNumber": "20001",
        "childCustomerNumber": None,
        "documentDate": "2025-03-03T00:00:00",
        "origInvoiceDate": None,
        "hold": False,
        "postPeriod": "032025",
        "financialPeriod": "202503",
        "invoiceText": "Text",
        "locationId": "MAIN",
        "branchNumber": "1",
        "cashAccount": "1920",
        "currencyId": "nok",
        "externalReference": "Ref",
        "customerRefNumber": "",
        "exchangeRate": 1,
        "customerVatZoneId": "no",
        "paymentMethodId": "1",
        "creditTermsId": "14",
        "project": "20",
        "startDate": "2025-03-01",
        "sendToAutoInvoice": False,
        "consolidateInvoices": False,
        "domesticServicesDeductibleDocument": False,
        "billingAddress": {"city": "Hamar", "addressLine2": "", "countryId": "NO", "overrideAddress": True},
        "invoiceContact": {"name": document["invoiceContact"]["businessName"], "overrideContact": False},
        "taxDetailLines": [{"taxId": "3", "taxableAmount": 180, "vatAmount": 45}],
        "lines": [
            {
                "operation": "Update",
                "lineNumber": 1,
                "inventoryNumber": "a",
                "description": line["description"],
                "quantity": 2,
                "unitPriceInCurrency": 100,
                "manualAmountInCurrency": 200,
                "discountPercent": 10,
                "discountAmountInCurrency": 20,
                "manualDiscount": True,
                "accountNumber": "3000",
                "vatCodeId": "3",
                "uom": "stk",
                "deferralSchedule": 0,
                "salesperson": "",
                "subaccount": [{"segmentId": 1, "segmentValue": "0"}],
                "note": "One",
            }
        ],
    }
    newest = await clerk.newest_change()
    assert await clerk.change(document, **echo) == document
    assert await clerk.newest_change() == newest
    changed = await clerk.change(document, **echo, note="And this")
    assert changed["note"] == "And this"


async def test_a_closed_document_takes_a_note_and_nothing_else(clerk: Clerk) -> None:
    free = [{"description": "Free", "unitPriceInCurrency": 0}]
    document = await released(clerk, lines=free)
    assert document["status"] == "Closed"
    assert (await clerk.change(document, note="Filed"))["note"] == "Filed"
    frozen: dict[str, Any] = {"documentDueDate": "2025-12-31", "revoked": True, "dontPrint": False}
    for name, value in frozen.items():
        text = await clerk.refuse_change(document, **{name: value})
        assert f"Field: {name}." in text
        assert "Only the note may still change." in text
    assert (await clerk.change(document, documentDueDate=document["documentDueDate"], revoked=False))["note"] == "Filed"


async def test_a_hold_reserves_an_open_credit_note_and_lifting_it_opens_it_again(clerk: Clerk) -> None:
    document = await released(clerk, CREDIT_NOTE)
    balance = await clerk.balance()
    reserved = await clerk.change(document, hold=True)
    assert (reserved["status"], reserved["hold"]) == ("Reserved", True)
    assert "already released" in await clerk.refuse_release(document)
    assert (await clerk.change(document, note="Wait"))["status"] == "Reserved"
    opened = await clerk.change(document, hold=False)
    assert (opened["status"], opened["hold"]) == ("Open", False)
    assert await clerk.balance() == balance


@pytest.mark.parametrize("kind", [INVOICE, DEBIT_NOTE])
async def test_an_open_debit_document_cannot_be_held(clerk: Clerk, kind: str) -> None:
    document = await released(clerk, kind)
    assert "Field: hold." in await clerk.refuse_change(document, hold=True)


async def test_a_cash_discount_of_a_released_document_ends_by_its_due_date(clerk: Clerk) -> None:
    document = await released(clerk, creditTermsId="30D2")
    assert document["cashDiscountDate"] > "2025-03-05"
    for dates in ({"documentDueDate": "2025-03-05"}, {"cashDiscountDate": "2025-12-24"}):
        assert "Field: cashDiscountDate." in await clerk.refuse_change(document, **dates)
    changed = await clerk.change(document, documentDueDate="2025-03-05", cashDiscountDate="2025-03-05")
    assert changed["cashDiscountDate"] == "2025-03-05T00:00:00"


async def test_a_due_date_set_after_release_may_lie_anywhere_from_its_date_on(clerk: Clerk) -> None:
    document = await released(clerk, DEBIT_NOTE)
    changed = await clerk.change(document, documentDueDate="2025-03-03")
    assert changed["documentDueDate"] == "2025-03-03T00:00:00"
    assert changed["amount"] == Decimal("225.00")
