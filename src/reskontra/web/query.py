"""Query strings as clients send them: any letter case, raw operators, unknown names.

Sources: W11, W22. An unknown parameter is ignored, and an empty one counts as not sent. A value that a known parameter
cannot take is `Malformed`, which names the parameter; so are two values where it takes one.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from reskontra.errors import Malformed
from reskontra.web.contract import Parameter
from reskontra.web.scalars import Unfit, read_moment, shown

D = TypeVar("D", datetime, date)
E = TypeVar("E", bound=enum.Enum)

_TRUE = frozenset({"true", "1"})
_FALSE = frozenset({"false", "0"})
_OPERATORS = {">": ">", "<": "<", ">=": ">=", "=>": ">=", "<=": "<=", "=<": "<="}
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_LOST_PLUS = re.compile(r"(?<=\d) (?=\d{2}:?\d{2}$)", re.ASCII)
_INT4_MAX = 2**31 - 1
_WHOLE_LENGTH = 19  # zeros in front are let pass, but not thousands of digits
_NUMBER_LENGTH, _NUMBER_EXPONENTS = 30, range(-9, 10)
_NAMES_MAX, _VALUES_MAX = 20, 200


@dataclass(frozen=True, slots=True)
class Comparison(Generic[D]):
    """`<column> <operator> <value>`; the operator is one of `>`, `<`, `>=`, `<=` and safe to put into SQL."""

    operator: str
    value: D


class Query:
    """The parameters of one request. `declared` are those of the operation, `zone` is the company's."""

    __slots__ = ("_ambiguous", "_declared", "_raw", "_values", "zone")

    def __init__(self, raw: bytes, declared: Iterable[str] = (), zone: ZoneInfo | None = None) -> None:
        """`declared`: the operation's parameter names in lower case."""
        self._raw = raw
        self._values: dict[str, str] = {}
        self._ambiguous: set[str] = set()
        for name, value in _pairs(raw) if raw else ():
            known = self._values.get(name)
            if known and value and known != value:
                self._ambiguous.add(name)
            self._values[name] = known or value
        self._declared = declared if isinstance(declared, (set, frozenset)) else frozenset(declared)
        self.zone = zone or ZoneInfo("UTC")

    @property
    def names(self) -> list[str]:
        """All parameters that were sent, in lower case, known or not."""
        return list(self._values)

    def raw(self, name: str) -> str:
        """The value as it was sent, unread; empty if none was."""
        return self._values.get(name.lower(), "")

    def declares(self, name: str) -> bool:
        """Whether the operation has this parameter at all."""
        return name.lower() in self._declared

    def idle(self) -> list[str]:
        """Of the parameters that the operation has, those sent in vain: a date without a usable condition, and a
        condition without a date (W22)."""
        found: list[str] = []
        for name in sorted(self._declared):
            condition = f"{name}condition"
            if condition in self._declared:
                sent = [part for part in (name, condition) if self.raw(part)]
                if len(sent) == 1 or (sent and "".join(self.raw(condition).split()) not in _OPERATORS):
                    found += sent
        return found

    def text(self, name: str) -> str | None:
        """The value as sent, or None."""
        value = self._values.get(name.lower())
        if not value:
            return None
        if name.lower() in self._ambiguous:
            raise Malformed(f"The parameter {name} was sent with more than one value.", hint="Send it once.")
        if "\x00" in value or not _is_text(value):
            raise Malformed(
                f"The value of the parameter {name} is not text.", hint="Send UTF-8, percent-encoded, without NUL."
            )
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """true/false or 1/0 in any case."""
        value = self.text(name)
        if value is None:
            return default
        word = value.strip().lower()
        if word not in _TRUE and word not in _FALSE:
            raise _unfit(name, value, "Send true or false.")
        return word in _TRUE

    def integer(self, name: str, *, least: int = -_INT4_MAX) -> int | None:
        """A whole number that fits 32 bits, and is not below `least`."""
        value = self.text(name)
        if value is None:
            return None
        digits = value.strip()
        if not _WHOLE.fullmatch(digits):
            raise _unfit(name, value, "Send a whole number.")
        if len(digits) > _WHOLE_LENGTH or abs(int(digits)) > _INT4_MAX:
            raise _unfit(name, value, f"Send a whole number from {least} to {_INT4_MAX}.")
        if int(digits) < least:
            raise _unfit(name, value, f"Send {least} or more.")
        return int(digits)

    def number(self, name: str) -> Decimal | None:
        """A number of the size that amounts and rates have."""
        value = self.text(name)
        if value is None:
            return None
        try:
            number = Decimal(value) if len(value) <= _NUMBER_LENGTH else None
        except InvalidOperation:
            number = None
        if number is None or not number.is_finite() or number.adjusted() not in _NUMBER_EXPONENTS:
            raise _unfit(name, value, "Send a number.")
        return number

    def choice(self, name: str, choices: type[E]) -> E | None:
        """A member of `choices` by its value, in any case."""
        value = self.text(name)
        if value is None:
            return None
        return _member(name, value, choices)

    def choices(self, name: str, choices: type[E]) -> list[E] | None:
        """Members of `choices`, sent one by one (`types=A&types=B`, `types[0]=A`) or with commas; None when none is."""
        sent = [value for key, value in _pairs(self._raw) if key.partition("[")[0] == name.lower()]
        words = [word for value in sent for word in value.split(",") if word.strip()]
        return list(dict.fromkeys(_member(name, word, choices) for word in words)) or None

    def values_by_name(self, name: str) -> dict[str, list[str]]:
        """`{"COLOUR":"red,blue"}`: name -> values, one of which must match; the whole text is also one of them.

        No name comes twice, in whatever letter case. There are at most 20 names with 200 values in all, as every row of
        the list may have to be compared with each of them.
        """
        text = self.text(name)
        if text is None:
            return {}
        try:
            sent = json.loads(text, object_pairs_hook=_Pairs)
        except (ValueError, RecursionError):
            sent = None
        if not isinstance(sent, _Pairs) or not all(_is_storable(part) for pair in sent for part in pair):
            raise _unfit(name, text, 'Send a JSON object such as {"COLOUR":"red,blue"}.')
        if len({key.lower() for key, _ in sent}) < len(sent):
            raise _unfit(name, text, "Send each name once, with its values after commas.")
        found = {key: list(dict.fromkeys((value, *map(str.strip, value.split(","))))) for key, value in sent}
        if len(found) > _NAMES_MAX or sum(map(len, found.values())) > _VALUES_MAX:
            raise _unfit(name, text, f"At most {_NAMES_MAX} names with {_VALUES_MAX} values in all can be asked for.")
        return found

    def moment(self, name: str) -> Comparison[datetime] | None:
        """The filter on a moment (UTC, aware), or None if there is nothing to filter.

        Without a zone the company's is meant. The pair rule: if the operation declares `<name>Condition`, a date
        without a usable condition filters nothing; if it declares none, `>=` is meant.
        """
        operator = self._operator(name)
        value = self.text(name)
        if operator is None or value is None:
            return None
        return Comparison(operator, in_utc(_read(name, value), self.zone))

    def since(self, name: str) -> Comparison[datetime] | None:
        """At or after a moment (UTC, aware). Without a zone the company's is meant."""
        value = self.text(name)
        return None if value is None else Comparison(">=", in_utc(_read(name, value), self.zone))

    def until(self, name: str) -> Comparison[datetime] | None:
        """At or before a moment; a date alone means its whole day."""
        value = self.text(name)
        if value is None:
            return None
        moment = _read(name, value)
        if ":" in value or moment.date() == date.max:
            return Comparison("<=", in_utc(moment, self.zone))
        return Comparison("<", in_utc(moment + timedelta(days=1), self.zone))

    def day(self, name: str) -> Comparison[date] | None:
        """The filter on a date: the date part as written. The pair rule is that of `moment`."""
        operator = self._operator(name)
        value = self.text(name)
        if operator is None or value is None:
            return None
        return Comparison(operator, _read(name, value).date())

    def _operator(self, name: str) -> str | None:
        condition = f"{name}Condition"
        if not self.declares(condition):
            return ">="
        return _OPERATORS.get("".join((self.text(condition) or "").split()))


