"""Requests that meet: real connections, a real server, and afterwards books that must prove themselves.

Every test says what may come out whoever wins. The fixtures run the self-check on each database after its test.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx

from tests.clerk import INVOICE, ITEM_A, body, number_of, sale, wrapped

if TYPE_CHECKING:
    from tests.conftest import RunningServer, ServerProcess

LAST_INVOICE = 3547
"""The last number that the demo company has used in its series of invoices."""


@asynccontextmanager
async def clients(count: int, url: str, token: str | None = None) -> AsyncIterator[list[httpx.AsyncClient]]:
    """So many clients, each with a connection of its own that is open already."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    opened = [httpx.AsyncClient(base_url=url, headers=headers, timeout=30) for _ in range(count)]
    try:
        await asyncio.gather(*(client.get("/v1/customer/20001") for client in opened))
        yield opened
    finally:
        for client in opened:
            await client.aclose()


def invoice(customer: str = "20001", *, quantity: float = 1, **fields: Any) -> dict[str, Any]:
    lines = [ITEM_A | {"quantity": quantity}]
    return body(INVOICE, **sale(customer, documentDate="2025-05-05", lines=lines, **fields))


async def new_invoice(client: httpx.AsyncClient, **given: Any) -> str:
    return number_of(await client.post("/v1/customerinvoice", json=invoice(**given)))


async def query(dsn: str, statement: str, *values: Any) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(statement, *values)
    finally:
        await connection.close()


def statuses(answers: Sequence[httpx.Response]) -> Counter[int]:
    """How often each status was answered; a 500 shows its text."""
    assert all(answer.status_code < 500 for answer in answers), [answer.text for answer in answers]
    return Counter(answer.status_code for answer in answers)


async def test_many_clients_and_two_servers_leave_no_gap_and_no_duplicate_in_a_series(
    server_process: Callable[..., ServerProcess],
):
    first = server_process()
    second = server_process(first.dsn)

    async def work(client: httpx.AsyncClient, position: int) -> tuple[list[str], list[str]]:
        created: list[str] = []
        deleted: list[str] = []
        for turn in range(5):
            number = await new_invoice(client, quantity=turn + 1)
            created.append(number)
            refused = await client.post("/v1/customerinvoice", json=invoice(quantity=1, creditTermsId="none"))
            assert refused.status_code == 400
            if (position + turn) % 4 == 0:
                assert (await client.delete(f"/v1/customerinvoice/{number}")).status_code == 204
                deleted.append(number)
        return created, deleted

    async with clients(8, first.url, first.token) as some, clients(8, second.url, second.token) as others:
        done = await asyncio.gather(*(work(client, position) for position, client in enumerate([*some, *others])))
    created = sorted(number for numbers, _ in done for number in numbers)
    deleted = sorted(number for _, numbers in done for number in numbers)
    assert created == [f"{LAST_INVOICE + step:06d}" for step in range(1, 16 * 5 + 1)]
    logged = await query(first.dsn, "select number from deleted_number where entity = 'Invoice' order by number")
    assert [row["number"] for row in logged] == deleted


async def test_a_number_taken_by_hand_while_the_series_reaches_it_is_used_once(
    server_process: Callable[..., ServerProcess],
):
    first = server_process()
    second = server_process(first.dsn)
    coming = [f"{LAST_INVOICE + step:06d}" for step in range(1, 25, 2)]
    async with clients(12, first.url, first.token) as some, clients(12, second.url, second.token) as others:
        answers = await asyncio.gather(
            *(
                request
                for one, other, number in zip(some, others, coming, strict=True)
                for request in (
                    one.post("/v1/customerinvoice", json=invoice()),
                    other.post("/v1/customerinvoice", json=invoice(referenceNumber=number)),
                )
            )
        )
    drawn, sent = answers[::2], answers[1::2]
    assert set(statuses(sent)) <= {201, 400}
    # Whoever asks for the next number cannot be told that it exists already.
    assert statuses(drawn) == {201: len(drawn)}
    numbers = [number_of(answer) for answer in answers if answer.status_code == 201]
    assert len(numbers) == len(set(numbers))
    for number, answer in zip(coming, sent, strict=True):
        assert answer.status_code == 201 or number in numbers, "refused although nobody has it"


async def test_of_eight_releases_one_wins_and_posts_once(server: RunningServer):
    async with clients(8, server.url) as opened:
        number = await new_invoice(opened[0])
        answers = await asyncio.gather(
            *(client.post(f"/v1/customerinvoice/{number}/action/release") for client in opened)
        )
    assert statuses(answers) == {200: 1, 400: 7}
    assert all("already released" in answer.text for answer in answers if answer.status_code == 400)
    entries = await query(
        server.dsn, "select purpose, debit, credit from journal_entry where document_number = $1", number
    )
    assert sorted((row["purpose"], row["debit"] - row["credit"]) for row in entries) == [
        ("receivable", 125),
        ("revenue", -100),
        ("vat", -25),
    ]


