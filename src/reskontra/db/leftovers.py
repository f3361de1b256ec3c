"""Finds and ends the processes that a killed reskontra left behind on its data folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

CLUSTER = "cluster"
DRAFT = "cluster.new"
SOCKET_PREFIX = "reskontra-socket-"

_PROCESSES = Path("/proc")
_STOP_SECONDS = 30
_PROGRAMS = ("postgres", "initdb", "unshare", "setpriv")  # the last two turn into one of the others


def end_leftovers(folder: Path, *, kept_socket: Path | None = None) -> None:
    """End every PostgreSQL program on data folder `folder`. The caller holds the folder's lock and runs none itself.

    A postmaster is asked to shut down. What is left after that (backends of a killed postmaster, an interrupted
    initialisation) is killed, because PostgreSQL does not start beside it. The socket's folder is deleted; if it is
    `kept_socket`, it is only emptied.
    """
    cluster = folder / CLUSTER
    lines = read_postmaster(cluster)
    pid = int(lines[0]) if lines and lines[0].isdigit() else 0
    if pid and is_postmaster(pid, cluster):
        send_signal(pid, signal.SIGINT)
        wait_until(lambda: not is_postmaster(pid, cluster), _STOP_SECONDS)
    wait_until(lambda: not _killed(folder), _STOP_SECONDS)
    # The file of a dead postmaster may name a process id that is in use again, and PostgreSQL would not start.
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    if len(lines) > 4 and Path(lines[4]).name.startswith(SOCKET_PREFIX) and lines[4] != str(kept_socket):
        shutil.rmtree(lines[4], ignore_errors=True)
    for left in kept_socket.iterdir() if kept_socket else ():
        left.unlink()


def read_postmaster(cluster: Path) -> list[str]:
    """The lines of postmaster.pid: [0] process id, [4] socket folder, [7] state. Empty if there is none."""
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def is_postmaster(pid: int, cluster: Path) -> bool:
    """Whether process `pid` is a PostgreSQL on `cluster`. A zombie does not count."""
    try:
        words = _words(_PROCESSES / str(pid))
        return Path(words[0]).name == "postgres" and str(cluster) in words
    except FileNotFoundError:
        if _PROCESSES.is_dir():
            return False
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "postgres" in listed.stdout and str(cluster) in listed.stdout


def wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    """Wait until `happened` is true; False if it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def send_signal(pid: int, what: signal.Signals) -> None:
    """Send a signal to a process that may already have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, what)


def _killed(folder: Path) -> int:
    """Kill what runs on the folder and return how many there were. Without /proc none are found."""
    found = list(_programs_on(folder))
    for pid in found:
        send_signal(pid, signal.SIGKILL)
    return len(found)


def _programs_on(folder: Path) -> Iterator[int]:
    homes = {str(folder / CLUSTER), str(folder / DRAFT)}
    for process in _PROCESSES.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if _is_program_on(process, homes):
                yield int(process.name)


def _is_program_on(process: Path, homes: set[str]) -> bool:
    words = _words(process)
    # A backend's command line is its title ("postgres: reskontra ..."), but it works in its data folder.
    if words[0].startswith("postgres:"):
        return os.readlink(process / "cwd") in homes
    return Path(words[0]).name in _PROGRAMS and any(word.removeprefix("--pgdata=") in homes for word in words)


def _words(process: Path) -> list[str]:
    return (process / "cmdline").read_bytes().decode(errors="surrogateescape").split("\0")
