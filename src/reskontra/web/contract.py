"""The public contract as data: its operations with their query parameters, and its schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

import msgspec


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared query parameter: its name as the contract spells it, its kind and one sentence (may be empty)."""

    name: str
    kind: str = "string"
    description: str = ""


class Declared(Protocol):
    """A filter of a list (`changes.lists.wire.Filter`)."""

    @property
    def name(self) -> str: ...
    @property
    def parameters(self) -> Iterator[Parameter]: ...
    @property
    def add(self) -> Callable[..., None]:
        """Adds to some conditions what the query asks for: `add(query, filters)`."""
        ...


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract and the step of the plan that serves it (a number, or a word for "later")."""

    name: str
    method: str
    path: str
    step: int | str
    scope: str
    query: tuple[Parameter, ...]
    body: str | None
    answer: str | None


@cache
def operations() -> dict[str, Operation]:
    """All operations by name, in the contract's order."""
    return {entry["operation"]: _operation(entry) for entry in _document()["operations"]}


@cache
def schemas() -> dict[str, dict[str, str]]:
    """Schema name -> field name -> type, as the contract writes them."""
    found: dict[str, dict[str, str]] = _document()["schemas"]
    return found


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(files("reskontra").joinpath("contract.json").read_bytes())
    return document


def _operation(entry: dict[str, Any]) -> Operation:
    return Operation(
        name=entry["operation"],
        method=entry["method"],
        path=entry["path"],
        step=entry["step"],
        scope=entry["scope"],
        query=tuple(Parameter(name, kind) for name, kind in entry["query"].items()),
        body=entry["body"],
        answer=entry["response"],
    )
