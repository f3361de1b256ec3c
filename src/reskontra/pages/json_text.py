"""JSON bodies as people read them: indented, digits as they were sent, a field at fault marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from markupsafe import Markup, escape

_DEPTH_MAX = 40

Path = Sequence[str | int]


def pretty(text: str, fault: Path | None = None) -> Markup:
    """`text` indented if it is JSON, else as it is; what `fault` leads to stands in a `mark`."""
    try:
        lines = list(_lines(text.strip().encode(), 0, "", "", fault))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return escape(text)
    return Markup("\n").join(lines)


def _lines(raw: bytes, depth: int, before: str, after: str, path: Path | None) -> Iterator[Markup]:
    """The lines of one value. `path` is the rest of the way to the fault; None if that lies elsewhere."""
    parts = _parts(raw) if depth < _DEPTH_MAX else []
    is_fault = path is not None and not path
    if not parts:
        yield _line(depth, f"{before}{raw.decode()}{after}", is_fault)
        return
    yield _line(depth, f"{before}{raw[:1].decode()}", is_fault)
    for number, (step, words, value) in enumerate(parts, 1):
        below = () if is_fault else path[1:] if path and path[0] == step else None
        yield from _lines(value, depth + 1, words, "," if number < len(parts) else "", below)
    yield _line(depth, f"{raw[-1:].decode()}{after}", is_fault)


def _parts(raw: bytes) -> list[tuple[str | int, str, bytes]]:
    """What an object or an array consists of: its step in a path, the words before it, the value as it was sent."""
    if raw[:1] == b"{":
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        return [(name, f"{msgspec.json.encode(name).decode()}: ", bytes(it).strip()) for name, it in fields.items()]
    if raw[:1] == b"[":
        values = msgspec.json.decode(raw, type=list[msgspec.Raw])
        return [(index, "", bytes(it).strip()) for index, it in enumerate(values)]
    msgspec.json.decode(raw)
    return []


def _line(depth: int, text: str, is_fault: bool) -> Markup:
    written = Markup("<mark>{}</mark>").format(text) if is_fault else escape(text)
    return escape("  " * depth) + written
