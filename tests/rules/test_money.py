"""Rounding of amounts, and of totals to a step (CUR-04, TOT-03)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.money import (
    AMOUNT_LIMIT,
    Rounding,
    has_at_most,
    is_storable,
    multiply,
    percent_of,
    round_money,
    round_to_step,
    total,
)

AMOUNTS = st.decimals(Decimal("-9999999999999.9999"), Decimal("9999999999999.9999"), places=4)
STEPS = st.sampled_from([Decimal(step) for step in ("0.05", "0.1", "0.5", "1", "10", "100")])


@pytest.mark.parametrize(
    ("step", "nearest", "up", "down"),
    [
        ("0.05", "1734.55", "1734.60", "1734.55"),
        ("0.1", "1734.60", "1734.60", "1734.50"),
        ("0.5", "1734.50", "1735.00", "1734.50"),
        ("1", "1735.00", "1735.00", "1734.00"),
        ("10", "1730.00", "1740.00", "1730.00"),
        ("100", "1700.00", "1800.00", "1700.00"),
    ],
)
def test_a_total_is_rounded_to_a_step(step: str, nearest: str, up: str, down: str) -> None:
    amount = Decimal("1734.57")
    for mode, expected in ((Rounding.NEAREST, nearest), (Rounding.UP, up), (Rounding.DOWN, down)):
        assert str(round_to_step(amount, mode, Decimal(step), 2)) == expected


@pytest.mark.parametrize(
    ("amount", "expected"), [("100.50", "101"), ("100.49", "100"), ("-100.50", "-101"), ("0.4999", "0")]
)
def test_whole_kroner_are_rounded_half_away_from_zero(amount: str, expected: str) -> None:
    assert round_to_step(Decimal(amount), Rounding.NEAREST, Decimal(1), 0) == Decimal(expected)


def test_currency_precision_ignores_the_step() -> None:
    assert str(round_to_step(Decimal("1734.565"), Rounding.CURRENCY, Decimal(100), 2)) == "1734.57"


@given(AMOUNTS, STEPS, st.sampled_from([Rounding.NEAREST, Rounding.UP, Rounding.DOWN]))
def test_a_rounded_total_is_the_right_multiple_of_the_step(amount: Decimal, step: Decimal, mode: Rounding) -> None:
    rounded = round_to_step(amount, mode, step, 2)
    assert rounded % step == 0
    assert abs(rounded - amount) < step
    if mode == Rounding.NEAREST:
        assert abs(rounded - amount) * 2 <= step
    else:
        assert abs(rounded) >= abs(amount) if mode == Rounding.UP else abs(rounded) <= abs(amount)
    assert round_to_step(rounded, mode, step, 2) == rounded
    assert round_to_step(-amount, mode, step, 2) == -rounded


@given(AMOUNTS, st.integers(0, 4))
def test_rounding_moves_an_amount_by_half_a_unit_at_most(amount: Decimal, decimals: int) -> None:
    rounded = round_money(amount, decimals)
    assert abs(rounded - amount) * 2 <= Decimal(1).scaleb(-decimals)
    assert rounded.as_tuple().exponent == -decimals
    assert has_at_most(amount, decimals) == (rounded == amount)


def test_a_half_is_rounded_up_and_not_to_even() -> None:
    assert [str(round_money(Decimal(text), 2)) for text in ("0.125", "0.135", "-0.125")] == ["0.13", "0.14", "-0.13"]


def test_a_zero_has_no_sign() -> None:
    assert str(round_money(Decimal("-0.001"), 2)) == "0.00"
    assert str(percent_of(Decimal("-12.50"), Decimal(0), 2)) == "0.00"


def test_products_keep_every_digit() -> None:
    largest = multiply(Decimal("9999999999999.9999"), Decimal("999999999.999999"))
    assert str(largest) == "9999999999999989900000.0000000001"


def test_a_percentage_is_taken_before_rounding() -> None:
    assert percent_of(Decimal("99.99"), Decimal(25), 2) == Decimal("25.00")
    assert percent_of(Decimal("33.33"), Decimal(25), 2) == Decimal("8.33")


def test_a_sum_of_nothing_is_a_decimal_zero() -> None:
    assert isinstance(total([]), Decimal)
    assert total([]) == 0


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1E+400", "10000000000000", "-10000000000000"])
def test_what_no_column_holds_is_not_storable(text: str) -> None:
    assert not is_storable(Decimal(text))


@given(AMOUNTS)
def test_every_amount_below_the_limit_is_storable(amount: Decimal) -> None:
    assert is_storable(amount)
    assert abs(amount) < AMOUNT_LIMIT
