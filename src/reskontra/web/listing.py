"""Pages of a list: which rows, how many in all, and what is remembered between two pages. Not SQL, not a filter.

A room hands in two questions, `rows(window)` and `total()`. Each answers together with a stamp: a value that is
different whenever the list may have changed (in practice the company's newest change). While the stamp stands,
totals are not counted again, and a walk from page to page goes on from the last row instead of counting rows off
(W12). Totals are always exact.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from reskontra.web.query import Comparison, Query

R = TypeVar("R")
K = TypeVar("K", bound=Hashable)
W = TypeVar("W")

_FEW, _VERY_FEW = 20_000, 2_000

MAXIMUM = 1000
"""Rows of a page at most, and also when no size is asked for (W20)."""


@dataclass(frozen=True, slots=True)
class Page:
    """What the caller asked for: `limit` rows after the first `offset`."""

    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class Window:
    """What a store is asked for: skip `offset` rows, counted from behind the row whose sort key is `after`
    (from the start where it is None), and give at most `limit`."""

    limit: int
    offset: int
    after: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Slice(Generic[R]):
    """Rows in the list's order, and the stamp that was true when they were read."""

    rows: Sequence[R]
    stamp: Hashable


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows the list has, and the stamp that was true when they were counted."""

    count: int
    stamp: Hashable


@dataclass(frozen=True, slots=True)
class Listed(Generic[R]):
    """One page. `total` is exact; it is 0 where the page is empty, since no item is there to carry it."""

    rows: Sequence[R]
    total: int


@dataclass(slots=True)
class Filters:
    """Conditions and their values, collected one by one, for a store's WHERE.

    `add("status = {}", status)` turns into `status = $4` when three parameters came before.
    """

    parameters: list[Any] = field(default_factory=list)
    _conditions: list[str] = field(default_factory=list)

    def add(self, condition: str, *values: object) -> None:
        """A condition with one `{}` per value."""
        first = len(self.parameters) + 1
        self.parameters.extend(values)
        self._conditions.append(condition.format(*(f"${first + position}" for position in range(len(values)))))

    def add_same(self, column: str, value: str | None) -> None:
        """A column equals a text in any letter case; None is no condition. Both sides are folded alike."""
        if value is not None:
            self.add(f'lower({column} collate "C") = lower({{}}::text collate "C")', value)

    def add_greater(self, column: str, value: str | None) -> None:
        """A code stands behind `value` in the list's order (`greaterThanValue`); None is no condition."""
        if value is not None:
            self.add(f'{column} > {{}}::text collate "C"', value)

    def add_comparison(self, column: str, comparison: Comparison[Any] | None) -> None:
        """A date or moment against the one that was sent; None is no condition."""
        if comparison is not None:
            self.add(f"{column} {comparison.operator} {{}}", comparison.value)

    @property
    def where(self) -> str:
        """The conditions joined by AND; `true` when there are none."""
        return " and ".join(self._conditions) or "true"

    @property
    def key(self) -> Hashable:
        """What tells this filter from another one, for `Memory`."""
        return self.where, tuple(repr(value) for value in self.parameters)


class _Recent(Generic[K, W]):
    """A dict that forgets the entry that was not used for longest."""

    def __init__(self, size_max: int) -> None:
        self._size_max = size_max
        self._entries: OrderedDict[K, W] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        self._entries.clear()

    def get(self, key: K) -> W | None:
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: K, value: W) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._size_max:
            self._entries.popitem(last=False)


class Memory:
    """Totals and page ends of the lists that were asked for lately, of all companies of this process."""

    def __init__(self, size_max: int = 4096) -> None:
        self._totals: _Recent[Hashable, Total] = _Recent(size_max)
        self._ends: _Recent[Hashable, tuple[Hashable, tuple[Any, ...]]] = _Recent(size_max)

    def forget(self) -> None:
        """Remember nothing, as the database may be another one."""
        self._totals.clear()
        self._ends.clear()

    def total(self, key: Hashable, stamp: Hashable) -> int | None:
        """The count under `key`, if it was made while `stamp` was true."""
        known = self._totals.get(key)
        return known.count if known is not None and known.stamp == stamp else None

    def estimate(self, key: Hashable) -> int | None:
        """The count under `key` when it was made last, whether or not it is still true."""
        known = self._totals.get(key)
        return known.count if known is not None else None

    def keep_total(self, key: Hashable, total: Total) -> None:
        self._totals.put(key, total)

    def end(self, key: Hashable, offset: int) -> tuple[Hashable, tuple[Any, ...]] | None:
        """The stamp and the sort key of the row just before `offset`."""
        return self._ends.get((key, offset))

    def keep_end(self, key: Hashable, offset: int, stamp: Hashable, sort_key: tuple[Any, ...]) -> None:
        self._ends.put((key, offset), (stamp, sort_key))


