"""Segments make subaccount numbers and come apart again; the mask takes each segment from its source (SUB-01)."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.accounts.rules.subaccounts import (
    MASK_SOURCES,
    Segment,
    SegmentValue,
    checked_number,
    followed_number,
    masked_number,
    subaccount_number,
    subaccount_segments,
)
from reskontra.errors import Refused

FIELD = ("subaccount_number",)


@st.composite
def charts(draw: st.DrawFn) -> tuple[list[Segment], list[list[str]]]:
    """Segments with their values, and four choices of a value for each segment: one for each letter of the mask."""
    segments, choices = [], []
    for segment_id in range(1, draw(st.integers(1, 4)) + 1):
        length = draw(st.integers(1, 4))
        value = st.text(string.ascii_uppercase + string.digits, min_size=length, max_size=length)
        values = draw(st.lists(value, min_size=1, max_size=5, unique=True))
        separator = draw(st.sampled_from(["-", ".", ""]))
        known = tuple(SegmentValue(value=value) for value in values)
        segments.append(Segment(segment_id=segment_id, length=length, separator=separator, values=known))
        choices.append([draw(st.sampled_from(values)) for _ in MASK_SOURCES])
    return segments, choices


@given(charts())
def test_a_number_comes_apart_into_the_values_it_was_made_of(chart: tuple[list[Segment], list[list[str]]]) -> None:
    segments, choices = chart
    values = [choice[0] for choice in choices]
    number = subaccount_number(values, segments)
    assert [part.value for part in subaccount_segments(number, segments)] == values
    assert checked_number(number, segments, FIELD) == number
    assert checked_number(number.lower(), segments, FIELD) == number


@given(charts())
def test_a_number_may_be_written_without_separators(chart: tuple[list[Segment], list[list[str]]]) -> None:
    segments, choices = chart
    values = [choice[0] for choice in choices]
    assert checked_number("".join(values), segments, FIELD) == subaccount_number(values, segments)


@given(charts(), st.data())
def test_each_segment_has_the_value_of_its_source(
    chart: tuple[list[Segment], list[list[str]]], data: st.DataObject
) -> None:
    segments, choices = chart
    letters = [data.draw(st.sampled_from(sorted(MASK_SOURCES))) for _ in segments]
    mask = "-".join(letter * segment.length for letter, segment in zip(letters, segments, strict=True))
    numbers = {
        letter: subaccount_number([choice[position] for choice in choices], segments)
        for position, letter in enumerate(MASK_SOURCES)
    }
    made = masked_number(mask, numbers, segments, FIELD)
    order = list(MASK_SOURCES)
    expected = [choice[order.index(letter)] for choice, letter in zip(choices, letters, strict=True)]
    assert made == subaccount_number(expected, segments)
    for letter in MASK_SOURCES:
        follows = followed_number(made, mask, segments, letter=letter, before=numbers[letter], after=numbers["C"])
        others = {**numbers, letter: numbers["C"]}
        assert follows == masked_number(mask, others, segments, FIELD)


def test_the_employee_is_not_kept() -> None:
    segments = [Segment(segment_id=1, length=1, values=(SegmentValue(value="0"),))]
    with pytest.raises(Refused, match="The subaccount mask 'E' takes segment 1 from what is not kept here"):
        masked_number("E", dict.fromkeys(MASK_SOURCES, "0"), segments, FIELD)
