"""Answers as gzip, for callers that accept it (RFC 9110 12.5.3)."""

from __future__ import annotations

import asyncio
import zlib

_LEVEL, _GZIP = 3, 31
_ASIDE_FROM = 64 * 1024
"""Bytes that are packed in a thread, so that others are answered meanwhile."""


def takes_gzip(accepted: str) -> bool:
    """Whether a header Accept-Encoding allows gzip. What is said of it goes before what is said of all codings."""
    weights = {}
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        weights[coding.strip()] = weight.replace(" ", "")
    said = weights.get("gzip", weights.get("*"))
    return said is not None and not (said.startswith("q=0") and not said[2:].strip("0."))


async def gzip(body: bytes | memoryview) -> bytes:
    """The body as gzip."""
    return await Packer().last(body)


class Packer:
    """Packs a body piece by piece; what was packed can be read before the rest has come."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)

    def piece(self, data: bytes) -> bytes:
        return self._packer.compress(data) + self._packer.flush(zlib.Z_SYNC_FLUSH)

    async def last(self, data: bytes | memoryview) -> bytes:
        """The rest, however large."""
        return await asyncio.to_thread(self._last, data) if len(data) >= _ASIDE_FROM else self._last(data)

    def _last(self, data: bytes | memoryview) -> bytes:
        return self._packer.compress(data) + self._packer.flush()
