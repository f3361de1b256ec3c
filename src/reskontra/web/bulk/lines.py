"""Receives a body of many lines, piece by piece, into a temporary file.

What is in memory does not grow with the body, and nothing is carried out before its last line has come in.
"""

from __future__ import annotations

import asyncio
import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from reskontra.errors import Malformed, Unavailable
from reskontra.web.errors import TooLarge, UnsupportedMedia
from reskontra.web.scalars import shown
from reskontra.web.visit import ClientGone, Visit

NDJSON = "application/x-ndjson"
LINES_MAX = 100_000

_MEDIA = frozenset({NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_IN_MEMORY_BYTES = 1024 * 1024
_HINT = "Send one JSON object a line."


@dataclass(slots=True)
class Lines:
    """The lines of a body, by number from 1. Close it when they are no longer needed."""

    sha256: bytes
    _file: IO[bytes]
    _offsets: array[int]
    _gone: asyncio.Task[None] = field(repr=False)

    @property
    def count(self) -> int:
        """How many there are, blank ones too."""
        return len(self._offsets)

    def read(self, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        """The lines of these numbers that are not blank. Only one reader at a time."""
        self._file.seek(self._offsets[first - 1])
        for number in range(first, last + 1):
            text = self._file.readline()
            if text.strip():
                yield number, text

    def check_client(self) -> None:
        """Raises `ClientGone` if the client has hung up."""
        if self._gone.done():
            raise ClientGone

    def close(self) -> None:
        """Forget them."""
        self._gone.cancel()
        self._file.close()


async def received_lines(visit: Visit, limit: int, line_limit: int) -> Lines:
    """The lines in the body of a request, of which at least one is not blank.

    Raises `UnsupportedMedia` for another content type, `TooLarge` for more than `limit` bytes, `LINES_MAX` lines or
    `line_limit` bytes in one of them, `Malformed`, `ClientGone`, and `Unavailable` if they cannot be written.
    """
    media = visit.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in _MEDIA:
        raise UnsupportedMedia(f"The content type '{shown(media)}' is not served here.", hint=f"Send {NDJSON}.")
    file = cast(IO[bytes], SpooledTemporaryFile(_IN_MEMORY_BYTES))  # noqa: SIM115 - it lives until all are answered
    try:
        received = _Received(file, line_limit)
        async for piece in visit.pieces(limit):
            received.take(piece)
        offsets = received.finished()
    except OSError as error:
        file.close()
        raise Unavailable("There is no room to receive the lines at the moment.") from error
    except BaseException:
        file.close()
        raise
    return Lines(received.digest.digest(), file, offsets, asyncio.create_task(visit.until_gone()))


class _Received:
    """Where each line begins, as the pieces of the body come in."""

    def __init__(self, file: IO[bytes], line_limit: int) -> None:
        self.digest = hashlib.sha256()
        self._file = file
        self._line_limit = line_limit
        self._offsets = array("Q", [0])
        self._size = 0
        self._is_blank = True

    def take(self, piece: bytes) -> None:
        """The next piece of the body."""
        self.digest.update(piece)
        self._file.write(piece)
        first, *others = piece.split(b"\n")
        self._grow(first)
        for part in others:
            if len(self._offsets) > LINES_MAX:
                break
            self._offsets.append(self._size + 1)
            self._size += 1
            self._grow(part)
        if len(self._offsets) > LINES_MAX and self._size > self._offsets[LINES_MAX]:
            raise TooLarge("The body has too many lines.", hint=f"Send at most {LINES_MAX} lines at a time.")

    def finished(self) -> array[int]:
        """Where the lines begin. A line break at the end begins no other line."""
        if self._is_blank:
            raise Malformed("The body is empty.", hint=_HINT)
        if self._offsets[-1] == self._size:
            self._offsets.pop()
        return self._offsets

    def _grow(self, part: bytes) -> None:
        self._size += len(part)
        self._is_blank = self._is_blank and not part.strip()
        if self._size - self._offsets[-1] > self._line_limit:
            reason = f"Line {len(self._offsets)} is too long."
            raise TooLarge(reason, hint=f"A line may have {self._line_limit} bytes.")
