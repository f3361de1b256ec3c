"""Sends a recorded request again, through the whole server, so that it is recorded like any other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from reskontra.requests.recorded import Recorded
from reskontra.web.repeats import HEADER, REPLAYED

Message = MutableMapping[str, Any]
Application = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
"""An ASGI application."""

_OF_THE_CONNECTION = frozenset(
    {
        "authorization", "connection", "content-encoding", "content-length", "cookie", "expect", "host",
        "ipp-company-id", "origin", "referer", "te", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers that are not sent again: the token is not kept, and the body is kept decompressed."""
_KEY = HEADER.lower()


@dataclass(slots=True)
class SentAgain:
    """The id that the request has this time, and the status of its answer. `is_replayed`: nothing was done, as the
    request had been carried out under its `Idempotency-Key`, and the answer of then came again."""

    request_id: str = ""
    status: int = 0
    is_replayed: bool = False


async def send_again(app: Application, request: Recorded, *, with_key: bool) -> SentAgain:
    """What came of it.

    It is sent from this machine without a token, which an open sandbox lets in, and to the same company. `with_key`
    keeps its `Idempotency-Key`, if it had one.
    """
    parts, answer, sent = urlsplit(request.base_url), SentAgain(), [request.sent.body]

    async def receive() -> Message:
        if sent:
            return {"type": "http.request", "body": sent.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            found = {name.lower(): value for name, value in message["headers"]}
            answer.request_id = found.get(b"ipp-request-id", b"").decode("latin-1")
            answer.is_replayed = REPLAYED.lower().encode() in found

    port = parts.port or (443 if parts.scheme == "https" else 80)
    await app(
        {
            "type": "http",
            # From 2.4 on Starlette does not listen for a disconnect beside a stream, which here comes at once.
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": parts.scheme,
            "path": unquote(request.path),
            "raw_path": request.path.encode("latin-1"),
            "query_string": request.query.encode("latin-1"),
            "root_path": "",
            "headers": _headers(request, parts.netloc, with_key=with_key),
            "client": ("127.0.0.1", 0),
            "server": (parts.hostname or "localhost", port),
        },
        receive,
        send,
    )
    return answer


def _headers(request: Recorded, host: str, *, with_key: bool) -> list[tuple[bytes, bytes]]:
    sent = [(name.lower(), value) for name, value in request.sent.headers]
    kept = [(name, value) for name, value in sent if name not in _OF_THE_CONNECTION and (with_key or name != _KEY)]
    kept.append(("host", host))
    if request.company_id is not None:
        kept.append(("ipp-company-id", str(request.company_id)))
    if request.sent.body:
        kept.append(("content-length", str(len(request.sent.body))))
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept if not name.startswith("sec-")]
