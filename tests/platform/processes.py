"""The command as a process of its own: run to its end, or a server that answers until it is told to end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

RESKONTRA = [sys.executable, "-m", "reskontra"]


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RESKONTRA_", "DATABASE_"))}
    return {**kept, **variables}


def run(*words: str | Path, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [*RESKONTRA, *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=cwd, env=environment(**variables), timeout=120
    )


class Running:
    """A server process that told its address."""

    def __init__(self, *words: str | Path, cwd: Path | None = None, **variables: str) -> None:
        self.process = subprocess.Popen(
            [*RESKONTRA, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env=environment(**variables),
        )
        self.errors: list[str] = []
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._reader = threading.Thread(target=self.errors.extend, args=(self.process.stderr,), daemon=True)
        self._reader.start()
        found = re.search(r"https?://\S+", self.process.stdout.readline())
        if found is None:
            self.process.wait(10)
            self._reader.join(5)
            raise AssertionError("".join(self.errors))
        self.url = found[0]

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        code = self.process.wait(30)
        self._reader.join(5)
        return code

    def postgres_pid(self, folder: Path) -> int:
        return int((folder / "cluster" / "postmaster.pid").read_text().splitlines()[0])


def is_running(pid: int) -> bool:
    """Whether there is such a process that has not ended yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
