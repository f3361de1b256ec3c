"""What countries are called in each language, and the order of names in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from reskontra.pages.words import shipped

_LAST = {"nb": ("æä", "øö", "å"), "sv": ("å", "äæ", "öø")}
"""The letters after z, each with the one that stands for it in other languages."""


def country_name(language: str, name: str) -> str:
    """The country with this English name. A name that a company gave it itself stays as it is."""
    return _names().get(name, {}).get(language, name)


def by_name(language: str, named: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Codes with their names, in the order of the names in that language."""
    return sorted(named, key=lambda it: order(language, it[1]))


def order(language: str, text: str) -> tuple[tuple[int, ...], str]:
    """What a text is sorted by: other marks on letters do not count, nor do capitals."""
    last = {letter: ord("z") + at for at, letters in enumerate(_LAST.get(language, ()), 1) for letter in letters}
    return tuple(last.get(letter) or _plain(letter) for letter in text.lower()), text


def _plain(letter: str) -> int:
    return ord(unicodedata.normalize("NFD", letter)[0])


@cache
def _names() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = shipped("countries")
    return found
