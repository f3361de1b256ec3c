"""What holds for every list: walked page by page it is what it is at once, and each row knows how many there are."""

from __future__ import annotations

import re
from typing import Any

import httpx

from reskontra.app import mounted_routes
from reskontra.web.routing import Route
from tests.clerk import NEEDED

PARAMETERS = {"customerCd": "20001", "customerNumber": "20001", "customerId": "20001", "bAccountId": "20001"}
"""What lists name in their addresses."""

WALKED = 12
"""Rows that are walked at most."""


def lists() -> list[Route]:
    return [
        route
        for route in mounted_routes()
        if route.lists
        and route.missing is None
        and route.alias_of is None
        and route.declared & {"pagesize", "numbertoread"}
    ]


def without_metadata(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "metadata"} for row in rows]


async def read(client: httpx.AsyncClient, route: Route, offset: int, limit: int) -> list[dict[str, Any]]:
    target = re.sub(r"\{(\w+)\}", lambda name: PARAMETERS[name[1]], route.path)
    if "pagesize" in route.declared:
        asked = {"pageSize": limit, "pageNumber": offset // limit + 1}
    else:
        asked = {"numberToRead": limit, "skipRecords": offset}
    answer = await client.get(target, params={**asked, **NEEDED.get(route.operation, {})})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()
    if route.operation in ("CreditTerm_GetCreditTerms", "Discount_GetDiscounts"):  # its one item is the page
        (page,) = rows
        return [{**row, "metadata": {"totalCount": page["totalCount"]}} for row in page["records"]]
    return rows


async def test_every_list_is_the_same_at_once_and_page_by_page(client: httpx.AsyncClient) -> None:
    lengths = {}
    for route in lists():
        whole = await read(client, route, 0, 1000)
        counts = {row["metadata"]["totalCount"] for row in whole}
        assert counts <= {len(whole)} or len(whole) == 1000, route.operation
        assert (await read(client, route, 1000, 1000)) == [] or len(whole) == 1000
        for size in (1, 3):
            walked = []
            for offset in range(0, min(len(whole), WALKED), size):
                rows = await read(client, route, offset, size)
                assert {row["metadata"]["totalCount"] for row in rows} == counts, (route.operation, size, offset)
                walked += rows
            assert without_metadata(walked) == without_metadata(whole[: len(walked)]), (route.operation, size)
        cold = await read(client, route, (len(whole) - 1) // 4 * 4, 4) if whole else []
        assert without_metadata(cold) == without_metadata(whole[(len(whole) - 1) // 4 * 4 :][:4]), route.operation
        lengths[route.operation] = len(whole)
    assert sum(length > 1 for length in lengths.values()) > 10, lengths
