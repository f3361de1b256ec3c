"""Financial periods: how they are written, which one a date falls in, whether it takes postings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reskontra.errors import FieldPath, Malformed, Refused, UnknownReference

_SIX_DIGITS = re.compile("[0-9]{6}")

# Months end at 13, the adjustment period. With years from 1900 on no text reads as both YYYYMM and MMYYYY.
_LAST_MONTH = 13
_ADJUSTMENT = "13"
_FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class Period:
    """A period `YYYYMM` and its dates, both inclusive. Period 13 may lie inside period 12 (PER-06)."""

    period_id: str
    start_date: date
    end_date: date
    active: bool = True
    closed_in_customer_ledger: bool = False
    closed_in_general_ledger: bool = False


def parse_period(text: str, field: FieldPath = ("financial_period",)) -> str:
    """`text`, written YYYYMM or MMYYYY, as YYYYMM (PER-01, PER-02). Malformed names what would pass."""
    if _SIX_DIGITS.fullmatch(text):
        for year, month in ((text[:4], text[4:]), (text[2:], text[:2])):
            if int(year) >= _FIRST_YEAR and 1 <= int(month) <= _LAST_MONTH:
                return year + month
    raise Malformed(
        "This is not a financial period.",
        field=field,
        value=text,
        hint="Send YYYYMM or MMYYYY with a month from 01 to 13, for example 202403 or 032024.",
    )


def same_period(post_period: str | None, financial_period: str | None) -> str | None:
    """The period `YYYYMM` that a request names in either field or both; None when in neither.

    Refused when the two differ: a silent choice could post to the wrong month (PER-02, W14).
    """
    posted = None if post_period is None else parse_period(post_period, ("post_period",))
    financial = None if financial_period is None else parse_period(financial_period, ("financial_period",))
    if posted is not None and financial is not None and posted != financial:
        raise Refused(
            f"The post period and the financial period differ: {posted} and {financial}.",
            field=("post_period",),
            value=post_period,
            hint="Send one of the two, or the same period in both.",
        )
    return posted or financial


def period_of(on: date, periods: Sequence[Period], field: FieldPath = ("document_date",)) -> Period:
    """The period that `on` falls in; an ordinary period takes precedence over period 13 (PER-03)."""
    matching = [period for period in periods if period.start_date <= on <= period.end_date]
    if not matching:
        raise Refused(
            "No financial period has been made for this date.",
            field=field,
            value=on.isoformat(),
            hint=_range_hint(periods),
        )
    return min(matching, key=lambda period: period.period_id)


def period_named(period_id: str, periods: Sequence[Period], field: FieldPath = ("financial_period",)) -> Period:
    """The period `YYYYMM`; refused if it was never made (PER-03)."""
    for period in periods:
        if period.period_id == period_id:
            return period
    raise UnknownReference(field=field, value=period_id, hint=_range_hint(periods))


def is_open(period: Period, allow_closed: bool) -> bool:
    """Whether anything may be posted into the period (PER-05); `allow_closed` is the company's preference."""
    is_closed = period.closed_in_customer_ledger or period.closed_in_general_ledger
    return period.active and (allow_closed or not is_closed)


def check_open(period: Period, allow_closed: bool, field: FieldPath = ("financial_period",)) -> None:
    """Refuses to post to an inactive period, and to a closed one unless `allow_closed` (PER-05, REL-01)."""
    if not period.active:
        problem, hint = "is not active", "Activate it or choose another period."
    elif allow_closed:
        return
    elif period.closed_in_customer_ledger:
        problem, hint = "is closed in the customer ledger", "Reopen it or choose an open period."
    elif period.closed_in_general_ledger:
        problem, hint = "is closed in the general ledger", "Reopen it or choose an open period."
    else:
        return
    raise Refused(f"The financial period {period.period_id} {problem}.", field=field, value=period.period_id, hint=hint)


def check_distance(
    period: Period, on: date, periods: Sequence[Period], most: int | None, field: FieldPath = ("financial_period",)
) -> None:
    """Refuses a period that ends before `on`, or with more than `most` periods between them (PER-08).

    A later date in an earlier period is a cut-off error, a much later period a slip of the pen. Any period will do if
    `most` is None. Period 13 does not count as one more.
    """
    if most is None:
        return
    later = sorted(
        (it for it in periods if it.start_date > on and not it.period_id.endswith(_ADJUSTMENT)),
        key=lambda it: it.period_id,
    )
    distance = sum(it.period_id <= period.period_id for it in later)
    if on <= period.end_date and distance <= most:
        return
    own = [it.period_id for it in periods if it.start_date <= on <= it.end_date]
    reached = [*own, *(it.period_id for it in later[:most])]
    choice = f"{min(reached)} to {max(reached)}" if len(reached) > 1 else "".join(reached)
    raise Refused(
        f"The date {on.isoformat()} and the financial period {period.period_id} are too far apart.",
        field=field,
        value=period.period_id,
        hint=f"Send {choice}, or another date." if choice else "Send another date.",
    )


def _range_hint(periods: Sequence[Period]) -> str:
    if not periods:
        return "The company has no financial periods yet."
    first = min(periods, key=lambda period: period.start_date)
    last = max(periods, key=lambda period: period.end_date)
    return f"Periods exist from {first.start_date.isoformat()} to {last.end_date.isoformat()}."
