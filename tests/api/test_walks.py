"""Walking an ordered list page by page while rows leave it: no row that stood all the time is missed."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from reskontra.balances import routes as balances
from reskontra.contacts import routes as contacts
from reskontra.db.lists import Sorted, always_has_values, comes_after, ordered_by
from reskontra.db.pool import Connection
from reskontra.payments import routes as payments
from reskontra.receivables.store import documents
from tests.clerk import Clerk, Record

SIZE = 3

Leave = Callable[[dict[str, Any]], Awaitable[Any]]


def page(offset: int, size: int) -> dict[str, int]:
    """What asks for a page, by either pair of names; a list reads its own."""
    return {"pageSize": size, "pageNumber": offset // size + 1, "numberToRead": size, "skipRecords": offset}


async def keeps_its_rows(
    clerk: Clerk, address: str, key: Callable[[dict[str, Any]], Any], leave: Leave, **query: Any
) -> None:
    """The first row of the first page leaves before the second page is asked for, its first before the third."""
    shown: list[Any] = []
    gone: set[Any] = set()
    while rows := await clerk.page(address, **query, **page(len(shown), SIZE)):
        assert rows[0]["metadata"]["totalCount"] >= len(shown) + len(rows)
        shown += [key(row) for row in rows]
        if len(gone) < 2:
            await leave(rows[0])
            gone.add(key(rows[0]))
        if len(rows) < SIZE:
            break
    stand = [key(row) for row in await clerk.page(address, **query, **page(0, 1000))]
    assert len(stand) > SIZE
    assert not gone & set(stand)
    assert [it for it in shown if it not in gone] == stand, query


def both_ways(orders: Any) -> list[str]:
    return [f"{name}{direction}" for name in orders for direction in ("", " desc")]


def modified_so_far(clerk: Clerk) -> dict[str, str]:
    """A filter that a row no longer passes once it is changed."""
    clerk.clock.move_to(clerk.clock.now() + timedelta(seconds=2))
    return {"lastModifiedDateTime": f"{clerk.clock.now():%Y-%m-%dT%H:%M:%SZ}", "lastModifiedDateTimeCondition": "<"}


async def test_payments(clerk: Clerk) -> None:
    orders = [*both_ways(payments._ORDERS), "docDate, paymentAmount desc", "paymentAmount desc, refNbr desc"]
    for number in range(2 * len(orders) + 7):
        await clerk.payment(10 + number % 2, date=f"2025-06-0{1 + number % 3}")

    async def leave(row: dict[str, Any]) -> None:
        assert (await clerk.delete(f"reskontra/customerPayment/{row['refNbr']}")).status_code == 204

    for order in orders:
        await keeps_its_rows(clerk, "customerPayment", lambda row: row["refNbr"], leave, orderBy=order)


async def test_a_row_that_moves_takes_no_other_with_it(clerk: Clerk) -> None:
    for number in range(9):
        await clerk.payment(10 + number)
    rows = await clerk.page("customerPayment", orderBy="paymentAmount", pageSize=3)
    numbers = [row["refNbr"] for row in rows]
    everything = [row["refNbr"] for row in await clerk.page("customerPayment", orderBy="paymentAmount")]
    await clerk.change(f"customerPayment/{everything[0]}", paymentAmount=50)  # from the first page to the last
    await clerk.change(f"customerPayment/{everything[-1]}", paymentAmount=1)  # and the other way
    await clerk.change(f"customerPayment/{everything[1]}", paymentAmount=51)
    for number in (2, 3, 4):
        found = await clerk.page("customerPayment", orderBy="paymentAmount", pageSize=3, pageNumber=number)
        numbers += [row["refNbr"] for row in found]
    assert set(everything) - set(numbers) <= {everything[-1]}, "what stood where it was is shown"


async def test_documents_of_all_kinds(clerk: Clerk) -> None:
    orders = ["", *both_ways(documents.ORDERS)]
    customers: list[Record | str] = [
        "20001",
        await clerk.customer(name="Another"),
        await clerk.customer(name="another one"),
    ]
    for number in range(2 * len(orders) + 7):
        draft = clerk.credit_note if number % 3 == 0 else clerk.invoice
        await draft(customers[number % len(customers)], documentDate=f"2025-05-0{1 + number % 4}", hold=number % 5 == 0)

    async def leave(row: dict[str, Any]) -> None:
        kind = {"Invoice": "customerinvoice", "CreditNote": "customerCreditNote"}[row["documentType"]]
        document = f"{kind}/{row['referenceNumber']}"
        if row["status"] == "Hold":
            await clerk.change(document, hold=False)
        await clerk.release(document)

    for order in orders:
        asked = {"released": False, "fromDate": "2025-05-01"} | ({"orderBy": order} if order else {})
        await keeps_its_rows(clerk, "reskontra/document", lambda row: row["referenceNumber"], leave, **asked)


@pytest.mark.parametrize(
    ("address", "orders", "before"),
    [
        ("customer/balance", balances._ORDERS, True),
        ("reskontra/standing", balances._STANDING_ORDERS, False),
    ],
)
async def test_customers(clerk: Clerk, address: str, orders: dict[str, str], before: bool) -> None:
    for number in range(2 * len(both_ways(orders)) + 7):
        limits = {"creditVerification": "CreditLimit", "creditLimit": 1000 + number % 4} if number % 3 else {}
        customer = await clerk.customer(name=f"Name {number % 5}", **limits)
        if number % 4 == 0:
            await clerk.release(await clerk.invoice(customer, documentDate=f"2025-01-0{1 + number % 3}"))
    asked = {"status": "Active"}
    if before:
        asked = modified_so_far(clerk)

    async def leave(row: dict[str, Any]) -> None:
        number = row["number"] if "number" in row else row["customer"]["number"]
        await clerk.change(f"customer/{number}", status="OnHold")

    for order in both_ways(orders):
        await keeps_its_rows(
            clerk, address, lambda row: row.get("number") or row["customer"]["number"], leave, orderBy=order, **asked
        )


async def test_contacts(clerk: Clerk) -> None:
    for number in range(2 * len(both_ways(contacts._ORDERS)) + 7):
        names = {"firstName": f"F{number % 3}"} if number % 2 else {}
        await clerk.contact(lastName=f"L{number % 4}", **names)
    asked = modified_so_far(clerk)

    async def leave(row: dict[str, Any]) -> None:
        await clerk.change(f"contact/{row['contactId']}", web="https://example.com")

    for order in both_ways(contacts._ORDERS):
        await keeps_its_rows(clerk, "contact", lambda row: row["contactId"], leave, orderBy=order, **asked)


async def test_what_comes_after_a_row_is_what_the_database_sorts_behind_it(connection: Connection) -> None:
    chance = random.Random(9)
    await connection.execute("create temporary table thing (id integer, number integer, word text, day date)")
    for thing in range(40):
        await connection.execute(
            "insert into thing values ($1, nullif($2, 0), nullif($3, 'x'), '2025-01-01'::date + $4::integer)",
            thing,
            chance.randrange(4),
            chance.choice(["a", "B", "b", "æ", "x"]),
            chance.randrange(3),
        )
    kinds = set()
    for _ in range(60):
        terms = chance.sample([("number", True), ("word", True), ("day", False)], chance.randrange(4))
        order = [
            *(Sorted(column, chance.random() < 0.5, may_be_null=nullable) for column, nullable in terms),
            Sorted("id", chance.random() < 0.5, may_be_null=False),
        ]
        names = [term.sql for term in order]
        rows = await connection.fetch(f"select {', '.join(names)} from thing order by {ordered_by(order)}")
        ids = [row["id"] for row in rows]
        kinds.add((always_has_values(order), len({term.is_descending for term in order})))
        for position in chance.sample(range(40), 6):
            key = tuple(rows[position].values())
            behind = await connection.fetch(
                f"select id from thing where {comes_after(order, names, key, 1)} order by {ordered_by(order)}",
                *(value for value in key if value is not None),
            )
            assert [row["id"] for row in behind] == ids[position + 1 :], (order, key)
    assert kinds == {(True, 1), (True, 2), (False, 1), (False, 2)}
