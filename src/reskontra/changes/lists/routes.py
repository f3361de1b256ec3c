"""Answers a page of a list: reads it, walks from page to page, and counts only when it must."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import msgspec
from starlette.responses import Response

from reskontra.changes.lists.store import Paged, Settled, find_settled
from reskontra.db.lists import Filters, Slice, Total, Window
from reskontra.db.pool import Connection
from reskontra.web.answers import json_answer
from reskontra.web.answers import page as page_answer
from reskontra.web.call import Call
from reskontra.web.listing import Listed, Memory, Page, Walk, cut, page_of

R = TypeVar("R")

_FEW, _VERY_FEW = 20_000, 2_000


async def answer_page(call: Call, paged: Paged[R], filters: Filters, answer: Callable[[R], msgspec.Struct]) -> Response:
    """The page that the caller asked for, each row as `answer` shows it."""
    async with call.database.connection() as connection:
        listed = await read_list(call, connection, paged, filters)
    return page_answer(call, map(answer, listed.rows), listed.total)


async def answer_page_object(
    call: Call,
    paged: Paged[R],
    filters: Filters,
    answer: Callable[[R], msgspec.Struct],
    shape: Callable[..., msgspec.Struct],
) -> Response:
    """The page that the caller asked for, as an array whose only item is the page (docs/QUIRKS.md).

    `shape` makes it of `page_number`, `page_size`, `total_count` and `records`.
    """
    page = page_of(call.query)
    async with call.database.connection() as connection:
        listed = await read_list(call, connection, paged, filters)
        # Such a page says how many there are when it has none, too.
        total = listed.total or (await paged.total(connection, filters)).count
    shown = shape(
        page_number=page.offset // page.limit + 1,
        page_size=page.limit,
        total_count=total,
        records=list(map(answer, listed.rows)),
    )
    return json_answer([shown])


def answer_rows(call: Call, rows: Iterable[R], answer: Callable[[R], msgspec.Struct]) -> Response:
    """The page that the caller asked for, from rows that are all at hand."""
    listed = cut(list(rows), call.query)
    return page_answer(call, map(answer, listed.rows), listed.total)


async def read_list(call: Call, connection: Connection, paged: Paged[R], filters: Filters) -> Listed[R]:
    """The page of a list that the caller asked for.

    Filtered by stamps it shows nothing newer than the oldest write under way, so that whoever asks for what is newer
    than the newest that he has seen misses nothing (decision 0021).
    """
    memory, key = call.lists, (call.company_id, paged.entity, tuple(paged.order), filters.key)
    page = page_of(call.query)
    settled = await find_settled(connection, call.company_id) if filters.stamps else None
    walk = memory.walk((key, call.actor)) if settled is not None and page.offset else None
    if settled is not None:
        for column in filters.stamps:
            filters.add(f"{column} < {{}}", settled.horizon if walk is None else walk.horizon)
        if walk is not None:
            return await _go_on(connection, paged, filters, page, walk)
        if not settled.is_quiet:
            memory = Memory()
    total = partial(paged.total, connection, filters)

    async def rows(window: Window) -> Slice[R]:
        if window.offset:
            length = memory.estimate(key)
            window = replace(window, is_near_end=length is not None and 2 * window.offset + window.limit > length)
        gathers = paged.may_gather and await _is_short(memory, key, window, total, filters)
        return await paged.rows(connection, filters, window, gathers=gathers)

    listed = await read_page(
        memory,
        key,
        page,
        rows=rows,
        total=total,
        rank=partial(paged.rank, connection, filters),
        walker=call.actor,
        settled=settled,
    )
    if settled is not None and not page.offset:
        began = Walk(settled.horizon, listed.total, {})
        began.keep_end(len(listed.rows), listed.last)
        call.lists.keep_walk((key, call.actor), began)
    return listed


async def _go_on(connection: Connection, paged: Paged[R], filters: Filters, page: Page, walk: Walk) -> Listed[R]:
    """A further page of a walk.

    All pages are of the moment at which the first was asked for. From then on rows can only leave the list, by being
    changed, so this page begins after the last row that was shown. The total stays as it was.
    """
    before = walk.ends.get(page.offset)
    window = Window(page.limit, page.offset) if before is None else Window(page.limit, 0, before)
    gathers = paged.may_gather and walk.total <= (_FEW if window.after is None else _VERY_FEW)
    found = await paged.rows(connection, filters, window, gathers=gathers)
    if not found.rows:
        return Listed((), 0)
    end = page.offset + len(found.rows)
    walk.keep_end(end, found.last)
    return Listed(found.rows, max(walk.total, end), found.reference_version)


async def read_page(
    memory: Memory,
    key: Hashable,
    page: Page,
    *,
    rows: Callable[[Window], Awaitable[Slice[R]]],
    total: Callable[[], Awaitable[Total]],
    rank: Callable[[tuple[Any, ...]], Awaitable[int]] | None = None,
    walker: str = "",
    settled: Settled | None = None,
) -> Listed[R]:
    """One page of the list that `key` names.

    `rows` and `total` ask the store. Usually takes one statement; one more if the page is full and the total is not
    known, and one if the list changed during a walk.

    Where rows have gone since the `walker` was shown the page before, this one begins that much earlier, so that no row
    that was there all the time is missed; the total counts on as if they were still there. `rank` asks how many rows do
    not come after a sort key.
    """
    found, gone, is_of_one_moment = await _rows(memory, key, page, rows, rank=rank, walker=walker)
    if not found.rows:
        return Listed((), 0)
    if settled is not None and _has_moved(found.stamp, settled):
        memory = Memory()  # what was written since then is not shown, so it may not be remembered as what there is
    end = page.offset + len(found.rows)
    if len(found.rows) < page.limit:
        if is_of_one_moment:
            memory.keep_total(key, found.stamp, end - gone)
        return Listed(found.rows, end, found.reference_version, found.last)
    memory.keep_end((key, walker), end, found.stamp, found.last)
    count = memory.total(key, found.stamp)
    if count is None:
        count = await _counted(memory, key, total)
    return Listed(found.rows, max(count + gone, end), found.reference_version, found.last)


def _has_moved(stamp: Hashable, settled: Settled) -> bool:
    """Whether the list had changed by the time it was read. A stamp is the id of a change, or several as a text."""
    return any(int(change_id) > settled.newest_change_id for change_id in str(stamp).split())


async def _rows(
    memory: Memory,
    key: Hashable,
    page: Page,
    rows: Callable[[Window], Awaitable[Slice[R]]],
    *,
    rank: Callable[[tuple[Any, ...]], Awaitable[int]] | None,
    walker: str,
) -> tuple[Slice[R], int, bool]:
    """The rows of a page, how many have gone before it since the walker was shown the page before, and whether one
    statement told both."""
    known = memory.end((key, walker), page.offset) if page.offset else None
    if known is None:
        return await rows(Window(page.limit, page.offset)), 0, True
    stamp, after = known
    found = await rows(Window(page.limit, 0, after))
    if found.stamp == stamp:
        return found, 0, True
    before = await rank(after) if rank is not None else page.offset + 1
    if before > page.offset:  # others came before it; the page begins where its number says
        return await rows(Window(page.limit, page.offset)), 0, True
    return found, page.offset - before, False


async def _is_short(
    memory: Memory, key: Hashable, window: Window, total: Callable[[], Awaitable[Total]], filters: Filters
) -> bool:
    """Whether a filter finds so few rows that reading them all costs less than searching in the list's order.

    Counts them if they were never counted. On a walk the next rows are near, unless there are very few.
    """
    if filters.is_empty:
        return False
    count = memory.estimate(key)
    if count is None:
        count = await _counted(memory, key, total)
    return count <= (_FEW if window.after is None else _VERY_FEW)


async def _counted(memory: Memory, key: Hashable, total: Callable[[], Awaitable[Total]]) -> int:
    counted = await total()
    memory.keep_total(key, counted.stamp, counted.count)
    return counted.count
