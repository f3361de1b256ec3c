"""The companies of a running sandbox are made as they were."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import asyncpg
import httpx

from reskontra import __version__, sandbox
from reskontra.app import create_app
from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.backup import back_up
from reskontra.db.pool import Database
from reskontra.demo import CLIENT_SECRET
from tests.clerk import Clerk, refusal
from tests.conftest import NOW, new_company

RESET = "/v1/reskontra/sandbox/reset"
OUTBOX = "/v1/reskontra/sandbox/outbox"


def mail_in(outbox: Path, name: str) -> Path:
    """A mail in an outbox, as sending one leaves it."""
    outbox.mkdir(exist_ok=True)
    file = outbox / name
    file.write_bytes(b"Subject: Invoice 003547\r\n\r\nIt is attached.\r\n")
    return file


async def test_companies_are_made_as_they_were_under_a_running_server(
    fresh_dsn: Callable[[], Awaitable[str]], tmp_path: Path, clock: SeededClock
) -> None:
    dsn, file = await fresh_dsn(), tmp_path / "demo.zip"
    connection = await asyncpg.connect(dsn)
    await back_up(connection, file, NOW, __version__)
    await connection.close()
    database = await Database.connect(dsn)
    reset = partial(sandbox.reset, database, dsn, CLIENT_SECRET, clock, file=file)
    app = create_app(Settings(sandbox=True, data_dir=tmp_path), database, clock, reset=reset)
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        clerk = Clerk(http, database, clock)
        assert (await http.get("/v1/reskontra/sandbox/start")).json()["canReset"] is True
        invoices = len(await clerk.numbers("customerinvoice"))
        invoice = await clerk.invoice()
        renamed = await clerk.put("customer/20001", name="Another")

        outbox = [mail_in(tmp_path / "outbox", name) for name in ("20260115T090000-1.eml", "20260115T100000-2.eml")]
        assert [it["name"] for it in (await http.get(OUTBOX)).json()] == [it.name for it in outbox[::-1]]

        assert (await http.post(RESET)).status_code == 200
        assert (await http.get(OUTBOX)).json() == [], "what it was about is gone"
        assert not any(it.exists() for it in outbox)
        assert len(await clerk.numbers("customerinvoice")) == invoices
        assert (await clerk.get("customer/20001"))["name"] != "Another"
        again = await clerk.invoice()
        assert again.number == invoice.number, "the series begins where it did"
        told = (await http.get(f"/v1/reskontra/sandbox/requests/{renamed.headers['ipp-request-id']}")).json()
        assert told["effect"]["sentence"] == "customer 20001 updated", "what was done before is still told"
        rows = (await http.get("/v1/reskontra/sandbox/requests", params={"method": "POST"})).json()["requests"]
        assert rows[0]["effect"]["sentence"] == f"invoice {again.number} created"

        mail_in(tmp_path / "outbox", "20260115T110000-3.eml")
        await new_company(database, clock)
        refused = refusal(await http.post(RESET))
        assert "would lose companies, as there are others than in the demo: demo, NEW" in refused
        assert "--fresh" in refused
        assert (await clerk.get(again)).number == again.number
        assert len((await http.get(OUTBOX)).json()) == 1, "nothing was reset"
    await database.close()


async def test_a_sandbox_that_cannot_be_reset_says_so(bystander: Clerk) -> None:
    assert "This sandbox cannot be reset." in refusal(await bystander.http.post(RESET))
