"""Processes that a killed reskontra left behind on its data folder: found, ended, forgotten. Starts nothing."""

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
_PROGRAMS = ("postgres", "initdb", "unshare", "setpriv")  # the last two become one of the others


def end_leftovers(folder: Path, *, kept_socket: Path | None = None) -> None:
    """End every PostgreSQL program on data folder `folder`: whoever holds its lock has none running there yet.

    A postmaster is asked to stop in order. What is left then has nobody to answer to (backends of a postmaster that
    was killed, an initialisation that was cut off) and is killed: until it is gone no new one may start.
    Its socket goes with it; the folder of it stays if it is `kept_socket`.
    """
    cluster = folder / CLUSTER
    lines = read_postmaster(cluster)
    pid = int(lines[0]) if lines and lines[0].isdigit() else 0
    if pid and is_postmaster(pid, cluster):
        send_signal(pid, signal.SIGINT)
        wait_until(lambda: not is_postmaster(pid, cluster), _STOP_SECONDS)
    wait_until(lambda: not _killed(folder), _STOP_SECONDS)
    # A dead one's file names a process id that may by now be anybody's, which PostgreSQL would shy away from.
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
    """Whether process `pid` is a PostgreSQL on `cluster`. A process that ended but was not reaped is not."""
    try:
        words = _words(_PROCESSES / str(pid))
        return Path(words[0]).name == "postgres" and str(cluster) in words
    except FileNotFoundError:
        if _PROCESSES.is_dir():
            return False
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "postgres" in listed.stdout and str(cluster) in listed.stdout


def wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    """Whether `happened` came true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def send_signal(pid: int, what: signal.Signals) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, what)


def _killed(folder: Path) -> int:
    """Kill what runs on the folder; returns how many there were. A system without /proc shows none."""
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
    # A backend's command line is its title ("postgres: reskontra ..."), but each works in the folder of its data.
    if words[0].startswith("postgres:"):
        return os.readlink(process / "cwd") in homes
    return Path(words[0]).name in _PROGRAMS and any(word.removeprefix("--pgdata=") in homes for word in words)


def _words(process: Path) -> list[str]:
    return (process / "cmdline").read_bytes().decode(errors="surrogateescape").split("\0")
