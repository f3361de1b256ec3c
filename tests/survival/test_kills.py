"""Kill -9 while sixteen integrators write and runs are under way: what was acknowledged is there, nothing is there by
half, all go on, and a run that was killed in the middle is continued by the next one.

RESKONTRA_SURVIVAL_SEED asks for other moments and other ways; a failure tells which it was.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest

from reskontra.db.embedded import EmbeddedPostgres
from reskontra.db.selfcheck import offences
from tests.clerk import LINES
from tests.survival.bookkeeping import IN_SMALL_CHUNKS, Bookkeeper, assert_runs_are_whole
from tests.survival.houses import House, cluster_processes, kill, running
from tests.survival.integrators import PATH, Integrator, Tally, level_of

pytestmark = pytest.mark.xdist_group("demo folder")

SEED = os.environ.get("RESKONTRA_SURVIVAL_SEED", "2025")
INTEGRATORS = 16
FIRST = {"Invoice": 3548, "CreditNote": 10002, "DebitNote": 1002}
FIRST_CUSTOMER = 20021
"""The next numbers of the demo company."""

WAYS = ("server", "server and postmaster", "server and all of PostgreSQL", "server while it starts")
BESIDE = ("postmaster", "backend")
"""What leaves our server running, which must start its PostgreSQL again itself."""


@dataclass(frozen=True)
class Siege:
    """How long it lasts: so many writes, and each way of killing so many times."""

    writes: int
    each_way: int
    each_beside: int

    @property
    def ways(self) -> list[str]:
        return [*WAYS * self.each_way, *BESIDE * self.each_beside]


WHOLE, SHORT = Siege(3000, 5, 2), Siege(1000, 2, 1)


async def test_kill_at_any_moment_loses_nothing_that_was_acknowledged(demo_folder: Path, whole: bool) -> None:
    siege, folder = WHOLE if whole else SHORT, demo_folder
    house, tally, random = House(folder, program=("-c", IN_SMALL_CHUNKS)), Tally(), Random(f"survival {SEED}")
    try:
        async with running(house), AsyncExitStack() as opened:
            headers = {"Authorization": f"Bearer {await house.token()}"}
            staff: list[Integrator] = []
            for position in range(INTEGRATORS + 1):
                client = httpx.AsyncClient(base_url=house.url, headers=headers, timeout=60)
                await opened.enter_async_context(client)
                hired = Bookkeeper if position == INTEGRATORS else Integrator
                staff.append(hired(position, client, tally, Random(f"{SEED}/{position}")))
            *integrators, bookkeeper = staff
            assert isinstance(bookkeeper, Bookkeeper)
            reaper = asyncio.create_task(reap(house, tally, siege, random, bookkeeper))
            share = siege.writes // INTEGRATORS + 1
            working = [asyncio.create_task(integrator.work(share)) for integrator in integrators]
            working.append(asyncio.create_task(bookkeeper.keep(reaper)))
            try:
                await finished(reaper, *working)
            finally:
                for task in (reaper, *working):
                    task.cancel()
            assert reaper.result() == Counter(siege.ways)
            assert tally.writes >= siege.writes
            await assert_all_is_there(staff, tally)
            assert list(house.faults()) == []
        await assert_books_are_whole(folder, staff, tally)
        done = ("charged", "written off", "interrupted", *(("continued",) if whole else ()))
        assert all(bookkeeper.runs[it] > 0 for it in done), bookkeeper.runs
    except BaseException as error:
        error.add_note(f"RESKONTRA_SURVIVAL_SEED={SEED} {tally} log: {house.log_path}")
        raise


async def finished(*tasks: asyncio.Task[Any]) -> None:
    """Wait for all; the first one that fails fails the test at once."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in done:
        await task


async def reap(house: House, tally: Tally, siege: Siege, random: Random, bookkeeper: Bookkeeper) -> Counter[str]:
    """Kill in ways and at moments that the seed tells, and start the server again as whoever runs services would.

    A run is under way at each of these moments.
    """
    ways = siege.ways
    random.shuffle(ways)
    moments = sorted(random.randrange(20, siege.writes - 100) for _ in ways)
    for way, moment in zip(ways, moments, strict=True):
        while tally.writes < moment:
            await asyncio.sleep(0.005)
        while not bookkeeper.is_running:
            await asyncio.sleep(0.001)
        await asyncio.sleep(random.random() * 0.2)
        if way in BESIDE:
            await kill_in_postgres(house, way, random)
        else:
            await kill_server(house, way, random)
    return Counter(ways)


