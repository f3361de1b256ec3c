"""The command line of the bench: `python -m bench [workload ...]`. Measures nothing itself."""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bench import (
    applications,
    books,
    bulk,
    ceiling,
    compare,
    growth,
    load,
    machine,
    pages,
    plumbing,
    program,
    report,
    runs,
    seeding,
    start,
)
from bench.load import BenchError
from bench.rounds import Bench, Cell, stored_texts
from bench.stock import stocks
from bench.workloads import WORKLOADS, Scene, Workload
from reskontra import __version__
from reskontra.config import SetupError

_SEED = 1


def main(words: Sequence[str] | None = None) -> int:
    """Run the bench, see how it grows with its books, or compare two results; returns the exit code."""
    words = sys.argv[1:] if words is None else words
    console = Console(width=160 if not sys.stdout.isatty() else None)
    try:
        if words[:1] == ["compare"]:
            compare.show(compare.compare(*_two_files(words[1:])), console)
            return 0
        if words[:1] == [growth.NAME]:
            return growth.run(words[1:], console, commit=checked_out())
        return _run(_parse(words), console)
    except (BenchError, SetupError) as error:
        console.print(f"bench: {error}", style="bold red", markup=False, highlight=False)
        return 1


def _two_files(words: Sequence[str]) -> tuple[Path, Path]:
    parser = argparse.ArgumentParser(prog="bench compare", description="Compare the processor time of two runs.")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    asked = parser.parse_args(words)
    return asked.before, asked.after


def refuse_unknown(parser: argparse.ArgumentParser, noun: str, sent: Sequence[str], known: Sequence[str]) -> None:
    """Leave with a sentence if one of the words is not among those that are known."""
    if unknown := sorted(set(sent) - set(known)):
        parser.error(f"there is no {noun} {', '.join(unknown)}: choose among {', '.join(known)}")


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measure the program against the least SQL.")
    others = (plumbing.NAME, pages.NAME, applications.NAME, bulk.NAME, *(it.name for it in runs.RUNS), start.NAME)
    names = [*(it.name for it in WORKLOADS), *others]
    parser.add_argument("workloads", nargs="*", metavar="workload", help=f"which to run [all]: {', '.join(names)}")
    parser.add_argument("--short", action="store_true", help="a tenth of the data, 16 clients, short rounds")
    parser.add_argument("--size", choices=list(seeding.SIZES), help="how much data")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each side [3]")
    parser.add_argument("--seconds", type=int, help="seconds of a round [5, short 1]")
    parser.add_argument("--clients", help="numbers of clients, as 1,16,64")
    parser.add_argument(
        "--cold", dest="warm", action="store_false", help="without a round beforehand that does not count"
    )
    parser.add_argument("--fresh", action="store_true", help="seed anew, even where the data is kept")
    parser.add_argument("--markdown", action="store_true", help="print the table as docs/PERFORMANCE.md has it")
    parser.add_argument("--json", type=Path, help="where the figures go [.bench/results/...]")
    parser.add_argument("--folder", type=Path, default=books.CACHE, help="where seeded data is kept [.bench]")
    asked = parser.parse_args(words)
    refuse_unknown(parser, "workload", asked.workloads, names)
    asked.size = seeding.SIZES[asked.size or ("short" if asked.short else "full")]
    asked.seconds = asked.seconds or (1 if asked.short else 5)
    return asked


def _run(asked: argparse.Namespace, console: Console) -> int:
    begun = datetime.now(UTC)
    tried = _Tried(console)
    generators: dict[str, str] = {}
    if asked.workloads != [start.NAME]:
        generators = _measure_served(asked, begun, tried)
    if not asked.workloads or start.NAME in asked.workloads:
        tried.add(start.NAME, start.measure(rounds=asked.rounds))
    cells, about = tried.cells, _about(asked, begun, generators)
    report.show(cells, console, markdown=asked.markdown)
    for sentence in report.comparisons(cells):
        console.print(sentence, highlight=False)
    path = asked.json or asked.folder / "results" / f"{begun:%Y-%m-%dT%H%M%S}.json"
    report.write(path, cells, about)
    console.print(f"Everything in {path}; {about['took_seconds']} s in all.", highlight=False)
    if tried.failures:
        raise BenchError(f"{len(tried.failures)} workloads could not be measured:\n" + "\n".join(tried.failures))
    return 0


