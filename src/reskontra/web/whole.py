"""Answers that are complete when they are begun: sent by one call, past what ASGI does piece by piece."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from starlette.responses import Response
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

Headers = Sequence[tuple[bytes, bytes]]

WHOLE = "reskontra.whole"
"""The extension of the scope that sends a whole answer: `send(status, headers, body)`. It sends nothing and returns
False if the answer has to go out by `send` of ASGI, as the client hung up, reads slowly, or is to be closed."""

_NOT_IN_NAMES = re.compile(rb"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")
_NOT_IN_VALUES = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_WITHOUT_BODY = (204, 304)
_BY_ASGI = frozenset({b"connection", b"transfer-encoding"})


def sender_of(cycle: RequestResponseCycle) -> Callable[[int, Headers, bytes], bool]:
    """What sends the whole answer of a request, for its scope."""

    def send(status: int, headers: Headers, body: bytes) -> bool:
        if cycle.response_started or cycle.disconnected or cycle.flow.write_paused or not cycle.keep_alive:
            return False
        names, values = zip(*headers, strict=True)
        if _NOT_IN_NAMES.search(b"".join(names)) or _NOT_IN_VALUES.search(b"".join(values)):
            raise ValueError(f"not headers: {headers}")
        is_sized = b"content-length" in names or status in _WITHOUT_BODY
        if not is_sized or not _BY_ASGI.isdisjoint(names):
            return False
        head = b"".join([b"%s: %s\r\n" % header for header in (*cycle.default_headers, *headers)])
        cycle.response_started = cycle.response_complete = True
        cycle.transport.write(b"%s%s\r\n%s" % (STATUS_LINE[status], head, body))
        cycle.message_event.set()
        cycle.on_response()
        return True

    return send


def sent_whole(response: Response, headers: Headers, scope: Scope) -> bool:
    """Send an answer with these headers besides its own by one call, if that is possible: all of it is known, and the
    caller wants all of it."""
    send = scope.get("extensions", {}).get(WHOLE)
    is_whole = type(response) is Response and response.background is None and scope["method"] != "HEAD"
    return (
        send is not None and is_whole and send(response.status_code, (*response.raw_headers, *headers), response.body)
    )
