"""The command line of the comparison: `python -m bench.peers`. Measures nothing itself."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from rich.console import Console

from bench import books, machine, program
from bench.__main__ import checked_out, refuse_unknown
from bench.load import BenchError
from bench.peers import own, tryton
from bench.peers.crowd import Side, round_of
from bench.report import figure, show_table
from bench.rounds import Round
from reskontra.config import SetupError

_TITLES = {"invoice": "create and post an invoice of ten lines", "list": f"list {own.LISTED:,} headers"}
_COLUMNS = ("work", "program", "clients", "rate /s", "p50 ms", "program, cpu ms", "database, cpu ms", "both",
            "generator", "counted")  # fmt: skip


@dataclass(slots=True)
class Cell:
    """A piece of work of one side with so many clients: all its rounds."""

    work: str
    side: str
    clients: int
    rounds: list[Round] = field(default_factory=list)

    def typical(self, name: str) -> float:
        """The median over the rounds."""
        values: list[float] = [getattr(one, name) for one in self.rounds]
        return median(values)

    @property
    def processor(self) -> float:
        """Milliseconds of processor time of program and database for one piece of work."""
        return self.typical("program_cpu") + self.typical("database_cpu")

    @property
    def row(self) -> list[str]:
        figures = [self.typical(name) for name in ("rate", "median", "program_cpu", "database_cpu")]
        counted = sum(one.answers for one in self.rounds)
        return [_TITLES[self.work], self.side, str(self.clients), *map(figure, figures), figure(self.processor),
                figure(self.typical("generator_cpu")), str(counted)]  # fmt: skip


def main(words: Sequence[str] | None = None) -> int:
    """Compare; returns the exit code."""
    asked, console = parse(sys.argv[1:] if words is None else words), Console(width=160)
    begun = datetime.now(UTC)
    try:
        versions = tryton.install(asked.folder / "peers" / "tryton")
        console.print(f"Reskontra {checked_out()} and {versions}, load {machine.load_average():.1f}", highlight=False)
        with _sides(asked, console) as sides:
            cells = list(_measured(sides, asked, console))
    except (BenchError, SetupError) as error:
        console.print(f"bench.peers: {error}", style="bold red", markup=False, highlight=False)
        return 1
    show(cells, console, markdown=asked.markdown)
    about = {"begun": begun.isoformat(timespec="seconds"), "commit": checked_out(), "tryton": versions,
             "machine": machine.description(), "seconds": asked.seconds, "processes": asked.processes}  # fmt: skip
    path = asked.json or asked.folder / "results" / f"peers-{begun:%Y-%m-%dT%H%M%S}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**about, "results": [asdict(cell) for cell in cells]}, indent=1) + "\n")
    console.print(f"Everything in {path}.", highlight=False)
    return 0


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="bench.peers",
        description="Measure the program beside Tryton, over HTTP, in turns on one machine. Tryton is installed from "
        "PyPI into a virtual environment of its own; the first run makes its books, which takes some minutes.",
    )
    parser.add_argument("work", nargs="*", metavar="work", help=f"what to measure [all]: {', '.join(_TITLES)}")
    parser.add_argument("--clients", default="1,4", help="numbers of clients [1,4]")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each side [3]")
    parser.add_argument("--seconds", type=float, default=10, help="seconds of a round [10]")
    parser.add_argument("--processes", type=int, default=1, help="processes of Tryton's server [1, as it comes]")
    parser.add_argument("--markdown", action="store_true", help="print the table as docs/PERFORMANCE.md has it")
    parser.add_argument("--json", type=Path, help="where the figures go [.bench/results/peers-...]")
    parser.add_argument("--folder", type=Path, default=books.CACHE, help="where books and Tryton are kept [.bench]")
    asked = parser.parse_args(words)
    refuse_unknown(parser, "work", asked.work, list(_TITLES))
    try:
        asked.clients = [int(count) for count in asked.clients.split(",")]
    except ValueError:
        parser.error(f"--clients takes numbers, as 1,4, and not {asked.clients}")
    asked.work = asked.work or list(_TITLES)
    return asked


@contextlib.contextmanager
def _sides(asked: argparse.Namespace, console: Console) -> Iterator[Sequence[Side]]:
    """Both, each on a PostgreSQL of its own: the same binaries and settings, durable, on the same disk."""
    home = asked.folder / "peers" / "tryton"
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(books.opened(own.SIZE, folder=asked.folder))
        served = stack.enter_context(program.serving(opened.dsn, asked.folder / "server.log"))
        if not tryton.is_kept(home):
            console.print(f"Tryton's books are made, once: {own.LISTED:,} invoices are posted ...", highlight=False)
        other = stack.enter_context(tryton.opened(home, processes=asked.processes))
        yield own.Own(opened, served), other


def _measured(sides: Sequence[Side], asked: argparse.Namespace, console: Console) -> Iterator[Cell]:
    """All cells; within one, the sides take turns, and each begins every second round."""
    for work in asked.work:
        for clients in asked.clients:
            cells = {side.name: Cell(work, side.name, clients) for side in sides}
            for side in sides:
                round_of(side, work, clients=clients, seconds=0, number=0)  # warms up and is not counted
            for number in range(1, asked.rounds + 1):
                for side in sides if number % 2 else reversed(sides):
                    done = round_of(side, work, clients=clients, seconds=asked.seconds, number=number)
                    cells[side.name].rounds.append(done)
            for cell in cells.values():
                console.print("  ".join(cell.row), highlight=False)
            yield from cells.values()


def show(cells: Sequence[Cell], console: Console, *, markdown: bool) -> None:
    """Print the table."""
    title = "processor time in ms for one piece of work"
    show_table(_COLUMNS, [cell.row for cell in cells], console, title=title, markdown=markdown, words=2)


if __name__ == "__main__":
    sys.exit(main())
