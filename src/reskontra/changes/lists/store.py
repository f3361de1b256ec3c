"""A paged list in SQL: its rows, its exact total, and the stamp that shows whether it may have changed (W12)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from asyncpg import Record

from reskontra.changes.store import REFERENCE_VERSION, last_change, row_count
from reskontra.db.lists import Filters, Order, Slice, Total, Window, always_has_values, comes_after
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one

R = TypeVar("R")
T = TypeVar("T")

_EVERY = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged(Generic[R]):
    """A list of company $1.

    The rows of a page are found first, with as few columns as possible; only for them is the rest read.
    """

    entity: str
    """The entity of the rows in change rows. Its tally counts and stamps the list."""
    found: str
    """A select of all rows, without their order. It ends inside its where clause."""
    kind: str = ""
    """The column of `found` that says of which kind a row is, if the list shows the kinds in the array $2, each once,
    and an index has each kind by `key`. `found` leaves them to this: pages of kinds are merged, while a select of all
    kinds would be sorted as a whole, unless the kind comes first in `key`."""
    key: tuple[str, ...]
    """The columns of `found` that the list is sorted by, with their table. Together they are unique."""
    read: Callable[[Record], R]
    sort_key: Callable[[R], tuple[Any, ...]]
    """The values of a row in the columns of `key`."""
    tables: str = ""
    """Where the shown columns come from: `page`, which is what was found, and joins. It must have the tables of `key`
    under their names, and the page's own columns. By default it is the page alone, under the name of the first."""
    columns: str = ""
    """The shown columns; by default all that was found, as JSON in a column `record` (see `json_record`)."""
    order: Order = ()
    """An order other than that of `key`. Then `sort_key` is not asked: the page's statement shows what sorts it."""
    is_tallied: bool = True
    """Whether the entity has a tally. Without one it is reference data: counted, and stamped by its version."""
    stamp: str = ""
    """A scalar that identifies the state of the list, if that is not the newest change of `entity`."""
    kept_total: str = ""
    """A scalar with the length of the whole list, if that is not the tally of `entity`."""
    may_gather: bool = False
    """Whether rows that a filter finds are gathered before sorting if they are few (`gathers`)."""

    async def rows(
        self, connection: Connection, filters: Filters, window: Window, *, gathers: bool = False
    ) -> Slice[R]:
        """The rows of a window. The first parameter of the filters is the company."""
        from_end = window.is_near_end and window.after is None and not gathers and self._can_count_back(filters)
        statement = self.page_statement(filters, after=window.after, gathers=gathers, from_end=from_end)
        after = _values(window.after or ())
        found = await connection.fetch(statement, *filters.parameters, *after, window.limit, window.offset)
        if not found:
            return Slice((), None)
        rows, last = [self.read(row) for row in found], found[-1]
        sorts_last = tuple(last[name] for name in self._sorts) if self.order else self.sort_key(rows[-1])
        return Slice(rows, last["stamp"], last["reference_version"], sorts_last)

    async def all(self, connection: Connection, filters: Filters) -> Sequence[R]:
        """All rows that pass the filters, if they are known to be few."""
        return (await self.rows(connection, filters, Window(_EVERY, 0))).rows

    async def find(self, connection: Connection, company_id: int, code: str | int) -> R | None:
        """The row whose first column of `key` is this number, or this text in any case."""
        found = await self.seek(connection, company_id, code)
        return found.rows[0] if found.rows else None

    async def seek(self, connection: Connection, company_id: int, code: str | int) -> Slice[R]:
        """What `find` finds, if anything, with the version of the reference data."""
        filters = Filters([company_id])
        if isinstance(code, int):
            filters.add(f"{self.key[0]} = {{}}", code)
        else:
            filters.add_same(self.key[0], code)
        return await self.rows(connection, filters, Window(1, 0))

    async def total(self, connection: Connection, filters: Filters) -> Total:
        """How many rows pass the filters. Without any, the total is kept and not counted."""
        row = await fetch_one(connection, self.total_statement(filters), *filters.parameters)
        return Total(row["total"], row["stamp"])

    async def rank(self, connection: Connection, filters: Filters, key: tuple[Any, ...]) -> int:
        """How many rows pass the filters and do not come after this sort key."""
        next_parameter = len(filters.parameters) + 1
        if self.order:
            is_later = comes_after(self.order, self._sorts, key, next_parameter)
            found = f"(select * from ({self._sorting(filters)} offset 0) as found where not ({is_later}))"
        else:
            marks = ", ".join(f"${next_parameter + position}" for position in range(len(key)))
            found = f"({self._all(filters)} and ({', '.join(self.key)}) <= ({marks}))"
        row = await fetch_one(
            connection, f"select count(*) as rank from {found} as found", *filters.parameters, *_values(key)
        )
        rank: int = row["rank"]
        return rank

    def page_statement(
        self,
        filters: Filters,
        *,
        after: tuple[Any, ...] | None = None,
        gathers: bool = False,
        from_end: bool = False,
    ) -> str:
        """The statement of `rows`. Its parameters: those of the filters, the sort key to continue after without its
        nulls, the limit and the offset.

        A plan is made without knowing how many rows the filters find, so the caller says it: few are gathered and
        then sorted; many are found quickly by walking in the list's own order, or `from_end` against it.
        """
        next_parameter = len(filters.parameters) + 1
        # What sorts the rows may be dear; where nulls do not allow to search by it, each row is asked for it once.
        is_asked_once = after is not None and not always_has_values(self.order)
        merges = bool(self.kind) and not gathers and not is_asked_once
        found = (self._sorting if self.order else self._all)(filters, "asked.kind" if merges else "")
        table = self.key[0].partition(".")[0]
        # If only the page is shown, it is one table, whatever it was found in.
        shown_key = self.key if self.tables else [f"{table}.{column.partition('.')[2]}" for column in self.key]
        order, shown_order, is_later = ", ".join(self.key), ", ".join(shown_key), ""
        if self.order:
            order = shown_order = ", ".join(term.by(name) for term, name in zip(self.order, self._sorts, strict=True))
        if after is not None and not self.order:
            marks = ", ".join(f"${next_parameter + position}" for position in range(len(self.key)))
            found += f" and ({', '.join(self.key)}) > ({marks})"
        elif after is not None and not is_asked_once:
            found += f" and {comes_after(self.order, [term.sql for term in self.order], after, next_parameter)}"
        elif after is not None:
            is_later = f" where {comes_after(self.order, self._sorts, after, next_parameter)}"
        next_parameter += len(_values(after or ()))
        limits = _Limits.of(next_parameter, length=self._length if from_end else "")
        if from_end:
            order = ", ".join(f"{column} desc" for column in self.key)
        if gathers or is_asked_once:
            found = f"select * from ({found} offset 0) as {table}{is_later}"
        elif merges:
            found = f"""select {table}.* from unnest($2::text[]) as asked (kind)
             cross join lateral (
                {found}
                 order by {order}
                 limit {limits.of_each_kind}) as {table}"""
        shown = ["", *self._sorts] if self.order else [""]
        return f"""
        with {limits.length}page as materialized (
            {found}
             order by {order}
             limit {limits.rows} offset {limits.offset})
        select {self.columns or f"row_to_json({table})::text as record"}{", ".join(shown)},
               {self._stamp} as stamp, {REFERENCE_VERSION} as reference_version
          from {self.tables or f"page as {table}"}
         order by {shown_order}"""

    def total_statement(self, filters: Filters) -> str:
        """The statement of `total`. Its parameters are those of the filters."""
        kept = self._length if filters.is_empty else ""
        total = kept or f"(select count(*) from ({self._all(filters)}) as found)"
        return f"select {total} as total, {self._stamp} as stamp"

    @property
    def _length(self) -> str:
        """A scalar with the length of the whole list, if it is kept."""
        return self.kept_total or (row_count(self.entity) if self.is_tallied else "")

    def _can_count_back(self, filters: Filters) -> bool:
        """Whether a page can be found from the end of the list: its statement knows how long the list is."""
        return filters.is_empty and not self.order and bool(self._length)

    @property
    def _sorts(self) -> Sequence[str]:
        """The names that the expressions of the order have in a page."""
        return [f"sort_{position}" for position in range(1, len(self.order) + 1)]

    def _all(self, filters: Filters, kind: str = "") -> str:
        """All rows that pass the filters, without their order; only those of one kind, if that is given."""
        of_kinds = f" and {self.kind} = {kind or 'any ($2::text[])'}" if self.kind else ""
        return f"{self.found}{of_kinds} and {filters.where}"

    def _sorting(self, filters: Filters, kind: str = "") -> str:
        """`_all`, with the expressions of the order."""
        sorts = ", ".join(f"{term.sql} as {name}" for term, name in zip(self.order, self._sorts, strict=True))
        return f"select {sorts}, {self._all(filters, kind).lstrip().removeprefix('select ')}"

    @property
    def _stamp(self) -> str:
        return self.stamp or (last_change(self.entity) if self.is_tallied else REFERENCE_VERSION)