def _measure_served(asked: argparse.Namespace, begun: datetime, tried: _Tried) -> dict[str, str]:
    """All that needs the seeded books. Returns what sent the requests."""
    console = tried.console
    generator = load.find_generator(asked.folder)
    generators = {"requests": generator.name, "ceiling": ceiling.generator()}
    console.print(f"Books of size {asked.size.name}: {asked.size.documents:,} documents, {generators}", highlight=False)
    with books.opened(asked.size, fresh=asked.fresh, folder=asked.folder) as opened:
        log = asked.folder / "server.log"
        wanted = [workload for workload in WORKLOADS if not asked.workloads or workload.name in asked.workloads]
        others = [it for it in (applications, pages) if not asked.workloads or it.NAME in asked.workloads]
        sent = [it for it in (plumbing, bulk) if not asked.workloads or it.NAME in asked.workloads]
        if wanted or others or sent:
            with program.serving(opened.dsn, log) as served:
                scene = Scene(asked.size, stocks(opened.dsn, asked.size), begun.date(), random.Random(_SEED))  # noqa: S311
                bench = Bench(opened, served, scene, stored_texts(opened.dsn), generator)
                for workload in wanted:
                    tried.add(workload.name, _measured(bench, workload, asked))
                for other in others:
                    tried.add(other.NAME, other.measure(opened, served, rounds=asked.rounds))
                for it in sent:
                    tried.add(it.NAME, it.measure(bench, rounds=asked.rounds, seconds=asked.seconds))
        for run in runs.RUNS:
            if not asked.workloads or run.name in asked.workloads:
                tried.add(run.name, runs.measure(run, opened, log, rounds=asked.rounds))
    return generators


@dataclass(slots=True)
class _Tried:
    """What came of the workloads so far. One that fails does not keep the others from being measured."""

    console: Console
    cells: list[Cell] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, name: str, measured: Iterator[Cell]) -> None:
        try:
            for cell in measured:
                self.cells.append(cell)
                row = dict(zip(report.COLUMNS, report.row_of(cell), strict=True))
                self.console.print(
                    "  ".join(f"{name} {value}" for name, value in row.items() if value), highlight=False
                )
        except BenchError as error:
            self.failures.append(f"{name}: {error}")
            self.console.print(self.failures[-1], style="bold red", markup=False, highlight=False)


def _measured(bench: Bench, workload: Workload, asked: argparse.Namespace) -> Iterator[Cell]:
    clients = workload.short_clients if asked.short else workload.clients
    if asked.clients:
        clients = [int(count) for count in asked.clients.split(",")]
    for place, count in enumerate(clients):
        warm = asked.warm and place == 0
        yield bench.measure(workload, count, rounds=asked.rounds, seconds=asked.seconds, warm=warm)


def _about(asked: argparse.Namespace, begun: datetime, generators: Mapping[str, str]) -> dict[str, object]:
    """The circumstances of a run."""
    return {
        "begun": begun.isoformat(timespec="seconds"),
        "took_seconds": round((datetime.now(UTC) - begun).total_seconds()),
        "commit": checked_out(),
        "reskontra": __version__,
        "machine": machine.description(),
        "generators": dict(generators),
        "size": asked.size.name,
        "documents": asked.size.documents,
        "rounds": asked.rounds,
        "seconds": asked.seconds,
    }


def checked_out() -> str:
    """What is checked out, with a star when files differ from it."""
    here = Path(__file__).parent
    head = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], check=False, capture_output=True, text=True, cwd=here
    )
    status = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=no"], check=False, capture_output=True, text=True, cwd=here
    )
    return f"{head.stdout.strip() or 'unknown'}{'*' if status.stdout.strip() else ''}"


if __name__ == "__main__":
    sys.exit(main())
