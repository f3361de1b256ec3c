"""Number series: which number comes next, and whether a sent one may be used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from reskontra.errors import FieldPath, Refused

LONGEST_NUMBER = 15

# Prefix, rightmost run of digits, suffix. ASCII digits only: int() would also take Arabic or Devanagari ones.
_PARTS = re.compile(r"(.*?)([0-9]+)([^0-9]*)", re.DOTALL)

# What the number of a document is made of (X5). Other letters have no case here, and many scripts have digits.
_WRITABLE = re.compile(r"[A-Za-z0-9./_-]+")
_CHARACTERS = "letters A to Z, digits and - . / _"


class Mode(StrEnum):
    """Who chooses the number (Q5)."""

    AUTOMATIC = "automatic"
    STRICT = "strict"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class SeriesRange:
    """Numbers from `start_number` on, for documents dated `start_date` or later, of one branch or (None) of any.

    `last_number` is the last one given out, None before the first. `step` is at least 1.
    """

    start_number: str
    end_number: str | None = None
    last_number: str | None = None
    warn_number: str | None = None
    step: int = 1
    start_date: date = date.min
    branch: str | None = None
    range_id: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """A number series with its ranges in any order."""

    series_id: str
    description: str = ""
    mode: Mode = Mode.AUTOMATIC
    ranges: tuple[SeriesRange, ...] = ()


@dataclass(frozen=True, slots=True)
class NextNumber:
    """The number to give out; `warned` if it has reached the range's warning number."""

    number: str
    warned: bool


def next_number(last: str, step: int = 1, longest: int = LONGEST_NUMBER) -> str:
    """`last` with its rightmost run of digits raised by `step`; prefix, suffix and zero padding stay (NUM-04).

    `99` is followed by `100` as long as the whole number has at most `longest` characters; then Refused.
    """
    parts = _PARTS.fullmatch(last)
    if parts is None:
        raise _broken(last, "A number series needs a number with at least one digit.")
    prefix, digits, suffix = parts.groups()
    number = f"{prefix}{int(digits) + step:0{len(digits)}d}{suffix}"
    if len(number) > longest:
        raise Refused(
            f"The number series is used up: after {last} no number of at most {longest} characters is left.",
            field=("last_number",),
            value=last,
            hint="Add a range to the series.",
        )
    return number


def next_in_range(numbers: SeriesRange, longest: int = LONGEST_NUMBER) -> NextNumber:
    """The number that follows in a range. Refused past its end number (NUM-04)."""
    if numbers.last_number is None:
        number = numbers.start_number
    else:
        number = next_number(numbers.last_number, numbers.step, longest)
    if numbers.end_number is not None and _ordinal(number) > _ordinal(numbers.end_number):
        raise Refused(
            f"The number series is used up: {number} lies past its end number {numbers.end_number}.",
            field=("end_number",),
            value=numbers.end_number,
            hint="Raise the end number or add a range to the series.",
        )
    warned = numbers.warn_number is not None and _ordinal(number) >= _ordinal(numbers.warn_number)
    return NextNumber(number, warned)


def choose_range(ranges: Sequence[SeriesRange], on: date, branch: str | None) -> SeriesRange:
    """The range for a document dated `on` in `branch`: prefers the branch's own, then the latest start (NUM-04)."""
    begun = [numbers for numbers in ranges if numbers.start_date <= on and numbers.branch in (None, branch)]
    if not begun:
        raise Refused(
            f"The number series has no range that begins on or before {on.isoformat()} for branch '{branch or ''}'.",
            field=("document_date",),
            value=on.isoformat(),
            hint="Add a range to the series or choose a later date.",
        )
    return max(begun, key=lambda numbers: (numbers.branch is not None, numbers.start_date))


