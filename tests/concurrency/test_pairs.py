"""Every pair of commands that may meet, meets: whoever comes first, the books are as if one had come after the other.

For each pair both serial orders are run first. Then one command stops after each statement of its transaction while
the other goes on as far as it can, and both are started at once. What comes of it must be one of the serial outcomes:
the same answers, the same rows, the same history of each thing; so no number is lost, no If-Match is passed by and no
request is refused only because another one was there. Serial outcomes are checked by the self-check.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import AsyncIterator, Hashable, Sequence
from datetime import timedelta
from functools import partial
from logging import WARNING
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import httpx
import pytest
import structlog

from reskontra.clock import Context, SeededClock
from reskontra.company_file.commands.applying import apply_plan, plan_changes
from reskontra.company_file.file import read_partial_template
from reskontra.company_file.rules.plan import Plan
from reskontra.config import Settings
from reskontra.db.pool import hold_until_end
from reskontra.db.selfcheck import offences
from reskontra.errors import Refusal
from reskontra.numbering import commands as numbering
from tests.clerk import Caller
from tests.concurrency.encounters import APPLIED, COMMANDS, DRAFT, INVOICES, OTHER_CLASS, Command, open_company
from tests.concurrency.meetings import (
    UUID,
    Answer,
    Books,
    Outcome,
    SteppedDatabase,
    both_at_once,
    met_after,
    one_after_the_other,
    queue_in_sight,
    queue_passed_by,
)
from tests.conftest import NOW, new_company, open_client

if TYPE_CHECKING:
    from tests.databases import Databases

EVERY_STATEMENT = bool(os.environ.get("RESKONTRA_EVERY_STATEMENT"))
"""Set it to stop after each statement instead of after some that tell most."""

GIVEN = re.compile(rf"{UUID.pattern}|(?<=by application )\d+")
"""What each meeting gives anew, in what is told."""

PAIRS = list(itertools.combinations_with_replacement(COMMANDS, 2))


class LittleCompany:
    """The little company, and how to send it a command."""

    def __init__(self, database: SteppedDatabase, client: httpx.AsyncClient, books: Books, folder: Path) -> None:
        self.database, self.client, self.books = database, client, books
        self.checked: set[str] = set()
        self.applied = read_partial_template(_written(folder, APPLIED))
        self.plan: Plan | None = None
        self.etag = ""

    async def open(self) -> None:
        await open_company(Caller(self.client))
        self.etag = (await self.client.get(f"{INVOICES}/{DRAFT}")).headers["etag"]
        async with self.database.transaction() as connection:
            self.plan = await plan_changes(connection, self._context(), self.applied)
        await self.books.remember()

    def _context(self) -> Context:
        clock = SeededClock(NOW)
        return Context(self.books.company_id, "operator", str(clock.new_id()), clock.now(), clock)

    async def send(self, command: Command) -> Answer:
        if command.method == "APPLY":
            return await self._apply()
        headers = {"If-Match": self.etag} if command.of_draft else {}
        answer = await self.client.request(command.method, command.path, json=command.body, headers=headers)
        if answer.is_success:
            return answer.status_code, answer.headers.get("location", "")
        assert answer.status_code < 500, answer.text
        return answer.status_code, GIVEN.sub("<id>", answer.json()["message"])

    async def _apply(self) -> Answer:
        assert self.plan is not None
        try:
            async with self.database.transaction() as connection:
                await apply_plan(connection, self._context(), self.applied, self.plan)
        except Refusal as refusal:
            return 400, str(refusal)
        return 200, ""

    async def is_blocked(self, pid: int) -> bool:
        found: bool = await self.books.connection.fetchval("select cardinality(pg_blocking_pids($1)) > 0", pid)
        return found

    async def result(self, answers: tuple[Answer, Answer]) -> Outcome:
        """What came of two requests; afterwards the books are as they were."""
        outcome = Outcome(answers, await self.books.read())
        await self.books.lay_back()
        return outcome

    async def check(self, outcome: Outcome) -> None:
        """The self-check of books that were not seen before."""
        words = repr(outcome.books)
        if words not in self.checked:
            self.checked.add(words)
            found = await offences(self.books.connection)
            assert not found, "\n".join(f"{it.sentence} {[dict(row) for row in it.rows[:5]]}" for it in found)


def _written(folder: Path, text: str) -> Path:
    path = folder / "changes.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
async def company(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LittleCompany]:
    name = await databases.clone()
    await databases.administer(f"alter database {name} set deadlock_timeout = '20ms'")
    dsn = databases.dsn_of(name)
    clock = SeededClock(NOW, step=timedelta())
    logging = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(WARNING), cache_logger_on_first_use=False)
    database = await SteppedDatabase.connect(dsn)
    connection = await asyncpg.connect(dsn)
    company_id = await new_company(database, clock, code="little", name="Little AS")
    await connection.execute(OTHER_CLASS, company_id)
    async with open_client(Settings(sandbox=True), database, clock, company_id=company_id) as client:
        books = Books(connection, company_id)
        opened = LittleCompany(database, client, books, tmp_path_factory.mktemp("file"))
        await opened.open()
        yield opened
    structlog.configure(**logging)
    await connection.close()
    await database.close()
    await databases.drop(name)


@pytest.mark.sampled(1 / 14)
@pytest.mark.parametrize(("one", "other"), PAIRS, ids=[f"{one} + {other}" for one, other in PAIRS])
async def test_pair(one: str, other: str, company: LittleCompany, monkeypatch: pytest.MonkeyPatch):
    requests = {name: partial(company.send, COMMANDS[name]) for name in (one, other)}
    orders = [(one, other), (other, one)] if one != other else [(one, other)]
    monkeypatch.setattr(numbering, "hold_until_end", partial(queue_in_sight, hold_until_end))

    await company.books.lay_back()
    serial: list[Outcome] = []
    lengths: dict[str, int] = {}
    turns: dict[str, set[Hashable]] = {}
    for first, second in orders:
        answers, *gates = await one_after_the_other(requests[first], requests[second])
        outcome = Outcome(answers, await company.books.read())
        await company.check(outcome)
        await company.books.lay_back()
        serial.append(outcome if first == one else outcome.turned_round())
        if one == other:
            serial.append(outcome.turned_round())
        for name, gate in zip((first, second), gates, strict=True):
            lengths[name] = max(lengths.get(name, 0), gate.statements - gate.commits_each)
            turns.setdefault(name, set()).update(gate.series)

    failures = []
    for first, second in orders:
        meet_in_queue = turns[first] & turns[second]
        for hold in (queue_in_sight, queue_passed_by) if meet_in_queue else (queue_in_sight,):
            monkeypatch.setattr(numbering, "hold_until_end", partial(hold, hold_until_end))
            for stop in _stops(lengths[first]):
                meeting = met_after(stop, requests[first], requests[second], company.is_blocked)
                outcome = await company.result(await meeting)
                outcome = outcome if first == one else outcome.turned_round()
                if outcome not in serial:
                    when = f"{first!r} stopped after statement {stop} of {lengths[first]}, {hold.__name__}"
                    failures += [when, *(f"   {line}" for each in serial for line in outcome.differences(each))]
        monkeypatch.setattr(numbering, "hold_until_end", partial(queue_in_sight, hold_until_end))
        outcome = await company.result(await both_at_once(requests[first], requests[second]))
        outcome = outcome if first == one else outcome.turned_round()
        if outcome not in serial:
            failures += [
                f"{first!r} a little earlier",
                *(f"   {line}" for each in serial for line in outcome.differences(each)),
            ]
    assert not failures, "\n".join(failures)


def _stops(length: int) -> Sequence[int]:
    """After which statements of a transaction to stop."""
    if EVERY_STATEMENT:
        return range(1, length + 1)
    return sorted({1, length // 2 if length > 4 else 1, length})
