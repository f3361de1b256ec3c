"""A run over many parties, chunk by chunk, each chunk in a transaction of its own.

One transaction for all would hold locks for as long as the run takes; one for each party takes ten times as long. What
a chunk has committed stays, whatever happens to the others, so the work must skip parties that it has already been done
for: then the next run continues an interrupted one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from reskontra.errors import Conflict, OutcomeUnknown
from reskontra.runs.outcome import Outcome, Skipped, T

if TYPE_CHECKING:
    from reskontra.db.pool import Connection

_ATTEMPTS = 3
_WORKERS = 2
"""While one chunk is written the next is read and decided. Writing takes turns, so a third would only wait."""


class Database(Protocol):
    """What a run needs of `db.pool.Database`."""

    def transaction(self) -> AbstractAsyncContextManager[Connection]: ...


class Party(Protocol):
    """Someone a run is for. `number` identifies it in the outcome."""

    @property
    def number(self) -> str: ...


P = TypeVar("P", bound=Party)
R = TypeVar("R")
Work: TypeAlias = "Callable[[Connection, Sequence[P]], Awaitable[Outcome[T]]]"
"""What is done for the parties of a chunk, inside the chunk's transaction."""


class _RollBack(Exception):
    """Ends the transaction of a trial."""


async def run_in_chunks(
    database: Database,
    parties: Iterable[P],
    work: Work[P, T],
    *,
    weight: Callable[[P], int],
    chunk_weight: int,
    dry_run: bool = False,
) -> Outcome[T]:
    """Do `work` for all parties and report the outcome, in their order.

    A chunk weighs at most `chunk_weight`, unless a single party weighs more. Work that raises `Conflict` is tried
    again; the third time its chunk is skipped. Any other exception ends the run: chunks under way are finished, no
    other is begun, and the exception is raised: of several, the one after which nobody knows what was saved. With
    `dry_run` each chunk is rolled back when its work is done.
    """
    chunks = list(cut(parties, weight, chunk_weight))
    waiting = iter(enumerate(chunks))
    outcomes: dict[int, Outcome[T]] = {}
    failed = asyncio.Event()

    async def worker() -> None:
        for position, chunk in waiting:
            if failed.is_set():
                return
            try:
                outcomes[position] = await _done(database, chunk, work, dry_run=dry_run)
            except BaseException:
                failed.set()
                raise

    workers = [asyncio.create_task(worker()) for _ in chunks[:_WORKERS]]
    errors = [it for it in await asyncio.gather(*workers, return_exceptions=True) if it is not None]
    if errors:
        raise next((it for it in errors if isinstance(it, OutcomeUnknown)), errors[0])
    in_order = [outcomes[position] for position in range(len(chunks))]
    return Outcome(
        created=tuple(made for outcome in in_order for made in outcome.created),
        skipped=tuple(skipped for outcome in in_order for skipped in outcome.skipped),
    )


def cut(parties: Iterable[P], weight: Callable[[P], int], chunk_weight: int) -> Iterator[list[P]]:
    """The parties in chunks that weigh at most `chunk_weight`, or hold a single party that weighs more."""
    chunk: list[P] = []
    weighs = 0
    for party in parties:
        added = weight(party)
        if chunk and weighs + added > chunk_weight:
            yield chunk
            chunk, weighs = [], 0
        chunk.append(party)
        weighs += added
    if chunk:
        yield chunk


async def _done(database: Database, chunk: Sequence[P], work: Work[P, T], *, dry_run: bool) -> Outcome[T]:
    for _ in range(_ATTEMPTS):
        try:
            return await _attempted(database, chunk, work, dry_run=dry_run)
        except Conflict as conflict:
            met = conflict
    return Outcome(skipped=tuple(Skipped(party.number, met.reason) for party in chunk))


async def _attempted(database: Database, chunk: Sequence[P], work: Work[P, T], *, dry_run: bool) -> Outcome[T]:
    outcome = await carried_out(database, lambda connection: work(connection, chunk), dry_run=dry_run)
    return outcome.without_ids() if dry_run else outcome


async def carried_out(database: Database, work: Callable[[Connection], Awaitable[R]], *, dry_run: bool) -> R:
    """What `work` returns, done in a transaction of its own, which a trial rolls back."""
    with suppress(_RollBack):
        async with database.transaction() as connection:
            result = await work(connection)
            if dry_run:
                raise _RollBack
    return result
