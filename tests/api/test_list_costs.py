"""What a list may cost the database: no query that is served costs more than its size, however long it is.

Every list is asked with every parameter that it declares, each as long as it may be. What the database then does is
counted: the nodes of each plan, which is what planning costs, and the rows that the plan touches.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from reskontra.app import mounted_routes
from reskontra.changes.log.wire import AFTER
from reskontra.db.pool import Connection, Database
from reskontra.web.contract import Parameter
from reskontra.web.routing import Route
from tests.clerk import NEEDED, Clerk, refusal

IN_ADDRESSES = {
    "financialPeriodId": "202501",
    "customerId": "20001",
    "customerCd": "20001",
    "customerNumber": "20001",
    "bAccountId": "20001",
    "dimensionId": "SUBACCOUNT",
    "branchNumber": "1",
    "organizationNumber": "demo",
    "paymentNumber": "PMT-1",
    "taxCategoryId": "3",
}
"""What they name in their addresses."""

LONG = "x" * 30_000
"""Some more and the address is too long (414)."""
NAMES, VALUES = 20, 200
COPIES = 500
"""How many customers there are for each one of the demo's."""

ATTRIBUTES = {
    f"a{number}": ",".join(f"v{number}.{value}" for value in range(VALUES // NAMES - 1)) for number in range(NAMES)
}
LEGAL: dict[str, str] = {
    "attributes": json.dumps(ATTRIBUTES),
    "inventoryTypes": "NonStockItem," * 500,
    "format": "json",
    "series": "INVOICE",
    "customerClass": "1",
    "salesPerson": "OLA",
}
"""The longest value of a parameter that takes no long text and does not say by itself what it takes."""

EXCLUDED = {
    "Reskontra_ReportOpenItems": "period",
    "Reskontra_ReportOpenItemTotal": "period",
    "Reskontra_GetChanges": "newestFirst",
    "Reskontra_GetStatement": "from",
}
"""A parameter that another one of the list stands in for, or that does not go with the others."""

PLAN_NODES = 110
"""The largest plan has 101 nodes: payments with their lines, in all orders and with all filters at once; a statement of
account has 92, customers have 49. A condition for each of 20 names would add 60."""

PLANNING_MS = 250
"""Some fifteen times what planning that one takes."""

TOUCHED_PER_ROW = 4
"""How many rows a plan may touch for each row that the database has. Comparing each of 200 wanted values with value
of an attribute would be some hundred."""


@pytest.fixture
async def books(fresh_database: Callable[[], Awaitable[Database]]) -> Database:
    """A clone of one's own: what others left behind dead would be counted."""
    return await fresh_database()


@dataclass(frozen=True)
class Asked:
    """A statement as the database was sent it."""

    text: str
    values: tuple[Any, ...]


_OURS = ("explain", "select pg_temp.plan_of")


@asynccontextmanager
async def _telling(database: Database, connect: Callable[..., Any], asked: list[Asked]) -> AsyncIterator[Connection]:
    async with connect(database) as connection:

        def note(sent: Any) -> None:
            if not sent.query.startswith(_OURS):
                asked.append(Asked(sent.query, sent.args))

        with connection.query_logger(note):
            yield connection
            await asyncio.sleep(0)  # asyncpg tells of a statement in the next turn of the loop


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What the database is asked from now on."""
    found: list[Asked] = []
    connect = Database.connection
    monkeypatch.setattr(Database, "connection", lambda database: _telling(database, connect, found))
    return found


def askable() -> list[Route]:
    """The lists, and what else is read with parameters, such as the sums of a list; but files, which are read alike."""
    return [
        route
        for route in mounted_routes()
        if route.method == "GET"
        and route.missing is None
        and route.alias_of is None
        and route.query
        and route.media is None
    ]


def address(route: Route) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: IN_ADDRESSES[name[1]], route.path)


async def longest(client: httpx.AsyncClient, route: Route, parameter: Parameter) -> str:
    """The longest value that the parameter takes."""
    if route.operation == "Reskontra_GetDunningProposals" and parameter.name == "customer":
        return "20001"
    if parameter.name in LEGAL:
        return LEGAL[parameter.name]
    if parameter.name.endswith("Condition"):
        return ">="
    if parameter.name == AFTER.name:
        (change,) = (await client.get(address(route), params={"pageSize": "1"})).json()
        return str(change["changeId"])
    sent = NEEDED.get(route.operation, {}) | {parameter.name: LONG, f"{parameter.name}Condition": ">="}
    answer = await client.get(address(route), params=sent)
    if answer.status_code == 200:
        return LONG
    hint = refusal(answer)
    if parameter.name == "orderBy":
        names = re.findall(r"\w+(?=,)", hint.rpartition("takes.")[2].partition(", each")[0] + ",")
        every = ",".join(f"{name} desc" for name in names)
        answer = await client.get(address(route), params={"orderBy": every})
        return every if answer.status_code == 200 else f"{names[-1]} desc"
    if "whole number" in hint or "Send a number" in hint:
        return "1"
    choices = re.search(r".*(?:Send|one of:|such as|for example) (.+)\.$", hint)
    assert choices, f"Say in LEGAL what the parameter {parameter.name} of {route.operation} takes: {hint}"
    return re.split(", | or ", choices[1])[0]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


async def planned(connection: Connection, statement: Asked) -> dict[str, Any]:
    """How the database plans the statement when it does not know the values, as our connections make it do."""
    found = await connection.fetchval("select pg_temp.plan_of($1)", statement.text)
    plan: dict[str, Any] = json.loads(found)[0]
    return plan


async def touched(connection: Connection, statement: Asked) -> int:
    """How many rows the nodes of the plan handed on or left out."""
    explain = f"explain (analyze, timing off, format json) {statement.text}"
    (found,) = json.loads(await connection.fetchval(explain, *statement.values))
    return sum(
        int(
            (node["Actual Rows"] + sum(node[name] for name in node if name.startswith("Rows Removed")))
            * node["Actual Loops"]
        )
        for node in nodes(found["Plan"])
    )


PLAN_OF = """
create function pg_temp.plan_of(statement text) returns text language plpgsql as $$
declare found text;
begin
    execute 'explain (generic_plan, summary, format json) ' || statement into found;
    return found;
end $$"""

MANY_CUSTOMERS = f"""
insert into customer
select (jsonb_populate_record(customer, jsonb_build_object(
           'customer_id', 10000 + customer.customer_id * {COPIES} + copy, 'number', customer.number || '.' || copy))).*
  from customer, generate_series(1, {COPIES}) as copy where company_id = 1 and number = '20001';
insert into attribute (company_id, attribute_id, description, control_type, options, created_at, modified_at)
select 1, 'A' || number, 'x', 'Text', '[]', now(), now() from generate_series(0, {NAMES * 2 - 1}) as number;
insert into customer_attribute (company_id, customer_id, attribute_id, value)
select 1, customer_id, attribute_id, replace(lower(attribute_id), 'a', 'V') || '.0'
  from customer, attribute where customer.company_id = 1 and attribute.company_id = 1 and attribute_id ~ '^A[0-9]+$';
analyze"""


@pytest.mark.plants_fault
async def test_the_longest_query_of_each_list_costs_what_its_rows_do(clerk: Clerk, asked: list[Asked]) -> None:
    await clerk.payment(10, referenceNumber=IN_ADDRESSES["paymentNumber"])
    await clerk.create("salesperson", salespersonID=LEGAL["salesPerson"], name="Ola")
    async with clerk.database.connection() as connection:
        await connection.execute(MANY_CUSTOMERS)
        await connection.execute(PLAN_OF)
        rows = await connection.fetchval("select sum(reltuples) from pg_class where relkind = 'r'")
    for route in askable():
        needed = NEEDED.get(route.operation, {})
        values = needed | {
            parameter.name: await longest(clerk.http, route, parameter)
            for parameter in route.query
            if parameter.name not in (*needed, EXCLUDED.get(route.operation))
        }
        together = "&".join(
            f"{name}={quote(value if value != LONG else LONG[:1000])}" for name, value in values.items()
        )
        required = "".join(f"&{name}={value}" for name, value in needed.items())
        alone = [f"{name}={quote(value)}{required}" for name, value in values.items() if len(value) > 1000]
        for query in (together, *alone):
            asked.clear()
            answer = await clerk.http.get(f"{address(route)}?{query}")
            assert answer.status_code == 200, (route.operation, query[:200], answer.text)
            statements = list(asked)
            assert statements, route.operation
            async with clerk.database.connection() as connection:
                for statement in statements:
                    plan = await planned(connection, statement)
                    where = (route.operation, query[:200], statement.text)
                    assert len(list(nodes(plan["Plan"]))) <= PLAN_NODES, where
                    assert plan["Planning Time"] <= PLANNING_MS, where
                    assert await touched(connection, statement) <= TOUCHED_PER_ROW * rows, where


async def test_twenty_attributes_are_planned_like_one(clerk: Clerk, asked: list[Asked]) -> None:
    """Of names that no attribute has nothing is searched, in whatever customer."""
    sizes = []
    async with clerk.database.connection() as connection:
        await connection.execute(PLAN_OF)
        for names in (1, NAMES):
            asked.clear()
            wanted = {f"NONE{number}": "x,y" for number in range(names)}
            for address_of_list in ("customer", "inventory"):
                assert await clerk.get(address_of_list, attributes=json.dumps(wanted)) == []
            statements = [statement for statement in asked if "(attribute_id, value)" in statement.text]
            plans = [await planned(connection, statement) for statement in statements]
            sizes.append([len(list(nodes(plan["Plan"]))) for plan in plans])
            assert max([await touched(connection, statement) for statement in statements]) < 200
    assert sizes[0] == sizes[1]
    assert len(sizes[0]) >= 2


@pytest.mark.parametrize("address_of_list", ["customer", "inventory"])
@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({f"A{number}": "x" for number in range(NAMES + 1)}, "At most 20 names with 200 values in all"),
        ({"A": ",".join(map(str, range(VALUES)))}, "At most 20 names with 200 values in all"),
        ({"A": "x", "a": "y"}, "Send each name once"),
    ],
)
async def test_more_attributes_than_that_are_refused(
    bystander: Clerk, address_of_list: str, wanted: dict[str, str], says: str
) -> None:
    answer = await bystander.http.get(f"/v1/{address_of_list}", params={"attributes": json.dumps(wanted)})
    assert "parameter attributes" in refusal(answer)
    assert says in refusal(answer)