def check_sent_number(
    series: Series, number: str | None, override: bool, field: FieldPath, max_length: int = LONGEST_NUMBER
) -> str | None:
    """The number to use, if one was sent; None means the next of the series (NUM-05, NUM-06, Q5).

    An automatic series takes any sent number, a strict one only with `override`, a manual one needs one. Blanks at the
    ends are ignored. Only the database can tell whether the number is free.
    """
    sent = "" if number is None else number.strip()
    if not sent:
        if series.mode == Mode.MANUAL:
            reason = f"The number series '{series.series_id}' is manual: a number is required."
            raise Refused(reason, field=field, value=number, hint=f"Send a number of at most {max_length} characters.")
        return None
    if series.mode == Mode.STRICT and not override:
        raise Refused(
            f"The number series '{series.series_id}' gives out the numbers itself.",
            field=field,
            value=number,
            hint="Leave the number out, or ask to override the number series.",
        )
    if len(sent) > max_length or not sent.isprintable():
        reason = "This cannot be a number."
        raise Refused(reason, field=field, value=number, hint=f"Send at most {max_length} printable characters.")
    return sent


def check_sent_document_number(series: Series, number: str | None, override: bool, field: FieldPath) -> str | None:
    """The number to use for a document, as in `check_sent_number`; refused: characters that could be confused (X5)."""
    sent = check_sent_number(series, number, override, field)
    if sent is not None and not _WRITABLE.fullmatch(sent):
        reason, hint = "This cannot be the number of a document.", f"Send {_CHARACTERS} only."
        raise Refused(reason, field=field, value=number, hint=hint)
    return sent


def check_series(series: Series, longest: int = LONGEST_NUMBER) -> None:
    """Refuses a series that could give out no number or a wrong one: digits, length, order, step (NUM-04)."""
    for position, numbers in enumerate(series.ranges):
        field = ("ranges", position)
        if numbers.step < 1:
            raise Refused("The step is too small.", field=(*field, "step"), value=numbers.step, hint="Send 1 or more.")
        shape = _shape(numbers.start_number, (*field, "start_number"), longest)
        for name in ("end_number", "last_number", "warn_number"):
            number: str | None = getattr(numbers, name)
            if number is None:
                continue
            if _shape(number, (*field, name), longest) != shape:
                hint = "The numbers of a range differ in their last run of digits only."
                raise _broken(number, hint, (*field, name))
            # A last number just below the start means: none given out yet.
            if name != "last_number" and _ordinal(number) < _ordinal(numbers.start_number):
                raise _broken(number, f"Send {numbers.start_number} or a later number.", (*field, name))


def has_given_out(numbers: SeriesRange) -> bool:
    """Whether a range has given out a number: its last number is not the one before its start."""
    return numbers.last_number is not None and _ordinal(numbers.last_number) >= _ordinal(numbers.start_number)


def would_repeat(numbers: SeriesRange, other: SeriesRange) -> bool:
    """Whether `numbers` would give out what `other` has already given out. Both have an end and a last number."""
    if not has_given_out(other) or _affixes(numbers.start_number) != _affixes(other.start_number):
        return False
    coming = _ordinal(numbers.last_number or numbers.start_number) + numbers.step
    end = _ordinal(numbers.end_number or numbers.start_number)
    return coming <= _ordinal(other.last_number or "0") and end >= _ordinal(other.start_number)


def comes_before(number: str, other: str) -> bool:
    """Whether a number of a range comes before another one of it."""
    return _ordinal(number) < _ordinal(other)


def _affixes(number: str) -> tuple[str, str]:
    parts = _PARTS.fullmatch(number)
    return (parts[1], parts[3]) if parts else (number, "")


def _shape(number: str, field: FieldPath, longest: int) -> tuple[str, str]:
    parts = _PARTS.fullmatch(number)
    if parts is None or len(number) > longest:
        hint = f"A number of a series has at least one digit and at most {longest} characters."
        raise _broken(number, hint, field)
    if not _WRITABLE.fullmatch(number):
        raise _broken(number, f"Write {_CHARACTERS} only.", field)
    return parts[1], parts[3]


def _ordinal(number: str) -> int:
    parts = _PARTS.fullmatch(number)
    if parts is None:
        raise _broken(number, "A number series needs a number with at least one digit.")
    return int(parts[2])


def _broken(number: str, hint: str, field: FieldPath = ("last_number",)) -> Refused:
    return Refused("The number series is set up wrongly.", field=field, value=number, hint=hint)
