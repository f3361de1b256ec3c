"""One HTTP request as it came in, before it is routed. A handler sees a `Call` instead."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Receive, Scope

from reskontra.web.decompression import SERVED, Decompressor, Room, TooMuch, codings_of
from reskontra.web.errors import TooLarge, UnsupportedCoding, UnsupportedMedia
from reskontra.web.origin import Origin
from reskontra.web.scalars import shown

# Headers that may be sent only once: of two, a proxy may use the other one. All others are lists (RFC 9110 5.3).
_SINGLE = frozenset(
    {
        "authorization", "branchid", "content-length", "content-type", "erp-api-background", "host",
        "idempotency-key", "ipp-company-id", "origin", "sec-fetch-site",
    }
)  # fmt: skip


BODY_FORGOTTEN = "reskontra.body_forgotten"
"""The extension of the scope by which `protocol.py` is told what of a body is no longer in memory."""


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
    repeated: str | None
    """A header that was sent more than once and may not be; None if there is none."""
    _receive: Receive = field(repr=False)
    _room: Room = field(repr=False)
    _forget: Callable[[int], None] = field(repr=False)
    """Tells the connection that so many bytes of the body are no longer in memory."""

    _decompressed_bytes: int = 0

    @classmethod
    def of(cls, scope: Scope, receive: Receive, origin: Origin, request_id: str, room: Room) -> Visit:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        repeated = _join_repeats(headers, scope["headers"]) if len(headers) != len(scope["headers"]) else None
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
            repeated=repeated,
            _receive=receive,
            _room=room,
            _forget=scope.get("extensions", {}).get(BODY_FORGOTTEN, _keep),
        )

    async def body(self, limit: int) -> bytes:
        """The whole body, decompressed. Raises `TooLarge` before it holds more than `limit` bytes.

        Raises `ClientGone` if the client hangs up, `UnsupportedCoding` and `Malformed` for a body that cannot be
        decompressed, and `Unavailable` while other decompressed bodies take too much memory.
        """
        parts: list[bytes] = []
        decompressor = self._decompressor(limit)
        async for piece in self._sent(limit):
            if decompressor is None:
                parts.append(piece)
            else:
                parts += self._decompressed(decompressor, piece, limit)
        if decompressor is not None:
            decompressor.finish()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def pieces(self, limit: int) -> AsyncIterator[bytes]:
        """The body piece by piece, decompressed, for whoever keeps none of them in memory. Raises as `body` does."""
        decompressor = self._decompressor(limit)
        async for piece in self._sent(limit):
            if decompressor is None:
                yield piece
            else:
                for part in self._decompressed(decompressor, piece, limit):
                    yield part
                    self.end()
            self._forget(len(piece))
        if decompressor is not None:
            decompressor.finish()

    async def _sent(self, limit: int) -> AsyncIterator[bytes]:
        announced = self.headers.get("content-length", "")
        if announced.isdigit() and (len(announced) > 15 or int(announced) > limit):
            raise _too_large(limit)
        size = 0
        while True:
            message: Any = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            piece = message.get("body", b"")
            size += len(piece)
            if size > limit:
                raise _too_large(limit)
            yield piece
            if not message.get("more_body", False):
                return

    def _decompressor(self, limit: int) -> Decompressor | None:
        header = self.headers.get("content-encoding")
        codings = codings_of(header) if header else []
        if not codings or not self._may_have_body():
            return None
        if len(codings) > 1 or codings[0] not in SERVED:
            raise UnsupportedCoding(f"The Content-Encoding '{shown(header)}' is not served.", SERVED)
        return Decompressor(codings[0], limit)

    def _may_have_body(self) -> bool:
        return "transfer-encoding" in self.headers or self.headers.get("content-length", "0").strip() != "0"

    def _decompressed(self, decompressor: Decompressor, piece: bytes, limit: int) -> Iterator[bytes]:
        try:
            for part in decompressor.decompress(piece):
                self._room.take(len(part))
                self._decompressed_bytes += len(part)
                yield part
        except TooMuch:
            raise _too_large(limit) from None

    def end(self) -> None:
        """Free the memory of the body, as the request is answered."""
        if self._decompressed_bytes:
            self._room.give_back(self._decompressed_bytes)
            self._decompressed_bytes = 0

    async def until_gone(self) -> None:
        """Return when the client hangs up, or has its answer. Call it when the body is complete."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

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


def _keep(size: int) -> None:
    """Servers other than ours do not count what they hold."""


def _join_repeats(headers: dict[str, str], sent: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Join the values of each repeated header in `headers`. Returns a repeated one that may not be, if any."""
    values: dict[str, list[str]] = {}
    for name, value in sent:
        values.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    repeated = {name: texts for name, texts in values.items() if len(texts) > 1}
    headers.update({name: ", ".join(texts) for name, texts in repeated.items()})
    return min(_SINGLE & repeated.keys(), default=None)


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
