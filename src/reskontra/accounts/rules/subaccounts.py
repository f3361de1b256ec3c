"""Dimensions, segments and subaccounts, and how subaccount numbers are built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reskontra.codes import known_codes
from reskontra.errors import FieldPath, Refused

SUBACCOUNT_DIMENSION = "SUBACCOUNT"
"""The dimension whose segments make up a subaccount number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentValue:
    """A value that a segment may take."""

    value: str
    description: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a dimension's codes, of fixed `length`; `separator` comes between it and the next."""

    segment_id: int
    description: str = ""
    length: int
    separator: str = "-"
    values: tuple[SegmentValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A way to build codes from segments, in order of `segment_id`."""

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
    """The number built from these segment values, in the order of the segments; short values are padded with blanks."""
    number = ""
    separator = ""
    for value, segment in zip(values, sorted(segments, key=lambda segment: segment.segment_id), strict=True):
        number += separator + value.ljust(segment.length)
        separator = segment.separator
    return number


# The subaccount mask (SUB-01)

MASK_SOURCES = {"C": "branch", "I": "item", "L": "location", "S": "salesperson"}
"""Where a letter of the mask takes a segment from. `E`, the employee, does not exist here and is refused."""


def mask_letters(mask: str, segments: Iterable[Segment]) -> dict[int, str]:
    """The letter of each segment. The mask has a letter for each character of a number, not counting dashes."""
    letters = mask.replace("-", "")
    chosen: dict[int, str] = {}
    position = 0
    for segment in sorted(segments, key=lambda segment: segment.segment_id):
        chosen[segment.segment_id] = letters[position : position + 1]
        position += segment.length
    return chosen


def masked_number(mask: str, numbers: Mapping[str, str], segments: Sequence[Segment], field: FieldPath) -> str:
    """The number whose segments each come from the number that its letter names in `numbers` (SUB-01)."""
    values = []
    for segment_id, letter in mask_letters(mask, segments).items():
        if letter not in numbers:
            raise Refused(
                f"The subaccount mask '{mask}' takes segment {segment_id} from what is not kept here.",
                field=field,
                hint=f"Send the subaccount, or use {', '.join(MASK_SOURCES)} in the company's mask.",
            )
        parts = {part.segment_id: part.value for part in subaccount_segments(numbers[letter], segments)}
        values.append(parts[segment_id].rstrip())
    return subaccount_number(values, segments)


def followed_number(
    number: str, mask: str, segments: Sequence[Segment], *, letter: str, before: str, after: str
) -> str:
    """`number` after the source of `letter` changed from `before` to `after`: segments taken from it follow."""
    letters = mask_letters(mask, segments)
    old = {part.segment_id: part.value for part in subaccount_segments(before, segments)}
    new = {part.segment_id: part.value for part in subaccount_segments(after, segments)}
    values = [
        new[part.segment_id]
        if letters[part.segment_id] == letter and part.value == old[part.segment_id]
        else part.value
        for part in subaccount_segments(number, segments)
    ]
    return subaccount_number([value.rstrip() for value in values], segments)


# Writing subaccounts


def new_subaccount(sent: Mapping[str, Any], segments: Sequence[Segment]) -> Subaccount:
    """A subaccount from what was sent; each segment's value exists and is in use (SUB-01). Without an id."""
    number = (sent.get("subaccount_number") or "").rstrip()
    if not number:
        raise Refused(
            "A subaccount needs a number.", field=("subaccount_number",), hint=f"Send one like {_sample(segments)}."
        )
    return Subaccount(
        subaccount_id=0,
        subaccount_number=checked_number(number, segments, ("subaccount_number",)),
        description=sent.get("description") or "",
        active=True if sent.get("active") is None else sent["active"],
    )


def changed_subaccount(subaccount: Subaccount, sent: Mapping[str, Any]) -> Subaccount:
    """`subaccount` after a PUT; number and id stay. Raises `Refused`."""
    number, subaccount_id = sent.get("subaccount_number"), sent.get("subaccount_id")
    if number is not None and number.strip().lower() != subaccount.subaccount_number.strip().lower():
        raise Refused(
            "The number of a subaccount cannot be changed.",
            field=("subaccount_number",),
            value=number,
            hint=f"Send {subaccount.subaccount_number} or leave it out.",
        )
    if subaccount_id is not None and subaccount_id.strip() != str(subaccount.subaccount_id):
        raise Refused(
            "The id of a subaccount cannot be changed.",
            field=("subaccount_id",),
            value=subaccount_id,
            hint=f"Send {subaccount.subaccount_id} or leave it out.",
        )
    values: dict[str, Any] = {}
    if "description" in sent:
        values["description"] = sent["description"] or ""
    if "active" in sent:
        values["active"] = bool(sent["active"])
    return replace(subaccount, **values)


def checked_number(sent: str, segments: Sequence[Segment], field: FieldPath) -> str:
    """The subaccount number that `sent` means, with or without separators: each value exists and is in use (SUB-01)."""
    ordered = sorted(segments, key=lambda segment: segment.segment_id)
    values = _split(sent, ordered)
    if values is None:
        raise Refused(
            "This is not a subaccount number.", field=field, value=sent, hint=f"Send one like {_sample(ordered)}."
        )
    chosen = []
    for segment, value in zip(ordered, values, strict=True):
        known = next((known for known in segment.values if known.value.lower() == value.lower()), None)
        if known is None or not known.active:
            in_use = [known.value for known in segment.values if known.active]
            raise Refused(
                f"Segment {segment.segment_id} of the subaccount has no value '{value}' that is in use.",
                field=field,
                value=sent,
                hint=known_codes("values", in_use),
            )
        chosen.append(known.value)
    return subaccount_number(chosen, ordered)


def _split(number: str, segments: Sequence[Segment]) -> list[str] | None:
    """The value of each segment; None if the number is not built from them."""
    for separated in (True, False):
        values, rest = [], number
        for position, segment in enumerate(segments):
            values.append(rest[: segment.length].rstrip())
            rest = rest[segment.length :]
            separator = segment.separator if separated and position < len(segments) - 1 else ""
            if not rest.startswith(separator):
                break
            rest = rest[len(separator) :]
        else:
            if segments and not rest and all(values):
                return values
    return None


def _sample(segments: Sequence[Segment]) -> str:
    return subaccount_number(["X" * segment.length for segment in segments], segments)
