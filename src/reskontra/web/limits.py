"""How many requests a caller may make: a fixed window per company and client. Without a limit it only counts.

Every answer carries the state of the window, as the real gateway does (W9).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_SECONDS = 3600
_ANNOUNCED_WITHOUT_LIMIT = 1_000_000


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


class Limiter:
    """Counts requests. `limit` is per hour; None refuses nothing. `tell` gives the time in seconds."""

    def __init__(self, limit: int | None, tell: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._tell = tell
        self._began_at = tell()
        self._counts: dict[tuple[int, str], int] = {}

    def take(self, company_id: int, client: str) -> Allowance:
        """Count one request of `client` on `company_id`."""
        reset = self._reset_seconds()
        key = (company_id, client)
        count = self._counts.get(key, 0) + 1
        self._counts[key] = count
        limit = self._limit or _ANNOUNCED_WITHOUT_LIMIT
        return Allowance(limit, max(limit - count, 0), reset, self._limit is not None and count > self._limit)

    def idle(self) -> Allowance:
        """The state for an answer whose caller is not known."""
        limit = self._limit or _ANNOUNCED_WITHOUT_LIMIT
        return Allowance(limit, limit, self._reset_seconds(), False)

    def _reset_seconds(self) -> int:
        elapsed = self._tell() - self._began_at
        if elapsed >= WINDOW_SECONDS:
            self._began_at += elapsed // WINDOW_SECONDS * WINDOW_SECONDS
            elapsed = self._tell() - self._began_at
            self._counts.clear()
        return max(int(WINDOW_SECONDS - elapsed), 1)
