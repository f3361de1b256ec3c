"""Connections of asyncpg's pool that stay in hand between two borrowers.

asyncpg opens, expires and closes them. To give one back to its pool and take it out again makes two tasks and a timer,
a tenth of what reading one document takes; from here it is lent again without.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from asyncpg import Record
    from asyncpg.pool import Pool, PoolConnectionProxy

_TIDY_SECONDS = 2.0
"""How long a used connection gets to become idle; one that does not is thrown away."""

_CONTENT_SECONDS = 1.0
"""How long the open connections must do after PostgreSQL has refused another. Each attempt costs it a process."""


class AllLent(TimeoutError):
    """All connections were lent or being opened for as long as somebody waited."""


class Lender:
    """Lends the connections of a pool. The one that came back last goes first, since its caches are warm."""

    def __init__(self, pool: Pool[Record]) -> None:
        self._pool = pool
        self._is_closing = False
        self._content: asyncio.TimerHandle | None = None
        """Ends the time in which no more connections are opened than there are."""
        self._taken = 0
        """How many of the pool's connections are lent, idle, or being opened."""
        self._idle: list[PoolConnectionProxy[Record]] = []
        self._lent: set[PoolConnectionProxy[Record]] = set()
        self._expired: set[PoolConnectionProxy[Record]] = set()
        """Those of the lent ones that are not lent again."""
        self._waiting: deque[asyncio.Future[PoolConnectionProxy[Record] | None]] = deque()

    def at_once(self) -> PoolConnectionProxy[Record] | None:
        """An idle connection; None if there is none, and `lend` has to open one or wait for one."""
        while self._idle:
            connection = self._idle.pop()
            if _is_open(connection):
                self._lent.add(connection)
                return connection
            with suppress(asyncpg.InterfaceError):  # the pool has it back already
                connection.terminate()
            self._forget(connection)
        return None

    async def lend(self, timeout_seconds: float) -> PoolConnectionProxy[Record]:
        """A connection, opened or waited for if need be. Raises `AllLent`, `TimeoutError`, and what opening one raises,
        including that PostgreSQL has no room for it if there is no other one to wait for."""
        waits = has_waited = False
        try:
            async with asyncio.timeout(timeout_seconds):
                while True:
                    connection = self.at_once()
                    if connection is None:
                        waits, has_waited = self._has_all_it_gets(), has_waited or waits
                        connection = await (self._wait(again=has_waited) if waits else self._take())
                    if connection is not None:
                        break
        except TimeoutError as error:
            if waits:
                raise AllLent from error
            raise
        self._lent.add(connection)
        if self._waiting and not self._has_all_it_gets():
            self._hand_over(None)
        return connection

    async def take_back(self, connection: PoolConnectionProxy[Record], *, is_sound: bool) -> None:
        """End a loan. `is_sound` says that the last statement has ended well, so that the connection can be lent again
        as it is; else the pool makes it usable, or closes it. Raises what goes wrong with that."""
        if is_sound and self._is_of_use(connection):
            self._keep(connection)
        else:
            await self._return(connection)

    async def expire(self) -> None:
        """Lend none of the present connections again."""
        self._expired |= self._lent
        await self._pool.expire_connections()
        await self._return_idle()

    async def close(self) -> None:
        """Close all connections, those that are lent when they have come back. None is lent any more."""
        self._is_closing = True
        if self._content is not None:
            self._content.cancel()
        await self._return_idle()
        await self._pool.close()

    async def _return_idle(self) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*map(self._return, idle), return_exceptions=True)

    async def _return(self, connection: PoolConnectionProxy[Record]) -> None:
        """Let the pool make it usable, or close it. None that is open stays there: it might open another first."""
        again = None
        try:
            await self._pool.release(connection, timeout=_TIDY_SECONDS)
            if self._pool.get_idle_size() and not self._is_closing:
                again = await self._pool.acquire()
        finally:
            if again is None:
                self._forget(connection)
            else:
                self._lent.discard(connection)
                self._expired.discard(connection)
                self._keep(again)

    def _has_all_it_gets(self) -> bool:
        """Whether as many connections are open or being opened as there may be: as the pool may have, or as PostgreSQL
        has room for."""
        return self._taken >= (1 if self._content else self._pool.get_max_size())

    async def _take(self) -> PoolConnectionProxy[Record] | None:
        """A new connection; None if PostgreSQL has no room for it, but there are others that will come back."""
        self._taken += 1
        try:
            return await self._pool.acquire()
        except BaseException as error:
            self._taken -= 1
            if isinstance(error, asyncpg.TooManyConnectionsError) and self._taken:
                self._be_content()
                return None
            self._hand_over(None)
            raise

    def _be_content(self) -> None:
        """Open no more connections for a while; then who waits longest tries again."""
        if self._content is None:
            self._content = asyncio.get_running_loop().call_later(_CONTENT_SECONDS, self._want_more)

    def _want_more(self) -> None:
        if self._content is not None:
            self._content.cancel()
            self._content = None
        self._hand_over(None)

    async def _wait(self, *, again: bool) -> PoolConnectionProxy[Record] | None:
        """What is handed over: a connection, or None if one may be opened now. Who waits again keeps his place."""
        turn: asyncio.Future[PoolConnectionProxy[Record] | None] = asyncio.get_running_loop().create_future()
        if again:
            self._waiting.appendleft(turn)
        else:
            self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # handed over to somebody who no longer waits
                connection = turn.result()
                if connection is None:
                    self._hand_over(None)
                else:
                    await self.take_back(connection, is_sound=True)
            raise

    def _is_of_use(self, connection: PoolConnectionProxy[Record]) -> bool:
        is_wanted = not self._is_closing and connection not in self._expired
        return is_wanted and _is_open(connection) and not connection.is_in_transaction()

    def _keep(self, connection: PoolConnectionProxy[Record]) -> None:
        if not self._hand_over(connection):
            self._lent.discard(connection)
            self._idle.append(connection)

    def _hand_over(self, connection: PoolConnectionProxy[Record] | None) -> bool:
        """Whether there is somebody who waits, and has it now."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return True
        return False

    def _forget(self, connection: PoolConnectionProxy[Record]) -> None:
        self._lent.discard(connection)
        self._expired.discard(connection)
        self._taken -= 1
        self._want_more()  # what has ended leaves room for another


def _is_open(connection: PoolConnectionProxy[Record]) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # it was lost, and the pool has it back
        return False
