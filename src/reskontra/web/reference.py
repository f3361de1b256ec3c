"""The reference as one HTML page, rendered from the OpenAPI document.

It works without its script, which finds operations while one types, and loads nothing from elsewhere.
"""

from __future__ import annotations

import shlex
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from reskontra.web.examples import Example, answers, examples
from reskontra.web.routing import path_names

_METHODS = ("get", "post", "put", "delete")
_DEPTH_MAX = 5
_EXAMPLE_LINES_MAX = 40


def render(document: dict[str, Any], groups: list[dict[str, Any]], *, sought: str = "", is_open: bool = False) -> bytes:
    """The page for an OpenAPI document and its `groups_of`, as UTF-8.

    `sought`: words that an operation must have in its address, its name or its sentences. `is_open`: whether requests
    from this machine need no token, so that a link can send them.
    """
    words = sought.lower().split()
    groups = [
        {**group, "served": _found(group["served"], words), "absent": _found(group["absent"], words)}
        for group in groups
    ]
    return (
        _template()
        .render(
            document=document,
            groups=groups,
            sought=sought,
            found=sum(len(group["served"]) for group in groups),
            base_url=document["servers"][0]["url"],
            is_open=is_open,
        )
        .encode()
    )


def script() -> bytes:
    """What finds operations while one types."""
    return files("reskontra.web").joinpath("templates", "reference.js").read_bytes()


def _found(entries: list[dict[str, Any]], words: list[str]) -> list[dict[str, Any]]:
    return [entry for entry in entries if all(word in entry["text"] for word in words)]


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("reskontra.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("reference.html")


def groups_of(document: dict[str, Any], is_open: bool) -> list[dict[str, Any]]:
    """The operations by tag, with what the page says of them; the served ones apart from those that are not."""
    groups: dict[str, dict[str, Any]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            operation = methods.get(method)
            if operation is None:
                continue
            entry = _entry(document, path, method, operation, is_open)
            group = groups.setdefault(operation["tags"][0], {"served": [], "absent": []})
            group["absent" if "x-not-served" in operation else "served"].append(entry)
    said = {tag["name"]: tag.get("description", "") for tag in document["tags"]}
    return [
        {"name": name, "said": said.get(name, ""), **group} for name, group in sorted(groups.items(), key=_served_first)
    ]


def _served_first(item: tuple[str, dict[str, Any]]) -> tuple[bool, str]:
    return not item[1]["served"], item[0].lower()


def _entry(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any], is_open: bool
) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    success = next((status for status in operation["responses"] if status < "300"), None)
    answer = operation["responses"][success].get("content", {}).get("application/json", {}) if success else {}
    name = operation["operationId"]
    example = examples().get(name)
    target = _target(path, example) if example else None
    return {
        "path": path,
        "method": method.upper(),
        "operation": operation,
        "text": f"{method} {path} {name} {operation['summary']}".lower(),
        "target": target if method == "get" and is_open else None,
        "curl": _curl(method.upper(), document["servers"][0]["url"] + target, operation, example, is_open)
        if example and target
        else None,
        "example": _answer_text(name),
        "body": list(_fields(document, body, ())) if body else [],
        "answer": list(_fields(document, answer["schema"], ())) if answer else [],
        "success": success,
    }


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


def _fields(document: dict[str, Any], schema: dict[str, Any], above: tuple[str, ...]) -> Any:
    """Each field below `schema` as (depth, name, type text, sentence). Recursion is cut off."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in above or len(above) >= _DEPTH_MAX:
            return
        schema = document["components"]["schemas"][name]
        above = (*above, name)
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
        yield from _fields(document, part, above)
    if "items" in schema:
        yield from _fields(document, schema["items"], above)
    for name, field in schema.get("properties", {}).items():
        inner, wrapped = _inside(field)
        yield len(above) - 1, name, _type_text(inner, wrapped), field.get("description", "")
        yield from _fields(document, inner, above)


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
