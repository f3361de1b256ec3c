"""The requests of `examples.toml`, and what the demo company answered to them.

The requests are in an order in which each of them succeeds on a new demo company, whatever its size. The answers are
recorded: `pytest tests/wire/test_examples.py --update-examples` writes `example_answers.json` anew.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

RECORDED = "example_answers.json"


@dataclass(frozen=True, slots=True)
class Example:
    """One request: the values of its address, its query parameters, and its body as JSON text, or the text of a file.

    In an address, `last` stands for the last segment of the Location that was answered before: an id that we give.
    `company_file` is what has to be applied to the demo company first, because it brings nothing that fits.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str | int | bool] = field(default_factory=dict)
    body: str | None = None
    company_file: str | None = None
    file: str | None = None

    def target(self, template: str) -> str:
        """`template` with the values in place of its parameters, and the query."""
        values = {name: quote(value, safe="") for name, value in self.path.items()}
        query = urlencode(self.query)
        return template.format_map(values) + (f"?{query}" if query else "")


@cache
def examples() -> dict[str, Example]:
    """The example of each operation, in the order in which all of them succeed."""
    text = files("reskontra.web").joinpath("examples.toml").read_text(encoding="utf-8")
    return {operation: msgspec.convert(entry, Example) for operation, entry in tomllib.loads(text).items()}


@cache
def answers() -> dict[str, msgspec.Raw]:
    """The recorded body of each operation that answers with JSON; numbers keep all their digits."""
    found = files("reskontra.web").joinpath(RECORDED).read_bytes()
    return msgspec.json.decode(found, type=dict[str, msgspec.Raw])


def body_of(operation: str) -> Any:
    """The example body of an operation, or None."""
    example = examples().get(operation)
    return None if example is None or example.body is None else msgspec.json.decode(example.body)
