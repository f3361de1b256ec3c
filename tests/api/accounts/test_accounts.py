"""Accounts over HTTP: create, read, change, refuse, list, and what a change means to documents. No mocks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reskontra.clock import SeededClock
from tests.clerk import INVOICE, ITEM_A, Clerk

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


async def numbers(clerk: Clerk, **query: Any) -> list[str]:
    return [account["accountCD"] for account in await clerk.page("account", **query)]


async def test_an_account_is_created_and_read_back_with_all_fields(clerk: Clerk) -> None:
    answer = await clerk.post("account", **ALL_FIELDS)
    assert answer.status_code == 201, answer.text
    assert answer.content == b""
    assert answer.headers["Location"] == "http://localhost/v1/account/3010"
    found = await clerk.http.get("/v1/account/3010")
    assert found.headers["ETag"] == answer.headers["ETag"] == f'"{found.json()["timeStamp"]}"'
    account = found.json()
    assert account.pop("accountID") == 24
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


async def test_the_type_comes_from_the_class_where_none_is_sent(clerk: Clerk) -> None:
    assert await clerk.status("POST", "account", accountCD="1600", description="Other", accountClass="debtors") == 201
    account = await clerk.get("account/1600")
    assert (account["type"], account["accountClass"], account["active"]) == ("Asset", "DEBTORS", True)


async def test_the_bank_account_is_a_cash_account(clerk: Clerk) -> None:
    assert (await clerk.get("account/1920"))["cashAccount"] is True
    assert (await clerk.get("account/1500"))["cashAccount"] is False


async def test_a_put_changes_what_is_sent_and_clears_what_is_null(clerk: Clerk) -> None:
    before = await clerk.create("account", **ALL_FIELDS)
    answer = await clerk.put(
        "account/3010", description="Sales of ships", currency=None, extenalCode1=None, active=False
    )
    assert answer.status_code == 204
    assert answer.headers["Location"] == "http://localhost/v1/account/3010"
    after = await clerk.get("account/3010")
    assert answer.headers["ETag"] == f'"{after["timeStamp"]}"'
    moving = {"timeStamp", "lastModifiedDateTime"}
    assert "currency" not in after
    assert "externalCode1Info" not in after
    told = {name: after[name] for name in after if name not in moving and after[name] != before[name]}
    assert told == {"description": "Sales of ships", "active": False}


async def test_an_account_sent_back_as_it_is_changes_nothing(clerk: Clerk) -> None:
    before = await clerk.create("account", **ALL_FIELDS)
    assert await clerk.status("PUT", "account/3010", **ALL_FIELDS) == 204
    assert await clerk.get("account/3010") == before


async def test_if_match_lets_only_the_newest_version_change(clerk: Clerk) -> None:
    first = await clerk.get("account/3000")
    assert (await clerk.put(first, first.if_match, description="Sales")).status_code == 204
    assert (await clerk.put(first, first.if_match, description="Old")).status_code == 412
    assert (await clerk.get(first))["description"] == "Sales"
    assert (await clerk.put(first, {"If-Match": "*"}, active=False)).status_code == 204


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"accountCD": None}, ["accountCD", "1 to 30 characters"]),
        ({"accountCD": "   "}, ["accountCD", "1 to 30 characters"]),
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
    bystander: Clerk, fields: dict[str, Any], parts: list[str]
) -> None:
    count = await bystander.sql("select count(*) from account")
    answer = await bystander.post("account", **ALL_FIELDS | fields)
    assert "Error creating account. Error: " in answer.json()["message"]
    message = await bystander.refused("POST", "account", **ALL_FIELDS | fields)
    for part in parts:
        assert part in message, message
    assert await bystander.sql("select count(*) from account") == count


async def test_numbers_differ_by_more_than_their_case(clerk: Clerk) -> None:
    assert await clerk.status("POST", "account", accountCD="ab1", description="One", type="Asset") == 201
    answer = await clerk.post("account", accountCD="AB1", description="Two", type="Asset")
    assert answer.status_code == 400
    assert "already" in answer.json()["message"]
    assert (await clerk.get("account/AB1"))["accountCD"] == "ab1"


async def test_a_number_cannot_be_changed(clerk: Clerk) -> None:
    answer = await clerk.put("account/3000", accountCD="3001")
    assert answer.status_code == 400
    assert "Send 3000 or leave it out." in answer.json()["message"]


async def test_an_account_that_was_posted_to_keeps_its_type(clerk: Clerk) -> None:
    assert await clerk.status("PUT", "account/3900", type="Liability", accountClass=None) == 204
    await clerk.release("customerinvoice/003547")
    answer = await clerk.put("account/3000", type="Liability", accountClass=None)
    assert answer.status_code == 400
    assert "Field: type." in answer.json()["message"]
    assert (await clerk.get("account/3000"))["type"] == "Income"
    assert await clerk.status("PUT", "account/3000", type="Income", description="Still sales") == 204


async def test_an_account_that_is_not_there_is_not_found(clerk: Clerk) -> None:
    assert await clerk.status("GET", "account/9999") == 404
    assert await clerk.status("PUT", "account/9999", description="x") == 404


async def test_an_inactive_account_is_refused_on_documents(clerk: Clerk) -> None:
    line = ITEM_A | {"accountNumber": "3100"}
    draft = await clerk.invoice(lines=[line])
    await clerk.change("account/3100", active=False)
    assert "Field: invoiceLines[0].accountNumber." in await clerk.refuse(INVOICE, lines=[line])
    assert "3100" in await clerk.refuse_release(draft)
    await clerk.change("account/3100", active=True)
    await clerk.release(draft)


class TestTheList:
    async def test_is_ordered_by_number_and_counts_exactly(self, clerk: Clerk) -> None:
        found = await clerk.page("account")
        in_order = [account["accountCD"] for account in found]
        assert in_order == sorted(in_order)
        assert {account["metadata"]["totalCount"] for account in found} == {23}
        await clerk.post("account", **ALL_FIELDS)
        assert (await clerk.page("account?numberToRead=1"))[0]["metadata"]["totalCount"] == 24

    async def test_reads_pieces_that_join(self, clerk: Clerk) -> None:
        every = await numbers(clerk)
        pieces = []
        for skipped in range(0, len(every) + 5, 5):
            pieces += await numbers(clerk, numberToRead=5, skipRecords=skipped)
        assert pieces == every

    @pytest.mark.parametrize(
        ("query", "wrong"),
        [
            ({"publicCode": "P1"}, {"publicCode": "P2"}),
            ({"externalCode1": "X1"}, {"externalCode1": "X2"}),
            ({"externalCode2": "X2"}, {"externalCode2": "X1"}),
            ({"analysisCode": "AN1"}, {"analysisCode": "AN"}),
            ({"active": "false"}, {"active": "true", "publicCode": "P1"}),
            ({"greaterThanValue": "9990"}, {"greaterThanValue": "9991"}),
        ],
    )
    async def test_each_filter_finds_its_own_and_a_wrong_value_finds_nothing(
        self, clerk: Clerk, query: dict[str, str], wrong: dict[str, str]
    ) -> None:
        fields = ALL_FIELDS | {"accountCD": "9991", "active": False}
        assert await clerk.status("POST", "account", **fields) == 201
        assert await numbers(clerk, **query) == ["9991"]
        assert await numbers(clerk, **wrong) == []

    async def test_finds_what_was_changed_since(self, clerk: Clerk, clock: SeededClock) -> None:
        moment = datetime(2026, 2, 1, 12, tzinfo=UTC)
        clock.move_to(moment)
        await clerk.put("account/3000", description="Sales")
        since = {"lastModifiedDateTime": "2026-02-01T13:00:00", "lastModifiedDateTimeCondition": ">="}
        assert await numbers(clerk, **since) == ["3000"]
        later = since | {"lastModifiedDateTime": (moment + timedelta(days=1)).strftime("%Y-%m-%d")}
        assert await numbers(clerk, **later) == []
        assert len(await numbers(clerk, lastModifiedDateTime="2026-02-02")) == 23

    async def test_tells_the_words_of_the_class_when_asked(self, clerk: Clerk) -> None:
        plain = await clerk.page("account?greaterThanValue=8140")
        told = await clerk.page("account?greaterThanValue=8140&includeAccountClassDescription=true")
        assert "accountClassDescription" not in plain[0]
        assert told[0]["accountClassDescription"] == "Costs and losses"


async def test_documents_show_the_new_words_of_an_account_at_once(clerk: Clerk) -> None:
    released = await clerk.get("customerinvoice/003546")
    assert released["status"] == "Open"
    assert released["invoiceLines"][0]["account"]["description"] == "Sales, taxable"
    await clerk.change("account/3000", description="Sales of goods", extenalCode1="G7")
    for number in ("003546", "003547"):
        for line in (await clerk.get(f"customerinvoice/{number}"))["invoiceLines"]:
            assert line["account"]["description"] == "Sales of goods"
            assert line["account"]["externalCode1"] == "G7"
    listed = await clerk.page(INVOICE, greaterThanValue="003546")
    assert listed[0]["invoiceLines"][0]["account"]["description"] == "Sales of goods"
    assert (await clerk.get(released)).etag == released.etag


async def test_two_changes_at_once_both_hold(clerk: Clerk) -> None:
    first, second = await asyncio.gather(
        clerk.put("account/3000", description="Sales of goods"), clerk.put("account/3000", publicCode1="P9")
    )
    assert (first.status_code, second.status_code) == (204, 204)
    account = await clerk.get("account/3000")
    assert (account["description"], account["publicCode1"]) == ("Sales of goods", "P9")


async def test_the_same_number_at_once_is_given_to_one(clerk: Clerk) -> None:
    answers = await asyncio.gather(*(clerk.post("account", **ALL_FIELDS) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
    assert (await clerk.page("account?numberToRead=1"))[0]["metadata"]["totalCount"] == 24
