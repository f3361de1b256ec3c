"""Drafts that are made many at a time are those that would be made one by one: numbers, texts, rows and refusals."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from reskontra.documents import routes
from reskontra.documents.many.commands import creating
from reskontra.web.bulk import work
from tests.api.bulk.sending import BULK, NDJSON, answers, drafting, line, reason, statuses, text_of
from tests.clerk import CREDIT_NOTE, DEBIT_NOTE, INVOICE, KINDS, Clerk, location_of, refusal
from tests.conftest import NOW, RunningServer, open_client

COMPARED = {
    "document": """select * from document where company_id = 1 order by document_type, number""",
    "document_line": """
        select document.number, document.document_type, line.* from document_line as line
          join document using (company_id, document_id) where company_id = 1 order by 1, 2, line_number""",
    "document_vat": """
        select document.number, document.document_type, vat.* from document_vat as vat
          join document using (company_id, document_id) where company_id = 1 order by 1, 2, vat_id, rate""",
    "change": """select entity, entity_key, event, actor, detail from change where company_id = 1 order by 1, 2, 3""",
    "tally": "select entity, total, last_id from tally where company_id = 1 order by 1",
    "customer_balance": "select * from customer_balance where company_id = 1 order by customer_id",
    "number_series_range": "select * from number_series_range where company_id = 1 order by series_id, range_id",
    "deleted_number": "select entity, number, used_again_at is null as free from deleted_number order by 1, 2",
}
OF_THE_MOMENT = {"document_id", "version", "created_at", "modified_at", "change_id"}


async def rows_of(database: Database) -> dict[str, list[dict[str, Any]]]:
    """What writing documents leaves, but for ids and moments."""
    async with database.connection() as connection:
        return {
            name: [
                {column: value for column, value in row.items() if column not in OF_THE_MOMENT}
                for row in await connection.fetch(statement)
            ]
            for name, statement in COMPARED.items()
        }


def of_any_sort(chance: random.Random) -> dict[str, Any]:
    """A request that makes a document: most are taken, some are refused, some can only be made alone."""
    kind = chance.choice(KINDS)
    lines: list[dict[str, Any]] = [
        chance.choice(
            (
                {"inventoryNumber": chance.choice("A6"), "quantity": chance.choice((1, 2.5, 7, -1))},
                {"inventoryNumber": "222", "quantity": chance.randint(1, 9), "discountPercent": chance.choice((0, 10))},
                {"inventoryNumber": "a", "quantity": 3, "unitPriceInCurrency": chance.choice((99.95, 0, 12.3456))},
                {"description": "Text", "unitPriceInCurrency": chance.randint(1, 5000) / 100, "vatCodeId": "3"},
            )
        )
        for _ in range(chance.randint(1, 4))
    ]
    more: dict[str, Any] = chance.choice(
        (
            {},
            {},
            {},
            {"note": "Æøå", "customerRefNumber": "17"},
            {"hold": True},
            {"currencyId": chance.choice(("EUR", "SEK", "XXX"))},
            {"documentDate": chance.choice(("2025-01-31", "2025-06-30T10:00:00", "1999-01-01"))},
            {"documentDueDate": "2025-12-24"} if kind == INVOICE else {},
            {"customerNumber": chance.choice(("99999", "", None))},
            {"locationId": chance.choice(("Main", "None"))},
            {"referenceNumber": f"X{chance.randint(1, 10**6)}"},
            {"salesPersonID": None},
            {"financialPeriod": chance.choice(("202503", "209901"))},
        )
    )
    if chance.random() < 0.05:
        lines.append({"inventoryNumber": "NONE", "quantity": 1})
    fields = {"customerNumber": str(chance.randint(20001, 20020)), "lines": lines, **more}
    return drafting(kind, **fields)


@pytest.mark.parametrize("seed", [1, 2])
async def test_many_at_once_leave_what_they_leave_one_by_one(
    fresh_database: Callable[[], Awaitable[Database]], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    sent = [of_any_sort(chance) for _ in range(160)]
    failed: list[str] = []
    monkeypatch.setattr(work._log, "exception", failed.append)
    told, left = [], []
    for at_once in (False, True):
        database = await fresh_database()
        await _prices(database)
        async with open_client(Settings(sandbox=True), database, SeededClock(NOW)) as http:
            clerk = Clerk(http, database, SeededClock(NOW))
            await clerk.sql("update customer set credit_verification = 'CreditLimit', credit_limit = 200 where "
                            "number in ('20001', '20005')")  # fmt: skip
            told.append(await answers(clerk, sent) if at_once else [await _alone(http, it) for it in sent])
        left.append(await rows_of(database))
    singly, together = told
    for one, many in zip(singly, together, strict=True):
        assert (one["statusCode"], one.get("id")) == (many["statusCode"], many.get("id")), (one, many)
        if one["statusCode"] != 201:
            assert reason(one) == reason(many)
    assert 80 < statuses(together).count(201) < 160
    for name in COMPARED:
        assert left[0][name] == left[1][name], name
    assert failed == []


async def _prices(database: Database) -> None:
    """Prices for everybody, for a class and for a customer, so that some lines find better ones than others."""
    async with open_client(Settings(sandbox=True), database, SeededClock(NOW)) as http:
        clerk = Clerk(http, database, SeededClock(NOW))
        for fields in (
            {"priceType": "Base", "inventoryId": "A", "price": 80},
            {"priceType": "Customer", "priceCode": "20003", "inventoryId": "A", "price": 70},
            {"priceType": "Customer", "priceCode": "20003", "inventoryId": "6", "price": 5, "breakQty": 2},
        ):
            answer = await clerk.post("customerSalesPrice", **fields)
            assert answer.is_success, answer.text


async def _alone(http: httpx.AsyncClient, sent: dict[str, Any]) -> dict[str, Any]:
    answer = await http.request(sent["method"], sent["path"], json=sent["content"])
    found: dict[str, Any] = {"statusCode": answer.status_code}
    if "location" in answer.headers:
        found["id"] = location_of(answer).rpartition("/")[2]
    return found if not answer.content else found | {"content": answer.json()}


async def test_lines_that_can_are_made_together(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    together: list[int] = []

    async def counted(connection: Any, context: Any, sent: Any, foreseen: Any) -> Any:
        together.append(len(sent))
        return await create(connection, context, sent, foreseen)

    create = creating.create_many
    monkeypatch.setattr(routes, "create_many", counted)
    monkeypatch.setattr(work, "_CHUNK_LINES", 5)
    alone = [drafting(referenceNumber="900001"), drafting(locationId="Main"), line("DELETE", f"/v1/{INVOICE}/none")]
    sent = [*[drafting()] * 7, *[drafting(CREDIT_NOTE)] * 2, *alone, drafting(DEBIT_NOTE), drafting()]
    found = await answers(clerk, sent)
    assert statuses(found) == [201] * 11 + [404] + [201] * 2
    assert together == [5, 4, 2]


async def test_what_cannot_be_written_together_is_done_line_by_line(clerk: Clerk) -> None:
    first = (await clerk.invoice()).number
    await clerk.sql(
        f"""update number_series_range set end_number = '{int(first) + 2:06}'
             where company_id = 1 and last_number = '{first}'"""
    )
    found = await answers(clerk, [drafting()] * 4)
    assert statuses(found) == [201, 201, 400, 400]
    assert reason(found[2]) == refusal(await clerk.post(INVOICE, **clerk.sale()))


async def test_a_bug_where_they_are_made_together_hurts_nobody(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(creating, "insert_drafts", broken)
    assert statuses(await answers(clerk, [drafting()] * 3)) == [201] * 3
    assert statuses(await answers(clerk, [drafting()] * 3, atomic="all")) == [201] * 3


def of(amount: int) -> list[dict[str, Any]]:
    """Lines that come to `amount`, untaxed."""
    return [{"description": "x", "unitPriceInCurrency": amount, "vatCodeId": "6"}]


@pytest.mark.parametrize("atomic", ["line", "all"])
async def test_credit_adds_up_within_many_as_it_does_one_by_one(clerk: Clerk, atomic: str) -> None:
    balance, unreleased = await clerk.balance()
    await clerk.sql(
        "update customer set credit_verification = 'CreditLimit', credit_limit = $1 where number = '20001'",
        balance + unreleased + 1000,
    )
    sent = [drafting(lines=of(400)), drafting(lines=of(400)), drafting(CREDIT_NOTE, lines=of(300)),
            drafting(DEBIT_NOTE, lines=of(500)), drafting(lines=of(1)), drafting("customerinvoice", lines=of(1),
            customerNumber="20002")]  # fmt: skip
    found = await answers(clerk, sent, atomic=atomic)
    read = [(await clerk.get(it["resource"]))["status"] for it in found]
    assert read == ["Balanced", "Balanced", "Balanced", "Balanced", "Hold", "Balanced"]
    assert await clerk.balance() == (balance, unreleased + Decimal("1001"))


async def test_two_who_send_many_at_once_share_a_series_without_gaps(clerk: Clerk) -> None:
    first = int((await clerk.invoice()).number)
    sent = [drafting(customerNumber=str(20001 + n % 20)) for n in range(60)]
    made = await asyncio.gather(
        *(answers(clerk, sent, atomic=atomic) for atomic in ("line", "all", "group")),
        *(clerk.post(INVOICE, **clerk.sale()) for _ in range(20)),
    )
    numbers = [int(it["id"]) for found in made[:3] for it in found]
    numbers += [int(location_of(it).rpartition("/")[2]) for it in made[3:]]
    assert sorted(numbers) == list(range(first + 1, first + 201))
    for found in made[:3]:
        ordered = [int(it["id"]) for it in found]
        assert ordered == sorted(ordered)


# Clients that hang up


@pytest.mark.parametrize("query", ["", "?atomic=all"])
async def test_a_client_that_hangs_up_while_it_sends_has_done_nothing(server: RunningServer, query: str) -> None:
    content = text_of([drafting()] * 50)
    before = await _documents(server)
    for part in (10, len(content) // 2, len(content) - 1):
        await _hang_up(server, query, content, sent=part)
    assert await _documents(server) == before


async def test_a_client_whose_connection_breaks_while_all_are_done_leaves_nothing(server: RunningServer) -> None:
    content = text_of([drafting()] * 3000)
    before = await _documents(server)
    await _hang_up(server, "?atomic=all", content, sent=len(content), seconds=0.3, resets=True)
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        made = await http.post("/v1/customerinvoice", json=drafting()["content"])  # waits for the series
        assert made.status_code == 201
    assert await _documents(server) - before == 1


async def test_a_client_that_hangs_up_between_lines_stops_the_rest(server: RunningServer) -> None:
    content = text_of([drafting()] * 5000)
    before = await _documents(server)
    await _hang_up(server, "", content, sent=len(content), seconds=0.5)
    seen = -1
    while (now := await _documents(server)) != seen:
        seen = now
        await asyncio.sleep(2)
    assert seen < before + 5000


async def _hang_up(
    server: RunningServer, query: str, content: bytes, *, sent: int, seconds: float = 0, resets: bool = False
) -> None:
    """Send so much of a body, wait, and close the connection, or reset it."""
    url = httpx.URL(server.url)
    _, writer = await asyncio.open_connection(url.host, url.port)
    head = [f"POST {BULK}{query} HTTP/1.1", "Host: localhost", f"Content-Length: {len(content)}"]
    head += [f"{name}: {value}" for name, value in NDJSON.items()]
    writer.write("\r\n".join([*head, "", ""]).encode() + content[:sent])
    await writer.drain()
    await asyncio.sleep(seconds)
    if resets:
        made: socket.socket = writer.get_extra_info("socket")
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    await asyncio.sleep(0.2)


async def _documents(server: RunningServer) -> int:
    async with httpx.AsyncClient(base_url=server.url) as http:
        rows = (await http.get(f"/v1/{INVOICE}", params={"pageSize": 1})).json()
        total: int = rows[0]["metadata"]["totalCount"]
        return total
