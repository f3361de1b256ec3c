"""What this version leaves out of the contract, in users' words (`not_served.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from reskontra.web.contract import Operation


@dataclass(frozen=True, slots=True)
class Group:
    """Operations that are missing for one reason: a sentence what is missing, and one what to do instead."""

    name: str
    operations: tuple[str, ...]
    missing: str
    instead: str

    @property
    def sentences(self) -> str:
        """Both sentences."""
        return f"{self.missing} {self.instead}"

    def holds(self, operation: Operation) -> bool:
        """Whether the operation is one of these."""
        address = f"{operation.method} {operation.path}"
        return any(fnmatchcase(address, pattern) for pattern in self.operations)


@cache
def groups() -> tuple[Group, ...]:
    """All groups, in the order in which they are tried."""
    found: dict[str, Any] = tomllib.loads(files("reskontra.web").joinpath("not_served.toml").read_text("utf-8"))
    return tuple(Group(**{**entry, "operations": tuple(entry["operations"])}) for entry in found["groups"])


def group_of(operation: Operation) -> Group | None:
    """The group that the operation is in, if it is not served."""
    return next((group for group in groups() if group.holds(operation)), None)


def missing(operation: Operation) -> str:
    """What is missing where the operation is not served, and what to do instead."""
    group = group_of(operation)
    return group.sentences if group else "Nothing here replaces it yet."
