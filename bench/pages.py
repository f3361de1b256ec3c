"""The pages for people, one after the other by one visitor, over the large company: when the first byte is there."""

from __future__ import annotations

import asyncio
import http.client
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from bench import seeding
from bench.books import Books
from bench.load import BenchError, Plan
from bench.program import Program
from bench.rounds import Cell, Meter, Round
from bench.workloads import Target, Workload
from reskontra.clock import Context, SystemClock
from reskontra.serve import plain_connection
from reskontra.users.commands import create_user
from reskontra.users.rules import Role

NAME = "pages"
LIMIT = 50.0
"""Milliseconds until the first byte of a page."""

_VISITS = 15
_EMAIL, _PASSWORD = "bench@example.com", "pages are looked at"
_CUSTOMER = str(seeding.CUSTOMER_BEFORE_FIRST + 1)
_INVOICE = f"documents/Invoice/{seeding.NUMBER_BEFORE_FIRST + 4:06d}"
_DUE = seeding.LAST_DAY + timedelta(days=60)

VISITED: Mapping[str, str] = {
    "": "",
    "customers": "customers",
    "customers, searched": "customers?q=Kunde%201",
    "customers/new": "customers/new",
    "customers/{number}/edit": f"customers/{_CUSTOMER}/edit",
    "customers/{number}": f"customers/{_CUSTOMER}",
    "customers/{number}/statement": f"customers/{_CUSTOMER}/statement",
    "customers/{number}/statement/send": f"customers/{_CUSTOMER}/statement/send",
    "customers/{number}/details": f"customers/{_CUSTOMER}/details",
    "customers/{number}/places": f"customers/{_CUSTOMER}/places",
    "customers/{number}/letters": f"customers/{_CUSTOMER}/letters",
    "customers/{number}/log": f"customers/{_CUSTOMER}/log",
    "reminding": f"reminding?asOf={_DUE}",
    "letters": "letters",
    "mails": "mails",
    "e-invoices": "e-invoices",
    "periods": "periods",
    "periods/{period}/{verb}": "periods/202601/close",
    "journal": "journal",
    "journal/{number}": "journal/{batch}",
    "reports/{report}, ageing": f"reports/ageing?asOf={seeding.LAST_DAY}",
    "reports/{report}, VAT": "reports/vat?period=202601&toPeriod=202612",
    "reports/{report}, sales": "reports/sales?period=202601&toPeriod=202612",
    "reports/{report}, reconciliation": "reports/reconcile?period=202609",
    "reports/open-items": f"reports/open-items?asOf={seeding.LAST_DAY}",
    "search": "search?q=Kunde",
    "log": "log",
    "documents": "documents",
    "documents, overdue": "documents?overdue=true",
    "documents, searched": "documents?q=Kunde%201",
    "documents, page 1,000": "documents?page=1000",
    "choices": "choices?of=customer&q=Kunde",
    "documents/{type}/new": "documents/Invoice/new",
    "documents/{type}/{number}": _INVOICE,
    "documents/write-off": "documents/write-off",
    "documents/{type}/{number}/send": f"{_INVOICE}/send",
    "documents/{type}/{number}/e-invoice": f"{_INVOICE}/e-invoice",
    "documents/{type}/{number}/reminding": f"{_INVOICE}/reminding",
    "documents/{type}/{number}/credit": f"{_INVOICE}/credit",
    "documents/{type}/{number}/correct": f"{_INVOICE}/correct",
    "preferences": "preferences",
}
"""A page, as `reskontra.pages.table` names it -> the address that is visited, below `/ui/`."""

NOT_VISITED = {
    "letters/{number}",  # the books of the bench have no letters
    "letters/{number}/send",
    "letters/{number}/{action}",
    "documents/bulk/print",  # of documents that were chosen
    "documents/{type}/{number}/return",  # of cash sales
    "whole/{path:rest}",  # a file
    "documents/bulk/result",  # tells what was done
    "documents/{type}/{number}/apply",  # of a credit note or payment that is open
    "documents/{type}/{number}/edit",  # of drafts, which the large company has none of
    "documents/{type}/{number}/release",
    "documents/{type}/{number}/delete",
    "documents/{type}/{number}/void",
    "documents/{type}/{number}/undo",
    "api/{path:rest}",  # an answer of the API
}
"""Pages that the large company has nothing for."""


def measure(books: Books, program: Program, *, rounds: int) -> Iterator[Cell]:
    """Each page, `_VISITS` times in each round, after two visits that do not count."""
    batch = asyncio.run(_invite(books))
    visitor = _Visitor(program)
    for name, pattern in VISITED.items():
        address = pattern.replace("{batch}", batch)
        workload = Workload(
            name,
            f"/ui/{name}",
            lambda *_: Plan(()),
            "",
            clients=(1,),
            short_clients=(1,),
            target=Target(1, milliseconds=LIMIT),
        )
        cell = Cell(workload, 1)
        for _ in range(2):
            visitor.visit(address)
        for number in range(1, rounds + 1):
            meter = Meter(program.pid, books.server.pid)
            times = sorted(visitor.visit(address) for _ in range(_VISITS))
            spent = meter.read(_VISITS)
            median = statistics.median(times)
            cell.rounds.append(
                Round("program", number, _VISITS, 1000 * _VISITS / sum(times), median, times[-1], generator_cpu=0.0,
                      **asdict(spent))
            )  # fmt: skip
        yield cell


async def _invite(books: Books) -> str:
    """Add a controller who sees the large company. Returns the number of one of its batches."""
    clock = SystemClock()
    context = Context(0, "bench", "bench", clock.now(), clock)
    async with plain_connection(books.dsn) as connection, connection.transaction():
        await create_user(
            connection, context, email=_EMAIL, name="Bench", role=Role.CONTROLLER,
            company_ids=[seeding.LARGE_COMPANY], password=_PASSWORD,
        )  # fmt: skip
        batch: str = await connection.fetchval(
            "select batch_number from document where company_id = $1 and batch_number is not null limit 1",
            seeding.LARGE_COMPANY,
        )
        return batch


class _Visitor:
    """Signed in, on a connection that is kept, as a browser keeps one."""

    def __init__(self, program: Program) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(program.url).netloc, timeout=30)
        form = urlencode({"email": _EMAIL, "password": _PASSWORD})
        self._connection.request("POST", "/ui/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = self._connection.getresponse()
        answer.read()
        cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        if answer.status != 303 or not cookie:
            raise BenchError(f"the visitor of pages could not sign in: {answer.status}")
        self._headers = {"Cookie": cookie, "Accept-Language": "en", "Accept-Encoding": "gzip"}

    def visit(self, address: str) -> float:
        """Milliseconds until the first byte of a page. Raises `BenchError` unless it is shown."""
        begun = time.perf_counter()
        self._connection.request("GET", f"/ui/{address}", headers=self._headers)
        answer = self._connection.getresponse()
        taken = (time.perf_counter() - begun) * 1000
        body = answer.read()
        if answer.status != 200:
            raise BenchError(f"/ui/{address} answered {answer.status} with {len(body):,} bytes")
        return taken