async def kill_server(house: House, way: str, random: Random) -> None:
    victims: list[int] = []
    if way == "server and postmaster" and house.postmaster is not None:
        victims = [house.postmaster]
    elif way == "server and all of PostgreSQL":
        victims = cluster_processes(house.folder)
    for victim in victims:
        kill(victim)
    await house.killed()
    await house.launch()
    if way == "server while it starts":
        await asyncio.sleep(random.random())
        await house.killed()
        await house.launch()
    await house.answers()


async def kill_in_postgres(house: House, way: str, random: Random) -> None:
    while (postmaster := house.postmaster) is None:
        await asyncio.sleep(0.01)
    backends = [pid for pid in cluster_processes(house.folder) if pid != postmaster]
    kill(postmaster if way == "postmaster" or not backends else random.choice(backends))


async def assert_all_is_there(integrators: list[Integrator], tally: Tally) -> None:
    """Every acknowledged document and customer says what was acknowledged, and there are no others."""
    http = integrators[0].http
    for kind, path in PATH.items():
        rows = await everything(http, f"/v1/{path}?expandDunningInformation=true")
        found = {row["referenceNumber"]: row for row in rows if int(row["referenceNumber"]) >= FIRST[kind]}
        own = {document.number: document for one in integrators for document in one.documents if document.kind == kind}
        assert found.keys() == own.keys()
        for number, document in own.items():
            row = found[number]
            shown = (
                row["customer"]["number"], row["externalReference"], row["amount"], len(row[LINES[path]]),
                row.get("note") or "", row["status"], [it["name"] for it in row["attachments"]],
            )  # fmt: skip
            assert shown == document.shown, f"{kind} {number}"
            assert level_of(row) == document.level, f"{kind} {number}"
    listed = await everything(http, "/v1/customerPayment?docDate=2020-01-01&docDateCondition=>")
    rows = [row for row in listed if row["type"] == "Payment"]
    assert {row["refNbr"]: (row["status"], row["paymentAmount"], row["availableBalance"]) for row in rows} == {
        number: ("Closed", amount, 0) for number, amount in tally.payments.items()
    }
    assert {row["metadata"]["totalCount"] for row in listed} == {len(listed)}
    rows = await everything(http, "/v1/customer?")
    names = {row["number"]: row["name"] for row in rows if int(row["number"]) >= FIRST_CUSTOMER}
    assert names == {customer.number: customer.name for one in integrators for customer in one.customers}


async def everything(http: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        answer = await http.get(f"{path}&pageSize=1000&pageNumber={len(rows) // 1000 + 1}")
        assert answer.status_code == 200, answer.text
        page = json.loads(answer.text, parse_float=Decimal)
        rows += page
        if len(page) < 1000:
            return rows


async def assert_books_are_whole(folder: Path, integrators: list[Integrator], tally: Tally) -> None:
    """What the rows themselves say, once the server has stopped: no half document, no gap that nobody explains."""
    server = await asyncio.to_thread(EmbeddedPostgres.start, folder)
    try:
        connection = await asyncpg.connect(server.dsn())
        assert [offence.sentence for offence in await offences(connection)] == []
        assert await connection.fetch(HALF_DOCUMENTS) == []
        for kind, first in FIRST.items():
            used = [document.number for one in integrators for document in one.documents if document.kind == kind]
            gone = await connection.fetch("select number from deleted_number where entity = $1", kind)
            deleted = {row["number"] for row in gone}
            assert deleted == {number for its, number in tally.deleted if its == kind}
            assert sorted(map(int, [*used, *deleted])) == list(range(first, first + len(used) + len(deleted))), kind
        customers = [int(customer.number) for one in integrators for customer in one.customers]
        assert sorted(customers) == list(range(FIRST_CUSTOMER, FIRST_CUSTOMER + len(customers)))
        await assert_runs_are_whole(connection, next(it for it in integrators if isinstance(it, Bookkeeper)))
        await connection.close()
    finally:
        await asyncio.to_thread(server.stop)


HALF_DOCUMENTS = """
select document_type, number
  from document
 where document_type not in ('Payment', 'SmallBalanceWo') and not exists (
    select from document_line
     where document_line.company_id = document.company_id and document_line.document_id = document.document_id)
    or status <> 'Balanced' and status <> 'Hold' and not exists (
    select from journal_entry
     where journal_entry.company_id = document.company_id and journal_entry.document_type = document.document_type
       and journal_entry.document_number = document.number)
    or not exists (
    select from change where change.company_id = document.company_id and change.change_id = document.version)
"""
