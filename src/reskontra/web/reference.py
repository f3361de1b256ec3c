"""The reference as HTML pages, rendered from the OpenAPI document: a list of all operations, and a page for each.

They work without their script, which finds operations while one types and loads into the list what the page of an
operation says. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from reskontra.web.examples import Example, answers, examples
from reskontra.web.quirks import quirks, quirks_of
from reskontra.web.routing import path_names

_METHODS = ("get", "post", "put", "delete")
_DEPTH_MAX = 5
_EXAMPLE_LINES_MAX = 40


class Pages:
    """The pages for an OpenAPI document. `is_open`: whether requests from this machine need no token, so that examples
    can be sent from the page. All return UTF-8."""

    def __init__(self, document: dict[str, Any], *, is_open: bool = False) -> None:
        self._document = document
        self._is_open = is_open
        self._groups = groups_of(document)
        self._served = {entry["name"]: entry for group in self._groups for entry in group["served"]}

    def list(self, sought: str = "", unknown: str = "") -> bytes:
        """All operations, each with a sentence; only those that have the words `sought` in their address, name or
        sentence. `unknown` is an operation that was asked for and does not exist."""
        words = sought.lower().split()
        groups = [
            {**group, "served": _found(group["served"], words), "absent": _found(group["absent"], words)}
            for group in self._groups
        ]
        found = sum(len(group["served"]) for group in groups)
        return self._filled("reference_list.html", groups, sought=sought, found=found, unknown=unknown)

    def operation(self, name: str) -> bytes | None:
        """All about one operation; None if none that is served is called so."""
        entry = self._served.get(name)
        if entry is None:
            return None
        detailed = _entry(self._document, entry, self._is_open)
        return self._filled("reference_operation.html", self._groups, entry=detailed, quirks=quirks_of(name))

    def quirks(self) -> bytes:
        """What is certain, and what is our choice."""
        return self._filled("reference_quirks.html", self._groups, quirks=quirks())

    def _filled(self, template: str, groups: Sequence[Mapping[str, Any]], **values: object) -> bytes:
        return (
            _environment()
            .get_template(template)
            .render(
                info=self._document["info"],
                base_url=self._document["servers"][0]["url"],
                groups=groups,
                is_open=self._is_open,
                top="" if template == "reference_list.html" else "docs",
                **values,
            )
            .encode()
        )


def script() -> bytes:
    """What finds operations while one types, loads what is opened, and sends examples."""
    return files("reskontra.web").joinpath("templates", "reference.js").read_bytes()


def _found(entries: list[dict[str, Any]], words: list[str]) -> list[dict[str, Any]]:
    return [entry for entry in entries if all(word in entry["text"] for word in words)]


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("reskontra.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def groups_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations by tag, with what the list says of them; the served ones apart from those that are not."""
    groups: dict[str, dict[str, Any]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            operation = methods.get(method)
            if operation is None:
                continue
            name, summary = operation["operationId"], operation["summary"]
            entry = {
                "name": name,
                "path": path,
                "method": method.upper(),
                "summary": summary,
                "said": operation["description"],
                "text": f"{method} {path} {name} {summary}".lower(),
            }
            group = groups.setdefault(operation["tags"][0], {"served": [], "absent": []})
            group["absent" if "x-not-served" in operation else "served"].append(entry)
    said = {tag["name"]: tag.get("description", "") for tag in document["tags"]}
    return [
        {"name": name, "id": f"group-{quote(name, safe='')}", "said": said.get(name, ""), **group}
        for name, group in sorted(groups.items(), key=_served_first)
    ]


def _served_first(item: tuple[str, dict[str, Any]]) -> tuple[bool, str]:
    return not item[1]["served"], item[0].lower()


def _entry(document: dict[str, Any], entry: dict[str, Any], is_open: bool) -> dict[str, Any]:
    path, method = entry["path"], entry["method"]
    operation = document["paths"][path][method.lower()]
    contents = operation.get("requestBody", {}).get("content", {})
    body = contents.get("application/json", {}).get("schema")
    success = next((status for status in operation["responses"] if status < "300"), None)
    answer = operation["responses"][success].get("content", {}).get("application/json", {}) if success else {}
    example = examples().get(entry["name"])
    target = _target(path, example) if example else None
    return {
        **entry,
        "operation": operation,
        "target": target,
        "can_be_sent": is_open and target is not None and "multipart/form-data" not in contents,
        "sent": _body_text(example) if example and contents else None,
        "curl": _curl(method, document["servers"][0]["url"] + target, operation, example, is_open)
        if example and target
        else None,
        "example": _answer_text(entry["name"]),
        "body": list(_fields(document, body, ())) if body else [],
        "answer": list(_fields(document, answer["schema"], ())) if answer else [],
        "success": success,
    }


def _body_text(example: Example) -> str:
    """The body of an example, indented, its digits as they are."""
    return msgspec.json.format(example.body.encode(), indent=2).decode() if example.body else ""


def _target(path: str, example: Example) -> str:
    """The address of an example; the operation whose it is may name the parts of the address otherwise."""
    values = dict(zip(path_names(path), example.path.values(), strict=False))
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path + (f"?{urlencode(_spelled(example))}" if example.query else "")


def _spelled(example: Example) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in example.query.items()
    }


