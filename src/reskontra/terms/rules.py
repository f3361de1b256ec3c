"""Credit terms: from a base date to due date, cash discount and instalments. Not the document's own dates.

Due date types and their letters are the wire's (`GET /v1/creditTerm`); ledger.md 1.5 has the table.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import TypeVar

from reskontra.errors import FieldPath, Refused
from reskontra.money import HUNDRED, ZERO, divide, multiply, percent_of, round_money, total

T = TypeVar("T")

LAST_DAY = 31
LONGEST_DAYS = 9999


class DueType(StrEnum):
    """How a due date follows from the base date (ledger.md 1.5)."""

    FIXED_DAYS = "N"
    DAY_OF_NEXT_MONTH = "D"
    END_OF_MONTH = "E"
    END_OF_NEXT_MONTH = "M"
    DAY_OF_MONTH = "T"
    DAYS_FROM_NEXT_MONTH = "P"
    CUSTOM = "C"


class DiscountType(StrEnum):
    """How the last date of the cash discount follows from the base date; letters mean the same as in `DueType`."""

    FIXED_DAYS = "N"
    DAY_OF_NEXT_MONTH = "D"
    END_OF_MONTH = "E"
    END_OF_NEXT_MONTH = "M"
    DAY_OF_MONTH = "T"
    DAYS_FROM_NEXT_MONTH = "P"


class VisibleTo(StrEnum):
    """Who may be given the terms."""

    ALL = "AL"
    SUPPLIERS = "VE"
    CUSTOMERS = "CU"
    DISABLED = "DS"


class WeekendRule(IntEnum):
    """What happens to a due date on a Saturday or Sunday; public holidays are ordinary days (ledger.md TRM-01)."""

    KEEP = 1
    FRIDAY_BEFORE = 2
    MONDAY_AFTER = 3


class Calculation(StrEnum):
    """What the cash discount percent is taken of: the whole document or the document without VAT."""

    GROSS = "G"
    NET = "N"


class InstalmentType(StrEnum):
    """Whether the document is owed at once or in parts."""

    SINGLE = "S"
    MULTIPLE = "M"


class InstalmentFrequency(StrEnum):
    """How far apart the parts fall due; the percent table has days of its own instead."""

    WEEKLY = "W"
    MONTHLY = "M"
    HALF_MONTHLY = "B"


class InstalmentMethod(StrEnum):
    """How the total is divided (ledger.md INS-01)."""

    EQUAL_PARTS = "E"
    VAT_IN_FIRST = "A"
    PERCENT_TABLE = "S"


@dataclass(frozen=True, slots=True)
class InstalmentShare:
    """One row of the percent table: `percent` of the total, due `days` (0..31) after the base due date."""

    days: int
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """Credit terms. `due_day_1` counts days for types N and P and names a day of the month for D, T and C.

    A custom document dated 1..`day_to_1` falls due on day `due_day_1`, a later one on day `due_day_2` (TRM-08).
    `delay_days` is stored and shown; what it does is documented nowhere, so it does nothing.
    """

    terms_id: str
    description: str = ""
    due_type: DueType = DueType.FIXED_DAYS
    due_day_1: int = 0
    due_day_2: int = 0
    day_to_1: int = 0
    discount_type: DiscountType = DiscountType.FIXED_DAYS
    discount_day: int = 0
    discount_percent: Decimal = ZERO
    visible_to: VisibleTo = VisibleTo.ALL
    weekend_rule: int = WeekendRule.KEEP
    calculation: Calculation = Calculation.GROSS
    delay_days: int = 0
    instalment_type: InstalmentType = InstalmentType.SINGLE
    instalment_count: int = 0
    instalment_frequency: InstalmentFrequency = InstalmentFrequency.MONTHLY
    instalment_method: InstalmentMethod = InstalmentMethod.EQUAL_PARTS
    instalment_schedule: tuple[InstalmentShare, ...] = ()


@dataclass(frozen=True, slots=True)
class Instalment:
    """Part `number` (from 1) of a document: what is owed when, in document currency and in base currency."""

    number: int
    due_date: date
    amount: Decimal
    amount_base: Decimal


def due_date(terms: Terms, base_date: date) -> date:
    """The date a document of `base_date` falls due (ledger.md 1.5, TRM-01). Refused past the year 9999."""
    return _in_calendar(lambda: _moved_off_weekend(_formula_due_date(terms, base_date), terms.weekend_rule), base_date)


def discount_date(terms: Terms, base_date: date) -> date:
    """The last date of the cash discount, at most the due date (ledger.md TRM-02).

    It is shown also when the terms give no discount (TRM-05). The weekend rule moves due dates only.
    """
    formula = _FORMULAS[terms.discount_type]
    return min(_in_calendar(lambda: formula(base_date, terms.discount_day), base_date), due_date(terms, base_date))


def discount_amount(terms: Terms, gross: Decimal, vat: Decimal, decimals: int) -> Decimal:
    """The cash discount on a document of `gross` that holds `vat`, in the document's currency (ledger.md TRM-03)."""
    base = gross - vat if terms.calculation == Calculation.NET else gross
    return percent_of(base, terms.discount_percent, decimals)


