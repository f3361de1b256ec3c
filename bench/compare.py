"""What changed from one run to another: `python -m bench compare A.json B.json`. Compares processor time, not rates."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.load import BenchError

COLUMNS = ("workload", "clients", "program", "then", "ratio", "database", "then", "ratio", "both")

_Key = tuple[str, int]


def compare(before: Path, after: Path) -> list[list[str]]:
    """A row for each workload and number of clients that both runs have, in the order of the second.

    Times are the medians of the rounds, in milliseconds of processor time per answer; a ratio below 1 is less than
    before. Raises `BenchError` if a file is no result of the bench, or if they have nothing in common.
    """
    old, new = _read(before), _read(after)
    rows = [_row(key, old[key], new[key]) for key in new if key in old]
    if not rows:
        raise BenchError(f"{before} and {after} have no workload in common")
    return rows


def show(rows: Sequence[Sequence[str]], console: Console) -> None:
    """Print what `compare` found."""
    table = Table(*COLUMNS, title="processor time in ms per answer, before and after", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _read(path: Path) -> Mapping[_Key, Mapping[str, float]]:
    try:
        results = json.loads(path.read_text())["results"]
        return {(it["workload"], it["clients"]): _typical(it["rounds"]) for it in results}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{path} is no result of the bench: {error}") from error


def _typical(rounds: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    own = [it for it in rounds if it["side"] == "program"]
    return {name: statistics.median(it[name] for it in own) for name in ("program_cpu", "database_cpu")}


def _row(key: _Key, old: Mapping[str, float], new: Mapping[str, float]) -> list[str]:
    cells = [key[0], str(key[1])]
    for name in ("program_cpu", "database_cpu"):
        cells += [f"{old[name]:.3g}", f"{new[name]:.3g}", _ratio(old[name], new[name])]
    return [*cells, _ratio(sum(old.values()), sum(new.values()))]


def _ratio(old: float, new: float) -> str:
    return f"{new / old:.2f}" if old else ""
