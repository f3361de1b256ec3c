"""A backup brings back rows of every table that there is, and what is read of them.

The rows come from one pass of all requests that tests/trips counts, and from what those leave out.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from reskontra.app import served_routes
from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.archive import read_archive
from reskontra.db.pool import Database
from tests.clerk import NEEDED, wrapped
from tests.conftest import NOW, assert_books_prove_themselves, open_client
from tests.survival.test_backup import back_up_from, environment, fingerprint, restore_into
from tests.trips.test_round_trips import PREPARED, READ, WRITES, carry_out, paying

Sent = tuple[str, str, dict[str, Any]]
STEPS = [{"operation": "Insert", **wrapped(breakAmount=0, discountPercent=5)}]
CHARGED = [{"operation": "Insert", **wrapped(entryType="BANKGEBYR", amount=5)}]
MANDATE = wrapped(mandateId="M1", iban="NO9386011117947")


def left_out(kept: dict[str, str]) -> tuple[Sent, ...]:
    """Requests for the tables that no step of a pass leaves a row in."""
    waiting = {**paying(kept["owed"]), "financeCharges": CHARGED}
    return (
        ("PUT", "/v1/customer/20001", {"attributeLines": [wrapped(attributeId="K1", attributeValue="kept")]}),
        ("PUT", "/v1/customer/20001", {"directDebitLines": [{"operation": "Insert", **MANDATE}]}),
        ("PUT", "/v1/salesperson/S1", {"customers": [{"operation": "Insert", **wrapped(customerID="20001")}]}),
        ("POST", "/v1/discount", {**wrapped(discountCode="RABATT", series="S9"), "discountBreakpoints": STEPS}),
        ("POST", "/v1/customerPayment", waiting),
    )


OF_THE_COMPANY_FILE = """
    insert into dunning_text (company_id, level, language, subject) values (1, 1, 'sv', 'Hej');
    insert into overdue_charge_rate (company_id, overdue_charge_id, start_date, percent)
    select company_id, overdue_charge_id, '2025-01-01', 9.5 from overdue_charge where company_id = 1;
    """
"""What a company's file may have and the demo's has not."""

SIGNED_IN = """
    insert into user_session (session_hash, user_id, created_at, expires_at)
    select '\\x01', user_id, now(), now() + interval '1 hour' from user_account;
    insert into server_secret (name, value) values ('token-signing', '\\x02') on conflict do nothing;
    """
"""What signing in and the first token leave."""


@pytest.fixture
async def filled(fresh_dsn: Callable[[], Awaitable[str]]) -> tuple[str, dict[str, str]]:
    """The URL of books with rows in every table, and what is in them, by the names that READ has."""
    dsn = await fresh_dsn()
    database = await Database.connect(dsn)
    kept = {"pass": "1", "account": "3001"}
    async with database.connection() as connection:
        await connection.execute(PREPARED + OF_THE_COMPANY_FILE)
    async with open_client(Settings(sandbox=True), database, SeededClock(NOW)) as client:
        for step in WRITES:
            await carry_out(client, step, kept)
        kept["owed"] = await _owed(client)
        for position, (method, address, body) in enumerate(left_out(kept)):
            answer = await client.request(method, address, json=body, headers={"Idempotency-Key": f"key-{position}"})
            assert answer.is_success, (address, answer.text)
        segment = (await client.get("/v1/dimension/SUBACCOUNT/1")).json()
        kept["public id"] = segment["segmentValues"][0]["publicId"]
        kept["organisation"] = (await client.get("/v1/organization")).json()[0]["organizationCd"]
    await database.close()
    words = ["user", "create", "--email", "kari@example.com", "--role", "reader", "--company", "demo"]
    for command, said in ((words, "four words are enough\n"), (["check"], "")):
        run = [sys.executable, "-m", "reskontra", *command, "--database-url", dsn]
        done = await asyncio.to_thread(
            subprocess.run, run, input=said, capture_output=True, text=True, check=False, env=environment()
        )
        assert done.returncode == 0, done.stderr
    connection = await asyncpg.connect(dsn)
    await connection.execute(SIGNED_IN)
    await connection.close()
    return dsn, kept


async def _owed(client: httpx.AsyncClient) -> str:
    """An invoice that a payment may name."""
    line = {"operation": "Insert", **wrapped(inventoryNumber="A", quantity=2)}
    body = wrapped(customerNumber="20001", documentDate="2025-05-05") | {"invoiceLines": [line]}
    created = await client.post("/v1/customerinvoice", json=body)
    number = created.headers["Location"].rpartition("/")[2]
    assert (await client.post(f"/v1/customerinvoice/{number}/action/release")).is_success
    return str(number)


async def read_all(dsn: str, kept: dict[str, str]) -> dict[str, Any]:
    """What every GET answers."""
    database = await Database.connect(dsn)
    async with open_client(Settings(sandbox=True), database, SeededClock(NOW)) as client:
        found = {}
        for route in served_routes():
            if route.method == "GET":
                target = re.sub(r"\{(\w+)\}", lambda name: READ[name[1]].format_map(kept), route.path)
                answer = await client.get(target, params=NEEDED.get(route.operation))
                found[route.operation] = answer.status_code, answer.content
    await database.close()
    return found


async def test_a_row_of_every_table_comes_back_and_every_answer_is_the_same(
    filled: tuple[str, dict[str, str]], empty_dsn: Callable[[], Awaitable[str]], tmp_path: Path
) -> None:
    (source, kept), target, file = filled, await empty_dsn(), tmp_path / "books.zip"
    await back_up_from(source, file)
    with read_archive(file) as archive:
        assert [table.name for table in archive.manifest.tables if not table.rows] == []
    assert (await restore_into(target, file)).offences == []
    before, after = await fingerprint(source), await fingerprint(target)
    assert {name for name, rows in before["rows"].items() if after["rows"].get(name) != rows} == set()
    assert after == before
    asked, again = await read_all(source, kept), await read_all(target, kept)
    assert {status for status, _ in asked.values()} == {200}
    assert {name for name in asked if asked[name] != again[name]} == set()
    await assert_books_prove_themselves(target)
