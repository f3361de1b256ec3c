"""Metrics for Prometheus: requests by operation and status, how long they took, refused token requests."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from starlette.responses import Response

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

    def note_refused_token(self, reason: str) -> None:
        """Count one refused token request."""
        self._refused_tokens.labels(reason).inc()

    def answer(self) -> Response:
        """The page that Prometheus reads."""
        return Response(generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
