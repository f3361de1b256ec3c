"""Sends a recorded request again, through the whole server, so that it is recorded like any other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from reskontra.requests.recorded import Recorded

Message = MutableMapping[str, Any]
Application = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
"""An ASGI application."""

_OF_THE_CONNECTION = frozenset(
    {
        "authorization", "connection", "content-encoding", "content-length", "cookie", "expect", "host",
        "idempotency-key", "ipp-company-id", "origin", "referer", "te", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers that are not sent again: the token is not kept, the body is kept decompressed, and a key would have the old
answer given once more."""


@dataclass(slots=True)
class _Answer:
    status: int = 0
    request_id: str = ""
    is_over: bool = field(default=False)


async def send_again(app: Application, request: Recorded) -> tuple[str, int]:
    """The id that the request has this time, and the status of its answer.

    It is sent from this machine without a token, which an open sandbox lets in, and to the same company.
    """
    parts, answer, sent = urlsplit(request.base_url), _Answer(), [request.sent.body]

    async def receive() -> Message:
        if sent:
            return {"type": "http.request", "body": sent.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            found = {name.lower(): value for name, value in message["headers"]}
            answer.request_id = found.get(b"ipp-request-id", b"").decode("latin-1")

    port = parts.port or (443 if parts.scheme == "https" else 80)
    await app(
        {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": parts.scheme,
            "path": unquote(request.path),
            "raw_path": request.path.encode("latin-1"),
            "query_string": request.query.encode("latin-1"),
            "root_path": "",
            "headers": _headers(request, parts.netloc),
            "client": ("127.0.0.1", 0),
            "server": (parts.hostname or "localhost", port),
        },
        receive,
        send,
    )
    return answer.request_id, answer.status


def _headers(request: Recorded, host: str) -> list[tuple[bytes, bytes]]:
    kept = [(name.lower(), value) for name, value in request.sent.headers if name.lower() not in _OF_THE_CONNECTION]
    kept.append(("host", host))
    if request.company_id is not None:
        kept.append(("ipp-company-id", str(request.company_id)))
    if request.sent.body:
        kept.append(("content-length", str(len(request.sent.body))))
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept if not name.startswith("sec-")]
