"""PUT of drafts: only what was sent changes, null clears, what was read goes back without a trace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, KINDS, Clerk

LINES = [
    {"inventoryNumber": "A", "quantity": Decimal("2.5"), "discountPercent": Decimal("12.5"), "note": "One"},
    {"description": "Freight", "unitPriceInCurrency": 149, "vatCodeId": "31", "manualAmountInCurrency": 140},
    {"inventoryNumber": "222", "quantity": -1},
]

# How a client that maps what it read to what it writes fills the body: (field written, how it is read).
HEADER = {
    "referenceNumber": ("referenceNumber",),
    "customerNumber": ("customer", "number"),
    "documentDate": ("documentDate",),
    "origInvoiceDate": ("origInvoiceDate",),
    "hold": ("hold",),
    "postPeriod": ("postPeriod",),
    "financialPeriod": ("financialPeriod",),
    "invoiceText": ("invoiceText",),
    "locationId": ("location", "id"),
    "salesPersonID": ("salesPersonID",),
    "note": ("note",),
    "branchNumber": ("branchNumber", "number"),
    "cashAccount": ("cashAccount",),
    "dontPrint": ("dontPrint",),
    "dontEmail": ("dontEmail",),
    "currencyId": ("currencyId",),
    "customerRefNumber": ("customerRefNumber",),
    "externalReference": ("externalReference",),
    "exchangeRate": ("exchangeRate",),
    "customerVatZoneId": ("customerVatZone", "id"),
}
OWED = {
    "paymentMethodId": ("paymentMethod", "id"),
    "creditTermsId": ("creditTerms", "id"),
    "cashDiscountDate": ("cashDiscountDate",),
    "documentDueDate": ("documentDueDate",),
    "paymentReference": ("paymentReference",),
}
OF_INVOICES = {
    "customerProject": ("customerProject",),
    "project": ("project", "id"),
    "sendToAutoInvoice": ("sendToAutoInvoice",),
    "startDate": ("startDate",),
    "endDate": ("endDate",),
    "accountingCostRef": ("accountingCostRef",),
    "originatorDocRef": ("originatorDocRef",),
    "contractDocRef": ("contractDocRef",),
    "revoked": ("revoked",),
    "directDebitMandateId": ("directDebitMandate", "id"),
    "excludeDebtCollection": ("excludeDebtCollection",),
    "debtCollectionCaseNbr": ("debtCollection", "caseNumber"),
}
ADDRESS = {
    "overrideAddress": ("overrideAddress",),
    "addressLine1": ("addressLine1",),
    "addressLine2": ("addressLine2",),
    "postalCode": ("postalCode",),
    "city": ("city",),
    "countryId": ("country", "id"),
    "county": ("county", "id"),
}
CONTACT = {"overrideContact": ("overrideContact",), "name": ("businessName",), "email": ("email",)}
LINE = {
    "lineNumber": ("lineNumber",),
    "inventoryNumber": ("inventoryNumber",),
    "description": ("description",),
    "quantity": ("quantity",),
    "unitPriceInCurrency": ("unitPriceInCurrency",),
    "manualAmountInCurrency": ("manualAmountInCurrency",),
    "accountNumber": ("account", "number"),
    "vatCodeId": ("vatCode", "id"),
    "uom": ("uom",),
    "discountPercent": ("discountPercent",),
    "discountAmountInCurrency": ("discountAmountInCurrency",),
    "manualDiscount": ("manualDiscount",),
    "deferralSchedule": ("deferralSchedule",),
    "deferralCode": ("deferralCode",),
    "note": ("note",),
    "branchNumber": ("branchNumber", "number"),
}
VAT_ROW = {"taxId": ("taxId",), "taxableAmount": ("taxableAmount",), "vatAmount": ("vatAmount",)}
VAT_NAMES = {INVOICE: "taxDetailLines", CREDIT_NOTE: "taxDetails", DEBIT_NOTE: "taxDetailLines"}
ADDRESS_NAMES = {INVOICE: "billingAddress", CREDIT_NOTE: "invoiceAddress", DEBIT_NOTE: "invoiceAddress"}


def copied(read: dict[str, Any], fields: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """The written fields with the values that were read; what was not there is sent as null."""
    values = {}
    for name, path in fields.items():
        value: Any = read
        for step in path:
            value = None if value is None else value.get(step)
        values[name] = value
    return values


def whole(document: dict[str, Any], kind: str) -> dict[str, Any]:
    """A document as it was read, as a client that sends whole documents sends it back: each line is an Update."""
    body = copied(document, HEADER)
    if kind != CREDIT_NOTE:
        body |= copied(document, OWED)
    if kind == INVOICE:
        body |= copied(document, OF_INVOICES)
    lines = document["invoiceLines" if kind == INVOICE else "lines"]
    body["lines"] = [
        {"operation": "Update", **copied(line, LINE)}
        | {"subaccount": [copied(part, {"segmentId": ("segmentId",), "segmentValue": ("segmentValue",)})
                          for part in line["subaccount"]["segments"]]}
        for line in lines
    ]  # fmt: skip
    body[VAT_NAMES[kind]] = [copied(row, VAT_ROW) for row in document["taxDetails"]]
    body[ADDRESS_NAMES[kind]] = copied(document["invoiceAddress"], ADDRESS)
    body["invoiceContact"] = copied(document["invoiceContact"], CONTACT)
    return body


FORMS: list[dict[str, Any]] = [
    {},
    {"currencyId": "EUR"},
    {"currencyId": "EUR", "exchangeRate": Decimal("10.7"), "financialPeriod": "202506"},
    {"hold": True, "note": "Wait", "invoiceContact": {"name": "Accounts"}},
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
async def test_a_whole_document_sent_back_as_it_was_read_changes_nothing(
    clerk: Clerk, kind: str, form: dict[str, Any]
) -> None:
    document = await clerk.document(kind, **form, lines=LINES)
    newest = await clerk.newest_change()
    assert await clerk.change(document, **whole(document, kind)) == document
    assert await clerk.newest_change() == newest


async def test_what_was_entered_survives_the_way_there_and_back(clerk: Clerk) -> None:
    document = await clerk.invoice(
        documentDueDate="2025-06-01",
        cashDiscountDate="2025-05-01",
        billingAddress={"city": "Hamar"},
        taxDetailLines=[{"taxId": "3", "taxableAmount": Decimal("100.00"), "vatAmount": Decimal("25.01")}],
    )
    assert document["amount"] == Decimal("125.01")
    assert await clerk.change(document, **whole(document, INVOICE)) == document


async def test_a_whole_document_sent_back_with_one_difference_changes_that_and_what_follows(clerk: Clerk) -> None:
    document = await clerk.document(CREDIT_NOTE, lines=LINES)
    body = whole(document, CREDIT_NOTE)
    body["lines"][0]["quantity"] = 4
    changed = await clerk.change(document, **body)
    [first, *others] = changed["lines"]
    # 4 x 100 less 12.5 %; the amount, the discount and the VAT rows that came back were the old ones
    assert (first["manualAmountInCurrency"], first["discountAmount"], first["amount"]) == (400, 50, 350)
    assert others == document["lines"][1:]
    assert changed["taxDetails"][0]["taxableAmount"] == Decimal("337.50")


async def test_an_empty_change_changes_nothing(clerk: Clerk) -> None:
    for number, fields in (("003547", {"lines": []}), ("003547", {"note": None}), ("003547", {"hold": False})):
        before = await clerk.get(f"customerinvoice/{number}")
        assert await clerk.change(f"customerinvoice/{number}", **fields) == before


@pytest.mark.parametrize("kind", KINDS)
async def test_only_what_was_sent_changes(clerk: Clerk, kind: str) -> None:
    document = await clerk.document(kind, lines=LINES, note="Keep", externalReference="Keep too")
    changed = await clerk.change(document, invoiceText="New")
    moving = {"timeStamp", "lastModifiedDateTime"}
    assert changed["timeStamp"] != document["timeStamp"]
    assert changed["lastModifiedDateTime"] > document["lastModifiedDateTime"]
    assert {name: value for name, value in changed.items() if name not in moving} == {
        name: value for name, value in document.items() if name not in moving
    } | {"invoiceText": "New"}


@pytest.mark.parametrize("empty", [None, ""])
async def test_null_and_an_empty_text_clear_a_field(clerk: Clerk, empty: str | None) -> None:
    await clerk.prefer(payment_reference={"scheme": "none"})  # or one would take the place of what is cleared
    fields: dict[str, Any] = {
        "invoiceText": "x",
        "note": "x",
        "customerRefNumber": "x",
        "externalReference": "x",
        "paymentReference": "x",
        "customerProject": "x",
        "project": "x",
        "accountingCostRef": "x",
        "originatorDocRef": "x",
        "contractDocRef": "x",
        "directDebitMandateId": "x",
        "debtCollectionCaseNbr": "x",
    }
    document = await clerk.invoice(**fields)
    changed = await clerk.change(document, **dict.fromkeys(fields, empty))
    read = {"directDebitMandate", "debtCollection", *fields}
    assert not read & changed.keys()


async def test_null_clears_what_names_something_else(clerk: Clerk) -> None:
    await clerk.execute(
        """insert into salesperson (company_id, salesperson_id, salesperson_cd, name, created_at, modified_at)
           values (1, 7, 'KARI', 'Kari', now(), now())""",
        """update customer set parent_customer_id = (select customer_id from customer where number = '20001')
            where number = '20002'""",
    )
    document = await clerk.invoice(
        salesperson="KARI", childCustomerNumber="20002", origInvoiceDate="2025-03-01", startDate="2025-03-01"
    )
    names = ("salesPersonID", "childCustomerNumber", "origInvoiceDate", "startDate", "paymentMethodId", "creditTermsId")
    cleared: dict[str, Any] = dict.fromkeys(names)
    changed = await clerk.change(document, **cleared)
    assert not {"salesPerson", "childRecord", "origInvoiceDate", "startDate", "paymentMethod"} & changed.keys()
    assert "creditTerms" not in changed
    assert changed["documentDueDate"] == changed["documentDate"]


async def test_a_field_that_is_null_as_a_whole_was_not_sent(clerk: Clerk) -> None:
    document = await clerk.invoice(note="Keep")
    answer = await clerk.http.put(
        f"/v1/customerinvoice/{document['referenceNumber']}", json={"note": None, "invoiceLines": None}
    )
    assert answer.status_code == 204
    assert await clerk.get(document) == document


async def test_the_number_cannot_be_changed_but_sent_back(clerk: Clerk) -> None:
    document = await clerk.invoice(referenceNumber="Ab-1")
    assert await clerk.change("customerinvoice/AB-1", referenceNumber="ab-1 ") == document
    text = await clerk.refuse_change("customerinvoice/ab-1", referenceNumber="ab-2")
    assert "Field: referenceNumber." in text
    assert "Send Ab-1 or leave it out." in text


async def test_another_customer_brings_its_defaults_and_the_vat_follows(clerk: Clerk) -> None:
    line = {"description": "Freight", "unitPriceInCurrency": 100, "vatCodeId": "6"}
    document = await clerk.invoice(lines=[line], documentDueDate="2025-12-31")
    await clerk.sql("update customer set terms_id = '30' where number = '20019'")
    changed = await clerk.change(document, customerNumber="20019")
    assert changed["customer"]["number"] == "20019"
    assert changed["customerVatZone"]["id"] == "EU"
    assert changed["creditTerms"]["id"] == "30"
    assert changed["documentDueDate"] == "2025-04-02T00:00:00"
    assert changed["invoiceAddress"]["city"] == "Växjö"
    assert changed["currencyId"] == "NOK"
    assert await clerk.balance("20001") == (await clerk.balance("20001"))
    taxed = await clerk.change(await clerk.invoice(), customerNumber="20019")
    assert [(row["taxId"], row["vatAmount"]) for row in taxed["taxDetails"]] == [("52", 0)]
    unfit = await clerk.invoice("20019", lines=[line | {"vatCodeId": "52"}])
    text = await clerk.refuse_change(unfit, customerNumber="20001")
    assert text.startswith("TaxID '52' cannot be found in the system. Field: customerVatZoneId.")


async def test_the_amount_of_a_draft_follows_it_to_another_customer(clerk: Clerk) -> None:
    before = {number: await clerk.balance(number) for number in ("20001", "20002")}
    document = await clerk.invoice()
    await clerk.change(document, customerNumber="20002")
    assert await clerk.balance("20001") == before["20001"]
    assert await clerk.balance("20002") == (before["20002"][0], before["20002"][1] + 125)


async def test_a_customer_that_allows_it_takes_a_draft_over_in_the_drafts_currency(clerk: Clerk) -> None:
    document = await clerk.invoice()
    await clerk.sql("update customer set currency_override = true where number = '20020'")
    changed = await clerk.change(document, customerNumber="20020", customerVatZoneId="NO")
    assert (changed["currencyId"], changed["exchangeRate"]) == ("NOK", 1)


async def test_a_customer_with_one_currency_takes_a_draft_over_in_that_currency(clerk: Clerk) -> None:
    line = {"description": "Freight", "unitPriceInCurrency": 100, "vatCodeId": "6"}
    document = await clerk.invoice(lines=[line])
    await clerk.sql("update customer set currency_override = false where number = '20020'")
    changed = await clerk.change(document, customerNumber="20020")
    assert changed["currencyId"] == "EUR"
    assert changed["exchangeRate"] > 10
    assert changed["amountInCurrency"] == 100
    assert changed["amount"] == round(100 * changed["exchangeRate"], 2)


async def test_another_zone_is_refused_where_a_line_does_not_fit_it_and_none_leaves_it_untaxed(clerk: Clerk) -> None:
    exported = await clerk.invoice(customerVatZoneId="EU", lines=[ITEM_A | {"vatCodeId": "52"}])
    text = await clerk.refuse_change(exported, customerVatZoneId="NO")
    assert "TaxID '52' cannot be found in the system." in text
    assert "VAT zone 'NO' knows these VAT ids: 3, 31, 32, 33, 5, 51, 6, 7." in text
    changed = await clerk.change("customerinvoice/003547", customerVatZoneId=None)
    assert (changed["taxDetails"], changed["amount"]) == ([], 500)
    await clerk.sql("update customer_class set vat_zone_required = true")
    assert "requires a VAT zone" in await clerk.refuse_change("customerinvoice/003547", invoiceText="x")


async def test_if_match_names_the_version_that_may_change(clerk: Clerk) -> None:
    document = await clerk.get("customerinvoice/003547")
    stale, fresh = f'"{document["timeStamp"]}"', {"If-Match": f'W/"{document["timeStamp"]}"'}
    answer = await clerk.send("PUT", "customerinvoice/003547", fresh, note="First")
    assert answer.status_code == 204
    assert answer.headers["ETag"] != stale
    for method, address in (
        ("PUT", "customerinvoice/003547"),
        ("POST", "customerinvoice/003547/action/release"),
        ("DELETE", "customerinvoice/003547"),
    ):
        refused = await clerk.send(method, address, {"If-Match": stale}, note="Second")
        assert refused.status_code == 412, method
    assert (await clerk.get("customerinvoice/003547"))["note"] == "First"
    assert (await clerk.send("PUT", "customerinvoice/003547", {"If-Match": "*"}, note="Any")).status_code == 204


@pytest.mark.parametrize("kind", KINDS)
async def test_a_number_that_nobody_has_is_not_found(bystander: Clerk, kind: str) -> None:
    for method, action in (("GET", ""), ("PUT", ""), ("POST", "/action/release")):
        fields: dict[str, Any] = {"note": "x"} if method == "PUT" else {}
        answer = await bystander.send(method, f"{kind}/nobody{action}", **fields)
        assert answer.status_code == 404, method
        assert "'nobody' cannot be found" in answer.json()["message"]


async def test_a_number_belongs_to_its_kind(bystander: Clerk) -> None:
    assert (await bystander.http.get("/v1/customerCreditNote/003547")).status_code == 404


async def test_a_change_tells_the_log_what_it_changed(clerk: Clerk) -> None:
    await clerk.change(
        "customerinvoice/003547", note="Why", lines=[{"operation": "Update", "lineNumber": 1, "quantity": 1}]
    )
    [row] = await clerk.rows("select * from change order by change_id desc limit 1")
    assert (row["entity"], row["entity_key"], row["event"], row["actor"]) == ("Invoice", "003547", "updated", "open")
    detail = json.loads(row["detail"])
    assert detail["note"] == [None, "Why"]
    assert [Decimal(amount) for amount in detail["amount"]] == [Decimal("625.00"), Decimal("125.00")]
    assert [[line["quantity"] for line in lines] for lines in detail["lines"]] == [["5.000000"], ["1"]]


# Statuses of drafts


async def test_a_hold_is_set_and_lifted_until_release(clerk: Clerk) -> None:
    for hold, status in ((True, "Hold"), (False, "Balanced"), (True, "Hold")):
        changed = await clerk.change("customerinvoice/003547", hold=hold)
        assert (changed["status"], changed["hold"]) == (status, hold)
    assert (await clerk.change("customerinvoice/003547", note="Held"))["status"] == "Hold"


async def test_drafts_may_start_on_hold_by_preference(clerk: Clerk) -> None:
    await clerk.prefer(hold_on_entry=True)
    assert (await clerk.invoice())["status"] == "Hold"
    assert (await clerk.invoice(hold=False))["status"] == "Balanced"


async def test_drafts_wait_for_print_and_mail_by_preference(clerk: Clerk) -> None:
    await clerk.prefer(print_before_release=True, email_before_release=True)
    assert (await clerk.invoice())["status"] == "Balanced"
    await clerk.sql("update customer set print_invoices = true, email_invoices = true where number = '20001'")
    document = await clerk.invoice()
    number = document.number
    assert (document["status"], document["dontPrint"], document["dontEmail"]) == ("PendingPrint", False, False)
    assert "not balanced" in await clerk.refuse_release(f"customerinvoice/{number}")
    assert (await clerk.change(f"customerinvoice/{number}", dontPrint=True))["status"] == "PendingEmail"
    assert (await clerk.change(f"customerinvoice/{number}", dontEmail=True))["status"] == "Balanced"
    assert (await clerk.change(f"customerinvoice/{number}", dontPrint=False))["status"] == "PendingPrint"
    assert (await clerk.change(f"customerinvoice/{number}", hold=True))["status"] == "Hold"
    assert (await clerk.change(f"customerinvoice/{number}", hold=False))["status"] == "PendingPrint"
