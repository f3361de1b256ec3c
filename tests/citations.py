"""Which rules, invariants and notes the files of the repository cite: in prose, not in what the program computes with.

Prose is a comment, a docstring, or a page of Markdown. An account `D1` in a test's data is no citation.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "docs" / "RULES.md"
MIGRATIONS = ROOT / "src" / "reskontra" / "db" / "migrations"
FOLDERS = ("src", "tests", "bench", "docs", "tools", ".ci")

NOT_SERVED = "Not served yet."
_RULE = re.compile(rf"^- \*\*([A-Z]+-?\d+[a-z]?)\*\* (\*{re.escape(NOT_SERVED)}\* )?(\S.*)$")
# What looks like an id and is none: an encoding, and the shorthand of tests/rules/test_terms.py.
_OTHER = {"UTF-16", "N30"}
# Terms, groups and rules of EN 16931 (BT, BG, BR) are that standard's.
_ID = re.compile(r"(?<![\w-])((?!B[TGR]-)[A-Z]{2,5}-\d{2}[a-z]?|[A-Z]\d{1,2})(?![\w-]|:\d)")
_RANGE = re.compile(r"(?<![\w-])([A-Z]{1,5}-?)(\d{1,2})\s+to\s+\1(\d{1,2})(?![\w-])")
_INVARIANTS = re.compile(r"\b[Ii]nvariants?\s+(\d+(?:(?:,\s+|\s+and\s+|\s+to\s+)\d+)*)")
# The line above a query of selfcheck.sql.
_QUERY_INVARIANTS = re.compile(r"^(\d+(?:, \d+)*)$", re.MULTILINE)
_INVARIANT_ROW = re.compile(r"^\| (\d+(?:, \d+)*) \|", re.MULTILINE)
NOTES = re.compile(r"\b(?:ledger|wire|payments|decisions)\.md\b|\.\./shared\b")

_COMMENT_SIGNS = {
    ".sql": "--", ".lua": "--", ".mjs": "//", ".typ": "//", ".toml": "#", ".yaml": "#", "": "#",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of the book of rules."""

    text: str
    served: bool


def files() -> Iterator[Path]:
    """What a person wrote, without the book of rules itself."""
    found = [*ROOT.glob("*"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    return (path for path in sorted(found) if path.is_file() and "__pycache__" not in path.parts and path != BOOK)


def text_of(path: Path) -> str | None:
    """The text of a file, None when it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def rules_in(page: str) -> dict[str, Rule]:
    """The rules of a book by id. Raises `ValueError` for an id that stands there twice or a line out of form."""
    book: dict[str, Rule] = {}
    for line in page.splitlines():
        if not line.startswith("- **"):
            continue
        match = _RULE.match(line)
        if match is None or match[1] in book:
            raise ValueError(line)
        book[match[1]] = Rule(match[3], served=match[2] is None)
    return book


@cache
def prose(suffix: str, text: str) -> list[str]:
    """The comments (neighbouring lines as one) and docstrings of a file with that suffix, without their signs."""
    if suffix == ".md":
        return [text]
    if suffix == ".py":
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments = [(token.start[0], token.string.lstrip("# ")) for token in tokens if token.type == tokenize.COMMENT]
        statements = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr))
        constants = (node.value for node in statements if isinstance(node, ast.Constant))
        return [*_joined(comments), *(value for value in constants if isinstance(value, str))]
    if suffix not in _COMMENT_SIGNS:
        return []
    sign = _COMMENT_SIGNS[suffix]
    lines = ((number, line.partition(sign)) for number, line in enumerate(text.splitlines()))
    return list(_joined([(number, comment.strip()) for number, (_, found, comment) in lines if found]))


def _joined(comments: list[tuple[int, str]]) -> Iterator[str]:
    for _, block in groupby(enumerate(comments), key=lambda entry: entry[1][0] - entry[0]):
        yield "\n".join(text for _, (_, text) in block)


def ids_in(text: str) -> set[str]:
    """The rules that a piece of prose cites; `VAT-01 to VAT-04` cites four."""
    ids = set(_ID.findall(text))
    for family, first, last in _RANGE.findall(text):
        ids |= {f"{family}{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)}
    return ids - _OTHER


def invariants_in(path: Path, text: str) -> set[int]:
    """The invariants that a file cites; `invariants 7 to 9 and 23` are four."""
    pieces = prose(path.suffix, text)
    said = [match for piece in pieces for match in _INVARIANTS.findall(piece)]
    if path.name == "selfcheck.sql":
        said += [match for piece in pieces for match in _QUERY_INVARIANTS.findall(piece)]
    return {number for numbers in said for number in _numbers(numbers)}


def invariants_listed(page: str) -> set[int]:
    """The invariants that have a row in a table of the page."""
    return {number for numbers in _INVARIANT_ROW.findall(page) for number in _numbers(numbers)}


def _numbers(said: str) -> Iterator[int]:
    words = re.findall(r"\d+|to", said)
    for position, word in enumerate(words):
        if word == "to":
            yield from range(int(words[position - 1]), int(words[position + 1]))
        else:
            yield int(word)


@cache
def rules() -> dict[str, Rule]:
    """The book of rules."""
    return rules_in(BOOK.read_text(encoding="utf-8"))


@cache
def citations() -> dict[str, list[tuple[Path, str]]]:
    """Rule -> where it is cited: the file, and the comment, docstring or page."""
    found: dict[str, list[tuple[Path, str]]] = {}
    for path in files():
        text = text_of(path)
        for piece in prose(path.suffix, text) if text else ():
            for rule_id in ids_in(piece):
                found.setdefault(rule_id, []).append((path.relative_to(ROOT), piece))
    return found


def unknown(cited: dict[str, list[tuple[Path, str]]], book: dict[str, Rule]) -> list[str]:
    """What is cited and stands in no line of the book."""
    return sorted(f"{rule_id} in {cited[rule_id][0][0]}" for rule_id in cited.keys() - book.keys())


def idle(cited: dict[str, list[tuple[Path, str]]], book: dict[str, Rule]) -> list[str]:
    """Rules that are said to be served and that nothing cites."""
    return sorted(rule_id for rule_id, rule in book.items() if rule.served and rule_id not in cited)


def premature(cited: dict[str, list[tuple[Path, str]]], book: dict[str, Rule]) -> list[str]:
    """Rules that are not served yet, cited by code or tests in words that do not say so."""
    return sorted(
        f"{rule_id} in {path}"
        for rule_id, places in cited.items()
        for path, piece in places
        if rule_id in book and not book[rule_id].served
        if path.parts[0] in ("src", "tests") and "not served" not in piece.lower()
    )
