"""Clients that keep a copy by lastModifiedDateTime: while others write, and after, the copy lacks nothing.

Each list is polled as integrators do it: everything that is newer than the newest moment seen, page by page. Two server
processes write into one company, so no process could know by itself what the other has under way.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
import pytest

from reskontra.attachments.store import lock_total

if TYPE_CHECKING:
    from tests.conftest import ServerProcess

LISTS = {
    "customerinvoice": "referenceNumber",
    "customerCreditNote": "referenceNumber",
    "customerDebitNote": "referenceNumber",
    "customer": "number",
    "customerdocument": "referenceNumber",
    "inventory": "inventoryNumber",
}
"""List -> the field by which a copy knows a row."""

PAGE = 100
LINE = {"inventoryNumber": {"value": "A"}, "quantity": {"value": 1}}
SEED = int(os.environ.get("RESKONTRA_SYNC_SEED", "1"))


class Copy:
    """A copy of one list, kept by asking for what is newer than the newest row in it."""

    def __init__(self, client: httpx.AsyncClient, path: str, condition: str) -> None:
        self.path, self.condition = path, condition
        self.rows: dict[str, str] = {}
        self._client = client
        self._cursor = "2001-01-01"

    async def poll(self) -> None:
        query = {"lastModifiedDateTime": self._cursor, "lastModifiedDateTimeCondition": self.condition}
        newest = self._cursor
        page = 1
        while True:
            answer = await self._client.get(f"/v1/{self.path}", params=query | {"pageNumber": page, "pageSize": PAGE})
            assert answer.status_code == 200, answer.text
            found = answer.json()
            for row in found:
                stamp = row["lastModifiedDateTime"]
                self.rows[self._key(row)] = stamp
                newest = max(newest, stamp)
            if len(found) < PAGE:
                break
            page += 1
        self._cursor = newest

    def _key(self, row: dict[str, Any]) -> str:
        return f"{row.get('documentType', '')} {row[LISTS[self.path]]}"


async def everything(client: httpx.AsyncClient, path: str) -> dict[str, str]:
    """The list as it is at the end, without a filter."""
    copy = Copy(client, path, ">=")
    page = 1
    while True:
        answer = await client.get(f"/v1/{path}", params={"pageNumber": page, "pageSize": 1000})
        found = answer.json()
        copy.rows |= {copy._key(row): row["lastModifiedDateTime"] for row in found}
        if len(found) < 1000:
            return copy.rows
        page += 1


async def write(client: httpx.AsyncClient, chance: random.Random, count: int, name: str) -> None:
    """Documents, customers and items, made and changed in turn; long documents among short ones."""
    for turn in range(count):
        kind = chance.choice(
            ["customerinvoice"] * 3 + ["customerCreditNote", "customerDebitNote", "customer", "inventory"]
        )
        if kind == "customer":
            answer = await client.post("/v1/customer", json={"name": {"value": f"{name}-{turn}"}})
        elif kind == "inventory":
            number = f"{name}-{turn}"
            body = {"inventoryNumber": number, "description": number, "itemClass": "SALG", "type": "NonStockItem"}
            answer = await client.post("/v1/inventory", json={field: {"value": it} for field, it in body.items()})
        else:
            lines = [LINE] * chance.choice([1, 1, 200])
            named = "invoiceLines" if kind == "customerinvoice" else "lines"
            sale = {"customerNumber": {"value": "20001"}, "documentDate": {"value": "2025-03-03"}, named: lines}
            answer = await client.post(f"/v1/{kind}", json=sale)
        assert answer.status_code == 201, answer.text
        address = answer.headers["location"]
        if chance.random() < 0.5:
            field = "description" if kind == "inventory" else "name" if kind == "customer" else "note"
            changed = await client.put(address, json={field: {"value": f"changed {turn}"}})
            assert changed.status_code == 204, changed.text
        if kind.startswith("customer") and kind != "customer" and chance.random() < 0.3:
            released = await client.post(f"{address}/action/release")
            assert released.status_code == 200, released.text


async def lost_rows(urls: list[tuple[str, str]], writers: int, documents: int, seed: int) -> dict[str, dict[str, str]]:
    """What the copies lack, or have in an older state, when everybody has finished; by list and condition."""
    wanted = [(path, condition) for path in LISTS for condition in (">=", ">")]
    clients = [
        httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        for url, token in (urls[position % len(urls)] for position in range(writers + len(wanted)))
    ]
    writing, reading = clients[:writers], clients[writers:]
    copies = [Copy(client, *it) for client, it in zip(reading, wanted, strict=True)]
    done = asyncio.Event()

    async def keep(copy: Copy) -> None:
        while not done.is_set():
            await copy.poll()

    names = [f"S{seed}W{writers}-{position}" for position in range(writers)]
    polling = [asyncio.create_task(keep(copy)) for copy in copies]
    try:
        await asyncio.gather(
            *(
                write(client, random.Random(f"{seed} {name}"), documents // writers, name)
                for client, name in zip(writing, names, strict=True)
            )
        )
    finally:
        done.set()
        await asyncio.gather(*polling)
    await asyncio.sleep(0.01)
    lost = {}
    for copy in copies:
        await copy.poll()
        present = await everything(reading[0], copy.path)
        missed = {key: stamp for key, stamp in present.items() if copy.rows.get(key) != stamp}
        if missed:
            lost[f"{copy.path} {copy.condition}"] = missed
    for client in clients:
        await client.aclose()
    return lost


@pytest.mark.slow
async def test_a_copy_kept_by_polling_lacks_nothing(server_process: Callable[..., ServerProcess], whole: bool) -> None:
    """16 writers and 320 documents; in `make test-all` 4, 16 and 64 writers, 2,000 documents, 20 seeds."""
    first = server_process()
    second = server_process(first.dsn)
    urls = [(it.url, it.token) for it in (first, second)]
    runs = itertools.product((4, 16, 64), range(SEED, SEED + 20)) if whole else [(16, SEED)]
    for writers, seed in runs:
        lost = await lost_rows(urls, writers, 2000 if whole else 320, seed)
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
