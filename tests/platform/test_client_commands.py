"""Commands about clients, companies and keys, as an operator types them beside the servers that they are about."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from reskontra.demo import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests.conftest import ServerProcess
from tests.platform.processes import run

pytestmark = pytest.mark.sampled(0.5)

KNOWN_EVERYWHERE_SECONDS = 5.0

Begin = Callable[..., ServerProcess]


def get_token(server: ServerProcess, secret: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": secret,
        "tenant_id": str(TENANT_ID),
    }
    return httpx.post(f"{server.url}/connect/token", data=form, timeout=30)


def status(server: ServerProcess, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{server.url}/v1/customer/20001", headers=headers, timeout=30).status_code


def told(dsn: str, *words: str) -> str:
    done = run(*words, DATABASE_URL=dsn)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def assert_stopped(servers: Sequence[ServerProcess], token: str, since: float) -> None:
    """Ask all the time until each server refuses, and once more when all must: none takes the token any longer."""
    seconds: dict[str, float] = {}
    while len(seconds) < len(servers):
        for server in servers:
            sent_at = time.monotonic() - since
            answer = status(server, token)
            assert answer in (200, 401)
            assert answer == 401 or sent_at < KNOWN_EVERYWHERE_SECONDS, f"still served after {sent_at:.1f} s"
            if answer == 401:
                seconds.setdefault(server.url, sent_at)
        time.sleep(0.1)
    print("stopped after", ", ".join(f"{it:.2f} s" for it in seconds.values()))
    assert [status(server, token) for server in servers] == [401] * len(servers)


async def test_what_is_taken_from_a_client_is_known_to_every_server_within_five_seconds(server_process: Begin) -> None:
    one = server_process()
    servers = (one, server_process(one.dsn))
    token = one.token
    assert [status(server, token) for server in servers] == [200, 200]

    told(one.dsn, "client", "disable", CLIENT_ID)
    assert_stopped(servers, token, time.monotonic())
    assert get_token(one, CLIENT_SECRET).json()["error"] == "invalid_client"
    told(one.dsn, "client", "enable", CLIENT_ID)
    token = get_token(one, CLIENT_SECRET).json()["access_token"]
    assert [status(server, token) for server in servers] == [200, 200]

    made = json.loads(told(one.dsn, "client", "rotate", CLIENT_ID, "--json"))
    since = time.monotonic()
    new = get_token(servers[1], made["client_secret"]).json()["access_token"]
    assert [status(server, new) for server in servers] == [200, 200]
    assert get_token(one, CLIENT_SECRET).status_code == 400
    assert_stopped(servers, token, since)

    told(one.dsn, "keys", "rotate", "--yes")
    since = time.monotonic()
    newest = get_token(servers[1], made["client_secret"]).json()["access_token"]
    assert [status(server, newest) for server in servers] == [200, 200]  # also where the old key is remembered
    assert_stopped(servers, new, since)

    told(one.dsn, "client", "delete", CLIENT_ID, "--yes")
    assert_stopped(servers, newest, time.monotonic())
    assert get_token(one, made["client_secret"]).status_code == 400


async def test_listings_and_status_tell_people_and_programs_the_same(server_process: Begin) -> None:
    server = server_process()
    shown = told(server.dsn, "status")
    found = json.loads(told(server.dsn, "status", "--json"))
    (company,) = found["companies"]
    assert [it["url"] for it in found["database"]["servers"]] == [server.url]
    assert found["database"]["schema"]["applied"] == found["database"]["schema"]["known"]
    assert found["clients"] == 1
    assert company["documents"] > 20
    for value in (server.url, f"{company['documents']:,}", company["code"], company["name"]):
        assert value in shown

    assert json.loads(told(server.dsn, "company", "list", "--json")) == [company]
    assert json.loads(told(server.dsn, "company", "show", "demo", "--json")) == company
    listed = told(server.dsn, "company", "list").splitlines()
    assert listed[0].split() == ["ID", "CODE", "NAME", "TENANT", "CUSTOMERS", "DOCUMENTS", "NEWEST", "CHANGE"]
    assert listed[1].startswith(f"{company['company_id']}   demo  Demo AS  {TENANT_ID}")
    assert f"tenant         {TENANT_ID}" in told(server.dsn, "company", "show", "demo").splitlines()
    refused = run("company", "show", "nope", DATABASE_URL=server.dsn)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "Known companies: demo" in refused.stderr

    (client,) = json.loads(told(server.dsn, "client", "list", "--json"))
    assert (client["client_id"], client["companies"]) == (CLIENT_ID, ["demo"])
    assert [line.split()[0] for line in told(server.dsn, "client", "list").splitlines()] == ["CLIENT", CLIENT_ID]


async def test_a_client_is_changed_by_naming_all_that_it_may(server_process: Begin) -> None:
    server = server_process()
    told(server.dsn, "client", "change", CLIENT_ID, "--scope", "vismanet_erp_service_api:read")
    told(server.dsn, "client", "change", CLIENT_ID, "--company", "demo", "--company", "demo")
    assert "  read  " in told(server.dsn, "client", "list")
    refused = run("client", "change", CLIENT_ID, DATABASE_URL=server.dsn)
    assert (refused.returncode, refused.stderr) == (2, "reskontra: Say what to change: --company or --scope.\n")
    for words in (("client", "delete", CLIENT_ID), ("keys", "rotate")):
        refused = run(*words, DATABASE_URL=server.dsn)
        assert (refused.returncode, "Give --yes." in refused.stderr) == (2, True)


@pytest.mark.parametrize("word", ["disable", "enable", "rotate", "delete", "change"])
def test_a_command_about_a_client_asks_for_it(word: str) -> None:
    done = run("client", word)
    assert done.returncode == 2
    assert "CLIENT_ID" in done.stderr


async def test_a_status_shows_no_password_and_what_is_behind(databases: Any) -> None:
    name = await databases.create_empty()
    try:
        url = databases.dsn_of(name).replace("//ledger@", "//ledger:s3cret@") + "&password=s3cret"
        done = run("status", DATABASE_URL=url)
        assert (done.returncode, done.stderr) == (0, "")
        assert "s3cret" not in done.stdout
        assert "schema         0 of " in done.stdout
        assert "run `reskontra migrate`" in done.stdout
    finally:
        await databases.drop(name)