@dataclass(frozen=True, slots=True)
class _Limits:
    """What bounds a page, as SQL: its rows, those before it, and how many rows of each kind it may need."""

    rows: str
    offset: str
    of_each_kind: str
    length: str = ""
    """A CTE that they use."""

    @classmethod
    def of(cls, parameter: int, *, length: str) -> _Limits:
        """By the limit and the offset, which are this parameter and the next. They are counted from the end of the
        list if `length`, a scalar, is given."""
        rows, offset = f"${parameter}::bigint", f"${parameter + 1}::bigint"
        if not length:
            return cls(rows, offset, f"{rows} + {offset}")
        left = f"(select greatest(length - {offset}, 0) from whole)"
        return cls(
            rows=f"least({rows}, {left})",
            offset=f"(select greatest(length - {offset} - {rows}, 0) from whole)",
            of_each_kind=left,
            length=f"whole as materialized (select {length} as length), ",
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """Up to when the stamps of a company's rows are settled: none before `horizon` is still to come."""

    horizon: datetime
    newest_change_id: int
    """The newest change of the company that had been committed by then."""
    is_quiet: bool
    """Whether that change is so old that no row is stamped at the horizon or after it."""


_QUIET_SECONDS = 5
"""A change is younger than its stamp by the time that its statement takes; no statement of one change takes so long."""

_SETTLED = f"""
    select stamp_horizon($1) as horizon, newest.change_id,
           newest.changed_at < clock_timestamp() - interval '{_QUIET_SECONDS} seconds' as is_quiet
      from (select change_id, changed_at from change where company_id = $1 order by change_id desc limit 1) as newest"""


async def find_settled(connection: Connection, company_id: int) -> Settled | None:
    """Asked before a list that is filtered by stamps; None where the clock does not run (decision 0021)."""
    row = await connection.fetchrow(_SETTLED, company_id)
    if row is None or row["horizon"] is None:
        return None
    return Settled(row["horizon"], row["change_id"], row["is_quiet"])


def _values(key: Sequence[Any]) -> Sequence[Any]:
    """The values of a sort key that are parameters."""
    return [value for value in key if value is not None]


def plain_row(row: Record) -> Record:
    """A `Paged.read` for lists whose rows are read by column name."""
    return row


def as_record(columns: str) -> str:
    """A `Paged.columns` for lists that show these columns as JSON in a column `record`."""
    return f"(select row_to_json(shaped) from (select {columns}) as shaped)::text as record"


def json_record(shape: type[T]) -> Callable[[Record], T]:
    """A `Paged.read` for lists that show `record`, JSON whose keys are the names of `shape`."""
    decode = msgspec.json.Decoder(shape).decode
    return lambda row: decode(row["record"])
