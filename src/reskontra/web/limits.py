"""How many requests a caller may make: a fixed window per company and client. Without a limit it only counts.

Every answer carries the state of the window, as the real gateway does (W9).
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

WINDOW_SECONDS = 3600
_ANNOUNCED_WITHOUT_LIMIT = 1_000_000
_SLOTS = 65536
_NEIGHBOURS = 32
_SLOT = struct.Struct("<8sII")  # hash of company and client, window, requests


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a caller's window."""

    limit: int
    remaining: int
    reset_seconds: int
    is_exceeded: bool

    def headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", b"%d" % self.reset_seconds),
            (b"x-ratelimit-policy", b"1-fixed-window"),
        ]


class Counts(Protocol):
    """Where requests are counted."""

    def add(self, window: int, company_id: int, client: str) -> int:
        """Count one request in a window; returns how many there are now."""


class OwnCounts:
    """Counts of one process."""

    def __init__(self) -> None:
        self._window = 0
        self._counts: dict[tuple[int, str], int] = {}

    def add(self, window: int, company_id: int, client: str) -> int:
        """Count one request in a window; returns how many there are now."""
        if window != self._window:
            self._window = window
            self._counts.clear()
        count = self._counts[company_id, client] = self._counts.get((company_id, client), 0) + 1
        return count


class SharedCounts:
    """Counts of all processes that have the same file open: a table of slots, found by a hash of company and client.

    Where a whole neighbourhood is taken, the slot with the fewest requests is given up.
    """

    def __init__(self, descriptor: int) -> None:
        os.ftruncate(descriptor, _SLOTS * _SLOT.size)
        self._descriptor = descriptor
        self._table = mmap.mmap(descriptor, _SLOTS * _SLOT.size)

    def add(self, window: int, company_id: int, client: str) -> int:
        """Count one request in a window; returns how many there are now."""
        name = blake2b(f"{company_id} {client}".encode(), digest_size=8).digest()
        place = int.from_bytes(name, "little")
        # Locks of a process, unlike those of an open file, hold between processes that inherited the file.
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX)
        try:
            count, offset = self._find(window, name, place)
            _SLOT.pack_into(self._table, offset, name, window, count + 1)
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
        return count + 1

    def _find(self, window: int, name: bytes, place: int) -> tuple[int, int]:
        """The count of `name`, and the offset of its slot or of the one to take."""
        least, taken = -1, 0
        for step in range(_NEIGHBOURS):
            offset = (place + step) % _SLOTS * _SLOT.size
            found, in_window, count = _SLOT.unpack_from(self._table, offset)
            if in_window != window:
                return 0, offset
            if found == name:
                return count, offset
            if least < 0 or count < least:
                least, taken = count, offset
        return 0, taken


class Limiter:
    """Counts requests. `limit` is per hour; None refuses nothing. `tell` gives the time in seconds.

    Processes that share `counts` share `began_at` too, by a clock that is the same in all of them.
    """

    def __init__(
        self,
        limit: int | None,
        tell: Callable[[], float] = time.monotonic,
        *,
        counts: Counts | None = None,
        began_at: float | None = None,
    ) -> None:
        self._limit = limit
        self._tell = tell
        self._counts = counts or OwnCounts()
        self._began_at = tell() if began_at is None else began_at

    def take(self, company_id: int, client: str) -> Allowance:
        """Count one request of `client` on `company_id`."""
        window, reset = self._window()
        count = self._counts.add(window, company_id, client)
        limit = self._limit or _ANNOUNCED_WITHOUT_LIMIT
        return Allowance(limit, max(limit - count, 0), reset, self._limit is not None and count > self._limit)

    def idle(self) -> Allowance:
        """The state for an answer whose caller is not known."""
        limit = self._limit or _ANNOUNCED_WITHOUT_LIMIT
        return Allowance(limit, limit, self._window()[1], False)

    def _window(self) -> tuple[int, int]:
        """The number of the present window, from 1, and the seconds that are left of it."""
        past, elapsed = divmod(self._tell() - self._began_at, WINDOW_SECONDS)
        return int(past) + 1, max(int(WINDOW_SECONDS - elapsed), 1)
