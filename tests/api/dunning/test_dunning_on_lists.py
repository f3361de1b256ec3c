"""What reminding left on documents, as each list of documents shows and filters it (ACT-07)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from reskontra.db.pool import Database
from reskontra.reference.store import remembered
from tests.api.dunning.test_dunning_letters import LETTERS, Office, at, late


@pytest.fixture
async def office(client: httpx.AsyncClient, books: Database) -> Office:
    remembered.forget()
    return Office(client, books)


async def debit_note(office: Office, customer: str) -> str:
    answer = await office.http.post(
        "/v1/customerDebitNote",
        json={
            "customerNumber": {"value": customer},
            "documentDate": {"value": "2025-01-01"},
            "lines": [{"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}}],
        },
    )
    assert answer.status_code == 201, answer.text
    number = answer.headers["Location"].rpartition("/")[2]
    assert (await office.http.post(f"/v1/customerDebitNote/{number}/action/release")).status_code == 200
    return number


@pytest.mark.parametrize(
    ("path", "kinds", "expands"),
    [
        ("customerinvoice", {"Invoice"}, True),
        ("customerDebitNote", {"DebitNote"}, True),
        ("customerCreditNote", set(), True),
        ("customer/{customer}/invoice", {"Invoice"}, True),
        # The documents of these two lists have no field for it: only the filters say something.
        ("customerdocument", {"Invoice", "DebitNote"}, False),
        ("customer/{customer}/document", {"Invoice", "DebitNote"}, False),
    ],
)
async def test_each_list_filters_by_level_and_letter(office: Office, path: str, kinds: set[str], expands: bool) -> None:
    customer = await office.customer()
    twice, once, note = await office.invoice(customer), "", await debit_note(office, customer)
    await office.remind(customer, late(15))
    once = await office.invoice(customer)
    await office.remind(customer, late(29))
    levels = {twice: 2, note: 2, once: 1}
    numbers = {"Invoice": {twice, once}, "DebitNote": {note}}
    own = set().union(*(numbers[kind] for kind in kinds)) if kinds else set()

    async def rows(**query: Any) -> list[dict[str, Any]]:
        answer = await office.http.get(f"/v1/{path.format(customer=customer)}", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        assert all(row["metadata"]["totalCount"] == len(found) for row in found)
        return found

    async def found(**query: Any) -> set[str]:
        return {row["referenceNumber"] for row in await rows(**query)}

    async def after(day: int, operator: str) -> set[str]:
        return await found(dunningLetterDateTime=at(late(day)), dunningLetterDateTimeCondition=operator)

    assert await found(dunningLevel=2) == {number for number in own if levels[number] == 2}
    assert await found(dunningLevel=1) == {number for number in own if levels[number] == 1}
    assert await found(dunningLevel=3) == set()
    assert await found(dunningLevel=0, customer=customer) == set()
    assert await after(29, ">=") == own
    assert await after(29, "<=") == own
    assert await after(29, ">") == await after(29, "<") == set()
    assert await after(28, ">") == own
    assert own <= await found(customer=customer, dunningLetterDateTime=at(late(29)))  # no condition, no filter
    for name in ("dunningLevel", "dunningLetterDateTime"):
        sent = {name: "late", "dunningLetterDateTimeCondition": ">"}
        answer = await office.http.get(f"/v1/{path.format(customer=customer)}", params=sent)
        assert (answer.status_code, name in answer.json()["message"]) == (400, True)

    for flag in ("true", "false", None):
        shown = await rows(dunningLevel=2, **({"expandDunningInformation": flag} if flag else {}))
        expected = {(2, at(late(29)))} if flag == "true" and expands else {(None, None)}
        assert {(row.get("dunningLetterLevel"), row.get("dunningLetterDate")) for row in shown} == (
            expected if any(levels[number] == 2 for number in own) else set()
        )


async def test_a_void_is_seen_on_the_lists(office: Office) -> None:
    customer = await office.customer()
    invoice = await office.invoice(customer)
    await office.climb(customer, 2)

    async def listed() -> tuple[Any, ...]:
        query = {"customer": customer, "expandDunningInformation": "true"}
        (row,) = (await office.http.get("/v1/customerinvoice", params=query)).json()
        return row["referenceNumber"], row.get("dunningLetterLevel"), row.get("dunningLetterDate")

    assert await listed() == (invoice, 2, at(late(29)))
    for number, left in ((2, (1, at(late(15)))), (1, (None, None))):
        before = (await office.document(invoice))["lastModifiedDateTime"]
        assert (await office.http.post(f"{LETTERS}/{number}/action/void")).status_code == 200
        assert await listed() == (invoice, *left)
        assert (await office.document(invoice))["lastModifiedDateTime"] > before
