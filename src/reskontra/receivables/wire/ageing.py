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
    first, last = _days(query, FROM_DAYS), _days(query, TO_DAYS)
    if first is None and last is None:
        return None
    first, last = first or 0, _DAYS_MAX if last is None else last
    if last < first:
        raise Malformed(
            f"{FROM_DAYS.name} is {first}, which is more than {last}, the {TO_DAYS.name}.",
            hint=f"Send the smaller number as {FROM_DAYS.name}.",
        )
    return first, last


def _days(query: Query, parameter: Parameter) -> int | None:
    days = query.integer(parameter.name)
    if days is not None and days < 0:
        raise Malformed(
            f"'{days}' is not a value that the parameter {parameter.name} takes.",
            hint="Send 0 for what is not overdue, or the number of days that it has been.",
        )
    return days