def instalments(
    terms: Terms,
    base_date: date,
    *,
    gross: Decimal,
    vat: Decimal,
    decimals: int,
    gross_base: Decimal,
    vat_base: Decimal,
    base_decimals: int,
) -> tuple[Instalment, ...]:
    """The parts of a document, in order of due date (ledger.md INS-01, INS-02, INS-03).

    Amounts are not negative. Both currencies are divided on their own, each with its own remainder in the last
    part: converting the parts would lose or gain a minor unit. Terms without instalments give one part.
    """
    due_dates = _in_calendar(lambda: _instalment_dates(terms, base_date), base_date)
    amounts = _divided(terms, gross, vat, decimals)
    amounts_base = _divided(terms, gross_base, vat_base, base_decimals)
    return tuple(
        Instalment(number, due, amount, amount_base)
        for number, (due, amount, amount_base) in enumerate(zip(due_dates, amounts, amounts_base, strict=True), 1)
    )


def check_terms(terms: Terms) -> None:
    """Refuses terms that cannot work: days out of range, a forbidden discount, a bad percent table (TRM-04, TRM-08)."""
    _check_due_days(terms)
    _check_discount(terms)
    if terms.instalment_type == InstalmentType.MULTIPLE:
        _check_instalments(terms)


# Formulas: (base date, day) -> date


def _days_later(base: date, days: int) -> date:
    return base + timedelta(days=days)


def _day_of_next_month(base: date, day: int) -> date:
    return _day_in_month(base, 1, day)


def _end_of_month(base: date, _day: int) -> date:
    return _day_in_month(base, 0, LAST_DAY)


def _end_of_next_month(base: date, _day: int) -> date:
    return _day_in_month(base, 1, LAST_DAY)


def _day_of_month(base: date, day: int) -> date:
    candidate = _day_in_month(base, 0, day)
    return candidate if candidate >= base else _day_in_month(base, 1, day)


def _days_from_next_month(base: date, days: int) -> date:
    return _day_in_month(base, 1, 1) + timedelta(days=days)


_FORMULAS: dict[str, Callable[[date, int], date]] = {
    DueType.FIXED_DAYS: _days_later,
    DueType.DAY_OF_NEXT_MONTH: _day_of_next_month,
    DueType.END_OF_MONTH: _end_of_month,
    DueType.END_OF_NEXT_MONTH: _end_of_next_month,
    DueType.DAY_OF_MONTH: _day_of_month,
    DueType.DAYS_FROM_NEXT_MONTH: _days_from_next_month,
}


def _formula_due_date(terms: Terms, base: date) -> date:
    if terms.due_type != DueType.CUSTOM:
        return _FORMULAS[terms.due_type](base, terms.due_day_1)
    in_first = base.day <= terms.day_to_1
    day, last = (terms.due_day_1, terms.day_to_1) if in_first else (terms.due_day_2, LAST_DAY)
    return _day_in_month(base, 0 if day >= last else 1, day)


def _day_in_month(base: date, months: int, day: int) -> date:
    """Day `day` of the month `months` after that of `base`, or that month's last day when it is shorter."""
    years, month = divmod(base.month - 1 + months, 12)
    year = base.year + years
    if year > date.max.year:
        raise OverflowError
    return date(year, month + 1, min(day, calendar.monthrange(year, month + 1)[1]))


def _moved_off_weekend(due: date, rule: int) -> date:
    days_past_friday = due.weekday() - 4
    if days_past_friday <= 0 or rule == WeekendRule.KEEP:
        return due
    return due + timedelta(days=-days_past_friday if rule == WeekendRule.FRIDAY_BEFORE else 3 - days_past_friday)


def _in_calendar(compute: Callable[[], T], base_date: date) -> T:
    try:
        return compute()
    except OverflowError:
        raise Refused(
            "The due date would lie after the year 9999.",
            field=("document_date",),
            value=base_date.isoformat(),
            hint="Send an earlier date.",
        ) from None


# Instalments


def _instalment_dates(terms: Terms, base_date: date) -> list[date]:
    first = _formula_due_date(terms, base_date)
    if terms.instalment_type == InstalmentType.SINGLE:
        dates = [first]
    elif terms.instalment_method == InstalmentMethod.PERCENT_TABLE:
        dates = [first + timedelta(days=share.days) for share in terms.instalment_schedule]
    else:
        dates = [_part_date(first, terms.instalment_frequency, part) for part in range(terms.instalment_count)]
    return [_moved_off_weekend(due, terms.weekend_rule) for due in dates]


def _part_date(first: date, frequency: InstalmentFrequency, part: int) -> date:
    """The due date of part `part` (from 0). Half months alternate: 15 days later, then the same day a month on."""
    if frequency == InstalmentFrequency.WEEKLY:
        return first + timedelta(days=7 * part)
    if frequency == InstalmentFrequency.MONTHLY:
        return _day_in_month(first, part, first.day)
    months, half = divmod(part, 2)
    return _day_in_month(first, months, first.day) + timedelta(days=15 * half)


