"""A transport that sends the head and the body of an answer together, and closes so that the answer is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

_LARGE_BYTES = 64 * 1024
_LINGER_SECONDS = 2.0


class JoiningTransport:
    """Sends what is written in one turn of the loop with one system call, instead of one for each piece.

    A large piece is sent by itself, so that it is not copied. What is written after the connection has closed or failed
    is dropped: the protocol's `connection_lost` tells, so the writes need not.

    `is_spoken_to` says whether the client may still be sending. If we closed then, the kernel would reset the
    connection, and the reset can overtake the answer. So we only end our side, and close when the client has ended its
    own, or after two seconds.
    """

    __slots__ = ("_is_spoken_to", "_loop", "_pieces", "_transport", "is_leaving", "written_bytes")

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, is_spoken_to: Callable[[], bool]
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._is_spoken_to = is_spoken_to
        # Whether we closed it: nothing that still comes in is read.
        self.is_leaving = False
        self.written_bytes = 0
        self._pieces: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, piece: bytes) -> None:
        """Send `piece` after what was written before it, in this turn of the loop or at its end."""
        self.written_bytes += len(piece)
        if len(piece) >= _LARGE_BYTES:
            self.flush()
            self._send(piece)
            return
        if not self._pieces:
            self._loop.call_soon(self.flush)
        self._pieces.append(piece)

    def flush(self) -> None:
        """Send what was written, without waiting for more."""
        if self._pieces:
            pieces, self._pieces = self._pieces, []
            self._send(pieces[0] if len(pieces) == 1 else b"".join(pieces))

    def close(self) -> None:
        """Close when all that was written is sent, and heard. What still comes in is for nobody."""
        self.flush()
        if self.is_closing():
            return
        self.is_leaving = True
        if self._is_spoken_to() and self._transport.can_write_eof():
            self._transport.write_eof()
            self._transport.resume_reading()
            self._loop.call_later(_LINGER_SECONDS, self._transport.close)
        else:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._pieces.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether nothing more is read or said."""
        return self.is_leaving or self._transport.is_closing()

    def get_write_buffer_size(self) -> int:
        """The bytes that were written and are not sent."""
        return self._transport.get_write_buffer_size() + sum(map(len, self._pieces))

    def _send(self, piece: bytes) -> None:
        if not self.is_leaving and not self._transport.is_closing():  # uvloop raises for it
            self._transport.write(piece)
