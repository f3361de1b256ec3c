"""One payment that settles many invoices: how long its release takes, and whether twice as many take twice as long."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict

from bench import seeding
from bench.books import Books
from bench.load import Plan, Request, send
from bench.program import Program
from bench.rounds import Cell, Meter, Round
from bench.workloads import Target, Workload

NAME = "applications"
COUNTS = (1_250, 5_000)
_COMPANY, _AMOUNT, _ACCOUNT = seeding.LARGE_COMPANY, 100, "9990"
_TARGETS = {5_000: Target(1, milliseconds=2_000)}


def measure(books: Books, program: Program, *, rounds: int) -> Iterator[Cell]:
    """A release for each count; each round with a customer of its own, who owes what an older system had open."""
    for count in COUNTS:
        title = f"release a payment of {count:,} invoices"
        workload = Workload(f"{NAME}-{count}", title, lambda *_: Plan(()), "", clients=(1,), target=_TARGETS.get(count))
        cell = Cell(workload, 1)
        for number in range(1, rounds + 1):
            path = _paid(program, count, f"{count}-{number}")
            meter = Meter(program.pid, books.server.pid)
            begun = time.perf_counter()
            _send(program, "POST", f"{path}/action/release", {"type": "Payment"})
            taken = time.perf_counter() - begun
            cell.rounds.append(
                Round("program", number, count, count / taken, taken * 1000, taken * 1000, generator_cpu=0.0,
                      **asdict(meter.read(count)))
            )  # fmt: skip
        yield cell


def _paid(program: Program, count: int, mark: str) -> str:
    """The address of a draft that pays so many invoices of a new customer."""
    made = _send(program, "POST", "/v1/customer", {"name": {"value": f"Paying {mark}"}})
    customer = made.rpartition("/")[2]
    numbers = [f"{mark}-{place:05d}" for place in range(count)]
    items = [
        {
            "documentType": "Invoice",
            "referenceNumber": number,
            "customer": customer,
            "documentDate": str(seeding.FIRST_DAY),
            "dueDate": str(seeding.FIRST_DAY),
            "balance": _AMOUNT,
        }
        for number in numbers
    ]
    day = str(seeding.FIRST_DAY)
    _send(program, "POST", "/v1/reskontra/openItems", {"asOf": day, "account": _ACCOUNT, "items": items})
    lines = [
        {"operation": "Insert", "documentType": {"value": "Invoice"}, "refNbr": {"value": number},
         "amountPaid": {"value": _AMOUNT}} for number in numbers
    ]  # fmt: skip
    payment = {
        "customer": {"value": customer},
        "applicationDate": {"value": str(seeding.LAST_DAY)},
        "paymentAmount": {"value": _AMOUNT * count},
        "paymentLines": lines,
    }
    return _send(program, "POST", "/v1/customerPayment", payment)


def _send(program: Program, method: str, path: str, body: object) -> str:
    """The address of what was made, from the root of the server on."""
    answer = send(program, Request(method, path, _COMPANY, body=json.dumps(body)))
    location: str = answer.headers.get("location", "")
    return location.removeprefix(program.url)
