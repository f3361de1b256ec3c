"""Customers over HTTP: create, read, change, refuse. Real application, real database, a company of its own per test."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

import httpx
import msgspec
import pytest

from tests.clerk import Clerk, bare, refusal


def refused(answer: httpx.Response, *parts: str, status: int = 400) -> str:
    """Assert that the answer is a refusal whose text holds all `parts`."""
    assert answer.status_code == status, answer.text
    message: str = answer.json()["message"]
    for part in parts:
        assert part in message, message
    return message


HOWTO_POST = {
    "number": {"value": "10000"},
    "name": {"value": "NewCustomer"},
    "overrideWithClassValues": True,
    "customerClassId": {"value": "1"},
    "mainAddress": {
        "value": {
            "addressLine1": {"value": "TestRoad 13"},
            "postalCode": {"value": "0101"},
            "countryId": {"value": "NO"},
        }
    },
}


class TestTheHowTo:
    async def test_creates_10000_and_says_where_it_is(self, clerk: Clerk) -> None:
        answer = await clerk.http.post("/v1/customer", json=HOWTO_POST)
        assert answer.status_code == 201
        assert answer.content == b""
        assert answer.headers["Location"] == "http://localhost/API/v1/customer/10000"
        read = await clerk.http.get("/v1/customer/10000")
        assert read.headers["ETag"] == answer.headers["ETag"] == f'"{read.json()["timeStamp"]}"'

    async def test_gives_the_class_values_for_what_was_not_sent(self, clerk: Clerk) -> None:
        await clerk.http.post("/v1/customer", json=HOWTO_POST)
        customer = await clerk.get("customer/10000")
        assert customer["name"] == "NewCustomer"
        assert customer["status"] == "Active"
        assert customer["customerClass"] == {"id": "1", "description": "Domestic customers"}
        assert customer["creditTerms"] == {"id": "14", "description": "14 days net"}
        assert customer["currencyId"] == "NOK"
        assert customer["vatZone"] == {
            "id": "NO",
            "description": "Norway",
            "defaultVatCategory": "3",
            "defaultTaxCategory": {"number": "3", "description": "Standard rate"},
        }
        assert customer["location"] == {"countryId": "NO", "id": "Main", "name": "Main"}
        assert customer["printDunningLetters"] is True
        assert customer["printInvoices"] is False
        assert customer["paymentMethods"] == [{"paymentMethodId": "1", "isDefault": True}]
        assert customer["glAccounts"]["customerLedgerAccount"] == {
            "type": "Asset",
            "number": "1500",
            "description": "Trade debtors",
        }
        assert customer["glAccounts"]["salesSubaccount"]["segments"] == [
            {
                "segmentId": 1,
                "segmentDescription": "Department",
                "segmentValue": "0",
                "segmentValueDescription": "No department",
            }
        ]

    async def test_moves_to_testroad_50_and_keeps_the_rest(self, clerk: Clerk) -> None:
        await clerk.http.post("/v1/customer", json=HOWTO_POST)
        before = await clerk.get("customer/10000")
        answer = await clerk.put(
            "customer/10000", mainAddress={"addressLine1": "TestRoad 50", "postalCode": "0101", "countryId": "NO"}
        )
        assert answer.status_code == 204
        assert answer.headers["Location"] == "http://localhost/API/v1/customer/10000"
        after = await clerk.get("customer/10000")
        assert after["mainAddress"] == before["mainAddress"] | {"addressLine1": "TestRoad 50"}
        moving = {"mainAddress", "invoiceAddress", "deliveryAddress", "timeStamp", "lastModifiedDateTime"}
        assert {name for name in before if before[name] != after[name]} == moving

    async def test_lists_what_was_changed_since_a_day(self, clerk: Clerk) -> None:
        clerk.clock.move_to(datetime(2025, 1, 13, 12, tzinfo=UTC))
        await clerk.customer(number="A1")
        clerk.clock.move_to(datetime(2025, 1, 14, 12, tzinfo=UTC))
        await clerk.customer(number="A2")
        url = "/v1/customer?lastModifiedDateTime=2025-01-14&lastModifiedDateTimeCondition=>="
        found = (await clerk.http.get(url)).json()
        assert [customer["number"] for customer in found] == ["A2"]


ALL_FIELDS: dict[str, Any] = {
    "number": "Round-1",
    "name": "Håkon Ødegård & Sønn AS",
    "status": "onhold",
    "accountReference": "REF-1",
    "numberOfEmployees": 17,
    "currencyId": "EUR",
    "creditLimit": 12345.67,
    "creditDaysPastDue": 9,
    "customerClassId": "1",
    "creditTermsId": "30D2",
    "printInvoices": True,
    "acceptAutoInvoices": True,
    "sendInvoicesByEmail": True,
    "sendDunningLettersViaEMail": True,
    "printDunningLetters": False,
    "printStatements": False,
    "sendStatementsByEmail": True,
    "printMultiCurrencyStatements": True,
    "invoiceToDefaultLocation": True,
    "vatRegistrationId": "NO123456789MVA",
    "corporateId": "123456789",
    "vatZoneId": "eu",
    "gln": "7080000000012",
    "note": "A note",
    "mainAddress": {
        "addressLine1": "Gate 1",
        "addressLine2": "Oppgang B",
        "addressLine3": "3. etg",
        "postalCode": "0150",
        "city": "Oslo",
        "countryId": "no",
        "county": "Oslo fylke",
    },
    "mainContact": {
        "name": "Kari",
        "attention": "Regnskap",
        "email": "kari@x.no",
        "web": "x.no",
        "phone1": "11",
        "phone2": "22",
        "fax": "33",
    },
    "creditVerification": "LimitAndDaysPastDue",
    "invoiceAddress": {"addressLine1": "Postboks 2", "city": "Bergen"},
    "invoiceContact": {"email": "faktura@x.no"},
    "statementType": "BalanceBroughtForward",
    "deliveryAddress": {"addressLine1": "Lager 3", "countryId": "SE"},
    "deliveryContact": {"phone1": "44"},
    "priceClassId": "GOLD",
    "eInvoiceContract": {"fInvoiceContractID": "C1", "fInvoiceIntermediatorID": "I1"},
    "defaultPaymentMethod": {"paymentMethodId": "2", "isDefault": True},
    "glAccounts": {
        "customerLedgerAccount": "1500",
        "customerLedgerSubaccount": [{"segmentId": 1, "segmentValue": "1"}],
        "salesAccount": "3100",
        "salesNonTaxableAccount": "3105",
        "salesEuAccount": "3000",
        "salesExportAccount": "3110",
        "salesSubaccount": [{"segmentId": 1, "segmentValue": "1"}],
        "discountAccount": "3000",
        "discountSubaccount": [{"segmentId": 1, "segmentValue": "1"}],
        "freightAccount": "3900",
        "freightSubaccount": [{"segmentId": 1, "segmentValue": "1"}],
        "cashDiscountAccount": "7740",
        "cashDiscountSubaccount": [{"segmentId": 1, "segmentValue": "1"}],
        "prepaymentAccount": "1920",
        "prepaymentSubaccount": [{"segmentId": 1, "segmentValue": "1"}],
    },
    "directDebitLines": [
        {
            "operation": "Insert",
            "mandateId": "M1",
            "mandateDescription": "First",
            "dateOfSignature": "2025-02-03T00:00:00",
            "isDefault": True,
            "oneTime": False,
            "bic": "DNBANOKK",
            "iban": "NO9386011117947",
            "lastCollectionDate": "2025-03-04",
            "maxAmount": 1000.5,
            "expirationDate": "2026-12-31",
            "branch": "1",
        }
    ],
    "attributeLines": [
        {"attributeId": "colour", "attributeValue": "RED"},
        {"attributeId": "REMARK", "attributeValue": "nice, really"},
    ],
    "excludeDebtCollection": True,
}

PLAIN_AS_READ = {
    "number": "Round-1",
    "name": "Håkon Ødegård & Sønn AS",
    "status": "OnHold",
    "accountReference": "REF-1",
    "numberOfEmployees": 17,
    "currencyId": "EUR",
    "creditDaysPastDue": 9,
    "printInvoices": True,
    "acceptAutoInvoices": True,
    "sendInvoicesByEmail": True,
    "sendDunningLettersViaEMail": True,
    "printDunningLetters": False,
    "printStatements": False,
    "sendStatementsByEmail": True,
    "printMultiCurrencyStatements": True,
    "invoiceToDefaultLocation": True,
    "vatRegistrationId": "NO123456789MVA",
    "corporateId": "123456789",
    "gln": "7080000000012",
    "creditVerification": "LimitAndDaysPastDue",
    "statementType": "BalanceBroughtForward",
    "creditTerms": {"id": "30D2", "description": "30 days net, 2 % cash discount within 10 days"},
    "priceClass": {"id": "GOLD"},
    "eInvoiceContract": {"fInvoiceContractID": "C1", "fInvoiceIntermediatorID": "I1"},
    "paymentMethods": [{"paymentMethodId": "1", "isDefault": False}, {"paymentMethodId": "2", "isDefault": True}],
    "defaultPaymentMethodId": "2",
    "excludeDebtCollection": True,
    "location": {"countryId": "NO", "id": "Main", "name": "Main"},
    "attributes": [
        {"id": "COLOUR", "value": "red", "description": "Colour"},
        {"id": "REMARK", "value": "nice, really", "description": "Remark"},
    ],
}


class TestEveryField:
    async def test_comes_back_as_it_was_sent(self, clerk: Clerk) -> None:
        await clerk.customer(number="PARENT", name="Head")
        read = await clerk.customer(**ALL_FIELDS, parentRecordNumber="parent")
        assert {name: read.get(name) for name in PLAIN_AS_READ} == PLAIN_AS_READ
        assert read["parentRecord"] == {"number": "PARENT", "name": "Head"}
        assert read["vatZone"]["id"] == "EU"
        assert read["creditLimit"] == Decimal("12345.67")
        main = read["mainAddress"]
        assert main == {
            "addressId": main["addressId"],
            "addressLine1": "Gate 1",
            "addressLine2": "Oppgang B",
            "addressLine3": "3. etg",
            "postalCode": "0150",
            "city": "Oslo",
            "country": {"id": "NO", "name": "Norway"},
            "county": {"id": "Oslo fylke", "name": "Oslo fylke"},
        }
        contact = read["mainContact"]
        assert contact == {
            "contactId": contact["contactId"],
            "name": "Kari",
            "attention": "Regnskap",
            "email": "kari@x.no",
            "web": "x.no",
            "phone1": "11",
            "phone2": "22",
            "fax": "33",
        }
        numbers = {name: account["number"] for name, account in read["glAccounts"].items() if "number" in account}
        sent = {name: sent for name, sent in ALL_FIELDS["glAccounts"].items() if isinstance(sent, str)}
        assert numbers == sent
        subaccounts = [it["subaccountNumber"] for it in read["glAccounts"].values() if "subaccountNumber" in it]
        assert subaccounts == ["1"] * 6
        (mandate,) = read["directDebitLines"]
        assert mandate == {
            "id": mandate["id"],
            "mandateId": "M1",
            "mandateDescription": "First",
            "dateOfSignature": "2025-02-03T00:00:00",
            "isDefault": True,
            "oneTime": False,
            "bic": "DNBANOKK",
            "iban": "NO9386011117947",
            "lastCollectionDate": "2025-03-04T00:00:00",
            "maxAmount": 1000.5,
            "expirationDate": "2026-12-31T00:00:00",
            "branch": "1",
        }
        assert await clerk.sql("select note from customer where number = 'Round-1'") == "A note"

    async def test_own_addresses_start_as_a_copy_of_the_main_one(self, clerk: Clerk) -> None:
        read = await clerk.customer(**ALL_FIELDS)
        main, invoice, delivery = read["mainAddress"], read["invoiceAddress"], read["deliveryAddress"]
        assert len({it["addressId"] for it in (main, invoice, delivery)}) == 3
        assert (invoice["addressLine1"], invoice["city"], invoice["postalCode"]) == ("Postboks 2", "Bergen", "0150")
        assert (delivery["addressLine1"], delivery["country"]["id"], delivery["city"]) == ("Lager 3", "SE", "Oslo")
        assert read["invoiceContact"]["email"] == "faktura@x.no"
        assert read["invoiceContact"]["phone1"] == "11"
        assert read["deliveryContact"]["phone1"] == "44"

    async def test_fields_stand_in_the_order_of_the_contract(self, clerk: Clerk) -> None:
        await clerk.customer(number="P")
        text = (await clerk.http.get("/v1/customer/Round-1")).text
        await clerk.customer(**ALL_FIELDS, parentRecordNumber="P")
        text = (await clerk.http.get("/v1/customer/Round-1")).text
        schema = msgspec.json.decode((files("reskontra") / "contract.json").read_bytes())["schemas"]["CustomerDto"]
        order = [name for name in schema if name != "errorInfo"]
        assert [name for name in msgspec.json.decode(text) if name != "metadata"] == order

    async def test_decimals_keep_the_digits_of_their_column(self, clerk: Clerk) -> None:
        await clerk.customer(**ALL_FIELDS)
        text = (await clerk.http.get("/v1/customer/round-1")).text
        assert '"creditLimit":12345.6700' in text
        assert '"maxAmount":1000.5000' in text
        assert ":null" not in text

    async def test_sent_back_as_it_was_read_changes_nothing(self, clerk: Clerk) -> None:
        await clerk.customer(number="PARENT")
        read = await clerk.customer(**ALL_FIELDS, parentRecordNumber="PARENT")
        assert await replace(clerk, spelling=bare).change(read, **read) == read

    async def test_moments_are_in_the_companys_zone_without_offset(self, clerk: Clerk) -> None:
        clerk.clock.move_to(datetime(2026, 7, 1, 22, 30, 15, 120_000, tzinfo=UTC))
        read = await clerk.customer()
        assert read["createdDateTime"].startswith("2026-07-02T00:30:15.12")
        assert read["createdDateTime"] == read["lastModifiedDateTime"]


CLEARABLE = {
    "accountReference": "accountReference",
    "numberOfEmployees": "numberOfEmployees",
    "vatRegistrationId": "vatRegistrationId",
    "corporateId": "corporateId",
    "vatZoneId": "vatZone",
    "gln": "gln",
    "priceClassId": "priceClass",
    "eInvoiceContract": "eInvoiceContract",
    "defaultPaymentMethod": "defaultPaymentMethodId",
    "parentRecordNumber": "parentRecord",
}


class TestPut:
    async def test_only_what_is_sent_changes(self, clerk: Clerk) -> None:
        before = await clerk.customer(**ALL_FIELDS)
        after = await clerk.change("customer/Round-1", mainContact={"email": "new@x.no"}, creditLimit=1)
        assert after["mainContact"] == before["mainContact"] | {"email": "new@x.no"}
        assert after["creditLimit"] == 1
        moving = {"mainContact", "creditLimit", "timeStamp", "lastModifiedDateTime"}
        assert {name for name in before if before[name] != after[name]} == moving

    @pytest.mark.parametrize("field", CLEARABLE)
    async def test_null_clears(self, clerk: Clerk, field: str) -> None:
        await clerk.customer(number="PARENT")
        before = await clerk.customer(**ALL_FIELDS, parentRecordNumber="PARENT")
        assert CLEARABLE[field] in before
        after = await clerk.change("customer/Round-1", **{field: None})
        assert CLEARABLE[field] not in after

    @pytest.mark.parametrize(
        "field", ["name", "status", "customerClassId", "creditTermsId", "currencyId", "statementType", "mainAddress"]
    )
    async def test_what_is_mandatory_cannot_be_cleared(self, clerk: Clerk, field: str) -> None:
        before = await clerk.customer(number="M1")
        refused(await clerk.put("customer/M1", **{field: None}), f"Field: {field}", "cannot be empty")
        assert await clerk.get("customer/M1") == before

    async def test_a_field_that_is_null_as_a_whole_is_not_sent(self, clerk: Clerk) -> None:
        before = await clerk.customer(**ALL_FIELDS)
        absent: dict[str, Any] = dict.fromkeys(("name", "mainAddress", "directDebitLines", "attributeLines"))
        assert await replace(clerk, spelling=bare).change(before, **absent) == before

    async def test_a_change_of_nothing_keeps_the_version(self, clerk: Clerk) -> None:
        before = await clerk.customer(number="N1", name="Same")
        after = await clerk.change("customer/N1", name="Same", number="n1", customerClassId="1")
        assert after == before

    async def test_parts_of_an_address_are_cleared_one_by_one(self, clerk: Clerk) -> None:
        await clerk.customer(**ALL_FIELDS)
        after = await clerk.change("customer/Round-1", mainAddress={"addressLine2": None, "city": ""})
        assert "addressLine2" not in after["mainAddress"]
        assert "city" not in after["mainAddress"]
        assert after["mainAddress"]["addressLine1"] == "Gate 1"

    async def test_another_number_is_refused_and_the_same_is_not(self, clerk: Clerk) -> None:
        await clerk.customer(number="Nr1")
        refused(await clerk.put("customer/nr1", number="Nr2"), "Field: number", "Nr1")
        assert (await clerk.put("customer/NR1", number="NR1", name="X")).status_code == 204
        assert (await clerk.get("customer/nr1"))["number"] == "Nr1"

    async def test_by_internal_id(self, clerk: Clerk) -> None:
        customer = await clerk.customer(number="I/1")
        path = f"/v1/customer/internal/{customer['internalId']}"
        answer = await clerk.put(path, name="Renamed")
        assert answer.status_code == 204
        assert answer.headers["Location"].endswith("/v1/customer/I%2F1")
        read = await clerk.http.get(path)
        assert read.json()["name"] == "Renamed"
        assert read.json() == (await clerk.http.get(answer.headers["Location"])).json()

    async def test_the_change_log_says_who_changed_what_to_what(self, clerk: Clerk) -> None:
        await clerk.customer(number="LOG")
        await clerk.change("customer/LOG", creditLimit=5, mainContact={"email": "a@b.no"})
        events = await clerk.sql(
            "select json_agg(json_build_array(event, detail) order by change_id) from change where entity_key = 'LOG'"
        )
        (created, first), (updated, second) = msgspec.json.decode(events)
        assert (created, updated) == ("created", "updated")
        assert first["name"] == "Someone"
        assert set(second) == {"credit_limit", "main_contact"}
        assert [Decimal(limit) for limit in second["credit_limit"]] == [0, 5]
        assert [contact["email"] for contact in second["main_contact"]] == [None, "a@b.no"]


class TestFollowingTheMainAddress:
    async def test_invoice_and_delivery_show_the_main_one_until_sent(self, clerk: Clerk) -> None:
        await clerk.customer(number="F1", mainAddress={"addressLine1": "One"}, mainContact={"email": "a@a"})
        customer = await clerk.change("customer/F1", mainAddress={"addressLine1": "Two"})
        assert customer["invoiceAddress"] == customer["deliveryAddress"] == customer["mainAddress"]
        assert customer["invoiceContact"] == customer["deliveryContact"] == customer["mainContact"]

    async def test_once_sent_it_stays_when_the_main_one_moves(self, clerk: Clerk) -> None:
        await clerk.customer(number="F1", mainAddress={"addressLine1": "One", "city": "Oslo"})
        customer = await clerk.change("customer/F1", invoiceAddress={"addressLine1": "Box"})
        assert customer["invoiceAddress"]["city"] == "Oslo"
        assert customer["invoiceAddress"]["addressId"] != customer["mainAddress"]["addressId"]
        customer = await clerk.change("customer/F1", mainAddress={"addressLine1": "Two", "city": "Bergen"})
        assert customer["invoiceAddress"]["addressLine1"] == "Box"
        assert customer["invoiceAddress"]["city"] == "Oslo"
        assert customer["deliveryAddress"] == customer["mainAddress"]

    async def test_its_row_is_kept_when_it_is_sent_again(self, clerk: Clerk) -> None:
        await clerk.customer(number="F1")
        first = await clerk.change("customer/F1", invoiceContact={"email": "a@a"})
        second = await clerk.change("customer/F1", invoiceContact={"phone1": "1"})
        assert second["invoiceContact"] == first["invoiceContact"] | {"phone1": "1"}

    async def test_null_makes_it_follow_again(self, clerk: Clerk) -> None:
        await clerk.customer(number="F1", invoiceAddress={"addressLine1": "Box"})
        customer = await clerk.change("customer/F1", invoiceAddress=None)
        assert customer["invoiceAddress"] == customer["mainAddress"]

    async def test_sent_back_as_shown_it_goes_on_following(self, clerk: Clerk) -> None:
        await clerk.customer(number="F1", mainAddress={"addressLine1": "One"})
        customer = await clerk.change(
            "customer/F1", mainAddress={"addressLine1": "Two"}, invoiceAddress={"addressLine1": "One"}
        )
        assert customer["invoiceAddress"] == customer["mainAddress"]

    async def test_main_and_a_new_own_address_in_one_request(self, clerk: Clerk) -> None:
        await clerk.customer(number="F1", mainAddress={"addressLine1": "One", "city": "Oslo"})
        customer = await clerk.change(
            "customer/F1", mainAddress={"city": "Bergen"}, deliveryAddress={"addressLine1": "Dock"}
        )
        assert customer["deliveryAddress"]["city"] == "Bergen"
        assert customer["deliveryAddress"]["addressLine1"] == "Dock"


class TestClasses:
    async def test_the_default_class_is_used_when_none_is_sent(self, clerk: Clerk) -> None:
        assert (await clerk.customer())["customerClass"]["id"] == "1"

    async def test_what_is_sent_wins_over_the_class(self, clerk: Clerk) -> None:
        customer = await clerk.customer(customerClassId="export", creditTermsId="14", printInvoices=False)
        assert customer["customerClass"]["id"] == "EXPORT"
        assert customer["creditTerms"]["id"] == "14"
        assert customer["printInvoices"] is False
        assert customer["sendInvoicesByEmail"] is True
        assert customer["currencyId"] == "EUR"
        assert customer["mainAddress"]["country"]["id"] == "DE"
        assert customer["creditVerification"] == "CreditLimit"
        assert customer["glAccounts"]["salesAccount"]["number"] == "3120"

    async def test_a_change_of_class_without_override_changes_the_link_only(self, clerk: Clerk) -> None:
        before = await clerk.customer(number="C1")
        after = await clerk.change("customer/C1", customerClassId="EXPORT", overrideWithClassValues=False)
        moving = {"customerClass", "timeStamp", "lastModifiedDateTime"}
        assert {name for name in before if before[name] != after[name]} == moving

    async def test_with_override_the_class_fields_are_read_again_and_sent_ones_win(self, clerk: Clerk) -> None:
        await clerk.customer(number="C1", note="kept")
        after = await clerk.change(
            "customer/C1", customerClassId="EXPORT", overrideWithClassValues=True, creditTermsId="EOM"
        )
        assert after["creditTerms"]["id"] == "EOM"
        assert after["currencyId"] == "EUR"
        assert after["vatZone"]["id"] == "EX"
        assert after["creditLimit"] == 5000
        assert after["statementType"] == "BalanceBroughtForward"
        assert after["defaultPaymentMethodId"] == "2"
        assert after["mainAddress"]["country"]["id"] == "NO", "the country is never overridden (CLS-03)"

    async def test_override_without_another_class_reads_nothing_again(self, clerk: Clerk) -> None:
        await clerk.customer(number="C1", creditTermsId="EOM")
        after = await clerk.change("customer/C1", customerClassId="1", overrideWithClassValues=True, name="New")
        assert after["creditTerms"]["id"] == "EOM"

    async def test_a_class_that_requires_a_vat_zone_refuses_a_customer_without(self, clerk: Clerk) -> None:
        refused(
            await clerk.post("customer", name="X", customerClassId="NOZONE"), "requires a VAT zone", "Field: vatZoneId"
        )
        assert (await clerk.customer(customerClassId="NOZONE", vatZoneId="NO"))["vatZone"]["id"] == "NO"
        await clerk.customer(number="Z", customerClassId="NOZONE", vatZoneId="NO")
        refused(await clerk.put("customer/Z", vatZoneId=None), "requires a VAT zone")


class TestNumbers:
    async def test_the_series_gives_the_next_number(self, clerk: Clerk) -> None:
        first, second = await clerk.customer(), await clerk.customer(number="  ")
        assert (first["number"], second["number"]) == ("20001", "20002")

    async def test_a_number_taken_by_hand_is_stepped_over(self, clerk: Clerk) -> None:
        await clerk.customer(number="20001")
        assert (await clerk.customer())["number"] == "20002"

    async def test_numbers_are_unique_in_any_case(self, clerk: Clerk) -> None:
        await clerk.customer(number="Abc")
        refused(
            await clerk.post("customer", name="X", number="aBC"),
            "The customer number aBC already exists",
            "Field: number",
        )
        assert len(await clerk.page("customer", name="X")) == 0

    async def test_a_refused_request_uses_no_number(self, clerk: Clerk) -> None:
        refused(await clerk.post("customer", name="X", creditTermsId="nope"))
        assert (await clerk.customer())["number"] == "20001"

    async def test_strict_and_manual_series(self, clerk: Clerk) -> None:
        await clerk.sql("update number_series set mode = 'strict' where series_id = 'CUSTOMER'")
        refused(await clerk.post("customer", name="X", number="5"), "Field: number")
        assert (await clerk.customer(number="5", overrideNumberSeries=True))["number"] == "5"
        await clerk.sql("update number_series set mode = 'manual' where series_id = 'CUSTOMER'")
        refused(await clerk.post("customer", name="X"), "number is required", "Field: number")

    async def test_eight_at_once_get_eight_numbers_without_a_hole(self, clerk: Clerk) -> None:
        answers = await asyncio.gather(*(clerk.post("customer", name=f"C{n}") for n in range(8)))
        numbers = sorted(answer.headers["Location"].rpartition("/")[2] for answer in answers)
        assert numbers == [str(20001 + n) for n in range(8)]
        assert len({answer.headers["ETag"] for answer in answers}) == 8
        ids = {customer["internalId"] for customer in await clerk.page("customer")}
        assert len(ids) == 8
        assert (
            await clerk.sql("select total from tally where entity = 'Customer' and company_id = $1", clerk.company_id)
            == 8
        )

    async def test_sixteen_changes_at_once_all_stand(self, clerk: Clerk) -> None:
        await clerk.customer(number="X1", mainAddress={"addressLine1": "Start"})
        texts = ("addressLine1", "addressLine2", "addressLine3", "postalCode", "city", "county")
        changes = [clerk.put("customer/X1", mainAddress={name: name}) for name in texts]
        answers = await asyncio.gather(*changes)
        assert {answer.status_code for answer in answers} == {204}
        address = (await clerk.get("customer/X1"))["mainAddress"]
        assert [address[name] for name in texts[:5]] == list(texts[:5])
        assert address["county"]["id"] == "county"


class TestFinding:
    async def test_paths_and_names_match_in_any_case(self, clerk: Clerk) -> None:
        answer = await clerk.http.post("/V1/CUSTOMER", json={"NUMBER": {"Value": "q1"}, "nAmE": {"VALUE": "Bare"}})
        assert answer.status_code == 201
        assert (await clerk.http.get("/v1/Customer/Q1")).json()["name"] == "Bare"

    async def test_bare_values_and_numeric_texts_are_understood(self, clerk: Clerk) -> None:
        answer = await clerk.http.post("/v1/customer", json={"name": "Bare", "creditLimit": "12.5", "number": 77})
        assert answer.status_code == 201, answer.text
        assert (await clerk.get("customer/77"))["creditLimit"] == 12.5

    async def test_any_number_can_stand_in_a_path(self, clerk: Clerk) -> None:
        number = "a/b #1?é"
        created = await clerk.customer(number=number)
        assert created["number"] == number
        encoded = base64.urlsafe_b64encode(number.encode()).decode().rstrip("=")
        assert (await clerk.http.get(f"/v1/customer/b64({encoded})")).json()["number"] == number

    @pytest.mark.parametrize("path", ["none", "internal/999999", "internal/abc", "internal/99999999999999999999"])
    async def test_what_does_not_exist_is_404(self, clerk: Clerk, path: str) -> None:
        assert await clerk.status("GET", f"customer/{path}") == 404
        assert await clerk.status("PUT", f"customer/{path}", name="X") == 404


class TestIfMatch:
    async def test_the_version_that_was_read_passes_and_gives_a_new_one(self, clerk: Clerk) -> None:
        read = await clerk.customer(number="E1")
        answer = await clerk.put(read, read.if_match, name="A")
        assert answer.status_code == 204
        assert answer.headers["ETag"] == (await clerk.get(read)).etag != read.etag

    async def test_an_older_version_is_412_and_changes_nothing(self, clerk: Clerk) -> None:
        read = await clerk.customer(number="E1")
        await clerk.change(read, name="B")
        answer = await clerk.put(read, read.if_match, name="C")
        assert answer.status_code == 412
        assert (await clerk.get("customer/E1"))["name"] == "B"

    async def test_a_star_passes_and_nonsense_does_not(self, clerk: Clerk) -> None:
        await clerk.customer(number="E1")
        for header, status in (("*", 204), ('"nonsense"', 412)):
            answer = await clerk.put("customer/E1", {"If-Match": header}, name=header)
            assert answer.status_code == status


class TestLines:
    async def test_mandates_are_inserted_updated_and_deleted_by_id(self, clerk: Clerk) -> None:
        customer = await clerk.customer(
            number="D1", directDebitLines=[{"mandateId": "M1", "isDefault": True}, {"mandateId": "M2", "iban": "X"}]
        )
        ids = {line["mandateId"]: line["id"] for line in customer["directDebitLines"]}
        after = await clerk.change(
            "customer/D1",
            directDebitLines=[
                {"operation": "Update", "id": ids["M2"].upper(), "isDefault": True},
                {"operation": "Insert", "mandateId": "M3"},
                {"operation": "Nothing", "id": ids["M1"], "isDefault": True},
            ],
        )
        lines = {line["mandateId"]: line for line in after["directDebitLines"]}
        assert {name: line["isDefault"] for name, line in lines.items()} == {"M1": False, "M2": True, "M3": False}
        assert lines["M2"]["iban"] == "X"
        after = await clerk.change("customer/D1", directDebitLines=[{"operation": "Delete", "id": ids["M1"]}])
        assert {line["mandateId"] for line in after["directDebitLines"]} == {"M2", "M3"}

    async def test_a_mandate_keeps_the_id_that_a_client_gives_it(self, clerk: Clerk) -> None:
        own, nobodys = "7F9C24E8-3B1D-4C5A-9E0F-1A2B3C4D5E6F", "00000000-0000-0000-0000-000000000000"
        await clerk.customer(number="D1", directDebitLines=[{"id": own, "mandateId": "M1"}])
        await clerk.customer(number="D2", directDebitLines=[{"id": nobodys, "mandateId": "M1"}])
        (mandate,) = (await clerk.get("customer/D1"))["directDebitLines"]
        assert mandate["id"] == own.lower()
        (mandate,) = (await clerk.get("customer/D2"))["directDebitLines"]
        assert mandate["id"] != nobodys
        answer = await clerk.put("customer/D1", directDebitLines=[{"operation": "Insert", "id": "my first"}])
        refused(answer, "The id of a direct debit line is a GUID.", "Field: directDebitLines[0].id", "my first")

    @pytest.mark.parametrize("operation", ["Update", "Delete"])
    async def test_an_unknown_mandate_is_refused(self, clerk: Clerk, operation: str) -> None:
        await clerk.customer(number="D1")
        answer = await clerk.put("customer/D1", directDebitLines=[{"operation": operation, "id": "zzz"}])
        refused(answer, "Id 'zzz' cannot be found in the system.", "Field: directDebitLines[0].id")

    async def test_attributes_are_set_and_removed(self, clerk: Clerk) -> None:
        await clerk.customer(number="T1", attributeLines=[{"attributeId": "TAGS", "attributeValue": "OLD, big"}])
        assert (await clerk.get("customer/T1"))["attributes"] == [
            {"id": "TAGS", "value": "old,big", "description": "Tags"}
        ]
        after = await clerk.change(
            "customer/T1",
            attributeLines=[
                {"attributeId": "TAGS", "attributeValue": None},
                {"attributeId": "VIP", "attributeValue": "true"},
                {"attributeId": "SINCE", "attributeValue": "2020-01-31"},
            ],
        )
        assert {it["id"]: it["value"] for it in after["attributes"]} == {"VIP": "true", "SINCE": "2020-01-31"}

    async def test_a_payment_method_may_be_added_without_being_the_default(self, clerk: Clerk) -> None:
        await clerk.customer(number="P1")
        after = await clerk.change("customer/P1", defaultPaymentMethod={"paymentMethodId": "2", "isDefault": False})
        assert after["defaultPaymentMethodId"] == "1"
        assert [it["paymentMethodId"] for it in after["paymentMethods"]] == ["1", "2"]

    async def test_a_single_account_changes_alone(self, clerk: Clerk) -> None:
        before = await clerk.customer(number="G1")
        after = await clerk.change("customer/G1", glAccounts={"salesAccount": "3100", "freightAccount": None})
        expected = dict(before["glAccounts"])
        expected["salesAccount"] = {"type": "Income", "number": "3100", "description": "Sales, exempt from VAT"}
        del expected["freightAccount"]
        assert after["glAccounts"] == expected


class TestParents:
    async def test_two_levels_only(self, clerk: Clerk) -> None:
        await clerk.customer(number="TOP")
        await clerk.customer(number="MID", parentRecordNumber="TOP")
        refused(
            await clerk.post("customer", name="X", parentRecordNumber="MID"),
            "Field: parentRecordNumber",
            "parent itself",
        )
        await clerk.customer(number="OTHER")
        refused(await clerk.put("customer/TOP", parentRecordNumber="OTHER"), "Field: parentRecordNumber", "is a parent")
        refused(await clerk.put("customer/OTHER", parentRecordNumber="other"), "its own parent")
        answer = await clerk.put("customer/OTHER", parentRecordNumber="nobody")
        refused(answer, "ParentRecordNumber 'nobody' cannot be found in the system.")

    async def test_two_that_want_each_other_do_not_both_get_it(self, clerk: Clerk) -> None:
        await clerk.customer(number="P1")
        await clerk.customer(number="P2")
        answers = await asyncio.gather(
            clerk.put("customer/P1", parentRecordNumber="P2"), clerk.put("customer/P2", parentRecordNumber="P1")
        )
        assert sorted(answer.status_code for answer in answers)[0] == 204
        parents = [await clerk.get(f"customer/{number}") for number in ("P1", "P2")]
        assert sum("parentRecord" in customer for customer in parents) == 1


class TestStatus:
    async def test_an_inactive_customer_changes_its_status_only(self, clerk: Clerk) -> None:
        before = await clerk.customer(number="S1", name="Old")
        after = await clerk.change("customer/S1", status="Inactive")
        assert after["status"] == "Inactive"
        refused(await clerk.put("customer/S1", name="New"), "Field: name", "only its status")
        assert (await clerk.put("customer/S1", name="Old")).status_code == 204
        after = await clerk.change("customer/S1", status="active", name="Old")
        assert after["name"] == before["name"]
        assert after["status"] == "Active"

    async def test_open_or_unreleased_documents_keep_a_customer_from_being_inactive(self, clerk: Clerk) -> None:
        await clerk.customer(number="S1")
        draft = await clerk.invoice("S1")
        refused(await clerk.put("customer/S1", status="Inactive"), "Field: status", "unreleased")
        assert (await clerk.delete(draft)).status_code == 204
        assert (await clerk.change("customer/S1", status="Inactive"))["status"] == "Inactive"


REFUSALS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"name": "  "}, ("Field: name", "cannot be empty")),
    ({"name": "x" * 256}, ("Field: name", "255")),
    ({"number": "9" * 31}, ("Field: number", "30")),
    ({"status": "Sleeping"}, ("Field: status", "Active, OnHold, CreditHold, Inactive, OneTime")),
    ({"customerClassId": "zz"}, ("CustomerClassId 'zz' cannot be found in the system.", "EXPORT")),
    ({"creditTermsId": "zz"}, ("CreditTermsId 'zz' cannot be found in the system.", "30D2")),
    ({"currencyId": "XXX"}, ("CurrencyId 'XXX' cannot be found in the system.", "NOK")),
    ({"vatZoneId": "XX"}, ("VatZoneId 'XX' cannot be found in the system.",)),
    ({"creditLimit": -1}, ("Field: creditLimit", "0 or more")),
    ({"creditLimit": 10**13}, ("Field: creditLimit",)),
    ({"creditLimit": 9999999999999.999}, ("Field: creditLimit",)),
    ({"creditDaysPastDue": -1}, ("Field: creditDaysPastDue",)),
    ({"numberOfEmployees": 1.5}, ("Field: numberOfEmployees", "whole number")),
    ({"mainAddress": {"countryId": "ZZ"}}, ("CountryId 'ZZ' cannot be found", "Field: mainAddress.countryId")),
    ({"invoiceAddress": {"countryId": "ZZ"}}, ("Field: invoiceAddress.countryId",)),
    ({"mainContact": {"email": "x" * 256}}, ("Field: mainContact.email", "255")),
    ({"note": "x" * 32001}, ("Field: note", "32000")),
    (
        {"defaultPaymentMethod": {"paymentMethodId": "9"}},
        ("PaymentMethodId '9' cannot be found", "Field: defaultPaymentMethod.paymentMethodId"),
    ),
    ({"defaultPaymentMethod": {"paymentMethodId": "3"}}, ("not in use", "defaultPaymentMethod.paymentMethodId")),
    ({"glAccounts": {"salesAccount": "0000"}}, ("SalesAccount '0000' cannot be found", "glAccounts.salesAccount")),
    ({"glAccounts": {"salesAccount": "3999"}}, ("not in use", "Field: glAccounts.salesAccount")),
    ({"glAccounts": {"salesAccount": "2711"}}, ("'2711' is kept for", "Field: glAccounts.salesAccount")),
    (
        {"glAccounts": {"customerLedgerAccount": "3000"}},
        ("'3000' is of type Income", "Field: glAccounts.customerLedgerAccount", "Send an account of type Asset."),
    ),
    ({"glAccounts": {"prepaymentAccount": "8140"}}, ("Field: glAccounts.prepaymentAccount", "Liability or Asset")),
    (
        {"glAccounts": {"salesSubaccount": [{"segmentId": 9, "segmentValue": "0"}]}},
        ("SegmentId '9' cannot be found", "Field: glAccounts.salesSubaccount[0].segmentId"),
    ),
    (
        {"glAccounts": {"salesSubaccount": [{"segmentId": 1, "segmentValue": "3"}]}},
        ("Field: glAccounts.salesSubaccount", "'3'"),
    ),
    (
        {"glAccounts": {"salesSubaccount": [{"segmentId": 1, "segmentValue": "2"}]}},
        ("Field: glAccounts.salesSubaccount", "not in use"),
    ),
    (
        {"attributeLines": [{"attributeId": "NOPE", "attributeValue": "x"}]},
        ("AttributeId 'NOPE' cannot be found", "Field: attributeLines[0].attributeId"),
    ),
    (
        {"attributeLines": [{"attributeId": "COLOUR", "attributeValue": "green"}]},
        ("Field: attributeLines[0].attributeValue", "red, blue"),
    ),
    ({"attributeLines": [{"attributeId": "VIP", "attributeValue": "maybe"}]}, ("true or false",)),
    ({"attributeLines": [{"attributeId": "SINCE", "attributeValue": "soon"}]}, ("not a date",)),
    ({"directDebitLines": [{"branch": "X"}]}, ("Branch 'X' cannot be found", "directDebitLines[0].branch")),
    ({"directDebitLines": [{"maxAmount": -1}]}, ("Field: directDebitLines[0].maxAmount",)),
    ({"directDebitLines": [{"dateOfSignature": "2025-02-30"}]}, ("Field: directDebitLines[0].dateOfSignature",)),
    ({"directDebitLines": [{"operation": "Explode"}]}, ("Field: directDebitLines[0].operation", "Insert")),
    ({"parentRecordNumber": "nobody"}, ("ParentRecordNumber 'nobody' cannot be found",)),
]


async def test_bad_input_names_field_and_remedy_and_changes_nothing(clerk: Clerk) -> None:
    before = await clerk.customer(number="OK")
    for fields, parts in REFUSALS:
        message = refused(await clerk.post("customer", **{"name": "Bad"} | fields), *parts)
        assert message.startswith("VismaId: ")
        assert "Error creating customer" in message
        if "number" not in fields:
            assert "Error updating customer" in refused(await clerk.put("customer/OK", **fields), *parts)
    assert await clerk.numbers("customer") == ["OK"]
    assert await clerk.get("customer/OK") == before
    assert (await clerk.customer())["number"] == "20001", "no number was used up"


async def test_a_name_is_needed(clerk: Clerk) -> None:
    refused(await clerk.post("customer", number="1"), "Field: name")
    refused(await clerk.post("customer", number="1", name=None), "Field: name")
    refused(await replace(clerk, spelling=bare).post("customer", number="1", name=None), "Field: name")


async def test_identifiers_are_checked_only_where_the_company_wants_it(clerk: Clerk) -> None:
    await clerk.customer(corporateId="111", vatRegistrationId="NO1")
    await clerk.customer(number="OLD", corporateId="111")
    await clerk.sql("update company set preferences = preferences || '{\"check_identifiers\": true}'")
    refused(await clerk.post("customer", name="X", corporateId="111"), "Field: corporateId", "'111'")
    refused(await clerk.post("customer", name="X", vatRegistrationId="NO1"), "Field: vatRegistrationId")
    await clerk.customer(corporateId="988 077 917", vatRegistrationId="NO988077917MVA")
    await clerk.customer(vatRegistrationId="SE556188840401", mainAddress={"countryId": "NO"})
    assert (await clerk.put("customer/OLD", corporateId="111", name="New")).status_code == 204


async def test_an_address_sent_back_as_it_was_read_may_name_another_country(clerk: Clerk) -> None:
    customer = await clerk.customer(mainAddress={"city": "Oslo", "countryId": "NO"})
    as_read = customer["mainAddress"] | {"country": {"id": "SE"}}
    changed = await replace(clerk, spelling=bare).change(customer, mainAddress={"value": as_read})
    assert changed["mainAddress"]["country"]["id"] == "SE"
    # The body's own name wins over the answer's, wherever it stands.
    own = {"value": "NO"}
    for both in ({"countryId": own, "country": {"id": "DK"}}, {"country": {"id": "DK"}, "countryId": own}):
        changed = await replace(clerk, spelling=bare).change(customer, mainAddress={"value": both})
        assert changed["mainAddress"]["country"]["id"] == "NO"


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "customer/nope", "The customer 'nope' cannot be found in the system."),
        ("PUT", "customer/nope", "The customer 'nope' cannot be found in the system."),
        ("GET", "customer/nope/note", "The customer 'nope' cannot be found in the system."),
        ("GET", "customer/nope/balance", "The customer 'nope' cannot be found in the system."),
        ("GET", "customer/customerClass/nope", "The customer class 'nope' cannot be found in the system."),
        ("GET", "location/nope", "The customer 'nope' cannot be found in the system."),
        ("GET", "location/nope/Main", "The location 'Main' of the customer 'nope' cannot be found in the system."),
        ("PUT", "location/nope/Main", "The location 'Main' of the customer 'nope' cannot be found in the system."),
        ("POST", "customer/action/changeCustomerCd/999", "The customer '999' cannot be found in the system."),
    ],
)
async def test_what_is_not_there_is_named(clerk: Clerk, method: str, path: str, words: str) -> None:
    answer = await clerk.http.request(method, f"/v1/{path}", json={} if method != "GET" else None)
    assert words in refusal(answer, 404)
