"""How many writes are at work in the database at once.

A PostgreSQL on our own machine gains nothing from more sessions at work than its processors can serve: they drive each
other's plans and rows out of the caches. Five in place of sixteen on two processors took a fifth less of its time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType

from reskontra.db.counting import counted
from reskontra.db.faults import BUSY
from reskontra.errors import Unavailable

_SLOW_SECONDS = 0.1
"""Who works longer waits for a lock, or is busy with many rows, and does not count any more."""
_LOOK_SECONDS = 0.02


class Gate:
    """Lets so many through at a time, in the order in which they came; who takes long lets the next one through.

    To enter raises `Unavailable` after so many seconds of waiting.
    """

    def __init__(self, at_once: int, patience_seconds: float) -> None:
        self._at_once = at_once
        self._patience_seconds = patience_seconds
        self._counted: dict[Passage, None] = {}
        """Who is within and counts, the longest first."""
        self._waiting: deque[Passage] = deque()
        self._look: asyncio.TimerHandle | None = None

    def passage(self) -> Passage:
        """A context that is entered when it is one's turn."""
        return Passage(self)

    async def _enter(self, passage: Passage) -> None:
        loop = asyncio.get_running_loop()
        if len(self._counted) < self._at_once:
            self._count(passage, loop.time())
            return
        passage.since, passage.turn = loop.time(), loop.create_future()
        self._waiting.append(passage)
        if self._look is None:
            self._look = loop.call_later(_LOOK_SECONDS, self._look_for_slow_ones, loop)
        count = counted()
        if count is not None:
            count.begin_waiting()
        try:
            await passage.turn
        except asyncio.CancelledError:
            self._leave(passage)
            raise
        except TimeoutError as error:
            raise Unavailable(BUSY) from error
        finally:
            if count is not None:
                count.end_waiting()

    def _leave(self, passage: Passage) -> None:
        self._counted.pop(passage, None)
        if self._waiting:
            self._let_in(asyncio.get_running_loop().time())

    def _let_in(self, now: float) -> None:
        while self._waiting and len(self._counted) < self._at_once:
            passage = self._waiting.popleft()
            if passage.turn and not passage.turn.done():
                self._count(passage, now)
                passage.turn.set_result(None)

    def _count(self, passage: Passage, now: float) -> None:
        passage.since = now
        self._counted[passage] = None

    def _look_for_slow_ones(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for passage in list(self._counted):
            if now - passage.since < _SLOW_SECONDS:
                break
            del self._counted[passage]
        self._let_in(now)
        while self._waiting and now - self._waiting[0].since >= self._patience_seconds:
            passage = self._waiting.popleft()
            if passage.turn and not passage.turn.done():
                passage.turn.set_exception(TimeoutError())
        self._look = loop.call_later(_LOOK_SECONDS, self._look_for_slow_ones, loop) if self._waiting else None


class Passage:
    """The time that one spends beyond the gate."""

    __slots__ = ("_gate", "since", "turn")

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.since = 0.0
        """When it began, or the waiting for it."""
        self.turn: asyncio.Future[None] | None = None

    async def __aenter__(self) -> None:
        await self._gate._enter(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gate._leave(self)
