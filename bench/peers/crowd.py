"""Clients that do one piece of work after the other, and what a round of them came to. Knows neither program."""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from bench.load import BenchError
from bench.rounds import Meter, Round

_TIMEOUT_SECONDS = 120

Work = Callable[[], None]
"""One piece of work. Raises `BenchError` unless every answer is a success."""


class Side(Protocol):
    """One of the programs that are compared, with its books open."""

    name: str

    @property
    def pids(self) -> tuple[int, int]:
        """The processes at the top: the program's and PostgreSQL's."""

    def client(self) -> Mapping[str, Work]:
        """What one more client can do, over a connection of its own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, with the names of its headers in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.body)


class Busy(BenchError):
    """503: the server asks to be asked again."""


class Line:
    """A connection of one client to a server; it is opened anew where the server hangs up after an answer."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: str = "") -> Answer:
        """Send a request and read all of its answer. Raises `BenchError` unless it is a success, `Busy` for 503."""
        sent = {"Content-Type": "application/json", **headers} if body else headers
        self._connection.request(method, path, body=body.encode() or None, headers=dict(sent))
        answer = self._connection.getresponse()
        text = answer.read()
        if not 200 <= answer.status < 300:
            raise (Busy if answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE else BenchError)(
                f"{method} {path}: {answer.status} {text[:500]!r}"
            )
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)


def round_of(side: Side, work: str, *, clients: int, seconds: float, number: int) -> Round:
    """So many clients at once for so many seconds; what they have begun by then is finished and counted."""
    crowd = [side.client()[work] for _ in range(clients)]
    meter = Meter(*side.pids)
    begun, own = time.perf_counter(), time.process_time()
    taken = _crowded(crowd, begun + seconds)
    ended, generator = time.perf_counter(), time.process_time() - own
    spent = meter.read(len(taken))
    in_order = sorted(taken)
    return Round(
        side.name, number, len(taken), len(taken) / (ended - begun), statistics.median(taken) * 1000,
        in_order[int(len(in_order) * 0.99)] * 1000, generator_cpu=generator * 1000 / len(taken), **asdict(spent),
    )  # fmt: skip


def _crowded(crowd: Sequence[Work], deadline: float) -> list[float]:
    """The seconds that each piece of work took, all clients taken together. All begin at once."""
    gate = threading.Barrier(len(crowd))

    def toil(work: Work) -> list[float]:
        taken: list[float] = []
        gate.wait()
        while (begun := time.perf_counter()) < deadline or not taken:
            work()
            taken.append(time.perf_counter() - begun)
        return taken

    with ThreadPoolExecutor(len(crowd)) as threads:
        return [one for some in threads.map(toil, crowd) for one in some]
