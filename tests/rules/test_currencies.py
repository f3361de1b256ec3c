"""Exchange rates and base amounts (CUR, FX-01)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.currencies.rules import (
    BASE_RATE,
    Currency,
    Operator,
    Rate,
    carry_down,
    check_currency,
    check_near,
    check_rate,
    gain_or_loss,
    in_terms_of,
    to_base,
)
from reskontra.errors import Refused

EUR = Currency("EUR", "Euro", "€")
NOK = Currency("NOK", "Norske kroner", "kr")
NEW_YEAR = date(2025, 1, 1)
MONEY = st.decimals(Decimal("0.01"), Decimal("999999.99"), places=2)
ANY_RATE = st.builds(Rate, st.decimals(Decimal("0.00010000"), Decimal(1000), places=8), st.sampled_from(Operator))


def test_an_amount_is_multiplied_or_divided_and_rounded_half_up() -> None:
    assert str(to_base(Decimal("100.00"), Rate(Decimal("11.237")), 2)) == "1123.70"
    assert str(to_base(Decimal("100.00"), Rate(Decimal("0.09"), Operator.DIVIDE), 2)) == "1111.11"
    assert str(to_base(Decimal("0.01"), Rate(Decimal("0.5")), 2)) == "0.01"
    assert str(to_base(Decimal("10.00"), Rate(Decimal("152.55")), 0)) == "1526"


@given(MONEY)
def test_base_currency_is_worth_itself(amount: Decimal) -> None:
    assert to_base(amount, BASE_RATE, 2) == amount


@pytest.mark.parametrize("rate", [Rate(Decimal(11)), Rate(Decimal("0.00000001"), Operator.DIVIDE)])
def test_an_amount_too_large_in_base_currency_is_refused(rate: Rate) -> None:
    with pytest.raises(Refused) as refusal:
        to_base(Decimal("999999999999.99"), rate, 2)
    assert refusal.value.field == ("exchange_rate",)


@pytest.mark.parametrize("text", ["0", "-1", "0.000000001", "100000000", "NaN", "Infinity", "1E+500"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_rate(Decimal(text))
    assert refusal.value.value == str(Decimal(text))


@pytest.mark.parametrize("text", ["0.00000001", "99999999.99999999", "1", "10.5000000000"])
def test_a_rate_has_8_places(text: str) -> None:
    check_rate(Decimal(text))


@pytest.mark.parametrize(
    ("percent", "near", "far"),
    [("5", "9.5", "9.49999999"), ("5", "10.5", "10.50000001"), ("0", "10", "10.00000001"), ("500", "60", "60.1"),
     ("500", "0.00000001", "61")],
)  # fmt: skip
def test_a_rate_may_be_so_many_per_cent_from_the_companys(percent: str, near: str, far: str) -> None:
    official = Rate(Decimal(10))
    check_near(Rate(Decimal(near)), official, Decimal(percent))
    with pytest.raises(Refused) as refusal:
        check_near(Rate(Decimal(far)), official, Decimal(percent))
    assert (refusal.value.field, refusal.value.value) == (("exchange_rate",), far)


@given(ANY_RATE, st.sampled_from(Operator))
def test_a_rate_turned_round_converts_alike(rate: Rate, operator: Operator) -> None:
    turned = in_terms_of(rate, operator)
    assert turned.operator == operator
    assert (turned == rate) == (operator == rate.operator)
    there, here = to_base(Decimal(10**7), rate, 2), to_base(Decimal(10**7), turned, 2)
    assert abs(there - here) <= max(there, here) / 1000


@pytest.mark.parametrize("decimals", [-1, 5])
def test_a_currency_has_at_most_4_places(decimals: int) -> None:
    check_currency(EUR)
    with pytest.raises(Refused):
        check_currency(Currency("XXX", decimals=decimals))


def test_part_payments_leave_no_stray_minor_unit() -> None:
    rate = Rate(Decimal("11.237"))
    remaining, remaining_base = Decimal("100.00"), to_base(Decimal("100.00"), rate, 2)
    taken = []
    for applied in (Decimal("33.33"), Decimal("33.33"), Decimal("33.34")):
        base = carry_down(applied, rate, remaining, remaining_base, 2)
        taken.append(str(base))
        remaining, remaining_base = remaining - applied, remaining_base - base
    assert taken == ["374.53", "374.53", "374.64"]
    assert remaining == remaining_base == 0


def test_rounding_up_never_takes_more_than_is_left() -> None:
    # 0.05 at 0.5 is booked as 0.03; each 0.01 of it would take 0.01, so the fourth finds nothing.
    rate = Rate(Decimal("0.5"))
    assert to_base(Decimal("0.05"), rate, 2) == Decimal("0.03")
    assert carry_down(Decimal("0.01"), rate, Decimal("0.03"), Decimal("0.01"), 2) == Decimal("0.01")
    assert carry_down(Decimal("0.01"), rate, Decimal("0.02"), Decimal("0.00"), 2) == 0


@given(MONEY, ANY_RATE, st.lists(st.integers(0, 100), max_size=12))
def test_a_balance_goes_down_to_zero_in_both_currencies_at_once(amount: Decimal, rate: Rate, shares: list[int]) -> None:
    remaining, remaining_base = amount, to_base(amount, rate, 2)
    for share in [*shares, 100]:
        applied = (remaining * share / 100).quantize(Decimal("0.01"))
        base = carry_down(applied, rate, remaining, remaining_base, 2)
        assert 0 <= base <= remaining_base
        remaining, remaining_base = remaining - applied, remaining_base - base
        assert remaining > 0 or remaining_base == 0
    assert remaining == remaining_base == 0


@pytest.mark.parametrize("applied", ["100.01", "-0.01"])
def test_more_than_is_open_cannot_be_applied(applied: str) -> None:
    with pytest.raises(Refused):
        carry_down(Decimal(applied), BASE_RATE, Decimal("100.00"), Decimal("100.00"), 2)


def test_a_better_rate_at_payment_is_a_gain() -> None:
    owed = to_base(Decimal("1000.00"), Rate(Decimal("11.2345")), 2)
    received = to_base(Decimal("1000.00"), Rate(Decimal("11.5000")), 2)
    assert gain_or_loss(owed, received) == Decimal("265.50")
    assert gain_or_loss(received, owed) == Decimal("-265.50")
