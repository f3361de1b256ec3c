"""The reference as one HTML page, rendered from the OpenAPI document. It has no script and loads no other file."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

_METHODS = ("get", "post", "put", "delete")
_DEPTH_MAX = 5


def render(document: dict[str, Any]) -> bytes:
    """The page for an OpenAPI document, as UTF-8."""
    return _template().render(document=document, groups=_groups(document)).encode()


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


def _groups(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations by tag; the served ones apart from those that are not."""
    groups: dict[str, dict[str, Any]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            operation = methods.get(method)
            if operation is None:
                continue
            entry = _entry(document, path, method, operation)
            group = groups.setdefault(operation["tags"][0], {"served": [], "absent": []})
            group["absent" if "x-not-served" in operation else "served"].append(entry)
    return [{"name": name, **group} for name, group in sorted(groups.items(), key=_served_first)]


def _served_first(item: tuple[str, dict[str, Any]]) -> tuple[bool, str]:
    return not item[1]["served"], item[0].lower()


def _entry(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    success = next((status for status in operation["responses"] if status < "300"), None)
    answer = operation["responses"][success].get("content", {}).get("application/json", {}) if success else {}
    return {
        "path": path,
        "method": method.upper(),
        "operation": operation,
        "body": list(_fields(document, body, ())) if body else [],
        "answer": list(_fields(document, answer["schema"], ())) if answer else [],
        "success": success,
    }


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
