"""Connections and transactions. SQL is in each room's `store`, and what an error means in `constraints`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, TypeVar
from weakref import WeakValueDictionary

import asyncpg
import structlog

from reskontra.db.constraints import refusal_for
from reskontra.db.counting import Count, counted
from reskontra.db.faults import (
    BUSY,
    FAULTS,
    READ_ONLY,
    refusal_at_the_door,
    refusal_of_commit,
)
from reskontra.db.gate import Gate
from reskontra.db.lending import AllLent, Lender
from reskontra.db.sessions import session_name
from reskontra.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from asyncpg import Record
    from asyncpg.pool import Pool, PoolConnectionProxy
    from asyncpg.transaction import Transaction

    # What stores and commands are given: a borrowed connection, or a plain one in a migration or a test.
    Connection: TypeAlias = asyncpg.Connection[Record] | PoolConnectionProxy[Record]
else:
    Connection = asyncpg.Connection

T = TypeVar("T")

_SESSION_SETTINGS = {
    "timezone": "UTC",
    "jit": "off",  # statements are short: compiling them costs more than it saves
    # The statements are large and look rows up by key: planning one for its parameters costs three times as much as
    # running it, and PostgreSQL would do so every time where a null parameter makes the custom plan look cheaper.
    "plan_cache_mode": "force_generic_plan",
    # A table that was empty when its statistics were made is planned to be read whole, in a check of a foreign key too,
    # however much it has grown: a payment of 5,000 invoices then read 5,000 rows for each of them. What a company has
    # is always found by an index, and reading all of a large table by one costs hardly more.
    "enable_seqscan": "off",
    "idle_in_transaction_session_timeout": "60s",
}

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_IS_HERE = "select inet_client_addr() is not distinct from inet_server_addr()"
"""Whether client and server have the same address, or none, as through a Unix socket."""

_IS_READ_ONLY = "select current_setting('transaction_read_only') = 'on'"

_TURN_SECONDS = 10.0
"""How long a request waits for what another one holds in this process: as long as for a lock of PostgreSQL."""

_ANSWER_SECONDS = 2.0
"""How much longer than PostgreSQL we wait for a statement that it ends itself."""

_CLOSE_SECONDS = 10.0


class NeedsTransaction(Exception):
    """One statement to read and one to write are not enough, or what was read had changed before the write."""


_Turns: TypeAlias = WeakValueDictionary[Hashable, asyncio.Lock]


@dataclass(slots=True)
class _UnderWay:
    """What a write holds of the turns of its database, and whether its writing statement has been sent."""

    turns: _Turns
    locks: list[asyncio.Lock] = field(default_factory=list)
    is_sent: bool = False


_under_way: ContextVar[_UnderWay] = ContextVar("the write under way")


def need_transaction(connection: Connection) -> None:
    """Call it before anything that needs more than one statement to read and one to write (`Database.write`)."""
    if not connection.is_in_transaction():
        raise NeedsTransaction


def about_to_write() -> None:
    """Call it before the writing statement of a `Database.write`: if its answer is lost, the outcome is unknown."""
    _under_way.get().is_sent = True


async def hold_until_end(turn: Hashable) -> None:
    """Wait until no other write through the same `Database` holds what `turn` names, and hold it until the current
    write has ended. A write may ask for the same turn twice.

    Raises `Unavailable` instead of waiting for ever, since whoever waits keeps a connection from others.
    """
    under_way = _under_way.get()
    lock = under_way.turns.setdefault(turn, asyncio.Lock())
    if lock in under_way.locks:
        return
    try:
        async with asyncio.timeout(_TURN_SECONDS):
            await lock.acquire()
    except TimeoutError as error:
        raise Unavailable(BUSY) from error
    under_way.locks.append(lock)


CONNECTIONS_MAX = 16
"""Connections of one process. Sixteen keep PostgreSQL busy on as many cores as one Python can feed."""


class Database:
    """A pool of connections to one PostgreSQL database.

    A connection goes back to the pool without a reset query, which would cost a third of a read. So nothing on it
    may outlive its transaction: no LISTEN, no session SET, no session advisory lock.
    """

    def __init__(
        self,
        pool: Pool[Record],
        acquire_timeout_seconds: float,
        when_connected: list[Callable[[], None]],
        writes_max: int,
    ) -> None:
        self.when_connected = when_connected
        """Called for each new connection. It may lead to a server that has crashed or failed over since. Ids that were
        not committed may be given again, so what is remembered under such an id may be wrong."""
        self._pool = pool
        self._lender = Lender(pool)
        self._gate = Gate(writes_max, acquire_timeout_seconds)
        self._turns: _Turns = WeakValueDictionary()
        self._acquire_timeout_seconds = acquire_timeout_seconds

    @classmethod
    async def connect(
        cls,
        dsn: str,
        *,
        clock_runs: bool = False,
        url: str = "",
        size_max: int = CONNECTIONS_MAX,
        writes_max: int | None = None,
        statement_timeout_seconds: float = 30,
        lock_timeout_seconds: float = 10,
        acquire_timeout_seconds: float = 10,
    ) -> Self:
        """Open the pool. `dsn` is a postgresql:// URL. Raises `Unavailable` when the server cannot be reached.

        `writes_max`: how many connections write at the same time in a database on this machine, if none of them takes
        long; trials are not counted.

        With `clock_runs` the program tells the time as the database does, which then stamps rows by its own clock
        (decision 0021); else they are stamped with the time that the program gives. `url` is the address of a server
        that opens the pool, to be seen in PostgreSQL's list of sessions.
        """
        settings = {
            **_SESSION_SETTINGS,
            "application_name": session_name(url),
            "reskontra.clock": "runs" if clock_runs else "given",
            "statement_timeout": f"{statement_timeout_seconds * 1000:.0f}ms",
            "lock_timeout": f"{lock_timeout_seconds * 1000:.0f}ms",
        }
        when_connected: list[Callable[[], None]] = []

        async def tell(_connection: Connection) -> None:
            for listen in when_connected:
                listen()

        try:
            pool = await asyncpg.create_pool(
                dsn,
                init=tell,
                min_size=0,  # else it opens one by itself where one of ours has ended, which we may be about to do
                max_size=size_max,
                server_settings=settings,
                reset=_keep_as_it_is,
                # Only for a server that no longer enforces its own limit: frozen, or behind a broken network.
                command_timeout=statement_timeout_seconds + _ANSWER_SECONDS,
                # The statements are a fixed set of texts, so prepared ones never need to be dropped. One above 15 kB
                # would not be kept, but planned for each request, which takes several times as long as running it.
                statement_cache_size=1024,
                max_cacheable_statement_size=0,
                max_cached_statement_lifetime=0,
                max_inactive_connection_lifetime=0,
            )
            is_here = await pool.fetchval(_IS_HERE)
        except FAULTS as error:
            raise Unavailable(f"The database cannot be reached: {error}.") from error
        if writes_max is None or not is_here:
            writes_max = size_max
        return cls(pool, acquire_timeout_seconds, when_connected, writes_max)

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """A connection without a transaction, for reads of one statement."""
        return self._borrow()

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """A connection inside BEGIN..COMMIT; any exception rolls back. Database errors arrive as refusals."""
        return self._transaction()

    def snapshot(self) -> AbstractAsyncContextManager[Connection]:
        """A connection that sees the books of one moment, however many statements read them, and writes nothing."""
        return self._transaction(isolation="repeatable_read", readonly=True)

    async def write(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `work`, which reads with one statement and writes with one, without a transaction around the two.

        The writing statement is its own transaction and proves that what was read still holds. If it does not, or if
        `work` needs more statements, `work` raises `NeedsTransaction` and is run again in a transaction, with locks.
        """
        try:
            async with self._gate.passage(), self._borrow() as connection:
                return await self._alone(connection, work)
        except NeedsTransaction:
            async with self._transaction() as connection:
                return await work(connection)

    @asynccontextmanager
    async def together(self) -> AsyncGenerator[OneTransaction]:
        """A transaction for all that is done with what it yields: one write, and what is stored beside it."""
        afterwards: list[Callable[[], None]] = []
        async with self._transaction() as connection:
            yield OneTransaction(connection, afterwards)
        for tell in afterwards:
            tell()

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Tell somebody what has been committed: at once, as each transaction here ends before its handler goes on."""
        tell()

    @asynccontextmanager
    async def trial(self) -> AsyncGenerator[OneTransaction]:
        """A transaction that is rolled back in the end, for trying what a write would do."""
        async with self._borrow() as connection:
            with _holding(self._turns):
                transaction = connection.transaction()
                await transaction.start()
                try:
                    yield OneTransaction(connection)
                except BaseException as error:
                    await _undo(connection, transaction, error)
                    raise
                await transaction.rollback()

    def forget(self) -> None:
        """Have everything forgotten that was remembered of the rows, because other ones have been restored."""
        for listen in self.when_connected:
            listen()

    async def close(self) -> None:
        """Wait for borrowed connections, then close all of them; those that do not come back are cut."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._lender.close()
        except TimeoutError:
            self._pool.terminate()

    def terminate(self) -> None:
        """Close all connections at once, borrowed or not."""
        self._pool.terminate()

    async def probe(self, seconds: float = 2) -> None:
        """Raises `Unavailable`, with the reason, unless the database accepts changes right now."""
        try:
            connection = await self._lender.lend(seconds)
        except FAULTS as error:
            raise self._told_at_the_door(error) from error
        is_sound = False
        try:
            is_read_only = await connection.fetchval(_IS_READ_ONLY, timeout=seconds)
            is_sound = True
        except FAULTS as error:
            raise refusal_at_the_door(error) from error
        finally:
            await self._give_back(connection, is_sound=is_sound)
        if is_read_only:
            raise Unavailable(READ_ONLY)

    async def _alone(self, connection: PoolConnectionProxy[Record], work: Callable[[Connection], Awaitable[T]]) -> T:
        with _holding(self._turns) as under_way:
            try:
                return await work(connection)
            except FAULTS as error:
                if isinstance(error, TimeoutError):
                    connection.terminate()
                unknown = refusal_of_commit(error) if under_way.is_sent else None
                if unknown is None:
                    raise
                _log.error("a writing statement was not answered", error=repr(error))
                raise unknown from error

    @asynccontextmanager
    async def _transaction(
        self, isolation: Literal["repeatable_read"] | None = None, *, readonly: bool = False
    ) -> AsyncGenerator[Connection]:
        async with nullcontext() if readonly else self._gate.passage(), self._borrow() as connection:
            with _holding(self._turns):
                transaction = connection.transaction(isolation=isolation, readonly=readonly)
                await transaction.start()
                try:
                    yield connection
                except BaseException as error:
                    await _undo(connection, transaction, error)
                    raise
                await _commit(transaction)

    def _borrow(self) -> _Loan:
        return _Loan(self)

    async def _lend(self) -> PoolConnectionProxy[Record]:
        try:
            return await self._lender.lend(self._acquire_timeout_seconds)
        except FAULTS as error:
            raise self._told_at_the_door(error) from error

    def _told_at_the_door(self, error: Exception) -> Refusal:
        """Why no connection could be had: that all are in use is not the same as that none can be opened."""
        is_queue = isinstance(error, AllLent)
        _log.warning("no connection to the database", error=repr(error), all_borrowed=is_queue)
        return Unavailable(BUSY) if is_queue else refusal_at_the_door(error)

    async def _give_back(self, connection: PoolConnectionProxy[Record], *, is_sound: bool) -> None:
        try:
            await self._lender.take_back(connection, is_sound=is_sound)
        except FAULTS as error:
            # asyncpg has thrown it away by now, and the caller's answer is already decided.
            _log.warning("a connection to the database was thrown away", error=repr(error))


