"""What a line asks for, and what it is answered."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import unquote
from uuid import UUID

import msgspec
from starlette.responses import Response

from reskontra.errors import Malformed, Refusal, Refused, UnknownReference
from reskontra.web import wire
from reskontra.web.call import Call, Database, expected_of
from reskontra.web.errors import bug_answer, message, refusal_answer, sentences
from reskontra.web.listing import Memory
from reskontra.web.scalars import shown
from reskontra.web.trials import TriedRequest, content_of
from reskontra.web.wire import Answer, Body, Text255, UnsetType

FAILED_DEPENDENCY = 424
"""The status of a line that would have been done, had another one of its group not been refused."""

_READING = "reading the line"


class Atomic(StrEnum):
    """What is done as a whole or not at all."""

    LINE = "line"
    GROUP = "group"
    ALL = "all"


class BulkLine(TriedRequest):
    """A request, and what it is done together with."""

    group: Text255 | UnsetType = msgspec.UNSET


class LineAnswer(Answer, kw_only=True):
    """What came of a line. `resource` is the address of what was made or changed, and `id` ends it."""

    line: int
    status_code: int
    resource: str | None = None
    id: str | None = None
    etag: str | None = None
    content: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True, slots=True)
class Made:
    """What was made by one of many: its address from `/v1/` on, and its version."""

    path: str
    version: int


class Many(Protocol):
    """Carries out many requests together, faster than one by one."""

    def prepared(self, call: Call) -> Any:
        """What is known of a request before anything is loaded; None if it goes its own way. Raises `Refusal`."""

    async def foresee(self, database: Database, calls: Sequence[Call], prepared: Sequence[Any]) -> Any:
        """What can be decided while others are being carried out, for `carry_out`; None if nothing can."""

    async def carry_out(
        self, database: Database, calls: Sequence[Call], prepared: Sequence[Any], foreseen: Any
    ) -> list[Done]:
        """What came of each, in their order. Where a request is refused, the others are done.

        Raises `Refusal` if nothing is done because they cannot be carried out together.
        """
        ...


Done = Response | Made | Refusal | Exception
"""What came of a line. An exception that is no refusal is a bug."""


@dataclass(slots=True)
class Operation:
    """A line: its call, or why there is none."""

    line: int
    size: int
    call: Call | None = None
    refusal: Refusal | None = None
    many: Many | None = None
    prepared: Any = None
    """What `many` made of it; None if it is carried out by itself."""


class Reader:
    """Reads lines as calls of one caller. What it found for an address it keeps for the lines that come."""

    def __init__(self, call: Call, atomic: Atomic) -> None:
        self._call = replace(call, lists=Memory(), accept="", lines=None, _context=None)
        self._atomic = atomic
        self._calls: dict[tuple[str, str], Call] = {}

    def read(self, number: int, text: bytes) -> Operation:
        """A line that was sent."""
        operation = Operation(number, len(text))
        try:
            line = wire.decode(text, BulkLine)
            self._check_group(line)
            call = operation.call = self._found(line)
            call.require(call.route)
            if call.route.many is not None:
                operation.prepared = call.route.many.prepared(call)
                operation.many = call.route.many if operation.prepared is not None else None
        except Refusal as refusal:
            operation.refusal = refusal
        return operation

    def _check_group(self, line: BulkLine) -> None:
        if self._atomic is not Atomic.GROUP and not isinstance(line.group, UnsetType):
            raise Malformed(
                "A group is done as a whole only if that is asked for.",
                field=("group",),
                value=line.group,
                hint="Send the parameter atomic=group, or leave the groups out.",
            )

    def _found(self, line: BulkLine) -> Call:
        method, address = line.method.upper(), line.path
        call = self._calls.get((method, address))
        if call is None:
            call = self._call.inside(method, address)
            if call is None or not call.route.may_be_a_line:
                raise Malformed(
                    f"{method} {shown(address)} cannot be one of many.",
                    field=("path",),
                    hint="Send the address of an operation from /v1/ on. Runs, uploads and trials go by themselves.",
                )
            if len(self._calls) < _KEPT:
                self._calls[method, address] = call
        if_match = None if isinstance(line.if_match, UnsetType) else line.if_match
        body = content_of(line.content)
        if call.route.body is None and body:
            wire.decode(body, NoFields)
        return replace(call, body=body, if_match=expected_of(if_match), _context=None)


_KEPT = 1000


class NoFields(Body):
    """The body of an action that takes none: `{}` or nothing."""


def group_of(text: bytes) -> str | None:
    """The group that a line names. Raises `Malformed`."""
    group = wire.decode(text, BulkLine).group
    return None if isinstance(group, UnsetType) else group


def answered(operation: Operation, done: Done, call: Call) -> LineAnswer:
    """What a line is answered. `call` is the one of all lines."""
    if isinstance(done, Made):
        found = LineAnswer(line=operation.line, status_code=201, resource=done.path, id=_id(done.path))
        found.etag = f'"{wire.etag_of(done.version)}"'
        return found
    if isinstance(done, Refusal):
        done = refusal_answer(done, UUID(call.request_id), _doing(operation), _spelling(operation))
    elif isinstance(done, Exception):
        done = bug_answer(UUID(call.request_id), _doing(operation))
    resource = done.headers.get("location", "").removeprefix(call.base_url) or None
    found = LineAnswer(line=operation.line, status_code=done.status_code, resource=resource)
    found.id, found.etag = _id(resource) if resource else None, done.headers.get("etag")
    if body := bytes(done.body):
        found.content = msgspec.Raw(body)
    return found


def left_undone(operation: Operation, because: int, call: Call) -> LineAnswer:
    """What a line is answered whose group was refused because of another line."""
    text = (
        f"Nothing of its group was done, because line {because} was refused. Mend that line and send the group again."
    )
    content = wire.encode({"message": message(UUID(call.request_id), _doing(operation), text)})
    return LineAnswer(line=operation.line, status_code=FAILED_DEPENDENCY, content=msgspec.Raw(content))


def at_line(operation: Operation, refusal: Refusal) -> Refusal:
    """The refusal of a line as that of all lines."""
    told = Refused() if isinstance(refusal, UnknownReference) else copy.copy(refusal)
    told.reason = f"Line {operation.line}: {sentences(refusal, _spelling(operation))} Nothing was done."
    told.field, told.value, told.hint = (), None, ""
    return told


def _id(resource: str) -> str:
    return unquote(resource.rpartition("/")[2])


def _doing(operation: Operation) -> str:
    return operation.call.route.doing if operation.call else _READING


def _spelling(operation: Operation) -> type[msgspec.Struct]:
    if operation.call is None:
        return BulkLine
    return operation.call.route.body or operation.call.route.spelling or BulkLine
