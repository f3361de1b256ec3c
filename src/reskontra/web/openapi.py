"""The OpenAPI 3.1 document, made from the routes and their structs.

Field and parameter sentences come from `sentences.toml`: one per distinct name (T5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version

import msgspec

from reskontra.web import wire
from reskontra.web.auth import SCOPE, SCOPES
from reskontra.web.bulk.lines import NDJSON
from reskontra.web.contract import Parameter
from reskontra.web.examples import Example, answers, body_of, examples
from reskontra.web.reference import Pages
from reskontra.web.routing import Route, path_names
from reskontra.web.schemas import Schema, Schemas
from reskontra.web.sentences import sentences

_ERRORS: dict[str, tuple[str, str]] = {
    "400": ("Message", "The request cannot be read, or a business rule refuses it; nothing was changed."),
    "401": ("Gateway", "No usable token."),
    "403": ("Gateway", "The token lacks the scope."),
    "404": ("Message", "There is no such resource."),
    "409": ("Message", "Another request changed the same data at the same moment; send it again after Retry-After."),
    "412": ("Message", "If-Match does not name the present version."),
    "413": ("Message", "The body is too large."),
    "415": ("Message", "The body is not JSON, or not the file that is asked for."),
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


_HERE = "https://reskontra.invalid"
"""Stands for the address that a caller uses, until there is one."""

_KIND_READ = {"released": "boolean", "active": "boolean"}
"""Parameters that are read as another kind than the contract gives them in some operations."""

_LEAST = {"pageNumber": 1, "pageSize": 1, "numberToRead": 1, "skipRecords": 0}


class Reference:
    """The document and the pages for one set of routes, each made when first asked for.

    Making them takes a while, so ask in a thread.
    """

    def __init__(self, routes: Iterable[Route], *, is_open: bool = False) -> None:
        """`is_open`: whether callers from this machine need no token (A2)."""
        self._routes = tuple(routes)
        self._is_open = is_open

    @cached_property
    def document(self) -> Schema:
        """The document of all routes; its addresses are placeholders."""
        return document(self._routes, is_open=self._is_open)

    def openapi(self, base_url: str, *, served_only: bool = False) -> bytes:
        """The document as JSON, for a caller who uses `base_url` (scheme, host and prefix).

        `served_only` leaves out what answers 501, so that nothing in a generated client is dead.
        """
        text = self._served if served_only else self._whole
        return _addressed(text, base_url)

    def page(self, base_url: str, sought: str = "") -> bytes:
        """The list of operations to read, for a caller who uses `base_url`; only those that `sought` finds."""
        return _addressed(self._list if not sought else self._pages.list(sought), base_url)

    def operation_page(self, base_url: str, name: str) -> bytes | None:
        """All about one operation; None if no served one is called so."""
        found = self._pages.operation(name)
        return None if found is None else _addressed(found, base_url)

    def page_without(self, base_url: str, name: str) -> bytes:
        """The list, saying that there is no operation `name`."""
        return _addressed(self._pages.list(unknown=name), base_url)

    def quirks_page(self, base_url: str) -> bytes:
        """What is certain of the API, and what is our choice."""
        return _addressed(self._quirks, base_url)

    @cached_property
    def _whole(self) -> bytes:
        return wire.encode(self.document)

    @cached_property
    def _served(self) -> bytes:
        served = (route for route in self._routes if route.missing is None)
        return wire.encode(document(served, is_open=self._is_open))

    @cached_property
    def _list(self) -> bytes:
        return self._pages.list()

    @cached_property
    def _quirks(self) -> bytes:
        return self._pages.quirks()

    @cached_property
    def _pages(self) -> Pages:
        return Pages(self.document, is_open=self._is_open)


def _addressed(text: bytes, base_url: str) -> bytes:
    return text.replace(_HERE.encode(), base_url.encode())


def document(routes: Iterable[Route], *, is_open: bool = False) -> Schema:
    """The OpenAPI document of `routes`. `is_open`: whether callers from this machine need no token."""
    routes = tuple(routes)
    schemas = Schemas()
    paths: dict[str, Schema] = {}
    spelled: dict[str, str] = {}
    tags: dict[str, None] = {}
    for route in routes:
        bare = "/".join("{}" if part.startswith("{") else part.lower() for part in route.path.split("/"))
        path = spelled.setdefault(bare, route.path)
        operation = _operation(route, path, schemas)
        if not is_open:
            operation["security"] = [{"token": list(route.scopes)}]
        paths.setdefault(path, {})[route.method.lower()] = operation
        tags[_tag(route)] = None
    shared = dict(_ERROR_SCHEMAS)
    if any(route.is_action and route.answer is None for route in routes):
        shared |= _ACTION_SCHEMA
    is_whole = any(route.missing is not None for route in routes)
    # Generators only understand that a token is optional if the document says so, and the operations say nothing.
    security = {"security": [{}, {"token": [SCOPE]}]} if is_open else {}
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "servers": [{"url": _HERE, "description": "The server that this document was read from."}],
        **security,
        "tags": [_described_tag(tag) for tag in tags],
        "paths": paths,
        "components": {
            "schemas": {**shared, **schemas.found},
            "responses": {
                status: _error_response(*entry) for status, entry in _ERRORS.items() if is_whole or status != "501"
            },
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
        "wrapped field takes {\"value\": x} or x alone; an absent field stays as it is, {\"value\": null} clears it. "
        "A number of `format: decimal` is exact: read and write it as a decimal, not as a float. "
        "Days are sent as a date, with or without a time; times in answers have no zone: they are the company's. "
        "The header branchid (the id of a branch) chooses the branch of documents that are created; "
        "erp-api-background is refused, as jobs are not served yet.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }  # fmt: skip


def _operation(route: Route, path: str, schemas: Schemas) -> Schema:
    example = examples().get(route.operation, Example())
    operation: Schema = {
        "operationId": _operation_id(route),
        "tags": [_tag(route)],
        "summary": sentences()["operations"].get(route.operation, _spelled_out(route)),
        "description": " ".join(_details(route, example)),
        "parameters": list(_parameters(route, path, example)),
        "responses": _responses(route, schemas),
    }
    if route.body is not None:
        refer = schemas.posted if route.method == "POST" else schemas.reference
        content: Schema = {"schema": refer(route.body)}
        if example.body is not None:
            content["example"] = body_of(route.operation)
        operation["requestBody"] = {"required": not route.is_action, "content": {"application/json": content}}
    if route.takes_file:
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _upload(route)}}}
    if route.line is not None:
        line: Schema = {"schema": _lines(schemas.reference(route.line)), "example": example.body}
        operation["requestBody"] = {"required": True, "content": {NDJSON: line}}
    if route.missing is not None:
        operation["x-not-served"] = True
    return operation


def _operation_id(route: Route) -> str:
    """The contract's name; an alias is named as the contract names what it has in version 2."""
    if route.alias_of is None:
        return route.operation
    resource, _, rest = route.operation.partition("_")
    return f"{resource}V2_{rest}"


