"""The lists of documents of all kinds, and of one customer's documents and invoices, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


async def listed(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows


def names(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["documentType"], row["referenceNumber"]) for row in rows]


async def test_the_list_holds_all_kinds_by_kind_and_number(client: httpx.AsyncClient) -> None:
    rows = await listed(client, "/v1/customerdocument")
    assert names(rows)[:3] == [("CreditNote", "010001"), ("DebitNote", "001001"), ("Invoice", "003524")]
    assert names(rows) == sorted(names(rows))
    assert len(rows) == 26
    assert {row["metadata"]["totalCount"] for row in rows} == {26}
    assert not any("lines" in row or "invoiceLines" in row for row in rows)


async def test_a_walk_over_pages_meets_every_document_once(client: httpx.AsyncClient) -> None:
    whole = names(await listed(client, "/v1/customerdocument"))
    walked = []
    for number in range(1, 10):
        walked += names(await listed(client, f"/v1/customerdocument?pageNumber={number}&pageSize=4"))
    assert walked == whole


@pytest.mark.parametrize("cold", [3, 6])
async def test_a_page_may_be_asked_for_out_of_turn(client: httpx.AsyncClient, cold: int) -> None:
    whole = names(await listed(client, "/v1/customerdocument"))
    page = await listed(client, f"/v1/customerdocument?pageNumber={cold}&pageSize=4")
    assert names(page) == whole[(cold - 1) * 4 : cold * 4]
    assert page[0]["metadata"]["totalCount"] == 26


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("documentType=creditnote", [("CreditNote", "010001")]),
        ("documentType=DebitNote", [("DebitNote", "001001")]),
        ("documentType=DebitNote&project=20", [("DebitNote", "001001")]),
        ("documentType=DebitNote&project=21", []),
        ("financialPeriod=202001", [("CreditNote", "010001")]),
        ("financialPeriod=202002", []),
        ("customer=20002&status=balanced", [("DebitNote", "001001")]),
    ],
)
async def test_filters_find_their_own(client: httpx.AsyncClient, query: str, found: list[tuple[str, str]]) -> None:
    rows = await listed(client, f"/v1/customerdocument?{query}")
    assert names(rows) == found
    assert all(row["metadata"]["totalCount"] == len(found) for row in rows)


async def test_an_unknown_kind_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/customerdocument?documentType=Letter")
    assert answer.status_code == 400
    assert "documentType" in answer.json()["message"]


async def test_a_customers_documents_are_its_own(client: httpx.AsyncClient) -> None:
    rows = await listed(client, "/v1/customer/20002/document")
    assert {row["customer"]["number"] for row in rows} == {"20002"}
    assert names(rows)[0] == ("DebitNote", "001001")
    invoices = await listed(client, "/v1/customer/20002/invoice")
    assert {row["customer"]["number"] for row in invoices} == {"20002"}
    assert [row["referenceNumber"] for row in invoices] == [name for kind, name in names(rows) if kind == "Invoice"]
    assert all(row["invoiceLines"] for row in invoices)


@pytest.mark.parametrize("what", ["document", "invoice"])
async def test_an_unknown_customer_is_not_found(client: httpx.AsyncClient, what: str) -> None:
    assert (await client.get(f"/v1/customer/nobody/{what}")).status_code == 404


async def test_the_total_follows_a_change(client: httpx.AsyncClient) -> None:
    assert (await listed(client, "/v1/customerdocument?pageSize=1"))[0]["metadata"]["totalCount"] == 26
    assert (await client.delete("/v1/customerinvoice/003547")).status_code == 204
    assert (await listed(client, "/v1/customerdocument?pageSize=1"))[0]["metadata"]["totalCount"] == 25
