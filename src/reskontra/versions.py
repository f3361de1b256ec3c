"""A row with its version: as stored, as saved, and the refusal of a version that the caller did not expect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from reskontra.errors import Stale

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """A record and what the database knows about its row. Moments are in UTC."""

    record: T
    version: int
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A record that has its own version, and the version of the reference data as of the same moment."""

    record: T
    reference_version: int


@dataclass(frozen=True, slots=True)
class Saved:
    """A row as a write left it: its number, or the code that serves as one, and its new version."""

    number: str
    version: int


Expected = frozenset[int] | None
"""The versions a caller accepts. None: any version. Empty: no version, as when an If-Match cannot be read."""


def check_expected(expected: Expected, present: int, *, what: str = "") -> None:
    """Raises `Stale` unless the `present` version of a row is an expected one. `what` names the row."""
    if expected is None or present in expected:
        return
    if what:
        raise Stale(f"The {what} has changed since it was read.", hint="Read it again first.")
    raise Stale
