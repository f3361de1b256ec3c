"""Shows what was measured: a table for people, a JSON file for machines. Measures nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import bulk, plumbing
from bench.rounds import Cell
from bench.start import MEGABYTES

COLUMNS = ("workload", "clients", "rate /s", "p50 ms", "p99 ms", "program", "database", "generator", "ceiling /s",
           "its database", "of cpu", "ratio", "target")  # fmt: skip


def show(cells: Sequence[Cell], console: Console, *, markdown: bool) -> None:
    """Print one row for each cell; processor times are milliseconds per answer."""
    title = "processor time in ms per answer; of cpu = its database / (program + database); ratio = rate / ceiling"
    show_table(COLUMNS, [row_of(cell) for cell in cells], console, title=title, markdown=markdown)


def show_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    console: Console,
    *,
    title: str,
    markdown: bool,
    words: int = 1,
) -> None:
    """Print a table for people, or as a document has it. The first columns are `words`, the others figures."""
    if markdown:
        for row in (columns, [*["---"] * words, *["---:"] * (len(columns) - words)], *rows):
            console.print(f"| {' | '.join(row)} |", soft_wrap=True, markup=False, highlight=False)
        return
    table = Table(*columns, title=title, title_justify="left")
    for column in table.columns[words:]:
        column.justify = "right"
    for row in rows:
        table.add_row(*row)
    console.print(table)


def row_of(cell: Cell) -> list[str]:
    """A cell in words, in the order of the table's columns."""
    return [
        cell.workload.title,
        str(cell.clients),
        figure(cell.typical("program", "rate")),
        figure(cell.typical("program", "median")),
        figure(cell.typical("program", "p99")),
        figure(cell.typical("program", "program_cpu")),
        figure(cell.typical("program", "database_cpu")),
        figure(cell.typical("program", "generator_cpu")),
        figure(cell.typical("ceiling", "rate")) if cell.has_ceiling else "",
        figure(cell.typical("ceiling", "database_cpu")) if cell.has_ceiling else "",
        f"{cell.processor_ratio:.2f}" if cell.has_ceiling else "",
        f"{cell.ratio:.2f}" if cell.has_ceiling else "",
        _target(cell),
    ]


def _target(cell: Cell) -> str:
    target = cell.target
    if target is None:
        return ""
    if target.ratio is not None:
        return f"{target.ratio:.2f} {_reached(cell.ratio >= target.ratio)}"
    if target.milliseconds is not None:
        return f"{target.milliseconds:.0f} ms {_reached(cell.typical('program', 'median') <= target.milliseconds)}"
    return f"{target.rate:,.0f}/s {_reached(cell.typical('program', 'rate') >= (target.rate or 0))}"


def comparisons(cells: Sequence[Cell]) -> list[str]:
    """What two rows say together: a hot series by its crowd, a deep page by the first one, a payment in all."""
    by_name = {(cell.workload.name, cell.clients): cell for cell in cells}
    said = []
    few, many = by_name.get(("hot", 1)), by_name.get(("hot", 64))
    if few and many:
        share = many.typical("program", "rate") / few.typical("program", "rate")
        said.append(
            f"One hot series at 64 clients: {share:.2f} of its rate at 1 (target 0.80 {_reached(share >= 0.8)})"
        )
    for clients in (1, 16):
        first = by_name.get(("first", clients))
        for name, words in (("walk", "walked to"), ("cold", "jumped to")):
            deep = by_name.get((name, clients))
            if first and deep:
                times = first.typical("program", "rate") / deep.typical("program", "rate")
                reached = _reached(times <= 1.3)
                said.append(f"Page 1,000 {words}, {clients} clients: {times:.2f} times page 1 (target 1.30 {reached})")
    for (name, clients), posted in by_name.items():
        released = by_name.get(("pay-release", clients))
        if name == "pay-post" and released:
            said.append(_paying(posted, released))
    said += [*plumbing.said(by_name), *bulk.said(by_name)]
    started = by_name.get(("start, second", 1))
    if started:
        megabytes = started.typical("program", "megabytes")
        reached = _reached(megabytes <= MEGABYTES)
        said.append(f"Sandbox and database at rest: {megabytes:.0f} MB (target {MEGABYTES} {reached})")
    return said


def _paying(posted: Cell, released: Cell) -> str:
    """A payment as one unit: the seconds of its two requests together."""
    seconds = {
        side: sum(1 / cell.typical(side, "rate") for cell in (posted, released)) for side in ("program", "ceiling")
    }
    ratio = seconds["ceiling"] / seconds["program"]
    return (
        f"Pay, apply and release, {posted.clients} clients: {1 / seconds['program']:,.0f}/s, "
        f"{ratio:.2f} of the ceiling (target 0.40 {_reached(ratio >= 0.4)})"
    )


def _reached(yes: bool) -> str:
    return "reached" if yes else "missed"


def figure(value: float) -> str:
    """A number as the tables have it, to three digits or so."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 or value == 0 else f"{value:.3f}"


def write(path: Path, cells: Sequence[Cell], about: Mapping[str, object]) -> None:
    """Write everything that was measured, each round by itself."""
    results = [
        {
            "workload": cell.workload.name,
            "clients": cell.clients,
            "ratio": round(cell.ratio, 4),
            "target": asdict(cell.target) if cell.target else None,
            "rounds": [asdict(one) for one in cell.rounds],
        }
        for cell in cells
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**about, "comparisons": comparisons(cells), "results": results}, indent=1) + "\n")
