"""Runs over all open documents of the large company, each round on a fresh copy of the books. Documents are counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from bench import ceiling, seeding
from bench.books import Books
from bench.load import BenchError, Plan, Request, send
from bench.program import serving
from bench.rounds import Cell, Meter, Round
from bench.workloads import Target, Workload
from reskontra.serve import plain_connection

_AS_OF = seeding.LAST_DAY + timedelta(days=60)
"""By then everything has been due for so long that a run takes all of it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as a workload. It takes `asOf`, and finds nobody on the first day of the books."""

    name: str
    title: str
    path: str
    count: str
    """SQL that counts the documents of company $1 that the run did something about."""

    script: str = ""
    """The ceiling, told `as_of`; none if only the rate is to be reached."""

    before: str = ""
    """SQL that prepares the books of company $1 for the run."""

    rate: float = 20_000

    @property
    def workload(self) -> Workload:
        return Workload(self.name, self.title, lambda *_: Plan(()), self.script, clients=(1,), short_clients=(1,),
                        target=Target(1, rate=self.rate))  # fmt: skip


RUNS = (
    Run(
        "dunning",
        "dunning run, in documents",
        "/v1/reskontra/run/dunning",
        """
        select count(*) from document
          join dunning_letter_line as line using (company_id, document_id)
         where company_id = $1 and dunning_level = 1 and line.level_after = 1
        """,
        script="dunning",
    ),
    Run(
        "charges",
        "overdue charges, in documents",
        "/v1/reskontra/run/overdueCharge",
        "select count(distinct source_document_id) from charged_days where company_id = $1",
    ),
    Run(
        "write-offs",
        "write-offs, in documents",
        "/v1/reskontra/run/writeOff",
        """
        select count(*) from document
         where company_id = $1 and document_type = 'SmallBalanceWo' and released_at is not null
        """,
        script="write_offs",
        before="update customer set write_off_allowed = true, write_off_limit = 1000000 where company_id = $1",
    ),
)


def measure(run: Run, books: Books, log: Path, *, rounds: int) -> Iterator[Cell]:
    """The rounds of a run, program and ceiling in turns."""
    cell = Cell(run.workload, 1)
    sides: list[Callable[[int], Round]] = [partial(drive, run, books, log)]
    if run.script:
        sides.append(partial(reach, run, books))
    for number in range(1, rounds + 1):
        for side in sides if number % 2 else reversed(sides):
            books.copy_anew()
            cell.rounds.append(side(number))
    yield cell


def drive(run: Run, books: Books, log: Path, number: int) -> Round:
    """A round of the program, on books that are as they were seeded."""
    if run.before:
        asyncio.run(_prepare(run, books))
    with serving(books.dsn, log) as program:
        # A run that finds nobody loads what a server that has been up for a while has loaded.
        for day in (seeding.FIRST_DAY, _AS_OF):
            meter = Meter(program.pid, books.server.pid)
            begun = time.perf_counter()
            send(program, Request("POST", run.path, seeding.LARGE_COMPANY, body=f'{{"asOf":"{day}"}}'))
            seconds = time.perf_counter() - begun
        done = _check_done(run, books)
        spent = meter.read(done)
    return Round(
        "program", number, done, done / seconds, seconds * 1000, seconds * 1000, generator_cpu=0.0, **asdict(spent)
    )


async def _prepare(run: Run, books: Books) -> None:
    async with plain_connection(books.dsn) as connection:
        await connection.execute(run.before, seeding.LARGE_COMPANY)


def reach(run: Run, books: Books, number: int) -> Round:
    """A round of the ceiling, on books that are as they were seeded."""
    if run.before:
        asyncio.run(_prepare(run, books))
    meter = Meter(books.server.pid, books.server.pid)
    reached = ceiling.reach_once(books.dsn, run.script, {"as_of": _AS_OF})
    done = _check_done(run, books)
    spent = asdict(meter.read(done)) | {"program_cpu": 0.0}
    seconds = reached.mean / 1000
    return Round("ceiling", number, done, done / seconds, reached.mean, None, generator_cpu=0.0, **spent)


def _check_done(run: Run, books: Books) -> int:
    """How many documents the run did something about. Raises `BenchError` unless it was all of them."""

    async def ask() -> int:
        async with plain_connection(books.dsn) as connection:
            done: int = await connection.fetchval(run.count, seeding.LARGE_COMPANY)
            return done

    done = asyncio.run(ask())
    if done != books.size.large_documents:
        raise BenchError(f"{run.path} took {done:,} of {books.size.large_documents:,} documents")
    return done
