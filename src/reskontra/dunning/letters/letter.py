"""An existing dunning letter, with the documents and the customer that it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from reskontra.money import ZERO


class LetterStatus(StrEnum):
    """Where a letter is in its life (LET-03)."""

    DRAFT = "Draft"
    RELEASED = "Released"
    VOIDED = "Voided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A document as a letter names it. `balance` is what is left of it now, in its own currency."""

    document_type: str
    number: str
    status: str
    document_date: date
    currency_id: str
    balance: Decimal
    customer_number: str
    customer_name: str
    payment_reference: str | None = None
    """What to pay it with: the KID, OCR number or RF reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterLine:
    """A document on a letter. The balances are those of the day when the letter was made."""

    document_id: int
    document: Mention
    level_before: int
    level_after: int
    previous_letter_date: date | None
    due_date: date | None
    balance: Decimal
    balance_base: Decimal

    @property
    def is_reminded(self) -> bool:
        """Whether the letter asks for it; else it is listed for information (DUN-06)."""
        return self.level_after > self.level_before

    @property
    def is_summed(self) -> bool:
        """Whether it is part of the letter's total: what is asked for, and credits."""
        return self.is_reminded or self.balance < ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What a letter asks for in one currency: the documents it reminds of, less the credits it lists, and the fee."""

    currency_id: str
    documents: Decimal
    credits: Decimal
    fee: Decimal

    @property
    def total(self) -> Decimal:
        """All of it; below zero where the credits are more than the rest."""
        return self.documents + self.credits + self.fee


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCredit:
    """What is open of credit notes and payments in one currency."""

    currency_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter with its lines. `fee` is in the letter's currency, each line in its document's."""

    letter_id: int
    customer_id: int
    customer_number: str
    customer_name: str
    level: int
    status: LetterStatus
    letter_date: date
    payment_deadline: date
    currency_id: str
    branch_number: str | None = None
    fee: Decimal
    fee_entered: bool
    fee_document_id: int | None
    fee_invoice: Mention | None
    fee_credit_note: Mention | None
    final_reminder: bool
    warnings: tuple[str, ...]
    created_at: datetime
    created_by: str
    released_at: datetime | None
    voided_at: datetime | None
    void_date: date | None
    modified_at: datetime
    version: int
    lines: tuple[LetterLine, ...] = ()
    open_credits: tuple[OpenCredit, ...] = ()
    """What the customer has in his favour besides what the letter lists: of a draft today, else at its release."""

    @property
    def owed(self) -> tuple[Owed, ...]:
        """What is to be paid, the letter's own currency first."""
        return tuple(self._owed())

    def _owed(self) -> Iterator[Owed]:
        items = [(line.document.currency_id, line.balance, line.is_reminded) for line in self.lines]
        return owed_by_currency(self.currency_id, self.fee, items)

    def days_overdue(self, line: LetterLine) -> int:
        """Days from the document's due date to the letter; 0 for what is not due or has no due date."""
        return max((self.letter_date - line.due_date).days, 0) if line.due_date is not None else 0


def owed_by_currency(own: str, fee: Decimal, items: Sequence[tuple[str, Decimal, bool]]) -> Iterator[Owed]:
    """What a letter asks for in each currency, its own first, where the fee is.

    `items`: currency, balance, and whether it is reminded of. Balances below zero are credits.
    """
    for currency_id in dict.fromkeys([own, *sorted(currency for currency, _, _ in items)]):
        ours = [(balance, is_reminded) for currency, balance, is_reminded in items if currency == currency_id]
        documents = sum((balance for balance, is_reminded in ours if is_reminded), ZERO)
        credited = sum((balance for balance, _ in ours if balance < ZERO), ZERO)
        asked = fee if currency_id == own else ZERO
        if documents or credited or asked:
            yield Owed(currency_id=currency_id, documents=documents, credits=credited, fee=asked)
