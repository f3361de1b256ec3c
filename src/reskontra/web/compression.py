"""Answers as gzip, for callers that accept it (RFC 9110 12.5.3)."""

from __future__ import annotations

import zlib

_LEVEL, _GZIP = 3, 31


def takes_gzip(accepted: str) -> bool:
    """Whether a header Accept-Encoding allows gzip."""
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def gzip(body: bytes | memoryview) -> bytes:
    """The body as gzip."""
    return Packer().last(body)


class Packer:
    """Packs a body piece by piece; what was packed can be read before the rest has come."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)

    def piece(self, data: bytes) -> bytes:
        return self._packer.compress(data) + self._packer.flush(zlib.Z_SYNC_FLUSH)

    def last(self, data: bytes | memoryview) -> bytes:
        return self._packer.compress(data) + self._packer.flush()
