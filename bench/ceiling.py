"""Drives the frozen SQL of `ceiling/` by pgbench: the least that an answer needs from the database. Knows no HTTP."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.load import BenchError
from reskontra.db.embedded import find_binaries

_SCRIPTS = Path(__file__).with_name("ceiling")


@dataclass(frozen=True, slots=True)
class Reached:
    """What a round of pgbench came to; the mean in milliseconds."""

    transactions: int
    rate: float
    mean: float


def generator() -> str:
    """pgbench and its version."""
    return subprocess.run([_pgbench(), "--version"], check=True, capture_output=True, text=True).stdout.strip()


def reach(dsn: str, script: str, values: Mapping[str, object], *, clients: int, amount: tuple[str, int]) -> Reached:
    """Run a script of `ceiling/`; `amount` is pgbench's -T (seconds) or -t (transactions of a client)."""
    file = _SCRIPTS / f"{script}.sql"
    command = [_pgbench(), "-n", "-M", "prepared", "-j1", f"-c{clients}", amount[0], str(amount[1]), "-f", str(file)]
    command += [word for name, value in values.items() for word in ("-D", f"{name}={value}")]
    said = subprocess.run([*command, dsn], check=False, capture_output=True, text=True)
    rate = re.search(r"^tps = ([\d.]+)", said.stdout, re.MULTILINE)
    count = re.search(r"^number of transactions actually processed: (\d+)", said.stdout, re.MULTILINE)
    mean = re.search(r"^latency average = ([\d.]+) ms", said.stdout, re.MULTILINE)
    if said.returncode or not (rate and count and mean) or int(count[1]) == 0:
        raise BenchError(f"pgbench failed on {file.name}: {said.stderr[-1000:]}")
    return Reached(int(count[1]), float(rate[1]), float(mean[1]))


def _pgbench() -> str:
    return str(find_binaries().folder / "pgbench")
