"""What time it is and which id comes next. Nothing else in the house asks the machine for either."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """The source of time and ids that commands are handed."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        ...

    def new_id(self) -> uuid.UUID:
        """An id that was not given out before."""
        ...


class SystemClock:
    """The machine's clock and random ids."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def new_id(self) -> uuid.UUID:
        return uuid.uuid4()


class SeededClock:
    """A clock that moves `step` per question and gives ids from a seed: the same calls give the same bytes."""

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
        """Continue from `moment` (UTC), which may lie before the present one."""
        self._now = moment


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The date at `moment` in the company's zone."""
    return moment.astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, for which company, at what moment: all that a command needs to know of its caller."""

    company_id: int
    actor: str
    request_id: str
    now: datetime
    clock: Clock
