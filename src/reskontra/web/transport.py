"""A transport that counts what is written, and closes so that the last answer is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

_LINGER_SECONDS = 2.0


class LingeringTransport:
    """What is written after the connection has closed or failed is dropped: the protocol's `connection_lost` tells, so
    the writes need not.

    `is_spoken_to` says whether the client may still be sending. If we closed then, the kernel would reset the
    connection, and the reset can overtake the answer. So we only end our side, and close when the client has ended its
    own, or after two seconds.
    """

    __slots__ = ("_is_spoken_to", "_loop", "_transport", "is_leaving", "written_bytes")

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, is_spoken_to: Callable[[], bool]
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._is_spoken_to = is_spoken_to
        # Whether we closed it: nothing that still comes in is read.
        self.is_leaving = False
        self.written_bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, piece: bytes) -> None:
        """Send `piece` after what was written before it."""
        if not self.is_leaving and not self._transport.is_closing():  # uvloop raises for it
            self.written_bytes += len(piece)
            self._transport.write(piece)

    def close(self) -> None:
        """Close when all that was written is sent, and heard. What still comes in is for nobody."""
        if self.is_closing():
            return
        self.is_leaving = True
        if self._is_spoken_to() and self._transport.can_write_eof():
            self._transport.write_eof()
            self._transport.resume_reading()
            self._loop.call_later(_LINGER_SECONDS, self._transport.close)
        else:
            self._transport.close()

    def is_closing(self) -> bool:
        """Whether nothing more is read or said."""
        return self.is_leaving or self._transport.is_closing()
