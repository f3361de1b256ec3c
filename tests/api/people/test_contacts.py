"""Contacts over HTTP: the people at a customer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clerk import Clerk

EVERYTHING: dict[str, Any] = {
    "active": True,
    "title": "Prof",
    "firstName": "Kari",
    "lastName": "Nordmann",
    "position": "Chief",
    "businessAccount": "20001",
    "email": "kari@x.example",
    "web": "x.example",
    "phone1": "1",
    "phone2": "2",
    "phone3": "3",
    "fax": "4",
    "contactMethod": "Phone",
    "doNotCall": True,
    "doNotFax": True,
    "doNotEmail": True,
    "doNotMail": True,
    "noMassMail": True,
    "noMarketing": True,
}


async def test_every_field_is_stored_and_read_back(clerk: Clerk) -> None:
    read = await clerk.contact(**EVERYTHING, address={"addressLine1": "Elvegata 1", "city": "Lom", "countryId": "NO"})
    assert EVERYTHING.items() <= read.items()
    assert read["displayName"] == "Kari Nordmann"
    assert read["businessAccountType"] == "Customer"
    assert read["sameAsAccount"] is False
    assert read["address"]["country"] == {"id": "NO", "name": "Norway"}
    assert (read["address"]["addressLine1"], read["address"]["city"]) == ("Elvegata 1", "Lom")
    assert read.address.endswith(f"/v1/contact/{read['contactId']}")
    assert read.etag == f'"{read["timeStamp"]}"'


async def test_the_address_is_the_customers_until_it_is_its_own(clerk: Clerk) -> None:
    read = await clerk.contact(businessAccount="20001")
    assert read["sameAsAccount"] is True
    await clerk.change("customer/20001", mainAddress={"city": "Bodø"})
    assert (await clerk.get(read))["address"]["city"] == "Bodø"
    own = await clerk.change(read, address={"city": "Alta"})
    assert (own["sameAsAccount"], own["address"]["city"]) == (False, "Alta")
    again = await clerk.change(read, sameAsAccount=True)
    assert (again["sameAsAccount"], again["address"]["city"]) == (True, "Bodø")
    copied = await clerk.change(read, sameAsAccount=False)
    assert copied["address"]["addressId"] != again["address"]["addressId"]


async def test_a_contact_may_belong_to_nobody(clerk: Clerk) -> None:
    read = await clerk.contact(firstName="Åse", sameAsAccount=False)
    assert "businessAccount" not in read
    assert "address" not in read
    placed = await clerk.change(read, businessAccount="20002")
    assert (placed["businessAccount"], placed["sameAsAccount"]) == ("20002", True)
    left = await clerk.change(read, businessAccount={"value": None})
    assert "businessAccount" not in left


async def test_sent_back_as_it_was_read_it_stays_as_it_is(clerk: Clerk) -> None:
    read = await clerk.contact(**EVERYTHING)
    sent = {name: read[name] for name in (*EVERYTHING, "sameAsAccount")}
    address = {name: value for name, value in read["address"].items() if name not in ("addressId", "country")}
    same = await clerk.change(read, **sent, address=address | {"countryId": "NO"})
    assert same.etag == read.etag


async def test_null_clears_and_versions_are_kept(clerk: Clerk) -> None:
    read = await clerk.contact(**EVERYTHING)
    cleared = await clerk.change(read, title={"value": None}, email={"value": ""}, contactMethod={"value": None})
    assert {"title", "email"}.isdisjoint(cleared)
    assert cleared["contactMethod"] == "Any"
    stale = await clerk.put(read, read.if_match, phone1="9")
    assert stale.status_code == 412
    assert (await clerk.put(read, cleared.if_match, phone1="9")).status_code == 204


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"email": "x"}, "lastName"),
        ({"lastName": " "}, "lastName"),
        ({"lastName": "X", "businessAccount": "nobody"}, "BusinessAccount 'nobody' cannot be found"),
        ({"lastName": "X", "sameAsAccount": True}, "sameAsAccount"),
        ({"lastName": "X", "address": {"countryId": "XX"}}, "address.countryId"),
        ({"lastName": "X", "title": "Sir"}, "title"),
        ({"lastName": "X", "contactMethod": "Pigeon"}, "contactMethod"),
        ({"lastName": "X" * 256}, "lastName"),
    ],
)
async def test_a_refusal_names_the_field_and_changes_nothing(bystander: Clerk, sent: dict[str, Any], told: str) -> None:
    before = await bystander.sql("select count(*) from change")
    assert told in await bystander.refused("POST", "contact", **sent)
    assert await bystander.sql("select count(*) from change") == before


async def test_there_is_no_such_contact(clerk: Clerk) -> None:
    for contact_id in ("999999", "abc", "99999999999", "1"):  # 1 is the main contact of a customer
        assert await clerk.status("GET", f"contact/{contact_id}") == 404
        assert await clerk.status("PUT", f"contact/{contact_id}", lastName="X") == 404


@pytest.mark.parametrize(
    ("finds", "misses"),
    [
        ({"displayName": "KARI NORDMANN"}, {"displayName": "Kari"}),
        ({"active": "false"}, {"active": "true", "firstName": "kari"}),
        ({"firstName": "kari"}, {"firstName": "Ola"}),
        ({"lastName": "nordmann"}, {"lastName": "N"}),
        ({"businessAccount": "20001"}, {"businessAccount": "20009"}),
        ({"email": "KARI@x.example"}, {"email": "x.example"}),
        ({"greaterThanValue": "0", "firstName": "Kari"}, {"greaterThanValue": "99999"}),
        (
            {"lastModifiedDateTime": "2026-01-15", "lastModifiedDateTimeCondition": ">=", "firstName": "Kari"},
            {"lastModifiedDateTime": "2026-01-15", "lastModifiedDateTimeCondition": "<"},
        ),
    ],
)
async def test_each_filter_finds_its_own(clerk: Clerk, finds: dict[str, str], misses: dict[str, str]) -> None:
    await clerk.contact(**EVERYTHING | {"active": False})
    await clerk.contact(firstName="Per", lastName="Hansen", businessAccount="20002")
    for address in ("contact", "customer/20001/contact"):
        assert [row["firstName"] for row in await clerk.page(address, **finds)] == ["Kari"]
        assert await clerk.page(address, **misses) == []


async def test_lists_are_ordered_as_asked(clerk: Clerk) -> None:
    for first, last, email in (("B", "Å", "z@x"), ("A", "Z", None), ("C", "M", "a@x")):
        await clerk.contact(firstName=first, lastName=last, **({"email": email} if email else {}))

    async def order(by: str | None) -> str:
        return "".join(row["firstName"] for row in await clerk.page("contact", **({"orderBy": by} if by else {})))

    assert await order(None) == "BAC"
    assert await order("contactId desc") == "CAB"
    assert await order("firstName") == "ABC"
    assert await order("LASTNAME") == "CAB"
    assert await order("displayName desc") == "CBA"
    assert await order("email asc") == "CBA"
    assert await order("lastModifiedDateTime desc") == "CAB"
    for wrong in ("shoeSize", "email upwards", "email desc desc"):
        answer = await clerk.http.get("/v1/contact", params={"orderBy": wrong})
        assert answer.status_code == 400
        assert "displayName" in answer.json()["message"]


async def test_rows_may_be_read_in_parts(clerk: Clerk) -> None:
    for position in range(5):
        await clerk.contact(firstName=str(position), businessAccount="20001")
    part = await clerk.page("contact", numberToRead=2, skipRecords=3)
    assert [row["firstName"] for row in part] == ["3", "4"]
    assert {row["metadata"]["totalCount"] for row in part} == {5}
    assert len(await clerk.page("customer/20001/contact", numberToRead=3)) == 3
    assert await clerk.page("customer/20002/contact") == []
    assert await clerk.status("GET", "customer/nobody/contact") == 404
