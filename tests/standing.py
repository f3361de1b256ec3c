"""Books for many tests, laid back after each: as good as a new clone, for a fraction of its price.

Making a clone is cheap. What costs is that all who connect to it must first learn its hundred tables: the connections
of the pool, and whoever runs the self-check. Here they stay connected, and only the rows that a test changed are laid
back, with the sequences. Who changes the schema has the database thrown away.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from reskontra.db.pool import Connection, Database
from reskontra.db.selfcheck import Check, known_checks
from reskontra.reference.store import remembered
from tests.databases import Databases

USES_MAX = 200
"""Rows that were laid back leave dead ones behind, which make tables slow."""

_TABLES = """
select class.oid::regclass::text as name, string_agg(quote_ident(attname), ', ' order by attnum) as columns
  from pg_class as class
  join pg_attribute on attrelid = class.oid and attnum > 0 and not attisdropped and attgenerated = ''
 where relkind = 'r' and relnamespace = 'public'::regnamespace
 group by 1 order by 1
"""
_SEQUENCES = """
select 'sequence' as kind, seqrelid::regclass::text as name, pg_sequence_last_value(seqrelid) as rows,
       seqstart as newest
  from pg_sequence join pg_class on pg_class.oid = seqrelid and relnamespace = 'public'::regnamespace
"""
_CATALOGS = {
    "pg_class": "where relnamespace = 'public'::regnamespace",
    "pg_attribute": "join pg_class on pg_class.oid = attrelid and relnamespace = 'public'::regnamespace",
    "pg_constraint": "where connamespace = 'public'::regnamespace",
    "pg_proc": "where pronamespace = 'public'::regnamespace",
    "pg_trigger": "",
    "pg_db_role_setting": "",
}


def _state_of(kind: str, name: str, more: str = "") -> str:
    """A select of what tells a table as it is from itself at any other time.

    Whatever is written has a newer transaction id than all that stood there: rows that are added raise the sum, and if
    only as many are taken away as are added, it is higher still.
    """
    written = f"coalesce(sum({name}.xmin::text::bigint), 0)::bigint"
    return f"select '{kind}' as kind, '{name}' as name, count(*) as rows, {written} as newest from {name} {more}"


_State = Mapping[tuple[str, str], tuple[int | None, int]]


@dataclass
class StandingBooks:
    """A clone with what `prepare` adds to it, made when the first test borrows it."""

    databases: Databases
    prepare: Callable[[Database], Awaitable[Any]] | None = None
    prepared: Any = None
    """What `prepare` returned."""

    _kept: _Kept | None = None

    @asynccontextmanager
    async def lent(self, prove: Callable[[Connection], Awaitable[None]] | None) -> AsyncIterator[Database]:
        """The books for one test. If it changed them they are handed to `prove`, if that is given, and laid back."""
        kept = self._kept = self._kept or await self._made()
        remembered.forget()  # what it knows of a company may be from books of others, or from after the last test
        try:
            yield kept.database
            if prove is not None and await kept.may_be_wrong():
                await prove(kept.keeper)
        finally:
            is_as_before = False
            try:
                is_as_before = await kept.lay_back()
            finally:
                if not is_as_before:
                    await self.close()

    async def _made(self) -> _Kept:
        name = await self.databases.clone()
        database = await Database.connect(self.databases.dsn_of(name))
        if self.prepare is not None:
            self.prepared = await self.prepare(database)
        keeper = await asyncpg.connect(
            self.databases.superuser_dsn_of(name),
            max_cached_statement_lifetime=0,
            max_cacheable_statement_size=0,
            server_settings={"lock_timeout": "10s", "session_replication_role": "replica"},
        )
        return await _keep(name, database, keeper)

    async def close(self) -> None:
        """Throw the database away; the next test gets another."""
        kept, self._kept = self._kept, None
        if kept is not None:
            await kept.keeper.close()
            await kept.database.close()
            await self.databases.drop(kept.name)


@asynccontextmanager
async def standing_books(
    databases: Databases, prepare: Callable[[Database], Awaitable[Any]] | None = None
) -> AsyncIterator[StandingBooks]:
    """Books to lend until the end of the session."""
    books = StandingBooks(databases, prepare)
    yield books
    await books.close()


@dataclass
class _Kept:
    """A database, its pool, and a connection of its own that has a copy of every table.

    The keeper is a replica to PostgreSQL, so triggers keep still when it lays rows back. It is one all the time: to
    become one forgets all plans.
    """

    name: str
    database: Database
    keeper: asyncpg.Connection[asyncpg.Record]
    state_query: str
    kept: _State
    uses: int = 0

    async def may_be_wrong(self) -> bool:
        """Whether anything changed that a check complains of now; the check says what it is."""
        if not self._moved(await self.read(), "table"):
            return False
        return bool(await self.keeper.fetchval(_ANY_OFFENCE))

    async def lay_back(self) -> bool:
        """Rows and sequences as they were; False if that is not all, or no longer worth it."""
        self.uses += 1
        state = await self.read()
        if self.uses >= USES_MAX or self._moved(state, "catalog"):
            return False
        tables, sequences = self._moved(state, "table"), self._moved(state, "sequence")
        if tables or sequences:
            starts = [self.kept["sequence", name] for name in sequences]
            await self.keeper.execute(
                "select pg_temp.lay_back($1::text[], $2::text[], $3::bigint[], $4::boolean[])",
                tables,
                sequences,
                [start if last is None else last for last, start in starts],
                [last is not None for last, _ in starts],
            )
            self.kept = await self.read()
        self.database.when_connected.clear()  # the applications that wanted to know are gone
        return True

    async def read(self) -> _State:
        """What tells the state of each table, sequence and catalog."""
        rows = await self.keeper.fetch(self.state_query)
        return {(row["kind"], row["name"]): (row["rows"], row["newest"]) for row in rows}

    def _moved(self, state: _State, kind: str) -> list[str]:
        return [name for (its, name), found in state.items() if its == kind and found != self.kept[its, name]]


async def _keep(name: str, database: Database, keeper: asyncpg.Connection[asyncpg.Record]) -> _Kept:
    """Take the rows as they are as those that are laid back."""
    tables = {row["name"]: row["columns"] for row in await keeper.fetch(_TABLES)}
    for table in tables:
        await keeper.execute(f"create temporary table kept_{table} as table {table}")
    await keeper.execute(_lay_back(tables.items()))
    query = " union all ".join(
        (
            *(_state_of("table", table) for table in tables),
            *(_state_of("catalog", catalog, more) for catalog, more in _CATALOGS.items()),
            _SEQUENCES,
        )
    )
    kept = _Kept(name, database, keeper, query, {})
    kept.kept = await kept.read()
    return kept


def _lay_back(tables: Iterable[tuple[str, str]]) -> str:
    """A function of the keeper's session, whose statements are planned once."""
    each = "\n".join(
        f"""if '{table}' = any (tables) then
                delete from {table};
                insert into {table} ({columns}) overriding system value select {columns} from kept_{table};
            end if;"""
        for table, columns in tables
    )
    return f"""
        create function pg_temp.lay_back(tables text[], sequences text[], values_ bigint[], called boolean[])
        returns void language plpgsql as $$
        begin
            {each}
            perform setval(moved.name::regclass, moved.value, moved.called)
               from unnest(sequences, values_, called) as moved (name, value, called);
        end $$"""


def _condition(check: Check) -> str:
    query = re.sub(r"--.*", "", check.sql).rstrip(";\n ")
    return f"exists ({query})"


_ANY_OFFENCE = f"select {' or '.join(map(_condition, known_checks()))}"
