"""Reads a YAML file into dataclasses. Each fault names its line, its value and what would pass.

The dataclasses are the schema: an attribute is a key, one without a default is required, and no other key is
allowed. Types decide how a value is read, not YAML's own guesses: `NO` is the country and not false, `002001` keeps
its zeros, `10.50` stays exact. Blocks, lists, comments and anchors are ordinary YAML.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any, Generic, NamedTuple, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reskontra.errors import Refused

T = TypeVar("T")
Path = tuple[str | int, ...]

Prose = NewType("Prose", str)
"""A text of several lines, without the blanks around it."""

Base64 = NewType("Base64", str)
"""A small file in base64, without blanks."""

LONGEST_TEXT = 255
LONGEST_BASE64 = 140_000
LONGEST_PROSE = 4000
_SHOWN = 60

_NULLS = ("", "~", "null", "Null", "NULL")
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,8})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_BASE64 = re.compile(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


class Month(NamedTuple):
    """A calendar month, written `2020-01`."""

    year: int
    month: int


class Place(NamedTuple):
    """A position in the file; both numbers count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a file: the `path` of keys and list positions, the value there, and what would pass."""

    path: Path
    place: Place
    value: object
    hint: str


class FileFaults(Refused):
    """A file that cannot be used. The reason has a line per fault: `file:line:column: path 'value': what would do`."""

    def __init__(self, file: str, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.place)
        super().__init__("\n".join(_sentence(file, fault) for fault in self.faults))


@dataclass(frozen=True, slots=True)
class Given:
    """The keys that a file gives for an object of a `kind`, perhaps not all; nested objects are `Given` too."""

    kind: type
    path: Path
    values: Mapping[str, Any]

    @property
    def missing(self) -> list[str]:
        """The keys that must be given before an object can be made of this."""
        return [key for key, attribute in _keys(self.kind).items() if attribute.required and key not in self.values]


class YamlFile(Generic[T]):
    """What was read, and the place of each of its parts."""

    def __init__(self, name: str, content: T, places: dict[Path, Place]) -> None:
        self.name = name
        self.content = content
        self._places = places

    def fault(self, path: Path, value: object, hint: str) -> Fault:
        """A fault found later at `path`, or at the nearest part around it that is in the file."""
        return Fault(path, self.place(path), value, hint)

    def place(self, path: Path) -> Place:
        """The place of `path`, or of the nearest part around it that is in the file."""
        while path not in self._places:
            path = path[:-1]
        return self._places[path]


def read_yaml(text: str, name: str, kind: type[T]) -> YamlFile[T]:
    """Read a file of one `kind`; `name` is for messages. Raises `FileFaults` with every fault of form in it."""
    reader = _Reader()
    content = reader.read(_compose(text, name), kind, ())
    if reader.faults:
        raise FileFaults(name, reader.faults)
    return YamlFile(name, content, reader.places)


def read_shipped(folder: str, name: str, kind: type[T]) -> T:
    """The content of a file of one `kind` that ships in a `folder`, named as a package."""
    return read_yaml((files(folder) / name).read_text(encoding="utf-8"), name, kind).content


def read_partial_yaml(text: str, name: str, kind: type) -> YamlFile[Given]:
    """Read a file that may leave out keys: its own, those of its objects and those of the entries of its lists.

    The entries of a list within such an entry must be complete. Raises `FileFaults`.
    """
    reader = _Reader(partial=True)
    content = reader.read(_compose(text, name), kind, ())
    if reader.faults:
        raise FileFaults(name, reader.faults)
    return YamlFile(name, content, reader.places)


def _compose(text: str, name: str) -> Node:
    try:
        # Not the C loader: a deeply nested file crashes the whole process.
        node: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except RecursionError:
        raise FileFaults(name, [Fault((), Place(1, 1), None, "The file is nested too deeply.")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        raise FileFaults(name, [Fault((), place, None, f"This is not YAML: {problem}.")]) from None
    if node is None:
        raise FileFaults(name, [Fault((), Place(1, 1), None, "The file is empty.")])
    return node


class _Reader:
    """One pass over the nodes of a file. What `read` returns for a part with faults is never used."""

    def __init__(self, *, partial: bool = False) -> None:
        self._partial = partial
        self.faults: list[Fault] = []
        self.places: dict[Path, Place] = {}

    def read(self, node: Node, kind: Any, path: Path) -> Any:
        self.places[path] = _place(node)
        if get_origin(kind) in (Union, types.UnionType):
            if _is_null(node):
                return None
            (kind,) = (option for option in get_args(kind) if option is not type(None))
        if get_origin(kind) is tuple:
            return self._list(node, get_args(kind)[0], path)
        if is_dataclass(kind):
            return self._object(node, kind, path)
        return self._scalar(node, kind, path)

    def _list(self, node: Node, kind: Any, path: Path) -> Any:
        if not isinstance(node, SequenceNode):
            return self._fault(node, path, "Write a list.")
        return tuple(self.read(entry, kind, (*path, position)) for position, entry in enumerate(node.value))

    def _object(self, node: Node, kind: Any, path: Path) -> Any:
        keys = _keys(kind)
        known = f"Known keys: {', '.join(keys)}."
        if not isinstance(node, MappingNode):
            return self._fault(node, path, f"Write keys with values. {known}")
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key not in keys:
                self._fault(key_node, (*path, key), f"This key is unknown. {known}", value=None)
            elif key in values:
                first = self.places[(*path, key)].line
                self._fault(key_node, (*path, key), f"This key stands there twice, first in line {first}.", value=None)
            else:
                values[key] = self.read(value_node, keys[key].kind, (*path, key))
        if self._partial and not any(isinstance(part, int) for part in path[2:]):
            return Given(kind, path, values)
        missing = [key for key, attribute in keys.items() if attribute.required and key not in values]
        if missing:
            return self._fault(node, path, f"Add the missing {', '.join(missing)}.", value=None)
        return kind(**values)

    def _scalar(self, node: Node, kind: Any, path: Path) -> Any:
        if isinstance(kind, type) and issubclass(kind, Enum):
            parse: Callable[[str], Any] = kind
            hint = f"Write one of {', '.join(str(member.value) for member in kind)}."
        else:
            parse, hint = _SCALARS[kind]
        if not isinstance(node, ScalarNode) or (_is_null(node) and node.style is None):
            return self._fault(node, path, hint)
        try:
            return parse(node.value)
        except ValueError:
            return self._fault(node, path, hint)

    def _fault(self, node: Node, path: Path, hint: str, value: object = ...) -> None:
        shown = _shown(node) if value is ... else value
        self.faults.append(Fault(path, _place(node), shown, hint))


class _Key(NamedTuple):
    kind: Any
    required: bool


@cache
def _keys(kind: type) -> dict[str, _Key]:
    hints = get_type_hints(kind)
    return {
        attribute.name: _Key(
            hints[attribute.name], attribute.default is MISSING and attribute.default_factory is MISSING
        )
        for attribute in fields(kind)
    }


def _place(node: Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.style is None and node.value in _NULLS


def _shown(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return str(node.value)
    return "a list" if isinstance(node, SequenceNode) else "keys with values"


def _sentence(file: str, fault: Fault) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault.path).lstrip(".")
    value = f"{fault.value:f}" if isinstance(fault.value, Decimal) else str(fault.value)
    shown = "" if fault.value is None else f" '{value[:_SHOWN]}'"
    where = f"{file}:{fault.place.line}:{fault.place.column}:"
    return f"{where} {path}{shown}: {fault.hint}" if path else f"{where} {fault.hint}"


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise ValueError
    return text


def _prose(text: str) -> str:
    stripped = text.strip()
    if not 0 < len(stripped) <= LONGEST_PROSE or not stripped.replace("\n", "").isprintable():
        raise ValueError
    return stripped


def _base64(text: str) -> str:
    whole = "".join(text.split())
    if not 0 < len(whole) <= LONGEST_BASE64:
        raise ValueError
    return _matched(whole, _BASE64)


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[_one_of(text, ("true", "false"))]


def _one_of(text: str, options: tuple[str, ...]) -> str:
    if text not in options:
        raise ValueError
    return text


def _matched(text: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(text):
        raise ValueError
    return text


def _month(text: str) -> Month:
    year, month = _matched(text, _MONTH).split("-")
    return Month(max(int(year), 1), int(month))


_SCALARS: dict[Any, tuple[Callable[[str], Any], str]] = {
    str: (_text, f"Write a text of at most {LONGEST_TEXT} printable characters."),
    Prose: (_prose, f"Write a text of 1 to {LONGEST_PROSE} printable characters, which may have several lines."),
    Base64: (_base64, f"Write a file in base64, at most {LONGEST_BASE64} characters of it."),
    bool: (_flag, "Write true or false."),
    int: (lambda text: int(_matched(text, _WHOLE)), "Write a whole number."),
    Decimal: (lambda text: Decimal(_matched(text, _DECIMAL)), "Write a number with a point and at most 8 decimals."),
    date: (lambda text: date.fromisoformat(_matched(text, _DATE)), "Write a date like 2025-01-31."),
    Month: (_month, "Write a month like 2025-01."),
}
