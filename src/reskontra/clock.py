"""The time and new ids. Nothing else in the program asks the machine for either."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """The source of time and ids that commands are given."""

    def now(self) -> datetime:
        """The current time, in UTC."""
        ...

    def new_id(self) -> uuid.UUID:
        """An id that has not been given out before."""
        ...


class SystemClock:
    """The machine's clock and random ids."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def new_id(self) -> uuid.UUID:
        return uuid.uuid4()


class SeededClock:
    """A clock that advances by `step` when read and draws ids from a seed: the same calls give the same bytes."""

    def __init__(self, start: datetime, seed: int = 1, step: timedelta = timedelta(milliseconds=1)) -> None:
        self._now = start
        self._step = step
        self._random = random.Random(seed)  # noqa: S311 - ids that repeat are the point

    def now(self) -> datetime:
        self._now += self._step
        return self._now

    def new_id(self) -> uuid.UUID:
        return uuid.UUID(int=self._random.getrandbits(128), version=4)

    def move_to(self, moment: datetime) -> None:
        """Continue from `moment` (UTC), which may be earlier than the clock's time."""
        self._now = moment


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The date at `moment` in the company's zone."""
    return moment.astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class Context:
    """Who is asking, for which company and when: all a command needs to know about its caller."""

    company_id: int
    actor: str
    request_id: str
    now: datetime
    clock: Clock
    branch_number: str | None = None
    """The branch that new things belong to unless they name another; None: the company's default branch."""
