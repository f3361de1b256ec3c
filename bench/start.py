"""How long the sandbox takes until it answers: the first start after installing, on no data folder, and the second."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import reskontra
from bench import machine
from bench.load import BenchError, Plan
from bench.rounds import Cell, Round
from bench.workloads import Target, Workload

NAME = "start"
LIMIT = 4_000.0
"""Milliseconds until the first answer after installing."""

MEGABYTES = 150
"""Memory of the sandbox and its database when nobody asks for anything."""

_ASKED = "/v1/customer?pageSize=1"
_TELLS = re.compile(r"Reskontra sandbox: (http\S+)")
_STOP_SECONDS = 30


def measure(*, rounds: int) -> Iterator[Cell]:
    """Each round is a first start and a second one. Their median is the time from the command to the first answer."""
    first, second = (Cell(_workload(which), 1) for which in ("first", "second"))
    for number in range(1, rounds + 1):
        with tempfile.TemporaryDirectory(prefix="reskontra-bench-") as name:
            folder = Path(name)
            _install(folder)
            for cell in (first, second):
                cell.rounds.append(_started(folder, number))
    yield first
    yield second


def _workload(which: str) -> Workload:
    target = Target(1, milliseconds=LIMIT) if which == "first" else None
    return Workload(
        f"{NAME}, {which}", f"{which} start of the sandbox", lambda *_: Plan(()), "",
        clients=(1,), short_clients=(1,), target=target,
    )  # fmt: skip


def _install(folder: Path) -> None:
    """The program as it is installed: what it requires is compiled, its own modules are at their first start."""
    package = Path(reskontra.__file__).parent
    shutil.copytree(package, folder / "src" / package.name, ignore=shutil.ignore_patterns("__pycache__"))


def _started(folder: Path, number: int) -> Round:
    """One start, from the command until an answer. Milliseconds of processor time, until then, of the program with what
    it ran to set up its database, and of the database."""
    data = folder / "books"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("RESKONTRA_", "PYTHON"))}
    environment["PYTHONPATH"] = str(folder / "src")
    command = [sys.executable, "-m", "reskontra", "sandbox", "--data-dir", str(data), "--port", "0"]
    busy, begun = machine.Busy.now(), time.perf_counter()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
    try:
        url = next((found[1] for line in process.stdout or () if (found := _TELLS.search(line))), None)
        if url is None:
            raise BenchError(f"the sandbox did not start:\n{(folder / 'log').read_text()[-2000:]}")
        with urllib.request.urlopen(f"{url}{_ASKED}", timeout=_STOP_SECONDS) as answer:  # noqa: S310
            answer.read()
        taken = (time.perf_counter() - begun) * 1000
        (postmaster,) = data.rglob("postmaster.pid")
        database = machine.processor_seconds(int(postmaster.read_text().split()[0])) * 1000
        together = machine.processor_seconds(process.pid) * 1000
        machine.wait_until_quiet(process.pid)
        megabytes = machine.resident_megabytes(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=_STOP_SECONDS)
    return Round(
        "program", number, 1, 1000 / taken, taken, taken, program_cpu=together - database, database_cpu=database,
        generator_cpu=0.0, load=machine.load_average(), machine=machine.Busy.now().since(busy),
        megabytes=megabytes,
    )  # fmt: skip
