"""Locations over HTTP: several per customer, each with what documents take from it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clerk import STALE, Clerk

EVERYTHING: dict[str, Any] = {
    "locationName": "Northern yard",
    "active": True,
    "address": {"addressLine1": "Havnegata 2", "postalCode": "9008", "city": "Tromsø", "countryId": "NO"},
    "contact": {"name": "Yard", "attention": "Kari", "email": "yard@x.example", "web": "x.example", "phone1": "1",
                "phone2": "2", "fax": "3"},
    "vatRegistrationId": "NO988077917MVA",
    "vatZone": "EX",
    "ediCode": "EDI-1",
    "gln": "7080000000001",
    "corporateId": "988077917",
    "peppolScheme": {"endpoint": "0192:988077917", "partyIdentification": "988", "partyLegal": "Yard AS"},
}  # fmt: skip


async def test_every_field_is_stored_and_read_back(clerk: Clerk) -> None:
    read = await clerk.location(**EVERYTHING)
    assert read.address.endswith("/v1/location/20001/North")
    assert read["baccount"] == {"internalId": 1, "number": "20001", "name": "Aurdal Bakeri AS"}
    for name in ("locationName", "active", "vatRegistrationId", "ediCode", "gln", "corporateId", "peppolScheme"):
        assert read[name] == EVERYTHING[name], name
    assert read["vatZone"]["id"] == "EX"
    assert read["address"]["country"] == {"id": "NO", "name": "Norway"}
    assert (read["address"]["addressLine1"], read["address"]["city"]) == ("Havnegata 2", "Tromsø")
    assert EVERYTHING["contact"].items() <= read["contact"].items()


async def test_what_is_not_sent_comes_from_the_default_location(clerk: Clerk) -> None:
    read = await clerk.location("20001", "South")
    assert (read["locationName"], read["active"]) == ("South", True)
    assert read["vatZone"]["id"] == "NO"
    assert "corporateId" not in read
    main = await clerk.get("location/20001/Main")
    assert read["address"] == main["address"]
    assert read["contact"] == main["contact"]
    accounts = await clerk.sql("select count(distinct customer_ledger_account) from location where customer_id = 1")
    assert accounts == 1


async def test_an_address_follows_the_main_one_until_it_has_its_own(clerk: Clerk) -> None:
    await clerk.location()
    await clerk.change("customer/20001", mainAddress={"city": "Bodø"}, mainContact={"phone1": "77"})
    read = await clerk.get("location/20001/North")
    assert read["address"]["city"] == "Bodø"
    assert read["contact"]["phone1"] == "77"
    own = await clerk.change("location/20001/North", address={"city": "Alta"}, contact={"name": "Ola"})
    assert own["address"]["addressId"] != read["address"]["addressId"]
    await clerk.change("customer/20001", mainAddress={"city": "Moss"}, mainContact={"name": "Hq"})
    kept = await clerk.get("location/20001/North")
    assert (kept["address"]["city"], kept["contact"]["name"]) == ("Alta", "Ola")
    again = await clerk.change("location/20001/North", addressIsSameAsMain=True, contactIsSameAsMain=True)
    assert (again["address"]["city"], again["contact"]["name"]) == ("Moss", "Hq")


async def test_sent_back_as_it_was_read_it_stays_as_it_is(clerk: Clerk) -> None:
    read = await clerk.location(gln="7")
    address = {name: value for name, value in read["address"].items() if name not in ("addressId", "country")}
    same = await clerk.change(
        "location/20001/north",
        baccountId="20001", locationId="NORTH", locationName=read["locationName"], active=True, gln="7",
        vatZone=read["vatZone"]["id"], address=address | {"countryId": "no"}, contact={"name": read["contact"]["name"]},
    )  # fmt: skip
    assert same.etag == read.etag
    assert same["address"]["addressId"] == read["address"]["addressId"]


async def test_null_clears_and_absent_keeps(clerk: Clerk) -> None:
    await clerk.location(**EVERYTHING)
    read = await clerk.change(
        "location/20001/North", gln={"value": None}, peppolScheme={"value": {"endpoint": {"value": None}}}
    )
    assert "gln" not in read
    assert read["peppolScheme"] == {"partyIdentification": "988", "partyLegal": "Yard AS"}
    assert read["ediCode"] == "EDI-1"


async def test_versions_are_kept(clerk: Clerk) -> None:
    read = await clerk.location()
    stale = await clerk.put("location/20001/North", STALE, gln="1")
    assert stale.status_code == 412
    assert (await clerk.get("location/20001/North")).etag == read.etag
    fresh = await clerk.put("location/20001/North", read.if_match, gln="1")
    assert fresh.status_code == 204
    assert fresh.headers["ETag"] != read.etag


async def test_the_default_location_and_its_customer_are_one(clerk: Clerk) -> None:
    customer = await clerk.get("customer/20001")
    await clerk.change("location/20001/Main", vatZone="EX", corporateId="988077917")
    seen = await clerk.get("customer/20001")
    assert (seen["vatZone"]["id"], seen["corporateId"]) == ("EX", "988077917")
    assert seen.etag != customer.etag
    assert [row["number"] for row in await clerk.page("customer", corporateId="988077917")] == ["20001"]
    location = await clerk.get("location/20001/Main")
    await clerk.change("customer/20001", gln="99")
    moved = await clerk.get("location/20001/Main")
    assert moved["gln"] == "99"
    assert moved.etag != location.etag


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"locationId": "X"}, "baccountId"),
        ({"baccountId": "nobody", "locationId": "X"}, "BaccountId 'nobody' cannot be found"),
        ({"baccountId": "20001"}, "locationId"),
        ({"baccountId": "20001", "locationId": " "}, "locationId"),
        ({"baccountId": "20001", "locationId": "main"}, "has a location 'main' already"),
        ({"baccountId": "20001", "locationId": "X", "vatZone": "??"}, "VatZone '??' cannot be found"),
        ({"baccountId": "20001", "locationId": "X", "address": {"countryId": "XX"}}, "address.countryId"),
        ({"baccountId": "20001", "locationId": "X" * 31}, "locationId"),
        ({"baccountId": "20001", "locationId": "X", "locationName": {"value": None}}, "locationName"),
    ],
)
async def test_a_refusal_names_the_field_and_changes_nothing(clerk: Clerk, sent: dict[str, Any], told: str) -> None:
    before = await clerk.sql("select count(*) from change")
    assert told in await clerk.refused("POST", "location", **sent)
    assert await clerk.sql("select count(*) from change") == before


async def test_what_cannot_change(clerk: Clerk) -> None:
    await clerk.location()
    assert "default location" in await clerk.refused("PUT", "location/20001/Main", active=False)
    assert "stays where it is" in await clerk.refused("PUT", "location/20001/North", baccountId="20002")
    assert "stays where it is" in await clerk.refused("PUT", "location/20001/North", locationId="South")
    assert await clerk.status("GET", "location/20001/nowhere") == 404
    assert await clerk.status("PUT", "location/nobody/Main", gln="1") == 404
    await clerk.sql("update customer set status = 'Inactive' where number = '20001'")
    assert "Inactive" in await clerk.refused("PUT", "location/20001/North", gln="1")
    assert "Inactive" in await clerk.refused("POST", "location", baccountId="20001", locationId="X")


@pytest.mark.parametrize(
    ("finds", "misses"),
    [
        ({"locationId": "north"}, {"locationId": "nowhere"}),
        ({"gln": "7"}, {"gln": "8"}),
        ({"greaterThanValue": "Main"}, {"greaterThanValue": "North"}),
        (
            {"lastModifiedDateTime": "2026-01-15", "lastModifiedDateTimeCondition": ">="},
            {"lastModifiedDateTime": "2026-01-16", "lastModifiedDateTimeCondition": ">="},
        ),
        (
            {"createdDateTime": "2026-01-15", "createdDateTimeCondition": ">"},
            {"createdDateTime": "2019-01-01", "createdDateTimeCondition": "<"},
        ),
    ],
)
async def test_each_filter_finds_its_own(clerk: Clerk, finds: dict[str, str], misses: dict[str, str]) -> None:
    await clerk.location(gln="7")
    for address in ("location", "location/20001"):
        assert [row["locationId"] for row in await clerk.page(address, **finds)] == ["North"]
        assert await clerk.page(address, **misses) == []


async def test_lists_go_by_customer_and_location_page_by_page(clerk: Clerk) -> None:
    await clerk.location("20003", "A")
    everything = await clerk.page("location")
    names = [(row["baccount"]["number"], row["locationId"]) for row in everything]
    assert names == sorted(names)
    assert {row["metadata"]["totalCount"] for row in everything} == {len(everything)}
    walked: list[tuple[str, str]] = []
    for number in range(1, len(names) // 4 + 2):
        page = await clerk.page("location", pageNumber=number, pageSize=4)
        walked += [(row["baccount"]["number"], row["locationId"]) for row in page]
        assert {row["metadata"]["totalCount"] for row in page} <= {len(names)}
    assert walked == names
    assert [row["locationId"] for row in await clerk.page("location/20003")] == ["A", "Main"]
    assert await clerk.status("GET", "location/nobody") == 404
