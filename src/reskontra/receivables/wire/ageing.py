"""How amounts by age look on the wire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from reskontra.web.wire import Answer


class BucketAnswer(Answer, kw_only=True):
    """An amount that had been due for so many days. The first bucket is what was not overdue; the last has no end."""

    from_days: int | None = None
    to_days: int | None = None
    amount: Decimal


def bucket_answers(last_days: Sequence[int], amounts: Sequence[Decimal]) -> Iterator[BucketAnswer]:
    """The buckets in order: `last_days` of each but the last, and the amounts of all."""
    starts = [None, *(day + 1 for day in last_days)]
    for start, end, amount in zip(starts, [*last_days, None], amounts, strict=True):
        yield BucketAnswer(from_days=start, to_days=end, amount=amount)
