"""The page of one request to the sandbox, whatever the request did, and how it is sent again."""

from __future__ import annotations

import httpx

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
