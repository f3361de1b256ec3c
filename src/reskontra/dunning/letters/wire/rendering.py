"""Fills the answers about dunning letters from records and reference data."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from reskontra.dunning.letters.wire.answers import (
    LetterAnswer,
    LetterCreditAnswer,
    LetterLineAnswer,
    LetterReferenceAnswer,
    LetterTextAnswer,
    LetterTotalAnswer,
)
from reskontra.web.pairs import NumberName
from reskontra.web.wire import day_answer, etag_of, local_text

if TYPE_CHECKING:
    from reskontra.dunning.letters.letter import Letter, LetterLine, Mention
    from reskontra.dunning.letters.rules.wording import Wording
    from reskontra.reference.reference import Reference

_MONEY = Decimal("0.0001")


def letter_answer(
    letter: Letter, reference: Reference, *, wording: Wording | None = None, with_lines: bool = True
) -> LetterAnswer:
    """A letter as answers show it; without lines it has no totals either."""
    setup = next((level for level in reference.dunning_levels if level.level == letter.level), None)
    branch = reference.branches.get(letter.branch_number or "")

    def moment(at: datetime | None) -> str | None:
        return local_text(at, reference.zone) if at is not None else None

    return LetterAnswer(
        letter_id=letter.letter_id,
        status=letter.status.value,
        customer=NumberName(number=letter.customer_number, name=letter.customer_name),
        branch_number=NumberName(number=letter.branch_number, name=branch.name if branch else None)
        if letter.branch_number
        else None,
        level=letter.level,
        level_description=setup.description if setup else None,
        final_reminder=letter.final_reminder,
        letter_date=day_answer(letter.letter_date),
        payment_deadline=day_answer(letter.payment_deadline),
        currency_id=letter.currency_id,
        fee=letter.fee,
        fee_entered=letter.fee_entered,
        fee_invoice=_reference(letter.fee_invoice),
        fee_credit_note=_reference(letter.fee_credit_note),
        warnings=list(letter.warnings),
        lines=[_line(letter, line) for line in letter.lines] if with_lines else None,
        totals=_totals(letter) if with_lines else None,
        open_credits=[LetterCreditAnswer(currency_id=it.currency_id, amount=it.amount) for it in letter.open_credits]
        or None,
        text=_text(wording) if wording is not None else None,
        void_date=day_answer(letter.void_date),
        created_at=moment(letter.created_at),
        created_by=letter.created_by,
        released_at=moment(letter.released_at),
        voided_at=moment(letter.voided_at),
        modified_at=moment(letter.modified_at),
        time_stamp=etag_of(letter.version),
    )


def _line(letter: Letter, line: LetterLine) -> LetterLineAnswer:
    document = line.document
    return LetterLineAnswer(
        document_type=document.document_type,
        number=document.number,
        customer=NumberName(number=document.customer_number, name=document.customer_name),
        document_date=day_answer(document.document_date),
        due_date=day_answer(line.due_date),
        days_overdue=letter.days_overdue(line),
        currency_id=document.currency_id,
        balance_base=line.balance_base,
        balance=line.balance,
        is_reminded=line.is_reminded,
        level_before=line.level_before,
        level_after=line.level_after,
        previous_letter_date=day_answer(line.previous_letter_date),
    )


def _totals(letter: Letter) -> list[LetterTotalAnswer]:
    return [
        LetterTotalAnswer(
            currency_id=owed.currency_id,
            claims=owed.documents.quantize(_MONEY),
            credits=owed.credits.quantize(_MONEY),
            fee=owed.fee.quantize(_MONEY),
            total=owed.total.quantize(_MONEY),
        )
        for owed in letter.owed
    ]


def _reference(mention: Mention | None) -> LetterReferenceAnswer | None:
    if mention is None:
        return None
    return LetterReferenceAnswer(
        document_type=mention.document_type, number=mention.number, status=mention.status, balance=mention.balance
    )


def _text(wording: Wording) -> LetterTextAnswer:
    words = wording.words
    return LetterTextAnswer(
        language=wording.code,
        subject=words.subject,
        opening=words.opening,
        in_favour=wording.in_favour or None,
        closing=words.closing,
    )
