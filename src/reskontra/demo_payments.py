"""How the customers of the demo's year pay, drawn from a seed. `demo` makes the payments.

Invented, but shaped like real life: two thirds pay on time, some late, some in part or too much, some take their cash
discount, one transfer bounces now and then, and something is still owed when the year ends.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from reskontra.demo_year import LAST_DAY, Step

_FRIDAY = 4
_DAYS, _DAYS_WITH_DISCOUNT, _DISCOUNT_DAYS = 14, 30, 10
_LARGE_CUSTOMERS = 40


class Manner(StrEnum):
    """How much a receipt is."""

    FULL = "full"
    """What is owed, less the cash discount if that is in time."""
    PART = "part"
    OVER = "over"
    SHORT = "short"
    """A little too little: the rest is written off."""
    REFUND = "refund"
    """What was too much goes back."""
    VOID = "void"
    """The bank takes it back."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One payment, refund or void: its day, its customer (by position), and what it is for."""

    day: date
    manner: Manner
    customer: int
    debts: tuple[tuple[str, int], ...] = ()
    """Documents as (type, position among its type)."""

    of: Receipt | None = None
    """What is refunded or voided."""


@dataclass(slots=True)
class _Plan:
    """Receipts as they are drawn: those of large customers together for a day, others one by one."""

    grouped: dict[tuple[date, int], list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))
    single: list[Receipt] = field(default_factory=list)


def takes_discount(customer: int) -> bool:
    """Whether a customer has terms with a cash discount."""
    return customer % 9 == 4


def receipts(seed: int, year: Sequence[Step]) -> Iterator[Receipt]:
    """The year's receipts by day."""
    draw = random.Random(f"{seed}/payments")  # noqa: S311 - the same year on every machine
    plan = _Plan()
    for name, step in _debts(year):
        _pay(draw, plan, name, step)
    firsts = [
        Receipt(day, Manner.FULL, customer, tuple(sorted(debts))) for (day, customer), debts in plan.grouped.items()
    ]
    firsts = sorted([*firsts, *plan.single], key=_by_day)
    later: list[Receipt] = []
    for receipt in firsts:
        back = receipt.day + timedelta(days=4 if receipt.manner == Manner.FULL else 11)
        if receipt.manner == Manner.OVER and draw.random() < 0.5:
            later.append(Receipt(back, Manner.REFUND, receipt.customer, of=receipt))
        elif receipt.manner == Manner.FULL and draw.random() < 0.005:
            later.append(Receipt(back, Manner.VOID, receipt.customer, of=receipt))
    yield from sorted([*firsts, *(it for it in later if it.day <= LAST_DAY)], key=_by_day)


def _by_day(receipt: Receipt) -> tuple[date, int, int]:
    return receipt.day, receipt.of is not None, receipt.customer


def _debts(year: Sequence[Step]) -> Iterator[tuple[tuple[str, int], Step]]:
    """The released invoices and debit notes that no credit note takes back."""
    taken = {step.repeats for step in year if step.repeats is not None}
    counts = {"Invoice": 0, "DebitNote": 0}
    for step in year:
        if step.document_type in counts:
            position = counts[step.document_type]
            counts[step.document_type] += 1
            if step.outcome == "release" and not (step.document_type == "Invoice" and position in taken):
                yield (step.document_type, position), step


def _pay(draw: random.Random, plan: _Plan, name: tuple[str, int], step: Step) -> None:
    is_large = step.customer < _LARGE_CUSTOMERS
    due = step.day + timedelta(days=_DAYS_WITH_DISCOUNT if takes_discount(step.customer) else _DAYS)
    chance = draw.random()
    if takes_discount(step.customer) and chance < 0.7:
        day = _friday(step.day + timedelta(days=_DISCOUNT_DAYS))
    elif chance < 0.66:
        day = _friday(due)
    elif chance < 0.86:
        day = _friday(due + timedelta(days=draw.randrange(6, 60)))
    elif chance < 0.92:
        _single(plan, _workday(due - timedelta(days=draw.randrange(4))), draw.choice(_ODD), name, step)
        return
    else:
        return
    if day < step.day:
        day = _workday(step.day + timedelta(days=1))
    if is_large:
        if day <= LAST_DAY:
            plan.grouped[day, step.customer].append(name)
    else:
        _single(plan, _workday(day - timedelta(days=draw.randrange(3))), Manner.FULL, name, step)


_ODD = (Manner.PART, Manner.PART, Manner.PART, Manner.OVER, Manner.SHORT)


def _single(plan: _Plan, day: date, manner: Manner, name: tuple[str, int], step: Step) -> None:
    day = max(day, _workday(step.day + timedelta(days=1)))
    if day <= LAST_DAY:
        plan.single.append(Receipt(day, manner, step.customer, (name,)))


def _friday(day: date) -> date:
    """The last Friday up to a day."""
    return day - timedelta(days=(day.weekday() - _FRIDAY) % 7)


def _workday(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > _FRIDAY else day