class _Loan:
    """A connection for the time of a `with`; faults of the database leave it as refusals."""

    __slots__ = ("_connection", "_count", "_database")

    _connection: PoolConnectionProxy[Record]
    _count: Count | None

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __aenter__(self) -> PoolConnectionProxy[Record]:
        self._count = count = counted()
        if count is not None:
            count.begin_waiting()
        try:
            self._connection = connection = self._database._lender.at_once() or await self._database._lend()
        finally:
            if count is not None:
                count.end_waiting()
        if count is not None:
            count.watch(connection)
        return connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._count is not None:
            self._count.leave(self._connection)
        try:
            if isinstance(error, FAULTS):
                refusal = refusal_for(error)
                if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                    await self._database._lender.expire()  # by now another server may accept changes
                if refusal is not None:
                    raise refusal from error
        finally:
            is_sound = error is None or isinstance(error, Refusal | NeedsTransaction)
            await self._database._give_back(self._connection, is_sound=is_sound)


@dataclass(frozen=True, slots=True)
class OneTransaction:
    """Takes the place of a `Database` for one write and what is read or stored beside it, all in one transaction.

    A second write may take its locks in an order that others do not expect, and meet `Conflict` where they wait for
    each other. Who carries out several (`web/bulk`) tries again.
    """

    _connection: Connection
    _afterwards: list[Callable[[], None]] = field(default_factory=list)

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Tell somebody when the transaction is committed; never, if it is rolled back."""
        self._afterwards.append(tell)

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """The connection of the transaction."""
        return self._savepoint()

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """The same: what fails is rolled back alone."""
        return self._savepoint()

    def snapshot(self) -> AbstractAsyncContextManager[Connection]:
        """The same: it sees what the transaction sees."""
        return self._savepoint()

    def trial(self) -> AbstractAsyncContextManager[OneTransaction]:
        """A trial would have to roll back what is not its own."""
        raise NotImplementedError("a trial within a transaction")

    @asynccontextmanager
    async def together(self) -> AsyncGenerator[OneTransaction]:
        """A part of it that is rolled back alone, if it fails."""
        afterwards: list[Callable[[], None]] = []
        async with self._savepoint() as connection:
            yield OneTransaction(connection, afterwards)
        self._afterwards.extend(afterwards)

    async def write(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run `work` in the transaction, with locks."""
        async with self._savepoint() as connection:
            return await work(connection)

    @asynccontextmanager
    async def _savepoint(self) -> AsyncGenerator[Connection]:
        try:
            async with self._connection.transaction():
                yield self._connection
        except FAULTS as error:
            refusal = refusal_for(error)
            if refusal is None:
                raise
            raise refusal from error


@contextmanager
def _holding(turns: _Turns) -> Iterator[_UnderWay]:
    under_way = _UnderWay(turns)
    token = _under_way.set(under_way)
    try:
        yield under_way
    finally:
        _under_way.reset(token)
        for lock in under_way.locks:
            lock.release()


async def _undo(connection: PoolConnectionProxy[Record], transaction: Transaction, error: BaseException) -> None:
    """Roll back. If that fails, the connection is gone, which has the same effect; `error` is still reported."""
    with suppress(*FAULTS):
        if isinstance(error, TimeoutError):
            connection.terminate()  # PostgreSQL missed its own time limit, so it would not answer a ROLLBACK either
        else:
            await transaction.rollback()


async def _commit(transaction: Transaction) -> None:
    try:
        await transaction.commit()
    except FAULTS as error:
        unknown = refusal_of_commit(error)
        if unknown is None:
            raise
        _log.error("COMMIT was not answered", error=repr(error))
        raise unknown from error


async def _keep_as_it_is(_connection: object) -> None:
    return None
