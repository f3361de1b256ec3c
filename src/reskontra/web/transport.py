"""A transport that sends the head and the body of an answer together."""

from __future__ import annotations

import asyncio
from typing import Any

_LARGE_BYTES = 64 * 1024


class JoiningTransport:
    """Sends what is written in one turn of the loop with one system call, instead of one for each piece.

    A large piece is sent by itself, so that it is not copied.
    """

    __slots__ = ("_loop", "_pieces", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, piece: bytes) -> None:
        """Send `piece` after what was written before it, in this turn of the loop or at its end."""
        if len(piece) >= _LARGE_BYTES:
            self._flush()
            self._transport.write(piece)
            return
        if not self._pieces:
            self._loop.call_soon(self._flush)
        self._pieces.append(piece)

    def close(self) -> None:
        """Close when all that was written is sent."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._pieces.clear()
        self._transport.abort()

    def get_write_buffer_size(self) -> int:
        """The bytes that were written and are not sent."""
        return self._transport.get_write_buffer_size() + sum(map(len, self._pieces))

    def _flush(self) -> None:
        if not self._pieces:
            return
        pieces, self._pieces = self._pieces, []
        self._transport.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))
