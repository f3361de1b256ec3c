"""Decimal amounts and the only rounding of the house. Knows no currency by name and no document."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

ZERO = Decimal(0)

# Wide enough for amount (13+4 digits) x quantity (9+6) x rate (8+8) without losing a digit before rounding.
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)

_STEPS = tuple(Decimal(1).scaleb(-places) for places in range(13))


def round_money(amount: Decimal, decimals: int) -> Decimal:
    """`amount` rounded half-up to `decimals` places (ledger.md CUR-04)."""
    return amount.quantize(_STEPS[decimals], context=_WIDE)


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """The exact product of two stored numbers."""
    return _WIDE.multiply(left, right)


def divide(dividend: Decimal, divisor: Decimal) -> Decimal:
    """The quotient with 60 significant digits; round it with `round_money`."""
    return _WIDE.divide(dividend, divisor)
