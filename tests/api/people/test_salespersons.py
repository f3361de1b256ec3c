"""Salespersons over HTTP, and whom they sell to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clerk import Clerk, Record, refusal


async def ola(clerk: Clerk, **fields: Any) -> Record:
    sent = {"salespersonID": "OLA", "name": "Ola Hansen", "commissionPct": 2.5, "salesSub": "0"} | fields
    return await clerk.create("salesperson", **sent)


async def test_every_field_is_stored_and_read_back(clerk: Clerk) -> None:
    await clerk.location()
    read = await ola(
        clerk,
        isActive=True,
        customers=[
            {"operation": "Insert", "customerID": "20001", "locationID": "north", "commissionPct": 3},
            {"customerID": "20002"},
        ],
    )
    assert read.address.endswith("/v1/salesperson/OLA")
    assert (read["salespersonID"], read["name"], read["isActive"]) == ("OLA", "Ola Hansen", True)
    assert read["commissionPct"] == 2.5
    assert read["salesSub"] == {"active": True, "id": "0", "description": "No department"}
    sold = [(line["customerName"], line["locationName"], line["commisionPct"]) for line in read["customers"]]
    assert sold == [("Aurdal Bakeri AS", "North", 3.0), ("Bjerke Elektro AS", "Main", 2.5)]
    assert all(line["isDefault"] for line in read["customers"])


async def test_customers_are_inserted_updated_and_deleted(clerk: Clerk) -> None:
    await ola(clerk, customers=[{"customerID": "20001"}, {"customerID": "20002"}])
    read = await clerk.change(
        "salesperson/ola",
        customers=[
            {"operation": "Delete", "customerID": "20001"},
            {"operation": "Update", "customerID": "20002", "locationID": "Main", "commissionPct": 9},
            {"operation": "Insert", "customerID": "20003"},
            {"operation": "Nothing", "customerID": "20002", "commissionPct": 1},
        ],
    )
    assert [(line["bAccountID"], line["commisionPct"]) for line in read["customers"]] == [(2, 9.0), (3, 2.5)]
    missing = [{"operation": "Update", "customerID": "20009"}]
    assert "customers[0].customerID" in await clerk.refused("PUT", "salesperson/ola", customers=missing)


async def test_the_first_seller_at_a_location_is_its_default(clerk: Clerk) -> None:
    await ola(clerk, customers=[{"customerID": "20001"}])
    await clerk.create("salesperson", salespersonID="PER", name="Per", customers=[{"customerID": "20001"}])
    sellers = await clerk.page("customer/20001/salespersons")
    assert [(row["salePersonID"], row["isDefault"], row["locationID"]) for row in sellers] == [
        ("OLA", True, "Main"), ("PER", False, "Main"),
    ]  # fmt: skip
    assert [
        row["salePersonID"] for row in await clerk.page("customer/20001/salespersons", pageNumber=2, pageSize=1)
    ] == ["PER"]
    assert sellers[0]["metadata"]["totalCount"] == 2
    assert await clerk.page("customer/20002/salespersons") == []
    assert await clerk.status("GET", "customer/nobody/salespersons") == 404


async def test_sent_back_as_it_was_read_it_stays_as_it_is(clerk: Clerk) -> None:
    read = await ola(clerk, customers=[{"customerID": "20001"}])
    same = await clerk.change(
        "salesperson/OLA",
        salespersonID="ola", name=read["name"], isActive=True, commissionPct=2.5, salesSub="0",
        customers=[{"customerID": "20001", "locationID": "Main", "commissionPct": 2.5}],
    )  # fmt: skip
    assert same.etag == read.etag
    changed = await clerk.change("salesperson/OLA", customers=[{"customerID": "20001", "commissionPct": 1}])
    assert changed.etag != read.etag
    assert (await clerk.put("salesperson/OLA", read.if_match, name="X")).status_code == 412
    cleared = await clerk.change("salesperson/OLA", salesSub={"value": None}, commissionPct={"value": None})
    assert "salesSub" not in cleared
    assert cleared["commissionPct"] == 0


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"name": "X"}, "salespersonID"),
        ({"salespersonID": "X"}, "name"),
        ({"salespersonID": "ola", "name": "X"}, "There is a salesperson 'ola' already"),
        ({"salespersonID": "X", "name": "X", "commissionPct": 101}, "commissionPct"),
        ({"salespersonID": "X", "name": "X", "commissionPct": -1}, "commissionPct"),
        ({"salespersonID": "X", "name": "X", "salesSub": "99"}, "SalesSub '99' cannot be found"),
        ({"salespersonID": "X", "name": "X", "customers": [{"customerID": "nobody"}]}, "customers[0].customerID"),
        (
            {"salespersonID": "X", "name": "X", "customers": [{"customerID": "20001", "locationID": "?"}]},
            "customers[0].locationID",
        ),
        (
            {"salespersonID": "X", "name": "X", "customers": [{"operation": "Delete", "customerID": "20001"}]},
            "customers[0].customerID",
        ),
    ],
)
async def test_a_refusal_names_the_field_and_changes_nothing(clerk: Clerk, sent: dict[str, Any], told: str) -> None:
    await ola(clerk)
    before = await clerk.sql("select count(*) from change")
    assert told in await clerk.refused("POST", "salesperson", **sent)
    assert await clerk.sql("select count(*) from change") == before


async def test_the_id_stays(clerk: Clerk) -> None:
    await ola(clerk)
    assert "keeps the id" in await clerk.refused("PUT", "salesperson/ola", salespersonID="PER")
    assert await clerk.status("GET", "salesperson/nobody") == 404
    assert await clerk.status("PUT", "salesperson/nobody", name="X") == 404


@pytest.mark.parametrize(
    ("finds", "misses"),
    [
        ({"salespersonCD": "ola"}, {"salespersonCD": "PER X"}),
        ({"name": "ola hansen"}, {"name": "Ola"}),
        ({"isActive": "true"}, {"isActive": "false", "name": "Ola Hansen"}),
        ({"commissionPct": "2.5"}, {"commissionPct": "2.51"}),
        ({"salesSub": "0"}, {"salesSub": "7"}),
        ({"greaterThanValue": "ANN"}, {"greaterThanValue": "OLA"}),
        (
            {"lastModifiedDateTime": "2026-01-15", "lastModifiedDateTimeCondition": ">", "isActive": "1"},
            {"lastModifiedDateTime": "2026-01-16", "lastModifiedDateTimeCondition": ">"},
        ),
        (
            {"createdDateTime": "2026-01-16", "createdDateTimeCondition": "<", "isActive": "1"},
            {"createdDateTime": "2026-01-15", "createdDateTimeCondition": "<"},
        ),
    ],
)
async def test_each_filter_finds_its_own(clerk: Clerk, finds: dict[str, str], misses: dict[str, str]) -> None:
    await ola(clerk)
    await clerk.create("salesperson", salespersonID="ANN", name="Ann", isActive=False)
    assert [row["salespersonID"] for row in await clerk.page("salesperson", **finds)] == ["OLA"]
    assert await clerk.page("salesperson", **misses) == []


async def test_a_number_is_asked_for_where_one_is_compared(clerk: Clerk) -> None:
    for wrong in ("much", "NaN", "1e999999999"):
        answer = await clerk.http.get("/v1/salesperson", params={"commissionPct": wrong})
        assert answer.status_code == 400
        assert "commissionPct" in answer.json()["message"]


async def test_customers_are_found_by_who_sells_to_them(clerk: Clerk) -> None:
    """By the default salesperson at any of their locations, not by the others there."""
    await clerk.location()
    await ola(clerk, customers=[{"customerID": "20001", "locationID": "north"}, {"customerID": "20002"}])
    per = [{"customerID": "20001"}, {"customerID": "20002"}]
    await clerk.create("salesperson", salespersonID="PER", name="Per", isActive=False, customers=per)
    for sent, numbers in (("ola", ["20001", "20002"]), (" PER ", ["20001"])):
        found = await clerk.page("reskontra/standing", salesPerson=sent)
        assert [row["customer"]["number"] for row in found] == numbers
        assert found[0]["metadata"]["totalCount"] == len(numbers)
        assert (await clerk.get("reskontra/standing/total", salesPerson=sent))["count"] == len(numbers)
        table = await clerk.http.get("/v1/reskontra/standing", params={"salesPerson": sent, "format": "csv"})
        assert [line.partition(",")[0] for line in table.text.splitlines()[1:]] == numbers
    assert await clerk.page("reskontra/standing", salesPerson="OLA", status="Inactive") == []
    by_age = await clerk.page("reskontra/standing", salesPerson="OLA", orderBy="overdue desc", pageSize=1, pageNumber=2)
    assert len(by_age) == 1
    await clerk.change("salesperson/ola", customers=[{"operation": "Delete", "customerID": "20002"}])
    assert [row["customer"]["number"] for row in await clerk.page("reskontra/standing", salesPerson="OLA")] == ["20001"]


async def test_a_salesperson_that_nobody_knows_finds_no_customers_in_silence(clerk: Clerk) -> None:
    await ola(clerk)
    for address, form in (("standing", {}), ("standing", {"format": "csv"}), ("standing/total", {})):
        answer = await clerk.http.get(f"/v1/reskontra/{address}", params={"salesPerson": "OLE", **form})
        told = "SalesPerson 'OLE' cannot be found in the system. Field: salesPerson. Known salespersons: OLA."
        assert refusal(answer) == told


async def test_a_list_without_customers_is_asked_for(clerk: Clerk) -> None:
    await ola(clerk, customers=[{"customerID": "20001"}])
    (whole,) = await clerk.page("salesperson", expandCustomers="true")
    (bare,) = await clerk.page("salesperson", expandCustomers="false")
    assert [line["customerName"] for line in whole.pop("customers")] == ["Aurdal Bakeri AS"]
    assert bare == whole
    assert len((await clerk.page("salesperson"))[0]["customers"]) == 1