def _curl(method: str, address: str, operation: dict[str, Any], example: Example, is_open: bool) -> str:
    """The example as a command for a POSIX shell, one part a line."""
    parts = ["curl" if method == "GET" else f"curl -i -X {method}"]
    if not is_open:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
        parts.append("-F file=@file")
    elif example.body is not None:
        parts += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(example.body)}"]
    return " \\\n  ".join((*parts, shlex.quote(address)))


def _answer_text(operation: str) -> str | None:
    """What was answered to the example: of a list its first row, and at most so many lines."""
    raw = answers().get(operation)
    if raw is None:
        return None
    text = bytes(raw).strip()
    rows = msgspec.json.decode(text, type=list[msgspec.Raw]) if text[:1] == b"[" else []
    lines = msgspec.json.format(bytes(rows[0]) if rows else text, indent=2).decode().splitlines()
    if rows:
        more = ["  ..."] if len(rows) > 1 else []
        lines = ["[", *(f"  {line}" for line in lines), *more, "]"]
    return "\n".join(lines if len(lines) <= _EXAMPLE_LINES_MAX else [*lines[:_EXAMPLE_LINES_MAX], "..."])


def _fields(document: dict[str, Any], schema: dict[str, Any], above: tuple[str, ...], path: str = "") -> Any:
    """Each field below `schema` as (depth, name, type text, sentence, path). Recursion is cut off.

    A path is the names from the body down, with dots between them and without the places in lists.
    """
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in above or len(above) >= _DEPTH_MAX:
            return
        schema = document["components"]["schemas"][name]
        above = (*above, name)
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
        yield from _fields(document, part, above, path)
    if "items" in schema:
        yield from _fields(document, schema["items"], above, path)
    for name, field in schema.get("properties", {}).items():
        inner, wrapped = _inside(field)
        below = f"{path}.{name}" if path else name
        yield len(above) - 1, name, _type_text(inner, wrapped), field.get("description", ""), below
        yield from _fields(document, inner, above, below)


def _inside(field: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    properties = field.get("properties", {})
    if list(properties) == ["value"]:
        return properties["value"], True
    return field, False


def _type_text(schema: dict[str, Any], wrapped: bool) -> str:
    kind = schema.get("type", "object")
    text = next(name for name in kind if name != "null") if isinstance(kind, list) else kind
    if text == "array":
        text = f"list of {_type_text(schema.get('items', {}), False)}"
    if "enum" in schema:
        text = " | ".join(str(value) for value in schema["enum"] if value is not None)
    if "maxLength" in schema:
        text += f", at most {schema['maxLength']}"
    return f'{{"value": {text}}}' if wrapped else text
