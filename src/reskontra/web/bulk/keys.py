"""Many requests that may be sent again under one `Idempotency-Key`: what was done is not done again, the rest goes on.

If all are one transaction, the key is kept as that of a single request. Else the key is kept first, and each
transaction keeps what its lines were answered. So whoever was cut off sends the same lines with the same key: those
that were done are answered as before, and the others are carried out (decision 0033).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from reskontra.errors import Malformed, Unavailable
from reskontra.web.bulk.lines import NDJSON
from reskontra.web.repeats import HEADER, KeptAnswer, KeptPart, again, begun

if TYPE_CHECKING:
    from starlette.responses import Response

    from reskontra.web.call import Call, Database
    from reskontra.web.repeats import Answers, KeyedRequest


@dataclass(frozen=True, slots=True)
class Part:
    """What lines that were done together were answered: up to which, and how."""

    last: int
    answer: bytes


@dataclass(slots=True)
class Progress:
    """How far the lines of a key have come. `parts` are those that were done before, by their first line."""

    answers: Answers
    request: KeyedRequest
    parts: Mapping[int, Part] = field(default_factory=dict)
    count: int = 0

    async def keep(self, database: Database, call: Call, answer: bytes) -> None:
        """Keep what lines were answered, in the transaction that does them. Raises `Conflict` if somebody else goes on
        with the same key."""
        async with database.connection() as connection:
            part = KeptPart(self.count, _first_of(answer), answer)
            await self.answers.keep_part(connection, self.request, part, call.clock.now())

    async def finish(self, call: Call, answer: bytes) -> None:
        """Keep the whole answer. If that fails, the parts still tell what was done."""
        kept = KeptAnswer(self.request.fingerprint, 200, {"content-type": NDJSON}, answer)
        with suppress(Unavailable):
            async with call.database.transaction() as connection:
                await self.answers.forget_parts(connection, self.request)
                await self.answers.finish(connection, self.request, kept, call.clock.now())


async def progress_of(call: Call, answers: Answers, request: KeyedRequest) -> Progress | Response:
    """How far the lines have come, or the answer if they were done. Raises `Malformed` for other lines."""
    async with call.database.together() as part:
        standing = await begun(part, call, request, answers)
        async with part.connection() as connection:
            if standing is None:
                await answers.forget_parts(connection, request)
                return Progress(answers, request)
            if standing.fingerprint != request.fingerprint or standing.status is not None:
                return again(call, request, standing)
            parts = [_part(it) for it in await answers.parts(connection, request)]
    return Progress(answers, request, {_first_of(it.answer): it for it in parts}, len(parts))


def check_no_key(call: Call) -> None:
    """Raises `Malformed` if a trial has a key."""
    if call.repeat is not None:
        raise Malformed(f"A trial takes no {HEADER}.", hint="Leave it out.")


class _Numbered(msgspec.Struct):
    line: int


def _part(answer: bytes) -> Part:
    last = answer.rstrip().rpartition(b"\n")[2]
    return Part(msgspec.json.decode(last, type=_Numbered).line, answer)


def _first_of(answer: bytes) -> int:
    return msgspec.json.decode(answer.partition(b"\n")[0], type=_Numbered).line
