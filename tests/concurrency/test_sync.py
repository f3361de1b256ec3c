"""Clients that keep a copy by lastModifiedDateTime: while others write, and after, the copy lacks nothing.

Each list is polled as integrators do it: everything that is newer than the newest moment seen, page by page. Two server
processes write into one company, so no process could know by itself what the other has under way.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import pytest

from reskontra.attachments.store import lock_total
from tests.clerk import LINES as CALLED

if TYPE_CHECKING:
    from tests.conftest import ServerProcess

LISTS = {
    "customerdocument": "referenceNumber",
    "customerinvoice": "referenceNumber",
    "customerCreditNote": "referenceNumber",
    "customerDebitNote": "referenceNumber",
    "cashsale": "referenceNumber",
    "customerOverdueCharge": "referenceNumber",
    "customerCreditWriteOff": "referenceNumber",
    "customerPayment": "refNbr",
    "customer": "number",
    "inventory": "inventoryNumber",
}
"""List -> the field by which a copy knows a row. The first has documents of all kinds."""

SALES = ("customerinvoice", "customerCreditNote", "customerDebitNote", "cashsale")
KINDS = (
    *SALES, *SALES, "customerinvoice", "customerPayment", "customerPayment", "customerOverdueCharge",
    "writeOff", "customer", "inventory",
)  # fmt: skip
"""What is written, as often as it stands here. A payment settles an invoice, and a write-off what is small."""

PAGE = 100
LINE = {"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}}
SMALL = {"inventoryNumber": "A", "quantity": 1, "unitPriceInCurrency": 3, "vatCodeId": "6"}
DAY = "2025-03-03"
LONG = 100
"""Lines of a long document, whose statement takes long."""

PAUSE_SECONDS = 0.1
"""Between two polls, so that there is time to write, too."""

SEED = int(os.environ.get("RESKONTRA_SYNC_SEED", "1"))
SEEDS = 20
LISTS_AT_ONCE = 3
"""Lists that are polled while a seed of `make test-all` writes: that of all kinds and others by turns."""


class Copy:
    """A copy of one list, kept by asking for what is newer than the newest row in it."""

    def __init__(self, client: httpx.AsyncClient, path: str, condition: str, since: str = "2001-01-01") -> None:
        self.path, self.condition = path, condition
        self.rows: dict[str, str] = {}
        self._client = client
        self._cursor = since

    async def poll(self) -> None:
        newest = self._cursor
        async for row in self._found(self._cursor, self.condition, PAGE):
            newest = max(newest, row["lastModifiedDateTime"])
            self.rows[self._key(row)] = row["lastModifiedDateTime"]
        self._cursor = newest

    async def present(self, began: datetime) -> dict[str, str]:
        """What was written since then, when nobody writes any more; read without the filter that copies are kept by.

        `began` is in the company's own time, as stamps are on the wire.
        """
        rows = {self._key(row): row["lastModifiedDateTime"] async for row in self._rows({}, 1000)}
        return {key: stamp for key, stamp in rows.items() if datetime.fromisoformat(stamp) >= began}

    def _found(self, since: str, condition: str, size: int) -> AsyncIterator[dict[str, Any]]:
        return self._rows({"lastModifiedDateTime": since, "lastModifiedDateTimeCondition": condition}, size)

    async def _rows(self, filters: dict[str, str], size: int) -> AsyncIterator[dict[str, Any]]:
        query: dict[str, Any] = {**filters, "pageSize": size}
        for page in itertools.count(1):
            answer = await self._client.get(f"/v1/{self.path}", params=query | {"pageNumber": page})
            assert answer.status_code == 200, answer.text
            found = answer.json()
            for row in found:
                yield row
            if len(found) < size:
                return

    def _key(self, row: dict[str, Any]) -> str:
        return f"{row.get('documentType') or row.get('type') or ''} {row[LISTS[self.path]]}"


class Writer:
    """Somebody who makes and changes documents, customers and items in turn; long documents among short ones."""

    def __init__(self, client: httpx.AsyncClient, chance: random.Random, name: str) -> None:
        self._client, self._chance, self._name = client, chance, name
        self._customer = ""
        self._documents = 0

    async def write(self, count: int) -> None:
        """Until there are so many documents more."""
        made = await self._post("customer", name=self._name)
        self._customer = made.rpartition("/")[2]
        for turn in itertools.count():
            if self._documents >= count:
                return
            kind = self._chance.choice(KINDS)
            if kind == "customer":
                await self._change(await self._post(kind, name=f"{self._name}-{turn}"), name=f"changed {turn}")
            elif kind == "inventory":
                number = f"{self._name}-{turn}"
                sent = {"description": number, "itemClass": "SALG", "type": "NonStockItem"}
                await self._change(
                    await self._post(kind, inventoryNumber=number, **sent), description=f"changed {turn}"
                )
            elif kind == "customerPayment":
                await self._pay(turn)
            elif kind == "customerOverdueCharge":
                await self._run("overdueCharge", await self._sell("customerinvoice", self._customer, [LINE] * 4))
            elif kind == "writeOff":
                await self._run("writeOff", await self._sell(self._chance.choice(SALES[:2]), self._customer, [SMALL]))
            else:
                lines = [LINE] * (LONG if self._chance.random() < 0.05 else 1)
                await self._sell(kind, "20001", lines, turn, releases=self._chance.random() < 0.3)

    async def _sell(
        self, kind: str, customer: str, lines: list[dict[str, Any]], turn: int | None = None, *, releases: bool = True
    ) -> str:
        """A document, changed if the turn is told."""
        due = {"documentDueDate": DAY} if kind == "customerinvoice" else {}
        paid = {"paymentReference": f"{self._name}-{turn}"} if kind == "cashsale" else {}
        address = await self._post(
            kind, customerNumber=customer, documentDate=DAY, **{CALLED[kind]: lines}, **due, **paid
        )  # fmt: skip
        if turn is not None:
            await self._change(address, note=f"changed {turn}")
        if releases:
            await self._act(address, "release")
        return address

    async def _pay(self, turn: int) -> None:
        """Settle an invoice, in part or whole, which is a change of both."""
        customer = self._chance.choice(["20001", self._customer])
        invoice = await self._sell("customerinvoice", customer, [LINE])
        amount = self._chance.choice([100, 125])
        line = {"documentType": "Invoice", "refNbr": invoice.rpartition("/")[2], "amountPaid": amount}
        payment = await self._post(
            "customerPayment", customer=customer, applicationDate=DAY, paymentAmount=amount, paymentLines=[line]
        )
        await self._change(payment, invoiceText=f"changed {turn}")
        await self._act(payment, "release")

    async def _run(self, run: str, about: str) -> None:
        """Let a run charge for, or write off, a document of this writer's customer."""
        filters = {"customer": [self._customer]}
        answer = await self._client.post(f"/v1/reskontra/run/{run}", json={"asOf": "2025-06-30", "filters": filters})
        assert answer.status_code == 200, answer.text
        made = answer.json()["created"]
        assert made, (about, answer.text)
        self._documents += len(made)
        if run == "overdueCharge":
            charge = f"/v1/customerOverdueCharge/{made[0]['referenceNumber']}"
            await self._change(charge, note="changed")
            await self._act(charge, "release")

    async def _post(self, kind: str, **fields: Any) -> str:
        answer = await self._client.post(f"/v1/{kind}", json=fields)
        self._documents += kind not in ("customer", "inventory")
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    async def _change(self, address: str, **fields: Any) -> None:
        if self._chance.random() < 0.3:
            answer = await self._client.put(address, json=fields)
            assert answer.status_code == 204, answer.text

    async def _act(self, address: str, action: str) -> None:
        answer = await self._client.post(f"{address}/action/{action}")
        assert answer.status_code == 200, answer.text


