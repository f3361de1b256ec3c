"""Two requests that meet at a chosen point, on real connections; and the books before and after, to compare.

Requests run in this process against the whole application. `SteppedDatabase` lets one of them stop after a statement
of its transaction, with all its locks, while the other goes on. Not the requests themselves: those are in
`encounters`.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import asyncpg
import msgspec

from reskontra.db.pool import Connection, Database

T = TypeVar("T")

WAITS_AT_MOST_SECONDS = 9
"""Longer than any wait that ends well, shorter than the database's own patience."""


@dataclass
class Gate:
    """One request on its way: how far it is, and where it is to stop. Statements count from 1."""

    stops_after: int | None = None
    statements: int = 0
    pid: int | None = None
    series: set[Hashable] = field(default_factory=set)
    """The turns that it took."""

    is_queueing: bool = False
    commits_each: bool = False
    """Whether its statements are transactions by themselves (`Database.write`), so that after the last all is done."""

    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def step(self) -> None:
        """Called after every statement."""
        self.statements += 1
        if self.statements == self.stops_after:
            self.stopped.set()
            await self.goes_on.wait()


_gate: ContextVar[Gate | None] = ContextVar("the gate of the request under way", default=None)


class SteppedDatabase(Database):
    """A database whose writes report each statement to the gate of their request."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        async with super().transaction() as connection:
            yield _stepped(connection)

    async def write(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        return await super().write(lambda connection: work(_stepped(connection)))


def _stepped(connection: Connection) -> Connection:
    gate = _gate.get()
    if gate is None:
        return connection
    gate.pid = connection.get_server_pid()
    gate.commits_each = not connection.is_in_transaction()
    return cast(Connection, _Stepped(connection, gate))


class _Stepped:
    """A connection that waits at the gate after each statement."""

    def __init__(self, connection: Connection, gate: Gate) -> None:
        self._connection = connection
        self._gate = gate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        if name not in ("fetch", "fetchrow", "fetchval", "execute", "executemany"):
            return found

        async def stepped(*args: Any, **options: Any) -> Any:
            result = await found(*args, **options)
            await self._gate.step()
            return result

        return stepped


async def queue_in_sight(hold: Callable[[Hashable], Awaitable[None]], turn: Hashable) -> None:
    """`hold_until_end`, with the waiting told to the gate."""
    gate = _gate.get()
    if gate is not None:
        gate.series.add(turn)
        gate.is_queueing = True
    await hold(turn)
    if gate is not None:
        gate.is_queueing = False


async def queue_passed_by(_hold: Callable[[Hashable], Awaitable[None]], turn: Hashable) -> None:
    """No queue, as between the requests of two processes: they meet in PostgreSQL."""
    gate = _gate.get()
    if gate is not None:
        gate.series.add(turn)


Answer = tuple[int, str]
"""What the caller was told: the status, and where to find what came of it or why nothing did."""

Request = Callable[[], Awaitable[Answer]]


@dataclass(frozen=True)
class Outcome:
    """What two requests were told and what is in the books after both."""

    answers: tuple[Answer, Answer]
    books: Mapping[str, Any]

    def turned_round(self) -> Outcome:
        """The same with the answers the other way round."""
        return Outcome((self.answers[1], self.answers[0]), self.books)

    def differences(self, other: Outcome) -> list[str]:
        """Where the other one differs, in words for the one who must find out why."""
        found = [f"answers {self.answers} and not {other.answers}"] if self.answers != other.answers else []
        for table in sorted({*self.books, *other.books}):
            mine, others = self.books.get(table, []), other.books.get(table, [])
            if mine != others:
                here = [row for row in mine if row not in others]
                there = [row for row in others if row not in mine]
                found.append(f"{table}: {_told_apart(here, there)}")
        return found


def _told_apart(here: list[str], there: list[str]) -> str:
    if len(here) != len(there) or not all(row.startswith("{") for row in (*here, *there)):
        return f"{here} and not {there}"[:1500]
    told = []
    for mine, other in zip(map(json.loads, here), map(json.loads, there), strict=True):
        told += [f"{name}={mine[name]!r} and not {other[name]!r}"[:300] for name in mine if mine[name] != other[name]]
    return "; ".join(told)


async def one_after_the_other(first: Request, second: Request) -> tuple[tuple[Answer, Answer], Gate, Gate]:
    """Both requests without a meeting: what a serial order gives."""
    gates = Gate(), Gate()
    return (await _run(first, gates[0]), await _run(second, gates[1])), *gates


async def both_at_once(first: Request, second: Request) -> tuple[Answer, Answer]:
    """Both started together; the first one a little earlier."""
    async with asyncio.timeout(WAITS_AT_MOST_SECONDS):
        return cast(tuple[Answer, Answer], tuple(await asyncio.gather(_run(first, Gate()), _run(second, Gate()))))


async def met_after(
    statement: int, first: Request, second: Request, is_blocked: Callable[[int], Awaitable[bool]]
) -> tuple[Answer, Answer]:
    """The first request stops after a statement of its transaction; the second runs until it ends or waits."""
    held, free = Gate(stops_after=statement), Gate()
    async with asyncio.timeout(WAITS_AT_MOST_SECONDS):
        stopping = asyncio.create_task(_run(first, held))
        stopped = asyncio.create_task(held.stopped.wait())
        await asyncio.wait({stopping, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        running = asyncio.create_task(_run(second, free))
        while not running.done() and not free.is_queueing:
            await asyncio.wait({running}, timeout=0.002)
            if not running.done() and free.pid is not None and await is_blocked(free.pid):
                break
        held.goes_on.set()
        return await stopping, await running


async def _run(request: Request, gate: Gate) -> Answer:
    async def gated() -> Answer:
        _gate.set(gate)
        return await request()

    return await asyncio.create_task(gated())


# The books, kept and laid back

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_CHANGED = "table (name text, content text)"
_VERSIONS = ("version", "last_change_id", "reference_version")
_UNTOLD = {"change_id", "transaction_id", "request_id", "application_id", "settlement_id"}


class Books:
    """One company's rows: remembered once, laid back before every meeting, and read as the meeting left them."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record], company_id: int) -> None:
        self.connection, self.company_id = connection, company_id

    async def remember(self) -> None:
        """Take the rows as they are as the starting point."""
        tables = await self._tables("true")
        moves_version = await self._tables("""exists (
            select from pg_trigger join pg_proc on pg_proc.oid = tgfoid and proname = 'bump_reference_version'
             where tgrelid = format('public.%I', table_name)::regclass)""")
        others = [table for table in tables if table not in moves_version]
        await self.connection.execute(
            "create schema kept;"
            + "".join(
                f"create table kept.{table} as select * from {table} where company_id = {self.company_id};"
                for table in tables
            )
        )
        moved = f"({self._version()}) <> ({self._version('kept.')})"
        for name, returns, one in (("lay_back", "void", self._laid_back), ("changed", _CHANGED, self._changed)):
            await self.connection.execute(f"""
                create function kept.{name}() returns {returns} language plpgsql as $$
                begin
                    if {moved} then {"".join(map(one, moves_version))} end if;
                    {"".join(map(one, others))}
                end $$""")
        # Once and for all: a session that changes it forgets the plans of the two functions, which are large.
        await self.connection.execute("set session_replication_role = replica")

    async def _tables(self, condition: str) -> list[str]:
        rows = await self.connection.fetch(f"""
            select table_name from information_schema.columns
             where table_schema = 'public' and column_name = 'company_id' and table_name <> 'api_client_company'
               and {condition}
             order by table_name <> 'company' desc, table_name""")
        return [row["table_name"] for row in rows]

    def _version(self, schema: str = "") -> str:
        return f"select reference_version from {schema}company where company_id = {self.company_id}"

    def _laid_back(self, table: str) -> str:
        return f"""
            if {self._differs(table)} then
                delete from {table} where company_id = {self.company_id};
                insert into {table} overriding system value select * from kept.{table};
            end if;"""

    def _changed(self, table: str) -> str:
        told = "true" if table in ("change", "document") else self._differs(table)
        rows = f"select json_agg(rows)::text from {table} as rows where company_id = {self.company_id}"
        return f"if {told} then name := '{table}'; content := ({rows}); return next; end if;"

    def _differs(self, table: str) -> str:
        rows = "select sum(hashtextextended(rows::text, 0)) from {} as rows where company_id = {}"
        now, then = (rows.format(source, self.company_id) for source in (table, f"kept.{table}"))
        return f"({now}) is distinct from ({then})"

    async def lay_back(self) -> None:
        """Put every row back that a meeting changed. Triggers keep still: it is no command that does this."""
        await self.connection.execute("select kept.lay_back()")

    async def read(self) -> dict[str, Any]:
        """The tables that are no longer as they were remembered, row by row, without what differs from run to run.

        Versions are told by the change they stand for.
        """
        rows = await self.connection.fetch("select name, content from kept.changed()")
        return _comparable({row["name"]: msgspec.json.decode(UUID.sub("<id>", row["content"] or "[]")) for row in rows})


def _comparable(books: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    changes = sorted(books.get("change", ()), key=lambda change: change["change_id"])
    told = {change["change_id"]: _words(change) for change in changes}
    numbers = {row["document_id"]: f"{row['document_type']} {row['number']}" for row in books.get("document", ())}
    compared: dict[str, Any] = {
        table: sorted(told.values() if table == "change" else (_words(row, told, numbers) for row in rows))
        for table, rows in books.items()
    }
    # The order of the changes of each thing is part of the books: it is the audit trail, and says the version.
    histories = defaultdict(list)
    for change in changes:
        histories[f"{change['entity']} {change['entity_key']}"].append(told[change["change_id"]])
    return compared | {"history": sorted(f"{key}: {events}" for key, events in histories.items())}


def _words(row: dict[str, Any], told: Mapping[int, str] = {}, numbers: Mapping[int, str] = {}) -> str:
    words: dict[str, Any] = {}
    for name, value in row.items():
        if name in _VERSIONS:
            words[name] = told.get(value, "at the start or by a trigger")
        elif name.endswith("document_id") and value is not None:
            words[name] = numbers.get(value, "gone")
        elif name not in _UNTOLD:
            words[name] = value
    return msgspec.json.encode(words).decode()
