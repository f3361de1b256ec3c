"""Runs that meet each other and everything else that is done to the same documents: nobody waits in a ring.

Whoever wins, a document moves one level at most and a letter is made once; the fixture has the books prove themselves.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.clerk import DEBIT_NOTE, INVOICE, Caller, application
from tests.concurrency.test_races import clients, query, statuses

if TYPE_CHECKING:
    from tests.conftest import ServerProcess

CUSTOMERS = 8
INVOICED = "2025-01-01"


async def invoice(client: httpx.AsyncClient, owing: str) -> str:
    """The number of a released invoice."""
    return (await Caller(client, day=INVOICED).issue(INVOICE, owing)).number


async def debit_note(client: httpx.AsyncClient, owing: str) -> None:
    await Caller(client, day=INVOICED).issue(DEBIT_NOTE, owing)


async def remind_all(client: httpx.AsyncClient, day: str) -> httpx.Response:
    return await client.post("/v1/reskontra/run/dunning", json={"asOf": day}, timeout=120)


@pytest.mark.slow
async def test_runs_meet_runs_and_everything_else_that_is_done(server_process: Callable[..., ServerProcess]):
    first = server_process()
    second = server_process(first.dsn)
    async with clients(6, first.url, first.token) as some, clients(6, second.url, second.token) as others:
        one, other = some[0], others[0]
        # Every second customer has a limit, so that its balance is locked before anything is written for it.
        limited = {"creditVerification": "CreditLimit", "creditLimit": 100_000}
        clerk = Caller(one, day=INVOICED)
        owing = [(await clerk.customer(**(limited if turn % 2 else {}))).number for turn in range(CUSTOMERS)]
        old = {number: [await invoice(one, number), await invoice(one, number)] for number in owing}
        for number in owing:
            await debit_note(one, number)
        for day in ("2025-01-30", "2025-02-13"):
            assert (await remind_all(one, day)).status_code == 200
        credits_ = [
            await clerk.credit_note(number, applicationLines=[application(old[number][0], 50)]) for number in owing
        ]
        day = "2025-02-27"
        answers = await asyncio.gather(
            remind_all(one, day),
            remind_all(other, day),
            *(
                Caller(client).act(f"customer/{number}", "createDunningLetter", dunningLetterDate=day)
                for client, number in zip(others[1:], owing, strict=False)
            ),
            *(
                Caller(client).act(note, "release")
                for client, note in zip(some[1:] + others[1:], credits_, strict=False)
            ),
            *(
                Caller(client).put(f"{INVOICE}/{old[number][1]}", note=f"met {number}")
                for client, number in zip(others[1:] + some[1:], owing, strict=False)
            ),
        )
        last = asyncio.create_task(remind_all(one, day))
        await asyncio.gather(
            *(invoice(client, number) for client, number in zip(some + others, owing, strict=False)),
            *(debit_note(client, number) for client, number in zip(others + some, owing, strict=False)),
        )
        runs = [*answers[:2], await last]
    assert set(statuses([*answers, *runs])) <= {200, 204}, statuses(answers)
    left_out = [reason for run in runs for reason in run.json()["skipped"]]
    assert left_out == [], "who waits in a ring is left out in the end"
    lines = await query(
        first.dsn,
        """select document_id, level_after, letter_date from dunning_letter_line
             join dunning_letter using (company_id, letter_id) where level_after > level_before""",
    )
    reminded = Counter((line["document_id"], line["level_after"]) for line in lines)
    assert set(reminded.values()) == {1}, "no document is reminded of twice at a level"
    states = await query(
        first.dsn,
        """select distinct dunning_level from document join customer using (company_id, customer_id)
            where customer.number = any ($1) and balance > 0 and document_type <> 'CreditNote' and origin = 'entered'
              and document_id in (select document_id from dunning_letter_line where level_after = 2)""",
        owing,
    )
    assert [row["dunning_level"] for row in states] == [3]
    fees = await query(first.dsn, "select count(*) from document where origin = 'dunning_fee' group by customer_id")
    assert [row["count"] for row in fees if row] == [1] * len(fees), "one fee for each letter of level 3"
    assert len(fees) >= CUSTOMERS
