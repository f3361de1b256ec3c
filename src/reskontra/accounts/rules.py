"""What the chart of accounts is made of, and how segments make a subaccount number. Not what is posted to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

SUBACCOUNT_DIMENSION = "SUBACCOUNT"
"""The dimension whose segments make up a subaccount number."""


class AccountType(StrEnum):
    """Where an account stands in the balance sheet or the result."""

    ASSET = "Asset"
    LIABILITY = "Liability"
    INCOME = "Income"
    EXPENSE = "Expense"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the general ledger."""

    account_number: str
    description: str
    account_type: AccountType
    account_class: str | None = None
    active: bool = True
    currency_id: str | None = None
    vat_category_id: str | None = None
    external_code_1: str | None = None
    external_code_2: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentValue:
    """A value that a segment may take."""

    value: str
    description: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of fixed `length` of a dimension's codes; `separator` stands between it and the next."""

    segment_id: int
    description: str = ""
    length: int
    separator: str = "-"
    values: tuple[SegmentValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A way to make codes of segments, in order of `segment_id`."""

    dimension_id: str
    description: str = ""
    segments: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True)
class SubaccountSegment:
    """One segment of a subaccount number, with the words for both."""

    segment_id: int
    description: str
    value: str
    value_description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subaccount:
    """A subaccount; its number is written with the separators of its segments."""

    subaccount_id: int
    subaccount_number: str
    description: str = ""
    active: bool = True


def subaccount_segments(number: str, segments: Iterable[Segment]) -> tuple[SubaccountSegment, ...]:
    """The parts of a subaccount number. Characters past the last segment are left out."""
    parts = []
    position = 0
    for segment in sorted(segments, key=lambda segment: segment.segment_id):
        value = number[position : position + segment.length]
        position += segment.length + len(segment.separator)
        known = next((known for known in segment.values if known.value == value), None)
        words = known.description if known else ""
        parts.append(SubaccountSegment(segment.segment_id, segment.description, value, words))
    return tuple(parts)


def subaccount_number(values: Iterable[str], segments: Iterable[Segment]) -> str:
    """The number that these segment values make, in the order of the segments; short values are filled with blanks."""
    number = ""
    separator = ""
    for value, segment in zip(values, sorted(segments, key=lambda segment: segment.segment_id), strict=True):
        number += separator + value.ljust(segment.length)
        separator = segment.separator
    return number
