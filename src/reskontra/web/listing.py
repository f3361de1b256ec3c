"""Pages of a list as HTTP asks for them and shows them, and what is remembered between two pages.

A total or a page end is remembered under a stamp: a value that differs whenever the list may have changed (in practice
the company's newest change). As long as the stamp is the same, what was remembered is true (W12).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from reskontra.recent import Recent
from reskontra.web.query import Query

R = TypeVar("R")

MAXIMUM = 1000
"""The most rows of a page, and the number if no size is asked for (W20)."""

_EVERYTHING = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """What the caller asked for: `limit` rows after the first `offset`."""

    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class Listed(Generic[R]):
    """One page. `total` is exact; it is 0 if the page is empty, since there is no item to carry it.

    `reference_version` is that of the company's reference data when the rows were read, if it was asked for.
    """

    rows: Sequence[R]
    total: int
    reference_version: int | None = None
    last: tuple[Any, ...] = field(default=(), compare=False)
    """The sort key of the last row."""


_ENDS_MAX = 8


@dataclass(slots=True)
class Walk:
    """A list that is filtered by stamps, as one caller is shown it page by page (decision 0021)."""

    horizon: datetime
    """All its pages show what was stamped before this moment."""
    total: int
    ends: dict[int, tuple[Any, ...]]
    """Offset -> the sort key of the row before it, for the pages shown last."""

    def keep_end(self, offset: int, key: tuple[Any, ...]) -> None:
        """Note which row comes just before `offset`."""
        self.ends.pop(offset, None)
        self.ends[offset] = key
        if len(self.ends) > _ENDS_MAX:
            del self.ends[next(iter(self.ends))]


class Memory:
    """Totals, page ends and walks of recently requested lists, of all companies in this process."""

    def __init__(self, size_max: int = 4096) -> None:
        self._walks: Recent[Hashable, Walk] = Recent(size_max)
        self._totals: Recent[Hashable, tuple[Hashable, int]] = Recent(size_max)
        self._ends: Recent[Hashable, tuple[Hashable, tuple[Any, ...]]] = Recent(size_max)

    def forget(self) -> None:
        """Forget everything, since the database may be another one."""
        self._totals.clear()
        self._ends.clear()
        self._walks.clear()

    def total(self, key: Hashable, stamp: Hashable) -> int | None:
        """The count under `key`, if it was made under this `stamp`."""
        known = self._totals.get(key)
        return known[1] if known is not None and known[0] == stamp else None

    def estimate(self, key: Hashable) -> int | None:
        """The last count under `key`, whether or not it is still true."""
        known = self._totals.get(key)
        return known[1] if known is not None else None

    def keep_total(self, key: Hashable, stamp: Hashable, count: int) -> None:
        self._totals.put(key, (stamp, count))

    def end(self, key: Hashable, offset: int) -> tuple[Hashable, tuple[Any, ...]] | None:
        """The stamp and the sort key of the row just before `offset`."""
        return self._ends.get((key, offset))

    def keep_end(self, key: Hashable, offset: int, stamp: Hashable, sort_key: tuple[Any, ...]) -> None:
        self._ends.put((key, offset), (stamp, sort_key))

    def walk(self, key: Hashable) -> Walk | None:
        """The walk that a caller began by asking for the first page."""
        return self._walks.get(key)

    def keep_walk(self, key: Hashable, walk: Walk) -> None:
        self._walks.put(key, walk)


def page_of(query: Query) -> Page:
    """The page that the parameters name. Sizes below 1 mean the default, above the maximum the maximum (W11).

    An operation that declares no paging returns everything at once.
    """
    if query.declares("pageNumber"):
        limit = _size(query.integer("pageSize"))
        return Page(limit, (max(query.integer("pageNumber") or 1, 1) - 1) * limit)
    if query.declares("numberToRead"):
        return Page(_size(query.integer("numberToRead")), max(query.integer("skipRecords") or 0, 0))
    return Page(_EVERYTHING, 0)


def _size(asked: int | None) -> int:
    return MAXIMUM if asked is None or asked < 1 else min(asked, MAXIMUM)


def cut(rows: Sequence[R], query: Query) -> Listed[R]:
    """The requested page of a list that is all at hand, such as reference data."""
    page = page_of(query)
    return Listed(rows[page.offset : page.offset + page.limit], len(rows))


def with_metadata(items: Iterable[bytes], total: int) -> bytes:
    """A JSON array of `items` (JSON objects), each with the list's size in it (W20)."""
    ending = b'"metadata":{"totalCount":%d,"maxPageSize":%d}}' % (total, MAXIMUM)
    pieces: list[bytes | memoryview] = []
    for item in items:
        pieces += memoryview(item)[:-1], b"," if len(item) > 2 else b"", ending, b","
    return b"".join((b"[", *pieces[:-1], b"]"))
