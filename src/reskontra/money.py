"""Decimal arithmetic for amounts of money, and the only place that rounds them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from enum import StrEnum

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)

AMOUNT_LIMIT = Decimal(10) ** 13
"""Every amount of money is smaller than this, in either direction (W15)."""

MONEY_DECIMALS = 4
"""Decimal places of a stored amount of money (W3)."""

PRICE_DECIMALS = 6
"""Decimal places of a stored quantity, unit price or percent (W3)."""

RATE_DECIMALS = 8
"""Decimal places of a stored exchange rate (W3)."""

# Wide enough for amount (13+4 digits) x quantity (9+6) x rate (8+8) without losing a digit before rounding.
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)

_STEPS = tuple(Decimal(1).scaleb(-places) for places in range(13))


class Rounding(StrEnum):
    """How a document total is rounded to a multiple of a step (TOT-03)."""

    CURRENCY = "UseCurrencyPrecision"
    NEAREST = "Nearest"
    UP = "Up"
    DOWN = "Down"


_DIRECTIONS = {Rounding.NEAREST: ROUND_HALF_UP, Rounding.UP: ROUND_UP, Rounding.DOWN: ROUND_DOWN}


def round_money(amount: Decimal, decimals: int) -> Decimal:
    """`amount` rounded half-up to `decimals` places (CUR-04); zero has no sign."""
    return _WIDE.plus(amount.quantize(_STEPS[decimals], context=_WIDE))


def round_to_step(amount: Decimal, mode: Rounding, step: Decimal, decimals: int) -> Decimal:
    """`amount` as a multiple of `step` (> 0), shown with `decimals` places (TOT-03).

    Nearest goes half away from zero, Up away from zero, Down towards it, so that a document and its mirror image
    round alike. The vendor's own table shows 1,734.57 to the nearest 10 as 1,740; arithmetic gives 1,730.
    """
    if mode == Rounding.CURRENCY:
        return round_money(amount, decimals)
    steps = divide(amount, step).quantize(ONE, rounding=_DIRECTIONS[mode], context=_WIDE)
    return round_money(multiply(steps, step), decimals)


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """The exact product of two stored numbers."""
    return _WIDE.multiply(left, right)


def divide(dividend: Decimal, divisor: Decimal) -> Decimal:
    """The quotient with 60 significant digits; round it with `round_money`."""
    return _WIDE.divide(dividend, divisor)


def percent_of(amount: Decimal, percent: Decimal, decimals: int) -> Decimal:
    """`percent` per cent of `amount`, rounded half-up to `decimals` places."""
    return round_money(multiply(amount, percent).scaleb(-2, context=_WIDE), decimals)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of `amounts`, a Decimal even if there are none."""
    return sum(amounts, ZERO)


def is_storable(amount: Decimal) -> bool:
    """Whether an amount of money fits its column: finite and below `AMOUNT_LIMIT` in size (W15)."""
    return amount.is_finite() and abs(amount) < AMOUNT_LIMIT


def has_at_most(amount: Decimal, decimals: int) -> bool:
    """Whether a finite `amount` needs no more than `decimals` places; trailing zeros do not count."""
    return amount == round_money(amount, decimals)
