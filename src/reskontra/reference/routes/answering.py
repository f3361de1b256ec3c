"""Answers that need the reference data as of the moment when their rows were read: pages, single rows, codes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import msgspec
from starlette.responses import Response

from reskontra.changes.lists.routes import read_list
from reskontra.changes.lists.store import Paged
from reskontra.codes import Codes
from reskontra.db.lists import Filters
from reskontra.errors import NotFound
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.web.answers import page
from reskontra.web.call import Call

R = TypeVar("R")


class Read(Protocol):
    """What a store reads together with the version of the reference data."""

    @property
    def reference_version(self) -> int: ...


F = TypeVar("F", bound=Read)


async def reference_of(call: Call) -> Reference:
    """The reference data of the caller's company as it is now."""
    async with call.database.connection() as connection:
        return await remembered.at(connection, call.company_id, None)


async def answer_page(
    call: Call, paged: Paged[R], filters: Filters, answer: Callable[[R, Reference], msgspec.Struct | bytes]
) -> Response:
    """The page that the caller asked for, each row as `answer` shows it; bytes are JSON already."""
    async with call.database.connection() as connection:
        listed = await read_list(call, connection, paged, filters)
        if not listed.rows:
            return page(call, (), 0)
        reference = await remembered.at(connection, call.company_id, listed.reference_version)
    return page(call, (answer(row, reference) for row in listed.rows), listed.total)


async def find(call: Call, noun: str, load: Callable[..., Awaitable[F | None]], *key: str | int) -> tuple[F, Reference]:
    """What `load(connection, company_id, *key)` finds. Raises `NotFound`, which names the end of the key."""
    async with call.database.connection() as connection:
        found = await load(connection, call.company_id, *key)
        if found is None:
            raise NotFound(noun, key[-1])
        return found, await remembered.at(connection, call.company_id, found.reference_version)


async def find_listed(call: Call, noun: str, paged: Paged[R], code: str | int) -> tuple[R, Reference]:
    """The row of a list with this code (`Paged.seek`). Raises `NotFound`."""
    async with call.database.connection() as connection:
        found = await paged.seek(connection, call.company_id, code)
        if not found.rows:
            raise NotFound(noun, code)
        return found.rows[0], await remembered.at(connection, call.company_id, found.reference_version)


def addressed(rows: Codes[R], noun: str, code: str) -> R:
    """The row with this code in any case. Raises `NotFound`."""
    found = rows.find(code)
    if found is None:
        raise NotFound(noun, code)
    return found
