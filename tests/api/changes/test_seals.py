"""Seals of the log of changes: what they cover, how they are made, and that they break (decision 0035)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reskontra.changes.seals import commands, store
from reskontra.clock import Context, SeededClock, SystemClock
from reskontra.db.pool import Database
from reskontra.db.selfcheck import offences
from tests.clerk import INVOICE, Clerk, refusal

SEAL, SEALS = "/v1/reskontra/change/action/seal", "reskontra/change/seal"


async def sealed(clerk: Clerk) -> dict[str, Any]:
    answer = await clerk.http.post(SEAL)
    assert answer.status_code == 200, answer.text
    seal: dict[str, Any] = answer.json()
    return seal


async def digests(clerk: Clerk) -> list[str]:
    """The digests of all seals, made as docs/OPERATING.md says."""
    made, before, after = [], b"", datetime.min.replace(tzinfo=UTC)
    for seal in await clerk.rows("select sealed_until from change_seal where company_id = 1 order by seal_number"):
        rows = await clerk.rows(
            "select change_id, changed_at, actor, request_id, entity, entity_key, event, detail::text as detail"
            "  from change where company_id = 1 and changed_at <= $1 order by changed_at, change_id",
            seal["sealed_until"],
        )
        lines = [
            "[{}, {}]".format(
                ", ".join(
                    json.dumps(it, ensure_ascii=False)
                    for it in (
                        row["change_id"],
                        row["changed_at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                        *(row[name] for name in ("actor", "request_id", "entity", "entity_key", "event")),
                    )
                ),
                row["detail"] or "null",
            )
            for row in rows
            if row["changed_at"] > after
        ]
        before = hashlib.sha256(before + "\n".join(lines).encode()).digest()
        made.append(before.hex())
        after = seal["sealed_until"]
    return made


async def test_seals_cover_every_change_once_and_anybody_can_make_them_anew(clerk: Clerk) -> None:
    first = await sealed(clerk)
    assert await sealed(clerk) == first, "nothing was changed"
    await clerk.issue(INVOICE)
    second = await sealed(clerk)
    assert (first["sealNumber"], second["sealNumber"]) == (1, 2)
    assert [it["sealNumber"] for it in await clerk.page(SEALS)] == [1, 2]
    newest = await clerk.sql("select max(change_id) from change where company_id = 1")
    assert second["newestChangeId"] == newest
    assert first["changes"] + second["changes"] == await clerk.sql("select count(*) from change where company_id = 1")
    assert [first["digest"], second["digest"]] == await digests(clerk)


async def test_a_long_log_gets_several_seals_which_split_no_moment(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "_CHANGES_MAX", 5)
    await sealed(clerk)
    seals = await clerk.page(SEALS, pageSize=1000)
    assert len(seals) > 3
    assert [it["sealNumber"] for it in seals] == list(range(1, len(seals) + 1))
    assert sum(it["changes"] for it in seals) == await clerk.sql("select count(*) from change where company_id = 1")
    assert [it["digest"] for it in seals] == await digests(clerk)
    backwards = await clerk.page(SEALS, newestFirst="true", pageSize=2)
    assert backwards == seals[: len(seals) - 3 : -1]


@pytest.mark.plants_fault
@pytest.mark.parametrize(
    "fault",
    [
        "update change set actor = 'nobody' where change_id = $1",
        'update change set detail = \'{"note": [null, "x"]}\' where change_id = $1',
        "delete from change where change_id = $1",
        """insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event)
           select company_id, changed_at, actor, request_id, entity, entity_key, event from change
            where change_id = $1""",
        "update change set changed_at = changed_at + interval '1 second' where change_id = $1",
    ],
)
async def test_a_log_that_is_altered_breaks_its_seal_and_only_that_of_its_company(
    clerk: Clerk, books: Database, fault: str
) -> None:
    invoice = await clerk.issue(INVOICE)
    await sealed(clerk)
    await clerk.issue(INVOICE)
    await sealed(clerk)
    change = await clerk.sql("select min(change_id) from change where entity_key = $1", invoice.number)
    async with books.transaction() as connection:
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(fault, change)
        (found,) = [it for it in await offences(connection) if it.name == "changes-fit-their-seals"]
    assert [(row["company_id"], row["seal_number"]) for row in found.rows] == [(1, 1)]


async def test_where_nothing_was_changed_there_is_nothing_to_seal(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "find_horizon", lambda *_: answered(datetime(2000, 1, 1, tzinfo=UTC)))
    assert "There is nothing to seal yet." in refusal(await clerk.http.post(SEAL))


async def answered(value: datetime | None) -> datetime | None:
    return value


async def test_by_itself_all_companies_are_sealed_but_for_the_last_minute_and_what_is_under_way(
    fresh_dsn: Callable[[], Awaitable[str]],
) -> None:
    running = await Database.connect(await fresh_dsn(), clock_runs=True)
    try:
        await seal_a_running_log(running)
    finally:
        await running.close()


async def seal_a_running_log(running: Database) -> None:
    async def count(what: str) -> int:
        async with running.connection() as connection:
            found: int = await connection.fetchval(what)
            return found

    changes, sealed_changes = "select count(*) from change", "select coalesce(sum(changes), 0) from change_seal"
    old = await count(changes)
    change = """insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event)
                select 1, write_stamp(1, now()), 'x', 'x', 'Test', 'x', 'updated'"""
    async with running.connection() as connection:
        await connection.execute(change)
    await commands.seal_all(running, SystemClock())
    assert await count(sealed_changes) == old, "what was just changed waits a minute"

    async with running.transaction() as under_way:
        await under_way.execute(change)
        async with running.connection() as connection:
            await connection.execute(change)
            context = Context(1, "x", "x", datetime.now(UTC) + timedelta(days=1), SystemClock())
            await commands.seal(connection, context)
        assert await count(sealed_changes) == old + 1, "the one under way may still turn up before the other"
    async with running.connection() as connection:
        await commands.seal(connection, context)
    assert await count(sealed_changes) == old + 3 == await count(changes)


async def test_a_clock_that_does_not_run_seals_nothing_by_itself(books: Database, clock: SeededClock) -> None:
    await commands.seal_all(books, clock)
    async with books.connection() as connection:
        assert await connection.fetchval("select count(*) from change_seal") == 0
