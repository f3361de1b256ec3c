"""Payments that meet over the same money: whoever wins, nothing is paid twice and nothing is lost.

The fixtures run the self-check on each database after its test.
"""

from __future__ import annotations

import asyncio
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import httpx

from tests.clerk import INVOICE, body, number_of, sale, wrapped
from tests.concurrency.test_races import clients, query, statuses

if TYPE_CHECKING:
    from tests.conftest import RunningServer

PAYMENTS = "/v1/customerPayment"


async def owed(client: httpx.AsyncClient, amount: int) -> str:
    """A released invoice over exactly this amount."""
    lines = [{"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": amount, "vatCodeId": "6"}]
    answer = await client.post(f"/v1/{INVOICE}", json=body(INVOICE, **sale(documentDate="2025-05-05", lines=lines)))
    number = number_of(answer)
    assert (await client.post(f"/v1/{INVOICE}/{number}/action/release")).status_code == 200
    return number


def paying(amount: int, *numbers: str) -> dict[str, Any]:
    lines = [wrapped(refNbr=number, amountPaid=amount) for number in numbers]
    return wrapped(customer="20001", applicationDate="2025-05-06", paymentAmount=amount) | {"paymentLines": lines}


async def draft(client: httpx.AsyncClient, amount: int, *numbers: str) -> str:
    return number_of(await client.post(PAYMENTS, json=paying(amount, *numbers)))


async def balance_of(server: RunningServer, number: str) -> Any:
    (row,) = await query(
        server.dsn, "select balance from document where document_type = 'Invoice' and number = $1", number
    )
    balance: Decimal = row["balance"]
    return balance


async def applied(server: RunningServer, number: str) -> Any:
    (row,) = await query(
        server.dsn,
        """
        select coalesce(sum(amount_debit), 0) as paid from application
          join document on document.company_id = application.company_id
           and document.document_id = application.debit_document_id
         where document.document_type = 'Invoice' and document.number = $1 and application.released_at is not null
        """,
        number,
    )
    paid: Decimal = row["paid"]
    return paid


async def test_two_payments_of_8000_propose_to_pay_10000(server: RunningServer) -> None:
    async with clients(2, server.url) as opened:
        number = await owed(opened[0], 10_000)
        answers = await asyncio.gather(*(it.post(PAYMENTS, json=paying(8000, number)) for it in opened))
        assert statuses(answers) == {201: 1, 400: 1}
        refused = next(it for it in answers if it.status_code == 400)
        assert "not released yet, from Payment" in refused.text


async def test_two_later_applications_of_8000_to_10000(server: RunningServer) -> None:
    async with clients(2, server.url) as opened:
        number = await owed(opened[0], 10_000)
        paid = [await draft(opened[0], 8000) for _ in opened]
        for it in paid:
            assert (await opened[0].post(f"{PAYMENTS}/{it}/action/release")).status_code == 200
        answers = await asyncio.gather(
            *(
                client.post(
                    "/v1/reskontra/application",
                    json={
                        "credit": {"documentType": "Payment", "referenceNumber": it},
                        "lines": [{"referenceNumber": number, "amountPaid": 8000}],
                    },
                )
                for client, it in zip(opened, paid, strict=True)
            )
        )
    assert statuses(answers) == {200: 1, 400: 1}
    assert (await balance_of(server, number), await applied(server, number)) == (2000, 8000)


async def test_ten_payments_of_500_on_500(server: RunningServer) -> None:
    async with clients(10, server.url) as opened:
        number = await owed(opened[0], 500)

        async def pay(client: httpx.AsyncClient) -> httpx.Response:
            answer = await client.post(PAYMENTS, json=paying(500, number))
            if answer.status_code != 201:
                return answer
            return await client.post(f"{PAYMENTS}/{number_of(answer)}/action/release")

        answers = await asyncio.gather(*(pay(client) for client in opened))
    assert statuses(answers) == {200: 1, 400: 9}
    assert (await balance_of(server, number), await applied(server, number)) == (0, 500)


async def test_of_six_releases_and_of_six_voids_one_wins(server: RunningServer) -> None:
    async with clients(6, server.url) as opened:
        number = await owed(opened[0], 500)
        paid = await draft(opened[0], 500, number)
        released = await asyncio.gather(*(it.post(f"{PAYMENTS}/{paid}/action/release") for it in opened))
        assert statuses(released) == {200: 1, 400: 5}
        voided = await asyncio.gather(*(it.post(f"{PAYMENTS}/{paid}/action/void") for it in opened))
        assert statuses(voided) == {200: 1, 400: 5}
        released = await asyncio.gather(*(it.post(f"{PAYMENTS}/{paid}/action/release") for it in opened))
        assert statuses(released) == {200: 1, 400: 5}
    assert (await balance_of(server, number), await applied(server, number)) == (500, 0)


