"""Connections and transactions, and what a database error means to the caller. Not SQL: that is each room's `store`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Self, TypeAlias

import asyncpg

from reskontra.errors import Conflict, Malformed, Refusal, Unavailable

if TYPE_CHECKING:
    from asyncpg import Record
    from asyncpg.pool import Pool, PoolConnectionProxy

    # What stores and commands are handed: a borrowed connection, or a plain one in a migration or a test.
    Connection: TypeAlias = asyncpg.Connection[Record] | PoolConnectionProxy[Record]
else:
    Connection = asyncpg.Connection

# The offending value, as PostgreSQL or a trigger reports it, to the refusal that the caller sees.
RefusalFactory: TypeAlias = Callable[[str], Refusal]

_SESSION_SETTINGS = {
    "application_name": "reskontra",
    "timezone": "UTC",
    "jit": "off",  # statements are short: compiling them costs more than it saves
    # The statements are large and looked up by key: planning one anew for its parameters costs three times as much
    # as running it, and PostgreSQL would do so for ever where a null parameter makes the special plan look cheaper.
    "plan_cache_mode": "force_generic_plan",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}

# `Key (company_id, lower(number))=(1, 10001) already exists.`
_KEY_DETAIL = re.compile(r"^Key \((?P<columns>.*?)\)=\((?P<values>.*)\) ", re.DOTALL)

_TRY_AGAIN = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
)
_OUT_OF_REACH = (
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    ConnectionError,
)

_constraints: dict[str, RefusalFactory] = {}
_held: ContextVar[list[asyncio.Lock]] = ContextVar("locks of the transaction under way")


def register_constraints(table: Mapping[str, RefusalFactory]) -> None:
    """Add a room's table: constraint name -> refusal. The factory gets the offending value as text ("" if unknown)."""
    _constraints.update(table)


async def hold_until_end(lock: asyncio.Lock) -> None:
    """Acquire `lock` and release it when the transaction under way has ended; once is enough for a transaction."""
    held = _held.get()
    if lock not in held:
        await lock.acquire()
        held.append(lock)


class Database:
    """A pool of connections to one PostgreSQL database.

    A connection goes back to the pool without a reset query, which costs a third of a read. So nothing on it
    may outlive its transaction: no LISTEN, no session SET, no session advisory lock.
    """

    def __init__(self, pool: Pool[Record], acquire_timeout_seconds: float) -> None:
        self._pool = pool
        self._acquire_timeout_seconds = acquire_timeout_seconds

    @classmethod
    async def connect(
        cls,
        dsn: str,
        *,
        size_min: int = 1,
        size_max: int = 16,
        statement_timeout_seconds: int = 30,
        acquire_timeout_seconds: float = 10,
    ) -> Self:
        """Open the pool. `dsn` is a postgresql:// URL. Raises `Unavailable` when the server cannot be reached."""
        settings = {**_SESSION_SETTINGS, "statement_timeout": f"{statement_timeout_seconds}s"}
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=size_min,
                max_size=size_max,
                server_settings=settings,
                reset=_keep_as_it_is,
                # The statements are a closed set of hand-written texts, so prepared ones need never be dropped.
                statement_cache_size=1024,
                max_cached_statement_lifetime=0,
                max_inactive_connection_lifetime=0,
            )
        except (OSError, *_OUT_OF_REACH) as error:
            raise Unavailable(f"The database cannot be reached: {error}.") from error
        return cls(pool, acquire_timeout_seconds)

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """A connection without a transaction: for pure reads of one statement."""
        return self._borrow(in_transaction=False)

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """A connection inside BEGIN..COMMIT; any exception rolls back. Database errors arrive as refusals."""
        return self._borrow(in_transaction=True)

    async def close(self) -> None:
        """Wait for borrowed connections, then close all of them."""
        await self._pool.close()

    def terminate(self) -> None:
        """Close all connections at once, borrowed or not."""
        self._pool.terminate()

    @asynccontextmanager
    async def _borrow(self, *, in_transaction: bool) -> AsyncGenerator[Connection]:
        try:
            connection = await self._pool.acquire(timeout=self._acquire_timeout_seconds)
        except (TimeoutError, OSError) as error:
            raise Unavailable("The database is out of reach or too busy.") from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise refusal_for(error) or error from error
        try:
            if in_transaction:
                locks: list[asyncio.Lock] = []
                token = _held.set(locks)
                try:
                    async with connection.transaction():
                        yield connection
                finally:
                    _held.reset(token)
                    for lock in locks:
                        lock.release()
            else:
                yield connection
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as error:
            refusal = refusal_for(error)
            if refusal is None:
                raise
            raise refusal from error
        finally:
            await self._pool.release(connection)


def refusal_for(error: Exception) -> Refusal | None:
    """What the caller is told about a database error, or None when the error is a bug of ours."""
    factory = _constraints.get(getattr(error, "constraint_name", None) or "")
    if factory is not None:
        return factory(offending_value(getattr(error, "detail", None) or ""))
    if isinstance(error, _TRY_AGAIN):
        return Conflict("Another request changed the same data at the same moment; send it again.")
    if isinstance(error, _OUT_OF_REACH) or _is_closed(error):
        return Unavailable("The database is out of reach or too busy.")
    if isinstance(error, asyncpg.CharacterNotInRepertoireError):
        return Malformed("A text contains the character U+0000.", hint="Send the text without it.")
    return None


@contextmanager
def told_as_sent(sent: str | None) -> Iterator[None]:
    """Inside, a unique key that is taken already is told as the caller wrote it: indexes know it in lower case only."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        factory = _constraints.get(getattr(error, "constraint_name", None) or "")
        value = offending_value(getattr(error, "detail", None) or "")
        if factory is None or not sent or not value.lower().endswith(sent.strip().lower()):
            raise
        raise factory(sent.strip()) from error


def offending_value(detail: str) -> str:
    """The value in an error's DETAIL: a key without its company, or what a trigger put there itself."""
    if detail.startswith("Failing row contains"):
        return ""
    match = _KEY_DETAIL.match(detail)
    if match is None:
        return detail
    values = match["values"]
    return values.partition(", ")[2] if match["columns"].startswith("company_id, ") else values


def _is_closed(error: Exception) -> bool:
    # asyncpg has one class for its own misuse and for a connection or pool that went away.
    return isinstance(error, asyncpg.InterfaceError) and ("closed" in str(error) or "closing" in str(error))


async def _keep_as_it_is(_connection: object) -> None:
    return None
