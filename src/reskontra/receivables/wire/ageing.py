"""How amounts by age look on the wire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from reskontra.errors import Malformed
from reskontra.web.contract import Parameter
from reskontra.web.query import Query
from reskontra.web.wire import Answer

FROM_DAYS, TO_DAYS = Parameter("fromDays", "integer"), Parameter("toDays", "integer")
"""The parameters that choose a bucket, by the names that its own days have."""

_DAYS_MAX = 2**31 - 1


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


def asked_days(query: Query) -> tuple[int, int] | None:
    """The first and the last day overdue that are asked for, 0 for what is not; None where neither is sent."""
    first, last = query.integer(FROM_DAYS.name, least=0), query.integer(TO_DAYS.name, least=0)
    if first is None and last is None:
        return None
    first, last = first or 0, _DAYS_MAX if last is None else last
    if last < first:
        raise Malformed(
            f"{FROM_DAYS.name} ({first}) is more than {TO_DAYS.name} ({last}).",
            hint=f"Send the smaller number as {FROM_DAYS.name}.",
        )
    return first, last
