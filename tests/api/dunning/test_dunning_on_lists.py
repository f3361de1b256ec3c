"""What reminding left on documents, as each list of documents shows and filters it (ACT-07)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.dunning.debtors import at, climb, debtor, late, numbered, reminded
from tests.clerk import DEBIT_NOTE, INVOICE, Clerk


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
async def test_each_list_filters_by_level_and_letter(clerk: Clerk, path: str, kinds: set[str], expands: bool) -> None:
    customer = await debtor(clerk)
    twice, note = [(await clerk.issue(kind, customer)).number for kind in (INVOICE, DEBIT_NOTE)]
    await reminded(clerk, customer, late(15))
    once = (await clerk.issue(INVOICE, customer)).number
    await reminded(clerk, customer, late(29))
    levels = {twice: 2, note: 2, once: 1}
    numbers = {"Invoice": {twice, once}, "DebitNote": {note}}
    own = set().union(*(numbers[kind] for kind in kinds)) if kinds else set()

    async def rows(**query: Any) -> list[dict[str, Any]]:
        found = await clerk.page(path.format(customer=customer), **query)
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
        query = f"{name}=late&dunningLetterDateTimeCondition=>"
        assert name in await clerk.refused("GET", f"{path.format(customer=customer)}?{query}")

    for flag in ("true", "false", None):
        shown = await rows(dunningLevel=2, **({"expandDunningInformation": flag} if flag else {}))
        expected = {(2, at(late(29)))} if flag == "true" and expands else {(None, None)}
        assert {(row.get("dunningLetterLevel"), row.get("dunningLetterDate")) for row in shown} == (
            expected if any(levels[number] == 2 for number in own) else set()
        )


async def test_a_void_is_seen_on_the_lists(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)
    await climb(clerk, customer, 2)

    async def listed() -> tuple[Any, ...]:
        query = {"customer": customer, "expandDunningInformation": "true"}
        (row,) = await clerk.page(INVOICE, **query)
        return row["referenceNumber"], row.get("dunningLetterLevel"), row.get("dunningLetterDate")

    assert await listed() == (invoice.number, 2, at(late(29)))
    for number, left in ((2, (1, at(late(15)))), (1, (None, None))):
        before = (await clerk.get(invoice))["lastModifiedDateTime"]
        assert (await clerk.act(numbered(number), "void")).status_code == 200
        assert await listed() == (invoice.number, *left)
        assert (await clerk.get(invoice))["lastModifiedDateTime"] > before
