"""Metrics for Prometheus: requests by operation and status, how long they took, refused token requests, memory.

Several processes count in files of one folder, which the environment names; each of them answers for all.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.responses import Response

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that makes `prometheus_client` add up what several processes count, in files of this folder."""

_MEMORY_SECONDS = 5
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """One registry per server, so that two servers can live in one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("operation",)
        self._requests = Counter(
            "reskontra_requests", "Requests answered.", (*labels, "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "reskontra_request_seconds", "Time to answer.", labels, buckets=_BUCKETS, registry=self._registry
        )
        self._refused_tokens = Counter(
            "reskontra_token_refusals", "Token requests refused.", ("reason",), registry=self._registry
        )
        self._memory = Gauge(
            "reskontra_memory_bytes",
            "Memory that a process uses.",
            registry=self._registry,
            multiprocess_mode="liveall",
        )
        self._memory_at = 0.0
        self._note_memory()
        self._counters: dict[tuple[str, int], Counter] = {}
        self._histograms: dict[str, Histogram] = {}

    def note(self, operation: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        counter = self._counters.get((operation, status))
        if counter is None:
            counter = self._counters[operation, status] = self._requests.labels(operation, str(status))
        histogram = self._histograms.get(operation)
        if histogram is None:
            histogram = self._histograms[operation] = self._seconds.labels(operation)
        counter.inc()
        histogram.observe(seconds)
        if time.monotonic() > self._memory_at + _MEMORY_SECONDS:
            self._note_memory()

    def note_refused_token(self, reason: str) -> None:
        """Count one refused token request."""
        self._refused_tokens.labels(reason).inc()

    def answer(self) -> Response:
        """The page that Prometheus reads."""
        self._note_memory()
        registry = self._registry
        if SHARED_FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _note_memory(self) -> None:
        self._memory_at = time.monotonic()
        self._memory.set(_resident_bytes())


def _resident_bytes() -> int:
    """The memory of this process now, or the most that it ever had where the system does not tell more."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
