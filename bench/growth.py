"""Whether a request costs more the more the books hold: `python -m bench growth`. Draws what it measured."""

from __future__ import annotations

import argparse
import contextlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import books, chart, load, machine, program, seeding
from bench.load import BenchError
from bench.report import figure, show_table
from bench.rounds import Bench, Cell, stored_texts
from bench.seeding import Size
from bench.stock import stocks
from bench.workloads import WORKLOADS, Scene

NAME = "growth"
TARGET = 1.3
"""A request may take this many times the processor time that it takes on the smallest books."""

SIZES = (
    Size("growth-10k", 50, 5_100, 100, 100, 10, 20),
    seeding.FULL,
    Size("growth-2m", 50, 980_800, 20_800, 20_000, 1_000, 2_000),
)
_WORKLOADS = {"get": "get", "page100": "page of 100", "post": "post", "release": "release"}
_SEED = 1
_COLUMNS = ("workload", "documents", "rate /s", "p50 ms", "program", "database", "both", "times the smallest", "target")


@dataclass(frozen=True, slots=True)
class Figure:
    """What a workload came to on books of a size: medians of the rounds, milliseconds of processor time per answer."""

    workload: str
    documents: int
    rate: float
    median: float
    program_cpu: float
    database_cpu: float

    @property
    def processor(self) -> float:
        return self.program_cpu + self.database_cpu

    @classmethod
    def of(cls, name: str, documents: int, cell: Cell) -> Figure:
        taken = {name: cell.typical("program", name) for name in ("rate", "median", "program_cpu", "database_cpu")}
        return cls(name, documents, **taken)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="bench growth",
        description="Measure some requests on books of 10,000 and 200,000 documents, in turns, and draw what they "
        "take. Seeding 200,000 takes some minutes and 2.5 GB; 2,000,000 an hour and 30 GB.",
    )
    parser.add_argument("--full", action="store_true", help="also on books of 2,000,000 documents")
    parser.add_argument("--clients", type=int, default=16, help="how many clients [16]")
    parser.add_argument("--rounds", type=int, default=3, help="rounds on each books [3]")
    parser.add_argument("--seconds", type=int, default=5, help="seconds of a round [5]")
    parser.add_argument("--markdown", action="store_true", help="print the table as docs/PERFORMANCE.md has it")
    parser.add_argument("--chart", type=Path, help="where the picture goes [.bench/results/growth.svg]")
    parser.add_argument("--json", type=Path, help="where the figures go [.bench/results/growth-...]")
    parser.add_argument(
        "--again", type=Path, metavar="JSON", help="measure nothing, draw the figures of an earlier run"
    )
    parser.add_argument("--folder", type=Path, default=books.CACHE, help="where seeded data is kept [.bench]")
    asked = parser.parse_args(words)
    if asked.again and asked.full:
        parser.error("--again draws what was measured: --full is of no use with it")
    asked.chart = asked.chart or asked.folder / "results" / "growth.svg"
    return asked


def run(words: Sequence[str], console: Console, *, commit: str) -> int:
    """Measure, print, write and draw; returns the exit code."""
    asked, begun = parse(words), datetime.now(UTC)
    if asked.again:
        about, figures = _read(asked.again)
    else:
        sizes = SIZES if asked.full else SIZES[:2]
        about = {
            "begun": begun.isoformat(timespec="seconds"), "commit": commit, "machine": machine.description(),
            "clients": asked.clients, "rounds": asked.rounds, "seconds": asked.seconds,
            "load_before": machine.load_average(),
        }  # fmt: skip
        cells = _measured(sizes, asked, console)
        figures = [Figure.of(name, size.documents, cell) for (name, size), cell in cells.items()]
        rounds = [asdict(one) for cell in cells.values() for one in cell.rounds]
        path = asked.json or asked.folder / "results" / f"growth-{begun:%Y-%m-%dT%H%M%S}.json"
        _write(
            path, json.dumps({**about, "figures": [asdict(it) for it in figures], "rounds": rounds}, indent=1) + "\n"
        )
        console.print(f"Everything in {path}.", highlight=False)
    _show(figures, console, markdown=asked.markdown)
    _write(asked.chart, picture(figures, about))
    console.print(f"Drawn in {asked.chart}.", highlight=False)
    return 0