async def test_a_void_meets_an_undo_and_an_application(server: RunningServer) -> None:
    """Whichever order: the void takes back what is applied when it is released."""
    async with clients(3, server.url) as opened:
        number, other = await owed(opened[0], 500), await owed(opened[0], 300)
        lines = [wrapped(refNbr=number, amountPaid=500)]
        created = await opened[0].post(PAYMENTS, json=paying(800) | {"paymentLines": lines})
        paid = number_of(created)
        assert (await opened[0].post(f"{PAYMENTS}/{paid}/action/release")).status_code == 200
        listed = (await opened[0].get(f"/v1/reskontra/application?referenceNumber={number}")).json()
        answers = await asyncio.gather(
            opened[0].post(f"{PAYMENTS}/{paid}/action/void"),
            *(opened[1].post(f"/v1/reskontra/application/{it['id']}/action/undo") for it in listed),
            opened[2].post(
                "/v1/reskontra/application",
                json={
                    "credit": {"documentType": "Payment", "referenceNumber": paid},
                    "lines": [{"referenceNumber": other, "amountPaid": 300}],
                },
            ),
        )
        assert set(statuses(answers)) <= {200, 400, 409}
        await opened[0].post(f"{PAYMENTS}/{paid}/action/void")
        last = await opened[0].post(f"{PAYMENTS}/{paid}/action/release")
        assert last.status_code == 200, last.text
    assert [await balance_of(server, it) for it in (number, other)] == [500, 300]


async def test_runs_of_overdue_charges_meet_payments_of_what_they_charge_for(server: RunningServer) -> None:
    """Due 19 May. Each document is charged for up to July as if it was paid on 1 July, or as if it never was, by
    whichever came first; the days after that once, by the next run; and no day twice."""
    up_to_july, august = {"asOf": "2025-07-31"}, {"asOf": "2025-08-31"}
    filters = {"filters": {"customer": ["20001"]}}
    async with clients(8, server.url) as opened:
        numbers = [await owed(opened[0], 10_000) for _ in range(6)]
        amounts = dict(zip(numbers, (10_000, 4000) * 3, strict=True))

        async def run(client: httpx.AsyncClient, day: dict[str, str]) -> httpx.Response:
            return await client.post("/v1/reskontra/run/overdueCharge", json=day | filters)

        async def pay(client: httpx.AsyncClient, number: str) -> httpx.Response:
            sent = paying(amounts[number], number) | wrapped(applicationDate="2025-07-01")
            answer = await client.post(PAYMENTS, json=sent)
            assert answer.status_code == 201, answer.text
            return await client.post(f"{PAYMENTS}/{number_of(answer)}/action/release")

        answers = await asyncio.gather(
            *(pay(client, number) for client, number in zip(opened[:3], numbers[:3], strict=True)),
            *(run(client, up_to_july) for client in opened[3:5]),
            *(pay(client, number) for client, number in zip(opened[5:], numbers[3:], strict=True)),
        )
        assert statuses(answers) == {200: 8}
        charges = [made["referenceNumber"] for it in answers for made in it.json().get("created", ())]
        assert len(charges) == 1, "two drafts for one customer"
        released = await opened[0].post(f"/v1/customerOverdueCharge/{charges[0]}/action/release")
        assert released.status_code == 200, released.text
        assert (await run(opened[0], august)).json()["created"]
    rows = await query(
        server.dsn,
        """
        select source.number, days.first_day::text, days.last_day::text, line.amount
          from charged_days as days
          join document as source on source.company_id = days.company_id
           and source.document_id = days.source_document_id
          join document_line as line on line.company_id = days.company_id and line.document_id = days.document_id
           and line.line_number = days.line_number
         where source.number = any ($1) order by source.number, days.first_day
        """,
        numbers,
    )
    days = {number: [tuple(row)[1:] for row in rows if row["number"] == number] for number in numbers}
    as_if_never = ("2025-05-20", "2025-07-31", interest((42, 12.50, 10_000), (31, 12.25, 10_000)))
    for number, amount in amounts.items():
        rest = 10_000 - amount
        if rest:
            paid = ("2025-05-20", "2025-07-31", interest((42, 12.50, 10_000), (1, 12.25, 10_000), (30, 12.25, rest)))
            later = [("2025-08-01", "2025-08-31", interest((31, 12.25, rest)))]
        else:
            paid, later = ("2025-05-20", "2025-07-01", interest((42, 12.50, 10_000), (1, 12.25, 10_000))), []
        assert days[number] in ([as_if_never, *later], [paid, *later]), number
        assert await balance_of(server, number) == rest


def interest(*spans: tuple[int, float, int]) -> Decimal:
    """Of days, percent a year and what is owed."""
    cost = sum((days * Decimal(str(percent)) * owes for days, percent, owes in spans), Decimal(0))
    return (cost / 36500).quantize(Decimal("0.01"), ROUND_HALF_UP)


async def test_payments_of_one_customer_in_any_direction_end(server: RunningServer) -> None:
    """Many payments with the same invoices in different orders, released at once: no deadlock reaches a client."""
    async with clients(8, server.url) as opened:
        numbers = [await owed(opened[0], 1000) for _ in range(8)]
        drafts = [await draft(opened[0], 100, number) for number in numbers]

        async def work(client: httpx.AsyncClient, position: int) -> list[httpx.Response]:
            address = f"{PAYMENTS}/{drafts[position]}"
            done = [await client.post(f"{address}/action/release"), await client.post(f"{address}/action/void")]
            return [*done, await client.post(f"{address}/action/release")]

        answers = await asyncio.gather(*(work(client, position) for position, client in enumerate(opened)))
    assert statuses([it for some in answers for it in some]) == {200: 24}
    assert {await balance_of(server, number) for number in numbers} == {1000}
