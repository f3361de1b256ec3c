"""The demo company's year 2025: who buys what and when, drawn from a seed. `demo` makes the documents.

Invented, but shaped like a real year: more in spring and autumn than in summer, a few large customers and many small
ones, some who pay late, and drafts left over at the end.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

INVOICES = 1546
CREDIT_NOTES = 249
DEBIT_NOTES = 203
CUSTOMERS = 200

_FIRST_DAY = date(2025, 1, 2)
LAST_DAY = date(2025, 12, 30)
_RESERVED_EVERY = 12
_MONTH_WEIGHTS = (7, 8, 10, 9, 9, 8, 4, 6, 10, 11, 10, 8)

_TRADES = ("Bakeri", "Bygg", "Elektro", "Gård", "Hotell", "Kafé", "Maskin", "Regnskap", "Rør", "Skog", "Transport",
           "Trykk", "Verksted", "Vask")  # fmt: skip
_PLACES = ("Alstad", "Bakke", "Borge", "Dal", "Eide", "Elvestad", "Foss", "Fredheim", "Grønli", "Haug", "Hovland",
           "Jordal", "Kvam", "Lia", "Lund", "Moen", "Nes", "Nygård", "Opheim", "Rud", "Sande", "Skog", "Strand",
           "Tveit", "Vik", "Viken", "Ødegård", "Ås")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One document: its day, kind, customer (by position) and lines, and what becomes of it."""

    day: date
    document_type: str
    customer: int
    lines: tuple[dict[str, Any], ...]
    outcome: str
    """`draft`, `hold` or `release`; for a credit note also `settle`: released and applied to the invoice it repeats,
    and `reserve`: released and put on hold, so that nobody may apply it."""

    repeats: int | None = None
    """The position among the invoices that a credit note takes back."""


def names(seed: int) -> list[str]:
    """The names of the customers, no two alike."""
    pairs = [f"{place} {trade}" for place in _PLACES for trade in _TRADES]
    random.Random(seed).shuffle(pairs)  # noqa: S311 - the same names on every machine
    return pairs[:CUSTOMERS]


def steps(seed: int, abroad: Collection[int]) -> Iterator[Step]:
    """The year's documents by day. `abroad` are the customers that are invoiced without VAT."""
    draw = random.Random(seed)  # noqa: S311 - the same year on every machine
    plan = [("Invoice", day) for day in _days(draw, INVOICES)]
    plan += [("CreditNote", day) for day in _days(draw, CREDIT_NOTES, after=20)]
    plan += [("DebitNote", day) for day in _days(draw, DEBIT_NOTES)]
    invoices: list[Step] = []
    settled: set[int] = set()
    credits_left_open = 0
    for document_type, day in sorted(plan, key=lambda entry: (entry[1], entry[0] != "Invoice")):
        candidates = [] if document_type != "CreditNote" else _to_take_back(invoices, settled, abroad)
        if candidates and draw.random() < 0.8:
            position = draw.choice(candidates)
            settled.add(position)
            taken = invoices[position]
            yield Step(day, document_type, taken.customer, taken.lines, "settle", repeats=position)
            continue
        step = _step(draw, document_type, day, abroad)
        if document_type == "Invoice":
            invoices.append(step)
        elif document_type == "CreditNote" and step.outcome == "release":
            credits_left_open += 1
            if credits_left_open % _RESERVED_EVERY == 0:
                step = replace(step, outcome="reserve")
        yield step


def _days(draw: random.Random, count: int, after: int = 0) -> list[date]:
    first = _FIRST_DAY + timedelta(days=after)
    span = (LAST_DAY - first).days
    days: list[date] = []
    while len(days) < count:
        day = first + timedelta(days=draw.randrange(span + 1))
        if day.weekday() < 5 and draw.random() < _MONTH_WEIGHTS[day.month - 1] / max(_MONTH_WEIGHTS):
            days.append(day)
    return sorted(days)


def _to_take_back(invoices: list[Step], settled: set[int], abroad: Collection[int]) -> list[int]:
    """The positions of recent released invoices in base currency: abroad, prices have since moved with the rate."""
    first = max(0, len(invoices) - 150)
    return [
        position
        for position, invoice in enumerate(invoices[first:], first)
        if invoice.outcome == "release" and position not in settled and invoice.customer not in abroad
    ]


def _step(draw: random.Random, document_type: str, day: date, abroad: Collection[int]) -> Step:
    # Squaring favours the first customers, so that a few buy a lot.
    customer = int(CUSTOMERS * draw.random() ** 2)
    lines = tuple(_line(draw, customer in abroad) for _ in range(draw.choice((1, 1, 2, 2, 3, 4))))
    left = (LAST_DAY - day).days
    chance = draw.random()
    if chance < (0.35 if left < 14 else 0.04):
        outcome = "draft"
    elif chance < (0.42 if left < 14 else 0.06):
        outcome = "hold"
    else:
        outcome = "release"
    return Step(day, document_type, customer, lines, outcome)


def _line(draw: random.Random, is_abroad: bool) -> dict[str, Any]:
    line: dict[str, Any] = draw.choice((
        {"item_number": "A", "quantity": Decimal(draw.randint(1, 12))},
        {"item_number": "A", "quantity": Decimal(draw.randint(1, 40)), "discount_percent": Decimal(10)},
        {"item_number": "6", "quantity": Decimal(draw.randint(1, 6))},
        {"item_number": "222", "quantity": Decimal(draw.randint(5, 400))},
        {"description": "Food for the canteen", "quantity": Decimal(1), "vat_category_id": "31",
         "unit_price": Decimal(draw.randint(400, 9000))},
        {"description": "Travel", "quantity": Decimal(1), "vat_category_id": "33",
         "unit_price": Decimal(draw.randint(150, 4000))},
        {"description": "Hours", "quantity": Decimal(draw.randint(1, 60)) / 4, "unit_price": Decimal(1150)},
        {"description": "Deposit", "quantity": Decimal(1), "vat_category_id": "6", "unit_price": Decimal(250)},
    ))  # fmt: skip
    return {**line, "vat_category_id": "52"} if is_abroad else line
