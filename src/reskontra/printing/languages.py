"""The languages of printed pages: how each writes figures and dates, its words for every page, and who gets it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from reskontra.yaml_file import read_shipped

ENGLISH = "en"
_HARD_BLANK = "\u00a0"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLabels:
    """The words that any page may need."""

    page: str
    of: str
    draft: str
    voided: str
    organisation_number: str
    vat_number: str
    registered_office: str
    phone: str
    account: str
    brought_forward: str
    carried_forward: str
    kid: str
    ocr: str
    rf: str
    payment_reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language by its ISO 639-1 code. `also` are codes that it stands in for, `countries` ISO 3166-1 codes."""

    code: str
    also: tuple[str, ...] = ()
    countries: tuple[str, ...]
    decimal_mark: str
    group_mark: str
    date_pattern: str
    labels: PageLabels

    def amount(self, amount: Decimal, decimals: int) -> str:
        """An amount with that many decimals, its digits in groups of three."""
        marks = {",": self.group_mark.replace(" ", _HARD_BLANK), ".": self.decimal_mark}
        return "".join(marks.get(character, character) for character in f"{amount:,.{decimals}f}")

    def money(self, amount: Decimal, currency_id: str, decimals: int) -> str:
        """An amount with its currency, without a line break between them."""
        return f"{self.amount(amount, decimals)}{_HARD_BLANK}{currency_id}"

    def day(self, day: date) -> str:
        """A date as it is written."""
        text = self.date_pattern.replace("yyyy", f"{day.year:04d}")
        return text.replace("mm", f"{day.month:02d}").replace("dd", f"{day.day:02d}")


@dataclass(frozen=True, slots=True)
class _Shipped:
    languages: tuple[Language, ...]


@cache
def shipped_languages() -> Mapping[str, Language]:
    """The languages that ship with the program, by code."""
    return {
        language.code: language for language in read_shipped("reskontra.printing", "languages.yaml", _Shipped).languages
    }


def language_of(locale: str | None, country_id: str, more: Container[str] = ()) -> str:
    """The code of somebody's language: by locale, else by country; English if neither says one.

    A locale is a code with or without a country: `nb`, `nb-NO`, `nb_NO`. `more` are codes of languages that do not ship
    and that the caller has words in.
    """
    languages = shipped_languages().values()
    wanted = (locale or "").replace("_", "-").partition("-")[0].lower()
    by_locale = next((it.code for it in languages if wanted == it.code or wanted in it.also), None)
    if by_locale is not None:
        return by_locale
    if wanted in more:
        return wanted
    return next((it.code for it in languages if country_id.upper() in it.countries), ENGLISH)
