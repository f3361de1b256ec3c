"""Growing pauses after repeated failures, per key, in the memory of this process."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

FREE_FAILURES = 4
"""Failures without a pause, for typos."""

PAUSE_SECONDS_MAX = 60
_KEPT_SECONDS = 15 * 60
_KEPT_MAX = 30_000


@dataclass(slots=True)
class _Record:
    failures: int
    failed_at: float
    free_at: float


class Pauses:
    """After `FREE_FAILURES` in a row each further failure doubles the pause, from 1 s up to `PAUSE_SECONDS_MAX`.

    A key is forgotten a quarter of an hour after its last failure, or sooner if there are too many keys. `tell`
    returns seconds.
    """

    def __init__(self, tell: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._records: OrderedDict[Hashable, _Record] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def seconds_left(self, *keys: Hashable) -> int:
        """What is left of the longest pause among these keys, in whole seconds; 0 if there is none."""
        now = self._tell()
        found = (self._records.get(key) for key in keys)
        return max((math.ceil(record.free_at - now) for record in found if record and record.free_at > now), default=0)

    def failed(self, *keys: Hashable) -> None:
        """Count one failure for each key."""
        now = self._tell()
        for key in keys:
            record = self._records.pop(key, None)
            failures = record.failures + 1 if record and now - record.failed_at <= _KEPT_SECONDS else 1
            exponent = min(failures - FREE_FAILURES - 1, 10)  # beyond the longest pause
            pause = min(2**exponent, PAUSE_SECONDS_MAX) if exponent >= 0 else 0
            self._records[key] = _Record(failures, now, now + pause)
        while self._records and (len(self._records) > _KEPT_MAX or self._is_over(now)):
            self._records.popitem(last=False)

    def forget(self, *keys: Hashable) -> None:
        """Reset these keys."""
        for key in keys:
            self._records.pop(key, None)

    def _is_over(self, now: float) -> bool:
        oldest = next(iter(self._records.values()))
        return now - oldest.failed_at > _KEPT_SECONDS
