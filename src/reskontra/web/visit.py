"""One HTTP request as it came in, before it is routed. A handler sees a `Call` instead."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Receive, Scope

from reskontra.web.errors import TooLarge, UnsupportedMedia
from reskontra.web.origin import Origin


class ClientGone(Exception):
    """The caller hung up before the body was complete; there is nobody left to answer."""


@dataclass(slots=True)
class Visit:
    """The request line, the headers (names in lower case) and the body, which is read only when asked for."""

    method: str
    raw_path: bytes
    query_string: bytes
    headers: Mapping[str, str]
    peer: str | None
    base_url: str
    request_id: str
    _receive: Receive = field(repr=False)

    @classmethod
    def of(cls, scope: Scope, receive: Receive, origin: Origin, request_id: str) -> Visit:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        client = scope.get("client")
        peer = client[0] if client else None
        return cls(
            method=scope["method"].upper(),
            raw_path=scope.get("raw_path") or scope["path"].encode(),
            query_string=scope["query_string"],
            headers=headers,
            peer=peer,
            base_url=origin.base_url(scope["scheme"], scope.get("server"), headers, peer),
            request_id=request_id,
            _receive=receive,
        )

    async def body(self, limit: int) -> bytes:
        """The whole body. Raises `TooLarge` before more than `limit` bytes are held, `ClientGone` on a hang-up."""
        announced = self.headers.get("content-length", "")
        if announced.isdigit() and (len(announced) > 15 or int(announced) > limit):
            raise _too_large(limit)
        chunks: list[bytes] = []
        size = 0
        while True:
            message: Any = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def json_body(self, limit: int) -> bytes:
        """The body as UTF-8 JSON text; empty if there is none. Raises `UnsupportedMedia` for another content type.

        No content type at all counts as JSON, and so does any charset (W4).
        """
        media, _, parameters = self.headers.get("content-type", "").partition(";")
        media = media.strip().lower()
        is_json = media in ("", "application/json", "text/json") or media.endswith("+json")
        if not is_json and self.headers.get("content-length") != "0":
            if await self.body(limit):
                raise UnsupportedMedia(f"The content type '{media[:60]}' is not served.", hint="Send application/json.")
            return b""
        body = await self.body(limit)
        return _in_utf8(body, parameters) if parameters else body


def _too_large(limit: int) -> TooLarge:
    return TooLarge("The body is too large.", hint=f"At most {limit} bytes are read.")


def _in_utf8(body: bytes, parameters: str) -> bytes:
    name, _, value = parameters.strip().partition("=")
    charset = value.strip().strip('"').lower()
    if name.strip().lower() != "charset" or charset in ("utf-8", "utf8", "us-ascii", ""):
        return body
    try:
        if codecs.lookup(charset).name not in ("iso8859-1", "iso8859-15", "cp1252", "utf-16", "utf-16-le", "utf-16-be"):
            return body
        return body.decode(charset).encode()
    except (LookupError, UnicodeError):
        return body
