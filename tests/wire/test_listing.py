"""Pages: sizes, exact totals, and what is remembered between two pages of a walk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.changes.lists.routes import read_page
from reskontra.db.lists import Filters, Slice, Total, Window
from reskontra.web.listing import Listed, Memory, Page, page_of, with_metadata
from reskontra.web.query import Query

PAGED = ("pagenumber", "pagesize", "numbertoread", "skiprecords")


@dataclass
class Numbers:
    """A store of sorted numbers that answers windows as SQL would, and remembers what it was asked."""

    values: list[int]
    stamp: int = 1
    asked: list[Window] = field(default_factory=list)
    counted: int = 0

    async def rows(self, window: Window) -> Slice[int]:
        self.asked.append(window)
        values = sorted(self.values)
        if window.after is not None:
            values = [value for value in values if value > window.after[0]]
        found = values[window.offset : window.offset + window.limit]
        return Slice(found, self.stamp, last=tuple(found[-1:]))

    async def total(self) -> Total:
        self.counted += 1
        return Total(len(self.values), self.stamp)

    async def rank(self, key: tuple[int, ...]) -> int:
        return sum(value <= key[0] for value in self.values)

    def insert(self, value: int) -> None:
        self.values.append(value)
        self.stamp += 1

    def delete(self, *values: int) -> None:
        self.values = [value for value in self.values if value not in values]
        self.stamp += 1

    async def page(
        self, memory: Memory, number: int, size: int = 10, key: object = "all", walker: str = ""
    ) -> Listed[int]:
        return await read_page(
            memory,
            key,
            Page(size, (number - 1) * size),
            rows=self.rows,
            total=self.total,
            rank=self.rank,
            walker=walker,
        )


@pytest.mark.parametrize(
    ("raw", "page"),
    [
        ("", Page(1000, 0)),
        ("pageSize=10&pageNumber=3", Page(10, 20)),
        ("PAGESIZE=5000&PageNumber=2", Page(1000, 1000)),
        ("pageSize=0&pageNumber=0", Page(1000, 0)),
        ("pageSize=-1&pageNumber=-7", Page(1000, 0)),
        ("pageNumber=2147483647", Page(1000, 2147483646000)),
        ("numberToRead=5&skipRecords=7&skip=9", Page(1000, 0)),
    ],
)
def test_pages_are_clamped_and_old_names_ignored(raw: str, page: Page) -> None:
    assert page_of(Query(raw.encode(), PAGED)) == page


def test_the_old_names_count_where_there_are_no_pages() -> None:
    assert page_of(Query(b"numberToRead=5&skipRecords=7", ("numbertoread", "skiprecords"))) == Page(5, 7)
    assert page_of(Query(b"skipRecords=-7", ("numbertoread", "skiprecords"))) == Page(1000, 0)


async def test_a_short_page_needs_no_count() -> None:
    store = Numbers(list(range(7)))
    assert await store.page(Memory(), 1) == Listed([0, 1, 2, 3, 4, 5, 6], 7)
    assert store.counted == 0


async def test_a_walk_counts_once_and_goes_on_from_the_last_row() -> None:
    store, memory = Numbers(list(range(35))), Memory()
    pages = [await store.page(memory, number) for number in (1, 2, 3, 4, 5)]
    assert [row for page in pages for row in page.rows] == list(range(35))
    assert [page.total for page in pages] == [35, 35, 35, 35, 0]
    assert store.counted == 1
    assert store.asked == [
        Window(10, 0), Window(10, 0, (9,)), Window(10, 0, (19,)), Window(10, 0, (29,)), Window(10, 40)
    ]  # fmt: skip


async def test_a_cold_jump_counts_rows_off() -> None:
    store = Numbers(list(range(35)))
    assert await store.page(Memory(), 3) == Listed(list(range(20, 30)), 35)
    assert store.asked == [Window(10, 20)]


async def test_a_change_during_a_walk_is_seen_at_once() -> None:
    store, memory = Numbers(list(range(0, 60, 2))), Memory()
    await store.page(memory, 1)
    store.insert(1)
    second = await store.page(memory, 2)
    assert second == Listed(sorted(store.values)[10:20], 31)
    assert store.counted == 2


async def test_rows_that_go_during_a_walk_take_no_other_rows_with_them() -> None:
    store, memory = Numbers(list(range(25))), Memory()
    first = await store.page(memory, 1)
    store.delete(0, 3, 9)
    second = await store.page(memory, 2)
    assert list(second.rows) == list(range(10, 20))
    assert second.total == first.total == 25, "whoever counts pages by it comes to the last one"
    store.delete(15)
    third = await store.page(memory, 3)
    assert (list(third.rows), third.total) == ([20, 21, 22, 23, 24], 25)
    assert await store.page(memory, 1, walker="another") == Listed([1, 2, 4, 5, 6, 7, 8, 10, 11, 12], 21)
    assert list((await store.page(memory, 2, walker="another")).rows) == [13, 14, 16, 17, 18, 19, 20, 21, 22, 23]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=30), st.integers(2, 9), st.data())
async def test_a_walk_misses_no_row_that_was_there_all_the_time(
    changes: list[tuple[bool, int]], size: int, data: st.DataObject
) -> None:
    store, memory = Numbers(list(range(0, 60, 2))), Memory()
    stayed = set(store.values)
    seen: list[int] = []
    number = 1
    while True:
        page = await store.page(memory, number, size)
        seen.extend(page.rows)
        if len(page.rows) < size:
            break
        assert page.total >= number * size
        number += 1
        for inserts, value in changes[: data.draw(st.integers(0, 3))]:
            if inserts and value not in store.values:
                store.insert(value)
            elif not inserts and value in store.values:
                store.delete(value)
                stayed.discard(value)
    assert stayed <= set(seen)


async def test_filters_companies_and_sizes_do_not_share_what_is_remembered() -> None:
    memory = Memory()
    odd, even = Numbers(list(range(1, 60, 2))), Numbers(list(range(0, 40, 2)))
    assert (await odd.page(memory, 1, key=(1, "odd"))).total == 30
    assert (await even.page(memory, 1, key=(1, "even"))).total == 20
    assert (await even.page(memory, 2, size=3, key=(1, "even"))).rows == [6, 8, 10]
    assert (await odd.page(memory, 2, key=(1, "odd"))).rows == list(range(21, 41, 2))


async def test_an_exactly_full_last_page_is_followed_by_an_empty_one() -> None:
    store, memory = Numbers(list(range(20))), Memory()
    assert (await store.page(memory, 2)).total == 20
    assert await store.page(memory, 3) == Listed((), 0)


@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from([3, 10]), st.booleans()), max_size=25))
async def test_pages_and_totals_are_always_those_of_the_present_rows(steps: Sequence[tuple[int, int, bool]]) -> None:
    store, memory = Numbers(list(range(100, 125))), Memory(size_max=5)
    for number, size, inserts in steps:
        if inserts:
            store.insert(-len(store.values))  # in front of all others: every later page shifts by one
        page = await store.page(memory, number, size)
        expected = sorted(store.values)[(number - 1) * size : number * size]
        assert list(page.rows) == expected
        assert page.total == (len(store.values) if expected else 0)


async def test_what_is_remembered_is_bounded() -> None:
    memory = Memory(size_max=3)
    for key in range(50):
        await Numbers(list(range(20))).page(memory, 1, key=key)
    assert len(memory._totals) == 3
    assert len(memory._ends) == 3


def test_filters_number_their_parameters() -> None:
    filters = Filters([7])
    filters.add("status = {}", "Open")
    filters.add("due between {} and {}", 1, 2)
    filters.add("not hold")
    assert filters.where == "status = $2 and due between $3 and $4 and not hold"
    assert filters.parameters == [7, "Open", 1, 2]
    assert Filters().where == "true"
    other = Filters([7])
    other.add("status = {}", "Closed")
    assert other.key != filters.key


def test_metadata_goes_into_each_item() -> None:
    size = {"metadata": {"totalCount": 5, "maxPageSize": 1000}}
    assert json.loads(with_metadata([b'{"a":1}', b"{}"], 5)) == [{"a": 1} | size, size]
    assert json.loads(with_metadata([], 0)) == []


async def test_a_list_is_a_bare_array_with_metadata_in_every_item(edge: Any) -> None:
    answer = await edge.client.get("/v1/box?pageSize=10&pageNumber=3")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert [item["number"] for item in answer.json()] == ["021", "022", "023", "024", "025"]
    assert {json.dumps(item["metadata"]) for item in answer.json()} == {'{"totalCount": 25, "maxPageSize": 1000}'}
    assert (await edge.client.get("/v1/box?pageNumber=4&pageSize=10")).text == "[]"
    assert (await edge.client.get("/v1/box?pageNumber=two")).status_code == 400
