"""How terms divide an amount into instalments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from reskontra.money import HUNDRED, divide, multiply, round_money
from reskontra.terms.rules.dates import day_in_month, formula_due_date, in_calendar, moved_off_weekend
from reskontra.terms.rules.terms import InstalmentFrequency, InstalmentMethod, InstalmentType, Terms


@dataclass(frozen=True, slots=True)
class Instalment:
    """Part `number` (from 1) of a document: what is owed when, in document currency and in base currency."""

    number: int
    due_date: date
    amount: Decimal
    amount_base: Decimal


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
    first_due: date | None = None,
) -> tuple[Instalment, ...]:
    """The parts of a document, in order of due date (INS-01, INS-02, INS-03).

    Amounts are not negative. Both currencies are divided separately, each with its own remainder in the last part:
    converting the parts would lose or gain a minor unit. `first_due` is the due date of the first part if somebody
    entered one; the others keep their distance from it. Terms without instalments give one part.
    """
    due_dates = in_calendar(lambda: _instalment_dates(terms, base_date, first_due), base_date)
    amounts = _divided(terms, gross, vat, decimals)
    amounts_base = _divided(terms, gross_base, vat_base, base_decimals)
    return tuple(
        Instalment(number, due, amount, amount_base)
        for number, (due, amount, amount_base) in enumerate(zip(due_dates, amounts, amounts_base, strict=True), 1)
    )


def first_due_date(terms: Terms, base_date: date) -> date:
    """The date that the first part falls due (IPL-05)."""
    return in_calendar(lambda: _instalment_dates(terms, base_date)[0], base_date)


# Instalments


def _instalment_dates(terms: Terms, base_date: date, entered: date | None = None) -> list[date]:
    """IPL-04: each part is moved off a weekend, but not a date that was entered."""
    schedule = [share.days for share in terms.instalment_schedule]
    by_table = terms.instalment_method == InstalmentMethod.PERCENT_TABLE
    first = formula_due_date(terms, base_date)
    if entered is not None:
        first = entered - timedelta(days=schedule[0]) if by_table else entered
    if terms.instalment_type == InstalmentType.SINGLE:
        dates = [first]
    elif by_table:
        dates = [first + timedelta(days=days) for days in schedule]
    else:
        dates = [_part_date(first, terms.instalment_frequency, part) for part in range(terms.instalment_count)]
    moved = [moved_off_weekend(due, terms.weekend_rule) for due in dates]
    return moved if entered is None else [entered, *moved[1:]]


def _part_date(first: date, frequency: InstalmentFrequency, part: int) -> date:
    """The due date of part `part` (from 0). Half months alternate: 15 days on, a month on from the first (IPL-03)."""
    if frequency == InstalmentFrequency.WEEKLY:
        return first + timedelta(days=7 * part)
    if frequency == InstalmentFrequency.MONTHLY:
        return day_in_month(first, part, first.day)
    months, half = divmod(part, 2)
    return day_in_month(first, months, first.day) + timedelta(days=15 * half)


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
    """`amount` split by `weights` of `whole`, rounded half-up; the last takes the remainder, none below 0 (INS-03)."""
    parts: list[Decimal] = []
    remaining = amount
    for weight in weights[:-1]:
        part = min(round_money(divide(multiply(amount, weight), whole), decimals), remaining)
        parts.append(part)
        remaining -= part
    return [*parts, remaining]
