"""The scalar types that a body may hold, and what each of them accepts.

A struct attribute is declared with one of the aliases at the end (`Text30`, `Amount`, `Day` ...). msgspec checks
what it can while it decodes (text lengths, whole numbers). The alias carries a rule for the rest, which `wire.changes`
runs: it turns the decoded value into the one that a command gets. Limits: W15; dates: W5; numbers stay exact
decimals (W3) and are rounded (X6). What typed clients send for a field that they do not set is not sent: the first day
of the calendar, the id 0 (X7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, TypeVar

from msgspec import UNSET, Meta, UnsetType

from reskontra.money import ZERO, round_money

T = TypeVar("T")


class Unfit(Exception):
    """A value that a field cannot take. `reason` and `hint` are sentences; `path` is filled in on the way out."""

    def __init__(self, reason: str, hint: str = "", value: object = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.value = value
        self.path: list[str | int] = []

    def inside(self, step: str | int) -> Unfit:
        """The same complaint, one step further out."""
        self.path.insert(0, step)
        return self


def whole_number(text: str, digits: int = 18) -> int | None:
    """An id or a number without a sign, or None if it is not one or has more digits than any of ours."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def shown(value: object) -> str:
    """`value` as an error text may quote it: one line, at most 40 characters."""
    if isinstance(value, Decimal) and (not value.is_finite() or abs(value.adjusted()) > 40):
        return f"{value:.5e}" if value.is_finite() else str(value)
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, Decimal):
        text = format(value, "f")
    else:
        text = str(value)
    text = "".join(character if character.isprintable() else "?" for character in text[:41])
    return text if len(text) <= 40 else text[:39] + "…"


_MOST_DECIMALS = 60
"""A number has at most this many decimals. A float printed in full, such as 5.551115123125783e-17, has some 35."""


@dataclass(frozen=True, slots=True)
class Number:
    """A decimal below 10^`whole` in size, rounded half up (away from zero) to `places` (X6).

    An amount of money has no `places` here: the rules round it once, to those of its currency. If it were rounded to
    its column first, 1.00499999 would become 1.01.
    """

    whole: int
    places: int | None = None

    def __call__(self, value: Decimal) -> Decimal:
        if not value.is_finite():
            raise Unfit(f"'{shown(value)}' is not a number.", self.hint, value)
        if not value:
            return ZERO
        if value.adjusted() >= self.whole:
            raise Unfit(f"'{shown(value)}' is too large.", self.hint, value)
        exponent = int(value.as_tuple().exponent)
        if exponent < -_MOST_DECIMALS:
            raise Unfit(f"'{shown(value)}' is not a number that can be stored.", self.hint, value)
        if self.places is None or exponent >= -self.places:
            return value
        rounded = round_money(value, self.places)
        if rounded.adjusted() >= self.whole:
            raise Unfit(f"'{shown(value)}' is too large.", self.hint, value)
        return rounded

    @property
    def hint(self) -> str:
        rounding = "its currency" if self.places is None else f"{self.places} decimals"
        return f"Send a number below 10^{self.whole}, for example 12.5; it is rounded to {rounding}."


_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:$|[T ](.*))", re.ASCII | re.DOTALL)
_TIME = re.compile(r"(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|z|[+-]\d{2}:?\d{2})?", re.ASCII)
_DATE_HINT = "Send a date such as 2025-01-27 or 2025-01-27T00:00:00."
_MOMENT_HINT = "Send a moment such as 2025-01-27, 2025-01-27 13:13:13 or 2025-01-27T13:13:13.133."


def read_moment(text: str) -> datetime:
    """The moment that `text` names: without a zone if none was written, else aware. Raises `Unfit`."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise Unfit(f"'{shown(text)}' is not a date.", _MOMENT_HINT, text)
    year, month, day, rest = found.groups()
    clock = _TIME.fullmatch(rest) if rest else None
    if rest and clock is None:
        raise Unfit(f"'{shown(text)}' is not a date and time.", _MOMENT_HINT, text)
    hour, minute, second, fraction, zone = clock.groups() if clock else (None,) * 5
    micros = int((fraction or "0").ljust(6, "0")[:6])
    try:
        return datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micros, _zone(zone)
        )
    except ValueError:
        raise Unfit(f"'{shown(text)}' is not a date that exists.", _MOMENT_HINT, text) from None


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in ("Z", "z"):
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)


class DayText:
    """A date as clients write it: the date part counts as written; time and zone are checked and dropped.

    0001-01-01 is what .NET and Go send for a date that was not set, so it is not sent (X7).
    """

    def __call__(self, value: str) -> date | UnsetType:
        is_day_alone = len(value) == 10 and value[4] == value[7] == "-"
        try:
            day = date.fromisoformat(value) if is_day_alone else read_moment(value).date()
        except ValueError:
            raise Unfit(f"'{shown(value)}' is not a date that exists.", _DATE_HINT, value) from None
        except Unfit as unfit:
            raise Unfit(unfit.reason, _DATE_HINT, value) from None
        return UNSET if day == date.min else day


class MomentText:
    """A date and time: naive if no zone was written, meaning the company's, else aware."""

    def __call__(self, value: str) -> datetime:
        return read_moment(value)


def _named(value: int) -> int | None:
    """An id. Ids start at 1, so 0 means null (X7)."""
    return value or None


def _without_blanks(value: str) -> str:
    """A number, a code or a reference. Many systems hold them in columns of fixed width, and send them so (W26)."""
    return value.strip()


Text15 = Annotated[str, Meta(max_length=15), _without_blanks]
Text30 = Annotated[str, Meta(max_length=30), _without_blanks]
Text40 = Annotated[str, Meta(max_length=40), _without_blanks]
Text60 = Annotated[str, Meta(max_length=60)]
Text255 = Annotated[str, Meta(max_length=255)]
Text256 = Annotated[str, Meta(max_length=256)]
Text512 = Annotated[str, Meta(max_length=512)]
Text32000 = Annotated[str, Meta(max_length=32_000)]
Flag = bool
Whole = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Id = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1), _named]
Amount = Annotated[Decimal, Number(whole=13)]
"""An amount of money with all the decimals that were sent; `currencies.rules.in_currency` rounds it."""
Quantity = Annotated[Decimal, Number(whole=9, places=6)]
UnitPrice = Annotated[Decimal, Number(whole=13, places=6)]
Percent = Annotated[Decimal, Number(whole=9, places=6)]
Rate = Annotated[Decimal, Number(whole=9, places=8)]
Day = Annotated[str, DayText()]
"""A date on the wire; `changes` gives a `datetime.date`."""
Moment = Annotated[str, MomentText()]
"""A date and time on the wire; `changes` gives a `datetime`, aware only if a zone was written."""
OneOf = Annotated[T, "one of the enum's values, in any case"]
"""`OneOf[Status]`: an enum whose values are the wire's spellings."""
DayOut = Annotated[str, Meta(extra_json_schema={"format": "date-time-local", "examples": ["2025-01-27T00:00:00"]})]
"""A date as `day_text` writes it. What has no zone is not a `date-time` of JSON Schema."""
MomentOut = Annotated[
    str, Meta(extra_json_schema={"format": "date-time-local", "examples": ["2025-01-27T13:13:13.133"]})
]
"""A date and time as `local_text` writes it."""