def _details(route: Route, example: Example) -> Iterator[str]:
    """What is true of all operations of this kind."""
    if route.missing is not None:
        yield f"Not served by this version: it answers 501. {route.missing}"
    if example.company_file is not None:
        yield f"The example is for a company with `{example.company_file}` in its file (`reskontra company apply`)."
    if route.alias_of is not None:
        yield f"The same as {route.alias_of}."
    if {"pageNumber", "pageSize"} <= {parameter.name for parameter in route.query}:
        yield "Answers one page; a list has as many as its metadata say."
    elif route.method == "PUT":
        yield "A field that is not sent stays as it is. If-Match makes sure that nobody else changed it meanwhile."
    elif route.method == "POST" and not (route.is_action or route.answer or route.missing or route.line):
        yield "Answers with the address of what was created, in Location."
    scopes = route.scopes
    if route.line is not None:
        yield "The body has one such object a line; each line needs the scope of its own operation."
        return
    yield f"Needs the scope{'s' if len(scopes) > 1 else ''} {', '.join(scopes)}, where a token is needed."


def _lines(line: Schema) -> Schema:
    """Text of which each line is such an object."""
    return {"type": "string", "format": "binary", "contentMediaType": "application/json", "contentSchema": line}


def _upload(route: Route) -> Schema:
    file = {"type": "string", "format": "binary", "description": "The file, with its name."}
    properties: Schema = {"file": file}
    if route.spelling is not None:
        named = ", ".join(sorted(it.encode_name for it in msgspec.structs.fields(route.spelling)))
        properties["metadata"] = {"type": "string", "description": f"JSON: {named}."}
    return {"type": "object", "properties": properties, "required": ["file"]}


def _spelled_out(route: Route) -> str:
    return f"{route.operation.replace('_', ' ')}."


def _tag(route: Route) -> str:
    segment = route.path.split("/")[2]
    return "Reskontra" if segment.lower() == "reskontra" else segment


def _described_tag(tag: str) -> Schema:
    text = sentences()["tags"].get(tag)
    return {"name": tag, "description": text} if text else {"name": tag}


