"""The next number of a series and what may be sent in its place (NUM, invariant 15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.errors import Refused
from reskontra.numbering.rules import (
    Mode,
    NextNumber,
    Series,
    SeriesRange,
    check_sent_document_number,
    check_sent_number,
    check_series,
    choose_range,
    next_in_range,
    next_number,
)

FIELD = ("number",)


@pytest.mark.parametrize(
    ("last", "step", "following"),
    [
        ("003547", 1, "003548"),
        ("000009", 1, "000010"),
        ("AR000001", 1, "AR000002"),
        ("2024-0099", 1, "2024-0100"),
        ("INV0099/NO", 1, "INV0100/NO"),
        ("20000", 5, "20005"),
        ("99", 1, "100"),
        ("A999", 1, "A1000"),
        ("99999999999999", 1, "100000000000000"),
    ],
)
def test_the_last_run_of_digits_counts_up(last: str, step: int, following: str) -> None:
    assert next_number(last, step) == following


def test_a_series_ends_where_the_number_no_longer_fits() -> None:
    with pytest.raises(Refused, match="used up"):
        next_number("999999999999999", 1)
    assert next_number("999999999999999", 1, longest=30) == "1000000000000000"


@pytest.mark.parametrize("last", ["", "ABC", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_a_number_without_digits_has_no_successor(last: str) -> None:
    with pytest.raises(Refused) as refusal:
        next_number(last, 1)
    assert refusal.value.value == last


@given(
    st.text("ABC-019", max_size=4),
    st.text("0123456789", min_size=1, max_size=6),
    st.text("ABCXYZ/", max_size=3),
    st.lists(st.integers(1, 1000), min_size=1, max_size=20),
)
def test_numbers_of_a_series_only_grow(prefix: str, digits: str, suffix: str, steps: list[int]) -> None:
    number = prefix + digits + suffix
    for step in steps:
        following = next_number(number, step, longest=30)
        assert following.startswith(prefix.rstrip("0123456789"))
        assert following.endswith(suffix)
        assert len(following) >= len(number)
        assert (len(following), following) > (len(number), number)
        number = following


def test_a_range_begins_with_its_start_number() -> None:
    fresh = SeriesRange("000001")
    assert next_in_range(fresh) == NextNumber("000001", warned=False)
    assert next_in_range(replace(fresh, last_number="000001")) == NextNumber("000002", warned=False)


def test_a_range_warns_and_then_ends() -> None:
    numbers = SeriesRange("001", end_number="010", warn_number="009")
    assert not next_in_range(replace(numbers, last_number="007")).warned
    assert next_in_range(replace(numbers, last_number="008")) == NextNumber("009", warned=True)
    assert next_in_range(replace(numbers, last_number="009")) == NextNumber("010", warned=True)
    with pytest.raises(Refused, match="past its end number 010"):
        next_in_range(replace(numbers, last_number="010"))


def test_a_number_that_grew_longer_is_compared_by_value() -> None:
    numbers = SeriesRange("1", end_number="100", last_number="99")
    assert next_in_range(numbers).number == "100"


EVERYONE = SeriesRange("1")
EVERYONE_2025 = SeriesRange("2", start_date=date(2025, 1, 1))
OSLO = SeriesRange("3", branch="OSLO")
OSLO_2025 = SeriesRange("4", branch="OSLO", start_date=date(2025, 1, 1))
HAMAR = SeriesRange("6", branch="HAMAR")
BERGEN = SeriesRange("5", branch="BERGEN", start_date=date(2025, 1, 1))


@pytest.mark.parametrize(
    ("on", "branch", "chosen"),
    [
        (date(2024, 12, 31), None, EVERYONE),
        (date(2025, 1, 1), None, EVERYONE_2025),
        (date(2024, 12, 31), "OSLO", OSLO),
        (date(2025, 1, 1), "OSLO", OSLO_2025),
        (date(2024, 12, 31), "BERGEN", EVERYONE),
        (date(2025, 6, 1), "BERGEN", BERGEN),
        (date(2025, 6, 1), "HAMAR", HAMAR),
        (date(2025, 6, 1), "TROMSØ", EVERYONE_2025),
    ],
)
def test_a_branch_has_its_own_range_and_the_latest_one_counts(
    on: date, branch: str | None, chosen: SeriesRange
) -> None:
    ranges = (EVERYONE, HAMAR, BERGEN, OSLO_2025, OSLO, EVERYONE_2025)
    assert choose_range(ranges, on, branch) is chosen
    assert choose_range(ranges[::-1], on, branch) is chosen


def test_a_series_without_a_range_for_the_date_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        choose_range((OSLO, EVERYONE_2025), date(2024, 12, 31), "BERGEN")
    assert "2024-12-31" in refusal.value.reason
    with pytest.raises(Refused):
        choose_range((), date(2024, 12, 31), None)


@pytest.mark.parametrize(
    ("mode", "number", "override", "expected"),
    [
        (Mode.AUTOMATIC, "003549", False, "003549"),
        (Mode.AUTOMATIC, "003549", True, "003549"),
        (Mode.AUTOMATIC, None, False, None),
        (Mode.AUTOMATIC, "", False, None),
        (Mode.AUTOMATIC, "  ", True, None),
        (Mode.STRICT, None, True, None),
        (Mode.STRICT, "003549", True, "003549"),
        (Mode.MANUAL, " 003549 ", False, "003549"),
    ],
)
def test_a_sent_number_is_taken_where_the_series_allows_it(
    mode: Mode, number: str | None, override: bool, expected: str | None
) -> None:
    assert check_sent_number(Series("S", mode=mode), number, override, FIELD) == expected


@pytest.mark.parametrize(
    ("mode", "number", "override"),
    [
        (Mode.STRICT, "003549", False),
        (Mode.MANUAL, None, False),
        (Mode.MANUAL, "", True),
        (Mode.AUTOMATIC, "1234567890123456", False),
        (Mode.AUTOMATIC, "12\x0034", False),
        (Mode.STRICT, "12\n34", True),
    ],
)
def test_a_sent_number_is_refused_where_it_cannot_be_taken(mode: Mode, number: str | None, override: bool) -> None:
    with pytest.raises(Refused) as refusal:
        check_sent_number(Series("S", mode=mode), number, override, FIELD)
    assert refusal.value.field == FIELD
    assert refusal.value.value == number
    assert refusal.value.hint


@pytest.mark.parametrize("number", ["003549", " F-2026/1.b_2 ", "0", "xxxxxxxxxxxxxxx"])
def test_the_number_of_a_document_is_made_of_letters_digits_and_four_signs(number: str) -> None:
    assert check_sent_document_number(Series("S"), number, False, FIELD) == number.strip()


@pytest.mark.parametrize(
    "number", ["\N{ARABIC-INDIC DIGIT THREE}", "\N{FULLWIDTH DIGIT ONE}2", "Ø1", "12 34", "12+34", "a\nb", "#1"]
)
@pytest.mark.parametrize("mode", Mode)
def test_a_document_has_no_number_of_other_characters(mode: Mode, number: str) -> None:
    with pytest.raises(Refused, match="cannot be") as refusal:
        check_sent_document_number(Series("S", mode=mode), number, True, FIELD)
    assert (refusal.value.field, refusal.value.value) == (FIELD, number)
    assert refusal.value.hint


def test_a_customer_number_may_be_longer() -> None:
    assert check_sent_number(Series("CUSTOMER"), "x" * 30, False, FIELD, 30) == "x" * 30
    with pytest.raises(Refused, match="cannot be a number"):
        check_sent_number(Series("CUSTOMER"), "x" * 31, False, FIELD, 30)


def test_a_sound_series_passes() -> None:
    check_series(Series("S", ranges=(EVERYONE, SeriesRange("AR000002", "AR999999", "AR000001", "AR990000"))))


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        (SeriesRange("ABC"), "start_number"),
        (SeriesRange("1" * 16), "start_number"),
        (SeriesRange("AR1", end_number="AP9"), "end_number"),
        (SeriesRange("AR1", last_number="1"), "last_number"),
        (SeriesRange("10", end_number="9"), "end_number"),
        (SeriesRange("10", warn_number="9"), "warn_number"),
        (SeriesRange("10", step=0), "step"),
        (SeriesRange("Ø0001"), "start_number"),
    ],
)
def test_a_series_that_could_give_a_wrong_number_is_refused(numbers: SeriesRange, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_series(Series("S", ranges=(EVERYONE, numbers)))
    assert refusal.value.field == ("ranges", 1, field)
