"""What credit terms consist of, and what must be consistent in them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum

from reskontra.errors import FieldPath, Refused
from reskontra.money import HUNDRED, ZERO, total

LAST_DAY = 31
LONGEST_DAYS = 9999


class DueType(StrEnum):
    """How a due date follows from the base date (TRM-09)."""

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
    """What happens to a due date on a Saturday or Sunday. Public holidays are ordinary days (TRM-01)."""

    KEEP = 1
    FRIDAY_BEFORE = 2
    MONDAY_AFTER = 3


class Calculation(StrEnum):
    """What the cash discount percent applies to: the whole document or the document without VAT."""

    GROSS = "G"
    NET = "N"


class InstalmentType(StrEnum):
    """Whether the document is owed at once or in parts."""

    SINGLE = "S"
    MULTIPLE = "M"


class InstalmentFrequency(StrEnum):
    """How far apart the parts fall due; the percent table has its own days instead."""

    WEEKLY = "W"
    MONTHLY = "M"
    HALF_MONTHLY = "B"


class InstalmentMethod(StrEnum):
    """How the total is divided (INS-01)."""

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
    `delay_days` is stored and shown. It is documented nowhere what it does, so it does nothing.
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


def check_terms(terms: Terms) -> None:
    """Refuses terms that cannot work: days out of range, a forbidden discount, a bad percent table (TRM-04, TRM-08)."""
    _check_due_days(terms)
    _check_discount(terms)
    if terms.instalment_type == InstalmentType.MULTIPLE:
        _check_instalments(terms)


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