def _parameters(route: Route, path: str, example: Example) -> Iterator[Schema]:
    values = dict(zip(path_names(path), example.path.values(), strict=False))  # another operation may name them
    for name in path_names(path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": "The id, percent-encoded, or b64(...) around its base64url.",
            "schema": {"type": "string", "minLength": 1},
            **({"example": values[name]} if name in values else {}),
        }
    for parameter in route.query:
        yield _query_parameter(parameter, example, is_needed=parameter.name in route.needed)
    if route.method != "GET":
        yield {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "description": "The ETag of the version that the change is meant for; another version is answered 412.",
            "schema": {"type": "string"},
        }
    if route.takes_key:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "description": "Names this request for 24 hours. Sent again with its key, it is not carried out again, "
            "but answered as it was, with Idempotency-Replayed: true.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        }


def _query_parameter(parameter: Parameter, example: Example, *, is_needed: bool) -> Schema:
    name, kind = parameter.name, _KIND_READ.get(parameter.name, parameter.kind)
    schema: Schema = {"type": _KINDS.get(kind, "string")}
    if name.endswith("Condition"):
        schema["enum"] = [">", "<", ">=", "<="]
    elif name.endswith("Date"):
        schema["format"] = "date"
    elif kind == "integer":
        schema["format"] = "int32"
        if name in _LEAST:
            schema["minimum"] = _LEAST[name]
    found: Schema = {"name": name, "in": "query", "required": is_needed}
    text = parameter.description or sentences()["parameters"].get(name, "")
    if text:
        found["description"] = text
    found["schema"] = schema
    if name in example.query:
        found["example"] = example.query[name]
    return found


def _responses(route: Route, schemas: Schemas) -> Schema:
    statuses = [status for status in _ERRORS if status not in _WITH_BODY and status != "501"]
    if route.body is not None or route.takes_file or route.line is not None:
        statuses += _WITH_BODY
    if route.missing is not None:
        return {status: {"$ref": f"#/components/responses/{status}"} for status in ("400", "401", "403", "501")}
    if route.line_answer is None:
        status, answer = _success(route, schemas)
    else:
        lines = {NDJSON: {"schema": _lines(schemas.reference(route.line_answer))}}
        status, answer = "200", {"description": "One such object a line, in the order sent.", "content": lines}
    return {status: answer} | {status: {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)}


def _success(route: Route, schemas: Schemas) -> tuple[str, Schema]:
    if route.answer is not None:
        schema = schemas.reference(route.answer)
        if route.lists:
            schema = {"type": "array", "items": {"allOf": [schema, _METADATA]}}
        headers = {} if route.lists else {"ETag": {"$ref": "#/components/headers/ETag"}}
        return "200", {
            "description": "The page; an empty array after the last one." if route.lists else "The resource.",
            "headers": headers,
            "content": {"application/json": {"schema": schema, **_answer_example(route)}}
            | ({"text/csv": {"schema": {"type": "string"}}} if route.has_table else {}),
        }
    if route.texts or route.media:
        texts: Schema = {"schema": {"type": "array", "items": {"type": "string"}}, **_answer_example(route)}
        file: Schema = {"schema": {"type": "string", "format": "binary"}}
        content = {route.media: file} if route.media else {"application/json": texts}
        return "200", {"description": "The file." if route.media else "All of them.", "content": content}
    if route.is_action:
        result: Schema = {"schema": {"$ref": "#/components/schemas/ActionResult"}, **_answer_example(route)}
        content = {"application/json": result}
        return "200", {"description": "The action ran.", "content": content}
    if route.method == "DELETE":
        return "204", {"description": "Deleted."}
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ("Location", "ETag")}
    if route.method == "POST":
        return "201", {"description": "Created; Location ends with the new id.", "headers": headers}
    return "204", {"description": "Changed.", "headers": headers}


def _answer_example(route: Route) -> Schema:
    recorded = answers().get(route.operation)
    return {} if recorded is None else {"example": recorded}


def _error_response(schema: str, description: str) -> Schema:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def _token_scheme() -> Schema:
    scopes = {scope: f"Right to {scope.rpartition(':')[2]}." if ":" in scope else "All rights." for scope in SCOPES}
    flow = {"tokenUrl": f"{_HERE}/connect/token", "scopes": dict(sorted(scopes.items()))}
    return {
        "type": "oauth2",
        "description": "A bearer token from /connect/token.",
        "flows": {"clientCredentials": flow},
    }


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
}

_ACTION_SCHEMA: dict[str, Schema] = {
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
