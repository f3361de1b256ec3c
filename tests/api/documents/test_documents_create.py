"""POST of invoices, credit notes and debit notes: every field is stored and read back, defaults, refusals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, KINDS, LINES, Clerk

MORE_REFERENCE_DATA = (
    """insert into account (company_id, account_id, account_number, description, account_type, modified_at)
       values (1, 9001, '1910', 'Till', 'Asset', now())""",
    """insert into payment_method (company_id, payment_method_id, description, cash_account, modified_at)
       values (1, '3', 'Card', '7770', now())""",
    """insert into salesperson (company_id, salesperson_id, salesperson_cd, name, created_at, modified_at)
       values (1, 7, 'KARI', 'Kari Nordmann', now(), now())""",
    """insert into segment_value (company_id, dimension_id, segment_id, value, description, modified_at)
       values (1, 'SUBACCOUNT', 1, '1', 'North', now())""",
    """insert into subaccount (company_id, subaccount_id, subaccount_number, description, modified_at)
       values (1, 2, '1', 'North', now())""",
    """update customer set parent_customer_id = (select customer_id from customer where number = '20001')
        where number = '20002'""",
    "update currency_rate set rate = 11 where from_currency = 'EUR'",
)

HEADER: dict[str, Any] = {
    "referenceNumber": "F-77",
    "customerNumber": "20001",
    "childCustomerNumber": "20002",
    "documentDate": "2025-03-03",
    "origInvoiceDate": "2025-02-27",
    "postPeriod": "042025",
    "financialPeriod": "202504",
    "hold": True,
    "invoiceText": "Spring delivery",
    "locationId": "main",
    "salespersonID": 7,
    "salesperson": "kari",
    "note": "Call before delivery.",
    "branchNumber": "1",
    "cashAccount": "1910",
    "dontPrint": False,
    "dontEmail": False,
    "currencyId": "eur",
    "customerRefNumber": "PO 4711",
    "externalReference": "WEB-1",
    "exchangeRate": Decimal("11.25"),
    "customerVatZoneId": "NO",
    "consolidateInvoices": True,
    "overrideNumberSeries": True,
    "invoiceContact": {"name": "Accounts", "attention": "Ola", "email": "ap@example.com", "phone1": "22 22 22 22"},
}
ADDRESS = {
    "addressLine1": "Kaia 1",
    "addressLine2": "2nd floor",
    "addressLine3": "c/o Harbour",
    "postalCode": "5003",
    "city": "Bergen",
    "countryId": "no",
    "county": "Vestland",
}
OWED: dict[str, Any] = {
    "paymentMethodId": "3",
    "creditTermsId": "30d2",
    "cashDiscountDate": "2025-03-20",
    "documentDueDate": "2025-04-30",
    "paymentReference": "0012345678",
}
LINE: dict[str, Any] = {
    "operation": "Insert",
    "inventoryNumber": "a",
    "lineNumber": 12,
    "description": "Consulting, March",
    "quantity": Decimal("2.5"),
    "unitPriceInCurrency": Decimal("80.125"),
    "accountNumber": "3100",
    "vatCodeId": "31",
    "uom": "time",
    "discountPercent": Decimal("12.5"),
    "subaccount": [{"segmentId": 1, "segmentValue": "1"}],
    "salesperson": "KARI",
    "deferralSchedule": 4,
    "deferralCode": "12M",
    "termStartDate": "2025-03-01",
    "termEndDate": "2026-02-28",
    "note": "As agreed.",
    "branchNumber": "1",
}

READ_HEADER: dict[str, Any] = {
    "referenceNumber": "F-77",
    "customer": {"number": "20001", "name": "Aurdal Bakeri AS"},
    "childRecord": {"number": "20002", "name": "Bjerke Elektro AS"},
    "documentDate": "2025-03-03T00:00:00",
    "origInvoiceDate": "2025-02-27T00:00:00",
    "postPeriod": "202504",
    "financialPeriod": "202504",
    "hold": True,
    "status": "Hold",
    "invoiceText": "Spring delivery",
    "location": {"countryId": "NO", "id": "Main", "name": "Main"},
    "salesPersonID": 7,
    "salesPersonDescr": "Kari Nordmann",
    "salesPerson": {"id": "KARI", "description": "Kari Nordmann"},
    "note": "Call before delivery.",
    "branchNumber": {"number": "1", "name": "Head office"},
    "cashAccount": "1910",
    "dontPrint": False,
    "dontEmail": False,
    "revoked": False,
    "currencyId": "EUR",
    "customerRefNumber": "PO 4711",
    "externalReference": "WEB-1",
    "exchangeRate": Decimal("11.25"),
    "customerVatZone": {"id": "NO", "description": "Norway"},
    # 2.5 x 80.125 = 200.3125; less 12.5 % of 200.31 = 25.04; VAT 15 % of 175.27 = 26.29; each x 11.25,
    # but what is reported of VAT x 11, the company's rate
    "detailTotalInCurrency": Decimal("175.27"),
    "detailTotal": Decimal("1971.79"),
    "vatTaxableTotalInCurrency": Decimal("175.27"),
    "vatTaxableTotal": Decimal("1927.97"),
    "vatExemptTotalInCurrency": 0,
    "vatExemptTotal": 0,
    "vatTotalInCurrency": Decimal("26.29"),
    "vatTotal": Decimal("289.19"),
    "amountInCurrency": Decimal("201.56"),
    "amount": Decimal("2267.55"),
    "balanceInCurrency": Decimal("201.56"),
    "balance": Decimal("2267.55"),
    "discountTotal": 0,
    "discountTotalInCurrency": 0,
    "roundingDiff": 0,
    "invoiceAddress": {
        "addressId": 1,
        **{name: ADDRESS[name] for name in ADDRESS if name not in ("countryId", "county")},
        "country": {"id": "NO", "name": "Norway"},
        "county": {"id": "Vestland", "name": "Vestland"},
        "overrideAddress": True,
    },
    "invoiceContact": {
        "contactId": 1,
        "businessName": "Accounts",
        "attention": "Ola",
        "email": "ap@example.com",
        "phone1": "22 22 22 22",
        "overrideContact": True,
    },
    "taxDetails": [
        {
            "taxId": "31",
            "recordId": 1,
            "vatId": {"number": "31", "description": "Outgoing VAT, food"},
            "vatRate": 15,
            "taxableAmount": Decimal("175.27"),
            "vatAmount": Decimal("26.29"),
        }
    ],
    "applications": [],
    "attachments": [],
    "isRotRutDeductible": False,
}
READ_OWED: dict[str, Any] = {
    "paymentMethod": {"id": "3", "description": "Card"},
    "creditTerms": {"id": "30D2", "description": "30 days net, 2 % cash discount within 10 days"},
    "cashDiscountDate": "2025-03-20T00:00:00",
    "documentDueDate": "2025-04-30T00:00:00",
    "cashDiscountInCurrency": Decimal("4.03"),
    "cashDiscount": Decimal("45.34"),
    "paymentReference": "0012345678",
}
NORTH = {
    "subaccountNumber": "1",
    "subaccountId": 2,
    "description": "North",
    "active": True,
    "segments": [
        {
            "segmentId": 1,
            "segmentDescription": "Department",
            "segmentValue": "1",
            "segmentValueDescription": "North",
        }
    ],
}
READ_LINE: dict[str, Any] = {
    "lineNumber": 1,
    "inventoryNumber": "A",
    "description": "Consulting, March",
    "quantity": Decimal("2.5"),
    "unitPriceInCurrency": Decimal("80.125"),
    "unitPrice": Decimal("901.40625"),
    "manualAmountInCurrency": Decimal("200.31"),
    "manualAmount": Decimal("2253.49"),
    "amountInCurrency": Decimal("175.27"),
    "amount": Decimal("1971.79"),
    "cost": 0,
    "account": {"type": "Income", "active": True, "number": "3100", "description": "Sales, exempt from VAT"},
    "vatCode": {"id": "31", "description": "Food"},
    "uom": "TIME",
    "discountPercent": Decimal("12.5"),
    "discountAmountInCurrency": Decimal("25.04"),
    "discountAmount": Decimal("281.70"),
    "manualDiscount": True,
    "subaccount": NORTH,
    "salesperson": "KARI",
    "deferralSchedule": 4,
    "deferralCode": "12M",
    "termStartDate": "2025-03-01T00:00:00",
    "termEndDate": "2026-02-28T00:00:00",
    "note": "As agreed.",
    "branchNumber": {"number": "1", "name": "Head office"},
    "attachments": [],
    "isRotRutDeductible": False,
}
# Only these three differ between the kinds besides the names of the lines and the address.
NO_NAMES = {"account", "subaccount", "timeStamp", "createdDateTime", "lastModifiedDateTime", "documentType"}


def assert_read(document: dict[str, Any], lines: str, header: dict[str, Any], line: dict[str, Any]) -> None:
    """Every field that was answered is expected, and every expected one was answered."""
    found = {name: value for name, value in document.items() if name not in NO_NAMES}
    assert found.pop(lines) == [line]
    assert found == header


async def test_every_field_of_an_invoice_is_stored_and_read_back(clerk: Clerk) -> None:
    await clerk.execute(*MORE_REFERENCE_DATA)
    more = {
        "customerProject": "CP-1",
        "project": "20",
        "sendToAutoInvoice": True,
        "startDate": "2025-03-01",
        "endDate": "2025-03-31",
        "accountingCostRef": "COST",
        "originatorDocRef": "ORDER",
        "contractDocRef": "CONTRACT",
        "revoked": True,
        "directDebitMandateId": "MANDATE",
        "excludeDebtCollection": True,
        "debtCollectionCaseNbr": "C-9",
        "debtCollectionCaseStatus": "Sent",
        "debtCollectionCaseType": "Legal",
        "debtCollectionCaseUrl": "https://example.com/9",
    }
    line = LINE | {"taskId": "T1", "startDate": "2025-03-04", "endDate": "2025-03-05"}
    document = await clerk.document(INVOICE, **HEADER | OWED | more, billingAddress=ADDRESS, lines=[line])
    assert_read(
        document,
        "invoiceLines",
        READ_HEADER
        | READ_OWED
        | {
            "customerProject": "CP-1",
            "project": {"internalId": 1, "id": "20", "description": "New warehouse"},
            "sendToAutoInvoice": True,
            "startDate": "2025-03-01T00:00:00",
            "endDate": "2025-03-31T00:00:00",
            "accountingCostRef": "COST",
            "originatorDocRef": "ORDER",
            "contractDocRef": "CONTRACT",
            "revoked": True,
            "directDebitMandate": {"id": "MANDATE"},
            "excludeDebtCollection": True,
            "debtCollection": {
                "caseNumber": "C-9",
                "caseType": "Legal",
                "caseStatus": "Sent",
                "caseUrl": "https://example.com/9",
            },
        },
        READ_LINE
        | {
            "lineType": "GN",
            "projectTask": {"id": "T1"},
            "startDate": "2025-03-04T00:00:00",
            "endDate": "2025-03-05T00:00:00",
        },
    )


async def test_every_field_of_a_credit_note_is_stored_and_read_back(clerk: Clerk) -> None:
    await clerk.execute(*MORE_REFERENCE_DATA)
    document = await clerk.document(
        CREDIT_NOTE,
        **HEADER,
        project="20",
        sendToAutoInvoice=True,
        invoiceAddress=ADDRESS,
        lines=[LINE | {"taskId": "T1"}],
    )
    assert_read(
        document,
        "lines",
        READ_HEADER
        | {
            "project": {"internalId": 1, "id": "20", "description": "New warehouse"},
            "sendToAutoInvoice": True,
            "cashDiscount": 0,
            "cashDiscountInCurrency": 0,
        },
        READ_LINE | {"projectTask": {"id": "T1"}},
    )


async def test_every_field_of_a_debit_note_is_stored_and_read_back(clerk: Clerk) -> None:
    await clerk.execute(*MORE_REFERENCE_DATA)
    document = await clerk.document(DEBIT_NOTE, **HEADER | OWED, invoiceAddress=ADDRESS, lines=[LINE])
    assert_read(document, "lines", READ_HEADER | READ_OWED, READ_LINE)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_least_a_document_needs_is_a_customer_and_a_line(clerk: Clerk, kind: str) -> None:
    line = {"description": "Freight", "quantity": 2, "unitPriceInCurrency": Decimal("12.50")}
    answer = await clerk.send("POST", kind, customerNumber="20001", lines=[line])
    assert answer.status_code == 201
    assert answer.content == b""
    location = answer.headers["Location"]
    assert location.startswith(f"http://localhost/v1/{kind}/")
    document = await clerk.get(f"{kind}/{location.rpartition('/')[2]}")
    assert answer.headers["ETag"] == f'"{document["timeStamp"]}"'
    assert document["status"] == "Balanced"
    assert document["hold"] is False
    assert document["documentDate"] == "2026-01-15T00:00:00"
    assert document["postPeriod"] == document["financialPeriod"] == "202601"
    assert document["currencyId"] == "NOK"
    assert document["exchangeRate"] == 1
    assert document["customerVatZone"]["id"] == "NO"
    assert document["account"]["number"] == "1500"
    assert document["amount"] == Decimal("31.25")
    assert document["createdDateTime"] == document["lastModifiedDateTime"]
    has_terms = kind != CREDIT_NOTE
    assert (document.get("creditTerms"), document.get("documentDueDate")) == (
        ({"id": "14", "description": "14 days net"}, "2026-01-29T00:00:00") if has_terms else (None, None)
    )


async def test_a_line_without_item_takes_the_zones_category_and_the_customers_account(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[{"description": "Freight", "unitPriceInCurrency": 100}])
    [line] = document["invoiceLines"]
    assert line["vatCode"]["id"] == "3"
    assert line["account"]["number"] == "3000"
    assert line["quantity"] == 1
    assert "inventoryNumber" not in line


async def test_a_line_takes_from_its_item_what_was_not_sent(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[{"inventoryNumber": "PURREGEBYR"}])
    [line] = document["invoiceLines"]
    assert line["description"] == "Reminder fee"
    assert line["uom"] == "STK"
    assert line["unitPriceInCurrency"] == 35
    assert line["vatCode"]["id"] == "7"
    assert line["account"]["number"] == "3900"
    assert document["vatExemptTotal"] == 35
    assert document["vatTaxableTotal"] == 0


async def test_the_invoice_address_follows_the_customer_until_it_is_overridden(clerk: Clerk) -> None:
    document = await clerk.invoice()
    assert document["invoiceAddress"]["addressLine1"] == "Storgata 1"
    assert document["invoiceAddress"]["overrideAddress"] is False
    changed = await clerk.change(document, billingAddress={"city": "Hamar"})
    assert changed["invoiceAddress"] == document["invoiceAddress"] | {"city": "Hamar", "overrideAddress": True}
    back = await clerk.change(document, billingAddress={"overrideAddress": False})
    assert back["invoiceAddress"] == document["invoiceAddress"]


async def test_the_v2_address_creates_the_same_document(clerk: Clerk) -> None:
    for kind in KINDS:
        line = '[{"inventoryNumber": {"value": "A"}}]'
        name = "invoiceLines" if kind == INVOICE else "lines"
        body = f'{{"customerNumber": {{"value": "20001"}}, "{name}": {line}}}'
        answer = await clerk.http.post(f"/v2/{kind}", content=body)
        assert answer.status_code == 201
        assert answer.headers["Location"].startswith(f"http://localhost/v1/{kind}/")
        assert (await clerk.http.get(answer.headers["Location"])).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
async def test_a_document_without_customer_is_refused(bystander: Clerk, kind: str) -> None:
    text = await bystander.refuse(kind, customerNumber=None)
    assert "needs a customer" in text
    assert "Field: customerNumber." in text


REFUSED_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"customerNumber": "nobody"}, "CustomerNumber 'nobody' cannot be found in the system. Field: customerNumber."),
    ({"childCustomerNumber": "nobody"}, "ChildCustomerNumber 'nobody' cannot be found in the system."),
    ({"childCustomerNumber": "20005"}, "Customer 20005 is not a child of customer 20001."),
    ({"locationId": "Storage"}, "LocationId 'Storage' cannot be found in the system."),
    ({"salesPersonID": 99}, "SalesPersonID '99' cannot be found in the system."),
    ({"salesperson": "X"}, "Salesperson 'X' cannot be found in the system."),
    ({"branchNumber": "9"}, "BranchNumber '9' cannot be found in the system."),
    ({"cashAccount": "9999"}, "CashAccount '9999' cannot be found in the system."),
    ({"cashAccount": "3000"}, "'3000' is of type Income. Field: cashAccount."),
    (
        {"documentDate": "2025-03-03", "documentDueDate": "2025-03-02"},
        "A document falls due on its date or later. Field: documentDueDate.",
    ),
    (
        {
            "documentDate": "2025-03-03",
            "creditTermsId": "30D2",
            "documentDueDate": "2025-03-20",
            "cashDiscountDate": "2025-03-21",
        },
        "The cash discount cannot be open longer than the document itself. Field: cashDiscountDate.",
    ),
    ({"currencyId": "XXX"}, "CurrencyId 'XXX' cannot be found in the system."),
    ({"customerVatZoneId": "MARS"}, "CustomerVatZoneId 'MARS' cannot be found in the system."),
    ({"creditTermsId": "99"}, "CreditTermsId '99' cannot be found in the system."),
    ({"paymentMethodId": "9"}, "PaymentMethodId '9' cannot be found in the system."),
    ({"contact": 5}, "Contact '5' cannot be found in the system."),
    ({"billingAddress": {"countryId": "QQ"}}, "CountryId 'QQ' cannot be found in the system. Field: billingAddress"),
    ({"exchangeRate": 2}, "The exchange rate of the base currency is 1. Field: exchangeRate."),
    ({"domesticServicesDeductibleDocument": True}, "is in NO. Field: domesticServicesDeductibleDocument."),
    ({"rotRutDetails": {"type": "Rot"}}, "the company is in NO. Field: rotRutDetails."),
    ({"referenceNumber": "x" * 16}, "Field: referenceNumber."),
    ({"invoiceText": "x" * 513}, "Field: invoiceText."),
    ({"externalReference": "x" * 41}, "Field: externalReference."),
    ({"documentDate": "yesterday"}, "Field: documentDate."),
    ({"documentDate": "2019-12-31"}, "No financial period has been made for this date. Field: documentDate."),
    ({"documentDate": "9999-12-31"}, "Field: documentDate."),
    ({"financialPeriod": "2025"}, "Field: financialPeriod."),
    ({"financialPeriod": "203112"}, "FinancialPeriod '203112' cannot be found in the system."),
]


@pytest.mark.parametrize(("fields", "expected"), REFUSED_FIELDS, ids=lambda value: str(value)[:40])
async def test_a_field_that_cannot_be_is_named_and_nothing_is_written(
    bystander: Clerk, fields: dict[str, Any], expected: str
) -> None:
    assert expected in await bystander.refuse(INVOICE, **fields)


REFUSED_IN_A_LINE: list[tuple[dict[str, Any], str]] = [
    ({"inventoryNumber": "Z"}, "InventoryNumber 'Z' cannot be found in the system. Field: {}[1].inventoryNumber."),
    ({"quantity": 1}, "A line needs an inventory number or a description. Field: {}[1].description."),
    ({"inventoryNumber": "A", "accountNumber": "1"}, "AccountNumber '1' cannot be found in the system. Field: {}[1]."),
    ({"inventoryNumber": "A", "accountNumber": "1500"}, "'1500' is kept for receivables or VAT, so sales cannot be"),
    ({"inventoryNumber": "A", "accountNumber": "2711"}, "Field: {}[1].accountNumber. Choose another"),
    ({"inventoryNumber": "A", "accountNumber": "2900"}, "'2900' is kept for receivables or VAT"),
    (
        {"inventoryNumber": "A", "discountAmountInCurrency": Decimal("100.005")},
        "Field: {}[1].discountAmountInCurrency.",
    ),
    (
        {"inventoryNumber": "A", "discountPercent": 10, "discountAmountInCurrency": 25},
        "A discount of 10 per cent is 10.00, not 25.00. Field: {}[1].discountPercent. Sent: '10.000000'.",
    ),
    ({"inventoryNumber": "A", "uom": "BARREL"}, "Uom 'BARREL' cannot be found in the system. Field: {}[1].uom."),
    ({"inventoryNumber": "A", "vatCodeId": "0"}, "TaxCategoryID '0' cannot be found in the system. Field: {}[1]."),
    ({"inventoryNumber": "A", "vatCodeId": "52"}, "TaxID '52' cannot be found in the system. Field: {}[1].vatCodeId."),
    ({"inventoryNumber": "A", "salesperson": "X"}, "Salesperson 'X' cannot be found in the system. Field: {}[1]."),
    (
        {"inventoryNumber": "A", "discountCode": "SALE"},
        "DiscountCode 'SALE' cannot be found in the system. Field: {}[1].discountCode.",
    ),
    ({"inventoryNumber": "A", "discountPercent": 101}, "The discount is larger than the line. Field: {}[1]."),
    ({"inventoryNumber": "A", "discountAmountInCurrency": 101}, "Field: {}[1].discountAmountInCurrency."),
    ({"inventoryNumber": "A", "operation": "Delete"}, "A new document has no line to delete. Field: {}[1].operation."),
    ({"inventoryNumber": "A", "subaccount": [{"segmentId": 9, "segmentValue": "0"}]}, "SegmentId '9'"),
    ({"inventoryNumber": "A", "quantity": "1000000000"}, "Field: {}[1].quantity."),
    ({"inventoryNumber": "A", "unitPriceInCurrency": Decimal("1e-70")}, "Field: {}[1].unitPriceInCurrency."),
    ({"inventoryNumber": "A", "unitPriceInCurrency": Decimal("9999999999999.9999995")}, "is too large. Field: {}[1]."),
    ({"inventoryNumber": "A", "manualAmountInCurrency": Decimal("9999999999999.995")}, "The amount is too large."),
    ({"inventoryNumber": "A", "quantity": 999999999, "unitPriceInCurrency": 9999999999}, "The amount is too large."),
    ({"description": "x" * 257}, "Field: {}[1].description."),
]


@pytest.mark.parametrize("kind", [INVOICE, CREDIT_NOTE])
@pytest.mark.parametrize(("line", "expected"), REFUSED_IN_A_LINE, ids=lambda value: str(value)[:40])
async def test_a_line_that_cannot_be_is_named_by_its_place(
    bystander: Clerk, kind: str, line: dict[str, Any], expected: str
) -> None:
    name = "invoiceLines" if kind == INVOICE else "lines"
    text = await bystander.refuse(kind, lines=[{"inventoryNumber": "A"}, line])
    assert expected.format(name) in text


@pytest.mark.parametrize(
    "line",
    [
        {"domesticServicesDeductible": True},
        {"domesticServicesDeductible": True, "itemType": "Service"},
        {"typeOfWork": "6"},
    ],
)
async def test_a_deduction_for_domestic_services_is_refused_outside_sweden(
    bystander: Clerk, line: dict[str, Any]
) -> None:
    text = await bystander.refuse(INVOICE, lines=[{"inventoryNumber": "A", **line}])
    assert "(ROT/RUT) in SE only; the company is in NO. Field: invoiceLines[0]." in text


@pytest.mark.parametrize("kind", [INVOICE, DEBIT_NOTE])
async def test_what_a_line_is_for_is_no_deduction_and_comes_back(clerk: Clerk, kind: str) -> None:
    lines: list[dict[str, Any]] = [
        {"inventoryNumber": "A", "itemType": it} for it in ("Service", "materialcost", "OtherCost", None, "")
    ]
    lines[0]["domesticServicesDeductible"] = False
    document = await clerk.document(kind, lines=lines, domesticServicesDeductibleDocument=False)
    read = document[LINES[kind]]
    assert [line.get("itemType") for line in read] == ["Service", "MaterialCost", "OtherCost", None, None]
    assert document["amount"] == 625
    changed = await clerk.change(
        document,
        lines=[
            {"operation": "Update", "lineNumber": 1, "itemType": None},
            {"operation": "Update", "lineNumber": 2, "itemType": "Service"},
            {"operation": "Update", "lineNumber": 3, "quantity": 2},
        ],
    )
    read = changed[LINES[kind]]
    assert [line.get("itemType") for line in read[:3]] == [None, "Service", "OtherCost"]
    await clerk.release(document)
    await clerk.change(document, lines=[{"operation": "Update", "lineNumber": 2, "itemType": "Service"}])
    other = [{"operation": "Update", "lineNumber": 2, "itemType": "OtherCost"}]
    assert "already released" in await clerk.refuse_change(document, lines=other)


async def test_a_line_is_for_nothing_that_the_contract_does_not_know(bystander: Clerk) -> None:
    text = await bystander.refuse(INVOICE, lines=[{"inventoryNumber": "A", "itemType": "Goods"}])
    assert "Field: invoiceLines[0].itemType. Send one of: Service, MaterialCost, OtherCost." in text


async def test_fields_that_say_nothing_are_no_deduction(clerk: Clerk) -> None:
    line = {"inventoryNumber": "A", "domesticServicesDeductible": False, "itemType": None}
    document = await clerk.invoice(
        domesticServicesDeductibleDocument=False, rotRutDetails={"type": None, "distribution": []}, lines=[line]
    )
    assert document["isRotRutDeductible"] is False


async def test_an_inactive_item_is_refused(clerk: Clerk) -> None:
    await clerk.sql("update item set status = 'Inactive' where item_number = 'A'")
    assert "The item 'A' is not active. Field: invoiceLines[0].inventoryNumber." in await clerk.refuse(INVOICE)


async def test_a_document_has_at_most_5000_lines(bystander: Clerk) -> None:
    text = await bystander.refuse(INVOICE, lines=[{"description": "x"}] * 5001)
    assert "A document has at most 5000 lines. Field: invoiceLines." in text


async def test_an_account_reference_that_is_not_in_use_is_refused(clerk: Clerk) -> None:
    await clerk.execute(
        "update account set active = false where account_number = '3100'",
        "update payment_method set active = false",
        "update currency set active = false where currency_id = 'SEK'",
    )
    refused: tuple[dict[str, Any], ...] = (
        {"lines": [{"inventoryNumber": "A", "accountNumber": "3100"}]},
        {"paymentMethodId": "1"},
        {"currencyId": "SEK"},
    )
    for fields in refused:
        assert "not in use" in await clerk.refuse(INVOICE, **fields)