def _divided(terms: Terms, gross: Decimal, vat: Decimal, decimals: int) -> list[Decimal]:
    if terms.instalment_type == InstalmentType.SINGLE:
        return [gross]
    if terms.instalment_method == InstalmentMethod.PERCENT_TABLE:
        return _shares(gross, [share.percent for share in terms.instalment_schedule], HUNDRED, decimals)
    equal = [Decimal(1)] * terms.instalment_count
    whole = Decimal(terms.instalment_count)
    if terms.instalment_method == InstalmentMethod.EQUAL_PARTS:
        return _shares(gross, equal, whole, decimals)
    first, *rest = _shares(gross - vat, equal, whole, decimals)
    return [first + vat, *rest]


def _shares(amount: Decimal, weights: Sequence[Decimal], whole: Decimal, decimals: int) -> list[Decimal]:
    """`amount` by `weights` of `whole`, each half-up, the last takes the remainder, none below zero (INS-03)."""
    parts: list[Decimal] = []
    remaining = amount
    for weight in weights[:-1]:
        part = min(round_money(divide(multiply(amount, weight), whole), decimals), remaining)
        parts.append(part)
        remaining -= part
    return [*parts, remaining]


# Checks of the terms themselves

_DAY_RANGES = {
    DueType.FIXED_DAYS: (0, LONGEST_DAYS),
    DueType.DAYS_FROM_NEXT_MONTH: (0, LONGEST_DAYS),
    DueType.DAY_OF_NEXT_MONTH: (1, LAST_DAY),
    DueType.DAY_OF_MONTH: (1, LAST_DAY),
    DueType.CUSTOM: (1, LAST_DAY),
}

_ALLOWED_DISCOUNTS = {
    DueType.FIXED_DAYS: "N",
    DueType.DAY_OF_NEXT_MONTH: "DET",
    DueType.END_OF_MONTH: "",
    DueType.END_OF_NEXT_MONTH: "DEMT",
    DueType.DAY_OF_MONTH: "T",
    DueType.DAYS_FROM_NEXT_MONTH: "P",
    DueType.CUSTOM: "NDEMTP",
}


def _check_due_days(terms: Terms) -> None:
    if terms.due_type in _DAY_RANGES:
        _check_between(terms, "due_day_1", terms.due_day_1, *_DAY_RANGES[terms.due_type])
    if terms.due_type == DueType.CUSTOM:
        _check_between(terms, "due_day_2", terms.due_day_2, 1, LAST_DAY)
        _check_between(terms, "day_to_1", terms.day_to_1, 1, LAST_DAY - 1)
    _check_between(terms, "weekend_rule", terms.weekend_rule, WeekendRule.KEEP, WeekendRule.MONDAY_AFTER)


def _check_discount(terms: Terms) -> None:
    if not ZERO <= terms.discount_percent <= HUNDRED:
        raise _refused(terms, ("discount_percent",), terms.discount_percent, "Send a percent from 0 to 100.")
    # The discount date is shown without a percent too (TRM-05), so its day must make sense in any case.
    _check_between(
        terms, "discount_day", terms.discount_day, *_DAY_RANGES.get(DueType(terms.discount_type), (0, LAST_DAY))
    )
    if terms.discount_percent == ZERO:
        return
    if terms.instalment_type == InstalmentType.MULTIPLE:
        hint = "Terms in several instalments give no cash discount: send 0."
        raise _refused(terms, ("discount_percent",), terms.discount_percent, hint)
    allowed = _ALLOWED_DISCOUNTS[terms.due_type]
    if terms.discount_type not in allowed:
        hint = f"Due date type {terms.due_type} allows: {', '.join(allowed) or 'no cash discount'}."
        raise _refused(terms, ("discount_type",), str(terms.discount_type), hint)


def _check_instalments(terms: Terms) -> None:
    _check_between(terms, "instalment_count", terms.instalment_count, 1, 999)
    if terms.instalment_method != InstalmentMethod.PERCENT_TABLE:
        return
    shares = terms.instalment_schedule
    if len(shares) != terms.instalment_count:
        hint = f"The percent table has {len(shares)} rows; the two must agree."
        raise _refused(terms, ("instalment_count",), terms.instalment_count, hint)
    earliest = 0
    for position, share in enumerate(shares):
        if not earliest <= share.days <= LAST_DAY:
            hint = f"Send {earliest} to {LAST_DAY} days: rows stand in order of due date."
            raise _refused(terms, ("instalment_schedule", position, "days"), share.days, hint)
        if share.percent <= ZERO:
            raise _refused(terms, ("instalment_schedule", position, "percent"), share.percent, "Send more than 0.")
        earliest = share.days
    whole = total(share.percent for share in shares)
    if whole != HUNDRED:
        raise _refused(terms, ("instalment_schedule",), whole, "The percents must add up to 100.")


def _check_between(terms: Terms, name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise _refused(terms, (name,), value, f"Send a whole number from {lowest} to {highest}.")


def _refused(terms: Terms, field: FieldPath, value: object, hint: str) -> Refused:
    return Refused(f"Credit terms '{terms.terms_id}' cannot work like that.", field=field, value=value, hint=hint)
