"""A body that was refused, with the field at fault as the refusal says that it would pass.

Only what the refusal or an example of the operation tells is written. The rest of the body stays as it was sent.
"""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]

_WRAPPER = "value"
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Fault:
    """What a refusal says: the sentence that was answered, and in it what would pass, which field is at fault (the
    contract's names and positions) and what was sent there."""

    sentence: str
    hint: str
    field: Path = ()
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """`body` would pass as far as this fault goes: `value` stands at `path`, whose names are as they were sent."""

    body: Any
    path: Path
    value: Any


def place_of(body: Any, field: Sequence[str | int]) -> Path | None:
    """Where a field stands in a body, with the names as they were sent and without the wrapper; None if it does not."""
    path: list[str | int] = []
    for step in field:
        body, into = _inside(body)
        path += into
        if isinstance(step, int):
            if not isinstance(body, list) or not 0 <= step < len(body):
                return None
            path.append(step)
            body = body[step]
        else:
            name = _name_in(body, step)
            if name is None:
                return None
            path.append(name)
            body = body[name]
    return tuple(path)


def corrected(body: Any, fault: Fault, example: Any = None) -> Correction | None:
    """The body with another value at the field of the fault. None if neither the refusal nor the example tells one.

    `example` is a body of the same operation that passes.
    """
    if not fault.field:
        return None
    value = _told(fault, example)
    if value is _NOTHING:
        return None
    path = place_of(body, fault.field)
    changed = copy.deepcopy(body)
    if path is not None:
        _put(changed, path, value)
        return Correction(changed, path, value)
    above = place_of(changed, fault.field[:-1])
    last = fault.field[-1]
    if above is None or not isinstance(last, str):
        return None
    parent, into = _inside(_at(changed, above))
    if not isinstance(parent, dict):
        return None
    parent[last] = {_WRAPPER: value} if _is_wrapped(example, fault.field) else value
    return Correction(changed, (*above, *into, last), value)


def _told(fault: Fault, example: Any) -> Any:
    for pattern, read in _HINTS:
        match = pattern.search(fault.hint)
        if match is not None:
            value = read(match, fault.value or "")
            if value is not _NOTHING:
                return value
    return _from_example(example, fault.field)


def _one_of(match: re.Match[str], sent: str) -> Any:
    words = [word.strip() for word in re.split(r",| or ", match["words"]) if word.strip()]
    by_lower = {word.lower(): word for word in words}
    near = difflib.get_close_matches(sent.lower(), by_lower, n=1, cutoff=0.0)
    return by_lower[near[0]] if near else words[0]


def _number(match: re.Match[str], sent: str) -> Any:
    text = match["number"]
    return float(text) if "." in text else int(text)


def _shortened(match: re.Match[str], sent: str) -> Any:
    return sent[: int(match["limit"])]


_HINTS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str], Any]], ...] = (
    (re.compile(r"Send one of: (?P<words>[^.]+)\."), _one_of),
    (re.compile(r"Send true or false\."), lambda match, sent: sent.strip().lower() in ("yes", "y", "on", "1.0")),
    (re.compile(r"Send a whole number from (?P<number>-?\d+) to "), _number),
    (re.compile(r"number, for example (?P<number>-?\d+(?:\.\d+)?)"), _number),
    (re.compile(r"[Ff]or example \"(?P<text>[^\"]*)\""), lambda match, sent: sent or match["text"]),
    (re.compile(r"(?:such as|for example|like) (?P<day>\d{4}-\d\d-\d\d)"), lambda match, sent: match["day"]),
    (re.compile(r"At most (?P<limit>\d+) characters fit"), _shortened),
)
"""What hints say, and the value that would pass by them."""


def _from_example(example: Any, field: Path) -> Any:
    """The value of the field in the example; of a list, its first row stands for all."""
    for step in field:
        example, _ = _inside(example)
        if isinstance(step, int):
            if not isinstance(example, list) or not example:
                return _NOTHING
            example = example[0]
        else:
            name = _name_in(example, step)
            if name is None:
                return _NOTHING
            example = example[name]
    value, _ = _inside(example)
    return _NOTHING if isinstance(value, dict | list) or value is None else value


def _is_wrapped(example: Any, field: Path) -> bool:
    """Whether the example wraps the field; most fields are wrapped, so it counts as wrapped if the example lacks it."""
    for step in field:
        example, _ = _inside(example)
        if isinstance(step, int):
            example = example[0] if isinstance(example, list) and example else None
        else:
            name = _name_in(example, step)
            example = example[name] if name is not None else {_WRAPPER: None}
    return isinstance(example, dict)


def _inside(body: Any) -> tuple[Any, tuple[str, ...]]:
    """What a wrapper holds, and the name that leads into it; anything else as it is."""
    if isinstance(body, dict) and len(body) == 1:
        ((name, value),) = body.items()
        if name.lower() == _WRAPPER:
            return value, (name,)
    return body, ()


def _name_in(body: Any, step: str) -> str | None:
    if not isinstance(body, dict):
        return None
    return next((name for name in body if name.lower() == step.lower()), None)


def _at(body: Any, path: Path) -> Any:
    for step in path:
        body = body[step]
    return body


def _put(body: Any, path: Path, value: Any) -> None:
    """Write a value at a path, into the wrapper if there is one."""
    holder = _at(body, path[:-1])
    _, into = _inside(holder[path[-1]])
    if into:
        holder[path[-1]][into[0]] = value
    else:
        holder[path[-1]] = value