def page_of(query: Query) -> Page:
    """The page that the parameters name. Sizes below 1 mean the default, above the maximum the maximum (W11)."""
    if not query.declares("pageNumber"):
        limit = _size(query.integer("numberToRead"))
        return Page(limit, max(query.integer("skipRecords") or 0, 0))
    limit = _size(query.integer("pageSize"))
    number = max(query.integer("pageNumber") or 1, 1)
    return Page(limit, (number - 1) * limit)


def _size(asked: int | None) -> int:
    return MAXIMUM if asked is None or asked < 1 else min(asked, MAXIMUM)


def cut(rows: Sequence[R], query: Query) -> Listed[R]:
    """The page that was asked for of a list that is read whole, as reference data is: small, and seldom asked for.

    An operation that declares no paging at all gives everything at once.
    """
    if not (query.declares("pageNumber") or query.declares("numberToRead")):
        return Listed(rows, len(rows))
    page = page_of(query)
    return Listed(rows[page.offset : page.offset + page.limit], len(rows))


async def read_page(
    memory: Memory,
    key: Hashable,
    page: Page,
    *,
    rows: Callable[[Window], Awaitable[Slice[R]]],
    total: Callable[[], Awaitable[Total]],
    sort_key: Callable[[R], tuple[Any, ...]],
) -> Listed[R]:
    """One page of the list that `key` names: (company_id, list name, filter key).

    `rows` and `total` ask the store; `sort_key` gives of a row what `Window.after` wants, and no two rows have the
    same (append the primary key where the list is sorted by something else). Costs one question as a
    rule; a second one when the page is full and the total is not known, or when the list changed under a walk.
    """
    found = await _rows(memory, key, page, rows)
    if not found.rows:
        return Listed((), 0)
    end = page.offset + len(found.rows)
    if len(found.rows) < page.limit:
        memory.keep_total(key, Total(end, found.stamp))
        return Listed(found.rows, end)
    memory.keep_end(key, end, found.stamp, sort_key(found.rows[-1]))
    count = memory.total(key, found.stamp)
    if count is None:
        counted = await total()
        memory.keep_total(key, counted)
        count = counted.count
    return Listed(found.rows, max(count, end))


async def is_short(
    memory: Memory, key: Hashable, window: Window, total: Callable[[], Awaitable[Total]], filters: Filters
) -> bool:
    """Whether a filter finds so few rows that reading them all costs less than looking for them in the list's order.

    Counts them where they were never counted. On a walk the next rows are near, unless there are few indeed.
    """
    if filters.where == "true":
        return False
    count = memory.estimate(key)
    if count is None:
        counted = await total()
        memory.keep_total(key, counted)
        count = counted.count
    return count <= (_FEW if window.after is None else _VERY_FEW)


async def _rows(memory: Memory, key: Hashable, page: Page, rows: Callable[[Window], Awaitable[Slice[R]]]) -> Slice[R]:
    known = memory.end(key, page.offset) if page.offset else None
    if known is not None:
        stamp, after = known
        found = await rows(Window(page.limit, 0, after))
        if found.stamp == stamp:
            return found
    return await rows(Window(page.limit, page.offset))


def with_metadata(item: bytes, total: int) -> bytes:
    """`item` (a JSON object) with the list's size in it, as every item of a list carries it (W20)."""
    opening = item[:-1] if len(item) == 2 else item[:-1] + b","
    return opening + b'"metadata":{"totalCount":%d,"maxPageSize":%d}}' % (total, MAXIMUM)
