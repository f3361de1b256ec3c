"""The program as one side of a comparison: a new invoice and its release, and a list of headers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime

from bench.books import Books
from bench.load import BenchError, Request
from bench.peers.crowd import Line, Work
from bench.program import Program
from bench.seeding import LARGE_COMPANY, Size
from bench.workloads import WORKLOADS, Scene

SIZE = Size("peers", 2, 1_000, 40, 100, 4, 8)
"""The large company has 1,000 released invoices, as the other side has."""

LISTED = 1_000
_LIST = Request("GET", f"/v1/customerdocument?pageNumber=1&pageSize={LISTED}", LARGE_COMPANY)
_SEED = 1


class Own:
    """`reskontra serve` on books of 1,000 invoices. All that is new goes to one company and one series."""

    name = "Reskontra"

    def __init__(self, books: Books, program: Program) -> None:
        self._program = program
        self.pids = program.pid, books.server.pid
        scene = Scene(books.size, {}, datetime.now(UTC).date(), random.Random(_SEED))  # noqa: S311
        (posts,) = (workload for workload in WORKLOADS if workload.name == "hot")
        self._posts = posts.plan(scene, LISTED).requests
        self._chance = random.Random(_SEED)  # noqa: S311

    def client(self) -> Mapping[str, Work]:
        line = Line(self._program.url)

        def invoice() -> None:
            sent = self._chance.choice(self._posts)
            made = line.ask(sent.method, sent.path, self._headers(), sent.body)
            place = made.headers["location"].removeprefix(self._program.url)
            line.ask("POST", f"{place}/action/release", self._headers(made.headers["etag"].strip('"')), "{}")

        def headers() -> None:
            answer = line.ask(_LIST.method, _LIST.path, self._headers())
            if (found := answer.body.count(b'"referenceNumber":')) != LISTED:
                raise BenchError(f"{found} documents are listed, not {LISTED}")

        return {"invoice": invoice, "list": headers}

    def _headers(self, etag: str | None = None) -> dict[str, str]:
        return self._program.headers(LARGE_COMPANY, etag)
