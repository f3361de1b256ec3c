"""How a page of a list is found: merged from several kinds, and counted from the end that is nearer."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from reskontra.changes.lists.store import Paged
from reskontra.clock import SeededClock
from reskontra.customers.store.finding import customers
from reskontra.db.lists import Filters, Order, Sorted, Window
from reskontra.db.pool import Connection, Database
from reskontra.documents.store.lists import documents
from reskontra.payments.store.lists import PAYMENTS
from reskontra.sandbox import furnish
from tests.conftest import NOW
from tests.databases import Databases

KINDS = ["Payment", "Prepayment", "Refund", "VoidPayment", "VoidRefund", "CreditNote"]
SALES = documents(None, with_applications=False, with_address=False, of_kinds=True)
BY_NUMBER = Sorted("document.number", may_be_null=False), Sorted("document.document_type", may_be_null=False)
ORDERS: dict[str, Order] = {
    "the list's own": (),
    "newest first": (Sorted("document.document_date", is_descending=True, may_be_null=False), *BY_NUMBER),
    "by what may be null": (Sorted("document.payment_reference"), *BY_NUMBER),
}


@pytest.fixture(scope="module")
async def year(databases: Databases) -> AsyncIterator[Database]:
    """The demo's year, as the tables' statistics tell it."""
    name = await databases.create_empty()
    await furnish(databases.dsn_of(name), SeededClock(NOW), step=lambda _: None)
    database = await Database.connect(databases.dsn_of(name))
    async with database.connection() as connection:
        await connection.execute("vacuum analyze document")
    yield database
    await database.close()
    await databases.drop(name)


async def read(paged: Paged[Any], connection: Connection, filters: Filters, *windows: Window) -> list[tuple[str, str]]:
    found = [row for window in windows for row in (await paged.rows(connection, filters, window)).rows]
    return [(row["document_type"], row["number"]) for row in found]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("gathers", [False, True])
async def test_pages_are_the_whole_list_in_its_order(year: Database, order: str, *, gathers: bool) -> None:
    paged, filters = replace(PAYMENTS, order=ORDERS[order]), Filters([1, KINDS])
    filters.add("document.amount > {}", 1000)
    async with year.connection() as connection:
        whole = await read(paged, connection, filters, Window(10_000, 0))
        jumped = await read(paged, connection, filters, *(Window(97, offset) for offset in range(0, len(whole), 97)))
        walked, after = [], None
        while True:
            found = await paged.rows(connection, filters, Window(97, 0, after), gathers=gathers)
            if not found.rows:
                break
            walked += [(row["document_type"], row["number"]) for row in found.rows]
            after = found.last
        everything = await connection.fetch(
            "select document_type, number from document where company_id = 1 and document_type = any ($1::text[])"
            " and amount > 1000 order by number, document_type",
            KINDS,
        )
    assert len(whole) > 500
    assert {kind for kind, _ in whole} >= {"Payment", "CreditNote", "VoidPayment"}
    assert jumped == whole
    assert walked == whole
    assert sorted(whole, key=lambda it: it[::-1]) == [tuple(it) for it in everything]
    if not ORDERS[order]:
        assert whole == [tuple(it) for it in everything]


@pytest.mark.parametrize("paged", [PAYMENTS, SALES, replace(PAYMENTS, order=ORDERS["newest first"])])
async def test_a_page_reads_no_more_than_its_rows_of_each_kind(year: Database, paged: Paged[Any]) -> None:
    statement = paged.page_statement(Filters([1, KINDS]))
    async with year.connection() as connection:
        plan = await connection.fetchval(f"explain (analyze, format json) {statement}", 1, KINDS, 5, 10)
    read = [
        node for node in nodes(json.loads(plan)[0]["Plan"]) if re.match(r"document_by_", node.get("Index Name", ""))
    ]
    assert read != []
    assert max(node["Actual Rows"] * node["Actual Loops"] for node in read) < 200


INVOICES = documents(None, with_applications=False, with_address=False)


@pytest.mark.parametrize(
    ("paged", "wanted"),
    [(PAYMENTS, KINDS), (INVOICES, "Invoice"), (customers(payment_methods=False, direct_debits=False), None)],
)
async def test_a_page_counted_from_the_end_is_the_same(year: Database, paged: Paged[Any], wanted: object) -> None:
    filters = Filters([1] if wanted is None else [1, wanted])
    async with year.connection() as connection:
        length = (await paged.total(connection, filters)).count
        for limit, offset in [(7, 0), (7, length // 2), (7, length - 7), (7, length - 3), (7, length), (length, 0)]:
            window = Window(limit, offset)
            expected = await paged.rows(connection, filters, window)
            assert await paged.rows(connection, filters, replace(window, is_near_end=True)) == expected
            assert len(expected.rows) == min(limit, length - offset)


@pytest.mark.parametrize(("paged", "wanted"), [(PAYMENTS, ["Payment"]), (INVOICES, "Invoice")])
async def test_the_last_page_reads_no_more_than_the_first(year: Database, paged: Paged[Any], wanted: object) -> None:
    filters = Filters([1, wanted])
    async with year.connection() as connection:
        length = (await paged.total(connection, filters)).count
        read = [await rows_read(connection, paged, wanted, 5, length - 5, from_end=it) for it in (True, False)]
    assert read[0] < 20 < length == read[1]


async def rows_read(
    connection: Connection, paged: Paged[Any], wanted: object, limit: int, offset: int, *, from_end: bool = False
) -> float:
    """How many rows the indexes of documents in order gave."""
    statement = paged.page_statement(Filters([1, wanted]), from_end=from_end)
    plan = await connection.fetchval(f"explain (analyze, format json) {statement}", 1, wanted, limit, offset)
    read = [
        node for node in nodes(json.loads(plan)[0]["Plan"]) if re.match(r"document_by_", node.get("Index Name", ""))
    ]
    assert read != []
    return float(max(node["Actual Rows"] * node["Actual Loops"] for node in read))


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)
