"""The places of a body: each field at each depth, with how to write a value there.

They are found from our struct, or from the contract's own schema, which knows nothing of what our struct leaves out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from importlib.resources import files
from typing import Any

import msgspec

from reskontra.web import contract
from reskontra.web.scalars import DayText
from reskontra.web.shapes import Kind, Shape, Slot, plan_of

Json = dict[str, Any]

ENUMS: dict[str, list[str]] = json.loads((files("reskontra") / "contract.json").read_bytes())["enums"]


class Place:
    """One field of a body: how to write a value there, and what an error calls it."""

    def __init__(self, slots: tuple[Slot, ...]) -> None:
        self.slots = slots

    @property
    def last(self) -> Slot:
        return self.slots[-1]

    @property
    def path(self) -> str:
        return ".".join(slot.wire for slot in self.slots)

    def body(self, tree: Json, value: str, *, wrapped: bool | None = None) -> bytes:
        """`tree` as JSON with `value` (JSON text, or what is meant to be none) at this place."""
        here = tree
        for slot in self.slots[:-1]:
            if slot.shape.kind is Kind.LIST:
                here = here.setdefault(slot.wire, [{}])[0]
            elif slot.wrapped:
                here = here.setdefault(slot.wire, {"value": {}})["value"]
            else:
                here = here.setdefault(slot.wire, {})
        is_wrapped = self.last.wrapped if wrapped is None else wrapped
        here[self.last.wire] = {"value": "<here>"} if is_wrapped else "<here>"
        return json.dumps(tree).replace('"<here>"', value).encode()


def places(struct: type[msgspec.Struct], before: tuple[Slot, ...] = ()) -> Iterator[Place]:
    """Every field of a body at every depth."""
    for slot in plan_of(struct).slots:
        slots = (*before, slot)
        yield Place(slots)
        inside = slot.shape.item or slot.shape
        if inside.struct is not None:
            yield from places(inside.struct, slots)


_PLAIN = {"string": Kind.TEXT, "number": Kind.NUMBER, "integer": Kind.WHOLE, "boolean": Kind.FLAG}


def contract_places(schema: str, before: tuple[Slot, ...] = ()) -> Iterator[Place]:
    """Every field of a schema of the contract at every depth."""
    for name, written in contract.schemas()[schema].items():
        inner = written.removeprefix("wrapped ").removesuffix("[]")
        shape = Shape(Kind.LIST, item=_shape_of(inner)) if written.endswith("[]") else _shape_of(inner)
        slots = (*before, Slot(name, name, written.startswith("wrapped "), shape, required=False))
        yield Place(slots)
        if inner in contract.schemas():
            yield from contract_places(inner, slots)


def _shape_of(written: str) -> Shape:
    if written in contract.schemas():
        return Shape(Kind.NESTED)
    if written == "datetime":
        return Shape(Kind.TEXT, rule=DayText())
    if written in _PLAIN:
        return Shape(_PLAIN[written])
    words: type[Enum] = Enum(written, [(word, word) for word in ENUMS[written]])  # type: ignore[misc]
    return Shape(Kind.CHOICE, choices=words)
