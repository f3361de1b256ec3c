"""The answers about dunning letters. `rendering` fills them."""

from __future__ import annotations

from decimal import Decimal

from reskontra.web.pairs import NumberName
from reskontra.web.wire import (
    Answer,
    DayOut,
    MomentOut,
    field,
)


class LetterLineAnswer(Answer):
    """A document on a letter, with the balance of the day when the letter was made."""

    document_type: str | None = None
    number: str | None = field(default=None, name="refNbr")
    customer: NumberName | None = None
    document_date: DayOut | None = None
    due_date: DayOut | None = None
    days_overdue: int | None = None
    currency_id: str | None = None
    balance_base: Decimal | None = field(default=None, name="balance")
    balance: Decimal | None = field(default=None, name="balanceInCurrency")
    is_reminded: bool | None = field(default=None, name="reminded")
    level_before: int | None = None
    level_after: int | None = None
    previous_letter_date: DayOut | None = None


class LetterTotalAnswer(Answer):
    """What a letter asks for in one currency."""

    currency_id: str | None = None
    claims: Decimal | None = None
    credits: Decimal | None = None
    fee: Decimal | None = None
    total: Decimal | None = None


class LetterCreditAnswer(Answer):
    """What is open of the customer's credit notes and payments in one currency."""

    currency_id: str
    amount: Decimal


class LetterReferenceAnswer(Answer):
    """The fee invoice of a letter, or the credit note that took it back."""

    document_type: str | None = None
    number: str | None = field(default=None, name="refNbr")
    status: str | None = None
    balance: Decimal | None = field(default=None, name="balanceInCurrency")


class LetterTextAnswer(Answer):
    """What the letter says, with all its figures."""

    language: str | None = None
    subject: str | None = None
    opening: str | None = None
    in_favour: str | None = None
    closing: str | None = None


class LetterAnswer(Answer):
    """A dunning letter."""

    letter_id: int | None = field(default=None, name="letterNumber")
    status: str | None = None
    customer: NumberName | None = None
    branch_number: NumberName | None = None
    level: int | None = None
    level_description: str | None = None
    final_reminder: bool | None = None
    letter_date: DayOut | None = None
    payment_deadline: DayOut | None = None
    currency_id: str | None = None
    fee: Decimal | None = None
    fee_entered: bool | None = None
    fee_invoice: LetterReferenceAnswer | None = None
    fee_credit_note: LetterReferenceAnswer | None = None
    warnings: list[str] | None = None
    lines: list[LetterLineAnswer] | None = None
    totals: list[LetterTotalAnswer] | None = None
    open_credits: list[LetterCreditAnswer] | None = None
    text: LetterTextAnswer | None = None
    void_date: DayOut | None = None
    created_at: MomentOut | None = field(default=None, name="createdDateTime")
    created_by: str | None = None
    released_at: MomentOut | None = field(default=None, name="releasedDateTime")
    voided_at: MomentOut | None = field(default=None, name="voidedDateTime")
    modified_at: MomentOut | None = field(default=None, name="lastModifiedDateTime")
    time_stamp: str | None = None


class LetterActionAnswer(Answer):
    """What became of the action."""

    action_id: str | None = None
    action_result: str | None = None
