"""The period that money is booked in: the date's, or the one that was sent (APP-07, PER-08)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from reskontra.errors import FieldPath, Refused
from reskontra.periods.rules import check_open, is_open, parse_period

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference


def may_stay(reference: Reference, day: date, period_id: str) -> bool:
    """Whether what takes something back may have its day and period: that period is open, and that of the day too."""
    allow_closed = reference.preferences.allow_posting_to_closed_periods
    return all(is_open(it, allow_closed) for it in (reference.period_named(period_id), reference.period_of(day)))


def booking_period(
    reference: Reference,
    day: date,
    sent: str | None,
    *,
    day_field: FieldPath,
    sent_field: FieldPath,
    earliest: str = "",
) -> str:
    """The period `YYYYMM`: it contains the date or is a later one that `period_distance` allows, and is open.

    Never one before `earliest`.
    """
    of_day, field = reference.period_of(day, day_field), day_field
    period = reference.period_named(max(of_day.period_id, earliest))
    if sent:
        field = sent_field
        wanted = reference.period_named(parse_period(sent, field), field)
        if wanted.period_id < period.period_id:
            raise Refused(
                f"The date is in period {of_day.period_id}."
                if period is of_day
                else f"Nothing is applied before period {period.period_id}.",
                field=field,
                value=sent,
                hint="Send that period or a later one.",
            )
        if wanted != period:
            period = reference.period_for(day, wanted.period_id, field)
    check_open(period, reference.preferences.allow_posting_to_closed_periods, field)
    return period.period_id
