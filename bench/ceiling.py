"""Drives the frozen SQL of `ceiling/` by pgbench: the least that an answer needs from the database. Knows no HTTP."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.load import BenchError
from reskontra.db.cluster import find_binaries

_SCRIPTS = Path(__file__).with_name("ceiling")
_TRIALS = 20


@dataclass(frozen=True, slots=True)
class Reached:
    """What a round of pgbench came to; the mean in milliseconds."""

    transactions: int
    rate: float
    mean: float


def generator() -> str:
    """pgbench and its version."""
    return subprocess.run([_pgbench(), "--version"], check=True, capture_output=True, text=True).stdout.strip()


def reach(dsn: str, script: str, values: Mapping[str, object], *, clients: int, seconds: int) -> Reached:
    """Run a script of `ceiling/` over and over. Raises `BenchError` when a statement fails."""
    return _run(dsn, _SCRIPTS / f"{script}.sql", values, [f"-c{clients}", f"-T{seconds}"])


def reach_once(dsn: str, script: str, values: Mapping[str, object]) -> Reached:
    """Run a script of `ceiling/` once."""
    return _run(dsn, _SCRIPTS / f"{script}.sql", values, ["-c1", "-t1"])


def prove(dsn: str, script: str, values: Mapping[str, object]) -> None:
    """See that a reading script finds something, some times over; a writing one divides by what it wrote itself."""
    text = (_SCRIPTS / f"{script}.sql").read_text()
    if re.search(r"^ *(insert|update) ", text, re.MULTILINE):
        return
    lines = text.splitlines(keepends=True)
    begin = next(place for place, line in enumerate(lines) if not line.startswith(("--", "\\")))
    query = "".join(lines[begin:]).strip().rstrip(";")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(f"{''.join(lines[:begin])}select 1 / count(*) from ({query}) as answered;\n")
        file.flush()
        _run(dsn, Path(file.name), values, ["-c1", f"-t{_TRIALS}"])


def _run(dsn: str, file: Path, values: Mapping[str, object], amount: list[str]) -> Reached:
    command = [_pgbench(), "-n", "-M", "prepared", "-j1", *amount, "-f", str(file)]
    command += [word for name, value in values.items() for word in ("-D", f"{name}={value}")]
    planned = re.search(r"^-- plan_cache_mode: (\w+)", file.read_text(), re.MULTILINE)
    options = f"-c jit=off -c plan_cache_mode={planned[1] if planned else 'auto'}"
    said = subprocess.run(
        [*command, dsn], check=False, capture_output=True, text=True, env={**os.environ, "PGOPTIONS": options}
    )
    rate = re.search(r"^tps = ([\d.]+)", said.stdout, re.MULTILINE)
    count = re.search(r"^number of transactions actually processed: (\d+)", said.stdout, re.MULTILINE)
    mean = re.search(r"^latency average = ([\d.]+) ms", said.stdout, re.MULTILINE)
    if said.returncode or not (rate and count and mean) or int(count[1]) == 0:
        raise BenchError(f"pgbench failed on {file.name}: {said.stderr[-1000:]}")
    return Reached(int(count[1]), float(rate[1]), float(mean[1]))


def _pgbench() -> str:
    return str(find_binaries().folder / "pgbench")
