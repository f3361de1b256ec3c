"""What a statement of account shows: blocks by currency, with lines, balances and how old they are (AGS-04)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import accumulate

from reskontra.money import ZERO
from reskontra.reference.rules.classes import StatementCycle, StatementType

DEFAULT_CYCLE = StatementCycle(statement_cycle_id="", description="")
"""How the balance of a customer without a cycle ages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A document that was open. Credits are negative; amounts are in the currency of its block."""

    document_type: str
    number: str
    day: date
    due_date: date | None
    currency_id: str
    amount: Decimal
    balance: Decimal
    balance_base: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What moved a balance, or a document that was open, and what was owed after it, or on it."""

    kind: str
    day: date
    document_type: str
    number: str
    due_date: date | None = None
    amount: Decimal
    balance: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What had moved the balance in one currency: before the statement begins, and the lines since."""

    currency_id: str
    opening: Decimal
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A currency on a statement. `opening` is None where open items are listed. The buckets add up to `closing`."""

    currency_id: str
    opening: Decimal | None
    lines: tuple[Line, ...]
    closing: Decimal
    buckets: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a statement is made of: open items, and movements if a balance is brought forward. `has_moved` says whether
    anything moved since the statement begins."""

    items: tuple[Item, ...]
    moved: tuple[Moved, ...]
    has_moved: bool

    @property
    def balance(self) -> Decimal:
        """What was owed, in base currency."""
        return sum((item.balance_base for item in self.items), ZERO)


def blocks(material: Material, statement_type: StatementType, as_of: date, cycle: StatementCycle) -> tuple[Block, ...]:
    """The blocks of a statement by currency: those with anything to show (STA-01, STA-02)."""
    if statement_type is StatementType.OPEN_ITEM:
        currencies = sorted({item.currency_id for item in material.items})
        made = [_open_items(currency_id, material, as_of, cycle) for currency_id in currencies]
    else:
        moved = sorted(material.moved, key=lambda it: it.currency_id)
        made = [_brought_forward(part, material, as_of, cycle) for part in moved]
    return tuple(block for block in made if block.lines or block.opening or block.closing)


def _open_items(currency_id: str, material: Material, as_of: date, cycle: StatementCycle) -> Block:
    items = [item for item in material.items if item.currency_id == currency_id]
    lines = tuple(
        Line(
            kind="Document",
            day=item.day,
            document_type=item.document_type,
            number=item.number,
            due_date=item.due_date,
            amount=item.amount,
            balance=item.balance,
        )
        for item in items
    )
    buckets = aged(items, as_of, cycle)
    return Block(currency_id=currency_id, opening=None, lines=lines, closing=sum(buckets, ZERO), buckets=buckets)


def _brought_forward(moved: Moved, material: Material, as_of: date, cycle: StatementCycle) -> Block:
    owed = list(accumulate((line.amount for line in moved.lines), initial=moved.opening))
    return Block(
        currency_id=moved.currency_id,
        opening=moved.opening,
        lines=tuple(replace(line, balance=after) for line, after in zip(moved.lines, owed[1:], strict=True)),
        closing=owed[-1],
        buckets=aged((item for item in material.items if item.currency_id == moved.currency_id), as_of, cycle),
    )


def aged(items: Iterable[Item], as_of: date, cycle: StatementCycle) -> tuple[Decimal, ...]:
    """What is owed by how long it has been due; credits count as not overdue (AGE-02, AGE-03)."""
    last_days: Sequence[int] = cycle.ageing_days
    amounts = [ZERO] * (len(last_days) + 1)
    for item in items:
        since = (item.due_date if cycle.age_by_due_date else None) or item.day
        position = 0 if item.balance < ZERO else bisect_left(last_days, (as_of - since).days)
        amounts[position] += item.balance
    return tuple(amounts)
