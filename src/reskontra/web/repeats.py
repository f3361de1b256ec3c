"""Requests that may be sent again: a client names a request by an `Idempotency-Key`, and it is carried out once.

The real service has no such header; the meaning is that of draft-ietf-httpapi-idempotency-key-header and of Stripe's
API (decision 0033). The key is stored by the transaction that carries the request out, so what is stored has happened,
and what was refused or cut off may be sent again under the same key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from starlette.responses import Response

from reskontra.errors import Conflict, Malformed, OutcomeUnknown, Unavailable
from reskontra.web.call import Call, Database
from reskontra.web.listing import Memory

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
"""Stands in an answer that was given before, with the value `true`."""

KEPT = timedelta(hours=24)

_KEY = re.compile(r"[ -~]{1,255}")
_UNDER_WAY = "A request with this Idempotency-Key is still under way."


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request by its key, which counts for one client in one company."""

    company_id: int
    actor: str
    key: str
    fingerprint: bytes
    """What tells it from another request: SHA-256 of method, path, query, branch and body."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A request that came before with the same key, and its answer. Without a status it is not answered yet."""

    fingerprint: bytes
    status: int | None
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class KeptPart:
    """What a part of a request was answered that is many transactions; `before` says how many parts stand already."""

    before: int
    place: int
    answer: bytes


class Answers(Protocol):
    """The stored answers. Each method is one statement on a connection of the database."""

    async def begin(self, connection: Any, request: KeyedRequest, now: datetime) -> KeptAnswer | None:
        """Store the key if it is free, or older than `KEPT`; else what stands under it. Waits for a request with the
        same key whose transaction is open; raises `Conflict` if that takes too long."""

    async def finish(self, connection: Any, request: KeyedRequest, answer: KeptAnswer, now: datetime) -> None:
        """Store the answer. Deletes some keys that are too old, so that nobody else has to."""

    async def parts(self, connection: Any, request: KeyedRequest) -> Sequence[bytes]:
        """What was answered so far to a request that is many transactions, part by part in their order."""

    async def keep_part(self, connection: Any, request: KeyedRequest, part: KeptPart, now: datetime) -> None:
        """Store the answer of one more part. Raises `Conflict` if another request with the same key stored one
        meanwhile."""

    async def forget_parts(self, connection: Any, request: KeyedRequest) -> None:
        """Delete the parts, because the request begins anew or its whole answer is stored."""

    async def give_up(self, connection: Any, request: KeyedRequest) -> None:
        """Free the key of a request that was not carried out."""


def key_of(header: str) -> str:
    """The key in the header's value. Raises `Malformed`."""
    key = header.strip()
    if not _KEY.fullmatch(key):
        reason = f"The header {HEADER} is not a key." if key else f"The header {HEADER} is empty."
        raise Malformed(reason, hint="Send 1 to 255 printable ASCII characters, such as a new UUID for each request.")
    return key


def fingerprint_of(*parts: bytes) -> bytes:
    """SHA-256 of the parts, each with its length before it."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.digest()


def _check_may_repeat(call: Call) -> None:
    """Raises `Malformed` where the header could not be kept to."""
    if call.route.takes_key:
        return
    if call.route.takes_file:
        reason = f"An upload takes no {HEADER}: its file is stored as it comes in, and not compared with another."
        raise Malformed(reason, hint="Leave it out. The same file sent again becomes its newest revision.")
    raise Malformed(f"A request to the sandbox itself, or a trial, takes no {HEADER}.", hint="Leave it out.")


@dataclass(frozen=True, slots=True)
class Repeat:
    """The key that a request was sent with, for a handler that keeps to it by itself: its body is not read yet."""

    answers: Answers
    request: Callable[[bytes], KeyedRequest]
    """The request by its key, told what identifies its body."""


async def answer_once(
    call: Call,
    request: KeyedRequest,
    answers: Answers,
    handler: Callable[[Call], Awaitable[Response]] | None = None,
) -> Response:
    """The answer of the route's handler, or of another `handler`, or the one that it gave before. Raises what the
    handler raises."""
    _check_may_repeat(call)
    handler = handler or call.route.handler
    if call.route.is_run:
        return await _run_once(call, request, answers)
    async with call.database.together() as database:
        standing = await begun(database, call, request, answers)
        if standing is not None:
            return again(call, request, standing)
        response = await handler(replace(call, database=database, lists=Memory()))
        async with database.connection() as connection:
            await answers.finish(connection, request, _kept(call, request, response), call.context.now)
    return response


async def _run_once(call: Call, request: KeyedRequest, answers: Answers) -> Response:
    """The same for a run, which is many transactions: its key stands before the first and is answered after the last.

    If the process dies between, or whether a chunk was committed is unknown, nobody knows how far the run came, and the
    key stays without an answer.
    """
    standing = await begun(call.database, call, request, answers)
    if standing is not None:
        return again(call, request, standing)
    try:
        response = await call.route.handler(call)
    except OutcomeUnknown:
        raise
    except Exception:
        with suppress(Unavailable):
            async with call.database.transaction() as connection:
                await answers.give_up(connection, request)
        raise
    with suppress(Unavailable):  # the run is done, so its caller is told so
        async with call.database.transaction() as connection:
            await answers.finish(connection, request, _kept(call, request, response), call.context.now)
    return response


async def begun(database: Database, call: Call, request: KeyedRequest, answers: Answers) -> KeptAnswer | None:
    """What stands under the key of a request; None if it is new, and stored from now on."""
    try:
        async with database.transaction() as connection:
            return await answers.begin(connection, request, call.context.now)
    except Conflict as conflict:
        raise Conflict(_UNDER_WAY, hint="Send it again in a moment.") from conflict


def again(call: Call, request: KeyedRequest, standing: KeptAnswer) -> Response:
    """The answer that stands. Raises `Malformed` for another request, and `Conflict` if there is none yet."""
    if standing.fingerprint != request.fingerprint:
        raise Malformed(
            f"The {HEADER} came with another request before: its method, address, branch or body was not this one's.",
            hint="Send a new key with a new request, and the same request again with its key.",
        )
    if standing.status is None:
        raise Conflict(
            f"{_UNDER_WAY[:-1]}, or was cut off: how far it came is not known.",
            hint="Look at what the run has made. With a new key it goes on, and skips what is done already.",
        )
    headers = {name: _on(call, name, value) for name, value in standing.headers.items()}
    return Response(standing.body or None, standing.status, {**headers, REPLAYED: "true"})


def _kept(call: Call, request: KeyedRequest, response: Response) -> KeptAnswer:
    headers = {
        name: value.removeprefix(call.base_url) if name == "location" else value
        for name, value in response.headers.items()
        if name != "content-length"
    }
    return KeptAnswer(request.fingerprint, response.status_code, headers, bytes(response.body))


def _on(call: Call, name: str, value: str) -> str:
    """A header of the stored answer, on the host that is asked now."""
    return call.base_url + value if name == "location" and value.startswith("/") else value
