"""Runs alone, over a database that only keeps what was committed: what is kept, in which order, what is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reskontra.errors import Conflict, OutcomeUnknown, Refused, Unavailable
from reskontra.runs.chunks import cut, run_in_chunks
from reskontra.runs.outcome import Outcome, Skipped


@dataclass(frozen=True)
class Customer:
    number: str
    weight: int = 1


@dataclass(frozen=True)
class Letter:
    customer: str
    letter_id: int | None = None

    def without_ids(self) -> Letter:
        return replace(self, letter_id=None)


@dataclass
class FakeDatabase:
    """A connection is the list of what its transaction writes."""

    committed: list[Letter] = field(default_factory=list)
    begun: int = 0
    open: int = 0
    open_at_most: int = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        self.begun += 1
        self.open += 1
        self.open_at_most = max(self.open, self.open_at_most)
        written: list[Letter] = []
        try:
            yield written
        finally:
            self.open -= 1
        self.committed += written


async def write_letters(written: Any, chunk: Sequence[Customer]) -> Outcome[Letter]:
    """A letter to everybody but those who are called "refused"."""
    await asyncio.sleep(0)
    refused = tuple(Skipped(it.number, "takes no letters") for it in chunk if it.number.startswith("refused"))
    letters = tuple(Letter(it.number, 7) for it in chunk if not it.number.startswith("refused"))
    written += letters
    return Outcome(letters, refused)


def customers(count: int) -> list[Customer]:
    return [Customer(f"{number:02d}") for number in range(count)]


async def run(database: FakeDatabase, parties: Sequence[Customer], work: Any = write_letters, **more: Any) -> Any:
    options: dict[str, Any] = {"weight": lambda party: party.weight, "chunk_weight": 1}
    return await asyncio.wait_for(run_in_chunks(database, parties, work, **options | more), 10)


@given(st.lists(st.integers(0, 12)), st.integers(1, 10))
def test_a_chunk_is_filled_up_to_its_weight_and_loses_nobody(weights: list[int], most: int) -> None:
    parties = [Customer(str(number), weight) for number, weight in enumerate(weights)]
    chunks = list(cut(parties, lambda party: party.weight, most))
    assert [party for chunk in chunks for party in chunk] == parties
    heavy = [sum(party.weight for party in chunk) for chunk in chunks]
    assert all(chunk and (weight <= most or len(chunk) == 1) for chunk, weight in zip(chunks, heavy, strict=True))
    following = [chunk[0].weight for chunk in chunks[1:]]
    assert all(weight + first > most for weight, first in zip(heavy[:-1], following, strict=True))


async def test_nobody_is_a_run_without_a_transaction() -> None:
    database = FakeDatabase()
    assert await run(database, []) == Outcome()
    assert database.begun == 0


async def test_the_outcome_is_in_the_order_of_the_parties_whichever_chunk_ends_first() -> None:
    database = FakeDatabase()
    begun = {party.number: asyncio.Event() for party in customers(4)}
    waits_for = {"00": "03"}

    async def first_is_last(written: Any, chunk: Sequence[Customer]) -> Outcome[Letter]:
        (party,) = chunk
        begun[party.number].set()
        if party.number in waits_for:
            await begun[waits_for[party.number]].wait()
        return await write_letters(written, chunk)

    outcome = await run(database, customers(4), first_is_last)
    assert [letter.customer for letter in outcome.created] == ["00", "01", "02", "03"]
    assert [letter.customer for letter in database.committed][:2] == ["01", "02"]


async def test_two_chunks_are_under_way_at_a_time_and_each_is_a_transaction() -> None:
    database = FakeDatabase()
    outcome = await run(database, customers(9), chunk_weight=2)
    assert len(outcome.created) == len(database.committed) == 9
    assert (database.begun, database.open_at_most) == (5, 2)


async def test_who_is_left_out_is_told_with_the_reason() -> None:
    parties = [Customer("01"), Customer("refused 1"), Customer("02"), Customer("refused 2")]
    for chunk_weight in (1, 3, 10):
        outcome = await run(FakeDatabase(), parties, chunk_weight=chunk_weight)
        assert [letter.customer for letter in outcome.created] == ["01", "02"]
        assert outcome.skipped == (
            Skipped("refused 1", "takes no letters"),
            Skipped("refused 2", "takes no letters"),
        )


@pytest.mark.parametrize("error", [RuntimeError("the machine stops"), Refused("The period is closed.")], ids=repr)
async def test_a_chunk_that_fails_ends_the_run_and_what_was_committed_is_kept(error: Exception) -> None:
    database = FakeDatabase()
    reached: list[str] = []
    failed = asyncio.Event()

    async def fails_at_the_third(written: Any, chunk: Sequence[Customer]) -> Outcome[Letter]:
        (party,) = chunk
        reached.append(party.number)
        outcome = await write_letters(written, chunk)
        if party.number == "02":
            failed.set()
            raise error
        if party.number == "03":
            await failed.wait()
        return outcome

    with pytest.raises(type(error), match=str(error)):
        await run(database, customers(9), fails_at_the_third)
    assert sorted(reached) == ["00", "01", "02", "03"], "the one under way is finished, and no other begun"
    assert sorted(letter.customer for letter in database.committed) == ["00", "01", "03"]
    assert database.open == 0


@pytest.mark.parametrize("turned", [False, True])
async def test_of_two_failures_the_one_that_leaves_the_outcome_open_is_told(turned: bool) -> None:
    errors = iter([OutcomeUnknown(), Unavailable()] if turned else [Unavailable(), OutcomeUnknown()])
    both = asyncio.Barrier(2)

    async def fails(written: Any, chunk: Sequence[Customer]) -> Outcome[Letter]:
        error = next(errors)
        await both.wait()
        raise error

    with pytest.raises(OutcomeUnknown):
        await run(FakeDatabase(), [Customer("1"), Customer("2")], fails, chunk_weight=1)


async def test_a_run_that_is_cancelled_ends_both_workers() -> None:
    database = FakeDatabase()
    both = asyncio.Event()

    async def hangs(written: Any, chunk: Sequence[Customer]) -> Outcome[Letter]:
        if database.open == 2:
            both.set()
        await asyncio.Event().wait()
        raise AssertionError

    task = asyncio.create_task(run(database, customers(4), hangs))
    await asyncio.wait_for(both.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (database.begun, database.open, database.committed) == (2, 0, [])


@pytest.mark.parametrize(("meetings", "attempts"), [(1, 2), (2, 3), (3, 3), (9, 3)])
@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_conflict_is_tried_three_times_and_then_left_out(meetings: int, attempts: int, dry_run: bool) -> None:
    database = FakeDatabase()
    tried: list[Sequence[Customer]] = []

    async def meets(written: Any, chunk: Sequence[Customer]) -> Outcome[Letter]:
        outcome = await write_letters(written, chunk)
        if chunk[0].number == "02":
            tried.append(chunk)
            if len(tried) <= meetings:
                raise Conflict("Another request changed the same data.")
        return outcome

    outcome = await run(database, customers(6), meets, chunk_weight=2, dry_run=dry_run)
    done = ["00", "01", "02", "03", "04", "05"]
    left_out = ["02", "03"] if meetings >= 3 else []
    assert tried == [customers(6)[2:4]] * attempts
    assert [letter.customer for letter in outcome.created] == [it for it in done if it not in left_out]
    assert outcome.skipped == tuple(Skipped(it, "Another request changed the same data.") for it in left_out)
    assert len(database.committed) == (0 if dry_run else 6 - len(left_out))


async def test_a_trial_is_rolled_back_and_tells_the_same_without_ids() -> None:
    database = FakeDatabase()
    parties = [*customers(3), Customer("refused 1")]
    trial = await run(database, parties, dry_run=True)
    assert (database.begun, database.committed) == (4, [])
    assert trial.created == (Letter("00"), Letter("01"), Letter("02"))
    done = await run(database, parties)
    assert [letter.letter_id for letter in done.created] == [7, 7, 7]
    assert done.without_ids() == trial
    assert sorted(letter.customer for letter in database.committed) == ["00", "01", "02"]


async def test_a_trial_that_fails_is_raised_too() -> None:
    async def fails(written: Any, chunk: Sequence[Customer]) -> Outcome[Letter]:
        raise Refused("The fee cannot be invoiced.")

    database = FakeDatabase()
    with pytest.raises(Refused, match="cannot be invoiced"):
        await run(database, customers(2), fails, dry_run=True)
    assert database.committed == []