async def test_of_several_changes_with_one_etag_one_wins(server: RunningServer):
    async with clients(4, server.url) as opened:
        number = await new_invoice(opened[0])
        for path, field in ((f"/v1/customerinvoice/{number}", "invoiceText"), ("/v1/customer/20001", "name")):
            etag = (await opened[0].get(path)).headers["ETag"]
            answers = await asyncio.gather(
                *(
                    client.put(path, json=wrapped(**{field: f"by {position}"}), headers={"If-Match": etag})
                    for position, client in enumerate(opened)
                )
            )
            assert statuses(answers) == {204: 1, 412: 3}
            winner = next(position for position, answer in enumerate(answers) if answer.status_code == 204)
            assert (await opened[0].get(path)).json()[field] == f"by {winner}"


async def test_lines_added_at_the_same_time_are_all_kept(server: RunningServer):
    async with clients(6, server.url) as opened:
        number = await new_invoice(opened[0])
        path = f"/v1/customerinvoice/{number}"
        lines = [{"operation": "Insert", "inventoryNumber": "6", "quantity": 1}]
        answers = await asyncio.gather(*(client.put(path, json=wrapped(invoiceLines=lines)) for client in opened))
        shown = (await opened[0].get(path)).json()
    assert statuses(answers) == {204: 6}
    assert [line["lineNumber"] for line in shown["invoiceLines"]] == [1, 2, 3, 4, 5, 6, 7]
    assert shown["detailTotalInCurrency"] == 100 + 6 * 250


async def test_fields_changed_at_the_same_time_are_all_kept(server: RunningServer):
    async with clients(3, server.url) as opened:
        number = await new_invoice(opened[0])
        for path, changes in (
            (f"/v1/customerinvoice/{number}", wrapped(invoiceText="a", externalReference="b", note="c")),
            ("/v1/customer/20001", wrapped(accountReference="a", corporateId="b", vatRegistrationId="c")),
        ):
            answers = await asyncio.gather(
                *(
                    client.put(path, json={name: value})
                    for client, (name, value) in zip(opened, changes.items(), strict=True)
                )
            )
            assert statuses(answers) == {204: 3}
            shown = (await opened[0].get(path)).json()
            assert {name: shown[name] for name in changes} == {name: value["value"] for name, value in changes.items()}


