"""Counts what a piece of work asks of the database, for whoever asked for it before the work began."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from asyncpg import Record
    from asyncpg.connection import LoggedQuery
    from asyncpg.pool import PoolConnectionProxy

_BRACKETS = ("BEGIN", "COMMIT", "ROLLBACK")


@dataclass(slots=True, eq=False)
class Count:
    """Statements, those that only begin or end a transaction, and seconds: in statements, and until it was the work's
    turn and a connection of the pool was free. The last statement is counted once the event loop has had a turn."""

    statements: int = 0
    brackets: int = 0
    database_seconds: float = 0.0
    waiting_seconds: float = 0.0
    _waits_since: float = 0.0

    def begin_waiting(self) -> None:
        """The work asks for its turn or for a connection."""
        self._waits_since = time.perf_counter()

    def end_waiting(self) -> None:
        """The work has got it, or has given up."""
        self.waiting_seconds += time.perf_counter() - self._waits_since

    def watch(self, connection: PoolConnectionProxy[Record]) -> None:
        """The work has got a connection, whose statements are counted until `leave`."""
        connection.add_query_logger(self._note)

    def leave(self, connection: PoolConnectionProxy[Record]) -> None:
        """The work gives the connection back."""
        with suppress(asyncpg.InterfaceError):  # it was cut while it was borrowed
            connection.remove_query_logger(self._note)

    def _note(self, query: LoggedQuery) -> None:
        if query.query.startswith(_BRACKETS):
            self.brackets += 1
        else:
            self.statements += 1
        self.database_seconds += query.elapsed


_counted: ContextVar[Count | None] = ContextVar("what is counted", default=None)


def counted() -> Count | None:
    """What the work under way counts in; None if nobody asked for it."""
    return _counted.get()


@contextmanager
def counting() -> Iterator[Count]:
    """Count what is asked of the database inside, by tasks that are started there too."""
    count = Count()
    token = _counted.set(count)
    try:
        yield count
    finally:
        _counted.reset(token)
