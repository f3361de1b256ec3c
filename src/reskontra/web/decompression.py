"""Decompresses request bodies (`Content-Encoding`) piece by piece, within limits.

A few kilobytes can decompress to megabytes, so the decompressed size is what counts towards a body's limit and towards
the limit of all bodies together.

Sources: W4, RFC 9110 8.4.1, RFC 1952 (gzip), RFC 1950 (what `deflate` means).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from reskontra.errors import Malformed, Unavailable

SERVED = ("gzip", "deflate")

_ALIASES = {"x-gzip": "gzip"}
_WINDOW_BITS = {"gzip": 31, "deflate": 15}
_NO_WRAPPER = -15
_PART_BYTES = 256 * 1024
# More members than any program writes. An empty one costs as much as kilobytes of data.
_MEMBERS_MAX = 1000


def codings_of(header: str) -> list[str]:
    """The codings in a Content-Encoding header, in the order applied; none for a plain body."""
    named = [part.strip().lower() for part in header.split(",")]
    return [_ALIASES.get(coding, coding) for coding in named if coding not in ("", "identity")]


class TooMuch(Exception):
    """The decompressed body exceeds its limit."""


@dataclass(slots=True)
class Room:
    """Bytes of decompressed bodies in memory, for the whole server."""

    limit: int
    taken: int = 0

    def take(self, size: int) -> None:
        """Reserve `size` bytes. Raises `Unavailable` if fewer are left."""
        if self.taken + size > self.limit:
            raise Unavailable()
        self.taken += size

    def give_back(self, size: int) -> None:
        """Release `size` bytes."""
        self.taken -= size


class Decompressor:
    """Decompresses one body, to at most `limit` bytes."""

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = coding
        self._left = limit
        self._members = 1
        self._decoder: zlib._Decompress | None = None
        self._first = b""

    def decompress(self, piece: bytes) -> Iterator[bytes]:
        """The next piece, decompressed, in parts of limited size. Raises `TooMuch` and `Malformed`."""
        if self._decoder is None:
            piece = self._first + piece
            if len(piece) < 2:
                self._first = piece
                return
            self._decoder = zlib.decompressobj(self._bits(piece))
        is_full = False
        while piece or is_full:
            if self._decoder.eof:
                self._begin_member()
            most = min(self._left + 1, _PART_BYTES)
            try:
                part = self._decoder.decompress(piece, most)
            except zlib.error as error:
                raise self._malformed(str(error).partition(": ")[2]) from None
            self._left -= len(part)
            if self._left < 0:
                raise TooMuch
            if part:
                yield part
            # A full part may have more behind it, even if all that was sent is consumed.
            is_full = len(part) == most and not self._decoder.eof
            piece = self._decoder.unused_data if self._decoder.eof else self._decoder.unconsumed_tail

    def finish(self) -> None:
        """Raises `Malformed` if the body is cut off. An empty body is not."""
        if self._first if self._decoder is None else not self._decoder.eof:
            raise self._malformed("it ends too early")

    def _bits(self, piece: bytes) -> int:
        """Many clients send `deflate` without its zlib header; the first two bytes tell."""
        if self._coding == "deflate" and (piece[0] & 15 != zlib.DEFLATED or int.from_bytes(piece[:2], "big") % 31):
            return _NO_WRAPPER
        return _WINDOW_BITS[self._coding]

    def _begin_member(self) -> None:
        """gzip data may consist of several members, `deflate` may not."""
        self._members += 1
        if self._coding != "gzip" or self._members > _MEMBERS_MAX:
            raise self._malformed("there is more after its end")
        self._decoder = zlib.decompressobj(_WINDOW_BITS["gzip"])

    def _malformed(self, why: str) -> Malformed:
        return Malformed(
            f"The body is not {self._coding}, as its Content-Encoding says: {why}.",
            hint="Compress it that way, or send it plain and without the header.",
        )
