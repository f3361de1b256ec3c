"""Subaccounts and dimensions over HTTP, and the mask that chooses a line's subaccount (SUB-01). No mocks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reskontra.clock import SeededClock
from reskontra.yaml_file import FileFaults
from tests.api.accounts.conftest import OpenChart
from tests.clerk import INVOICE, ITEM_A, Clerk, Record


async def numbers(clerk: Clerk, **query: Any) -> list[str]:
    return [subaccount["subaccountNumber"] for subaccount in await clerk.page("subaccount", **query)]


async def add(clerk: Clerk, *new: str) -> None:
    for number in new:
        await clerk.create("subaccount", subaccountNumber=number)


class TestWriting:
    async def test_a_subaccount_is_created_and_read_back(self, open_chart: OpenChart) -> None:
        clerk = await open_chart()
        answer = await clerk.post("subaccount", subaccountNumber="20-s", description="Items sold", active=False)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Location"] == "http://localhost/v1/subaccount/20-S"
        read = await clerk.http.get("/v1/subaccount/20-s")
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

    async def test_a_number_may_be_sent_without_separators(self, open_chart: OpenChart) -> None:
        clerk = await open_chart()
        await add(clerk, "20S")
        assert (await clerk.get("subaccount/20-S"))["subaccountId"] == 8

    async def test_a_put_changes_what_is_sent(self, open_chart: OpenChart) -> None:
        clerk = await open_chart()
        before = await clerk.get("subaccount/30-L")
        answer = await clerk.put("subaccount/30-L", description="Coast")
        assert answer.status_code == 204
        after = await clerk.get("subaccount/30-L")
        assert answer.headers["ETag"] == f'"{after["timeStamp"]}"'
        assert (after["description"], after["active"]) == ("Coast", True)
        stale = await clerk.put("subaccount/30-L", before.if_match, active=False)
        assert stale.status_code == 412
        echo = {"subaccountNumber": "30-L", "subaccountId": "5", "description": "Coast", "active": True}
        assert await clerk.change("subaccount/30-L", **echo) == after

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
        self, open_chart: OpenChart, fields: dict[str, Any], parts: list[str]
    ) -> None:
        clerk = await open_chart()
        answer = await clerk.post("subaccount", **fields)
        assert answer.status_code == 400
        for part in parts:
            assert part in answer.json()["message"], answer.json()["message"]
        assert len(await numbers(clerk)) == 7

    async def test_number_and_id_stay(self, open_chart: OpenChart) -> None:
        clerk = await open_chart()
        for fields in ({"subaccountNumber": "30-S"}, {"subaccountId": "6"}):
            answer = await clerk.put("subaccount/30-L", **fields)
            assert answer.status_code == 400
            assert next(iter(fields)) in answer.json()["message"]
        assert (await clerk.put("subaccount/30-X", active=True)).status_code == 404
        assert await clerk.status("GET", "subaccount/30-X") == 404

    async def test_documents_show_the_new_words_at_once(self, open_chart: OpenChart) -> None:
        clerk = await open_chart()
        draft = await clerk.invoice(lines=[ITEM_LINE])
        await clerk.put("subaccount/30-L", description="Coast")
        line = (await clerk.get(draft))["invoiceLines"][0]
        assert line["subaccount"]["description"] == "Coast"


class TestTheList:
    async def test_is_ordered_and_counted(self, open_chart: OpenChart) -> None:
        clerk = await open_chart()
        assert await numbers(clerk) == ["00-0", "10-B", "11-C", "20-I", "30-L", "40-S", "41-S"]
        await add(clerk, "00-S")
        listed = await clerk.get("subaccount", pageSize=3, pageNumber=1)
        assert [subaccount["subaccountNumber"] for subaccount in listed] == ["00-0", "00-S", "10-B"]
        assert listed[0]["metadata"]["totalCount"] == 8
        assert await numbers(clerk, pageSize=3, pageNumber=3) == ["40-S", "41-S"]
        assert await numbers(clerk, pageSize=3, pageNumber=4) == []

    async def test_is_filtered(self, open_chart: OpenChart, clock: SeededClock) -> None:
        clerk = await open_chart()
        assert await numbers(clerk, active="false") == []
        clock.move_to(datetime(2026, 2, 1, 12, tzinfo=UTC))
        await clerk.put("subaccount/30-L", active=False)
        assert await numbers(clerk, active="false") == ["30-L"]
        assert "30-L" not in await numbers(clerk, active="true")
        since = {"lastModifiedDateTimeCondition": ">="}
        assert await numbers(clerk, lastModifiedDateTime="2026-02-01", **since) == ["30-L"]
        assert await numbers(clerk, lastModifiedDateTime="2026-02-02", **since) == []


class TestDimensions:
    async def test_are_listed_by_id(self, open_chart: OpenChart) -> None:
        assert await (await open_chart()).get("dimension") == ["SUBACCOUNT"]

    async def test_one_has_its_segments(self, open_chart: OpenChart) -> None:
        clerk = await open_chart()
        dimension = await clerk.get("dimension/subaccount")
        assert (dimension["id"], dimension["length"], dimension["description"]) == (
            "SUBACCOUNT",
            3,
            "Department and place",
        )
        assert [(segment["segmentId"], segment["length"]) for segment in dimension["segments"]] == [(1, 2), (2, 1)]
        assert "segmentValues" not in dimension["segments"][0]
        expanded = await clerk.get("dimension/SUBACCOUNT", expandSegmentsValues="true")
        assert [len(segment["segmentValues"]) for segment in expanded["segments"]] == [8, 6]
        assert await clerk.status("GET", "dimension/NONE") == 404

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
    async def test_segments_are_chosen(self, open_chart: OpenChart, query: dict[str, str], expected: list[int]) -> None:
        dimension = await (await open_chart()).get("dimension/SUBACCOUNT", **query)
        assert [segment["segmentId"] for segment in dimension["segments"]] == expected

    async def test_an_unknown_order_is_refused(self, open_chart: OpenChart) -> None:
        answer = await (await open_chart()).http.get("/v1/dimension/SUBACCOUNT?orderBy=colour")
        assert answer.status_code == 400
        assert "segmentId or description" in answer.json()["message"]

    async def test_segments_and_values_are_found_by_their_ids(self, open_chart: OpenChart) -> None:
        clerk = await open_chart()
        answer = await clerk.http.get("/v1/dimension/SUBACCOUNT/1")
        segment = answer.json()
        assert answer.headers["ETag"] == f'"{segment["timeStamp"]}"'
        assert (segment["validate"], segment["isAutoNumber"], len(segment["segmentValues"])) == (True, False, 8)
        closed = segment["segmentValues"][-1]
        assert (closed["valueId"], closed["description"], closed["active"]) == ("99", "Closed", False)
        value = await clerk.http.get("/v1/dimension/SUBACCOUNT/1/99")
        assert value.json() == closed
        assert value.headers["ETag"] == f'"{closed["timeStamp"]}"'
        assert await clerk.get(f"dimension/SUBACCOUNT/1/publicid/{closed['publicId'].upper()}") == closed
        for missing in ("3", "1/98", "2/99", "1/publicid/none", f"2/publicid/{closed['publicId']}", "x"):
            assert await clerk.status("GET", f"dimension/SUBACCOUNT/{missing}") == 404


# The mask


def subaccount_of(document: Record) -> str:
    chosen: str = document["invoiceLines"][0]["subaccount"]["subaccountNumber"]
    return chosen


ITEM_LINE = {"inventoryNumber": "OWN", "quantity": 1}
PLAIN_LINE = {"description": "Advice", "quantity": 1, "unitPriceInCurrency": 10}
SOLD = {"salesperson": "KARI"}


@pytest.mark.parametrize(
    ("mask", "line", "expected"),
    [
        ("CCC", ITEM_LINE, "10-B"),
        ("III", ITEM_LINE, "20-I"),
        ("III", PLAIN_LINE, "30-L"),
        ("III", ITEM_A, "30-L"),
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
    open_chart: OpenChart, mask: str, line: dict[str, Any], expected: str
) -> None:
    clerk = await open_chart(mask)
    if expected not in await numbers(clerk):
        await add(clerk, expected)
    assert subaccount_of(await clerk.invoice(lines=[line])) == expected


async def test_without_a_mask_the_items_own_goes_before_the_locations(open_chart: OpenChart) -> None:
    clerk = await open_chart(None)
    assert subaccount_of(await clerk.invoice(lines=[ITEM_LINE])) == "20-I"
    assert subaccount_of(await clerk.invoice(lines=[PLAIN_LINE])) == "30-L"


async def test_a_sent_subaccount_wins(open_chart: OpenChart) -> None:
    clerk = await open_chart("II-S")
    sent = {"subaccount": [{"segmentId": 1, "segmentValue": "10"}, {"segmentId": 2, "segmentValue": "B"}]}
    assert subaccount_of(await clerk.invoice(lines=[ITEM_LINE | SOLD | sent])) == "10-B"


async def test_what_the_mask_makes_must_exist_and_be_in_use(open_chart: OpenChart) -> None:
    clerk = await open_chart("CC-I")
    missing = await clerk.refuse(INVOICE, lines=[ITEM_LINE])
    assert "Subaccount '10-I' cannot be found in the system." in missing
    assert "invoiceLines[0].subaccount" in missing
    await add(clerk, "10-I")
    await clerk.change("subaccount/10-I", active=False)
    assert "not in use" in await clerk.refuse(INVOICE, lines=[ITEM_LINE])


async def test_a_segment_value_that_is_not_in_use_is_refused(open_chart: OpenChart) -> None:
    value = '          - {value: "30", description: Location'
    clerk = await open_chart("LLL", **{f"{value}}}": f"{value}, active: false}}"})
    text = await clerk.refuse(INVOICE, lines=[PLAIN_LINE])
    assert "Segment 1 of the subaccount has no value '30' that is in use." in text


@pytest.mark.parametrize("mask", ["EEE", "LL-E", "L", "LLLL", "CIX"])
async def test_a_mask_that_cannot_work_is_refused_with_the_company(open_chart: OpenChart, mask: str) -> None:
    with pytest.raises(FileFaults) as refused:
        await open_chart(mask)
    assert "C (branch), I (item), L (location), S (salesperson)" in str(refused.value)


async def test_another_item_brings_its_own_and_another_seller_moves_his_segments(open_chart: OpenChart) -> None:
    clerk = await open_chart("SS-I")
    await add(clerk, "40-I", "41-I", "40-L", "41-L")
    draft = await clerk.invoice(lines=[ITEM_LINE | SOLD])
    assert subaccount_of(draft) == "40-I"

    async def change(**line: Any) -> str:
        lines = [{"operation": "Update", "lineNumber": 1, **line}]
        return subaccount_of(await clerk.change(draft, lines=lines))

    assert await change(salesperson="OLA") == "41-I"
    assert await change(quantity=2) == "41-I"
    assert await change(inventoryNumber="A") == "41-L"
    assert await change(inventoryNumber="OWN", salesperson="KARI") == "40-I"


async def test_the_seller_of_the_document_stands_in_for_the_lines(open_chart: OpenChart) -> None:
    clerk = await open_chart("SSS")
    assert subaccount_of(await clerk.invoice(lines=[ITEM_LINE], salesPersonID=2)) == "41-S"


async def test_a_documents_branch_gives_zone_and_segments(open_chart: OpenChart) -> None:
    # Customers of this company have no VAT zone of their own, so that the branch's counts.
    clerk = await open_chart("CC-C", **{'    vat_zone_id: "NO"\n': ""})
    document = await clerk.invoice(lines=[PLAIN_LINE], branchNumber="2")
    assert document["branchNumber"] == {"number": "2", "name": "Abroad"}
    assert document["customerVatZone"]["id"] == "EX"
    assert document["invoiceLines"][0]["vatCode"]["id"] == "52"
    assert document["invoiceLines"][0]["subaccount"]["subaccountNumber"] == "11-C"
    assert document["vatTotal"] == 0

    home = await clerk.invoice(lines=[PLAIN_LINE])
    assert "customerVatZone" not in home
    document = await clerk.change(home, branchNumber="2")
    assert document["customerVatZone"]["id"] == "EX"
    assert document["invoiceLines"][0]["branchNumber"]["number"] == "2"
    assert document["invoiceLines"][0]["subaccount"]["subaccountNumber"] == "11-C"


async def test_a_subaccount_that_was_sent_stays_when_the_branch_changes(open_chart: OpenChart) -> None:
    clerk = await open_chart("CC-C")
    sent = {"subaccount": [{"segmentId": 1, "segmentValue": "20"}, {"segmentId": 2, "segmentValue": "I"}]}
    draft = await clerk.invoice(lines=[PLAIN_LINE | sent])
    assert subaccount_of(await clerk.change(draft, branchNumber="2")) == "20-I"


async def test_what_a_document_posts_goes_to_the_chosen_subaccount(open_chart: OpenChart) -> None:
    clerk = await open_chart("II-I")
    await clerk.issue(INVOICE, lines=[ITEM_LINE])
    entries = await clerk.get("GeneralLedgerTransactions", account="3000")
    assert [entry["subaccount"] for entry in entries] == ["20-I"]
    assert await clerk.get("GeneralLedgerTransactions", account="3000", subaccountId=4) == entries
    assert await clerk.get("GeneralLedgerTransactions", account="3000", subaccountId=5) == []
