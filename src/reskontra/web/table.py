"""Answers as CSV: whether the caller wants one, whose turn it is, and how a file that is already made goes out."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from starlette.responses import Response, StreamingResponse

from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.routing import Route

if TYPE_CHECKING:
    from reskontra.web.addresses import Handler

CSV = "text/csv; charset=utf-8"
_CHUNK = 64 * 1024
_AT_ONCE = 2
"""Tables of lists may take minutes of a connection, which other requests need too."""


class Format(enum.Enum):
    """The forms of an answer that may be a table."""

    JSON = "json"
    CSV = "csv"


FORMAT = Parameter("format")
"""The parameter of an operation that may answer with a table."""


def wants_table(call: Call) -> bool:
    """Whether CSV is asked for: by `format`, else by an Accept that names it and not JSON."""
    sent = call.query.choice(FORMAT.name, Format)
    if sent is not None:
        return sent is Format.CSV
    accepted = call.accept.lower()
    return "text/csv" in accepted and "json" not in accepted


def in_turn(routes: Iterable[Route]) -> list[Route]:
    """The same routes; those of lists make few tables at a time, counted together."""
    turns = asyncio.Semaphore(_AT_ONCE)

    def waiting(handler: Handler) -> Handler:
        async def answer(call: Call) -> Response:
            if not wants_table(call):
                return await handler(call)
            async with turns:
                return await handler(call)

        return answer

    return [replace(it, handler=waiting(it.handler)) if it.has_table and it.lists else it for it in routes]


def table(file: BinaryIO, name: str) -> Response:
    """200 with a file that is read from its beginning and closed at the end. `name` is what it is saved as."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_chunks(file), headers=headers, media_type=CSV)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk
