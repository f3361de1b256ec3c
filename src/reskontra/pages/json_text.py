"""JSON bodies as people read them: indented, digits as they were sent, a field at fault marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import msgspec
from markupsafe import Markup, escape

_DEPTH_MAX = 40

Path = Sequence[str | int]


_WRAPPER = "value"
_NOTHING = Markup()


def pretty(text: str, fault: Path | None = None, explained: str = "", unknown: Sequence[str] = ()) -> Markup:
    """`text` indented if it is JSON, else as it is; what `fault` leads to stands in a `mark`.

    `explained` is the address of a page that explains fields: names become links to it, except those in `unknown`
    (`invoiceLines[0].nonsense`).
    """
    book = _Book(explained, frozenset(unknown)) if explained else None
    try:
        lines = list(_lines(text.strip().encode(), _Place(path=fault), book))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return escape(text)
    return Markup("\n").join(lines)


@dataclass(frozen=True, slots=True)
class _Book:
    """Where fields are explained, and which ones are not."""

    address: str
    unknown: frozenset[str]

    def named(self, name: str, where: str) -> Markup:
        """A name as a link to what explains it."""
        fields = re.sub(r"\[\d+\]", "", where).lower()
        quoted = _quoted(name)
        if name.lower() == _WRAPPER or where in self.unknown:
            return escape(quoted)
        return Markup('<a href="{}#field-{}">{}</a>').format(self.address, quote(fields), quoted)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands: how deep, what is written before and after it, the rest of the way to the fault (None if
    that lies elsewhere), and the way to here as fields are called in sentences."""

    depth: int = 0
    before: Markup = _NOTHING
    after: str = ""
    path: Path | None = None
    where: str = ""


def _lines(raw: bytes, at: _Place, book: _Book | None) -> Iterator[Markup]:
    """The lines of one value."""
    parts = _parts(raw) if at.depth < _DEPTH_MAX else []
    path = at.path
    is_fault = path is not None and not path
    if not parts:
        yield _line(at.depth, at.before + escape(f"{raw.decode()}{at.after}"), is_fault)
        return
    yield _line(at.depth, at.before + escape(raw[:1].decode()), is_fault)
    for number, (step, value) in enumerate(parts, 1):
        below = () if is_fault else path[1:] if path and path[0] == step else None
        comma = "," if number < len(parts) else ""
        if isinstance(step, int):
            before, there = Markup(), f"{at.where}[{step}]"
        else:
            there = at.where if step.lower() == _WRAPPER else f"{at.where}.{step}".lstrip(".")
            before = (book.named(step, there) if book else escape(_quoted(step))) + ": "
        yield from _lines(value, _Place(at.depth + 1, before, comma, below, there), book)
    yield _line(at.depth, escape(f"{raw[-1:].decode()}{at.after}"), is_fault)


def _quoted(name: str) -> str:
    return msgspec.json.encode(name).decode()


def _parts(raw: bytes) -> list[tuple[str | int, bytes]]:
    """What an object or an array consists of: its step in a path, the value as it was sent."""
    if raw[:1] == b"{":
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        return [(name, bytes(it).strip()) for name, it in fields.items()]
    if raw[:1] == b"[":
        values = msgspec.json.decode(raw, type=list[msgspec.Raw])
        return [(index, bytes(it).strip()) for index, it in enumerate(values)]
    msgspec.json.decode(raw)
    return []


def _line(depth: int, text: Markup, is_fault: bool) -> Markup:
    written = Markup("<mark>{}</mark>").format(text) if is_fault else text
    return escape("  " * depth) + written
