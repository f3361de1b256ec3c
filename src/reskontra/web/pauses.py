"""Growing pauses after failures, by whatever they are counted by. Kept in this process; forgotten, not written down."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

FREE_FAILURES = 4
"""A typo, and another one, cost nothing."""

PAUSE_SECONDS_MAX = 60
_KEPT_SECONDS = 15 * 60
_KEPT_MAX = 20_000


@dataclass(slots=True)
class _Record:
    failures: int
    failed_at: float
    free_at: float


class Pauses:
    """After `FREE_FAILURES` in a row each further one doubles the pause, from 1 s to `PAUSE_SECONDS_MAX`.

    What did not fail for a quarter of an hour is forgotten, and of too many what failed longest ago. `tell` gives
    seconds.
    """

    def __init__(self, tell: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._records: OrderedDict[Hashable, _Record] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def seconds_left(self, *keys: Hashable) -> int:
        """How long the longest pause of these still lasts, in whole seconds; 0 if there is none."""
        now = self._tell()
        found = (self._records.get(key) for key in keys)
        return max((math.ceil(record.free_at - now) for record in found if record and record.free_at > now), default=0)

    def failed(self, *keys: Hashable) -> None:
        """Count a failure of each."""
        now = self._tell()
        for key in keys:
            record = self._records.pop(key, None)
            failures = record.failures + 1 if record and now - record.failed_at <= _KEPT_SECONDS else 1
            exponent = min(failures - FREE_FAILURES - 1, 10)  # 2 ** 10 seconds are beyond the longest pause
            pause = min(2**exponent, PAUSE_SECONDS_MAX) if exponent >= 0 else 0
            self._records[key] = _Record(failures, now, now + pause)
        while self._records and (len(self._records) > _KEPT_MAX or self._is_over(now)):
            self._records.popitem(last=False)

    def forget(self, *keys: Hashable) -> None:
        """Begin anew with each."""
        for key in keys:
            self._records.pop(key, None)

    def _is_over(self, now: float) -> bool:
        oldest = next(iter(self._records.values()))
        return now - oldest.failed_at > _KEPT_SECONDS
