"""Requests to a sandbox are recorded with what they did; a server of real books records nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import httpx
import pytest

from reskontra.app import create_app
from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.demo import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from reskontra.web.recording import Recording
from tests.clerk import Clerk, refusal
from tests.conftest import RunningServer, open_client

SANDBOX = "/v1/reskontra/sandbox"
LOG = f"{SANDBOX}/requests"
LINES = {"invoiceLines": [{"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}}]}
SALE = {"customerNumber": {"value": "20001"}, **LINES}


async def recorded(http: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    """The recorded requests that the query asks for, oldest first."""
    answer = await http.get(LOG, params=query)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["requests"]
    return rows[::-1]


async def detail(http: httpx.AsyncClient, answer: httpx.Response) -> dict[str, Any]:
    """All that is known about the request that was answered so."""
    found = await http.get(f"{LOG}/{answer.headers['ipp-request-id']}")
    assert found.status_code == 200, found.text
    known: dict[str, Any] = found.json()
    return known


def keys(request: dict[str, Any]) -> list[str]:
    return [mark["key"] for mark in request["marks"]]


async def test_a_request_is_recorded_with_what_it_did_and_how_it_was_read(clerk: Clerk) -> None:
    http = clerk.http
    made = await http.post("/v1/customerinvoice?expnd=1", json={**SALE, "nonsense": 1}, headers={"ipp-company-id": "1"})
    number = made.headers["location"].rpartition("/")[2]
    released = await http.post(f"/API/v1/customerinvoice/{number}/action/release")
    changed = await http.put("/v1/customer/20001", content=gzip.compress(b'{"name":{"value":"Aurdal"}}'),
                             headers={"content-type": "application/json", "content-encoding": "gzip"})  # fmt: skip
    await http.get("/healthz")
    await http.get("/docs")
    await http.get("/ui/")
    first, second, third = await recorded(http)

    assert [it["number"] for it in (first, second, third)] == [1, 2, 3]
    assert first["id"] == made.headers["ipp-request-id"]
    assert (first["method"], first["path"], first["query"]) == ("POST", "/v1/customerinvoice", "expnd=1")
    assert (first["operation"], first["status"]) == ("CustomerInvoice_Create", 201)
    assert (first["company"], first["companyRule"], first["client"]) == (1, "header", "open")
    assert second["companyRule"] == "first"
    assert first["ignored"] == ["?expnd", "nonsense"]
    assert keys(first) == ["unknown-field"]
    assert keys(second) == []
    assert keys(third) == ["no-if-match"]

    batch = second["effect"]["batches"][0]
    assert first["effect"]["sentence"] == f"invoice {number} created"
    assert second["effect"]["sentence"] == f"invoice {number} released, 1 batch"
    assert second["effect"]["documents"] == [{"entity": "Invoice", "key": number, "events": ["released"]}]
    assert await clerk.sql("select batch_number from batch where batch_number = $1", batch) == batch
    assert third["effect"]["sentence"] == "customer 20001 updated"
    assert third["effect"]["changeRows"] == 1

    known = await detail(http, changed)
    assert known["sent"]["body"] == '{"name":{"value":"Aurdal"}}', "as it was meant, not as it was packed"
    assert known["sent"]["isWhole"] is True
    assert {"name": "content-encoding", "value": "gzip"} in known["sent"]["headers"]
    times = (await detail(http, released))["times"]
    assert times["statements"] >= 2
    assert times["total"] > times["database"] > 0


@pytest.mark.parametrize(
    ("query", "ignored"),
    [
        ("lastModifiedDateTime=bad", ["?lastModifiedDateTime"]),
        ("LASTMODIFIEDDATETIME=2025-01-01", ["?LASTMODIFIEDDATETIME"]),
        (
            "lastModifiedDateTime=2025-01-01&lastModifiedDateTimeCondition=after",
            ["?lastModifiedDateTime", "?lastModifiedDateTimeCondition"],
        ),
        ("lastModifiedDateTimeCondition=%3E%3D&pageNumber=1", ["?lastModifiedDateTimeCondition"]),
        ("lastModifiedDateTime=2025-01-01&lastModifiedDateTimeCondition=+%3D%3E", []),
        ("lastModifiedDateTime=&lastModifiedDateTimeCondition=", []),
    ],
)
async def test_a_date_and_its_condition_one_without_the_other_are_said_to_filter_nothing(
    bystander: Clerk, query: str, ignored: list[str]
) -> None:
    answer = await bystander.http.get(f"/v1/customer?{query}")
    assert answer.status_code == 200, answer.text
    if ignored:
        assert len(answer.json()) == len((await bystander.http.get("/v1/customer?pageNumber=1")).json())
    known = await detail(bystander.http, answer)
    assert known["ignored"] == ignored
    assert [key for key in keys(known) if key == "idle-filter"] == ["idle-filter"] * bool(ignored)
    unknown = await detail(bystander.http, await bystander.http.get("/v1/customer?Foo=bar"))
    assert (unknown["ignored"], keys(unknown)[0]) == (["?Foo"], "unknown-field")


async def test_a_refusal_names_the_field_in_the_body_and_a_body_that_passes(clerk: Clerk) -> None:
    http = clerk.http
    sent = {"CustomerNumber": "99", **LINES}
    refused = await http.post("/v1/customerinvoice", json=sent)
    fault = (await detail(http, refused))["fault"]
    assert fault["sentence"] in refusal(refused)
    assert (fault["field"], fault["path"]) == ("customerNumber", ["CustomerNumber"])
    assert fault["corrected"] == {**sent, "CustomerNumber": "20001"}
    assert (await http.post("/v1/customerinvoice", json=fault["corrected"])).status_code == 201
    refused = await http.put("/v1/customer/20001", json={"status": {"value": "activ"}})
    assert (await detail(http, refused))["fault"]["corrected"] == {"status": {"value": "Active"}}
    assert (await detail(http, await http.get("/v1/customer/99")))["fault"]["sentence"].startswith("The customer '99'")
    assert refusal(await http.get(f"{LOG}/0"), 404).startswith("The recorded request '0' cannot be found")


@pytest.mark.parametrize("path", ["/connect/token", "/API/security/api/v2/token"])
async def test_no_secret_and_no_token_is_kept(clerk: Clerk, path: str) -> None:
    http = clerk.http
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
            "tenant_id": str(TENANT_ID), "scope": "vismanet_erp_service_api"}  # fmt: skip
    token = (await http.post(path, data=form)).json()["access_token"]
    await http.get("/v1/customer?pageSize=1", headers={"Authorization": f"Bearer {token}", "Cookie": "sign=in"})
    asked, used = await recorded(http)
    assert (used["client"], used["companyRule"]) == (CLIENT_ID, "only")
    everything = (await http.get(f"{LOG}.har")).text + "".join(
        [(await http.get(f"{LOG}/{it['id']}")).text for it in (asked, used)]
    )
    for secret in (CLIENT_SECRET, token, "sign=in"):
        assert secret not in everything
    assert "client_secret=***" in everything
    assert '\\"access_token\\":\\"***\\"' in everything


async def test_what_was_recorded_is_filtered_and_forgotten(clerk: Clerk) -> None:
    http = clerk.http
    await http.post("/v1/customerinvoice", json={**SALE, "note": {"value": "Blåbær"}, "nonsense": 1})
    await http.get("/v1/customer/20001")
    await http.get("/v1/customer/nobody")

    async def numbers(**query: Any) -> list[int]:
        return [it["number"] for it in await recorded(http, **query)]

    assert await numbers() == [1, 2, 3]
    assert await numbers(method="post") == [1]
    assert await numbers(status=4) == [3]
    assert await numbers(path="CUSTOMER/") == [2, 3]
    assert await numbers(text="blåBÆR") == [1]
    assert await numbers(failed=True) == [3]
    assert await numbers(marked=True) == [1]
    assert await numbers(company=1, client="open", after=1) == [2, 3]
    assert await numbers(company=2) == []
    assert await numbers(before=3, pageSize=1) == [2]
    page = (await http.get(LOG, params={"pageSize": 2})).json()
    assert (page["hasMore"], page["kept"], page["newest"], page["clients"]) == (True, 3, 3, ["open"])
    assert "Send 2 for 200 to 299" in refusal(await http.get(LOG, params={"status": 400}))

    used = {it["operation"]: it for it in (await http.get(f"{SANDBOX}/coverage")).json()["operations"]}
    read = used["Customer_GetBycustomerCd"]
    assert (read["called"], read["succeeded"], read["lastStatus"], read["isServed"]) == (2, 1, 404, True)
    assert used["Customer_GetAll"]["called"] == 0
    assert (await http.delete(LOG)).status_code == 204
    assert await numbers() == []
    coverage = (await http.get(f"{SANDBOX}/coverage")).json()
    assert (coverage["called"], coverage["shareCalled"]) == (0, 0)
    assert coverage["operationsTotal"] > coverage["served"] > 100
    await http.get("/v1/customer/20001")
    start = (await http.get(f"{SANDBOX}/start")).json()
    assert (start["baseUrl"], start["open"], len(start["requests"])) == ("http://localhost", True, 1)
    (demo,) = start["companies"]
    assert (demo["customers"], demo["today"]) == (20, "2026-01-15")


async def test_a_server_of_real_books_records_nothing(books: Database, clock: SeededClock) -> None:
    async with open_client(Settings(), books, clock) as http:
        for below in ("requests", "requests.har", "coverage", "start"):
            assert (await http.get(f"{SANDBOX}/{below}")).status_code == 404
        assert (await http.get("/v1/customer")).status_code == 401


async def test_what_was_recorded_runs_again_elsewhere(clerk: Clerk, server: RunningServer) -> None:
    http = clerk.http
    made = await http.post("/v1/customerinvoice", json=SALE)
    number = made.headers["location"].rpartition("/")[2]
    note = {"note": {"value": number}}
    await http.put(f"/v1/customerinvoice/{number}", json=note, headers={"If-Match": made.headers["etag"]})
    await http.post("/v1/customerinvoice", json={**SALE, "customerNumber": {"value": "it's nobody"}})
    text = (await http.get(f"{LOG}.py")).text
    for told in ("'/v1/customerinvoice/' + made_1", "'if-match': version_1", "' + made_1 + '"):
        assert told in text

    httpx.post(f"{server.url}/v1/customerinvoice", json=SALE)  # so that its numbers and versions are others
    scope: dict[str, Any] = {}
    exec(compile(text, "recorded.py", "exec"), scope)
    await asyncio.to_thread(scope["test_requests_are_answered_as_they_were"], server)
    again = httpx.get(f"{server.url}{LOG}").json()["requests"][:3]
    assert [it["status"] for it in again] == [400, 204, 201]
    assert number not in again[1]["path"]

    known = await detail(http, made)
    assert "curl -i -X POST http://localhost/v1/customerinvoice" in known["curl"]
    compile(known["python"], "request.py", "exec")
    archive = (await http.get(f"{LOG}/{known['id']}/har")).json()["log"]
    assert (archive["version"], len(archive["entries"])) == ("1.2", 1)
    assert json.loads(archive["entries"][0]["request"]["postData"]["text"]) == SALE


async def test_who_follows_along_sees_each_request_until_the_server_stops(books: Database, clock: SeededClock) -> None:
    app = create_app(Settings(sandbox=True), books, clock)
    assert isinstance(app, Recording)
    events: asyncio.Queue[str] = asyncio.Queue()
    address = {"path": f"{LOG}/events", "raw_path": f"{LOG}/events".encode(), "query_string": b"method=POST"}
    scope = {"type": "http", "method": "GET", "scheme": "http", "headers": [(b"host", b"localhost")],
             "server": ("localhost", 80), "client": ("127.0.0.1", 50000), **address}  # fmt: skip

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        events.put_nowait(message.get("body", b"").decode())

    following = asyncio.create_task(app(scope, receive, send))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, client=("127.0.0.1", 50000)), base_url="http://localhost"
    ) as http:
        while ": following" not in await events.get():
            pass
        await http.get("/v1/customer/20001")
        made = await http.post("/v1/customerinvoice", json=SALE)
    head, number, data = (await events.get()).strip().splitlines()
    assert (head, number) == ("event: request", "id: 2")
    row = json.loads(data.removeprefix("data: "))
    assert row["id"] == made.headers["ipp-request-id"]
    assert row["effect"]["sentence"].endswith("created")
    app.stop()
    await asyncio.wait_for(following, 5)
