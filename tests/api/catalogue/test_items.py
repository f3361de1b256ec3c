"""Items over HTTP: kept up with defaults and checks, found by every filter, and taken over by new lines only."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import INVOICE, Clerk

EVERYTHING = {
    "inventoryNumber": "BOK/1",
    "status": "Active",
    "type": "ServiceItem",
    "description": "Bok",
    "body": "En lang tekst",
    "itemClass": "SALG",
    "postingClass": "POST",
    "vatCode": "31",
    "defaultPrice": "12.345678",
    "baseUnit": "TIME",
    "salesUnit": "STK",
    "purchaseUnit": "KG",
    "expenseAccount": "7770",
    "cogsAccount": "7830",
    "salesAccount": "3100",
    "salesEuAccount": "3110",
    "salesExportAccount": "3120",
    "salesSubaccount": [{"segmentId": 1, "segmentValue": "0"}],
    "packaging": {"baseItemWeight": 1.5, "weightUOM": "KG", "baseItemVolume": 0.25, "volumeUOM": "M3"},
    "intrastat": {"cN8": "49019900", "countryOfOrigin": "SE", "supplementaryMeasureUnit": "NumberOfItems"},
    "crossReferences": [{"alternateType": "Barcode", "alternateID": "7038010000", "description": "EAN", "uom": "STK"}],
    "kitItem": True,
    "note": "Huskelapp",
}


async def test_every_field_comes_back(clerk: Clerk) -> None:
    item = await clerk.create("inventory", **EVERYTHING)
    assert item.address == "http://localhost/v1/inventory/BOK%2F1"
    assert item.pop("inventoryId") == 5
    assert item.pop("timestamp")
    assert item.pop("lastModifiedDateTime").startswith("2026-01-15T13:00")  # 12:00 UTC, in Oslo
    assert item == {
        "inventoryNumber": "BOK/1",
        "status": "Active",
        "type": "ServiceItem",
        "description": "Bok",
        "body": "En lang tekst",
        "itemClass": {"type": "NonStockItem", "id": "SALG", "description": "Sales items"},
        "postingClass": {"id": "POST"},
        "vatCode": {"id": "31", "description": "Food"},
        "defaultPrice": Decimal("12.345678"),
        "baseUnit": "TIME",
        "salesUnit": "STK",
        "purchaseUnit": "KG",
        "stockItem": False,
        "kitItem": True,
        "accountInformation": {
            "expenseAccount": {"type": "Expense", "number": "7770", "description": "Bank charges"},
            "cogsAccount": {"type": "Expense", "number": "7830", "description": "Losses on debtors"},
            "salesAccount": {"type": "Income", "number": "3100", "description": "Sales, exempt from VAT"},
            "salesNonTaxableAccount": {"type": "Income", "number": "3100", "description": "Sales, exempt from VAT"},
            "salesEuAccount": {"type": "Income", "number": "3110", "description": "Sales, EU"},
            "salesExportAccount": {"type": "Income", "number": "3120", "description": "Sales, export"},
            "salesSubaccount": {"active": True, "id": "0", "description": "No department"},
        },
        "crossReferences": [
            {"alternateType": "Barcode", "alternateID": "7038010000", "description": "EAN", "uom": "STK"}
        ],
        "attributes": [],
        "packaging": {
            "baseItemWeight": Decimal("1.5"),
            "weightUOM": "KG",
            "baseItemVolume": Decimal("0.25"),
            "volumeUOM": "M3",
        },
        "intrastat": {"cN8": "49019900", "countryOfOrigin": "SE", "supplementaryMeasureUnit": "NumberOfItems"},
        "note": "Huskelapp",
    }


async def test_the_class_gives_what_is_not_sent(clerk: Clerk) -> None:
    await clerk.sql(
        "update item_class set item_type = 'ServiceItem', unit_id = 'TIME'"
        " where company_id = $1 and item_class_id = 'GEBYR'",
        clerk.company_id,
    )
    item = await clerk.create("inventory", inventoryNumber="N", description="Ny", itemClass="gebyr")
    assert (item["type"], item["vatCode"]["id"], item["baseUnit"]) == ("ServiceItem", "7", "TIME")
    assert item["accountInformation"]["salesAccount"]["number"] == "3900"
    assert (item["itemClass"]["id"], item["defaultPrice"], item["status"]) == ("GEBYR", 0, "Active")
    without = await clerk.create("inventory", inventoryNumber="U", description="Uten klasse")
    assert (without["baseUnit"], without["type"]) == ("STK", "NonStockItem")
    assert "itemClass" not in without
    assert "vatCode" not in without


async def test_a_price_is_rounded_to_six_places(clerk: Clerk) -> None:
    item = await clerk.create("inventory", inventoryNumber="NY", description="Ny", defaultPrice="86.95652173913044")
    assert item["defaultPrice"] == Decimal("86.956522")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"inventoryNumber": ""}, ["needs a number", "Field: inventoryNumber"]),
        ({"inventoryNumber": "A\tB"}, ["Field: inventoryNumber"]),
        ({"inventoryNumber": "a"}, ["item number a already exists", "Field: inventoryNumber"]),
        ({"description": ""}, ["needs a description"]),
        ({"itemClass": "XX"}, ["ItemClass 'XX' cannot be found", "SALG"]),
        ({"baseUnit": "XX"}, ["BaseUnit 'XX' cannot be found", "STK"]),
        ({"salesUnit": "XX"}, ["SalesUnit 'XX' cannot be found"]),
        ({"vatCode": "XX"}, ["VatCode 'XX' cannot be found"]),
        ({"salesAccount": "9999"}, ["SalesAccount '9999' cannot be found"]),
        ({"salesAccount": "1500"}, ["'1500' is kept for receivables or VAT", "Field: salesAccount"]),
        ({"cogsAccount": "9999"}, ["CogsAccount '9999' cannot be found"]),
        ({"salesSubaccount": [{"segmentId": 1, "segmentValue": "9"}]}, ["SalesSubaccount '9' cannot be found"]),
        ({"defaultPrice": -1}, ["not negative", "Field: defaultPrice"]),
        ({"defaultPrice": "9999999999999.9999995"}, ["too large", "Field: defaultPrice"]),
        ({"type": "FinishedGoodItem"}, ["not kept in stock", "Field: type"]),
        ({"status": "Unknown"}, ["status", "NoSales"]),
        ({"intrastat": {"countryOfOrigin": "QQ"}}, ["CountryOfOrigin 'QQ' cannot be found"]),
        ({"attributeLines": [{"attributeId": "QQ", "attributeValue": "1"}]}, ["AttributeId 'QQ' cannot be found"]),
        ({"crossReferences": [{"alternateType": "Global"}]}, ["crossReferences[0].alternateID"]),
        ({"crossReferences": [{"operation": "Delete", "alternateID": "1"}]}, ["AlternateID '1' cannot be found"]),
    ],
)
async def test_what_cannot_be_is_refused_by_name(bystander: Clerk, fields: dict[str, Any], words: list[str]) -> None:
    text = await bystander.refused("POST", "inventory", **{"inventoryNumber": "NY", "description": "Ny"} | fields)
    for word in words:
        assert word in text


async def test_a_change_touches_what_was_sent_only(clerk: Clerk) -> None:
    before = await clerk.create("inventory", **EVERYTHING)
    await clerk.change("inventory/bok%2F1", description="Ny bok", note={"value": None})
    after = await clerk.get(before)
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed == {"description", "note", "timestamp", "lastModifiedDateTime"}
    await clerk.change(f"inventory/internal/{after['inventoryId']}", status="noSales", salesAccount={"value": None})
    assert (await clerk.get(before))["status"] == "NoSales"
    assert "salesAccount" not in (await clerk.get(before))["accountInformation"]
    assert "keeps its number" in await clerk.refused("PUT", before, inventoryNumber="ANNEN")
    assert "needs a base unit" in await clerk.refused("PUT", before, baseUnit={"value": None})


async def test_what_changes_nothing_writes_nothing(clerk: Clerk) -> None:
    before = await clerk.get("inventory/A")
    same = {"inventoryNumber": "a", "description": before["description"], "defaultPrice": "100", "vatCode": "3"}
    answer = await clerk.put("inventory/A", **same)
    assert answer.headers["ETag"] == f'"{before["timestamp"]}"'
    assert await clerk.get("inventory/A") == before


async def test_an_item_sent_back_as_it_was_read_changes_nothing(clerk: Clerk) -> None:
    read = await clerk.create("inventory", **EVERYTHING)
    assert (await clerk.put(read, **read)).headers["ETag"] == read.etag


async def test_versions_guard_against_lost_changes(clerk: Clerk) -> None:
    read = await clerk.http.get("/v1/inventory/A")
    assert read.headers["ETag"] == f'"{read.json()["timestamp"]}"'
    first = await clerk.put("inventory/A", {"If-Match": read.headers["ETag"]}, description="Først")
    assert first.status_code == 204
    assert first.headers["ETag"] != read.headers["ETag"]
    late = await clerk.put("inventory/internal/1", {"If-Match": read.headers["ETag"]}, description="For sent")
    assert late.status_code == 412
    assert (await clerk.get("inventory/A"))["description"] == "Først"
    assert (await clerk.put("inventory/A", {"If-Match": "*"}, description="Igjen")).status_code == 204


async def test_unknown_items_are_404(bystander: Clerk) -> None:
    for path in ("inventory/QQ", "inventory/internal/99", "inventory/internal/x"):
        assert await bystander.status("GET", path) == await bystander.status("PUT", path, description="x") == 404
    assert (await bystander.http.get("/v1/inventory/itemClass/QQ")).status_code == 404


async def test_other_numbers_are_inserted_updated_and_deleted(clerk: Clerk) -> None:
    await clerk.change("inventory/A", crossReferences=[{"alternateID": "X1"}, {"alternateID": "X2"}])
    lines = [
        {"operation": "Update", "alternateID": "x1", "description": "Den ene"},
        {"operation": "Delete", "alternateID": "X2"},
        {"operation": "Insert", "alternateType": "CPN", "bAccount": "K", "alternateID": "X1"},
        {"operation": "Nothing", "alternateID": "X1", "description": "Ikke denne"},
    ]
    await clerk.change("inventory/A", crossReferences=lines)
    assert (await clerk.get("inventory/A"))["crossReferences"] == [
        {"alternateType": "CPN", "bAccount": {"number": "K"}, "alternateID": "X1"},
        {"alternateType": "Global", "alternateID": "X1", "description": "Den ene"},
    ]


async def test_every_filter_finds_and_a_wrong_value_empties(clerk: Clerk) -> None:
    await clerk.sql(
        "insert into attribute (company_id, attribute_id, description, control_type, options, created_at, modified_at)"
        " values ($1, 'FARGE', 'Farge', 'Combo', '[{\"value\": \"blå\"}, {\"value\": \"rød\"}]', $2, $2)",
        clerk.company_id,
        clerk.clock.now(),
    )
    before = clerk.clock.now()
    farge = [{"attributeId": "farge", "attributeValue": "BLÅ"}]
    await clerk.create("inventory", **EVERYTHING, attributeLines=farge)
    wanted = [
        ({"inventoryNumber": "bok/1"}, {"inventoryNumber": "QQ"}),
        ({"description": "BOK"}, {"description": "QQ"}),
        ({"alternateID": "7038010000"}, {"alternateID": "QQ"}),
        ({"attributes": json.dumps({"FARGE": "rød,blå"})}, {"attributes": json.dumps({"FARGE": "rød"})}),
        ({"inventoryTypes": "ServiceItem"}, {"inventoryTypes": "LaborItem"}),
        ({"greaterThanValue": "A"}, {"greaterThanValue": "ÅÅÅ"}),
        moments("lastModifiedDateTime", before),
        moments("createdDateTime", before),
    ]
    for found, empty in wanted:
        numbers = [item["inventoryNumber"] for item in await clerk.get("inventory", **found)]
        assert numbers[0] == "BOK/1", found
        assert await clerk.get("inventory", **empty) == [], empty
    await clerk.change("inventory/BOK%2F1", status="Inactive")
    assert [item["inventoryNumber"] for item in await clerk.get("inventory", status="inactive")] == ["BOK/1"]
    assert await clerk.get("inventory", status="MarkedForDeletion") == []
    both = await clerk.http.get("/v1/inventory?inventoryTypes=ServiceItem&inventoryTypes=NonStockItem")
    assert len(both.json()) == 5
    assert await clerk.get("inventory", inventoryTypes="FinishedGoodItem") == []


def moments(name: str, moment: Any) -> tuple[dict[str, str], dict[str, str]]:
    text = moment.isoformat()
    return {name: text, f"{name}Condition": ">"}, {name: "2090-01-01", f"{name}Condition": ">"}


async def test_filters_on_what_is_not_kept_leave_nothing(clerk: Clerk) -> None:
    assert await clerk.get("inventory", salesCategory=1) == []
    for name in ("availabilityLastModifiedDateTime", "attachmentLastModifiedDateTime"):
        assert await clerk.get("inventory", **{name: "2000-01-01", f"{name}Condition": ">"}) == []
        assert len(await clerk.get("inventory", **{name: "2000-01-01"})) == 4  # no condition, no filter
    assert (await clerk.http.get("/v1/inventory?salesCategory=x")).status_code == 400
    assert (await clerk.http.get("/v1/inventory?inventoryTypes=x")).status_code == 400


async def test_pages_and_totals_are_exact(clerk: Clerk) -> None:
    for number in range(7):
        await clerk.create("inventory", inventoryNumber=f"P{number}", description="P")
    seen: list[str] = []
    for page in range(1, 7):
        items = await clerk.get("inventory", pageNumber=page, pageSize=2)
        assert all(item["metadata"]["totalCount"] == 11 for item in items)
        seen += [item["inventoryNumber"] for item in items]
    assert seen == ["222", "6", "A", "P0", "P1", "P2", "P3", "P4", "P5", "P6", "PURREGEBYR"]
    assert await clerk.get("inventory", pageNumber=7, pageSize=2) == []
    assert (await clerk.get("inventory", description="p", pageSize=1))[0]["metadata"]["totalCount"] == 7


async def test_lists_show_parts_when_asked(clerk: Clerk) -> None:
    await clerk.create("inventory", **EVERYTHING)
    parts = {
        "expandAccountInformation": "accountInformation",
        "expandAttribute": "attributes",
        "expandCrossReference": "crossReferences",
        "expandNote": "note",
    }
    plain = (await clerk.get("inventory", inventoryNumber="BOK/1"))[0]
    assert not set(parts.values()) & set(plain)
    for parameter, name in parts.items():
        item = (await clerk.get("inventory", inventoryNumber="BOK/1", **{parameter: "true"}))[0]
        assert set(item) - set(plain) == {name}


async def test_classes_and_units_are_listed(bystander: Clerk) -> None:
    classes = await bystander.get("inventory/itemClass")
    assert [item_class["id"] for item_class in classes] == ["GEBYR", "SALG"]
    assert [it["id"] for it in await bystander.get("inventory/itemClass", pageNumber=2, pageSize=1)] == ["SALG"]
    assert await bystander.get("inventory/itemclass/salg") == {
        "type": "NonStockItem",
        "id": "SALG",
        "description": "Sales items",
    }
    units = await bystander.get("unitofmeasure")
    assert [unit["fromUnit"] for unit in units] == ["KG", "STK", "TIME"]
    assert units[0]["unitMultDiv"] == "Multiply"
    assert units[0]["unitRate"] == 1


# What an item does to documents


async def test_a_change_reaches_new_lines_only(clerk: Clerk) -> None:
    draft = await clerk.invoice(lines=[{"inventoryNumber": "A", "quantity": 2}])
    released = await clerk.issue(INVOICE, lines=[{"inventoryNumber": "A", "quantity": 2}])
    await clerk.change("inventory/A", description="Nytt navn", defaultPrice="80", vatCode="31", salesAccount="3100")
    for number, before in ((draft["referenceNumber"], draft), (released["referenceNumber"], released)):
        assert await clerk.get(f"customerinvoice/{number}") == before
    # A touched line keeps what it took over, a new one takes over what holds now.
    change = [{"operation": "Update", "lineNumber": 1, "quantity": 3}, {"inventoryNumber": "A", "quantity": 1}]
    await clerk.change(draft, invoiceLines=change)
    old, new = (await clerk.get(draft))["invoiceLines"]
    assert (old["description"], old["unitPrice"], old["vatCode"]["id"]) == ("Consulting package", 100, "3")
    assert (new["description"], new["unitPrice"], new["vatCode"]["id"]) == ("Nytt navn", 80, "31")
    assert (old["account"]["number"], new["account"]["number"]) == ("3000", "3100")


@pytest.mark.parametrize("status", ["Inactive", "NoSales", "MarkedForDeletion"])
async def test_an_item_that_is_not_sold_takes_no_new_line(clerk: Clerk, status: str) -> None:
    draft = await clerk.invoice(lines=[{"inventoryNumber": "A", "quantity": 1}])
    await clerk.change("inventory/A", status=status)
    lines = [{"inventoryNumber": "A", "quantity": 1}]
    text = await clerk.refused("POST", "customerinvoice", customerNumber="K", invoiceLines=lines)
    assert "not active" in text
    # A line that stands may be sent back with it.
    echo = [{"operation": "Update", "lineNumber": 1, "inventoryNumber": "A", "quantity": 4}]
    await clerk.change(draft, invoiceLines=echo)
    await clerk.release(draft)


async def test_an_item_that_is_only_not_bought_is_sold(clerk: Clerk) -> None:
    await clerk.change("inventory/A", status="NoPurchases")
    assert (await clerk.invoice(lines=[{"inventoryNumber": "A", "quantity": 1}]))["amount"] == Decimal("125")
