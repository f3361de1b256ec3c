"""The OpenAPI 3.1 document, made from the routes and their structs.

Field and parameter sentences come from `sentences.toml`: one per distinct name (T5).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

import msgspec

from reskontra.web import wire
from reskontra.web.auth import SCOPES
from reskontra.web.contract import Parameter
from reskontra.web.reference import render
from reskontra.web.routing import Route, path_names
from reskontra.web.scalars import DayText, MomentText, Number
from reskontra.web.shapes import Body, Kind, Shape, Slot, plan_of

Schema = dict[str, Any]

_ERRORS: dict[str, tuple[str, str]] = {
    "400": ("Message", "The request cannot be read, or a business rule refuses it; nothing was changed."),
    "401": ("Gateway", "No usable token."),
    "403": ("Gateway", "The token lacks the scope."),
    "404": ("Message", "There is no such resource."),
    "409": ("Message", "Another request changed the same data at the same moment; send it again after Retry-After."),
    "412": ("Message", "If-Match does not name the present version."),
    "413": ("Message", "The body is too large."),
    "415": ("Message", "The body is not JSON."),
    "429": ("Gateway", "The caller's window is used up; Retry-After says for how long."),
    "500": ("Message", "A failure of the server; the log has it under the id in the text."),
    "501": ("Message", "The operation is part of the API but not served by this version."),
    "503": (
        "Message",
        "The database is out of reach, too busy, full or closed to changes; Retry-After says when to come back. "
        "Nothing was changed, unless the text says that this is not known: then read it back before sending it again.",
    ),
}
_WITH_BODY = ("413", "415")
_KINDS = {"string": "string", "integer": "integer", "boolean": "boolean", "number": "number", "datetime": "string"}


class Reference:
    """The document and the page for one set of routes, each made when first asked for."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = tuple(routes)

    @cached_property
    def document(self) -> Schema:
        return document(self._routes)

    def openapi(self) -> bytes:
        """The document as JSON."""
        return self._openapi

    def page(self) -> bytes:
        """The document as a page to read."""
        return self._page

    @cached_property
    def _openapi(self) -> bytes:
        return wire.encode(self.document)

    @cached_property
    def _page(self) -> bytes:
        return render(self.document)


@cache
def sentences() -> dict[str, dict[str, str]]:
    """The tables of `sentences.toml`: `fields`, `parameters`, `operations`."""
    found: dict[str, dict[str, str]] = tomllib.loads(
        files("reskontra.web").joinpath("sentences.toml").read_text(encoding="utf-8")
    )
    return found


def document(routes: Iterable[Route]) -> Schema:
    """The OpenAPI document of `routes`."""
    schemas = _Schemas()
    paths: dict[str, Schema] = {}
    spelled: dict[str, str] = {}
    for route in routes:
        bare = "/".join("{}" if part.startswith("{") else part.lower() for part in route.path.split("/"))
        path = spelled.setdefault(bare, route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, path, schemas)
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(_tag(route) for route in routes)],
        "paths": paths,
        "components": {
            "schemas": {**_ERROR_SCHEMAS, **schemas.found},
            "responses": {status: _error_response(*entry) for status, entry in _ERRORS.items()},
            "headers": _HEADERS,
            "securitySchemes": {"token": _token_scheme()},
        },
    }


def _info() -> Schema:
    try:
        number = version("reskontra")
    except PackageNotFoundError:
        number = "0"
    return {
        "title": "Reskontra",
        "version": number,
        "description": "A customer ledger that speaks the Visma Net API. Names match without regard to case; a "
        "wrapped field takes {\"value\": x} or x alone; an absent field stays as it is, {\"value\": null} clears it.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }  # fmt: skip


def _operation(route: Route, path: str, schemas: _Schemas) -> Schema:
    operation: Schema = {
        "operationId": route.operation if route.alias_of is None else f"{route.operation}_v2{route.method}",
        "tags": [_tag(route)],
        "summary": route.summary or sentences()["operations"].get(route.operation, _spelled_out(route)),
        "security": [{"token": [route.scope]}],
        "parameters": list(_parameters(route, path)),
        "responses": _responses(route, schemas),
    }
    if route.body is not None:
        content = {media: {"schema": schemas.reference(route.body)} for media in ("application/json", "text/json")}
        operation["requestBody"] = {"required": not route.is_action, "content": content}
    if route.step is not None:
        operation["x-planned-step"] = route.step
    return operation


def _spelled_out(route: Route) -> str:
    return f"{route.operation.replace('_', ' ')}."


def _tag(route: Route) -> str:
    segment = route.path.split("/")[2]
    return "Reskontra" if segment.lower() == "reskontra" else segment


def _parameters(route: Route, path: str) -> Iterator[Schema]:
    for name in path_names(path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": "The id, percent-encoded, or b64(...) around its base64url.",
            "schema": {"type": "string", "minLength": 1},
        }
    for parameter in route.query:
        yield _query_parameter(parameter)
    if route.method != "GET":
        yield {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "description": "The ETag of the version that the change is meant for; another version is answered 412.",
            "schema": {"type": "string"},
        }


def _query_parameter(parameter: Parameter) -> Schema:
    schema: Schema = {"type": _KINDS.get(parameter.kind, "string")}
    if parameter.name.endswith("Condition"):
        schema["enum"] = [">", "<", ">=", "<="]
    if parameter.kind == "integer":
        schema["format"] = "int32"
    text = parameter.description or sentences()["parameters"].get(parameter.name, "")
    described = {"description": text} if text else {}
    return {"name": parameter.name, "in": "query", "required": False, **described, "schema": schema}


def _responses(route: Route, schemas: _Schemas) -> Schema:
    statuses = [status for status in _ERRORS if status not in _WITH_BODY and status != "501"]
    if route.body is not None:
        statuses += _WITH_BODY
    if route.step is not None:
        return {status: {"$ref": f"#/components/responses/{status}"} for status in ("400", "401", "403", "501")}
    status, answer = _success(route, schemas)
    return {status: answer} | {status: {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}


def _success(route: Route, schemas: _Schemas) -> tuple[str, Schema]:
    if route.answer is not None:
        schema = schemas.reference(route.answer)
        if route.lists:
            schema = {"type": "array", "items": {"allOf": [schema, _METADATA]}}
        headers = {} if route.lists else {"ETag": {"$ref": "#/components/headers/ETag"}}
        return "200", {
            "description": "The page; an empty array after the last one." if route.lists else "The resource.",
            "headers": headers,
            "content": {"application/json": {"schema": schema}},
        }
    if route.texts or route.media:
        texts = {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}}
        content = {route.media: {"schema": {}}} if route.media else texts
        return "200", {"description": "The file." if route.media else "All of them.", "content": content}
    if route.is_action:
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/ActionResult"}}}
        return "200", {"description": "The action ran.", "content": content}
    if route.method == "DELETE":
        return "204", {"description": "Deleted."}
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ("Location", "ETag")}
    if route.method == "POST":
        return "201", {"description": "Created; Location ends with the new id.", "headers": headers}
    return "204", {"description": "Changed.", "headers": headers}


