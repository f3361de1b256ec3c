"""Runs that meet each other and everything else that is done to the same documents: nobody waits in a ring.

Whoever wins, a document moves one level at most and a letter is made once; the fixture has the books prove themselves.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx

from tests.concurrency.test_races import clients, query, statuses, wrapped

if TYPE_CHECKING:
    from tests.conftest import ServerProcess

CUSTOMERS = 8


async def customer(client: httpx.AsyncClient, **fields: Any) -> str:
    answer = await client.post("/v1/customer", json=wrapped(name="Late payer", **fields))
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].rpartition("/")[2]


async def written(client: httpx.AsyncClient, path: str, lines: str, owing: str, **more: Any) -> str:
    line = wrapped(inventoryNumber="A", quantity=1)
    body = wrapped(customerNumber=owing, documentDate="2025-01-01", **{lines: [line]}) | more
    answer = await client.post(f"/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].rpartition("/")[2]


async def invoice(client: httpx.AsyncClient, owing: str) -> str:
    number = await written(client, "customerinvoice", "invoiceLines", owing)
    answer = await client.post(f"/v1/customerinvoice/{number}/action/release")
    assert answer.status_code == 200, answer.text
    return number


async def debit_note(client: httpx.AsyncClient, owing: str) -> str:
    number = await written(client, "customerDebitNote", "lines", owing)
    answer = await client.post(f"/v1/customerDebitNote/{number}/action/release")
    assert answer.status_code == 200, answer.text
    return number


async def remind_all(client: httpx.AsyncClient, day: str) -> httpx.Response:
    return await client.post("/v1/reskontra/run/dunning", json={"asOf": day}, timeout=120)


async def test_runs_meet_runs_and_everything_else_that_is_done(server_process: Callable[..., ServerProcess]):
    first = server_process()
    second = server_process(first.dsn)
    async with clients(6, first.url, first.token) as some, clients(6, second.url, second.token) as others:
        one, other = some[0], others[0]
        # Every second customer has a limit, so that its balance is locked before anything is written for it.
        limited = {"creditVerification": "CreditLimit", "creditLimit": 100_000}
        owing = [await customer(one, **(limited if turn % 2 else {})) for turn in range(CUSTOMERS)]
        old = {number: [await invoice(one, number), await invoice(one, number)] for number in owing}
        for number in owing:
            await debit_note(one, number)
        for day in ("2025-01-30", "2025-02-13"):
            assert (await remind_all(one, day)).status_code == 200
        credits_ = [
            await written(
                one,
                "customerCreditNote",
                "lines",
                number,
                applicationLines=[wrapped(documentType="Invoice", refNbr=old[number][0], amountPaid=50)],
            )
            for number in owing
        ]
        day = "2025-02-27"
        answers = await asyncio.gather(
            remind_all(one, day),
            remind_all(other, day),
            *(
                client.post(f"/v1/customer/{number}/action/createDunningLetter", json={"dunningLetterDate": day})
                for client, number in zip(others[1:], owing, strict=False)
            ),
            *(
                client.post(f"/v1/customerCreditNote/{number}/action/release")
                for client, number in zip(some[1:] + others[1:], credits_, strict=False)
            ),
            *(
                client.put(f"/v1/customerinvoice/{old[number][1]}", json=wrapped(note=f"met {number}"))
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
