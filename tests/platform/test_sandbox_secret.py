"""Whose secret a sandbox takes: the published one is only for a sandbox that nobody else can reach."""

from __future__ import annotations

import pytest

from reskontra.clock import SeededClock
from reskontra.companies.store.access import StoredAccess
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.demo import CLIENT_ID, CLIENT_SECRET
from reskontra.sandbox import greeting, put_secret, secret_for
from reskontra.web.secrets import is_secret
from tests.conftest import open_client

URL = "http://127.0.0.1:8080"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "books.example"])
def test_a_sandbox_that_others_can_reach_has_a_new_secret_at_each_start_and_warns(host: str) -> None:
    settings = Settings(sandbox=True, host=host)
    first, second = secret_for(settings), secret_for(settings)
    assert CLIENT_SECRET not in (first, second)
    assert first != second
    shown = greeting(settings, URL, first)
    assert f"client_secret={first} " in shown
    assert CLIENT_SECRET not in shown
    assert "Warning: other machines may reach this sandbox. The secret changes at every start" in shown


@pytest.mark.parametrize(
    ("settings", "secret", "warning"),
    [
        (Settings(sandbox=True), CLIENT_SECRET, None),
        (Settings(sandbox=True, host="::1", token_required=True), CLIENT_SECRET, None),
        (Settings(sandbox=True, sandbox_secret="mine"), "mine", None),
        (Settings(sandbox=True, host="0.0.0.0", sandbox_secret="mine"), "mine", "and has the secret"),
        (Settings(sandbox=True, host="0.0.0.0", sandbox_secret=CLIENT_SECRET), CLIENT_SECRET, "secret is published"),
    ],
)
def test_the_secret_is_known_where_that_is_meant(settings: Settings, secret: str, warning: str | None) -> None:
    assert secret_for(settings) == secret
    shown = greeting(settings, URL, secret)
    assert f"client_secret={secret} " in shown
    assert ("Warning" in shown, warning is None or warning in shown) == (warning is not None, True)


async def test_the_secret_that_is_shown_is_the_one_that_counts(books: Database, clock: SeededClock) -> None:
    for secret in ("another", "another", CLIENT_SECRET):
        await put_secret(books, secret, clock)
        client = await StoredAccess(books).find_client(CLIENT_ID)
        assert client is not None
        assert is_secret(secret, client.secret_salt, client.secret_hash)
    async with books.connection() as connection:
        rotated = await connection.fetchval(
            "select count(*) from change where entity = 'ApiClient' and actor = 'sandbox'"
        )
    assert rotated == 2


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        (Settings(sandbox=True), 200),
        (Settings(), 200),
        (Settings(sandbox=True, host="0.0.0.0"), 400),
        (Settings(host="0.0.0.0"), 400),
        (Settings(sandbox=True, host="0.0.0.0", sandbox_secret=CLIENT_SECRET), 200),
    ],
)
async def test_the_published_secret_works_beyond_loopback_only_where_it_was_chosen(
    database: Database, clock: SeededClock, settings: Settings, status: int
) -> None:
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    async with open_client(settings, database, clock) as client:
        answer = await client.post("/connect/token", data=form)
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"] == "invalid_client"
        assert "The demo's secret is published" in answer.json()["error_description"]


async def test_a_client_that_was_deleted_stays_so(books: Database, clock: SeededClock) -> None:
    async with books.transaction() as connection:
        await connection.execute("delete from api_client_company")
        await connection.execute("delete from api_client")
    await put_secret(books, "another", clock)
    assert await StoredAccess(books).find_client(CLIENT_ID) is None
