"""Trying a request: it is carried out, looked at, and rolled back.

So a caller sees what would be refused, which numbers and postings would come of it, and changes nothing. What a trial
answers is what the operations themselves answer.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import ClassVar

import msgspec
from starlette.responses import Response, StreamingResponse

from reskontra.errors import FieldPath, Malformed
from reskontra.web import wire
from reskontra.web.addresses import Addresses
from reskontra.web.answers import json_answer
from reskontra.web.call import Call, Database, expected_of
from reskontra.web.listing import Memory
from reskontra.web.scalars import shown
from reskontra.web.wire import Answer, Body, OneOf, Text255, UnsetType

RESOURCE = "{resource}"
"""Stands in the address of a read for what the tried request made or changed."""

_READS_MAX = 10


class Method(StrEnum):
    """The methods that change something."""

    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"


class TriedRequest(Body):
    """The request that is tried."""

    refuses_unknown: ClassVar[bool] = True

    method: OneOf[Method]
    path: Text255
    if_match: Text255 | UnsetType = msgspec.UNSET
    content: msgspec.Raw = msgspec.Raw(b"")


class TrialRequest(Body):
    """A request, and what is to be read before it is rolled back."""

    refuses_unknown: ClassVar[bool] = True

    request: TriedRequest
    reads: list[Text255] | UnsetType = msgspec.UNSET


class TriedAnswer(Answer, kw_only=True):
    """An answer. `resource` is the address of what was made or changed."""

    status_code: int
    resource: str | None = None
    etag: str | None = None
    content: msgspec.Raw = msgspec.Raw(b"null")


class TrialAnswer(Answer, kw_only=True):
    """What the request answered, and what was read after it, in the order it was asked for."""

    request: TriedAnswer
    reads: list[TriedAnswer]


async def try_out(call: Call) -> Response:
    """POST: what one request would do. It is refused as the request itself would be."""
    trial = call.decode(TrialRequest)
    reads = [] if isinstance(trial.reads, UnsetType) else trial.reads
    if len(reads) > _READS_MAX:
        raise Malformed(f"{len(reads)} reads are too many.", field=("reads",), hint=f"Send at most {_READS_MAX}.")
    request = trial.request
    if_match = None if isinstance(request.if_match, UnsetType) else request.if_match
    content = content_of(request.content)
    async with call.database.trial() as database:
        tried = _call(call, database, request.method.upper(), request.path, ("request", "path"))
        if not tried.route.may_be_tried:
            raise Malformed(
                f"{request.method} {shown(request.path)} cannot be tried.",
                field=("request", "path"),
                hint="Documents, payments, applications and letters can. Runs have a dryRun of their own.",
            )
        answer = await _answered(replace(tried, body=content, if_match=expected_of(if_match)))
        answers = []
        for position, address in enumerate(reads):
            if RESOURCE in address and answer.resource is None:
                raise Malformed(f"The request has no {RESOURCE}.", field=("reads", position), hint="Send its address.")
            where = address.replace(RESOURCE, answer.resource or "")
            read = _call(call, database, "GET", where, ("reads", position))
            answers.append(await _answered(read))
    return json_answer(TrialAnswer(request=answer, reads=answers))


def _call(call: Call, database: Database, method: str, address: str, field: FieldPath) -> Call:
    """A request inside the trial, as its handler gets it. Lists remember nothing of what is rolled back."""
    inside = call.inside(method, address)
    if inside is None:
        raise Malformed(
            f"There is no operation {method} {shown(address)} that a trial could call.",
            field=field,
            value=address,
            hint="Send an address from /v1/ on.",
        )
    return replace(inside, database=database, lists=Memory(), accept="")


async def _answered(call: Call) -> TriedAnswer:
    response = await call.answer()
    if isinstance(response, StreamingResponse):
        raise Malformed("A trial does not answer files.", field=("reads",), hint="Read JSON.")
    body = bytes(response.body)
    return TriedAnswer(
        status_code=response.status_code,
        resource=response.headers.get("location", "").removeprefix(call.base_url) or None,
        etag=response.headers.get("etag"),
        content=msgspec.Raw(body or b"null"),
    )


def content_of(sent: object) -> bytes:
    """The body of a request within a request, as JSON; empty if there is none."""
    content = bytes(sent) if isinstance(sent, msgspec.Raw) else wire.encode(sent)
    return b"" if content == b"null" else content


_TRIALS = Addresses("/v1/reskontra/trial", "trial", TrialAnswer, TrialRequest)

ROUTES = (replace(_TRIALS.post("Reskontra_Try", try_out), answer=TrialAnswer, holds_requests=True),)
