"""Subaccounts and dimensions over HTTP, and the mask that chooses a line's subaccount (SUB-01). No mocks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from reskontra.clock import SeededClock
from reskontra.yaml_file import FileFaults

MakeClient = Any  # the callable in conftest.py, which test modules cannot import by name


def wrapped(**fields: Any) -> dict[str, Any]:
    return {name: {"value": value} for name, value in fields.items()}


async def found(client: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await client.get(f"/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def numbers(client: httpx.AsyncClient, **query: Any) -> list[str]:
    return [subaccount["subaccountNumber"] for subaccount in await found(client, "subaccount", **query)]


async def add(client: httpx.AsyncClient, *new: str) -> None:
    for number in new:
        answer = await client.post("/v1/subaccount", json=wrapped(subaccountNumber=number))
        assert answer.status_code == 201, answer.text


class TestWriting:
    async def test_a_subaccount_is_created_and_read_back(self, open_chart: MakeClient) -> None:
        client = await open_chart()
        answer = await client.post(
            "/v1/subaccount", json=wrapped(subaccountNumber="20-s", description="Items sold", active=False)
        )
        assert answer.status_code == 201, answer.text
        assert answer.headers["Location"] == "http://testserver/v1/subaccount/20-S"
        read = await client.get("/v1/subaccount/20-s")
        subaccount = read.json()
        assert read.headers["ETag"] == answer.headers["ETag"] == f'"{subaccount.pop("timeStamp")}"'
        assert subaccount.pop("lastModifiedDateTime").startswith("2026-01-15T13:00:00")
        assert subaccount == {
            "subaccountNumber": "20-S",
            "subaccountId": 8,
            "description": "Items sold",
            "active": False,
            "segments": [
                {
                    "segmentId": 1,
                    "segmentDescription": "Department",
                    "segmentValue": "20",
                    "segmentValueDescription": "Item",
                },
                {
                    "segmentId": 2,
                    "segmentDescription": "Place",
                    "segmentValue": "S",
                    "segmentValueDescription": "Seller",
                },
            ],
        }

    async def test_a_number_may_be_sent_without_separators(self, open_chart: MakeClient) -> None:
        client = await open_chart()
        await add(client, "20S")
        assert (await found(client, "subaccount/20-S"))["subaccountId"] == 8

    async def test_a_put_changes_what_is_sent(self, open_chart: MakeClient) -> None:
        client = await open_chart()
        before = await found(client, "subaccount/30-L")
        answer = await client.put("/v1/subaccount/30-L", json=wrapped(description="Coast"))
        assert answer.status_code == 204
        after = await found(client, "subaccount/30-L")
        assert answer.headers["ETag"] == f'"{after["timeStamp"]}"'
        assert (after["description"], after["active"]) == ("Coast", True)
        stale = await client.put(
            "/v1/subaccount/30-L", json=wrapped(active=False), headers={"If-Match": f'"{before["timeStamp"]}"'}
        )
        assert stale.status_code == 412
        echo = wrapped(subaccountNumber="30-L", subaccountId="5", description="Coast", active=True)
        assert (await client.put("/v1/subaccount/30-L", json=echo)).status_code == 204
        assert await found(client, "subaccount/30-L") == after

    @pytest.mark.parametrize(
        ("fields", "parts"),
        [
            ({}, ["subaccountNumber", "XX-X"]),
            ({"subaccountNumber": "20"}, ["subaccountNumber", "XX-X"]),
            ({"subaccountNumber": "20-SS"}, ["subaccountNumber", "XX-X"]),
            ({"subaccountNumber": "20/S"}, ["subaccountNumber", "XX-X"]),
            ({"subaccountNumber": "77-S"}, ["Segment 1", "'77'", "Known values: 00, 10"]),
            ({"subaccountNumber": "20-X"}, ["Segment 2", "'X'"]),
            ({"subaccountNumber": "99-S"}, ["Segment 1", "'99'", "in use"]),
            ({"subaccountNumber": "30-L"}, ["already", "30-L"]),
            ({"subaccountNumber": "30-l"}, ["already"]),
            ({"subaccountNumber": "20-S", "description": "x" * 256}, ["description", "255"]),
        ],
    )
    async def test_bad_input_names_field_and_remedy_and_changes_nothing(
        self, open_chart: MakeClient, fields: dict[str, Any], parts: list[str]
    ) -> None:
        client = await open_chart()
        answer = await client.post("/v1/subaccount", json=wrapped(**fields))
        assert answer.status_code == 400
        for part in parts:
            assert part in answer.json()["message"], answer.json()["message"]
        assert len(await numbers(client)) == 7

    async def test_number_and_id_stay(self, open_chart: MakeClient) -> None:
        client = await open_chart()
        for fields in ({"subaccountNumber": "30-S"}, {"subaccountId": "6"}):
            answer = await client.put("/v1/subaccount/30-L", json=wrapped(**fields))
            assert answer.status_code == 400
            assert next(iter(fields)) in answer.json()["message"]
        assert (await client.put("/v1/subaccount/30-X", json=wrapped(active=True))).status_code == 404
        assert (await client.get("/v1/subaccount/30-X")).status_code == 404

    async def test_documents_show_the_new_words_at_once(self, open_chart: MakeClient) -> None:
        client = await open_chart()
        number = await invoice(client)
        await client.put("/v1/subaccount/30-L", json=wrapped(description="Coast"))
        line = (await found(client, f"customerinvoice/{number}"))["invoiceLines"][0]
        assert line["subaccount"]["description"] == "Coast"


class TestTheList:
    async def test_is_ordered_and_counted(self, open_chart: MakeClient) -> None:
        client = await open_chart()
        assert await numbers(client) == ["00-0", "10-B", "11-C", "20-I", "30-L", "40-S", "41-S"]
        await add(client, "00-S")
        listed = await found(client, "subaccount", pageSize=3, pageNumber=1)
        assert [subaccount["subaccountNumber"] for subaccount in listed] == ["00-0", "00-S", "10-B"]
        assert listed[0]["metadata"]["totalCount"] == 8
        assert await numbers(client, pageSize=3, pageNumber=3) == ["40-S", "41-S"]
        assert await numbers(client, pageSize=3, pageNumber=4) == []

    async def test_is_filtered(self, open_chart: MakeClient, clock: SeededClock) -> None:
        client = await open_chart()
        assert await numbers(client, active="false") == []
        clock.move_to(datetime(2026, 2, 1, 12, tzinfo=UTC))
        await client.put("/v1/subaccount/30-L", json=wrapped(active=False))
        assert await numbers(client, active="false") == ["30-L"]
        assert "30-L" not in await numbers(client, active="true")
        since = {"lastModifiedDateTimeCondition": ">="}
        assert await numbers(client, lastModifiedDateTime="2026-02-01", **since) == ["30-L"]
        assert await numbers(client, lastModifiedDateTime="2026-02-02", **since) == []


class TestDimensions:
    async def test_are_listed_by_id(self, open_chart: MakeClient) -> None:
        assert await found(await open_chart(), "dimension") == ["SUBACCOUNT"]

    async def test_one_has_its_segments(self, open_chart: MakeClient) -> None:
        client = await open_chart()
        dimension = await found(client, "dimension/subaccount")
        assert (dimension["id"], dimension["length"], dimension["description"]) == (
            "SUBACCOUNT",
            3,
            "Department and place",
        )
        assert [(segment["segmentId"], segment["length"]) for segment in dimension["segments"]] == [(1, 2), (2, 1)]
        assert "segmentValues" not in dimension["segments"][0]
        expanded = await found(client, "dimension/SUBACCOUNT", expandSegmentsValues="true")
        assert [len(segment["segmentValues"]) for segment in expanded["segments"]] == [8, 6]
        assert (await client.get("/v1/dimension/NONE")).status_code == 404

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"greaterThanValue": "1"}, [2]),
            ({"greaterThanValue": "2"}, []),
            ({"orderBy": "segmentId desc"}, [2, 1]),
            ({"orderBy": "description"}, [1, 2]),
            ({"numberToRead": "1"}, [1]),
            ({"skipRecords": "1"}, [2]),
            ({"lastModifiedDateTime": "2026-01-15", "lastModifiedDateTimeCondition": ">"}, [1, 2]),
            ({"lastModifiedDateTime": "2026-01-16", "lastModifiedDateTimeCondition": ">"}, []),
        ],
    )
    async def test_segments_are_chosen(
        self, open_chart: MakeClient, query: dict[str, str], expected: list[int]
    ) -> None:
        dimension = await found(await open_chart(), "dimension/SUBACCOUNT", **query)
        assert [segment["segmentId"] for segment in dimension["segments"]] == expected

    async def test_an_unknown_order_is_refused(self, open_chart: MakeClient) -> None:
        answer = await (await open_chart()).get("/v1/dimension/SUBACCOUNT?orderBy=colour")
        assert answer.status_code == 400
        assert "segmentId or description" in answer.json()["message"]

    async def test_segments_and_values_are_found_by_their_ids(self, open_chart: MakeClient) -> None:
        client = await open_chart()
        answer = await client.get("/v1/dimension/SUBACCOUNT/1")
        segment = answer.json()
        assert answer.headers["ETag"] == f'"{segment["timeStamp"]}"'
        assert (segment["validate"], segment["isAutoNumber"], len(segment["segmentValues"])) == (True, False, 8)
        closed = segment["segmentValues"][-1]
        assert (closed["valueId"], closed["description"], closed["active"]) == ("99", "Closed", False)
        value = await client.get("/v1/dimension/SUBACCOUNT/1/99")
        assert value.json() == closed
        assert value.headers["ETag"] == f'"{closed["timeStamp"]}"'
        assert await found(client, f"dimension/SUBACCOUNT/1/publicid/{closed['publicId'].upper()}") == closed
        for missing in ("3", "1/98", "2/99", "1/publicid/none", f"2/publicid/{closed['publicId']}", "x"):
            assert (await client.get(f"/v1/dimension/SUBACCOUNT/{missing}")).status_code == 404


# The mask


async def invoice(client: httpx.AsyncClient, line: dict[str, Any] | None = None, **header: Any) -> str:
    """Create an invoice; returns its number."""
    body = wrapped(customerNumber="10000", **header) | {"invoiceLines": [line or ITEM_LINE]}
    answer = await client.post("/v1/customerinvoice", json=body)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].rpartition("/")[2]


async def subaccount_of(client: httpx.AsyncClient, number: str) -> str:
    document = await found(client, f"customerinvoice/{number}")
    chosen: str = document["invoiceLines"][0]["subaccount"]["subaccountNumber"]
    return chosen


ITEM_LINE = wrapped(inventoryNumber="OWN", quantity=1)
PLAIN_LINE = wrapped(description="Advice", quantity=1, unitPriceInCurrency=10)
SOLD = {"salesperson": {"value": "KARI"}}


@pytest.mark.parametrize(
    ("mask", "line", "expected"),
    [
        ("CCC", ITEM_LINE, "10-B"),
        ("III", ITEM_LINE, "20-I"),
        ("III", PLAIN_LINE, "30-L"),
        ("III", wrapped(inventoryNumber="A", quantity=1), "30-L"),
        ("LLL", ITEM_LINE, "30-L"),
        ("SSS", ITEM_LINE | SOLD, "40-S"),
        ("SSS", ITEM_LINE, "30-L"),
        ("CC-I", ITEM_LINE, "10-I"),
        ("II-S", ITEM_LINE | SOLD, "20-S"),
        ("SS-C", ITEM_LINE | SOLD, "40-B"),
        ("LL-C", PLAIN_LINE, "30-B"),
    ],
)
async def test_each_segment_comes_from_its_source(
    open_chart: MakeClient, mask: str, line: dict[str, Any], expected: str
) -> None:
    client = await open_chart(mask)
    if expected not in await numbers(client):
        await add(client, expected)
    assert await subaccount_of(client, await invoice(client, line)) == expected


async def test_without_a_mask_the_items_own_goes_before_the_locations(open_chart: MakeClient) -> None:
    client = await open_chart(None)
    assert await subaccount_of(client, await invoice(client, ITEM_LINE)) == "20-I"
    assert await subaccount_of(client, await invoice(client, PLAIN_LINE)) == "30-L"


async def test_a_sent_subaccount_wins(open_chart: MakeClient) -> None:
    client = await open_chart("II-S")
    sent = {"subaccount": [{"segmentId": 1, "segmentValue": "10"}, {"segmentId": 2, "segmentValue": "B"}]}
    assert await subaccount_of(client, await invoice(client, ITEM_LINE | SOLD | sent)) == "10-B"


async def test_what_the_mask_makes_must_exist_and_be_in_use(open_chart: MakeClient) -> None:
    client = await open_chart("CC-I")
    body = wrapped(customerNumber="10000") | {"invoiceLines": [ITEM_LINE]}
    missing = await client.post("/v1/customerinvoice", json=body)
    assert missing.status_code == 400
    assert "Subaccount '10-I' cannot be found in the system." in missing.json()["message"]
    assert "invoiceLines[0].subaccount" in missing.json()["message"]
    await add(client, "10-I")
    await client.put("/v1/subaccount/10-I", json=wrapped(active=False))
    inactive = await client.post("/v1/customerinvoice", json=body)
    assert inactive.status_code == 400
    assert "not in use" in inactive.json()["message"]


async def test_a_segment_value_that_is_not_in_use_is_refused(open_chart: MakeClient) -> None:
    value = '          - {value: "30", description: Location'
    client = await open_chart("LLL", **{f"{value}}}": f"{value}, active: false}}"})
    body = wrapped(customerNumber="10000") | {"invoiceLines": [PLAIN_LINE]}
    answer = await client.post("/v1/customerinvoice", json=body)
    assert answer.status_code == 400
    assert "Segment 1 of the subaccount has no value '30' that is in use." in answer.json()["message"]


@pytest.mark.parametrize("mask", ["EEE", "LL-E", "L", "LLLL", "CIX"])
async def test_a_mask_that_cannot_work_is_refused_with_the_company(open_chart: MakeClient, mask: str) -> None:
    with pytest.raises(FileFaults) as refused:
        await open_chart(mask)
    assert "C (branch), I (item), L (location), S (salesperson)" in str(refused.value)


async def test_another_item_brings_its_own_and_another_seller_moves_his_segments(open_chart: MakeClient) -> None:
    client = await open_chart("SS-I")
    await add(client, "40-I", "41-I", "40-L", "41-L")
    number = await invoice(client, ITEM_LINE | SOLD)
    assert await subaccount_of(client, number) == "40-I"

    async def change(**line: Any) -> str:
        body = {"invoiceLines": [{"operation": "Update"} | wrapped(lineNumber=1, **line)]}
        answer = await client.put(f"/v1/customerinvoice/{number}", json=body)
        assert answer.status_code == 204, answer.text
        return await subaccount_of(client, number)

    assert await change(salesperson="OLA") == "41-I"
    assert await change(quantity=2) == "41-I"
    assert await change(inventoryNumber="A") == "41-L"
    assert await change(inventoryNumber="OWN", salesperson="KARI") == "40-I"


async def test_the_seller_of_the_document_stands_in_for_the_lines(open_chart: MakeClient) -> None:
    client = await open_chart("SSS")
    assert await subaccount_of(client, await invoice(client, salesPersonID=2)) == "41-S"


async def test_a_documents_branch_gives_zone_and_segments(open_chart: MakeClient) -> None:
    # Customers of this company have no VAT zone of their own, so that the branch's counts.
    client = await open_chart("CC-C", **{'    vat_zone_id: "NO"\n': ""})
    number = await invoice(client, PLAIN_LINE, branchNumber="2")
    document = await found(client, f"customerinvoice/{number}")
    assert document["branchNumber"] == {"number": "2", "name": "Abroad"}
    assert document["customerVatZone"]["id"] == "EX"
    assert document["invoiceLines"][0]["vatCode"]["id"] == "52"
    assert document["invoiceLines"][0]["subaccount"]["subaccountNumber"] == "11-C"
    assert document["vatTotal"] == 0

    home = await invoice(client, PLAIN_LINE)
    assert "customerVatZone" not in await found(client, f"customerinvoice/{home}")
    moved = await client.put(f"/v1/customerinvoice/{home}", json=wrapped(branchNumber="2"))
    assert moved.status_code == 204, moved.text
    document = await found(client, f"customerinvoice/{home}")
    assert document["customerVatZone"]["id"] == "EX"
    assert document["invoiceLines"][0]["branchNumber"]["number"] == "2"
    assert document["invoiceLines"][0]["subaccount"]["subaccountNumber"] == "11-C"


async def test_a_subaccount_that_was_sent_stays_when_the_branch_changes(open_chart: MakeClient) -> None:
    client = await open_chart("CC-C")
    sent = {"subaccount": [{"segmentId": 1, "segmentValue": "20"}, {"segmentId": 2, "segmentValue": "I"}]}
    number = await invoice(client, PLAIN_LINE | sent)
    assert (await client.put(f"/v1/customerinvoice/{number}", json=wrapped(branchNumber="2"))).status_code == 204
    assert await subaccount_of(client, number) == "20-I"


async def test_what_a_document_posts_goes_to_the_chosen_subaccount(open_chart: MakeClient) -> None:
    client = await open_chart("II-I")
    number = await invoice(client, documentDate="2025-03-03")
    assert (await client.post(f"/v1/customerinvoice/{number}/action/release")).status_code == 200
    entries = await found(client, "GeneralLedgerTransactions", account="3000")
    assert [entry["subaccount"] for entry in entries] == ["20-I"]
    assert await found(client, "GeneralLedgerTransactions", account="3000", subaccountId=4) == entries
    assert await found(client, "GeneralLedgerTransactions", account="3000", subaccountId=5) == []
