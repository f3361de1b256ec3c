"""The struct classes that rooms build bodies and answers from, and the plan of each.

A plan lists what a struct holds, once per class: our attribute names, the wire's names, and how each value is
read and checked. Decoding, `changes`, error paths and the OpenAPI document all follow it.
"""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

T = TypeVar("T")


class V(msgspec.Struct, Generic[T], forbid_unknown_fields=True):
    """The wire's wrapper: `{"value": x}`. `{"value": null}` clears the field, `{}` counts as not sent."""

    value: T | UnsetType | None = UNSET


Sent: TypeAlias = V[T] | UnsetType | None
"""A wrapped field of a body: absent (`UNSET`) or null is "not supplied", `{"value": null}` is "clear it"."""


class Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What a request may hold. Unknown names are ignored, although they force the careful path."""

    refuses_unknown: typing.ClassVar[bool] = False
    """Whether unknown names are refused: set it where ignoring one would do more than was asked for."""

    needed_in_post: typing.ClassVar[frozenset[str]] = frozenset()
    """The attributes without which a POST is refused. A PUT of the same body can do without them."""

    other_names: typing.ClassVar[typing.Mapping[str, str]] = {}
    """More names of fields: wire name -> attribute. A body may use either name of a field, but not both."""

    refused_names: typing.ClassVar[typing.Mapping[str, str]] = {}
    """Names that are no fields here but are elsewhere: wire name -> why a value is refused. Passing over it would cost
    its sender money. A value that says nothing (null, 0, false, empty) is ignored like other unknown names."""

    sums: typing.ClassVar[frozenset[str]] = frozenset()
    """The attributes of lists of which answers show the sum under the same name. A body may repeat that number, which
    is a `Decimal` in the list's place; the room judges whether it is the sum."""


class Answer(msgspec.Struct, kw_only=True, omit_defaults=True, rename="camel"):
    """What an answer holds; a field at its default (None) is left out, as the real API does."""


def sent(name: str) -> Any:
    """A body field that may be absent and is called `name` on the wire."""
    return msgspec.field(default=UNSET, name=name)


class Kind(enum.Enum):
    """The kinds of values on the wire."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    FLAG = "flag"
    CHOICE = "choice"
    NESTED = "nested"
    LIST = "list"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Shape:
    """A value on the wire: its kind and what belongs to that kind."""

    kind: Kind
    rule: Callable[[Any], Any] | None = None
    meta: msgspec.Meta | None = None
    choices: type[enum.Enum] | None = None
    struct: type[msgspec.Struct] | None = None
    item: Shape | None = None

    @property
    def is_plain(self) -> bool:
        """Whether a decoded value is already what a command gets."""
        return self.rule is None and self.kind not in (Kind.NESTED, Kind.LIST)


@dataclass(frozen=True, slots=True)
class Slot:
    """One field: our attribute, the wire's name, whether it travels as `{"value": ...}`, and its shape."""

    attribute: str
    wire: str
    wrapped: bool
    shape: Shape
    required: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A struct's fields in order, and the table that finds one by its wire name in lower case."""

    struct: type[msgspec.Struct]
    slots: tuple[Slot, ...]
    by_lower_name: dict[str, Slot]
    by_attribute: dict[str, Slot]
    by_other_name: dict[str, Slot]
    """The same for `other_names`, without those that are some field's own wire name."""

    refuses_unknown: bool
    sums: frozenset[str]
    """`sums` of the struct."""

    refused_names: dict[str, str]
    """`refused_names` of the struct in lower case, without what is a field here."""


@cache
def plan_of(struct: type[msgspec.Struct]) -> Plan:
    """The plan of `struct`. A field type that the wire does not know is a TypeError when the program starts."""
    hints = typing.get_type_hints(struct, include_extras=True)
    fields = msgspec.structs.fields(struct)
    slots = tuple(_slot(struct, field, hints[field.name]) for field in fields)
    by_lower_name = {slot.wire.lower(): slot for slot in slots}
    by_attribute = {slot.attribute: slot for slot in slots}
    other_names: typing.Mapping[str, str] = getattr(struct, "other_names", {})
    return Plan(
        struct,
        slots,
        by_lower_name,
        by_attribute,
        {
            name.lower(): by_attribute[attribute]
            for name, attribute in other_names.items()
            if name.lower() not in by_lower_name and attribute in by_attribute
        },
        getattr(struct, "refuses_unknown", False),
        getattr(struct, "sums", frozenset()),
        {
            name.lower(): reason
            for name, reason in getattr(struct, "refused_names", {}).items()
            if name.lower() not in by_lower_name
        },
    )


