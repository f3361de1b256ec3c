"""What a request left out, with where it came from; and a request that is sent again."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import httpx
import pytest

from reskontra.reference.rules.classes import CustomerClass
from reskontra.requests.rules.defaults import NEW_CUSTOMER, Origin
from tests.clerk import Clerk, refusal

LOG = "/v1/reskontra/sandbox/requests"
SALE = {
    "CustomerNumber": "20001", "documentDate": {"value": "2025-03-03"},
    "invoiceLines": [
        {"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}},
        {"description": {"value": "Freight"}, "quantity": {"value": 1}, "unitPriceInCurrency": {"value": 149.5}},
    ],
}  # fmt: skip


async def defaults(http: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
    found = await http.get(f"{LOG}/{answer.headers['ipp-request-id']}/defaults")
    assert found.status_code == 200, found.text
    told: dict[str, Any] = found.json()
    return told


async def test_what_an_invoice_left_out_and_where_it_came_from(clerk: Clerk) -> None:
    made = await clerk.http.post("/v1/customerinvoice", json=SALE)
    told = await defaults(clerk.http, made)
    assert not told["isNewer"]
    assert told["address"] == made.headers["location"].removeprefix("http://localhost")
    found = {it["field"]: it for it in told["fields"]}
    assert found["creditTermsId"] == {
        "field": "creditTermsId", "value": "14", "origin": "customer", "at": "creditTerms.id"
    }  # fmt: skip
    assert found["documentDueDate"] == {
        "field": "documentDueDate", "value": "2025-03-17T00:00:00", "origin": "terms"
    }  # fmt: skip
    assert (found["dontPrint"]["value"], found["dontPrint"]["at"]) == (True, "printInvoices")
    assert found["hold"]["origin"] == "company"
    assert found["referenceNumber"]["origin"] == "series"
    assert found["invoiceLines[0].description"]["value"] == "Consulting package"
    assert found["invoiceLines[0].unitPriceInCurrency"]["origin"] == "item"
    assert found["invoiceLines[0].uom"]["origin"] == "item"
    assert found["invoiceLines[1].vatCodeId"]["origin"] == "customer"
    assert found["invoiceLines[1].accountNumber"]["at"] == "glAccounts.salesAccount.number"
    sent = ("customerNumber", "documentDate", "invoiceLines[1].description", "invoiceLines[1].unitPriceInCurrency")
    assert not [name for name in sent if name in found]


async def test_a_source_that_has_another_value_by_now_is_not_named(clerk: Clerk) -> None:
    made = await clerk.http.post("/v1/customerinvoice", json=SALE)
    await clerk.http.put("/v1/customer/20001", json={"creditTermsId": {"value": "30"}})
    address = made.headers["location"]
    found = {it["field"]: it for it in (await defaults(clerk.http, made))["fields"]}
    assert found["creditTermsId"] == {"field": "creditTermsId", "value": "14", "origin": "elsewhere"}
    await clerk.http.put(address, json={"creditTermsId": {"value": "30"}})
    later = await defaults(clerk.http, made)
    assert later["isNewer"]
    await clerk.http.delete(address)
    gone = await defaults(clerk.http, made)
    assert "address" not in gone
    assert gone["fields"] == []


async def test_what_a_change_did_besides(clerk: Clerk) -> None:
    made = await clerk.http.post("/v1/customerinvoice", json=SALE)
    changed = await clerk.http.put(made.headers["location"], json={"creditTermsId": {"value": "30"}})
    found = {it["field"]: it for it in (await defaults(clerk.http, changed))["fields"]}
    assert found["documentDueDate"] == {"field": "documentDueDate", "value": "2025-04-02", "origin": "terms"}
    assert "creditTermsId" not in found


async def test_payments_and_customers_tell_too_and_reads_do_not(clerk: Clerk) -> None:
    paid = await clerk.http.post(
        "/v1/customerPayment",
        json={"customer": {"value": "20001"}, "paymentAmount": {"value": 10}, "paymentRef": {"value": "x"},
              "type": {"value": "Payment"}},
    )  # fmt: skip
    found = {it["field"]: it for it in (await defaults(clerk.http, paid))["fields"]}
    assert found["paymentMethod"]["at"] == "defaultPaymentMethodId"
    assert found["applicationDate"]["origin"] == "today"
    new = await clerk.http.post("/v1/customer", json={"name": {"value": "Fjord Kajakk AS"}})
    found = {it["field"]: it for it in (await defaults(clerk.http, new))["fields"]}
    assert found["creditTermsId"]["origin"] == "customerClass"
    assert found["vatZoneId"]["at"] == "taxZoneId"
    for answer in (
        await clerk.http.get("/v1/customer/20001"),
        await clerk.http.post("/v1/customerinvoice", json={"customerNumber": {"value": "nobody"}}),
        await clerk.http.post("/v1/customerinvoice/nothing/action/release"),
    ):
        assert (await defaults(clerk.http, answer))["fields"] == []


def test_what_a_customer_has_from_its_class_is_of_the_class() -> None:
    names = {it.attributes[0] for it in NEW_CUSTOMER if it.otherwise is Origin.CUSTOMER_CLASS}
    assert names - {"default_payment_method"} <= {it.name for it in fields(CustomerClass)}


async def test_a_request_is_sent_again_to_its_company_and_recorded(clerk: Clerk) -> None:
    http = clerk.http
    made = await http.post("/v1/customerinvoice?x=1", json=SALE, headers={"x-note": "mine", "Idempotency-Key": "once"})
    one = f"{LOG}/{made.headers['ipp-request-id']}"
    retried = (await http.post(f"{one}/again")).json()
    assert (retried["statusCode"], retried["isReplayed"]) == (201, True), "the key goes with it"
    kept = (await http.get(f"{LOG}/{retried['id']}")).json()
    assert {"name": "idempotency-key", "value": "once"} in kept["sent"]["headers"]
    assert kept["effect"]["changeRows"] == 0

    again = await http.post(f"{one}/again?withoutKey=true")
    assert again.status_code == 200, again.text
    assert (again.json()["statusCode"], again.json()["isReplayed"]) == (201, False)
    new = (await http.get(f"{LOG}/{again.json()['id']}")).json()
    assert (new["method"], new["path"], new["query"], new["company"]) == ("POST", "/v1/customerinvoice", "x=1", 1)
    assert {"name": "x-note", "value": "mine"} in new["sent"]["headers"]
    assert new["sent"]["body"] == (await http.get(one)).json()["sent"]["body"]
    number = made.headers["location"].rpartition("/")[2]
    assert f"invoice {int(number) + 1:06d} created" in new["effect"]["sentence"]


async def test_what_answers_with_a_stream_is_sent_again_to_its_end(clerk: Clerk) -> None:
    first = await clerk.http.get("/v1/reskontra/report/journal?format=csv")
    again = (await clerk.http.post(f"{LOG}/{first.headers['ipp-request-id']}/again")).json()
    assert again["statusCode"] == 200
    new = (await clerk.http.get(f"{LOG}/{again['id']}")).json()
    assert new["status"] == 200
    assert new["answer"]["size"] == len(first.content)


@pytest.mark.parametrize(
    ("path", "kind", "body", "why"),
    [
        ("/connect/token", "application/x-www-form-urlencoded", b"client_secret=abc", "No operation has its address."),
        ("/v1/customerinvoice", "application/json", b'{"apiKey": "abc"}', "It carried a secret"),
        ("/v1/customerinvoice", "application/json", b'{"note": "' + b"a" * 70_000 + b'"}', "longer than what is kept"),
        ("/v1/customerinvoice/1/attachment", "multipart/form-data; boundary=x", b"--x--", "It carried a file."),
    ],
)
async def test_what_carried_a_secret_or_is_not_whole_is_not_sent_again(
    clerk: Clerk, path: str, kind: str, body: bytes, why: str
) -> None:
    sent = await clerk.http.post(path, content=body, headers={"content-type": kind})
    one = f"{LOG}/{sent.headers['ipp-request-id']}"
    assert why in (await clerk.http.get(one)).json()["whyNotAgain"]
    refused = await clerk.http.post(f"{one}/again")
    assert refused.status_code == 400
    assert why in refusal(refused)
    assert (await clerk.http.get(LOG)).json()["kept"] == 1