def ratios(figures: Sequence[Figure]) -> list[float]:
    """Each figure's processor time as a multiple of what the same workload takes on the smallest books."""
    least = {it.workload: it.processor for it in sorted(figures, key=lambda it: it.documents, reverse=True)}
    return [it.processor / least[it.workload] for it in figures]


def picture(figures: Sequence[Figure], about: Mapping[str, Any]) -> str:
    """The chart: a line for each workload, a point for each figure."""
    points: dict[str, list[chart.Point]] = {it.workload: [] for it in figures}
    for it, times in zip(figures, ratios(figures), strict=True):
        words = f"{_WORKLOADS[it.workload]}, {it.documents:,} documents: {figure(it.processor)} ms, {times:.2f} times"
        points[it.workload].append(chart.Point(it.documents, times, words))
    lines = [chart.Line(_WORKLOADS[name], sorted(some, key=lambda point: point.place)) for name, some in points.items()]
    return chart.draw(
        "Processor time of a request, as a multiple of the smallest books",
        f"{about['clients']} clients, commit {about['commit']}, {str(about['begun'])[:10]}, "
        f"{about['machine']['cores']} cores",
        lines,
        below="documents in the books",
        target=TARGET,
    )


def _measured(sizes: Sequence[Size], asked: argparse.Namespace, console: Console) -> Mapping[tuple[str, Size], Cell]:
    """All books are open at once and take turns, so that a busy machine affects all of them."""
    generator = load.find_generator(asked.folder)
    workloads = [workload for workload in WORKLOADS if workload.name in _WORKLOADS]
    cells: dict[tuple[str, Size], Cell] = {}
    with contextlib.ExitStack() as stack:
        benches = {size: stack.enter_context(_open(size, asked.folder, generator)) for size in sizes}
        for workload in workloads:
            for size, bench in benches.items():
                cells[workload.name, size] = Cell(workload, asked.clients)
                bench.drive(workload, asked.clients, 1, 0)  # a first round, which is not counted
            for number in range(1, asked.rounds + 1):
                for size, bench in benches.items() if number % 2 else reversed(benches.items()):
                    done = bench.drive(workload, asked.clients, asked.seconds, number)
                    cells[workload.name, size].rounds.append(done)
                    both = done.program_cpu + done.database_cpu
                    console.print(f"{workload.name} {size.documents:,}: {figure(both)} ms, {figure(done.rate)}/s, "
                                  f"load {done.load:.1f}", highlight=False)  # fmt: skip
    return cells


@contextlib.contextmanager
def _open(size: Size, folder: Path, generator: load.Generator) -> Iterator[Bench]:
    """Books of a size, served."""
    with (
        books.opened(size, folder=folder) as opened,
        program.serving(opened.dsn, folder / f"server-{size.name}.log") as served,
    ):
        scene = Scene(size, stocks(opened.dsn, size), datetime.now(UTC).date(), random.Random(_SEED))  # noqa: S311
        yield Bench(opened, served, scene, stored_texts(opened.dsn), generator)


def _read(path: Path) -> tuple[Mapping[str, Any], list[Figure]]:
    try:
        said = json.loads(path.read_text())
        return said, [Figure(**it) for it in said["figures"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{path} has no figures of growth: {error}") from error


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _show(figures: Sequence[Figure], console: Console, *, markdown: bool) -> None:
    rows = [_row(it, times) for it, times in zip(figures, ratios(figures), strict=True)]
    show_table(_COLUMNS, rows, console, title="processor time in ms per answer", markdown=markdown)


def _row(it: Figure, times: float) -> list[str]:
    figures = (it.rate, it.median, it.program_cpu, it.database_cpu, it.processor)
    reached = f"{TARGET:g} {'reached' if times <= TARGET else 'missed'}"
    return [_WORKLOADS[it.workload], f"{it.documents:,}", *map(figure, figures), f"{times:.2f}", reached]
