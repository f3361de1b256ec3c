"""Accounts over HTTP: create, read, change, refuse, list, and what a change means to documents. No mocks."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from reskontra.clock import SeededClock
from reskontra.db.pool import Database

ALL_FIELDS: dict[str, Any] = {
    "accountCD": "3010",
    "active": True,
    "accountClass": "SALES",
    "analysisCode": "AN1",
    "currency": "EUR",
    "description": "Sales of boats",
    "extenalCode1": "X1",
    "externalCode2": "X2",
    "accountGroupCD": "BOATS",
    "postOption": "Summary",
    "publicCode1": "P1",
    "type": "Income",
    "useDefaultSub": True,
    "taxCategory": "3",
}


def wrapped(**fields: Any) -> dict[str, Any]:
    return {name: {"value": value} for name, value in fields.items()}


async def create(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/v1/account", json=wrapped(**fields))


async def change(client: httpx.AsyncClient, number: str, /, **fields: Any) -> httpx.Response:
    return await client.put(f"/v1/account/{number}", json=wrapped(**fields))


async def read(client: httpx.AsyncClient, number: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/account/{number}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def numbers(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/v1/account", params=query)
    assert answer.status_code == 200, answer.text
    return [account["accountCD"] for account in answer.json()]


async def state(books: Database) -> tuple[int, int]:
    """The newest change and the number of accounts: what a refused request must leave alone."""
    async with books.connection() as connection:
        row = await connection.fetchrow(
            "select (select max(change_id) from change) as newest, (select count(*) from account) as count"
        )
    assert row is not None
    return row["newest"], row["count"]


async def test_an_account_is_created_and_read_back_with_all_fields(client: httpx.AsyncClient) -> None:
    answer = await create(client, **ALL_FIELDS)
    assert answer.status_code == 201, answer.text
    assert answer.content == b""
    assert answer.headers["Location"] == "http://testserver/v1/account/3010"
    found = await client.get("/v1/account/3010")
    assert found.headers["ETag"] == answer.headers["ETag"] == f'"{found.json()["timeStamp"]}"'
    account = found.json()
    assert account.pop("accountID") == 22
    assert account.pop("timeStamp")
    assert account.pop("lastModifiedDateTime").startswith("2026-01-15T13:00:00")
    assert account == {
        "accountCD": "3010",
        "accountGroupCD": "BOATS",
        "accountClass": "SALES",
        "type": "Income",
        "active": True,
        "description": "Sales of boats",
        "accountClassDescription": "Sales",
        "useDefaultSub": True,
        "postOption": "Summary",
        "currency": "EUR",
        "taxCategory": "3",
        "cashAccount": False,
        "publicCode1": "P1",
        "externalCode1Info": {"number": "X1"},
        "externalCode2Info": {"number": "X2"},
        "analisysCodeInfo": {"number": "AN1"},
    }


async def test_the_type_comes_from_the_class_where_none_is_sent(client: httpx.AsyncClient) -> None:
    assert (await create(client, accountCD="1600", description="Other", accountClass="debtors")).status_code == 201
    account = await read(client, "1600")
    assert (account["type"], account["accountClass"], account["active"]) == ("Asset", "DEBTORS", True)


async def test_the_bank_account_is_a_cash_account(client: httpx.AsyncClient) -> None:
    assert (await read(client, "1920"))["cashAccount"] is True
    assert (await read(client, "1500"))["cashAccount"] is False


async def test_a_put_changes_what_is_sent_and_clears_what_is_null(client: httpx.AsyncClient) -> None:
    await create(client, **ALL_FIELDS)
    before = await read(client, "3010")
    answer = await change(client, "3010", description="Sales of ships", currency=None, extenalCode1=None, active=False)
    assert answer.status_code == 204
    assert answer.headers["Location"] == "http://testserver/v1/account/3010"
    after = await read(client, "3010")
    assert answer.headers["ETag"] == f'"{after["timeStamp"]}"'
    moving = {"timeStamp", "lastModifiedDateTime"}
    assert "currency" not in after
    assert "externalCode1Info" not in after
    told = {name: after[name] for name in after if name not in moving and after[name] != before[name]}
    assert told == {"description": "Sales of ships", "active": False}


async def test_an_account_sent_back_as_it_is_changes_nothing(client: httpx.AsyncClient) -> None:
    await create(client, **ALL_FIELDS)
    before = await read(client, "3010")
    assert (await change(client, "3010", **ALL_FIELDS)).status_code == 204
    assert await read(client, "3010") == before


async def test_if_match_lets_only_the_newest_version_change(client: httpx.AsyncClient) -> None:
    first = (await client.get("/v1/account/3000")).headers["ETag"]
    body = wrapped(description="Sales")
    second = await client.put("/v1/account/3000", json=body, headers={"If-Match": first})
    assert second.status_code == 204
    stale = await client.put("/v1/account/3000", json=wrapped(description="Old"), headers={"If-Match": first})
    assert stale.status_code == 412
    assert (await read(client, "3000"))["description"] == "Sales"
    again = await client.put("/v1/account/3000", json=wrapped(active=False), headers={"If-Match": "*"})
    assert again.status_code == 204


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"accountCD": None}, ["accountCD", "1 to 30 characters"]),
        ({"accountCD": " 3010"}, ["accountCD", " 3010"]),
        ({"accountCD": "3" * 31}, ["accountCD", "30"]),
        ({"accountCD": "3000"}, ["already", "accountCD", "3000"]),
        ({"description": None}, ["description"]),
        ({"description": "x" * 257}, ["description", "256"]),
        ({"type": None, "accountClass": None}, ["type", "Asset, Liability, Income or Expense"]),
        ({"type": "Revenue"}, ["type", "Revenue", "Income"]),
        ({"accountClass": "NONE"}, ["AccountClass 'NONE' cannot be found", "SALES"]),
        ({"accountClass": "BANK"}, ["accountClass", "BANK", "Asset"]),
        ({"currency": "XXX"}, ["Currency 'XXX' cannot be found", "NOK"]),
        ({"taxCategory": "99"}, ["TaxCategory '99' cannot be found", "31"]),
        ({"postOption": "Some"}, ["postOption", "Detail"]),
    ],
)
async def test_bad_input_names_field_value_and_remedy_and_changes_nothing(
    client: httpx.AsyncClient, books: Database, fields: dict[str, Any], parts: list[str]
) -> None:
    before = await state(books)
    answer = await create(client, **ALL_FIELDS | fields)
    assert answer.status_code == 400, answer.text
    message = answer.json()["message"]
    assert "Error creating account. Error: " in message
    for part in parts:
        assert part in message, message
    assert await state(books) == before


async def test_numbers_differ_by_more_than_their_case(client: httpx.AsyncClient) -> None:
    assert (await create(client, accountCD="ab1", description="One", type="Asset")).status_code == 201
    answer = await create(client, accountCD="AB1", description="Two", type="Asset")
    assert answer.status_code == 400
    assert "already" in answer.json()["message"]
    assert (await read(client, "AB1"))["accountCD"] == "ab1"


async def test_a_number_cannot_be_changed(client: httpx.AsyncClient) -> None:
    answer = await change(client, "3000", accountCD="3001")
    assert answer.status_code == 400
    assert "Send 3000 or leave it out." in answer.json()["message"]


async def test_an_account_that_was_posted_to_keeps_its_type(client: httpx.AsyncClient) -> None:
    assert (await change(client, "3900", type="Liability", accountClass=None)).status_code == 204
    invoice = await client.post("/v1/customerinvoice/003547/action/release")
    assert invoice.status_code == 200, invoice.text
    answer = await change(client, "3000", type="Liability", accountClass=None)
    assert answer.status_code == 400
    assert "Field: type." in answer.json()["message"]
    assert (await read(client, "3000"))["type"] == "Income"
    assert (await change(client, "3000", type="Income", description="Still sales")).status_code == 204


async def test_an_account_that_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/account/9999")).status_code == 404
    assert (await change(client, "9999", description="x")).status_code == 404


async def test_an_inactive_account_is_refused_on_documents(client: httpx.AsyncClient) -> None:
    def invoice(account: str) -> dict[str, Any]:
        line = wrapped(inventoryNumber="A", quantity=1, accountNumber=account)
        return wrapped(customerNumber="20001") | {"invoiceLines": [line]}

    draft = await client.post("/v1/customerinvoice", json=invoice("3100"))
    assert draft.status_code == 201, draft.text
    assert (await change(client, "3100", active=False)).status_code == 204
    refused = await client.post("/v1/customerinvoice", json=invoice("3100"))
    assert refused.status_code == 400
    assert "Field: invoiceLines[0].accountNumber." in refused.json()["message"]
    released = await client.post(f"{draft.headers['Location']}/action/release")
    assert released.status_code == 400
    assert "3100" in released.json()["message"]
    assert (await change(client, "3100", active=True)).status_code == 204
    assert (await client.post(f"{draft.headers['Location']}/action/release")).status_code == 200


class TestTheList:
    async def test_is_ordered_by_number_and_counts_exactly(self, client: httpx.AsyncClient) -> None:
        found = (await client.get("/v1/account")).json()
        in_order = [account["accountCD"] for account in found]
        assert in_order == sorted(in_order)
        assert {account["metadata"]["totalCount"] for account in found} == {21}
        await create(client, **ALL_FIELDS)
        assert (await client.get("/v1/account?numberToRead=1")).json()[0]["metadata"]["totalCount"] == 22

    async def test_reads_pieces_that_join(self, client: httpx.AsyncClient) -> None:
        every = await numbers(client)
        pieces = []
        for skipped in range(0, len(every) + 5, 5):
            pieces += await numbers(client, numberToRead=5, skipRecords=skipped)
        assert pieces == every

    @pytest.mark.parametrize(
        ("query", "wrong"),
        [
            ({"publicCode": "P1"}, {"publicCode": "P2"}),
            ({"externalCode1": "X1"}, {"externalCode1": "X2"}),
            ({"externalCode2": "X2"}, {"externalCode2": "X1"}),
            ({"analysisCode": "AN1"}, {"analysisCode": "AN"}),
            ({"active": "false"}, {"active": "true", "publicCode": "P1"}),
            ({"greaterThanValue": "8160"}, {"greaterThanValue": "9010"}),
        ],
    )
    async def test_each_filter_finds_its_own_and_a_wrong_value_finds_nothing(
        self, client: httpx.AsyncClient, query: dict[str, str], wrong: dict[str, str]
    ) -> None:
        fields = ALL_FIELDS | {"accountCD": "9010", "active": False}
        assert (await create(client, **fields)).status_code == 201
        assert await numbers(client, **query) == ["9010"]
        assert await numbers(client, **wrong) == []

    async def test_finds_what_was_changed_since(self, client: httpx.AsyncClient, clock: SeededClock) -> None:
        moment = datetime(2026, 2, 1, 12, tzinfo=UTC)
        clock.move_to(moment)
        await change(client, "3000", description="Sales")
        since = {"lastModifiedDateTime": "2026-02-01T13:00:00", "lastModifiedDateTimeCondition": ">="}
        assert await numbers(client, **since) == ["3000"]
        later = since | {"lastModifiedDateTime": (moment + timedelta(days=1)).strftime("%Y-%m-%d")}
        assert await numbers(client, **later) == []
        assert len(await numbers(client, lastModifiedDateTime="2026-02-02")) == 21

    async def test_tells_the_words_of_the_class_when_asked(self, client: httpx.AsyncClient) -> None:
        plain = (await client.get("/v1/account?greaterThanValue=8140")).json()
        told = (await client.get("/v1/account?greaterThanValue=8140&includeAccountClassDescription=true")).json()
        assert "accountClassDescription" not in plain[0]
        assert told[0]["accountClassDescription"] == "Costs and losses"


async def lines_of(client: httpx.AsyncClient, number: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/customerinvoice/{number}")
    lines: list[dict[str, Any]] = json.loads(answer.text)["invoiceLines"]
    return lines


async def test_documents_show_the_new_words_of_an_account_at_once(client: httpx.AsyncClient) -> None:
    released = await client.get("/v1/customerinvoice/003546")
    assert released.json()["status"] == "Open"
    assert (await lines_of(client, "003546"))[0]["account"]["description"] == "Sales, taxable"
    await change(client, "3000", description="Sales of goods", extenalCode1="G7")
    for number in ("003546", "003547"):
        for line in await lines_of(client, number):
            assert line["account"]["description"] == "Sales of goods"
            assert line["account"]["externalCode1"] == "G7"
    listed = (await client.get("/v1/customerinvoice?greaterThanValue=003546")).json()
    assert listed[0]["invoiceLines"][0]["account"]["description"] == "Sales of goods"
    assert (await client.get("/v1/customerinvoice/003546")).headers["ETag"] == released.headers["ETag"]


async def test_two_changes_at_once_both_hold(client: httpx.AsyncClient) -> None:
    first, second = await asyncio.gather(
        change(client, "3000", description="Sales of goods"), change(client, "3000", publicCode1="P9")
    )
    assert (first.status_code, second.status_code) == (204, 204)
    account = await read(client, "3000")
    assert (account["description"], account["publicCode1"]) == ("Sales of goods", "P9")


async def test_the_same_number_at_once_is_given_to_one(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(create(client, **ALL_FIELDS) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
    assert (await client.get("/v1/account?numberToRead=1")).json()[0]["metadata"]["totalCount"] == 22