def _error_response(schema: str, description: str) -> Schema:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def _token_scheme() -> Schema:
    scopes = {scope: f"Right to {scope.rpartition(':')[2]}." if ":" in scope else "All rights." for scope in SCOPES}
    flow = {"tokenUrl": "/connect/token", "scopes": dict(sorted(scopes.items()))}
    return {
        "type": "oauth2",
        "description": "A bearer token from /connect/token.",
        "flows": {"clientCredentials": flow},
    }


class _Schemas:
    """The structs met so far, by class name."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}
        self._owners: dict[str, type[msgspec.Struct]] = {}

    def reference(self, struct: type[msgspec.Struct]) -> Schema:
        name = struct.__name__
        if self._owners.get(name, struct) is not struct:
            name = f"{name}_{struct.__module__.split('.')[-2]}"
        if name not in self.found:
            self._owners[name] = struct
            self.found[name] = {}
            self.found[name] = self._object(struct)
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, struct: type[msgspec.Struct]) -> Schema:
        is_body = issubclass(struct, Body)
        slots = plan_of(struct).slots
        schema: Schema = {"type": "object", "properties": {slot.wire: self._field(slot, is_body) for slot in slots}}
        required = [slot.wire for slot in slots if slot.required]
        return {**schema, "required": required} if required else schema

    def _field(self, slot: Slot, is_body: bool) -> Schema:
        schema = self._shape(slot.shape, is_body)
        if slot.wrapped:
            schema = {"type": "object", "properties": {"value": _or_null(schema)}}
        elif is_body and not slot.required:
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
        if isinstance(shape.rule, Number):
            edge = 10**shape.rule.whole
            return {"type": "number", "exclusiveMinimum": -edge, "exclusiveMaximum": edge}
        return {"type": "number"}
    if shape.kind is Kind.WHOLE:
        return {"type": "integer", "format": "int32"}
    if shape.kind is Kind.FLAG:
        return {"type": "boolean"}
    schema: Schema = {"type": "string"}
    if shape.meta is not None and shape.meta.max_length is not None:
        schema["maxLength"] = shape.meta.max_length
    if isinstance(shape.rule, (DayText, MomentText)):
        schema["pattern"] = r"^\d{4}-\d{2}-\d{2}"
        schema["examples"] = ["2025-01-27", "2025-01-27T00:00:00"]
    return schema


def _or_null(schema: Schema) -> Schema:
    if "$ref" in schema or not schema:
        return {"anyOf": [schema, {"type": "null"}]} if schema else schema
    if "enum" in schema:
        return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}


_METADATA: Schema = {
    "type": "object",
    "properties": {
        "metadata": {
            "type": "object",
            "description": "The size of the whole list; it stands in every item.",
            "properties": {"totalCount": {"type": "integer"}, "maxPageSize": {"type": "integer"}},
        }
    },
}

_ERROR_SCHEMAS: dict[str, Schema] = {
    "Message": {
        "type": "object",
        "properties": {
            "message": {"type": "string", "description": "What failed, why, in which field, and what would pass."},
            "ExceptionType": {"type": "string", "description": "Only where the company header is wrong."},
            "ExceptionMessage": {"type": "string", "description": "Only where the company header is wrong."},
            "ExceptionFaultCode": {"type": "string", "description": "Only where the company header is wrong."},
            "ExceptionMessageID": {"type": "string", "description": "Only where the company header is wrong."},
            "ExceptionDetails": {"type": "string", "description": "Only where the company header is wrong."},
        },
    },
    "Gateway": {
        "type": "object",
        "properties": {"statusCode": {"type": "integer"}, "message": {"type": "string"}},
        "required": ["statusCode", "message"],
    },
    "ActionResult": {
        "type": "object",
        "properties": {
            "actionId": {"type": "string", "description": "A new id for this run of the action."},
            "actionResult": {"type": "string", "enum": ["Queued", "InProcess", "Failed", "Done"]},
            "errorInfo": {"type": "string", "description": "Why the action failed."},
        },
        "required": ["actionId", "actionResult"],
    },
}

_HEADERS: dict[str, Schema] = {
    "ETag": {"description": "The version, for If-Match; the same as timeStamp.", "schema": {"type": "string"}},
    "Location": {"description": "The absolute address of the resource.", "schema": {"type": "string"}},
}
