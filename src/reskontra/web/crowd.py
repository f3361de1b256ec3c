"""All connections of one server: how long each may take, how many there may be, how much may wait in memory.

Looking at every connection once a second costs less than a timer for each request.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits for clients. Times are in seconds, long enough for a bad network and too short for an attacker."""

    # From the first byte of a request to the end of its headers; also from connecting to the first byte.
    header_seconds: float = 20
    # From the end of the headers to the end of the body.
    body_seconds: float = 60
    # For the client to take the next 64 KiB of an answer.
    send_seconds: float = 60
    # Between two requests. Longer than the 60 s of usual proxies, so that they close idle connections first.
    idle_seconds: float = 65
    # Bytes of a request's line and headers together.
    header_bytes: int = 64 * 1024
    # Connections open at once.
    connections: int = 5000
    # Bytes of bodies, and of answers, that may wait in memory for all slow clients together.
    waiting_bytes: int = 256 * MEBIBYTE


class Connection(Protocol):
    """What the crowd asks of a connection."""

    @property
    def is_waiting(self) -> bool:
        """Whether it is waiting for its client and owes no answer."""

    @property
    def stalled_since(self) -> float:
        """The time since which the client has taken nothing of its answer."""

    def look(self, now: float) -> int:
        """Act on what is overdue; returns the bytes that the client has not taken yet."""

    def drop(self) -> None:
        """Close at once, whatever is under way."""


class Crowd:
    """Connections that share limits. `now` is the loop's time at the last look, exact enough for time limits."""

    def __init__(self, limits: Limits | None = None, *, look_seconds: float = 1.0) -> None:
        self.limits = limits or Limits()
        self.now = 0.0
        self.body_bytes = 0
        # The one that has waited longest comes first.
        self._connections: dict[Connection, None] = {}
        # Bytes that began to wait since the last look.
        self._held_up = 0
        self._look_seconds = look_seconds
        self._timer: asyncio.Handle | None = None

    def admit(self, newcomer: Connection, loop: asyncio.AbstractEventLoop) -> bool:
        """Take in a connection. If there is no room, drop the one that has waited longest for its client.

        False if none can be dropped, because all are being answered.
        """
        if self._timer is None:
            self.now = loop.time()
            self._timer = loop.call_later(self._look_seconds, self._look, loop)
        if len(self._connections) >= self.limits.connections:
            longest = next((it for it in self._connections if it.is_waiting), None)
            if longest is None:
                return False
            self.leave(longest)
            longest.drop()
        self._connections[newcomer] = None
        return True

    def rest(self, connection: Connection) -> None:
        """Note that a connection has all its answers and now waits for the next request."""
        if connection in self._connections:
            del self._connections[connection]
            self._connections[connection] = None

    def hold_up(self, unsent: int, loop: asyncio.AbstractEventLoop) -> None:
        """Note that `unsent` bytes of an answer now wait for their client. Look at once when many have gathered."""
        self._held_up += unsent
        if self._held_up > self.limits.waiting_bytes // 4 and self._timer is not None:
            self._held_up = 0
            self._timer.cancel()
            self._timer = loop.call_soon(self._look, loop)

    def leave(self, connection: Connection) -> None:
        """Forget a connection that is closed."""
        self._connections.pop(connection, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self.now = loop.time()
        self._held_up = 0
        unsent = {connection: connection.look(self.now) for connection in tuple(self._connections)}
        excess = sum(unsent.values()) - self.limits.waiting_bytes
        if excess > 0:
            for connection in sorted((it for it in unsent if unsent[it]), key=lambda it: it.stalled_since):
                connection.drop()
                excess -= unsent[connection]
                if excess <= 0:
                    break
        again = bool(self._connections)
        self._timer = loop.call_later(self._look_seconds, self._look, loop) if again else None
