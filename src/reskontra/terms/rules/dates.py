"""Due dates and cash discounts by terms."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from reskontra.errors import Refused
from reskontra.money import percent_of
from reskontra.terms.rules.terms import LAST_DAY, Calculation, DueType, Terms, WeekendRule

T = TypeVar("T")


def due_date(terms: Terms, base_date: date) -> date:
    """The date a document of `base_date` falls due (TRM-09, TRM-01). Refused past the year 9999."""
    return in_calendar(lambda: moved_off_weekend(formula_due_date(terms, base_date), terms.weekend_rule), base_date)


def discount_date(terms: Terms, base_date: date) -> date:
    """The last date of the cash discount, at most the due date (TRM-02).

    It is shown even if the terms give no discount (TRM-05). The weekend rule moves only due dates.
    """
    formula = _FORMULAS[terms.discount_type]
    return min(in_calendar(lambda: formula(base_date, terms.discount_day), base_date), due_date(terms, base_date))


def discount_amount(terms: Terms, gross: Decimal, vat: Decimal, decimals: int) -> Decimal:
    """The cash discount on a document of `gross` that includes `vat`, in the document's currency (TRM-03)."""
    base = gross - vat if terms.calculation == Calculation.NET else gross
    return percent_of(base, terms.discount_percent, decimals)


# Formulas: (base date, day) -> date


def _days_later(base: date, days: int) -> date:
    return base + timedelta(days=days)


def _day_of_next_month(base: date, day: int) -> date:
    return day_in_month(base, 1, day)


def _end_of_month(base: date, _day: int) -> date:
    return day_in_month(base, 0, LAST_DAY)


def _end_of_next_month(base: date, _day: int) -> date:
    return day_in_month(base, 1, LAST_DAY)


def _day_of_month(base: date, day: int) -> date:
    candidate = day_in_month(base, 0, day)
    return candidate if candidate >= base else day_in_month(base, 1, day)


def _days_from_next_month(base: date, days: int) -> date:
    return day_in_month(base, 1, 1) + timedelta(days=days)


_FORMULAS: dict[str, Callable[[date, int], date]] = {
    DueType.FIXED_DAYS: _days_later,
    DueType.DAY_OF_NEXT_MONTH: _day_of_next_month,
    DueType.END_OF_MONTH: _end_of_month,
    DueType.END_OF_NEXT_MONTH: _end_of_next_month,
    DueType.DAY_OF_MONTH: _day_of_month,
    DueType.DAYS_FROM_NEXT_MONTH: _days_from_next_month,
}


def formula_due_date(terms: Terms, base: date) -> date:
    if terms.due_type != DueType.CUSTOM:
        return _FORMULAS[terms.due_type](base, terms.due_day_1)
    in_first = base.day <= terms.day_to_1
    day, last = (terms.due_day_1, terms.day_to_1) if in_first else (terms.due_day_2, LAST_DAY)
    return day_in_month(base, 0 if day >= last else 1, day)


def day_in_month(base: date, months: int, day: int) -> date:
    """Day `day` of the month `months` after that of `base`, or that month's last day if it is shorter."""
    years, month = divmod(base.month - 1 + months, 12)
    year = base.year + years
    if year > date.max.year:
        raise OverflowError
    return date(year, month + 1, min(day, calendar.monthrange(year, month + 1)[1]))


def moved_off_weekend(due: date, rule: int) -> date:
    days_past_friday = due.weekday() - 4
    if days_past_friday <= 0 or rule == WeekendRule.KEEP:
        return due
    return due + timedelta(days=-days_past_friday if rule == WeekendRule.FRIDAY_BEFORE else 3 - days_past_friday)


def in_calendar(compute: Callable[[], T], base_date: date) -> T:
    try:
        return compute()
    except OverflowError:
        raise Refused(
            "The due date would lie after the year 9999.",
            field=("document_date",),
            value=base_date.isoformat(),
            hint="Send an earlier date.",
        ) from None
