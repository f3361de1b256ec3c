"""The page of one request to the sandbox, whatever the request did, and how it is sent again."""

from __future__ import annotations

import shlex

import httpx
import msgspec

from reskontra.demo import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests.clerk import Clerk
from tests.pages.conftest import Visitor

SALE = {
    "customerNumber": {"value": "20001"},
    "invoiceLines": [{"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}}],
}


def page_of(answer: httpx.Response) -> str:
    return f"sandbox/requests/{answer.headers['ipp-request-id']}"


async def test_what_a_request_changed_is_named_whatever_it_is(bookkeeper: Visitor, clerk: Clerk) -> None:
    made = await clerk.http.post("/v1/customerinvoice", json=SALE)
    number = made.headers["location"].rpartition("/")[2]
    customer = await clerk.http.put("/v1/customer/20001", json={"name": {"value": "Aurdal"}})
    terms = await clerk.http.put("/v1/customer/20001", json={"mainContact": {"value": {"phone1": {"value": "1"}}}})
    await bookkeeper.go(page_of(made))
    assert f"Invoice {number} : created" in bookkeeper.text
    for changed in (customer, terms):
        await bookkeeper.go(page_of(changed))
        assert "Customer 20001 : updated" in bookkeeper.text


async def test_sending_again_is_a_retry_with_the_key_or_a_new_request(bookkeeper: Visitor, clerk: Clerk) -> None:
    made = await clerk.http.post("/v1/customerinvoice", json=SALE, headers={"Idempotency-Key": "once"})
    number = made.headers["location"].rpartition("/")[2]
    invoices = await clerk.numbers("customerinvoice")
    await bookkeeper.go(f"{page_of(made)}/again")
    assert "the answer of then comes again and nothing is done" in bookkeeper.text
    buttons = [it.get_text(strip=True) for it in bookkeeper.seen.select("main form button")]
    assert buttons == ["Send POST again with its key", "Send POST as a new request"]
    await bookkeeper.send("main form")
    assert bookkeeper.said.startswith("It was sent again with its key. Nothing was done: the first answer, 201")
    assert "It changed nothing." in bookkeeper.text
    assert await clerk.numbers("customerinvoice") == invoices

    await bookkeeper.go(f"{page_of(made)}/again")
    await bookkeeper.send("main form", button="true")
    assert bookkeeper.said == "It was sent again, and answered 201."
    assert f"Invoice {int(number) + 1:06d} : created" in bookkeeper.text


async def test_a_key_of_a_client_with_a_token_is_said_to_prevent_nothing(bookkeeper: Visitor, clerk: Clerk) -> None:
    form = {
        "grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
        "tenant_id": str(TENANT_ID), "scope": "vismanet_erp_service_api",
    }  # fmt: skip
    token = (await clerk.http.post("/connect/token", data=form)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "once"}
    made = await clerk.http.post("/v1/customerinvoice", json=SALE, headers=headers)
    await bookkeeper.go(f"{page_of(made)}/again")
    assert f"it counts for the client {CLIENT_ID}" in bookkeeper.text
    assert [it.get_text(strip=True) for it in bookkeeper.seen.select("main form button")] == ["Send POST again"]


async def test_every_curl_line_names_the_company_where_there_are_several(visitor: Visitor) -> None:
    visitor.http.cookies.set("reskontra_company", "2")
    for path, lines in (("", 3), ("customers", 1), ("sandbox/requests", 1), ("sandbox", 1), ("documents", 0)):
        await visitor.go(path)
        told = [text for it in visitor.seen.select("main code") if (text := it.get_text()).startswith("curl ")]
        told = [text for text in told if "/connect/token" not in text]
        assert len(told) == lines, path
        told += [it.get_text() for it in visitor.seen.select("#behind code")]
        assert [text for text in told if "-H 'ipp-company-id: 2'" not in text] == [], path
    await visitor.go("")
    first = next(it.get_text() for it in visitor.seen.select("main code"))
    assert shlex.split(first)[:5] == ["curl", "-X", "POST", "-H", "ipp-company-id: 2"]
    assert msgspec.json.decode(shlex.split(first)[-2]) == {"name": {"value": "Bjerke Elektro AS"}}


async def test_what_was_passed_over_is_said_first(visitor: Visitor) -> None:
    asked = await visitor.http.get("/v1/customer?lastModifiedDateTime=2025-12-01&foo=bar&pageSize=5")
    await visitor.go(page_of(asked))
    said = visitor.text.index("Passed over: ?lastModifiedDateTime , ?foo")
    assert said < visitor.text.index("What it did")
    assert "Filter ignored Send a date together with its condition" in visitor.text
    await visitor.go("sandbox/requests")
    assert visitor.rows()[0][9] == "Filter ignored Unknown field ignored"
    await visitor.http.get("/v1/customer?pageSize=5")
    await visitor.go("sandbox/requests?marked=true")
    assert [row[2] for row in visitor.rows()] == [f"GET {asked.request.url.raw_path.decode()}"]
