"""The JSON schemas of bodies and answers, made from the plans of their structs."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from reskontra.web.scalars import DayText, MomentText, Number
from reskontra.web.sentences import sentences
from reskontra.web.shapes import Body, Kind, Shape, Slot, plan_of

Schema = dict[str, Any]


class Schemas:
    """The schemas of the structs that were asked for, by class name."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}
        self._owners: dict[str, type[msgspec.Struct]] = {}

    def reference(self, struct: type[msgspec.Struct]) -> Schema:
        """A reference to the schema of `struct`."""
        return self._named(self._name(struct, struct.__name__), struct, frozenset())

    def posted(self, struct: type[msgspec.Struct]) -> Schema:
        """The same for a POST, which is refused without some fields that a PUT can do without."""
        needed = struct.needed_in_post if issubclass(struct, Body) else frozenset()
        name = re.sub("Update$", "Create", struct.__name__) if needed else struct.__name__
        return self._named(self._name(struct, name), struct, needed)

    def _name(self, struct: type[msgspec.Struct], name: str) -> str:
        if self._owners.get(name, struct) is not struct:
            name = f"{name}_{struct.__module__.split('.')[-2]}"
        return name

    def _named(self, name: str, struct: type[msgspec.Struct], needed: frozenset[str]) -> Schema:
        if name not in self.found:
            self._owners[name] = struct
            self.found[name] = {}
            self.found[name] = self._object(struct, needed)
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, struct: type[msgspec.Struct], needed: frozenset[str]) -> Schema:
        is_body = issubclass(struct, Body)
        slots = plan_of(struct).slots
        fields = {slot.wire: self._field(slot, is_body, slot.attribute in needed) for slot in slots}
        schema: Schema = {"type": "object", "properties": fields}
        required = [slot.wire for slot in slots if slot.required or slot.attribute in needed]
        return {**schema, "required": required} if required else schema

    def _field(self, slot: Slot, is_body: bool, is_needed: bool) -> Schema:
        schema = self._shape(slot.shape, is_body)
        if slot.wrapped and is_needed:
            schema = {"type": "object", "properties": {"value": schema}, "required": ["value"]}
        elif slot.wrapped:
            schema = {"type": "object", "properties": {"value": _or_null(schema)}}
        elif is_body and not slot.required and not is_needed:
            schema = _or_null(schema)
        text = sentences()["fields"].get(slot.wire)
        return {**schema, "description": text} if text else schema

    def _shape(self, shape: Shape, is_body: bool) -> Schema:
        if shape.kind is Kind.NESTED and shape.struct is not None:
            return self.reference(shape.struct)
        if shape.kind is Kind.LIST and shape.item is not None:
            return {"type": "array", "items": self._shape(shape.item, is_body)}
        if shape.kind is Kind.CHOICE and shape.choices is not None:
            return {"type": "string", "enum": [member.value for member in shape.choices]}
        if shape.kind is Kind.ANY:
            return {}
        return _scalar(shape)


def _scalar(shape: Shape) -> Schema:
    if shape.kind is Kind.NUMBER:
        schema: Schema = {"type": "number", "format": "decimal"}  # a hint that a float is not enough
        if isinstance(shape.rule, Number):
            edge = 10**shape.rule.whole
            schema |= {"exclusiveMinimum": -edge, "exclusiveMaximum": edge}
        return schema
    if shape.kind is Kind.WHOLE:
        return {"type": "integer", "format": "int32"}
    if shape.kind is Kind.FLAG:
        return {"type": "boolean"}
    schema = {"type": "string"}
    if shape.meta is not None:
        if shape.meta.max_length is not None:
            schema["maxLength"] = shape.meta.max_length
        schema |= shape.meta.extra_json_schema or {}
    if isinstance(shape.rule, DayText):
        schema["format"] = "date"
    if isinstance(shape.rule, MomentText):
        schema["format"] = "date-time"
    return schema


def _or_null(schema: Schema) -> Schema:
    if "$ref" in schema or not schema:
        return {"anyOf": [schema, {"type": "null"}]} if schema else schema
    if "enum" in schema:
        return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}
