"""How a command reaches the books: one connection, to a PostgreSQL that may have to be started for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from reskontra.clock import Context, SystemClock
from reskontra.command_line.options import Books, settings
from reskontra.serve import plain_connection, postgres_for

if TYPE_CHECKING:
    from reskontra.db.pool import Connection

T = TypeVar("T")


def ask(books: Books | None, question: Callable[[Connection], Coroutine[Any, Any, T]]) -> T:
    """What `question` returns, which is handed a connection of its own. A server may be serving these books."""

    async def asked(dsn: str) -> T:
        async with plain_connection(dsn) as connection:
            return await question(connection)

    with postgres_for(settings(books), shared=True) as dsn:
        return asyncio.run(asked(dsn))


def context() -> Context:
    """Who writes, when it is a command."""
    clock = SystemClock()
    return Context(company_id=0, actor="command line", request_id=str(clock.new_id()), now=clock.now(), clock=clock)
