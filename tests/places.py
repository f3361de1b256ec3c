"""The places of a body: each field at each depth, found from the struct, with how to write a value there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from reskontra.web.shapes import Kind, Slot, plan_of

Json = dict[str, Any]


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
