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
class Sorted:
    """A column that rows are sorted by, or an expression; without a value they come last, in either direction."""

    sql: str
    is_descending: bool = False
    may_be_null: bool = True
    """False is said of plain columns, which an index may hold."""

    def by(self, name: str) -> str:
        """The term of an ORDER BY, where the expression goes by that name."""
        return f"{name}{' desc' if self.is_descending else ''}{' nulls last' if self.may_be_null else ''}"


Order = Sequence[Sorted]
"""An order that is not that of a list's key. It ends with the columns of the key, so that no two rows are equal."""


def ordered_by(order: Order) -> str:
    """The order as SQL."""
    return ", ".join(term.by(term.sql) for term in order)


def comes_after(order: Order, names: Sequence[str], after: Sequence[Any], first_parameter: int) -> str:
    """The condition that a row comes after the one with the values `after`, its expressions going by these names.

    The parameters are the values that are not None. An index on the first of the columns can answer a part of it; if
    all go in one direction, one on all of them the whole.
    """
    marks, parameter = [], first_parameter
    for value in after:
        marks.append(f"${parameter}")
        parameter += value is not None
    has_values = always_has_values(order)
    if has_values and len({term.is_descending for term in order}) == 1:
        return f"({', '.join(names)}) {'<' if order[0].is_descending else '>'} ({', '.join(marks)})"
    condition = "false"
    for term, name, value, mark in reversed(list(zip(order, names, after, marks, strict=True))):
        if value is None:
            condition = f"({name} is null and {condition})"
            continue
        later = f"{name} {'<' if term.is_descending else '>'} {mark}"
        if term.may_be_null:
            later += f" or {name} is null"
        condition = f"({later} or {name} = {mark} and {condition})"
    if has_values:
        condition = f"{names[0]} {'<=' if order[0].is_descending else '>='} {marks[0]} and {condition}"
    return condition


def always_has_values(order: Order) -> bool:
    """Whether no term of an order is ever null."""
    return not any(term.may_be_null for term in order)


@dataclass(frozen=True, slots=True)
class Window:
    """What a store is asked for: skip `offset` rows after the row whose sort key is `after` (from the start if it is
    None), and return at most `limit`.

    `is_near_end` is a hint: the end of the list is nearer than its start, as far as is known.
    """

    limit: int
    offset: int
    after: tuple[Any, ...] | None = None
    is_near_end: bool = False


@dataclass(frozen=True, slots=True)
class Slice(Generic[R]):
    """Rows in the list's order, and the list's stamp when they were read.

    `reference_version` is that of the company's reference data at the same moment, if the store returns it.
    """

    rows: Sequence[R]
    stamp: Hashable
    reference_version: int | None = None
    last: tuple[Any, ...] = ()
    """The sort key of the last row, for `Window.after`."""


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows the list has, and its stamp when they were counted."""

    count: int
    stamp: Hashable