async def test_documents_that_are_posted_together_never_exceed_the_credit_limit(server: RunningServer):
    limit, amount = Decimal(1000), Decimal("312.50")
    async with clients(8, server.url) as opened:
        customer = wrapped(name="Limited", creditVerification="CreditLimit", creditLimit=float(limit))
        number = number_of(await opened[0].post("/v1/customer", json=customer))
        answers = await asyncio.gather(
            *(client.post("/v1/customerinvoice", json=invoice(number, quantity=2.5)) for client in opened)
        )
        assert statuses(answers) == {201: 8}
        numbers = [number_of(answer) for answer in answers]
        shown = [(await opened[0].get(f"/v1/customerinvoice/{it}")).json()["status"] for it in numbers]
        assert Counter(shown) == {"Balanced": limit // amount, "Hold": 8 - limit // amount}
        # Nor may lifting the holds together get past it.
        held = [it for it, status in zip(numbers, shown, strict=True) if status == "Hold"]
        lifted = await asyncio.gather(
            *(
                client.put(f"/v1/customerinvoice/{it}", json=wrapped(hold=False))
                for client, it in zip(opened, held, strict=False)
            )
        )
        assert statuses(lifted) == {400: len(held)}
        assert all("1000" in answer.text and "312.5" in answer.text for answer in lifted)


async def test_a_change_and_a_release_meet_and_the_journal_has_the_figures_of_the_document(server: RunningServer):
    outcomes: Counter[tuple[int, int]] = Counter()
    async with clients(2, server.url) as (one, other):
        for turn in range(12):
            number = await new_invoice(one)
            path = f"/v1/customerinvoice/{number}"
            line = {"operation": "Update", "lineNumber": 1, "quantity": 7}
            changing = one.put(path, json=wrapped(invoiceLines=[line]))
            releasing = other.post(f"{path}/action/release")
            started = (changing, releasing) if turn % 2 else (releasing, changing)
            answers = await asyncio.gather(*started)
            changed, released = answers[:: 1 if turn % 2 else -1]
            statuses(answers)
            outcomes[changed.status_code, released.status_code] += 1
            shown = (await one.get(path)).json()
            assert shown["status"] == "Open"
            assert shown["amountInCurrency"] == (875 if changed.status_code == 204 else 125)
            (receivable,) = await query(
                server.dsn,
                "select debit from journal_entry where document_number = $1 and purpose = 'receivable'",
                number,
            )
            assert receivable["debit"] == Decimal(str(shown["amountInCurrency"]))
    assert set(outcomes) <= {(204, 200), (400, 200)}


async def test_a_deletion_and_a_release_meet_and_one_of_them_happens(server: RunningServer):
    outcomes: Counter[tuple[int, int]] = Counter()
    async with clients(2, server.url) as (one, other):
        for turn in range(12):
            number = await new_invoice(one)
            path = f"/v1/customerinvoice/{number}"
            deleting, releasing = one.delete(path), other.post(f"{path}/action/release")
            started = (deleting, releasing) if turn % 2 else (releasing, deleting)
            answers = await asyncio.gather(*started)
            deleted, released = answers[:: 1 if turn % 2 else -1]
            statuses(answers)
            outcomes[deleted.status_code, released.status_code] += 1
            assert (await one.get(path)).status_code == (404 if deleted.status_code == 204 else 200)
            entries = await query(server.dsn, "select from journal_entry where document_number = $1", number)
            assert bool(entries) is (released.status_code == 200)
    assert set(outcomes) <= {(204, 404), (400, 200)}


async def test_nothing_is_posted_into_a_period_once_it_is_closed(server: RunningServer):
    async with clients(8, server.url) as opened:
        numbers = [await new_invoice(opened[0]) for _ in range(24)]
        waiting = list(numbers)

        async def release(client: httpx.AsyncClient) -> list[httpx.Response]:
            answers = []
            while waiting:
                answers.append(await client.post(f"/v1/customerinvoice/{waiting.pop()}/action/release"))
            return answers

        async def close() -> int:
            while len(waiting) > 14:
                await asyncio.sleep(0.001)
            return await close_period(server.dsn, "202505")

        closing = asyncio.create_task(close())
        worked = await asyncio.gather(*(release(client) for client in opened))
        batches_at_close = await closing
        answers = [answer for some in worked for answer in some]
        assert set(statuses(answers)) <= {200, 400}
        assert all("202505" in answer.text for answer in answers if answer.status_code == 400)
        released = sum(answer.status_code == 200 for answer in answers)
        assert released == batches_at_close
        assert 0 < released < len(numbers), "the closing came too early or too late to show anything"
        for number in numbers:  # what closing itself will insist on: no draft stays behind in a closed period
            await opened[0].delete(f"/v1/customerinvoice/{number}")
    (posted,) = await query(server.dsn, "select count(*) from batch where period_id = '202505'")
    assert posted["count"] == batches_at_close


async def close_period(dsn: str, period: str) -> int:
    """Close a period as whoever closes one must, under both locks; returns how many batches it has by then."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            company = await connection.fetchval("select company_id from company where code = 'demo'")
            for key in (0, int(period)):  # the reference data, then the period
                await connection.execute("select pg_advisory_xact_lock($1::integer, $2::integer)", company, key)
            batches: int = await connection.fetchval(
                "select count(*) from batch where company_id = $1 and period_id = $2", company, period
            )
            await connection.execute(
                "update financial_period set closed_in_customer_ledger = true where company_id = $1 and period_id = $2",
                company,
                period,
            )
            return batches
    finally:
        await connection.close()


async def test_a_customer_that_becomes_inactive_has_no_document_left_to_release(server: RunningServer):
    outcomes: Counter[tuple[int, int]] = Counter()
    async with clients(2, server.url) as (one, other):
        for turn in range(12):
            created = await one.post("/v1/customer", json=wrapped(name=f"Short lived {turn}"))
            customer = number_of(created)
            posting = other.post("/v1/customerinvoice", json=invoice(customer))
            ending = one.put(f"/v1/customer/{customer}", json=wrapped(status="Inactive"))
            posted, ended = await asyncio.gather(posting, ending)
            outcomes[posted.status_code, ended.status_code] += 1
    assert set(outcomes) <= {(201, 400), (400, 204)}


async def test_a_customer_whose_currency_changes_has_no_document_in_the_old_one(server: RunningServer):
    outcomes: Counter[int] = Counter()
    async with clients(2, server.url) as (one, other):
        for turn in range(12):
            customer = number_of(await one.post("/v1/customer", json=wrapped(name=f"Moving {turn}")))
            posting = other.post("/v1/customerinvoice", json=invoice(customer))
            posted, changed = await asyncio.gather(
                posting, one.put(f"/v1/customer/{customer}", json=wrapped(currencyId="EUR"))
            )
            shown = await one.get(f"/v1/customer/{customer}")
            document = await one.get(posted.headers["Location"])
            assert document.json()["currencyId"] == shown.json()["currencyId"]
            outcomes[changed.status_code] += 1
    assert set(outcomes) <= {204, 400}
