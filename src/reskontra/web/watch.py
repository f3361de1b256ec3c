"""Notices that clients, their companies or the signing key have changed, whichever process changed them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from reskontra.clock import Clock

TRUSTED_SECONDS = 4
"""How long remembered clients and keys are used without asking. It keeps the promise that a change takes effect within
five seconds in every process."""


class Watch:
    """Asks for the version of clients and keys once the last answer is too old, and calls `forget` if it has changed.

    At most one question is under way, however many requests wait for its answer. `clock` is the machine's.
    """

    def __init__(self, ask: Callable[[], Awaitable[int]], forget: Callable[[], None], clock: Clock) -> None:
        self._ask = ask
        self._forget = forget
        self._clock = clock
        self._asking = asyncio.Lock()
        self._asked = 0
        self._answered = 0
        self._answered_at: float | None = None
        self._version: int | None = None

    async def keep_up(self) -> None:
        """Make sure that what is remembered is at most `TRUSTED_SECONDS` old. Raises `Unavailable`."""
        age = None if self._answered_at is None else self._now() - self._answered_at
        if age is None or not 0 <= age <= TRUSTED_SECONDS:  # negative if the machine's clock was set back
            await self.look()

    async def look(self) -> None:
        """Make sure that what is remembered is up to date now. Raises `Unavailable`."""
        before = self._asked
        async with self._asking:
            if self._answered > before:  # another request has asked since we came
                return
            self._asked += 1
            question, began_at = self._asked, self._now()
            version = await self._ask()
            if version != self._version:
                self._forget()
            self._version, self._answered, self._answered_at = version, question, began_at

    def _now(self) -> float:
        return self._clock.now().timestamp()
