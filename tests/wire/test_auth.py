"""Tokens, scopes, the company header, open mode."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest

from reskontra.changes.store import insert_tallies
from reskontra.companies.store.access import StoredAccess
from reskontra.company_file.commands.creating import ENTITIES
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.web.auth import SCOPE
from reskontra.web.secrets import PUBLISHED_SECRET, hash_secret, is_secret, new_secret

DURABLE = Settings()
READ = f"{SCOPE}:read"


async def ask(edge: Any, **form: str) -> httpx.Response:
    answer: httpx.Response = await edge.client.post("/connect/token", data={"grant_type": "client_credentials", **form})
    return answer


async def token(edge: Any, **form: str) -> dict[str, str]:
    answer = await ask(edge, **{"client_id": "isv_a", "client_secret": "s3cret", **form})
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


async def test_a_token_from_credentials_in_the_body(open_edge: Any, two_companies: Any) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", two_companies[:1])
        answer = await ask(edge, client_id="isv_a", client_secret="s3cret", scope=f"{READ} {SCOPE}:create")
        granted = answer.json()
        assert granted["token_type"] == "Bearer"
        assert granted["expires_in"] == 3600
        assert granted["scope"] == f"{SCOPE}:create {READ}"
        assert answer.headers["cache-control"] == "no-store"
        sent = {"authorization": f"bearer {granted['access_token']}"}
        assert (await edge.client.get("/v1/box", headers=sent)).status_code == 200
        assert edge.seen[-1].actor == "isv_a"


async def test_the_old_address_of_tokens_answers_as_the_new_one(open_edge: Any, two_companies: Any) -> None:
    form = {"grant_type": "client_credentials", "client_id": "isv_a", "client_secret": "s3cret"}
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", two_companies[:1])
        for path in ("/API/security/api/v2/token", "/security/api/v2/token/"):
            granted = (await edge.client.post(path, data=form)).json()
            sent = {"authorization": f"Bearer {granted['access_token']}"}
            assert (await edge.client.get("/v1/box", headers=sent)).status_code == 200
            person = await edge.client.post(path, data={**form, "grant_type": "authorization_code", "code": "x"})
            assert person.json()["error"] == "unsupported_grant_type"
            assert (await edge.client.get(path)).status_code == 405


@pytest.mark.parametrize("credentials", ["isv_a:s3%2Bcr%25et", "isv_a:s3+cr%et"])
async def test_a_token_from_basic_credentials(open_edge: Any, two_companies: Any, credentials: str) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3+cr%et", two_companies)
        headers = {"authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}
        form = {"grant_type": "client_credentials"}
        answer = await edge.client.post("/connect/token", data=form, headers=headers)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": "isv_a", "client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody", "client_secret": "s3cret"}, "invalid_client"),
        ({"client_id": "a\x00b", "client_secret": "s3cret"}, "invalid_client"),
        ({}, "invalid_client"),
        ({"client_id": "isv_a", "client_secret": "s3cret", "grant_type": "password"}, "unsupported_grant_type"),
        ({"client_id": "isv_a", "client_secret": "s3cret", "scope": "admin"}, "invalid_scope"),
        ({"client_id": "isv_r", "client_secret": "s3cret", "scope": f"{SCOPE}:delete"}, "invalid_scope"),
        ({"client_id": "isv_a", "client_secret": "s3cret", "tenant_id": str(UUID(int=9))}, "invalid_grant"),
        ({"client_id": "isv_a", "client_secret": "s3cret", "tenant_id": "x"}, "invalid_grant"),
    ],
)
async def test_token_requests_that_are_refused(
    open_edge: Any, two_companies: Any, form: dict[str, str], error: str
) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", two_companies)
        edge.access.add("isv_r", "s3cret", two_companies, frozenset({READ}))
        answer = await ask(edge, **form)
        assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_wrong_basic_credentials_and_other_media(open_edge: Any) -> None:
    async with open_edge(settings=DURABLE) as edge:
        form = {"grant_type": "client_credentials"}
        for credentials in ("bm8=", "!!!", ""):
            headers = {"authorization": f"Basic {credentials}"}
            answer = await edge.client.post("/connect/token", data=form, headers=headers)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
            assert answer.headers["www-authenticate"].startswith("Basic")
        answer = await edge.client.post("/connect/token", json=form)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        answer = await edge.client.post(
            "/connect/token", content=b"\xff=%ff", headers={"content-type": "application/x-www-form-urlencoded"}
        )
        assert answer.status_code == 400
        assert (await edge.client.get("/connect/token")).status_code == 405


async def test_the_bare_scope_means_all_that_the_client_has(open_edge: Any, two_companies: Any) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_r", "s3cret", two_companies[:1], frozenset({READ}))
        sent = await token(edge, client_id="isv_r", scope=SCOPE)
        assert (await edge.client.get("/v1/box", headers=sent)).status_code == 200
        answer = await edge.client.post("/v1/box", json={}, headers=sent)
        assert answer.status_code == 403
        assert answer.json() == {"statusCode": 403, "message": f"The token lacks the scope {SCOPE}:create."}
        assert edge.seen[1:] == []


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Bearer x.y.z", "Basic eDp5", "Bearer ä"])
async def test_no_token_or_garbage(open_edge: Any, authorization: str | None) -> None:
    async with open_edge(settings=DURABLE) as edge:
        headers = {} if authorization is None else {"authorization": authorization.encode("latin-1")}
        answer = await edge.client.get("/v1/box", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["statusCode"] == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert (await edge.client.get("/v1/nothing", headers=headers)).status_code == 404
        assert (await edge.client.get("/resources/v1/context", headers=headers)).status_code == 401
        assert edge.seen == []


def forged(key: bytes | None, algorithm: str = "HS256", **claims: Any) -> dict[str, str]:
    expires = int(datetime(2025, 1, 28, tzinfo=UTC).timestamp())
    secret_id = base64.urlsafe_b64encode(hashlib.sha256(b"isv_a").digest()[:12]).decode()
    body = {"sub": "isv_a", "scope": SCOPE, "exp": expires, "secret_id": secret_id, **claims}
    return {"authorization": "Bearer " + jwt.encode(body, key, algorithm=algorithm)}


async def test_tokens_that_were_tampered_with(open_edge: Any, two_companies: Any) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", two_companies[:1])
        assert (await edge.client.get("/v1/box", headers=forged(b"0" * 32))).status_code == 200
        for headers in (
            forged(b"1" * 32),
            forged(None, "none"),
            forged(b"0" * 32, sub="nobody"),
            forged(b"0" * 32, exp=1),
            forged(b"0" * 32, exp="soon"),
            forged(b"0" * 32, secret_id="another"),
            forged(b"0" * 32, secret_id=None),
            forged(b"0" * 64, "HS512"),
        ):
            assert (await edge.client.get("/v1/box", headers=headers)).status_code == 401


async def test_a_token_ends_after_an_hour(open_edge: Any, two_companies: Any) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", two_companies[:1])
        sent = await token(edge)
        edge.token_clock.move_to(edge.token_clock.now() + timedelta(seconds=3590))
        assert (await edge.client.get("/v1/box", headers=sent)).status_code == 200
        edge.token_clock.move_to(edge.token_clock.now() + timedelta(seconds=11))
        answer = await edge.client.get("/v1/box", headers=sent)
        assert (answer.status_code, answer.json()["message"]) == (401, "The token has expired.")


def disabled(edge: Any) -> None:
    edge.access.clients["isv_a"] = replace(edge.access.clients["isv_a"], is_disabled=True)


def rotated(edge: Any) -> None:
    edge.access.add("isv_a", "other", edge.access.seen["isv_a"], salt=b"another salt")


def deleted(edge: Any) -> None:
    del edge.access.clients["isv_a"]


def signed_anew(edge: Any) -> None:
    edge.access.key = b"1" * 32


@pytest.mark.parametrize("taken_away", [disabled, rotated, deleted, signed_anew])
async def test_a_client_that_is_taken_away_has_stopped_within_five_seconds(
    open_edge: Any, two_companies: Any, taken_away: Callable[[Any], None]
) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", two_companies[:1])
        sent = await token(edge)
        assert (await edge.client.get("/v1/box", headers=sent)).status_code == 200
        taken_away(edge)
        edge.token_clock.move_to(edge.token_clock.now() + timedelta(seconds=5))
        assert (await edge.client.get("/v1/box", headers=sent)).status_code == 401
        assert (await edge.client.get("/v1/box", headers=sent)).status_code == 401


async def test_what_a_client_may_do_follows_within_five_seconds(open_edge: Any, two_companies: Any) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", two_companies)
        sent = {**await token(edge), "ipp-company-id": "2"}
        assert (await edge.client.post("/v1/box", json={}, headers=sent)).status_code == 201
        edge.access.add("isv_a", "s3cret", two_companies, frozenset({READ}))
        edge.token_clock.move_to(edge.token_clock.now() + timedelta(seconds=5))
        assert (await edge.client.post("/v1/box", json={}, headers=sent)).status_code == 403
        assert (await edge.client.get("/v1/box", headers=sent)).status_code == 200
        edge.access.add("isv_a", "s3cret", two_companies[:1], frozenset({READ}))
        edge.token_clock.move_to(edge.token_clock.now() + timedelta(seconds=5))
        assert (await edge.client.get("/v1/box", headers=sent)).status_code == 400


async def test_a_new_key_counts_at_once_where_it_is_used(open_edge: Any, two_companies: Any) -> None:
    """Another process has made it, and has signed a token by it that comes here."""
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", two_companies[:1])
        old = await token(edge)
        assert (await edge.client.get("/v1/box", headers=old)).status_code == 200
        signed_anew(edge)
        new = await token(edge)
        assert (await edge.client.get("/v1/box", headers=new)).status_code == 200
        assert (await edge.client.get("/v1/box", headers=old)).status_code == 401


async def test_a_key_that_was_on_its_way_when_it_was_replaced_is_not_kept(
    open_edge: Any, two_companies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", two_companies[:1])
        old = await token(edge)
        under_way, go_on, old_key = asyncio.Event(), asyncio.Event(), edge.access.key

        async def slow() -> bytes:
            monkeypatch.undo()
            under_way.set()
            await go_on.wait()
            return bytes(old_key)

        monkeypatch.setattr(edge.access, "server_secret", slow)
        asking = asyncio.create_task(edge.client.get("/v1/box", headers=old))
        await under_way.wait()
        signed_anew(edge)
        new = await token(edge)
        edge.token_clock.move_to(edge.token_clock.now() + timedelta(seconds=5))
        waiting = asyncio.create_task(edge.client.get("/v1/box", headers=new))
        await asyncio.sleep(0)
        go_on.set()
        assert (await asking).status_code == 401
        assert (await waiting).status_code == 200
        assert (await edge.client.get("/v1/box", headers=await token(edge))).status_code == 200


async def test_asking_whether_clients_still_stand_is_no_question_for_each_request(
    open_edge: Any, two_companies: Any
) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", two_companies[:1])
        sent = await token(edge)
        for _ in range(3):
            answers = await asyncio.gather(*(edge.client.get("/v1/box", headers=sent) for _ in range(20)))
            assert {answer.status_code for answer in answers} == {200}
            edge.token_clock.move_to(edge.token_clock.now() + timedelta(seconds=4.5))
        assert edge.access.asked == 3


async def test_several_companies_need_the_header(open_edge: Any, two_companies: Any) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", two_companies)
        sent = await token(edge)
        for header in (None, "3", "abc", "1 or 1"):
            headers = sent if header is None else {**sent, "ipp-company-id": header}
            answer = await edge.client.get("/v1/box", headers=headers)
            assert answer.status_code == 400
            body = answer.json()
            assert body["ExceptionType"] == "IPPException"
            assert body["ExceptionFaultCode"] == "12002"
            assert body["ExceptionMessageID"] == f"12002_12002_{answer.headers['ipp-request-id']}"
        for company_id in (1, 2):
            await edge.client.get("/v1/box", headers={**sent, "IPP-Company-Id": str(company_id)})
            assert edge.seen[-1].company_id == company_id
        listed = (await edge.client.get("/API/resources/v1/context", headers=sent)).json()
        assert [(entry["id"], entry["name"]) for entry in listed] == [(1, "Company 1"), (2, "Company 2")]


async def test_a_tenant_in_the_token_request_settles_the_company(open_edge: Any, two_companies: Any) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", two_companies)
        sent = await token(edge, tenant_id=str(UUID(int=2)).upper())
        assert (await edge.client.get("/v1/box", headers=sent)).status_code == 200
        assert edge.seen[-1].company_id == 2
        answer = await edge.client.get("/v1/box", headers={**sent, "ipp-company-id": "1"})
        assert answer.status_code == 400


async def test_a_client_without_a_company(open_edge: Any) -> None:
    async with open_edge(settings=DURABLE) as edge:
        edge.access.add("isv_a", "s3cret", [])
        answer = await edge.client.get("/v1/box", headers=await token(edge))
        assert (answer.status_code, answer.json()["ExceptionFaultCode"]) == (400, "12027")


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.1", {}, 401),
        ("127.0.0.1", {"x-forwarded-for": "1.2.3.4"}, 401),
        ("127.0.0.1", {"forwarded": "for=1.2.3.4"}, 401),
        ("127.0.0.1", {"authorization": "Bearer x"}, 401),
        ("127.0.0.1", {"origin": "https://evil.test"}, 401),
        ("127.0.0.1", {"origin": "http://localhost"}, 200),
    ],
)
async def test_open_mode_is_for_this_machine_only(
    open_edge: Any, peer: str, headers: dict[str, str], status: int
) -> None:
    async with open_edge(peer=peer) as edge:
        assert (await edge.client.get("/v1/box", headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"host": "evil.example:9104", "origin": "http://evil.example:9104"}, "Host 'evil.example:9104'"),
        ({"host": "localhost.evil.example"}, "Host 'localhost.evil.example'"),
        ({"host": "127.0.0.1.nip.io"}, "Host '127.0.0.1.nip.io'"),
        ({"host": "sub.localhost:8080"}, "Host 'sub.localhost:8080'"),
        ({"host": "0.0.0.0:8080"}, "Host '0.0.0.0:8080'"),
        ({"host": "[::ffff:10.0.0.1]"}, "Host '[::ffff:10.0.0.1]'"),
        ({"host": "10.0.0.1"}, "Host '10.0.0.1'"),
        ({"host": "::1"}, "Host '::1'"),
        ({"host": "localhost:80:80"}, "Host 'localhost:80:80'"),
        ({"host": ""}, "Host ''"),
        ({"origin": "null"}, "Origin 'null'"),
        ({"origin": "http://localhost:3000"}, "Origin 'http://localhost:3000'"),
        ({"origin": ""}, "Origin ''"),
        ({"sec-fetch-site": "cross-site"}, "Sec-Fetch-Site 'cross-site'"),
        ({"sec-fetch-site": "same-site"}, "Sec-Fetch-Site 'same-site'"),
        ({"sec-fetch-site": "anything"}, "Sec-Fetch-Site 'anything'"),
        ({"x-forwarded-port": "443"}, "header x-forwarded-port"),
        ({"x-forwarded-prefix": "/x"}, "header x-forwarded-prefix"),
        ({"cf-connecting-ip": "1.2.3.4"}, "header cf-connecting-ip"),
        ({"true-client-ip": "1.2.3.4"}, "header true-client-ip"),
        ({"via": "1.1 squid"}, "header via"),
        ({"x-original-url": "/admin"}, "header x-original-url"),
    ],
)
async def test_open_mode_says_why_a_request_may_come_from_elsewhere(
    open_edge: Any, headers: dict[str, str], why: str
) -> None:
    async with open_edge() as edge:
        for method in ("GET", "POST"):
            answer = await edge.client.request(method, "/v1/box", headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == 'Bearer realm="reskontra"'
            assert f"this request may come from elsewhere: its {why}" in answer.json()["message"]
            assert answer.json()["message"].endswith(
                "Send a token, or call http://localhost or http://127.0.0.1 directly."
            )
        assert edge.seen == []


async def test_open_mode_says_which_peer_is_from_elsewhere(open_edge: Any) -> None:
    async with open_edge(peer="10.0.0.1") as edge:
        assert "elsewhere: it comes from 10.0.0.1. " in (await edge.client.get("/v1/box")).json()["message"]


async def test_open_mode_wants_a_host_also_where_http_does_not(wire: Any) -> None:
    for host, status in ((b"", 401), (b"Host: localhost\r\n", 200)):
        for more in (b"", b"Origin: null\r\n") if status == 401 else (b"",):
            (answer,) = await wire.say(b"GET /v1/box HTTP/1.0\r\n" + host + more + b"\r\n")
            assert answer.status == status


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "localhost:8080"},
        {"host": "LOCALHOST"},
        {"host": "127.0.0.1:80"},
        {"host": "127.9.8.7"},
        {"host": "[::1]"},
        {"host": "[::1]:8080", "origin": "http://[::1]:8080"},
        {"host": "localhost:8080", "origin": "https://LocalHost:8080"},
        {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "same-origin", "origin": "http://localhost"},
    ],
)
async def test_open_mode_serves_programs_and_own_pages_by_every_name_of_this_machine(
    open_edge: Any, headers: dict[str, str]
) -> None:
    async with open_edge() as edge:
        assert (await edge.client.get("/v1/box", headers=headers)).status_code == 200


async def test_a_token_may_come_by_any_name_and_from_any_page(token_edge: Any) -> None:
    for headers in (
        {"host": "integration.visma.net"},
        {"host": "integration.visma.net", "origin": "https://shop.example", "sec-fetch-site": "cross-site"},
        {"x-forwarded-for": "1.2.3.4", "via": "1.1 proxy"},
    ):
        assert (await token_edge.client.get("/v1/box", headers=headers)).status_code == 200


async def test_the_published_secret_opens_nothing_to_web_pages_or_other_machines(
    open_edge: Any, two_companies: Any
) -> None:
    known = {"client_id": "isv_demo", "client_secret": PUBLISHED_SECRET}
    basic = {"authorization": "Basic " + base64.b64encode(f"isv_demo:{PUBLISHED_SECRET}".encode()).decode()}
    for settings, headers, status in (
        (Settings(sandbox=True), {}, 200),
        (Settings(sandbox=True), {"host": "connect.visma.com"}, 200),
        (Settings(sandbox=True), {"origin": "http://localhost:3000"}, 200),
        (Settings(sandbox=True), {"host": "evil.example:8080", "origin": "http://evil.example:8080"}, 400),
        (Settings(sandbox=True), {"origin": "null"}, 400),
        (Settings(), {"origin": "https://evil.example"}, 400),
        (Settings(sandbox=True, host="0.0.0.0"), {}, 400),
        (Settings(host="10.0.0.1"), {}, 400),
    ):
        async with open_edge(settings=settings) as edge:
            edge.access.add("isv_demo", PUBLISHED_SECRET, two_companies)
            edge.access.add("isv_a", "s3cret", two_companies)
            form = {"grant_type": "client_credentials"}
            answer = await edge.client.post("/connect/token", data={**form, **known}, headers=headers)
            assert answer.status_code == status, (settings, headers)
            answer = await edge.client.post("/connect/token", data=form, headers={**headers, **basic})
            assert answer.status_code == {400: 401}.get(status, status)
            if status == 400:
                assert answer.json()["error"] == "invalid_client"
                assert "RESKONTRA_SANDBOX_SECRET" in answer.json()["error_description"]
            own = {**form, "client_id": "isv_a", "client_secret": "s3cret"}
            assert (await edge.client.post("/connect/token", data=own, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "settings", [Settings(sandbox=True, token_required=True), Settings(sandbox=True, host="0.0.0.0"), Settings()]
)
async def test_open_mode_has_to_be_meant(open_edge: Any, settings: Settings) -> None:
    async with open_edge(settings=settings) as edge:
        assert (await edge.client.get("/v1/box")).status_code == 401


async def test_open_mode_takes_the_first_company_unless_told(open_edge: Any, two_companies: Any) -> None:
    async with open_edge(companies=two_companies) as edge:
        await edge.client.get("/v1/box")
        assert edge.seen[-1].company_id == 1
        await edge.client.get("/v1/box", headers={"ipp-company-id": "2"})
        assert edge.seen[-1].company_id == 2
        assert (await edge.client.get("/v1/box", headers={"ipp-company-id": "7"})).status_code == 400


def test_secrets_are_hashed_with_their_salt() -> None:
    secret = new_secret()
    stored = hash_secret(secret, b"salt")
    assert is_secret(secret, b"salt", stored)
    assert not is_secret(secret, b"pepper", stored)
    assert not is_secret(secret + "x", b"salt", stored)


async def test_clients_and_companies_come_from_their_tables(books: Database) -> None:
    access = StoredAccess(books)
    assert await access.find_client("isv_a") is None
    moment = datetime(2025, 1, 27, tzinfo=UTC)
    async with books.transaction() as connection:
        company_id = await connection.fetchval(
            "insert into company "
            "(code, name, tenant_id, country_id, base_currency, time_zone, preferences, created_at) "
            "values ('edge', 'Edge', $1, 'NO', 'NOK', 'Europe/Oslo', '{}', $2) returning company_id",
            UUID(int=5),
            moment,
        )
        await insert_tallies(connection, company_id, dict.fromkeys(ENTITIES, (0, 0)))
        await connection.execute(
            "insert into api_client (client_id, name, secret_salt, secret_hash, scopes, created_at) "
            "values ('isv_a', 'A', $1, $2, $3, $4)",
            b"salt",
            hash_secret("s3cret", b"salt"),
            [SCOPE],
            moment,
        )
        await connection.execute("insert into api_client_company values ('isv_a', $1)", company_id)
    client = await access.find_client("isv_a")
    assert client is not None
    assert (client.scopes, client.is_disabled) == (frozenset({SCOPE}), False)
    assert is_secret("s3cret", client.secret_salt, client.secret_hash)
    (seen,) = await access.companies_of("isv_a")
    assert (seen.company_id, seen.tenant_id, seen.zone.key) == (company_id, UUID(int=5), "Europe/Oslo")
    assert seen in await access.companies()
    keys = await asyncio.gather(*(StoredAccess(books).server_secret() for _ in range(4)))
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    assert await access.is_ready()
