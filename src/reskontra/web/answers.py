"""The answers that a handler may give. Refusals are in `errors.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from starlette.responses import Response

from reskontra.web import wire
from reskontra.web.call import Call
from reskontra.web.listing import with_metadata

JSON = "application/json; charset=utf-8"


def json_answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`content` as a JSON answer; bytes are taken as JSON that is already encoded."""
    encoded = content if isinstance(content, bytes) else wire.encode(content)
    return Response(encoded, status, headers, media_type=JSON)


def created(call: Call, path: str, version: int | None = None) -> Response:
    """201 without a body; `path` is the new thing's address from `/v1/` on."""
    return Response(b"", 201, {"Location": call.url(path), **_etag(version)})


def no_content(call: Call, path: str, version: int | None = None) -> Response:
    """204 after a change, with the address and the new version."""
    return Response(None, 204, {"Location": call.url(path), **_etag(version)})


def deleted() -> Response:
    """204 after a delete."""
    return Response(None, 204)


def done(call: Call, version: int | None = None, more: Mapping[str, object] | None = None) -> Response:
    """200 for an action that ran: its id and `Done`; `more` are the action's own fields in the wire's names."""
    result = {"actionId": str(call.clock.new_id()), "actionResult": "Done", **(more or {})}
    return json_answer(result, headers=_etag(version))


def one(call: Call, item: msgspec.Struct | bytes, version: int | None = None) -> Response:
    """200 with one object and its version."""
    return json_answer(item, headers=_etag(version))


def page(call: Call, items: Iterable[msgspec.Struct | bytes], total: int) -> Response:
    """200 with a bare array; every item carries the list's size."""
    encoded = (item if isinstance(item, bytes) else wire.encode(item) for item in items)
    return json_answer(with_metadata(encoded, total))


def _etag(version: int | None) -> dict[str, str]:
    return {} if version is None else {"ETag": f'"{wire.etag_of(version)}"'}
