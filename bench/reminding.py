"""The dunning run over all open documents of the large company, each round on a fresh copy of the books."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from bench import ceiling, seeding
from bench.books import Books
from bench.load import BenchError, Request, send
from bench.program import serving
from bench.rounds import Cell, Meter, Round
from bench.workloads import DUNNING
from reskontra.serve import plain_connection

_AS_OF = seeding.LAST_DAY + timedelta(days=60)
_RUN = Request("POST", "/v1/reskontra/run/dunning", seeding.LARGE_COMPANY, body=f'{{"asOf":"{_AS_OF}"}}')


def measure(books: Books, log: Path, *, rounds: int) -> Cell:
    """The rounds of the run, program and ceiling in turns. What is counted are documents."""
    cell = Cell(DUNNING, 1)
    sides: list[Callable[[Books, Path, int], Round]] = [_run, _reach]
    for number in range(1, rounds + 1):
        for side in sides if number % 2 else reversed(sides):
            books.copy_anew()
            cell.rounds.append(side(books, log, number))
    return cell


def _run(books: Books, log: Path, number: int) -> Round:
    with serving(books.dsn, log) as program:
        # A trial that finds nobody loads what a server that has been up for a while has loaded.
        early = _RUN.body.replace(str(_AS_OF), str(seeding.FIRST_DAY))
        send(program, Request("POST", _RUN.path, seeding.LARGE_COMPANY, body=early))
        meter = Meter(program.pid, books.server.pid)
        begun = time.perf_counter()
        send(program, _RUN)
        seconds = time.perf_counter() - begun
        moved = _check_moved(books)
        spent = meter.read(moved)
    return Round(
        "program", number, moved, moved / seconds, seconds * 1000, seconds * 1000, generator_cpu=0.0, **asdict(spent)
    )


def _reach(books: Books, _: Path, number: int) -> Round:
    meter = Meter(books.server.pid, books.server.pid)
    reached = ceiling.reach_once(books.dsn, DUNNING.script, {"as_of": _AS_OF})
    moved = _check_moved(books)
    spent = asdict(meter.read(moved)) | {"program_cpu": 0.0}
    seconds = reached.mean / 1000
    return Round("ceiling", number, moved, moved / seconds, reached.mean, None, generator_cpu=0.0, **spent)


def _check_moved(books: Books) -> int:
    """How many documents stand on level 1 now. Raises `BenchError` unless all of them do."""

    async def ask() -> int:
        async with plain_connection(books.dsn) as connection:
            moved: int = await connection.fetchval(
                """
                select count(*) from document
                  join dunning_letter_line as line using (company_id, document_id)
                 where company_id = $1 and dunning_level = 1 and line.level_after = 1
                """,
                seeding.LARGE_COMPANY,
            )
            return moved

    moved = asyncio.run(ask())
    if moved != books.size.large_documents:
        raise BenchError(f"the dunning run moved {moved:,} of {books.size.large_documents:,} documents")
    return moved
