"""Query strings: what clients send, what is forgiven, what is refused."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.errors import Malformed
from reskontra.web.query import Comparison, Query

OSLO = ZoneInfo("Europe/Oslo")
PAIR = ("changed", "changedcondition")


class Status(enum.Enum):
    OPEN = "Open"
    BALANCED = "Balanced"


def query(raw: str, *declared: str) -> Query:
    return Query(raw.encode(), declared, OSLO)


def test_names_match_in_any_case() -> None:
    asked = query("Customer=1&other=3")
    assert asked.text("customer") == "1"
    assert asked.text("missing") is None
    assert query("customer=").text("customer") is None


@pytest.mark.parametrize("raw", ["status=Open&status=Closed", "status=Open&STATUS=Closed&status=Open"])
def test_two_values_for_a_parameter_that_takes_one_are_refused(raw: str) -> None:
    asked = query(f"{raw}&other=3")
    with pytest.raises(Malformed) as caught:
        asked.text("status")
    assert caught.value.reason == "The parameter status was sent with more than one value."
    assert asked.text("other") == "3"


@pytest.mark.parametrize("raw", ["status=Open&status=Open", "status=&status=Open", "status=Open&Status="])
def test_the_same_value_twice_or_an_empty_one_beside_it_is_one_value(raw: str) -> None:
    assert query(raw).text("status") == "Open"


def test_a_parameter_that_takes_several_values_takes_each_once() -> None:
    asked = query("status=Open&status=balanced,OPEN&status[2]=Balanced")
    assert asked.choices("status", Status) == [Status.OPEN, Status.BALANCED]


def test_values_are_decoded_once() -> None:
    asked = query("a=x+y%20z&b=1%2B1&c=a=b=c&d=Prim%C3%A4r&e=%2525")
    assert [asked.text(name) for name in "abcde"] == ["x y z", "1+1", "a=b=c", "Primär", "%25"]


@pytest.mark.parametrize("raw", ["a=%00", "a=x%00y", "a=%ff", "a=%C3"])
def test_text_that_the_database_cannot_hold_is_refused(raw: str) -> None:
    with pytest.raises(Malformed, match="parameter a"):
        query(raw).text("a")
    assert query(raw).text("b") is None


@pytest.mark.parametrize(
    ("word", "value"), [("true", True), ("True", True), ("1", True), ("FALSE", False), ("0", False)]
)
def test_flags_take_words_and_digits(word: str, value: bool) -> None:
    assert query(f"f={word}").flag("f", default=not value) is value


def test_flags_have_a_default() -> None:
    assert query("").flag("f", default=True) is True
    assert query("f=").flag("f") is False


@pytest.mark.parametrize("raw", ["n=abc", "n=1.5", "n=2147483648", "n=" + "9" * 5000, "n=1e3", "n=٣"])
def test_bad_whole_numbers_name_the_parameter(raw: str) -> None:
    with pytest.raises(Malformed, match="parameter n") as caught:
        query(raw).integer("n")
    assert len(caught.value.reason) < 120


def test_a_whole_number_out_of_range_is_told_the_range() -> None:
    for digits in ("-2147483648", "99999999999", "1" * 5000):
        with pytest.raises(Malformed) as refused:
            query(f"pageSize={digits}").integer("pageSize")
        assert refused.value.hint == "Send a whole number from -2147483647 to 2147483647."
    assert query("pageSize=-2147483647").integer("pageSize") == -2147483647


def test_choices_match_in_any_case() -> None:
    assert query("status=balanced").choice("status", Status) is Status.BALANCED
    with pytest.raises(Malformed) as caught:
        query("status=bogus").choice("status", Status)
    assert caught.value.hint == "Send one of: Open, Balanced."


@pytest.mark.parametrize(
    ("condition", "operator"),
    [(">", ">"), ("<", "<"), (">=", ">="), ("=>", ">="), ("<=", "<="), ("=<", "<="), ("%3E%3D", ">="), ("%3E=", ">="),
     ("+%3E+", ">"), ("%3E%20%3D", ">=")],
)  # fmt: skip
def test_operators_come_raw_or_escaped(condition: str, operator: str) -> None:
    asked = query(f"changed=2025-01-14&changedCondition={condition}", *PAIR)
    expected = datetime(2025, 1, 13, 23, tzinfo=UTC)
    assert asked.moment("changed") == Comparison(operator, expected)


@pytest.mark.parametrize("raw", ["changed=2025-01-14", "changed=2025-01-14&changedCondition=", "changedCondition=>=",
                                 "changed=2025-01-14&changedCondition=about", "changed=nonsense"])  # fmt: skip
def test_a_date_without_a_usable_condition_filters_nothing(raw: str) -> None:
    assert query(raw, *PAIR).moment("changed") is None
    assert query(raw, *PAIR).day("changed") is None


def test_a_date_that_has_no_condition_parameter_means_from_then_on() -> None:
    assert query("since=2025-01-14", "since").day("since") == Comparison(">=", date(2025, 1, 14))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-07-01", datetime(2025, 6, 30, 22, tzinfo=UTC)),
        ("2025-01-01 13:13:13", datetime(2025, 1, 1, 12, 13, 13, tzinfo=UTC)),
        ("2025-01-01+13:13:13.133", datetime(2025, 1, 1, 12, 13, 13, 133_000, tzinfo=UTC)),
        ("2025-01-01T13:13:13", datetime(2025, 1, 1, 12, 13, 13, tzinfo=UTC)),
        ("2025-01-01T13:13:13.5", datetime(2025, 1, 1, 12, 13, 13, 500_000, tzinfo=UTC)),
        ("2025-01-01T13:13:13Z", datetime(2025, 1, 1, 13, 13, 13, tzinfo=UTC)),
        ("2025-01-01T13:13:13%2B02:00", datetime(2025, 1, 1, 11, 13, 13, tzinfo=UTC)),
        ("2025-01-01T13:13:13+02:00", datetime(2025, 1, 1, 11, 13, 13, tzinfo=UTC)),
        ("0001-01-01", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59-12:00", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_moments_are_read_in_the_companys_zone(text: str, moment: datetime) -> None:
    asked = query(f"changed={text}&changedCondition=>", *PAIR)
    assert asked.moment("changed") == Comparison(">", moment)


@pytest.mark.parametrize("text", ["nonsense", "2025-13-01", "2025-02-29", "2025-01-01T99:00", "0000-01-01", "1", "%00"])
def test_a_bad_date_names_the_parameter(text: str) -> None:
    with pytest.raises(Malformed, match="parameter changed"):
        query(f"changed={text}&changedCondition=>", *PAIR).moment("changed")


@given(st.binary(max_size=80))
def test_no_query_string_breaks_the_reader(raw: bytes) -> None:
    asked = Query(b"a=" + raw, ("a",), OSLO)
    for read in (asked.text, asked.flag, asked.integer, asked.moment, asked.day):
        try:
            read("a")
        except Malformed as refusal:
            assert "parameter a" in refusal.reason  # noqa: PT017