def in_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    """`moment` in UTC, read in `zone` if it has none; the ends of the calendar stay within it."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC)
    except OverflowError:  # .NET's DateTime.MinValue, 0001-01-01, is an hour before the calendar begins in UTC
        return moment.replace(tzinfo=UTC)


def declared_names(parameters: Iterable[Parameter]) -> frozenset[str]:
    """The names of `parameters` as `Query` wants them."""
    return frozenset(parameter.name.lower() for parameter in parameters)


class _Pairs(list[tuple[str, Any]]):
    """A JSON object, with what it holds twice."""


def _pairs(raw: bytes) -> Iterator[tuple[str, str]]:
    for pair in raw.split(b"&"):
        name, _, value = pair.partition(b"=")
        if name:
            yield _decoded(name).strip().lower(), _decoded(value)


def _member(name: str, value: str, choices: type[E]) -> E:
    wanted = value.strip().lower()
    for member in choices:
        if str(member.value).lower() == wanted:
            return member
    try:
        return choices(value)  # the enum's own `_missing_` may know another spelling
    except ValueError:
        pass
    raise _unfit(name, value, f"Send one of: {', '.join(str(member.value) for member in choices)}.")


def _decoded(raw: bytes) -> str:
    if b"+" in raw or b"%" in raw:
        raw = unquote_to_bytes(raw.replace(b"+", b" "))
    return raw.decode("utf-8", "surrogateescape")


def _is_storable(part: object) -> bool:
    return isinstance(part, str) and "\x00" not in part and _is_text(part)


def _is_text(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _read(name: str, value: str) -> datetime:
    try:
        return read_moment(_LOST_PLUS.sub("+", value.strip()) if ":" in value[:16] else value)
    except Unfit as unfit:
        raise _unfit(name, value, unfit.hint) from None


def _unfit(name: str, value: str, hint: str) -> Malformed:
    return Malformed(f"'{shown(value)}' is not a value that the parameter {name} takes.", hint=hint)
