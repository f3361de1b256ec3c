"""Which open documents money settles by itself: the oldest debts first (AUP-01 to AUP-03)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from reskontra.kinds import CREDIT_NOTE
from reskontra.money import ZERO
from reskontra.payments.payment import PaymentLine
from reskontra.receivables.rules.items import OpenItem, Payable, Settled
from reskontra.receivables.rules.proposals import freed_later, what_waits
from reskontra.records import replace


def reason_to_skip(payable: Payable, currency_id: str, on: tuple[date, str]) -> str | None:
    """Why a document is passed over, as a sentence; None if it may settle or be settled (AUP-05).

    `on` are date and period of the application: what it books may not come before the document (LNE-09).
    """
    item = payable.item
    if item.status != "Open":
        return f"It is {item.status}."
    if item.currency_id != currency_id:
        return f"It is in {item.currency_id}."
    waiting = f"an application of {payable.proposer}" if payable.proposer is not None else what_waits(item)
    if waiting is not None:
        return f"It has {waiting} that waits for release."
    if item.freed is not None and item.freed.on > on[0]:
        return freed_later(item.freed.on)
    came = _came_later(item, *on)
    return f"It {came}, later than the run." if came else None


def _came_later(item: OpenItem, day: date, period_id: str) -> str | None:
    if item.taken_over_on is not None and item.taken_over_on > day:
        return f"was taken over on {item.taken_over_on.isoformat()}"
    if item.document_date > day:
        return f"is of {item.document_date.isoformat()}"
    return f"is of the period {item.period_id}" if item.period_id > period_id else None


def debts_settled(debts: Iterable[Payable], available: Decimal, on: date) -> list[PaymentLine]:
    """What an amount settles of debts in one currency, each as far as it goes, in their order.

    A cash discount is taken where that closes the document in time (AUP-03).
    """
    lines = []
    for debt in debts:
        if available <= ZERO:
            break
        item = debt.item
        discount = debt.discount_left if debt.discount_date is not None and on <= debt.discount_date else ZERO
        leaves_nothing_to_pay = discount >= item.balance  # APP-03
        if leaves_nothing_to_pay or available < item.balance - discount:
            discount = ZERO
        amount = min(item.balance - discount, available)
        lines.append(
            PaymentLine(
                document_id=item.document_id,
                document_type=item.document_type,
                number=item.number,
                amount=amount,
                discount=discount,
            )
        )
        available -= amount
    return lines


def lines_by_itself(
    amount: Decimal, notes: Sequence[Payable], debts: Sequence[Payable], on: date
) -> tuple[PaymentLine, ...]:
    """The lines of a payment that was released without any: credit notes are used before the money (AUP-02)."""
    available = amount + sum((note.item.balance for note in notes), ZERO)
    settled = debts_settled(debts, available, on)
    left = sum((line.amount for line in settled), ZERO)
    used = []
    for note in notes:
        takes = min(note.item.balance, left)
        if takes <= ZERO:
            break
        left -= takes
        used.append(
            PaymentLine(
                document_id=note.item.document_id,
                document_type=CREDIT_NOTE.document_type,
                number=note.item.number,
                amount=takes,
            )
        )
    return (*used, *settled)


def after(debts: Sequence[Payable], settled: Settled) -> list[Payable]:
    """The debts that a settlement leaves open, as it leaves them."""
    moved = {item.document_id: item for item in settled.items}
    left = [replace(debt, item=moved.get(debt.item.document_id, debt.item)) for debt in debts]
    return [debt for debt in left if debt.item.balance > ZERO]
