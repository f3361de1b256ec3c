"""Carries lines out: each by itself, group by group, or all in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from reskontra.errors import Conflict, Malformed, OutcomeUnknown, Refusal, Unavailable
from reskontra.web import wire
from reskontra.web.bulk.operations import (
    Atomic,
    Done,
    LineAnswer,
    Operation,
    Reader,
    answered,
    at_line,
    group_of,
    left_undone,
)

if TYPE_CHECKING:
    from reskontra.web.bulk.keys import Progress
    from reskontra.web.bulk.lines import Lines
    from reskontra.web.call import Call, Database

_CHUNK_LINES = 200
_CHUNK_BYTES = 4 * 1024 * 1024
_CONFLICT, _FAILED_FROM = 409, 500
_BREATH = 20
"""So many lines are read before others have their turn in this process."""

_ATTEMPTS = 3
_FAILURES_MAX = 3
"""Lines in a row that may fail because the database is away, before the others are not tried."""

_log = structlog.stdlib.get_logger("reskontra.web")


_Answered: TypeAlias = tuple[Operation, Done]


class _Undone(Exception):
    """Ends the transaction of several lines, because one of them was refused."""

    def __init__(self, operation: Operation, refusal: Exception) -> None:
        super().__init__()
        self.operation = operation
        self.refusal = refusal


class Work:
    """The lines of one request. `is_trial` says that `database` is rolled back in the end; `progress` is that of a key
    they were sent with."""

    def __init__(
        self,
        call: Call,
        lines: Lines,
        atomic: Atomic,
        database: Database,
        *,
        is_trial: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self._call = call
        self._lines = lines
        self._atomic = atomic
        self._database = database
        self._is_trial = is_trial
        self._progress = progress
        self._parts = progress.parts if progress is not None else {}
        self._reader = Reader(call, atomic)
        self._failures = 0
        self.is_settled = True
        """Whether sending the lines again would bring nothing else: none met a conflict or a failure."""

    async def answers(self) -> AsyncGenerator[bytes]:
        """The answers of the lines, in their order, some at a time. Raises `ClientGone` when nobody wants them.

        If all is atomic, it raises the `Refusal` of the first line that is refused.
        """
        if self._atomic is Atomic.LINE:
            for first, last, answer in self._spans():
                if answer is not None:
                    yield answer
                    continue
                async with aclosing(self._line_by_line(first, last)) as all_done:
                    async for done in all_done:
                        yield self._encoded(done)
        elif self._atomic is Atomic.GROUP:
            for first, last in list(_groups(self._lines)):
                self._lines.check_client()
                yield self._parts[first].answer if first in self._parts else await self._group(first, last)
        else:
            try:
                done = await self._together(1, self._lines.count)
            except _Undone as undone:
                if isinstance(undone.refusal, Refusal):
                    raise at_line(undone.operation, undone.refusal) from undone.refusal
                raise undone.refusal from undone
            yield self._encoded(done)

    def _spans(self) -> Iterator[tuple[int, int, bytes | None]]:
        """First and last lines, with what they were answered if they were done before."""
        begin = 1
        for first, part in sorted(self._parts.items()):
            if begin < first:
                yield begin, first - 1, None
            yield first, part.last, part.answer
            begin = part.last + 1
        if begin <= self._lines.count:
            yield begin, self._lines.count, None

    async def _line_by_line(self, first: int, last: int) -> AsyncGenerator[list[_Answered]]:
        """What came of the lines. Of many that are carried out together, the next are decided while those are written.

        Whoever stops listening waits for those that are under way.
        """
        under_way: asyncio.Task[list[_Answered]] | None = None
        try:
            async for chunk in _chunks(self._operations(first, last)):
                self._lines.check_client()
                foreseen = await self._foreseen(chunk) if under_way is not None else None
                if under_way is not None:
                    done, under_way = await under_way, None
                    yield done
                if _are_many(chunk) and not self._is_trial:
                    under_way = asyncio.create_task(self._carried(chunk, self._database, foreseen))
                else:
                    yield await self._carried(chunk, self._database)
            if under_way is not None:
                done, under_way = await under_way, None
                yield done
        finally:
            if under_way is not None:
                await under_way

    async def _foreseen(self, chunk: Sequence[Operation]) -> Any:
        many = chunk[0].many
        if many is None or not _are_many(chunk):
            return None
        try:
            return await many.foresee(self._database, _calls_of(chunk), [it.prepared for it in chunk])
        except Refusal:
            return None  # it is told, if it still stands, when the lines are carried out

    async def _group(self, first: int, last: int) -> bytes:
        try:
            return self._encoded(await self._together(first, last))
        except _Undone as undone:
            return self._text_of(
                answered(it, undone.refusal, self._call)
                if it.line == undone.operation.line
                else left_undone(it, undone.operation.line, self._call)
                for it in self._operations(first, last)
            )
        except Refusal as refusal:  # of the transaction, as when COMMIT is not answered
            return self._encoded((it, refusal) for it in self._operations(first, last))

    async def _together(self, first: int, last: int) -> list[_Answered]:
        """What came of lines that are done in one transaction. Raises `_Undone` if one is refused.

        They may take locks in an order in which others wait for them, so after a `Conflict` they are tried again.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._attempt(first, last)
            except _Undone as undone:
                if attempt == _ATTEMPTS or not isinstance(undone.refusal, Conflict) or self._is_trial:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, first: int, last: int) -> list[_Answered]:
        found: list[_Answered] = []
        async with self._keeping(found) as part:
            async for chunk in _chunks(self._operations(first, last)):
                self._lines.check_client()
                for operation, done in await self._carried(chunk, part):
                    if isinstance(done, Exception):
                        raise _Undone(operation, done)
                    found.append((operation, done))
        return found

    async def _carried(self, chunk: Sequence[Operation], database: Database, foreseen: Any = None) -> list[_Answered]:
        """What came of each line. Those that can be are done together; if that fails, one by one."""
        many = chunk[0].many
        if many is not None and _are_many(chunk):
            prepared = [operation.prepared for operation in chunk]
            try:
                if self._progress is None or database is not self._database:
                    done = await many.carry_out(database, _calls_of(chunk), prepared, foreseen)
                    return list(zip(chunk, done, strict=True))
                found: list[_Answered] = []
                async with self._keeping(found) as part:
                    done = await many.carry_out(part, _calls_of(chunk), prepared, foreseen)
                    found += zip(chunk, done, strict=True)
                return found
            except OutcomeUnknown as unknown:
                return [(operation, unknown) for operation in chunk]
            except Refusal:
                pass
            except Exception:
                _log.exception("lines could not be carried out together")
        return [(operation, await self._one(operation, database)) for operation in chunk]

    async def _one(self, operation: Operation, database: Database) -> Done:
        if operation.call is None or operation.refusal is not None:
            return operation.refusal or Malformed("The line cannot be read.")
        if self._failures >= _FAILURES_MAX:
            return Unavailable("The line was not tried, as those before it met a database that is not available.")
        try:
            done = await self._handled(operation, operation.call, database)
        except Refusal as refusal:
            refusal.__traceback__ = refusal.__context__ = refusal.__cause__ = None  # they hold the body
            done = refusal
        except Exception as error:
            _log.exception("unexpected failure", operation=operation.call.route.operation)
            done = error
        self._failures = self._failures + 1 if isinstance(done, Unavailable) else 0
        return done

    async def _handled(self, operation: Operation, call: Call, database: Database) -> Done:
        if database is self._database and self._progress is not None:
            found: list[_Answered] = []
            async with self._keeping(found) as part:
                done = await call.route.handler(replace(call, database=part))
                found.append((operation, done))
            return done
        if self._is_trial:
            async with database.together() as part:
                return await call.route.handler(replace(call, database=part))
        return await call.route.handler(replace(call, database=database))

    @asynccontextmanager
    async def _keeping(self, found: list[_Answered]) -> AsyncGenerator[Database]:
        """A transaction for what is `found` in it; the answers are kept with it under the key, if there is one."""
        async with self._database.together() as part:
            yield part
            if self._progress is not None:
                await self._progress.keep(part, self._call, self._encoded(found))
        if self._progress is not None:
            self._progress.count += 1

    def _encoded(self, found: Iterable[_Answered]) -> bytes:
        return self._text_of(answered(*it, self._call) for it in found)

    def _text_of(self, answers: Iterable[LineAnswer]) -> bytes:
        told = list(answers)
        self.is_settled &= not any(it.status_code == _CONFLICT or it.status_code >= _FAILED_FROM for it in told)
        return b"".join(wire.encode(it) + b"\n" for it in told)

    def _operations(self, first: int, last: int) -> Iterator[Operation]:
        for number, text in self._lines.read(first, last):
            yield self._reader.read(number, text)


