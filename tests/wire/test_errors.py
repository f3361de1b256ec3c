"""Every answer of the edge: status, JSON, the wording of refusals, headers, limits."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from typing import Any

import httpx
import pytest
import structlog

from reskontra.config import Settings
from reskontra.errors import Objection, Refusal, Unavailable
from reskontra.web import errors
from reskontra.web.compression import takes_gzip

VISMA_ID = r"VismaId: [0-9a-f-]{36}\. "


def message(answer: httpx.Response) -> str:
    text: str = answer.json()["message"]
    found = re.match(VISMA_ID, text)
    assert found
    assert answer.headers["ipp-request-id"] in text
    return text[found.end() :]


def test_every_refusal_has_a_status() -> None:
    def kinds(kind: type[Refusal]) -> set[type[Refusal]]:
        return {kind}.union(*(kinds(child) for child in kind.__subclasses__()))

    found = kinds(Refusal) - {Refusal, Objection}
    assert len(found) > 10
    for kind in found:
        assert 400 <= errors.status_of(kind.__new__(kind)) < 600


def test_every_refusal_is_an_objection_unless_the_database_is_away() -> None:
    assert set(Refusal.__subclasses__()) == {Objection, Unavailable}


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("missing", 404, "Error reading box. Error: The resource was not found."),
        ("stale", 412, "Error reading box. Error: The resource has been changed since it was read"),
        ("race", 409, "Error reading box. Error: Another request changed the same data; send it again."),
        ("busy", 503, "Error reading box. Error: The service is busy; try again later."),
    ],
)
async def test_refusals_without_words_of_their_own(edge: Any, name: str, status: int, text: str) -> None:
    answer = await edge.client.get(f"/v1/box/{name}")
    assert answer.status_code == status
    assert message(answer).startswith(text)
    assert ("retry-after" in answer.headers) == (status in (409, 503))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rule", "A negative quantity is not allowed. Field: invoiceLines[0].quantity. Sent: '-5'. Send 0 or more."),
        ("category", "TaxCategoryID '0' cannot be found in the system. Field: invoiceLines[1].vatCodeId."),
        ("item", "InventoryNumber 'nope' cannot be found in the system. Field: invoiceLines[0].inventoryNumber. "
                 "Create it first."),
        ("tax", "TaxID '01' cannot be found in the system. Field: taxId."),
    ],
)  # fmt: skip
async def test_refusals_name_the_field_as_the_wire_spells_it(edge: Any, name: str, text: str) -> None:
    answer = await edge.client.post("/v1/box", json={"name": name})
    assert answer.status_code == 400
    assert message(answer) == f"Error creating box. Error: {text}"


def test_the_number_of_a_settled_document_has_its_measured_name() -> None:
    assert errors.field_name(["applicationLines", 0, "refNbr"]) == "AdjdRefNbr"
    assert errors.field_name(["refNbr"]) == "RefNbr"
    assert errors.field_name(["customerNumber"]) == "CustomerNumber"


async def test_a_bug_says_nothing_of_itself(edge: Any) -> None:
    answer = await edge.client.post("/v1/box", json={"name": "bug"})
    assert answer.status_code == 500
    assert message(answer).startswith("Error creating box. Error: An unexpected failure;")
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text


async def test_a_bad_body_changes_nothing_and_names_the_place(edge: Any) -> None:
    answer = await edge.client.put("/v1/box/1", json={"invoiceLines": [{"lineNumber": {"value": "one"}}]})
    assert answer.status_code == 400
    assert message(answer) == (
        "Error updating box. Error: 'one' is not a number that can be stored. Field: invoiceLines[0].lineNumber. "
        "Send a whole number, for example 1."
    )
    assert edge.seen == []


@pytest.mark.parametrize("path", ["/v1/nothing", "/nothing", "/v1", "/V9/box", "/v1/box/1/2/3", "/favicon.ico"])
async def test_no_such_address(edge: Any, path: str) -> None:
    for method in ("GET", "POST", "BREW"):
        answer = await edge.client.request(method, path)
        assert answer.status_code == 404
        assert message(answer).startswith("Error reading the request. Error: There is no such resource.")


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "TRACE", "BREW"])
async def test_a_method_that_the_address_does_not_take(edge: Any, method: str) -> None:
    answer = await edge.client.request(method, "/v1/box")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert message(answer) == "Error reading the request. Error: This address does not take that method. Use GET, POST."
    assert (await edge.client.request(method, "/healthz")).status_code == 405


async def test_head_and_options(edge: Any) -> None:
    answer = await edge.client.head("/v1/box")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 100
    answer = await edge.client.options("/v1/box/1")
    assert answer.status_code == 204
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
    for path in ("/v1/box/1/action/release", "/connect/token"):
        assert (await edge.client.options(path)).headers["allow"] == "OPTIONS, POST"
    assert (await edge.client.options("/healthz")).headers["allow"] == "GET, HEAD, OPTIONS"
    assert (await edge.client.post("/healthz")).headers["allow"] == "GET, HEAD, OPTIONS"


async def test_options_of_the_server_itself_names_all_methods(edge: Any) -> None:
    scope = {"type": "http", "method": "OPTIONS", "path": "*", "raw_path": b"*", "query_string": b"",
             "headers": [(b"host", b"x")], "client": ("127.0.0.1", 1), "scheme": "http", "server": None}  # fmt: skip
    answered: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event: Any) -> None:
        answered.append(event)

    await edge.app(scope, receive, send)
    assert answered[0]["status"] == 200
    headers = dict(answered[0]["headers"])
    assert (headers[b"allow"], headers[b"content-length"]) == (b"DELETE, GET, HEAD, OPTIONS, POST, PUT", b"0")


async def test_what_the_contract_has_and_nobody_serves_yet(edge: Any) -> None:
    for media in ("application/json", "multipart/form-data; boundary=x"):
        answer = await edge.client.post("/v1/customerPayment", content=b"--x", headers={"content-type": media})
        assert answer.status_code == 501
        assert "is part of the API but not served by this version. " in message(answer)


@pytest.mark.parametrize(
    "path",
    ["/v1/box", "/v1/box/missing", "/nothing", "/healthz", "/v1/box?pageNumber=x", "/v1/box/%zz", "/openapi.json"],
)
async def test_the_headers_that_stand_on_every_answer(edge: Any, path: str) -> None:
    answer = await edge.client.get(path)
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["ipp-request-id"])
    assert re.fullmatch(r"appId=cid-v1:[0-9a-f-]{36}", answer.headers["request-context"])
    for name in ("limit", "remaining", "reset", "policy"):
        assert answer.headers[f"x-ratelimit-{name}"]
    assert answer.json() is not None


@pytest.mark.parametrize("media", [None, "application/json", "text/json", "Application/JSON; Charset=UTF-8",
                                   'application/json; charset="utf-8"', "application/merge-patch+json"])  # fmt: skip
async def test_json_by_any_name(edge: Any, media: str | None) -> None:
    headers = {"content-type": media} if media else {}
    answer = await edge.client.post("/v1/box", content='{"name": "Øl"}'.encode(), headers=headers)
    assert answer.status_code == 201
    assert edge.seen[-1] == {"name": "Øl"}


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-16"])
async def test_json_in_an_older_charset(edge: Any, charset: str) -> None:
    headers = {"content-type": f"application/json; charset={charset}"}
    await edge.client.post("/v1/box", content='{"name": "Øl"}'.encode(charset), headers=headers)
    assert edge.seen[-1] == {"name": "Øl"}


@pytest.mark.parametrize("media", ["application/xml", "text/xml", "application/x-www-form-urlencoded", "text/plain"])
async def test_other_media_are_not_served(edge: Any, media: str) -> None:
    answer = await edge.client.post("/v1/box", content=b"<a/>", headers={"content-type": media})
    assert answer.status_code == 415
    assert message(answer).endswith("Send application/json.")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ipp-company-id", ("1", "1")),
        ("ipp-company-id", ("2", "1")),
        ("authorization", ("Bearer x", "Bearer y")),
        ("host", ("localhost", "erp.example")),
        ("content-type", ("application/json", "text/plain")),
        ("origin", ("http://localhost", "http://localhost")),
        ("idempotency-key", ("a", "a")),
    ],
)
async def test_a_header_that_may_stand_once_is_refused_twice_on_every_address(
    edge: Any, name: str, values: tuple[str, str]
) -> None:
    for method, path in (("POST", "/v1/box"), ("GET", "/healthz"), ("POST", "/connect/token"), ("GET", "/nothing")):
        answer = await edge.client.request(method, path, json={}, headers=[(name.title(), value) for value in values])
        assert answer.status_code == 400
        expected = f"Error reading the request. Error: The header {name} was sent more than once. Send it once."
        assert message(answer) == expected
    assert edge.seen == []


async def test_a_header_that_is_a_list_may_stand_in_two_lines(edge: Any) -> None:
    headers = [("If-Match", '"AAAAAAAAAAk="'), ("If-Match", '"AAAAAAAAAAc="'), ("X", "1"), ("X", "2")]
    assert (await edge.client.put("/v1/box/1", json={}, headers=headers)).status_code == 204
    headers = [("Accept-Encoding", "gzip"), ("Accept-Encoding", "br")]
    assert (await edge.client.get("/openapi.json", headers=headers)).headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("body", [b"", b" ", b"{}", b'{"anything": 1}'])
async def test_an_action_takes_an_empty_body(edge: Any, body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"} if not body else {}
    answer = await edge.client.post("/v1/box/1/action/release", content=body, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["actionResult"] == "Done"
    assert answer.headers["etag"] == '"AAAAAAAAAAk="'


@pytest.mark.parametrize("body", [b"[]", b"{", b"null"])
async def test_an_action_does_not_take_garbage(edge: Any, body: bytes) -> None:
    answer = await edge.client.post("/v1/box/1/action/release", content=body)
    assert answer.status_code == 400


async def test_a_create_needs_a_body(edge: Any) -> None:
    answer = await edge.client.post("/v1/box")
    assert answer.status_code == 400
    assert message(answer) == "Error creating box. Error: The body is empty. Send a JSON object."


async def test_versions_travel_in_etag_and_if_match(edge: Any) -> None:
    answer = await edge.client.get("/v1/box/1")
    etag = answer.headers["etag"]
    assert etag == '"AAAAAAAAAAc="'
    for good in (etag, etag.strip('"'), f"W/{etag}", "*", f'"AAAAAAAAAAg=", {etag}', f"{etag},W/{etag}, garbage"):
        answer = await edge.client.put("/v1/box/1", json={"name": "x"}, headers={"if-match": good})
        assert (answer.status_code, answer.headers["etag"]) == (204, '"AAAAAAAAAAg="')
        assert answer.headers["location"] == "http://localhost/v1/box/1"
        assert "content-length" not in answer.headers
    for bad in ('"AAAAAAAAAAg="', "garbage", '""', "", '"AAAA"', "*,*", '"AAAAAAAAAAg=", "AAAAAAAAAAk="'):
        answer = await edge.client.put("/v1/box/1", json={"name": "x"}, headers={"if-match": bad})
        assert answer.status_code == 412


async def test_a_large_body_is_refused_before_it_is_read(open_edge: Any) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 1024

    async with open_edge(settings=Settings(sandbox=True, body_limit=10_000)) as edge:
        answer = await edge.client.post("/v1/box", content=endless())
        assert answer.status_code == 413
        assert sent <= 12
        assert message(answer) == "Error creating box. Error: The body is too large. At most 10000 bytes are read."
        answer = await edge.client.post("/v1/box", content=b" " * 10_001)
        assert answer.status_code == 413
        assert answer.headers["connection"] == "close"
        assert (await edge.client.post("/v1/box", content=b'{"name": "x"}'.ljust(10_000))).status_code == 201


async def test_a_caller_that_hangs_up_is_not_answered_and_counted(edge: Any) -> None:
    messages = [{"type": "http.request", "body": b'{"na', "more_body": True}, {"type": "http.disconnect"}]
    answered: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(event: Any) -> None:
        answered.append(event)

    scope = {"type": "http", "method": "POST", "path": "/v1/box", "raw_path": b"/v1/box", "query_string": b"",
             "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "scheme": "http",
             "server": None}  # fmt: skip
    with structlog.testing.capture_logs() as lines:
        await edge.app(scope, receive, send)
    assert answered == []
    assert edge.seen == []
    assert [line["event"].partition(" 499 ")[0] for line in lines] == ["POST /v1/box"]
    figures = (await edge.client.get("/metrics")).text
    assert 'reskontra_requests_total{operation="Box_Create",status="499"} 1.0' in figures


async def test_large_answers_are_packed_for_those_who_can_read_it(edge: Any) -> None:
    plain = await edge.client.get("/openapi.json", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"
    async with edge.client.stream("GET", "/openapi.json", headers={"accept-encoding": "deflate, gzip"}) as packed:
        raw = b"".join([chunk async for chunk in packed.aiter_raw()])
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(raw)
    assert gzip.decompress(raw) == plain.content
    refused = await edge.client.get("/openapi.json", headers={"accept-encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers
    small = await edge.client.get("/v1/box/1", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in small.headers


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("", False), ("gzip", True), ("br, GZIP", True), ("*", True), ("br", False), ("gzip;q=0.5", True),
        ("gzip; q=0", False), ("gzip;q=0.", False), ("gzip;q=0.000", False), ("gzip;q=0.001", True),
        ("*, gzip;q=0", False), ("*;q=0, gzip", True), ("*;q=0", False),
    ],
)  # fmt: skip
def test_what_is_said_of_gzip_goes_before_what_is_said_of_all_codings(accepted: str, takes: bool) -> None:
    assert takes_gzip(accepted) is takes


async def test_a_used_up_window_is_429_and_says_when_to_come_back(open_edge: Any) -> None:
    async with open_edge(settings=Settings(sandbox=True, rate_limit=3)) as edge:
        left = [(await edge.client.get("/v1/box")).headers["x-ratelimit-remaining"] for _ in range(3)]
        assert left == ["2", "1", "0"]
        answer = await edge.client.get("/v1/box")
        assert answer.status_code == 429
        assert answer.json()["statusCode"] == 429
        assert 0 < int(answer.headers["retry-after"]) <= 3600
        assert answer.headers["x-ratelimit-limit"] == "3"
        assert (await edge.client.get("/healthz")).status_code == 200


async def test_health_figures_and_home(edge: Any) -> None:
    assert (await edge.client.get("/healthz")).json() == {"status": "ok"}
    assert (await edge.client.get("/readyz")).json() == {"status": "ready"}
    await edge.client.get("/v1/box")
    figures = (await edge.client.get("/metrics")).text
    assert 'reskontra_requests_total{operation="Box_List",status="200"} 1.0' in figures
    assert (await edge.client.get("/")).headers["location"] == "http://localhost/docs"
    seen = await edge.client.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert seen.headers["location"] == "http://localhost/ui/"
    assert seen.headers["vary"] == "Accept"


async def test_calls_at_the_same_time_do_not_mix(edge: Any) -> None:
    names = [f"box {number}" for number in range(50)]
    answers = await asyncio.gather(*(edge.client.post("/v1/box", json={"name": name}) for name in names))
    assert len({answer.headers["ipp-request-id"] for answer in answers}) == 50
    assert sorted(update["name"] for update in edge.seen) == sorted(names)


async def test_numbers_and_missing_values_in_answers(edge: Any) -> None:
    body = (await edge.client.get("/v1/box/1")).content
    assert body == b'{"number":"1"}'
    assert json.loads(body) == {"number": "1"}
