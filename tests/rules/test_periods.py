"""How periods are written, chosen and guarded (PER, invariant 41)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.errors import Malformed, Refused, UnknownReference
from reskontra.periods.rules import (
    Period,
    check_distance,
    check_open,
    parse_period,
    period_named,
    period_of,
    same_period,
)

PERIOD_IDS = st.builds(lambda year, month: f"{year:04d}{month:02d}", st.integers(1900, 9999), st.integers(1, 13))

YEAR = (
    *(
        Period(f"2024{month:02d}", date(2024, month, 1), date(2024, month + 1, 1) - timedelta(days=1))
        for month in range(1, 12)
    ),
    Period("202412", date(2024, 12, 1), date(2024, 12, 31)),
    Period("202413", date(2024, 12, 31), date(2024, 12, 31)),
)


@given(PERIOD_IDS)
def test_both_ways_to_write_a_period_read_as_the_same(period_id: str) -> None:
    assert parse_period(period_id) == period_id
    assert parse_period(period_id[4:] + period_id[:4]) == period_id


@pytest.mark.parametrize(
    ("text", "period_id"),
    [("202002", "202002"), ("022020", "202002"), ("132020", "202013"), ("202013", "202013"), ("122012", "201212")],
)
def test_a_period_is_read_from_either_form(text: str, period_id: str) -> None:
    assert parse_period(text) == period_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2020",
        "202000",
        "202014",
        "142020",
        "002020",
        "20201",
        "2020-01",
        " 202001",
        "2020０1",
        "202001\n",
        "189912",
    ],
)
def test_what_is_no_period_is_malformed_and_told_what_would_pass(text: str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_period(text, ("post_period",))
    assert refusal.value.field == ("post_period",)
    assert refusal.value.value == text
    assert "YYYYMM or MMYYYY" in refusal.value.hint


@given(st.text(max_size=8))
def test_any_text_is_a_period_or_malformed(text: str) -> None:
    try:
        period_id = parse_period(text)
    except Malformed:
        return
    assert text in (period_id, period_id[4:] + period_id[:4])


@pytest.mark.parametrize(
    ("post_period", "financial_period", "expected"),
    [
        (None, None, None),
        ("032024", None, "202403"),
        (None, "202403", "202403"),
        ("032024", "202403", "202403"),
        ("202403", "032024", "202403"),
    ],
)
def test_a_request_may_name_its_period_in_either_field(
    post_period: str | None, financial_period: str | None, expected: str | None
) -> None:
    assert same_period(post_period, financial_period) == expected


def test_two_periods_that_differ_are_refused() -> None:
    with pytest.raises(Refused) as refusal:
        same_period("032024", "202404")
    assert "202403 and 202404" in refusal.value.reason
    assert refusal.value.field == ("post_period",)


def test_a_bad_period_is_named_with_its_own_field() -> None:
    with pytest.raises(Malformed) as refusal:
        same_period(None, "999999")
    assert refusal.value.field == ("financial_period",)


@given(st.dates(date(2024, 1, 1), date(2024, 12, 31)))
def test_every_date_of_the_year_falls_in_its_month(on: date) -> None:
    assert period_of(on, YEAR).period_id == f"2024{on.month:02d}"


def test_the_order_of_the_periods_does_not_matter() -> None:
    assert period_of(date(2024, 12, 31), YEAR[::-1]).period_id == "202412"


@pytest.mark.parametrize("on", [date(2023, 12, 31), date(2025, 1, 1)])
def test_a_date_without_a_period_is_refused(on: date) -> None:
    with pytest.raises(Refused) as refusal:
        period_of(on, YEAR)
    assert refusal.value.value == on.isoformat()
    assert "2024-01-01 to 2024-12-31" in refusal.value.hint


def test_a_period_that_was_never_made_cannot_be_named() -> None:
    assert period_named("202413", YEAR) is YEAR[-1]
    with pytest.raises(UnknownReference) as refusal:
        period_named("202501", YEAR, ("post_period",))
    assert refusal.value.field == ("post_period",)
    with pytest.raises(UnknownReference):
        period_named("202501", ())


@pytest.mark.parametrize(
    ("active", "closed_here", "closed_in_ledger", "passes", "passes_when_allowed"),
    [
        (True, False, False, True, True),
        (True, True, False, False, True),
        (True, False, True, False, True),
        (True, True, True, False, True),
        (False, False, False, False, False),
        (False, True, True, False, False),
    ],
)
def test_only_an_open_period_takes_postings(
    active: bool, closed_here: bool, closed_in_ledger: bool, passes: bool, passes_when_allowed: bool
) -> None:
    period = Period("202401", date(2024, 1, 1), date(2024, 1, 31), active, closed_here, closed_in_ledger)
    for allow_closed, expected in ((False, passes), (True, passes_when_allowed)):
        if expected:
            check_open(period, allow_closed)
            continue
        with pytest.raises(Refused) as refusal:
            check_open(period, allow_closed, ("post_period",))
        assert refusal.value.field == ("post_period",)
        assert "202401" in refusal.value.reason


@pytest.mark.parametrize(
    ("on", "period_id", "passes"),
    [
        (date(2024, 3, 31), "202403", True),
        (date(2024, 3, 1), "202406", True),
        (date(2024, 3, 31), "202407", False),
        (date(2024, 3, 1), "202402", False),
        (date(2024, 12, 5), "202413", True),
        (date(2024, 9, 30), "202413", True),
        (date(2024, 8, 31), "202413", False),
        (date(2025, 1, 2), "202413", False),
        (date(2023, 11, 1), "202403", True),
        (date(2023, 12, 31), "202404", False),
    ],
)
def test_a_period_holds_the_date_or_is_one_of_the_few_after_it(on: date, period_id: str, passes: bool) -> None:
    period = period_named(period_id, YEAR)
    check_distance(period, on, YEAR, None)
    if passes:
        check_distance(period, on, YEAR, 3)
        return
    with pytest.raises(Refused) as refused:
        check_distance(period, on, YEAR, 3)
    assert refused.value.field == ("financial_period",)
    assert on.isoformat() in str(refused.value.reason)
    assert period_id in str(refused.value.reason)


@pytest.mark.parametrize(
    ("on", "most", "hint"),
    [
        (date(2024, 3, 1), 3, "Send 202403 to 202406, or another date."),
        (date(2024, 3, 1), 0, "Send 202403, or another date."),
        (date(2024, 11, 1), 3, "Send 202411 to 202412, or another date."),
        (date(2030, 1, 1), 3, "Send another date."),
    ],
)
def test_a_period_too_far_away_is_refused_with_those_that_would_do(on: date, most: int, hint: str) -> None:
    with pytest.raises(Refused) as refused:
        check_distance(period_named("202401", YEAR), on, YEAR, most)
    assert refused.value.hint == hint
