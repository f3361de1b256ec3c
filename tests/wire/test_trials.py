"""A trial tells what a request would do, in the request's own words, and nothing of it stays."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from reskontra.db.pool import Database
from tests.clerk import wrapped

TRIAL = "/v1/reskontra/trial"
INVOICE = {
    **wrapped(customerNumber="20001", documentDate="2025-06-02"),
    "invoiceLines": [wrapped(inventoryNumber="A", quantity=2)],
}


async def tried(
    client: httpx.AsyncClient, method: str, path: str, content: Any = None, *reads: str, status: int = 200, **more: Any
) -> Any:
    request = {"method": method, "path": path, **({} if content is None else {"content": content}), **more}
    answer = await client.post(TRIAL, json={"request": request, "reads": list(reads)})
    assert answer.status_code == status, answer.text
    return answer.json()


async def state(books: Database) -> Any:
    async with books.connection() as connection:
        return await connection.fetchval(
            """select (select max(change_id) from change)
               || (select string_agg(last_number, ',' order by series_id, range_id) from number_series_range)"""
        )


async def test_what_was_tried_is_told_and_rolled_back(client: httpx.AsyncClient, books: Database) -> None:
    made = await client.post("/v1/customerinvoice", json=INVOICE)
    kept = made.headers["location"].removeprefix("http://localhost")
    number, before = kept.rpartition("/")[2], await state(books)

    draft = await tried(client, "POST", "/v1/customerinvoice", INVOICE, "{resource}")
    assert draft["request"]["statusCode"] == 201
    assert draft["request"]["resource"] != kept
    (read,) = draft["reads"]
    assert read["content"]["amountInCurrency"] == (await client.get(kept)).json()["amountInCurrency"]
    assert read["content"]["status"] == "Balanced"
    assert read["etag"] == draft["request"]["etag"]

    journal = f"/v1/reskontra/report/journal?documentType=Invoice&referenceNumber={number}"
    listing = "/v1/reskontra/document?open=1"
    released = await tried(client, "POST", f"{kept}/action/release", None, kept, journal, listing)
    invoice, entries, listed = (it["content"] for it in released["reads"])
    assert invoice["status"] == "Open"
    assert sum(it["debitAmount"] - it["creditAmount"] for it in entries) == 0
    assert next(it["account"] for it in entries) == "1500"
    assert number in [it["referenceNumber"] for it in listed]

    assert await state(books) == before
    assert (await client.get(kept)).json()["status"] == "Balanced"
    assert (await client.get(journal)).json() == []
    again = await tried(client, "DELETE", kept)
    assert again["request"] == {"statusCode": 204, "content": None}
    assert (await client.post(f"{kept}/action/release")).status_code == 200


async def test_a_trial_is_refused_as_the_request_is(client: httpx.AsyncClient, books: Database) -> None:
    made = await client.post("/v1/customerinvoice", json=INVOICE)
    kept = made.headers["location"].removeprefix("http://localhost")
    before = await state(books)
    wrong = {**INVOICE, "invoiceLines": [wrapped(inventoryNumber="NONE", quantity=2)]}
    for content in (wrong, wrapped(documentDate="2025-06-02"), {**INVOICE, **wrapped(creditTermsId="77")}):
        real = (await client.post("/v1/customerinvoice", json=content)).json()["message"]
        told = (await tried(client, "POST", "/v1/customerinvoice", content, status=400))["message"]
        assert told.partition("Error: ")[2] == real.partition("Error: ")[2]
    await tried(client, "PUT", kept, wrapped(note="x"), status=412, ifMatch='"AAAAAAAAAAE="')
    await tried(client, "POST", "/v1/customerinvoice/nowhere/action/release", status=404)
    assert await state(books) == before


@pytest.mark.parametrize(
    ("request_", "reads", "says"),
    [
        (("POST", "/v1/reskontra/run/autoApply"), [], "cannot be tried"),
        (("POST", "/v1/customer"), [], "cannot be tried"),
        (("POST", "/v1/customerinvoice/003524/attachment"), [], "cannot be tried"),
        (("POST", TRIAL), [], "cannot be tried"),
        (("POST", "customerinvoice"), [], "There is no operation POST customerinvoice"),
        (("DELETE", "/v1/customerinvoice"), [], "There is no operation DELETE"),
        (("GET", "/v1/customerinvoice"), [], "Field: request.method"),
        (("POST", "/v1/customerinvoice"), ["/v1/nowhere"], "There is no operation GET /v1/nowhere"),
        (("POST", "/v1/customerinvoice"), ["/v1/reskontra/document?format=csv"], "does not answer files"),
        (("POST", "/v1/customerinvoice"), ["{resource}"] * 11, "Send at most 10"),
    ],
    ids=str,
)
async def test_what_a_trial_does_not_take(
    client: httpx.AsyncClient, books: Database, request_: tuple[str, str], reads: list[str], says: str
) -> None:
    before = await state(books)
    method, path = request_
    assert says in (await tried(client, method, path, INVOICE, *reads, status=400))["message"]
    assert await state(books) == before
