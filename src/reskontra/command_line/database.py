"""Connects a command to the books, starting our own PostgreSQL if it is not running."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, TypeVar

from reskontra import interrupts
from reskontra.clock import Context, SystemClock
from reskontra.command_line.options import Books, settings
from reskontra.db.migrate import OutdatedError, check_schema
from reskontra.serve import plain_connection, postgres_for

if TYPE_CHECKING:
    from reskontra.db.pool import Connection

T = TypeVar("T")


def ask(
    books: Books | None,
    question: Callable[[Connection], Coroutine[Any, Any, T]],
    *,
    making: bool = False,
    of_any_schema: bool = False,
) -> T:
    """Run `question` on a connection of its own and return its result. A server may be running on the same books.

    `making`: make a missing data folder. `of_any_schema`: accept a database that is not up to date.
    Raises `SetupError`.
    """

    async def asked(dsn: str) -> T:
        async with plain_connection(dsn) as connection:
            if not of_any_schema:
                await check_schema(connection)
            return await question(connection)

    with open_books(books, making=making) as dsn:
        return interrupts.run(asked(dsn))


@contextlib.contextmanager
def open_books(books: Books | None, *, making: bool = False) -> Generator[str]:
    """The URL of the database with these books, while the context is open. Raises `SetupError`."""
    try:
        with postgres_for(settings(books), shared=True, making=making) as dsn:
            yield dsn
    except OutdatedError as error:
        raise OutdatedError(error.lacking, _typed_again(books)) from error


def _typed_again(books: Books | None) -> str:
    """The options that name the same books to another command. A URL is left out: it may hold a password."""
    if books and books.data_dir:
        return f" --data-dir {shlex.quote(str(books.data_dir))}"
    return " --database-url ..." if books and books.database_url else ""


def context() -> Context:
    """The context of whatever a command writes."""
    clock = SystemClock()
    return Context(company_id=0, actor="command line", request_id=str(clock.new_id()), now=clock.now(), clock=clock)
