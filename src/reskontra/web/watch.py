"""How a process learns that clients, their companies or the signing key were changed, by itself or by another one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from reskontra.clock import Clock

TRUSTED_SECONDS = 4
"""How long what is remembered of clients and keys is taken without asking: a client that is taken away has stopped
within five seconds, in every process."""


class Watch:
    """Asks for the version of clients and keys when the last answer is too old, and forgets when it has moved.

    However many wait for an answer, one question is under way. `clock` is the machine's.
    """

    def __init__(self, ask: Callable[[], Awaitable[int]], forget: Callable[[], None], clock: Clock) -> None:
        self._ask = ask
        self._forget = forget
        self._clock = clock
        self._asking = asyncio.Lock()
        self._asked = 0
        self._answered = 0
        self._answered_at: float | None = None
        self.version: int | None = None

    async def keep_up(self) -> None:
        """Return when what is remembered is no older than `TRUSTED_SECONDS`. Raises `Unavailable`."""
        age = None if self._answered_at is None else self._now() - self._answered_at
        if age is None or not 0 <= age <= TRUSTED_SECONDS:  # a machine's clock may also be set back
            await self.look()

    async def look(self) -> None:
        """Return when what is remembered is as of now. Raises `Unavailable`."""
        before = self._asked
        async with self._asking:
            if self._answered > before:  # somebody has asked after we came
                return
            self._asked += 1
            question, began_at = self._asked, self._now()
            version = await self._ask()
            if version != self.version:
                self._forget()
            self.version, self._answered, self._answered_at = version, question, began_at

    def _now(self) -> float:
        return self._clock.now().timestamp()
