"""How pages write figures, dates and states."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from reskontra.errors import Malformed
from reskontra.pages.countries import country_name
from reskontra.pages.words import say
from reskontra.printing.languages import shipped_languages

_MINUS = "\u2212"
_MARKS = {"en": (".", ","), "nb": (",", "."), "sv": (",", ".")}
"""Language -> the mark before its decimals, and the other one, which may group thousands."""

_BLANKS = str.maketrans(dict.fromkeys(" \xa0\u202f", "") | {_MINUS: "-"})
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


class Mistyped(Malformed):
    """A refusal by a page: its sentence is in the person's language, and its field is shown with it."""


@dataclass(frozen=True, slots=True)
class Formats:
    """The ways of one language and one company's time zone."""

    language: str
    zone: tzinfo = UTC

    def say(self, sentence: str, /, **values: object) -> str:
        """A sentence of ours in the person's language."""
        return say(self.language, sentence, **values)

    def each(self, names: str | None, words: Mapping[str, str] = {}) -> str:
        """What people call each of the names of the API that a filter lists, by `words` if they have others."""
        return ", ".join(self.say(words.get(name, name)) for name in (names or "").split(",") if name)

    def amount(self, amount: Decimal | None, decimals: int = 2) -> str:
        """`1 234,50` in nb and sv, `1,234.50` in en, with a true minus; empty for None."""
        if amount is None:
            return ""
        text = shipped_languages()[self.language].amount(abs(amount), decimals)
        is_negative = amount < 0 and any(digit in text for digit in "123456789")
        return f"{_MINUS}{text}" if is_negative else text

    def number(self, number: Decimal | int | None) -> str:
        """A quantity, a rate or a count with as many decimals as it has."""
        if number is None:
            return ""
        plain = Decimal(number).normalize()
        exponent = plain.as_tuple().exponent
        return self.amount(plain, max(0, -exponent) if isinstance(exponent, int) else 0)

    def price(self, price: Decimal | None) -> str:
        """A price of one with as many decimals as it has, at least two; empty for None."""
        if price is None:
            return ""
        exponent = price.normalize().as_tuple().exponent
        return self.amount(price, max(2, -exponent) if isinstance(exponent, int) else 2)

    def day(self, day: date | datetime | None) -> str:
        """A date in ISO form; empty for None."""
        if day is None:
            return ""
        return f"{day:%Y-%m-%d}"

    def moment(self, moment: datetime | None) -> str:
        """A moment to the minute, in the company's time zone; one without a zone is in it already."""
        if moment is None:
            return ""
        local = moment.astimezone(self.zone) if moment.tzinfo else moment
        return f"{local:%Y-%m-%d %H:%M}"

    def country(self, name: str) -> str:
        """A country by its English name."""
        return country_name(self.language, name)

    def month(self, period: str) -> str:
        """A financial period such as 202503 as `2025-03`."""
        return f"{period[:4]}-{period[4:]}" if len(period) == 6 and period.isdigit() else period


def readings(text: str, language: str) -> tuple[str, ...]:
    """A number as a person of that language types it, as the wire has it: `1234.5`. What is none stays as it is.

    The language's own mark is before decimals. The other one groups thousands, or is before decimals where it cannot
    group. `1.000` in Norwegian and `1,000` in English are read both ways, thousands first.
    """
    decimal, other = _MARKS[language]
    bare = text.strip().translate(_BLANKS)
    if bare.count(other) == 1 and decimal not in bare:
        part = bare.replace(other, ".")
        return (bare.replace(other, ""), part) if _AMBIGUOUS.fullmatch(bare) else (part,)
    if bare.rfind(other) > bare.rfind(decimal) and bare.count(other) == 1:
        decimal, other = other, decimal  # both stand in it, so it is in the manner of another language
    grouped = rf"[+-]?\d{{1,3}}(\{other}\d{{3}})+(\{decimal}\d*)?"
    if re.fullmatch(grouped, bare):
        bare = bare.replace(other, "")
    return (bare if other in bare else bare.replace(decimal, "."),)


def plain_number(text: str, language: str, *field: str | int) -> str:
    """The number in `readings`. Raises `Mistyped` for `field` if there are two."""
    found = readings(text, language)
    if len(found) == 1:
        return found[0]
    whole, part = (it.replace(".", _MARKS[language][0]) for it in found)
    sentence = "'{text}' can be read as {whole} or as {part}. Type one of the two."
    raise Mistyped(say(language, sentence, text=text.strip(), whole=whole, part=part), field=field)


def typed_number(number: Decimal | None, language: str) -> str:
    """A number as a person would type it."""
    if number is None:
        return ""
    plain = format(number.normalize(), "f")
    return plain if language == "en" else plain.replace(".", ",")
