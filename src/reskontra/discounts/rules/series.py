"""What a discount code and its series are, and the best discount that a line gets (DCT-01 to DCT-03)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from reskontra.errors import Refused
from reskontra.money import HUNDRED, ZERO


class DiscountKind(StrEnum):
    """What a discount is taken from. Discounts of groups of lines and of whole documents are not served."""

    LINE = "Line"


class AppliesTo(StrEnum):
    """What a line must have for a code to apply to it."""

    UNCONDITIONAL = "Unconditional"
    CUSTOMER = "Customer"
    ITEM = "Item"
    CUSTOMER_AND_ITEM = "CustomerAndItem"
    PRICE_CLASS = "CustomerPriceClass"


_LISTS = {
    AppliesTo.UNCONDITIONAL: (),
    AppliesTo.CUSTOMER: ("customers",),
    AppliesTo.ITEM: ("items",),
    AppliesTo.CUSTOMER_AND_ITEM: ("customers", "items"),
    AppliesTo.PRICE_CLASS: ("price_classes",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountCode:
    """A discount, and what its series are for: numbers of customers and items, ids of customers' price classes."""

    discount_code: str
    description: str
    kind: DiscountKind = DiscountKind.LINE
    applies_to: AppliesTo = AppliesTo.UNCONDITIONAL
    customers: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    price_classes: tuple[str, ...] = ()


class DiscountBy(StrEnum):
    """What a step gives, as the wire names it."""

    PERCENT = "Percent"
    AMOUNT = "Amount"


class BreakBy(StrEnum):
    """What the steps of a series begin at: a line's quantity, or its extended price in base currency."""

    AMOUNT = "Amount"
    QUANTITY = "Quantity"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFigures:
    """Where a step begins and what it gives, from a day on; without one, always.

    `value` is a percent, or an amount for the whole line in base currency.
    """

    since: date | None = None
    start: Decimal = ZERO
    value: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakpoint:
    """A step of a series, with all the figures that it had, has and will have, by day; never without any."""

    line_number: int
    figures: tuple[StepFigures, ...]

    def on(self, day: date) -> StepFigures | None:
        """The figures of a day; None before the step begins to count."""
        return next((it for it in reversed(self.figures) if it.since is None or it.since <= day), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountSeries:
    """Steps of a code that count together, from a first day to a last one (None: without end)."""

    discount_code: str
    series: str
    description: str | None = None
    discount_by: DiscountBy = DiscountBy.PERCENT
    break_by: BreakBy = BreakBy.AMOUNT
    promotional: bool = False
    active: bool = True
    effective_date: date | None = None
    expiration_date: date | None = None
    breakpoints: tuple[Breakpoint, ...] = ()

    @property
    def key(self) -> str:
        """Its key in the change log."""
        return f"{self.discount_code}/{self.series}"

    def in_force(self, day: date) -> bool:
        """Whether it is active and has begun and not ended."""
        has_begun = self.effective_date is None or self.effective_date <= day
        return self.active and has_begun and (self.expiration_date is None or day <= self.expiration_date)

    def steps(self, day: date) -> list[tuple[Breakpoint, StepFigures]]:
        """The steps that count on a day, the lowest first."""
        counting = [(step, figures) for step in self.breakpoints if (figures := step.on(day)) is not None]
        return sorted(counting, key=lambda it: it[1].start)


def check_discount_code(code: DiscountCode) -> None:
    """Raises `Refused` unless the code lists just what it applies to."""
    wanted = _LISTS[code.applies_to]
    for name in ("customers", "items", "price_classes"):
        listed: tuple[str, ...] = getattr(code, name)
        if name in wanted and not listed:
            raise Refused(f"A code that applies to {code.applies_to} needs them.", field=(name,), hint="List some.")
        if listed and name not in wanted:
            hint = f"Leave it out, or write another applies_to than {code.applies_to}."
            raise Refused("The code does not look at these.", field=(name,), value=listed[0], hint=hint)


# The discount of a line


@dataclass(frozen=True, slots=True)
class LineDiscount:
    """What a series gives to a line: a percent, or an amount in base currency."""

    discount_code: str
    by: DiscountBy
    value: Decimal


@dataclass(frozen=True, slots=True)
class SeriesOfDay:
    """A series that is in force on a day, with the steps that count then, the lowest first."""

    by: DiscountBy
    break_by: BreakBy
    starts: tuple[Decimal, ...]
    values: tuple[Decimal, ...]

    def value(self, reached: Decimal) -> Decimal:
        """What the highest step gives that is reached; zero below the first."""
        step = bisect_right(self.starts, reached)
        return self.values[step - 1] if step else ZERO


@dataclass(frozen=True, slots=True)
class CodeOfDocument:
    """A code as the lines of a document see it: the series in force on its date, none if it is not for its customer."""

    discount_code: str
    items: frozenset[str] | None
    """The numbers of the items that it is for, in lower case; None: all lines."""

    series: tuple[SeriesOfDay, ...]


def code_of_document(
    code: DiscountCode,
    series: Iterable[DiscountSeries],
    *,
    customer_number: str,
    price_class_id: str | None,
    day: date,
) -> CodeOfDocument:
    """`code`, whose series these are, for a document of a customer on a day."""
    looks_at = _LISTS[code.applies_to]
    buyers = {"customers": customer_number, "price_classes": price_class_id or ""}
    fits = all(
        buyer.lower() in {listed.lower() for listed in getattr(code, name)}
        for name, buyer in buyers.items()
        if name in looks_at
    )
    counting = [it for it in series if it.in_force(day)] if fits else []
    return CodeOfDocument(
        code.discount_code,
        frozenset(number.lower() for number in code.items) if "items" in looks_at else None,
        tuple(_of_day(it, day) for it in counting),
    )


def _of_day(series: DiscountSeries, day: date) -> SeriesOfDay:
    figures = [figures for _, figures in series.steps(day)]
    return SeriesOfDay(
        series.discount_by,
        series.break_by,
        tuple(it.start for it in figures),
        tuple(it.value for it in figures),
    )


def best_discount(
    codes: Iterable[CodeOfDocument], item_number: str | None, quantity: Decimal, amount: Decimal
) -> LineDiscount | None:
    """The greatest discount of these codes for a line; of equal ones, that of the first series by id.

    Quantity and amount, the extended price in base currency, have no sign. None if no series is in force and fits.
    Where one is but the line reaches no step, the discount is zero.
    """
    found = [
        LineDiscount(
            code.discount_code,
            series.by,
            series.value(quantity if series.break_by is BreakBy.QUANTITY else amount),
        )
        for code in codes
        if code.items is None or (item_number or "").lower() in code.items
        for series in code.series
    ]
    return max(found, key=lambda given: _worth(given, amount), default=None)


def _worth(given: LineDiscount, amount: Decimal) -> Decimal:
    if given.by is DiscountBy.PERCENT:
        return amount * given.value / HUNDRED
    return min(given.value, amount)
