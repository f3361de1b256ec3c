"""What a store is asked for a list and what it answers: conditions, a window on the rows, and a stamp."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

R = TypeVar("R")


class Compared(Protocol):
    """What a column is compared with: one of `>`, `<`, `>=`, `<=`, and a date or a moment."""

    @property
    def operator(self) -> str: ...
    @property
    def value(self) -> Any: ...


@dataclass(slots=True)
class Filters:
    """Conditions and their values, collected one by one, for a store's WHERE.

    `add("status = {}", status)` turns into `status = $4` after three other parameters. Parameters of the list's own
    statement come first and are not conditions.
    """

    parameters: list[Any] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    """The columns among them that rows are stamped in when they are written (decision 0021)."""
    _conditions: list[str] = field(default_factory=list)

    def add(self, condition: str, *values: object) -> None:
        """A condition with one `{}` per value, or with `{0}`, `{1}` ... for values that it needs more than once."""
        first = len(self.parameters) + 1
        self.parameters.extend(values)
        self._conditions.append(condition.format(*(f"${first + position}" for position in range(len(values)))))

    def add_same(self, column: str, value: str) -> None:
        """A column equals a text in any letter case; both sides are folded the same way."""
        self.add(f'lower({column} collate "C") = lower({{}}::text collate "C")', value)

    def add_comparison(self, column: str, comparison: Compared | None) -> None:
        """A date or moment against the one that was sent; None is no condition."""
        if comparison is not None:
            self.add(f"{column} {comparison.operator} {{}}", comparison.value)

    def add_stamp(self, column: str, comparison: Compared | None) -> None:
        """When a row was created or modified last, against the moment that was sent; None is no condition."""
        if comparison is not None:
            self.stamps.append(column)
            self.add_comparison(column, comparison)

    @property
    def is_empty(self) -> bool:
        """Whether there is no condition: the whole list is meant."""
        return not self._conditions

    @property
    def where(self) -> str:
        """The conditions joined by AND; `true` when there are none."""
        return " and ".join(self._conditions) or "true"

    @property
    def key(self) -> Hashable:
        """What identifies this filter, for remembering what it found. As small for long values as for short ones."""
        values = repr(self.parameters).encode("utf-8", "surrogatepass")
        return self.where, hashlib.blake2b(values, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Window:
    """What a store is asked for: skip `offset` rows after the row whose sort key is `after` (from the start if it is
    None), and return at most `limit`."""

    limit: int
    offset: int
    after: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Slice(Generic[R]):
    """Rows in the list's order, and the list's stamp when they were read.

    `reference_version` is that of the company's reference data at the same moment, if the store returns it.
    """

    rows: Sequence[R]
    stamp: Hashable
    reference_version: int | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows the list has, and its stamp when they were counted."""

    count: int
    stamp: Hashable