TYPES = {
    "customerinvoice": ["Invoice"],
    "customerCreditNote": ["CreditNote"],
    "customerDebitNote": ["DebitNote"],
    "cashsale": ["CashSale", "CashReturn"],
    "customerOverdueCharge": ["FinCharge"],
    "customerCreditWriteOff": ["SmallCreditWo"],
    "customerPayment": ["Payment", "Prepayment", "Refund", "VoidPayment", "VoidRefund", "SmallBalanceWo"],
}
"""List -> the types of document in it, as they are stored."""

OF_TYPES = "select count(*) from document where company_id = 1 and modified_at >= $1 and document_type = any ($2)"
WRITTEN = {
    "customerdocument": "select count(*) from document where company_id = 1 and modified_at >= $1",
    "customer": "select count(*) from customer where company_id = 1 and modified_at >= $1",
    "inventory": "select count(*) from item where company_id = 1 and modified_at >= $1",
}
KINDS_WRITTEN = "select count(distinct document_type) from document where company_id = 1 and modified_at >= $1"


async def written_of(books: asyncpg.Connection, path: str, began: datetime) -> int:
    """How many rows of a list the database says were written since then."""
    if path in TYPES:
        return int(await books.fetchval(OF_TYPES, began, TYPES[path]))
    return int(await books.fetchval(WRITTEN[path], began))


