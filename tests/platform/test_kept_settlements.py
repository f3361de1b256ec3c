"""Books of step 3 with applications in them: after the upgrade settling is an event of its own, and work goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import asyncpg
import httpx
import pytest

from reskontra.clock import Clock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.conftest import open_client
from tests.platform.kept_books import brought_up_to_date

APPLICATION = "/v1/reskontra/application"


@pytest.fixture
async def kept_dsn(databases: Any, dsn_of: Callable[[str], str]) -> AsyncIterator[str]:
    """The books, brought up to date; they must prove themselves at the end."""
    async with brought_up_to_date("step3", databases, dsn_of) as dsn:
        yield dsn


@pytest.fixture
async def kept(kept_dsn: str, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    """Talks to the application on the books."""
    database = await Database.connect(kept_dsn)
    async with open_client(Settings(sandbox=True), database, clock) as client:
        yield client
    await database.close()


async def read(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.text}"
    return answer.json()


async def undone(client: httpx.AsyncClient, row: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(f"{APPLICATION}/{row['id']}/action/undo")
    assert answer.status_code == 200, answer.text
    (made,) = answer.json()["applications"]
    return dict(made)


def sides(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["credit"]["referenceNumber"],
        row["debit"]["referenceNumber"],
        row["amount"],
        row.get("gainLoss"),
        row["released"],
    )


async def test_the_applications_of_then_are_told_with_their_batches(kept: httpx.AsyncClient) -> None:
    rows = await read(kept, APPLICATION)
    assert sorted(sides(row) for row in rows if row["customer"] == "10001")[:3] == [
        ("010001", "001001", 50, 0, True),
        ("010001", "002001", 500, 0, True),
        ("010001", "002002", 200, 0, True),
    ]
    of_a_foreign_note = [row for row in rows if row["credit"]["referenceNumber"] == "010004"]
    assert sorted((row["debit"]["referenceNumber"], row["amount"], row["gainLoss"]) for row in of_a_foreign_note) == [
        ("002004", 800, 160),
        ("002005", 300.10, 14.67),
        ("002006", 24.90, 14.94),
    ]
    assert len({row["batchNumber"] for row in of_a_foreign_note}) == 1
    assert [sides(row) for row in rows if not row["released"]] == [("010008", "002008", 75, None, False)]


async def test_each_document_is_proved_by_its_own_entries(kept_dsn: str) -> None:
    connection = await asyncpg.connect(kept_dsn)
    rows = await connection.fetch(
        """
        select document.number, document.balance_base, sum(entry.debit_base - entry.credit_base) as ledger
          from journal_entry as entry
          join document on document.company_id = entry.company_id and document.document_id = entry.moves_document_id
         where document.currency_id = 'EUR' and document.document_type = 'Invoice' and document.number <= '002006'
         group by 1, 2 order by 1
        """
    )
    settlements = await connection.fetchval("select count(*) from settlement where kind = 'apply'")
    await connection.close()
    assert [tuple(row) for row in rows] == [
        ("002004", Decimal("780.0000"), Decimal("780.0000")),
        ("002005", Decimal("1229.8300"), Decimal("1229.8300")),
        ("002006", rows[2]["balance_base"], rows[2]["balance_base"]),
    ]
    assert settlements == 6, "one for each credit note that was released with applications"


async def test_an_open_note_of_then_is_applied_now(kept: httpx.AsyncClient) -> None:
    body = {
        "credit": {"documentType": "CreditNote", "referenceNumber": "010005"},
        "lines": [{"referenceNumber": "002004", "amountPaid": 75}],
    }
    answer = await kept.post(APPLICATION, json=body)
    assert answer.status_code == 200, answer.text
    (made,) = answer.json()["applications"]
    assert made["gainLoss"] == -15, "75 EUR that were owed at 10.40 went for 10.20"
    closed = await read(kept, "/v1/customerinvoice/002004")
    assert (closed["status"], closed["balance"]) == ("Closed", 0)
    await undone(kept, made)
    assert (await read(kept, "/v1/customerinvoice/002004"))["balance"] == 780


async def test_every_application_of_then_can_be_undone_and_all_accounts_are_as_before_it(
    kept: httpx.AsyncClient, kept_dsn: str
) -> None:
    rows = await read(kept, f"{APPLICATION}?released=true")
    (of_a_fee,) = (row for row in rows if row["customer"] == "10004")
    answer = await kept.post(f"{APPLICATION}/{of_a_fee['id']}/action/undo")
    assert (answer.status_code, "voided dunning letter" in answer.text) == (400, True)
    for row in rows:
        if row is of_a_fee:
            continue
        back = await undone(kept, row)
        assert back["gainLoss"] == -row["gainLoss"]
    connection = await asyncpg.connect(kept_dsn)
    left = await connection.fetchval(
        """
        select count(*) from document
         where released_at is not null and (balance, balance_base) <> (amount, amount_base)
           and customer_id in (select customer_id from customer where number <> '10004')
        """
    )
    differences = await connection.fetch(
        """
        select account_number, sum(debit_base - credit_base) as balance from journal_entry
         where purpose = 'exchange_gain_loss' group by 1 having sum(debit_base - credit_base) <> 0
        """
    )
    await connection.close()
    assert (left, list(differences)) == (0, [])


async def test_a_draft_of_then_settles_when_it_is_released_now(kept: httpx.AsyncClient) -> None:
    answer = await kept.post("/v1/customerCreditNote/010008/action/release")
    assert answer.status_code == 200, answer.text
    note, invoice = await read(kept, "/v1/customerCreditNote/010008"), await read(kept, "/v1/customerinvoice/002008")
    assert (note["balance"], invoice["balance"]) == (50, 237.5)
