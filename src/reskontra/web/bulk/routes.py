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
from reskontra.web.bulk.keys import Progress, check_no_key, progress_of
from reskontra.web.bulk.lines import NDJSON, Lines
from reskontra.web.bulk.operations import Atomic, BulkLine, LineAnswer
from reskontra.web.bulk.work import Work
from reskontra.web.call import Call
from reskontra.web.contract import Parameter
from reskontra.web.repeats import answer_once
from reskontra.web.routing import Route

_AT_ONCE = 2
"""They may take minutes of a connection and of this process, which other requests need too."""


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
    if is_trial:
        check_no_key(call)
    if call.lines is None:
        raise NotImplementedError("many requests within a request")
    lines = await call.lines()
    try:
        async with turns:
            if is_trial:
                async with call.database.trial() as trial:
                    answer = await _whole(Work(call, lines, atomic, trial, is_trial=True))
            elif atomic is Atomic.ALL:
                answer = await _as_one(call, lines)
            else:
                return await _streamed(turns, call, lines, atomic)
    except BaseException:
        lines.close()
        raise
    lines.close()
    return answer


async def _as_one(call: Call, lines: Lines) -> Response:
    """All lines in one transaction, which keeps the key that they may have."""

    async def done(call: Call) -> Response:
        return await _whole(Work(call, lines, Atomic.ALL, call.database))

    if call.repeat is None:
        return await done(call)
    return await answer_once(call, call.repeat.request(lines.sha256), call.repeat.answers, done)


async def _whole(work: Work) -> Response:
    return Response(b"".join([piece async for piece in work.answers()]), media_type=NDJSON)


async def _streamed(turns: asyncio.Semaphore, call: Call, lines: Lines, atomic: Atomic) -> Response:
    """What is many transactions, answered as they are committed."""
    progress = None
    if call.repeat is not None:
        found = await progress_of(call, call.repeat.answers, call.repeat.request(lines.sha256))
        if isinstance(found, Response):
            lines.close()
            return found
        progress = found
    work = Work(call, lines, atomic, call.database, progress=progress)
    answers = work.answers()
    first = await anext(answers, b"")  # so that what refuses all of them is answered as a refusal
    pieces = _pieces(turns, first, answers)
    return LinesAnswer(pieces if progress is None else _kept(call, work, progress, pieces), lines)


async def _pieces(turns: asyncio.Semaphore, first: bytes, others: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(others):
        yield first
        async with turns:
            async for piece in others:
                yield piece


async def _kept(call: Call, work: Work, progress: Progress, pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The answers, kept under the key as a whole once there is nothing left that could be tried again."""
    made: list[bytes] = []
    async with aclosing(pieces):
        async for piece in pieces:
            made.append(piece)
            yield piece
    if work.is_settled:
        await progress.finish(call, b"".join(made))


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
