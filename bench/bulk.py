"""New invoices of the large company, one request each and thousands in one: how much faster a bulk makes them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial

from bench import load, seeding
from bench.load import BenchError, Plan, Request
from bench.rounds import Bench, Cell, Meter, Round
from bench.workloads import Workload, post_hot

NAME = "bulk"
TIMES = 10
"""A bulk is to make documents at this many times the rate of single requests."""

INVOICES = {1: 2_000, 10: 1_000}
"""Lines of an invoice -> how many invoices a bulk makes."""


def measure(bench: Bench, *, rounds: int, seconds: int) -> Iterator[Cell]:
    """For each number of lines, single requests and bulks in turns, both by one client."""
    for lines, count in INVOICES.items():
        single = Workload(
            f"single-{lines}", f"post an invoice of {_counted(lines)}", partial(post_hot, lines=lines), ""
        )
        bulk = Workload(f"{NAME}-{lines}", f"the same in a bulk of {count:,}", lambda *_: Plan(()), "")
        cells = Cell(single, 1), Cell(bulk, 1)
        bench.drive(single, 1, 1, 0)
        _send(bench, lines, count, 0)
        for number in range(1, rounds + 1):
            cells[0].rounds.append(bench.drive(single, 1, seconds, number))
            cells[1].rounds.append(_send(bench, lines, count, number))
        yield from cells


def said(cells: Mapping[tuple[str, int], Cell]) -> Iterator[str]:
    """What a bulk gains, in a sentence for each number of lines. The cells are by name and clients."""
    for lines in INVOICES:
        single, bulk = cells.get((f"single-{lines}", 1)), cells.get((f"{NAME}-{lines}", 1))
        if single and bulk:
            times = bulk.typical("program", "rate") / single.typical("program", "rate")
            less = single.processor / bulk.processor
            reached = "reached" if times >= TIMES else "missed"
            yield (
                f"Invoices of {_counted(lines)} in a bulk: {times:.1f} times the rate of single requests "
                f"(target {TIMES} {reached}), {less:.1f} times less processor time"
            )


def _counted(lines: int) -> str:
    return "one line" if lines == 1 else f"{lines} lines"


def _send(bench: Bench, lines: int, count: int, number: int) -> Round:
    single = post_hot(bench.scene, count, lines=lines).requests
    body = "".join(
        f'{{"method":"POST","path":"{it.path}","content":{it.body}}}\n'
        for it in (single[place % len(single)] for place in range(count))
    )
    meter = Meter(bench.program.pid, bench.books.server.pid)
    begun = time.perf_counter()
    answer = load.send(
        bench.program, Request("POST", "/v1/reskontra/bulk", seeding.LARGE_COMPANY, body=body), "application/x-ndjson"
    )
    taken = time.perf_counter() - begun
    made = sum(json.loads(line)["statusCode"] == 201 for line in answer.text.splitlines())
    if made != count:
        raise BenchError(f"a bulk of {count:,} invoices made {made:,}")
    return Round("program", number, count, count / taken, taken * 1000, taken * 1000, generator_cpu=0.0,
                 **asdict(meter.read(count)))  # fmt: skip
