"""What the machine says of a run: processor time of process trees, load, stolen time, names and versions."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_LOOK_SECONDS = 0.1
_QUIET_LOOKS = 2
_QUIET_SECONDS_MAX = 10


def processor_seconds(pid: int) -> float:
    """Processor time that a process and its descendants have used, those that have ended included."""
    parents: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The name in parentheses may hold anything, so fields are counted from behind it.
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(entry.name))
        ticks[int(entry.name)] = sum(map(int, fields[11:15]))
    total, waiting = 0, [pid]
    while waiting:
        process = waiting.pop()
        total += ticks.get(process, 0)
        waiting += parents.get(process, [])
    return total / _TICKS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Busy:
    """Processor ticks of the whole machine since it started: stolen by the host, idle, and all."""

    stolen: int
    idle: int
    total: int

    @classmethod
    def now(cls) -> Busy:
        ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return cls(stolen=ticks[7], idle=ticks[3] + ticks[4], total=sum(ticks))

    def since(self, before: Busy) -> dict[str, float]:
        """Shares of the time since `before`."""
        total = max(self.total - before.total, 1)
        return {
            "stolen": round((self.stolen - before.stolen) / total, 4),
            "idle": round((self.idle - before.idle) / total, 4),
        }


def resident_megabytes(pid: int) -> float:
    """Memory of a process and its descendants. What several share is counted once, in equal parts (PSS)."""
    kilobytes, waiting = 0, [pid]
    while waiting:
        process = waiting.pop()
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        kilobytes += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        for task in Path(f"/proc/{process}/task").iterdir():
            waiting += map(int, (task / "children").read_text().split())
    return kilobytes * 1024 / 1e6


def wait_until_quiet(pid: int) -> None:
    """Return when a process tree has not worked for a moment."""
    seen, quiet = -1.0, 0
    deadline = time.monotonic() + _QUIET_SECONDS_MAX
    while quiet < _QUIET_LOOKS and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        used = processor_seconds(pid)
        quiet = quiet + 1 if used == seen else 0
        seen = used


def load_average() -> float:
    """Processes that ran or waited in the last minute."""
    return os.getloadavg()[0]


def description() -> dict[str, object]:
    """The machine in a few words."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "processor": cpu,
        "cores": os.cpu_count(),
        "memory_mib": memory,
        "system": platform.platform(),
        "python": platform.python_version(),
    }