def _are_many(chunk: Sequence[Operation]) -> bool:
    """Whether lines are carried out together."""
    return chunk[0].many is not None and len(chunk) > 1


def _calls_of(chunk: Sequence[Operation]) -> list[Call]:
    return [operation.call for operation in chunk if operation.call is not None]


async def _chunks(operations: Iterable[Operation]) -> AsyncGenerator[list[Operation]]:
    """The lines, those together that follow each other and may be carried out together."""
    chunk: list[Operation] = []
    size = 0
    for position, operation in enumerate(operations):
        if position % _BREATH == 0:
            await asyncio.sleep(0)
        is_full = len(chunk) == _CHUNK_LINES or size + operation.size > _CHUNK_BYTES
        if chunk and (is_full or operation.many is None or operation.many is not chunk[0].many):
            yield chunk
            chunk, size = [], 0
        chunk.append(operation)
        size += operation.size
    if chunk:
        yield chunk


def _groups(lines: Lines) -> Iterator[tuple[int, int]]:
    """The first and last line of each group. A line without a group stands alone.

    Raises `Malformed` if a line cannot be read, so that it is not known what it belongs to, or a group comes again.
    """
    seen: set[str] = set()
    current, first, last = "", 0, 0
    for number, text in lines.read(1, lines.count):
        try:
            group = group_of(text)
        except Malformed as malformed:
            raise at_line(Operation(number, 0), malformed) from malformed
        if first and (group is None or group != current):
            yield first, last
            first = 0
        if not first:
            if group in seen:
                again = Malformed("The group was ended before.", field=("group",), value=group, hint=_TOGETHER)
                raise at_line(Operation(number, 0), again)
            current, first = group or "", number
            if group is not None:
                seen.add(group)
        last = number
        if group is None:
            yield first, last
            first = 0
    if first:
        yield first, last


_TOGETHER = "Send the lines of a group one after the other."
