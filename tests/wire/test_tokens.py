"""The token endpoint under guessing and under load: pauses, a queue of its own, a log line and a figure for each."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from reskontra.config import Settings
from reskontra.log import _json
from reskontra.web import tokens
from reskontra.web.pauses import FREE_FAILURES, PAUSE_SECONDS_MAX, Pauses
from reskontra.web.peers import address_of, home_of
from reskontra.web.secrets import is_secret

BEHIND_A_PROXY = Settings(trusted_proxies=(ipaddress.ip_network("127.0.0.0/8"),))
WRONG = {"client_id": "isv_a", "client_secret": "wrong"}
RIGHT = {"client_id": "isv_a", "client_secret": "s3cret"}


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of the thread of each comparison of a secret."""
    threads: list[str] = []

    def noted(secret: str, salt: bytes, expected: bytes) -> bool:
        threads.append(threading.current_thread().name)
        return is_secret(secret, salt, expected)

    monkeypatch.setattr(tokens, "is_secret", noted)
    return threads


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets are compared as they are: for tests of what comes before and after."""
    monkeypatch.setattr(tokens, "is_secret", lambda secret, salt, expected: secret == "s3cret" and salt != b"nobody")


async def ask(edge: Any, address: str = "", **form: str) -> httpx.Response:
    headers = {"x-forwarded-for": address} if address else {}
    sent = {"grant_type": "client_credentials", **form}
    answer: httpx.Response = await edge.client.post("/connect/token", data=sent, headers=headers)
    return answer


async def fail(edge: Any, times: int, address: str = "", **form: str) -> None:
    for _ in range(times):
        assert (await ask(edge, address, **{**WRONG, **form})).status_code == 400


def assert_is_paused(answer: httpx.Response, seconds: int) -> None:
    assert (answer.status_code, answer.headers["retry-after"]) == (429, str(seconds)), answer.text
    assert answer.json()["error"] == "temporarily_unavailable"
    assert f"Try again in {seconds} seconds" in answer.json()["error_description"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("quick")
async def test_each_failure_after_some_doubles_the_pause(open_edge: Any, two_companies: Any) -> None:
    async with open_edge(settings=Settings()) as edge:
        edge.access.add("isv_a", "s3cret", two_companies)
        await fail(edge, FREE_FAILURES)
        for seconds in (1, 2, 4, 8, 16, 32, 60, 60):
            await fail(edge, 1)
            assert_is_paused(await ask(edge, **WRONG), seconds)
            assert_is_paused(await ask(edge, **RIGHT), seconds)  # that the secret is right is not found out
            edge.passing.seconds += seconds
        assert (await ask(edge, **RIGHT)).status_code == 200
        await fail(edge, FREE_FAILURES)  # it has begun anew
        assert (await ask(edge, **RIGHT)).status_code == 200


@pytest.mark.usefixtures("quick")
async def test_an_address_pauses_whatever_it_says_it_is(open_edge: Any, two_companies: Any) -> None:
    async with open_edge(settings=BEHIND_A_PROXY) as edge:
        edge.access.add("isv_a", "s3cret", two_companies)
        for number in range(FREE_FAILURES + 1):
            await fail(edge, 1, "198.51.100.7", client_id=f"isv_{number}")
        assert_is_paused(await ask(edge, "198.51.100.7", client_id="isv_new", client_secret="x"), 1)
        assert_is_paused(await ask(edge, "198.51.100.7", **RIGHT), 1)
        assert (await ask(edge, "198.51.100.8", **RIGHT)).status_code == 200


@pytest.mark.usefixtures("quick")
async def test_a_client_pauses_wherever_it_is_guessed_but_not_where_it_is_known(
    open_edge: Any, two_companies: Any
) -> None:
    async with open_edge(settings=BEHIND_A_PROXY) as edge:
        edge.access.add("isv_a", "s3cret", two_companies)
        assert (await ask(edge, "203.0.113.1", **RIGHT)).status_code == 200
        for number in range(FREE_FAILURES + 1):
            await fail(edge, 1, f"198.51.100.{number}")
        assert_is_paused(await ask(edge, "198.51.100.99", **WRONG), 1)
        assert_is_paused(await ask(edge, "198.51.100.99", **RIGHT), 1)
        assert (await ask(edge, "203.0.113.1", **RIGHT)).status_code == 200


@pytest.mark.usefixtures("quick")
async def test_a_program_with_an_outdated_secret_pauses_itself_and_no_neighbour(
    open_edge: Any, two_companies: Any
) -> None:
    async with open_edge(settings=Settings()) as edge:
        for client_id in ("isv_a", "isv_b", "isv_c"):
            edge.access.add(client_id, "s3cret", two_companies)
        assert (await ask(edge, **{**RIGHT, "client_id": "isv_b"})).status_code == 200
        for _ in range(3):
            for _ in range(20):
                await ask(edge, **WRONG)
            assert_is_paused(await ask(edge, **WRONG), int((await ask(edge, **WRONG)).headers["retry-after"]))
            for client_id in ("isv_b", "isv_c"):
                assert (await ask(edge, **{**RIGHT, "client_id": client_id})).status_code == 200
            edge.passing.seconds += 60
        for number in range(FREE_FAILURES + 2):  # whoever guesses at the same address does not pause those known there
            await ask(edge, client_id=f"isv_{number}", client_secret="x")
        assert (await ask(edge, client_id="isv_new", client_secret="x")).status_code == 429
        assert (await ask(edge, **{**RIGHT, "client_id": "isv_b"})).status_code == 200


async def test_a_client_that_does_not_exist_is_treated_as_one_that_does(
    open_edge: Any, two_companies: Any, hashed: list[str]
) -> None:
    async with open_edge(settings=BEHIND_A_PROXY) as edge:
        edge.access.add("isv_a", "s3cret", two_companies)
        said: dict[str, list[tuple[int, str]]] = {}
        costs: dict[str, list[int]] = {}
        for number, client_id in enumerate(("isv_a", "isv_nobody", "\x00", "x" * 5000)):
            for _ in range(FREE_FAILURES + 2):
                hashed.clear()
                answer = await ask(edge, f"192.0.2.{number}", client_id=client_id, client_secret="wrong")
                said.setdefault(client_id, []).append((answer.status_code, answer.text))
                costs.setdefault(client_id, []).append(len(hashed))
        assert [len({str(it) for it in told.values()}) for told in (said, costs)] == [1, 1]
        assert costs["isv_a"] == [1] * (FREE_FAILURES + 1) + [0]


async def test_hashing_has_a_thread_and_a_short_queue_of_its_own(
    open_edge: Any, two_companies: Any, hashed: list[str]
) -> None:
    async with open_edge(settings=BEHIND_A_PROXY) as edge:
        edge.access.add("isv_a", "s3cret", two_companies)
        flood = [ask(edge, f"192.0.2.{n}", client_id=f"isv_{n}", client_secret="x") for n in range(60)]
        answers = await asyncio.gather(*flood)
        assert Counter(answer.status_code for answer in answers) == {400: 1 + tokens.WAITING_MAX, 503: 34}
        busy = next(answer for answer in answers if answer.status_code == 503)
        assert busy.headers["retry-after"] == "1"
        assert busy.json()["error"] == "temporarily_unavailable"
        assert len(hashed) == 1 + tokens.WAITING_MAX
        assert {name.rpartition("_")[0] for name in hashed} == {"client-secrets"}
        assert len(set(hashed)) == tokens.WORKERS
        assert (await ask(edge, **RIGHT)).status_code == 200


async def test_many_at_once_from_one_address_are_paused_while_they_wait(
    open_edge: Any, two_companies: Any, hashed: list[str]
) -> None:
    async with open_edge(settings=Settings()) as edge:
        edge.access.add("isv_a", "s3cret", two_companies)
        answers = await asyncio.gather(*(ask(edge, client_id=f"isv_{n}", client_secret="x") for n in range(20)))
        assert Counter(answer.status_code for answer in answers) == {
            400: FREE_FAILURES + 1,
            429: 20 - FREE_FAILURES - 1,
        }
        assert len(hashed) == FREE_FAILURES + 1


@pytest.mark.usefixtures("quick")
async def test_each_refusal_is_a_line_of_the_log_and_a_figure(open_edge: Any, two_companies: Any) -> None:
    async with open_edge(settings=BEHIND_A_PROXY) as edge:
        edge.access.add("isv_a", "s3cret", two_companies)
        edge.access.add("isv_off", "s3cret", two_companies, is_disabled=True)
        with capture_logs() as lines:
            for form in (
                WRONG,
                {**RIGHT, "client_id": "isv_b\n2026 forged line"},
                {**RIGHT, "client_id": "isv_off"},
                {**RIGHT, "scope": "admin"},
                {**RIGHT, "tenant_id": "x"},
                {**RIGHT, "grant_type": "password"},
            ):
                assert (await ask(edge, "10.1.2.3, 198.51.100.7", **form)).status_code == 400
        refused = [line for line in lines if line["event"] == "token refused"]
        assert {line["log_level"] for line in refused} == {"warning"}
        assert {line["address"] for line in refused} == {"198.51.100.7"}
        assert [(line["client_id"], line["reason"]) for line in refused] == [
            ("isv_a", "wrong_secret"),
            ("'isv_b\\n2026 forged line'", "unknown_client"),
            ("isv_off", "disabled_client"),
            ("isv_a", "scope"),
            ("isv_a", "tenant"),
            ("", "malformed"),
        ]
        assert "s3cret" not in str(lines)
        figures = (await edge.client.get("/metrics")).text
        for reason in ("wrong_secret", "unknown_client", "disabled_client", "scope", "tenant", "malformed"):
            assert f'reskontra_token_refusals_total{{reason="{reason}"}} 1.0' in figures


@pytest.mark.usefixtures("quick")
async def test_fail2ban_finds_the_address_and_is_not_deceived(open_edge: Any) -> None:
    page = (Path(__file__).parents[2] / "docs" / "OPERATING.md").read_text()
    (expression,) = re.findall(r"^failregex = (.*)$", page, re.MULTILINE)
    pattern = re.compile(expression.replace("<HOST>", r"(?P<host>[0-9a-f.:]+)"))
    deceit = 'x","address":"192.0.2.9","reason":"wrong_secret","event":"token refused'
    async with open_edge(settings=BEHIND_A_PROXY) as edge:
        with capture_logs() as lines:
            for client_id in ("isv_a", deceit, deceit + "\\", "\x00ø"):
                await ask(edge, "198.51.100.7", client_id=client_id, client_secret="x")
        refused = [_json(line) for line in lines if line["event"] == "token refused"]
    found = [pattern.search(line) for line in refused]
    assert [match and match["host"] for match in found] == ["198.51.100.7"] * 4


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.1", None, "198.51.100.1"),
        ("198.51.100.1", "203.0.113.1", "198.51.100.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.1", "203.0.113.1"),
        ("10.0.0.1", "192.0.2.66, 203.0.113.1, 10.0.0.2", "203.0.113.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "somebody", "10.0.0.1"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        (None, "203.0.113.1", ""),
    ],
)
def test_a_trusted_proxy_is_believed_who_it_speaks_for(peer: str | None, forwarded: str | None, address: str) -> None:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert address_of(headers, peer, [ipaddress.ip_network("10.0.0.0/8")]) == address


def test_a_network_of_ipv6_is_one_caller() -> None:
    assert home_of("2001:db8:1:2:3::4") == home_of("2001:db8:1:2::9") != home_of("2001:db8:1:3::9")
    assert home_of("192.0.2.1") != home_of("192.0.2.2")


def test_pauses_are_forgotten_after_a_while_and_never_many() -> None:
    now = [0.0]
    pauses = Pauses(lambda: now[0])
    for number in range(50_000):
        pauses.failed(number)
    assert len(pauses) == 30_000
    for _ in range(100):
        pauses.failed("a")
    assert pauses.seconds_left("a") == PAUSE_SECONDS_MAX
    now[0] = 901.0
    assert pauses.seconds_left("a") == 0
    pauses.failed("a")
    assert (pauses.seconds_left("a"), len(pauses)) == (0, 1)