async def until_nothing_is_under_way(books: asyncpg.Connection) -> None:
    """A request may have been answered, with a fault, before PostgreSQL has given up its statement; until then no list
    shows anything newer."""
    ended = await books.fetchval("select clock_timestamp()")
    async with asyncio.timeout(30):
        while not await books.fetchval("select stamp_horizon(1) > $1", ended):
            await asyncio.sleep(0.01)


async def lost_rows(
    servers: list[ServerProcess], lists: Sequence[str], writers: int, documents: int, seed: int
) -> dict[str, dict[str, str]]:
    """What the copies lack, or have in an older state, when everybody has finished; by list and condition."""
    wanted = [(path, condition) for path in lists for condition in (">=", ">")]
    clients = [
        httpx.AsyncClient(base_url=it.url, headers={"Authorization": f"Bearer {it.token}"}, timeout=60)
        for it, _ in zip(itertools.cycle(servers), range(writers + len(wanted)), strict=False)
    ]
    books = await asyncpg.connect(servers[0].dsn, server_settings={"reskontra.clock": "runs"})
    began: datetime = await books.fetchval("select date_trunc('milliseconds', clock_timestamp())")
    since = f"{began:%Y-%m-%dT%H:%M:%S}.{began.microsecond // 1000:03}Z"
    writing, reading = clients[:writers], clients[writers:]
    copies = [Copy(client, *it, since) for client, it in zip(reading, wanted, strict=True)]
    done = asyncio.Event()

    async def keep(copy: Copy) -> None:
        while not done.is_set():
            await copy.poll()
            await asyncio.sleep(PAUSE_SECONDS)

    names = [f"S{seed}W{writers}-{position}" for position in range(writers)]
    polling = [asyncio.create_task(keep(copy)) for copy in copies]
    try:
        await asyncio.gather(
            *(
                Writer(client, random.Random(f"{seed} {name}"), name).write(documents // writers)
                for client, name in zip(writing, names, strict=True)
            )
        )
    finally:
        done.set()
        await asyncio.gather(*polling)
    await until_nothing_is_under_way(books)
    lost = {}
    began_locally = await books.fetchval("select $1 at time zone time_zone from company where company_id = 1", began)
    assert await books.fetchval(KINDS_WRITTEN, began) >= 8, "no kind was left out"
    for copy in copies:
        await copy.poll()
        present = await copy.present(began_locally)
        assert len(present) == await written_of(books, copy.path, began) > 0, f"{copy.path}: the list is whole"
        missed = {key: stamp for key, stamp in present.items() if copy.rows.get(key) != stamp}
        if missed:
            lost[f"{copy.path} {copy.condition}"] = missed
    await books.close()
    for client in clients:
        await client.aclose()
    return lost


@pytest.mark.slow
async def test_a_copy_kept_by_polling_lacks_nothing(server_process: Callable[..., ServerProcess], whole: bool) -> None:
    """16 writers and 320 documents; in `make test-all` 4, 16 and 64 writers, 2,000 documents, 20 seeds.

    Each seed there polls the list of all kinds and others by turns, with both operators; every list has its turn with
    every number of writers. A seed takes some 30 seconds of processor time, half of it in parallel.
    """
    first = server_process()
    servers = [first, server_process(first.dsn)]
    if not whole:
        assert await lost_rows(servers, [*LISTS], 16, 320, SEED) == {}, f"RESKONTRA_SYNC_SEED={SEED}"
        return
    everything, *others = LISTS
    turns = itertools.cycle(others)
    for writers, seed in itertools.product((4, 16, 64), range(SEED, SEED + SEEDS)):
        lists = [everything, *itertools.islice(turns, LISTS_AT_ONCE - 1)]
        lost = await lost_rows(servers, lists, writers, 2000, seed)
        assert lost == {}, f"{writers} writers, RESKONTRA_SYNC_SEED={seed}"


async def test_nothing_newer_than_the_oldest_write_under_way_is_shown(
    server_process: Callable[..., ServerProcess],
) -> None:
    running = server_process()
    headers = {"Authorization": f"Bearer {running.token}"}
    writer = await asyncpg.connect(running.dsn, server_settings={"reskontra.clock": "runs"})
    async with httpx.AsyncClient(base_url=running.url, headers=headers) as client:
        copies = [
            Copy(client, path, condition)
            for path in ("customerinvoice", "customerdocument")
            for condition in (">", ">=")
        ]
        body = {"customerNumber": {"value": "20001"}, "invoiceLines": [LINE]}
        seen = await new_invoice(client, body)
        for copy in copies:
            await copy.poll()
            assert f"Invoice {seen}" in copy.rows
        under_way = writer.transaction()
        await under_way.start()
        await writer.fetchval("select write_stamp(1, now())")
        later = await new_invoice(client, body)
        for copy in copies:
            await copy.poll()
            assert f"Invoice {later}" not in copy.rows, "a write that began before it may still come"
        of_another_company = await writer.fetchval("select stamp_horizon(2) > clock_timestamp() - interval '1 second'")
        assert of_another_company, "only writers of the company hold its readers back"
        assert later in {row["referenceNumber"] for row in (await client.get("/v1/customerinvoice")).json()}, (
            "a list that is not filtered by stamps shows everything"
        )
        await under_way.rollback()
        for copy in copies:
            await copy.poll()
            assert f"Invoice {later}" in copy.rows
    await writer.close()


async def test_a_reader_of_the_log_passes_over_no_change_under_way(
    server_process: Callable[..., ServerProcess],
) -> None:
    """`change?after=` goes on after a change that was read, and what was begun before that one may still come."""
    running = server_process()
    headers = {"Authorization": f"Bearer {running.token}"}
    writer = await asyncpg.connect(running.dsn, server_settings={"reskontra.clock": "runs"})
    async with httpx.AsyncClient(base_url=running.url, headers=headers) as client:

        async def read(after: int) -> list[dict[str, Any]]:
            answer = await client.get("/v1/reskontra/change", params={"after": after})
            assert answer.status_code == 200, answer.text
            rows: list[dict[str, Any]] = answer.json()
            return rows

        body = {"customerNumber": {"value": "20001"}, "invoiceLines": [LINE]}
        await new_invoice(client, body)
        newest = await client.get("/v1/reskontra/change", params={"newestFirst": True, "pageSize": 1})
        last = newest.json()[0]["changeId"]
        under_way = writer.transaction()
        await under_way.start()
        slow = await writer.fetchval(
            """
            insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event)
            select 1, write_stamp(1, now()), 'slow', 'slow', 'Invoice', 'slow', 'updated' returning change_id
            """
        )
        later = await new_invoice(client, body)
        assert await read(last) == [], "what was made later waits for what was begun before"
        unfollowed = (await client.get("/v1/reskontra/change", params={"newestFirst": True, "pageSize": 5})).json()
        assert later in {row["key"] for row in unfollowed}, "who does not go on sees it at once"
        await under_way.commit()
        found = await read(last)
        assert found[0]["changeId"] == slow
        assert later in {row["key"] for row in found[1:]}
        assert await read(found[-1]["changeId"]) == []
    await writer.close()


@pytest.mark.parametrize("order", ["", "lastModifiedDateTime", "documentDate desc"])
async def test_a_walk_is_of_one_moment(server_process: Callable[..., ServerProcess], order: str) -> None:
    """What is written between two pages of a walk is left to the next poll, and takes no other row with it."""
    running = server_process()
    headers = {"Authorization": f"Bearer {running.token}"}
    async with httpx.AsyncClient(base_url=running.url, headers=headers) as client:
        before = [await new_credit_note(client) for _ in range(6)]
        query: dict[str, Any] = {
            "lastModifiedDateTime": "2026-02-01",
            "lastModifiedDateTimeCondition": ">",
            "pageSize": 3,
        }
        query |= {"orderBy": order} if order else {}

        async def page(number: int) -> list[dict[str, Any]]:
            answer = await client.get("/v1/customerdocument", params=query | {"pageNumber": number})
            rows: list[dict[str, Any]] = answer.json()
            assert {row["metadata"]["totalCount"] for row in rows} <= {6}
            return rows

        rows = await page(1)
        changed = rows[-1]["referenceNumber"]
        note = {"note": {"value": "changed"}}
        assert (await client.put(f"/v1/customerCreditNote/{changed}", json=note)).status_code == 204
        added = await new_credit_note(client)
        await new_invoice(client, {"customerNumber": {"value": "20001"}, "invoiceLines": [LINE]})
        rows += await page(2)
        rows += await page(3)
        assert sorted(row["referenceNumber"] for row in rows) == sorted(before)
        query["lastModifiedDateTime"] = max(row["lastModifiedDateTime"] for row in rows)
        assert {changed, added} <= {row["referenceNumber"] for row in await page_of_any_total(client, query)}


async def page_of_any_total(client: httpx.AsyncClient, query: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await client.get("/v1/customerdocument", params=query)).json()
    return rows


async def new_credit_note(client: httpx.AsyncClient) -> str:
    answer = await client.post("/v1/customerCreditNote", json={"customerNumber": {"value": "20001"}, "lines": [LINE]})
    assert answer.status_code == 201, answer.text
    await asyncio.sleep(0.002)
    return answer.headers["location"].rpartition("/")[2]


async def new_invoice(client: httpx.AsyncClient, body: dict[str, Any]) -> str:
    answer = await client.post("/v1/customerinvoice", json=body)
    assert answer.status_code == 201, answer.text
    await asyncio.sleep(0.002)  # a stamp is as exact as the wire shows it: a millisecond
    return answer.headers["location"].rpartition("/")[2]


async def test_the_horizon_is_the_beginning_of_the_oldest_write(fresh_dsn: Callable[[], Awaitable[str]]) -> None:
    dsn = await fresh_dsn()
    runs = {"reskontra.clock": "runs"}
    first, second, reader = [await asyncpg.connect(dsn, server_settings=runs) for _ in range(3)]
    horizon = "select stamp_horizon(1), clock_timestamp()"
    begins = []
    for connection in (first, second):
        await connection.execute("begin")
        begins.append(await connection.fetchval("select write_stamp(1, now())"))
        await asyncio.sleep(0.01)
    found, now = tuple(await reader.fetchrow(horizon) or ())
    assert begins[0] - timedelta(milliseconds=5) <= found <= begins[0] < now
    await first.execute("commit")
    found, now = tuple(await reader.fetchrow(horizon) or ())
    assert begins[1] - timedelta(milliseconds=5) <= found <= begins[1] < now
    await second.execute("rollback")
    await first.execute("begin")
    assert await lock_total(first, 1) == 0  # an upload is no write that others wait to see
    found, now = tuple(await reader.fetchrow(horizon) or ())
    assert now - timedelta(milliseconds=50) <= found <= now
    given = await asyncpg.connect(dsn)
    assert await given.fetchval("select stamp_horizon(1)") is None
    moment = datetime(2031, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert await given.fetchval("select write_stamp(1, $1)", moment) == moment.replace(microsecond=123000)
    for connection in (first, second, reader, given):
        await connection.close()
