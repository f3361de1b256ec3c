"""Oddities and choices of the API by operation, as docs/QUIRKS.md lists them.

That page is the source. `quirks.json` has its rows for a server, which has no docs beside it: `tools/write_coverage.py`
makes it, and `tests/wire/test_quirks.py` fails while it differs from the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

import msgspec

RECORDED = "quirks.json"
_GENERAL = ("all", "lists")


class Quirk(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `operations` are names with `*` for any rest, `all`, or `lists`; `text` has code between backticks."""

    text: str
    evidence: str
    operations: tuple[str, ...]

    @property
    def is_chosen(self) -> bool:
        """Whether it is our choice, wholly or in part; otherwise it is known from outside."""
        return "chosen" in self.evidence

    @property
    def is_general(self) -> bool:
        """Whether it is about the API as such, not about single operations."""
        return any(word in _GENERAL for word in self.operations)

    @property
    def parts(self) -> list[tuple[bool, str]]:
        """The text cut into plain text and code: (is code, text)."""
        return [(place % 2 == 1, part) for place, part in enumerate(self.text.split("`")) if part]


@cache
def quirks() -> tuple[Quirk, ...]:
    """All rows, in the page's order."""
    return msgspec.json.decode(files("reskontra.web").joinpath(RECORDED).read_bytes(), type=tuple[Quirk, ...])


@cache
def quirks_of(operation: str) -> tuple[Quirk, ...]:
    """The rows about this operation; what holds for all of them, or for all lists, is not among them."""
    return tuple(it for it in quirks() if any(fnmatchcase(operation, name) for name in it.operations))


def read_page(text: str) -> Iterable[Quirk]:
    """The rows of docs/QUIRKS.md. Raises `ValueError` for a row without five cells or with an unknown word."""
    words: dict[str, tuple[str, ...]] = {}
    table = ""
    for line in text.splitlines():
        if not line.startswith("| "):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if cells[0] in ("word", "quirk"):
            table = cells[0]
        elif table == "word":
            words[cells[0]] = tuple(re.findall(r"`([^`]+)`", cells[1]))
        else:
            if len(cells) != 5:
                raise ValueError(f"a row of docs/QUIRKS.md has five cells, the last says which operations: {line}")
            yield Quirk(text=cells[0], evidence=cells[1], operations=tuple(_operations(cells[4], words)))


def _operations(cell: str, words: dict[str, tuple[str, ...]]) -> Iterable[str]:
    for word in cell.split():
        if word.startswith("`"):
            yield word.strip("`")
        elif word in words:
            yield from words[word]
        elif word in _GENERAL:
            yield word
        else:
            raise ValueError(f"'{word}' is no word that docs/QUIRKS.md explains: put names of operations in backticks")


def written(found: Iterable[Quirk]) -> str:
    """The text of `quirks.json`: a row a line, so that two branches that add rows can be merged."""
    return "[\n" + ",\n".join(msgspec.json.encode(it).decode() for it in found) + "\n]\n"