def check_body(struct: type[msgspec.Struct]) -> None:
    """Make sure that `struct` and all it holds forbid unknown fields. Otherwise the fast path would skip a field that
    is spelled in another case. `needed_in_post` has to name fields. Called when routes are mounted."""
    if not struct.__struct_config__.forbid_unknown_fields:
        raise TypeError(f"{struct.__name__} must derive from web.wire.Body")
    plan = plan_of(struct)
    needed: frozenset[str] = getattr(struct, "needed_in_post", frozenset())
    unknown = needed - set(plan.by_attribute)
    if unknown:
        raise TypeError(f"{struct.__name__}.needed_in_post names no field: {', '.join(sorted(unknown))}")
    for slot in plan.slots:
        shape: Shape | None = slot.shape
        while shape is not None and shape.kind is Kind.LIST:
            shape = shape.item
        if shape is not None and shape.struct is not None and shape.struct is not struct:
            check_body(shape.struct)


def wire_path(struct: type[msgspec.Struct] | None, path: typing.Sequence[str | int]) -> list[str | int]:
    """`path` in our attribute names -> the wire's names; a name that no struct knows becomes camel case."""
    found: list[str | int] = []
    for step in path:
        if isinstance(step, int):
            found.append(step)
            continue
        slot = plan_of(struct).by_attribute.get(step) if struct is not None else None
        found.append(slot.wire if slot else _camel(step))
        shape: Shape | None = slot.shape if slot else None
        while shape is not None and shape.kind is Kind.LIST:
            shape = shape.item
        struct = shape.struct if shape is not None else None
    return found


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in tail)


def _slot(struct: type[msgspec.Struct], field: msgspec.structs.FieldInfo, hint: Any) -> Slot:
    inner = _without_none(hint)
    wrapped = typing.get_origin(inner) is V
    if wrapped:
        inner = typing.get_args(inner)[0]
    try:
        shape = _shape(inner)
    except TypeError as error:
        raise TypeError(f"{struct.__name__}.{field.name}: {error}") from None
    return Slot(field.name, field.encode_name, wrapped, shape, field.required)


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        # `list[X] | Raw`: an answer may carry the stored JSON text of its lines; the shape is that of X.
        rest = [part for part in typing.get_args(hint) if part not in (type(None), UnsetType, msgspec.Raw)]
        if len(rest) != 1:
            raise TypeError(f"a field has one type, not {hint}")
        return rest[0]
    return hint


def _one_rule(rules: list[Callable[[Any], Any]]) -> Callable[[Any], Any] | None:
    """The rules of an alias that is made from another one are followed one after the other."""
    if len(rules) <= 1:
        return rules[0] if rules else None

    def all_of_them(value: Any) -> Any:
        for rule in rules:
            value = rule(value)
        return value

    return all_of_them


_SCALARS = {str: Kind.TEXT, Decimal: Kind.NUMBER, int: Kind.WHOLE, bool: Kind.FLAG, msgspec.Raw: Kind.ANY}


def _shape(hint: Any) -> Shape:
    rule = meta = None
    if typing.get_origin(hint) is Annotated:
        hint, *extras = typing.get_args(hint)
        rule = _one_rule([extra for extra in extras if callable(extra)])
        meta = next((extra for extra in extras if isinstance(extra, msgspec.Meta)), None)
    if typing.get_origin(hint) in (list, tuple):
        return Shape(Kind.LIST, item=_shape(typing.get_args(hint)[0]))
    if typing.get_origin(hint) is dict or hint in (Any, dict, date, datetime):
        return Shape(Kind.ANY)
    if hint in _SCALARS:
        return Shape(_SCALARS[hint], rule=rule, meta=meta)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return Shape(Kind.CHOICE, choices=hint)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return Shape(Kind.NESTED, struct=hint)
    raise TypeError(f"the wire has no type {hint!r}")
