"""What hangs on a customer: classes, mandates, note, balance and the change of its number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, ITEM_A, STALE, Clerk


async def test_classes_show_what_they_give(clerk: Clerk) -> None:
    await clerk.create("attribute", attributeID="COLOUR", controlType="Combo", details=[{"valueId": "red"}])
    (row,) = await clerk.page("customer/customerClass")
    assert {"id": "1", "taxZoneId": "NO", "requiredTaxzoneId": False, "paymentMethodId": "1"}.items() <= row.items()
    read = await clerk.get("customer/customerclass/1")
    assert read["attributes"] == [
        {"attributeId": "COLOUR", "description": "COLOUR", "sortOrder": 1, "required": False,
         "attributeType": "Combo", "details": [{"id": "red"}]},
    ]  # fmt: skip
    assert await clerk.status("GET", "customer/customerClass/nope") == 404


async def test_mandates_and_note_have_addresses_of_their_own(clerk: Clerk) -> None:
    assert await clerk.page("customer/20001/directdebit") == []
    assert "note" not in await clerk.get("customer/20001/note")
    await clerk.change(
        "customer/20001", note="Ring first", directDebitLines=[{"mandateId": "M1", "iban": "NO9386011117947"}]
    )
    (mandate,) = await clerk.page("customer/20001/directdebit")
    assert (mandate["mandateId"], mandate["iban"], mandate["isDefault"]) == ("M1", "NO9386011117947", False)
    assert (await clerk.get("customer/20001/note"))["note"] == "Ring first"
    for part in ("directdebit", "note", "balance"):
        assert await clerk.status("GET", f"customer/nobody/{part}") == 404


async def released(clerk: Clerk, kind: str, day: str, **line: Any) -> None:
    await clerk.issue(kind, "20009", documentDate=day, lines=[ITEM_A | line])


async def test_the_balance_counts_released_sales_without_vat(clerk: Clerk) -> None:
    before = await clerk.get("customer/20009/balance")
    assert before["customer"] == {"internalId": 9, "number": "20009", "name": "Jordet Gård AS"} | {
        "name": before["customer"]["name"]
    }
    zeros = ("totalOrder", "totalLoan", "totalDiscountPeriod", "totalDiscountYear")
    assert {before[name] for name in zeros} == {0}
    await released(clerk, INVOICE, "2026-01-10", unitPriceInCurrency=1000)  # this month
    await released(clerk, DEBIT_NOTE, "2026-01-11", unitPriceInCurrency=10)
    await released(clerk, CREDIT_NOTE, "2026-01-12", unitPriceInCurrency=100)
    await released(clerk, INVOICE, "2026-02-01", unitPriceInCurrency=7)  # this year
    await released(clerk, INVOICE, "2025-12-31", unitPriceInCurrency=5000)  # last year
    await clerk.invoice("20009", documentDate="2026-01-10")  # a draft
    after = await clerk.get("customer/20009/balance")
    assert after["totalSalePeriod"] - before["totalSalePeriod"] == 910
    assert after["totalSaleYear"] - before["totalSaleYear"] == 917
    owed = Decimal(str(after["balance"])) - Decimal(str(before["balance"]))
    assert owed == Decimal("1.25") * (1000 + 10 - 100 + 7 + 5000)
    assert after["lastModified"] > before["lastModified"]


async def test_a_new_number_is_seen_everywhere(clerk: Clerk) -> None:
    document = await clerk.invoice("20001", invoiceText="before")
    contact = await clerk.contact(businessAccount="20001")
    etag = (await clerk.get("customer/20001")).etag
    answer = await clerk.post("customer/action/changeCustomerCd/1", customerCd="ÅRE-1")
    assert (answer.status_code, answer.json()["actionResult"]) == (200, "Done")
    assert answer.headers["ETag"] != etag
    assert await clerk.status("GET", "customer/20001") == 404
    assert (await clerk.get("customer/%C3%85re-1"))["internalId"] == 1
    assert (await clerk.get(document))["customer"]["number"] == "ÅRE-1"
    assert (await clerk.get(contact))["businessAccount"] == "ÅRE-1"
    assert (await clerk.get("location/%C3%85RE-1/Main"))["baccount"]["number"] == "ÅRE-1"
    listed = await clerk.page("customerinvoice", customer="Åre-1")
    assert document["referenceNumber"] in [row["referenceNumber"] for row in listed]
    assert await clerk.page("customerinvoice", customer="20001") == []
    (change,) = await clerk.page("reskontra/change", event="renumbered")
    assert (change["key"], change["fields"]) == ("ÅRE-1", [{"field": "number", "old": "20001", "new": "ÅRE-1"}])
    assert await clerk.sql("select reason from deleted_number where number = '20001'")
    await clerk.invoice("ÅRE-1")


async def test_only_a_free_number_is_taken(clerk: Clerk) -> None:
    address = "customer/action/changeCustomerCd"
    assert "20002 already exists" in await clerk.refused("POST", f"{address}/1", customerCd="20002")
    for wrong in (None, " ", "X" * 31, "a\x07b"):
        assert "customerCd" in await clerk.refused("POST", f"{address}/1", customerCd=wrong)
    assert await clerk.status("POST", f"{address}/99999", customerCd="X") == 404
    assert await clerk.status("POST", f"{address}/x", customerCd="X") == 404
    stale = await clerk.post(f"{address}/1", STALE, customerCd="X")
    assert stale.status_code == 412
    version = (await clerk.get("customer/20001")).etag
    same = await clerk.post(f"{address}/1", customerCd={"value": "20001"})
    assert same.headers["ETag"] == version
    await clerk.sql("update customer set status = 'Inactive' where customer_id = 1")
    assert "Inactive" in await clerk.refused("POST", f"{address}/1", customerCd="X")


async def test_a_number_that_was_given_up_can_be_taken_again(clerk: Clerk) -> None:
    address = "/v1/customer/action/changeCustomerCd"
    assert await clerk.status("POST", f"{address}/1", customerCd="A") == 200
    assert await clerk.status("POST", f"{address}/2", customerCd="20001") == 200
    assert await clerk.status("POST", f"{address}/1", customerCd="20002") == 200
    assert (await clerk.get("customer/20001"))["internalId"] == 2


@pytest.mark.parametrize(("override", "terms"), [(True, "30"), (False, "14")])
async def test_another_class_reaches_the_next_document_only_if_its_values_are_taken(
    clerk: Clerk, override: bool, terms: str
) -> None:
    await clerk.sql(
        """insert into customer_class (company_id, customer_class_id, description, terms_id, currency_id,
               customer_ledger_account, sales_account, vat_zone_id, modified_at)
           values (1, 'SLOW', 'Slow payers', '30', 'NOK', '1500', '3000', 'NO', now())"""
    )
    before = await clerk.invoice("20001")
    await clerk.change("customer/20001", customerClassId="SLOW", overrideWithClassValues=override)
    after = await clerk.invoice("20001")
    assert after["creditTerms"]["id"] == terms
    assert (await clerk.get(before))["creditTerms"]["id"] == "14"
