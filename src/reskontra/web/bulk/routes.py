"""The address that takes many requests, one a line.

What a line asks for is what its operation does: the same handler runs, for the same caller, whose scopes are looked at
for each line. The answer has a line for each in the same order, sent as they are done, unless all are one transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reskontra.web.addresses import Addresses
from reskontra.web.bulk.lines import NDJSON, Lines
from reskontra.web.bulk.operations import Atomic, BulkLine, LineAnswer
from reskontra.web.bulk.work import Work
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.routing import Route

_AT_ONCE = 2
"""They may take minutes of a connection and of this process, which other requests need too."""

_PIECE_BYTES = 64 * 1024


class LinesAnswer(Response):
    """200 with lines that are sent as they are made. It closes what they are made of."""

    media_type = NDJSON

    def __init__(self, answers: AsyncGenerator[bytes], lines: Lines) -> None:
        self.status_code = 200
        self.background = None
        self._answers = answers
        self._lines = lines
        self.init_headers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them. Raises `ClientGone`."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for piece in self._answers:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await self._answers.aclose()
            self._lines.close()


async def take_many(turns: asyncio.Semaphore, call: Call) -> Response:
    """POST: many requests. Refused as a whole before anything is done if the body is not what it should be."""
    atomic = call.query.choice("atomic", Atomic) or Atomic.LINE
    is_trial = call.query.flag("dryRun")
    if call.lines is None:
        raise NotImplementedError("many requests within a request")
    lines = await call.lines()
    try:
        if is_trial:
            async with turns, call.database.trial() as trial:
                made = [it async for it in Work(call, lines, atomic, trial, is_trial=True).answers()]
            return LinesAnswer(_pieces(b"".join(made)), lines)
        answers = Work(call, lines, atomic, call.database, is_trial=False).answers()
        if atomic is not Atomic.ALL:
            async with turns:
                first = await anext(answers, b"")  # so that what refuses all of them is answered as a refusal
            return LinesAnswer(_in_turn(turns, first, answers), lines)
        async with turns:
            made = [it async for it in answers]
        return LinesAnswer(_pieces(b"".join(made)), lines)
    except BaseException:
        lines.close()
        raise


async def _in_turn(turns: asyncio.Semaphore, first: bytes, others: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(others):
        yield first
        async with turns:
            async for piece in others:
                yield piece


async def _pieces(answer: bytes) -> AsyncGenerator[bytes]:
    for begin in range(0, len(answer), _PIECE_BYTES):
        yield answer[begin : begin + _PIECE_BYTES]


def routes_of() -> tuple[Route, ...]:
    """The address; requests to it take turns with each other only."""
    many = Addresses("/v1/reskontra/bulk", "many requests")
    route = many.post("Reskontra_Bulk", partial(take_many, asyncio.Semaphore(_AT_ONCE)))
    return (
        replace(
            route,
            doing="carrying out many requests",
            spelling=BulkLine,
            line=BulkLine,
            line_answer=LineAnswer,
            query=(Parameter("atomic"), Parameter("dryRun", "boolean")),
        ),
    )
