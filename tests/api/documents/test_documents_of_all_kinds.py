"""The lists of documents of all kinds, and of one customer's documents and invoices, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clerk import Clerk


def names(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["documentType"], row["referenceNumber"]) for row in rows]


async def test_the_list_holds_all_kinds_by_kind_and_number(bystander: Clerk) -> None:
    rows = await bystander.page("customerdocument")
    assert names(rows)[:3] == [("CreditNote", "010001"), ("DebitNote", "001001"), ("Invoice", "003524")]
    assert names(rows) == sorted(names(rows))
    assert len(rows) == 26
    assert {row["metadata"]["totalCount"] for row in rows} == {26}
    assert not any("lines" in row or "invoiceLines" in row for row in rows)


async def test_a_walk_over_pages_meets_every_document_once(bystander: Clerk) -> None:
    whole = names(await bystander.page("customerdocument"))
    walked = []
    for number in range(1, 10):
        walked += names(await bystander.page(f"customerdocument?pageNumber={number}&pageSize=4"))
    assert walked == whole


@pytest.mark.parametrize("cold", [3, 6])
async def test_a_page_may_be_asked_for_out_of_turn(bystander: Clerk, cold: int) -> None:
    whole = names(await bystander.page("customerdocument"))
    page = await bystander.page(f"customerdocument?pageNumber={cold}&pageSize=4")
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
async def test_filters_find_their_own(bystander: Clerk, query: str, found: list[tuple[str, str]]) -> None:
    rows = await bystander.page(f"customerdocument?{query}")
    assert names(rows) == found
    assert all(row["metadata"]["totalCount"] == len(found) for row in rows)


async def test_an_unknown_kind_is_refused(bystander: Clerk) -> None:
    answer = await bystander.http.get("/v1/customerdocument?documentType=Letter")
    assert answer.status_code == 400
    assert "documentType" in answer.json()["message"]


async def test_a_customers_documents_are_its_own(bystander: Clerk) -> None:
    rows = await bystander.page("customer/20002/document")
    assert {row["customer"]["number"] for row in rows} == {"20002"}
    assert names(rows)[0] == ("DebitNote", "001001")
    invoices = await bystander.page("customer/20002/invoice")
    assert {row["customer"]["number"] for row in invoices} == {"20002"}
    assert [row["referenceNumber"] for row in invoices] == [name for kind, name in names(rows) if kind == "Invoice"]
    assert all(row["invoiceLines"] for row in invoices)


@pytest.mark.parametrize("what", ["document", "invoice"])
async def test_an_unknown_customer_is_not_found(bystander: Clerk, what: str) -> None:
    assert (await bystander.http.get(f"/v1/customer/nobody/{what}")).status_code == 404


async def test_the_total_follows_a_change(clerk: Clerk) -> None:
    assert (await clerk.page("customerdocument?pageSize=1"))[0]["metadata"]["totalCount"] == 26
    assert (await clerk.delete("customerinvoice/003547")).status_code == 204
    assert (await clerk.page("customerdocument?pageSize=1"))[0]["metadata"]["totalCount"] == 25
