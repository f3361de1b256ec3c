"""Attributes over HTTP: fields that a company adds to its customers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.clerk import Clerk

COLOURS: dict[str, Any] = {
    "attributeID": "COLOUR",
    "description": "Favourite colour",
    "controlType": "Combo",
    "internal": True,
    "entryMask": "aaaa",
    "regExp": "[a-z]+",
    "details": [
        {"valueId": "red", "description": "Red", "sortOrder": 2},
        {"valueId": "blue", "description": "Blue", "sortOrder": 1, "disabled": True},
        {"valueId": "green"},
    ],
}


async def test_every_field_is_stored_and_read_back(clerk: Clerk) -> None:
    read = await clerk.create("attribute", **COLOURS)
    assert read.address.endswith("/v1/attribute/COLOUR")
    for name in ("attributeID", "description", "controlType", "internal", "entryMask", "regExp"):
        assert read[name] == COLOURS[name], name
    assert read["details"] == [
        {"valueId": "blue", "description": "Blue", "sortOrder": 1, "disabled": True},
        {"valueId": "red", "description": "Red", "sortOrder": 2, "disabled": False},
        {"valueId": "green", "sortOrder": 3, "disabled": False},
    ]
    bare = await clerk.create("attribute", attributeID="BARE")
    assert (bare["description"], bare["controlType"], bare["internal"], bare["details"]) == ("BARE", "Text", False, [])


async def test_options_are_inserted_updated_and_deleted(clerk: Clerk) -> None:
    await clerk.create("attribute", **COLOURS)
    read = await clerk.change(
        "attribute/colour",
        details=[
            {"operation": "Delete", "valueId": "RED"},
            {"operation": "Update", "valueId": "green", "description": "Grass", "sortOrder": 0},
            {"operation": "Insert", "valueId": "black"},
            {"operation": "Nothing", "valueId": "blue", "description": "Navy"},
        ],
    )
    assert [(option["valueId"], option.get("description")) for option in read["details"]] == [
        ("green", "Grass"), ("blue", "Blue"), ("black", None),
    ]  # fmt: skip
    assert "details[0].valueId" in await clerk.refused(
        "PUT", "attribute/colour", details=[{"operation": "Delete", "valueId": "pink"}]
    )
    assert "comma" in await clerk.refused("PUT", "attribute/colour", details=[{"valueId": "a,b"}])


async def test_sent_back_as_it_was_read_it_stays_as_it_is(clerk: Clerk) -> None:
    read = await clerk.create("attribute", **COLOURS)
    sent = {name: read[name] for name in COLOURS}
    assert (await clerk.change("attribute/COLOUR", **sent)).etag == read.etag
    cleared = await clerk.change("attribute/COLOUR", regExp={"value": None}, internal={"value": False})
    assert "regExp" not in cleared
    assert cleared["internal"] is False
    assert (await clerk.put("attribute/COLOUR", read.if_match, internal=True)).status_code == 412


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"description": "X"}, "attributeID"),
        ({"attributeID": " "}, "attributeID"),
        ({"attributeID": "colour"}, "There is an attribute 'colour' already"),
        ({"attributeID": "X", "controlType": "Slider"}, "controlType"),
        ({"attributeID": "X", "description": {"value": ""}}, "description"),
        ({"attributeID": "X", "details": [{"description": "no value"}]}, "details[0].valueId"),
        ({"attributeID": "X" * 31}, "attributeID"),
    ],
)
async def test_a_refusal_names_the_field_and_changes_nothing(clerk: Clerk, sent: dict[str, Any], told: str) -> None:
    await clerk.create("attribute", **COLOURS)
    before = await clerk.sql("select count(*) from change")
    assert told in await clerk.refused("POST", "attribute", **sent)
    assert await clerk.sql("select count(*) from change") == before


async def test_an_attribute_in_use_is_kept(clerk: Clerk) -> None:
    await clerk.create("attribute", **COLOURS)
    await clerk.change("customer/20001", attributeLines=[{"attributeId": "colour", "attributeValue": "GREEN"}])
    assert "COLOUR" in await clerk.refused("DELETE", "attribute/colour")
    assert (await clerk.get("customer/20001"))["attributes"][0]["value"] == "green"
    await clerk.change("customer/20001", attributeLines=[{"attributeId": "COLOUR", "attributeValue": {"value": None}}])
    assert await clerk.status("DELETE", "attribute/colour") == 204
    for method in ("GET", "DELETE"):
        assert await clerk.status(method, "attribute/colour") == 404
    assert await clerk.page("attribute") == []
    assert "COLOUR" in await clerk.refused(
        "PUT", "customer/20001", attributeLines=[{"attributeId": "COLOUR", "attributeValue": "green"}]
    )


async def test_an_option_out_of_use_stays_where_it_is(clerk: Clerk) -> None:
    await clerk.create("attribute", **COLOURS | {"controlType": "MultiSelectCombo"})
    line = {"attributeId": "COLOUR", "attributeValue": "red,green"}
    await clerk.change("customer/20001", attributeLines=[line])
    await clerk.change(
        "attribute/COLOUR",
        details=[{"operation": "Delete", "valueId": "red"}, {"valueId": "green", "disabled": True}],
    )
    await clerk.change("customer/20001", attributeLines=[line])
    await clerk.change("customer/20001", attributeLines=[line | {"attributeValue": "green"}])
    for value in ("red", "green,blue"):
        told = await clerk.refused("PUT", "customer/20001", attributeLines=[line | {"attributeValue": value}])
        assert "attributeLines[0].attributeValue" in told


async def test_customers_are_found_by_what_they_have(clerk: Clerk) -> None:
    await clerk.create("attribute", **COLOURS)
    await clerk.create("attribute", attributeID="SIZE", details=[])
    await clerk.change("customer/20001", attributeLines=[{"attributeId": "COLOUR", "attributeValue": "red"}])
    await clerk.change(
        "customer/20002",
        attributeLines=[
            {"attributeId": "COLOUR", "attributeValue": "green"},
            {"attributeId": "SIZE", "attributeValue": "9"},
        ],
    )

    async def found(**wanted: str) -> list[str]:
        return [row["number"] for row in await clerk.page("customer", attributes=json.dumps(wanted))]

    assert await found(COLOUR="red") == ["20001"]
    assert await found(colour="Red,green") == ["20001", "20002"]
    assert await found(COLOUR="red,green", SIZE="9") == ["20002"]
    assert await found(COLOUR="blue") == []
    assert await found(SHOE="9") == []


@pytest.mark.parametrize(
    ("finds", "misses"),
    [
        ({"attributeID": "colour"}, {"attributeID": "SHOE"}),
        ({"controlType": "combo"}, {"controlType": "Checkbox"}),
        ({"internal": "true"}, {"internal": "false", "controlType": "Combo"}),
        ({"greaterThanValue": "BARE"}, {"greaterThanValue": "COLOUR"}),
        (
            {"lastModifiedDateTime": "2026-01-15", "lastModifiedDateTimeCondition": ">=", "controlType": "Combo"},
            {"lastModifiedDateTime": "2026-01-15", "lastModifiedDateTimeCondition": "<"},
        ),
        (
            {"createdDateTime": "2026-01-16", "createdDateTimeCondition": "<", "controlType": "Combo"},
            {"createdDateTime": "2026-01-16", "createdDateTimeCondition": ">"},
        ),
    ],
)
async def test_each_filter_finds_its_own(clerk: Clerk, finds: dict[str, str], misses: dict[str, str]) -> None:
    await clerk.create("attribute", **COLOURS)
    await clerk.create("attribute", attributeID="BARE")
    assert [row["attributeID"] for row in await clerk.page("attribute", **finds)] == ["COLOUR"]
    assert await clerk.page("attribute", **misses) == []


async def test_the_list_has_pages(clerk: Clerk) -> None:
    for attribute_id in ("C", "A", "B"):
        await clerk.create("attribute", attributeID=attribute_id)
    page = await clerk.page("attribute", pageNumber=2, pageSize=2)
    assert [row["attributeID"] for row in page] == ["C"]
    assert page[0]["metadata"]["totalCount"] == 3
    assert await clerk.page("attribute", pageNumber=3, pageSize=2) == []
