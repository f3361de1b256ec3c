"""Changing, deleting, releasing and voiding a dunning letter: what is allowed, and what results.

Sources: LET-02, LET-03, FEE-01, VLT-01 to VLT-03.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from reskontra.currencies.rules import in_currency
from reskontra.documents.document import UNRELEASED
from reskontra.dunning.letters.letter import Letter, LetterLine, LetterStatus
from reskontra.dunning.new_letter import Basis, Candidate, Fee
from reskontra.dunning.rules.levels import payment_doubts, terms_of_level
from reskontra.dunning.rules.readiness import is_overdue
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.kinds import KINDS
from reskontra.money import ZERO
from reskontra.operations import LineOperation
from reskontra.receivables.rules.items import day_freed
from reskontra.records import replace as replace_record

_CREDIT_NOTES = frozenset(kind.document_type for kind in KINDS.values() if kind.settles and kind.has_lines)


def check_draft(letter: Letter, done: str) -> None:
    """Refuses what only a draft allows; `done` is the participle: "changed", "deleted", "released"."""
    if letter.status == LetterStatus.DRAFT:
        return
    hint = {
        LetterStatus.RELEASED: "Only a draft can be; a released letter can be voided.",
        LetterStatus.VOIDED: "Only a draft can be; make a new letter.",
    }[letter.status]
    raise Refused(
        f"The dunning letter {letter.letter_id} can't be {done} because it is already {letter.status.lower()}.",
        hint=hint,
    )


# Changing a draft


def amended(letter: Letter, changes: Mapping[str, Any], basis: Basis) -> Letter:
    """A draft after a PUT: lines removed, the fee set by hand or (None) back to its level's.

    The letter's level is the highest that a document on it reaches (LET-02). Deadline and fee go with the level, unless
    the fee was set by hand. If nothing changes, the letter is the same.
    """
    lines = _lines_after(letter, changes.get("lines") or ())
    level = max(line.level_after for line in lines if line.is_reminded)
    entered = letter.fee if letter.fee_entered else None
    if "fee" in changes:
        entered = _checked_fee(changes["fee"], basis)
    reminded = {line.document_id for line in lines if line.is_reminded}
    charged = [candidate.fees_charged for candidate in basis.candidates if candidate.document_id in reminded]
    terms = terms_of_level(basis, level, fees_charged=max(charged, default=0), entered_fee=entered)
    is_same_level = level == letter.level
    fee_stands = is_same_level and "fee" not in changes
    after = replace(
        letter,
        lines=lines,
        level=level,
        payment_deadline=letter.payment_deadline if is_same_level else terms.payment_deadline,
        fee=letter.fee if fee_stands else terms.fee,
        fee_entered=entered is not None,
        final_reminder=letter.final_reminder if is_same_level else terms.final_reminder,
    )
    if after == letter:
        return after
    return replace(after, warnings=(*terms.warnings, *payment_doubts(basis, letter.branch_number)))


def _lines_after(letter: Letter, sent: Sequence[Mapping[str, Any]]) -> tuple[LetterLine, ...]:
    gone = set()
    for position, change in enumerate(sent):
        field = ("lines", position)
        if change.get("operation") == LineOperation.INSERT:
            raise Refused(
                "No document is added to a letter that stands.",
                field=(*field, "operation"),
                value=LineOperation.INSERT,
                hint="Send Delete or Update, or delete the draft and remind again.",
            )
        line = _line_named(letter, change, field)
        if change.get("operation") == LineOperation.DELETE:
            gone.add(line.document_id)
    lines = tuple(line for line in letter.lines if line.document_id not in gone)
    if not any(line.is_reminded for line in lines):
        raise Refused(
            f"The dunning letter {letter.letter_id} would remind of nothing.",
            field=("lines",),
            hint="Keep a document that it reminds of, or delete the letter.",
        )
    return lines


def _line_named(letter: Letter, change: Mapping[str, Any], field: FieldPath) -> LetterLine:
    """The line of the document that was sent: its number, and its type where two have that number."""
    number, document_type = change.get("number"), change.get("document_type")
    if not number:
        raise Refused("A line needs a document.", field=(*field, "number"), hint="Send its number.")
    found = [
        line
        for line in letter.lines
        if line.document.number.lower() == number.strip().lower()
        and document_type in (None, line.document.document_type)
    ]
    if len(found) > 1:
        types = ", ".join(line.document.document_type for line in found)
        raise Refused(
            f"Several documents on the letter have the number {number}.",
            field=(*field, "document_type"),
            hint=f"Send one of {types} as documentType.",
        )
    if not found:
        listed = ", ".join(line.document.number for line in letter.lines[:20])
        raise UnknownReference(field=(*field, "number"), value=number, hint=f"The letter lists: {listed}.")
    return found[0]


def _checked_fee(sent: Decimal | None, basis: Basis) -> Decimal | None:
    """The fee that was sent, rounded to its currency (X6); None means the fee of the level."""
    if sent is None:
        return None
    if sent < ZERO:
        raise Refused("A fee is not negative.", field=("fee",), value=f"{sent:f}", hint="Send 0 or more.")
    fee = in_currency(sent, basis.decimals, ("fee",))
    if fee > ZERO:
        _check_fee_item(basis.preferences.fee_item, ("fee",), f"{fee:f}")
    return fee


def _check_fee_item(fee_item: str | None, field: FieldPath = (), value: str | None = None) -> None:
    if fee_item is None:
        raise Refused(
            "A fee cannot be invoiced: the company has no item for it.",
            field=field,
            value=value,
            hint="Set preferences.dunning.fee_item in the company's file, or send a fee of 0.",
        )


# Releasing a draft


def check_releasable(letter: Letter, present: Sequence[Candidate], fee_item: str | None) -> None:
    """Refuses to release what is not a draft, and to remind of what has changed since the letter was made.

    `present` are those of its documents that are not settled, in their current state.
    """
    check_draft(letter, "released")
    if letter.fee:
        _check_fee_item(fee_item)
    by_id = {candidate.document_id: candidate for candidate in present}
    changed = [
        f"{line.document.number} {reason}"
        for line in letter.lines
        if line.is_reminded and (reason := _why_not(line, by_id.get(line.document_id), letter.letter_date))
    ]
    if changed:
        raise Refused(
            f"The dunning letter {letter.letter_id} reminds of what has changed since: {', '.join(changed)}.",
            hint="Take it off the letter first, or delete the letter and make a new one.",
        )


def _why_not(line: LetterLine, present: Candidate | None, letter_date: date) -> str | None:
    if present is None:
        return "is settled"
    if kept := _kept_back(present, letter_date):
        return kept
    if present.dunning_level != line.level_before:
        return f"is at level {present.dunning_level}"
    if present.waiting_correction is not None:
        return f"has the correction {present.waiting_correction} that waits for release"
    if not is_overdue(replace_record(present, in_draft=False), letter_date):
        return "is not overdue on the letter's date"
    return None


def _kept_back(present: Candidate, letter_date: date) -> str | None:
    """Who decided that no letter of that date reminds of it, if anybody did."""
    if present.revoked:
        return "is disputed"
    if present.is_blocked_on(letter_date):
        freed = day_freed(present.reminding_blocked_until)
        day = f" until {freed}" if freed else ""
        return f"is blocked{day} ({present.reminding_block_reason})"
    return None


def fee_of(letter: Letter) -> Fee | None:
    """The fee that releasing the letter asks for; None without one."""
    if not letter.fee:
        return None
    return Fee(
        customer_number=letter.customer_number,
        level=letter.level,
        letter_date=letter.letter_date,
        currency_id=letter.currency_id,
        amount=letter.fee,
        branch_number=letter.branch_number,
    )


# Voiding a released letter


class FeeReversal(StrEnum):
    """What voiding does to the fee invoice (VLT-02)."""

    NOTHING = "nothing"
    DELETE = "delete"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Settler:
    """A document that settles the fee invoice, or proposes to."""

    document_type: str
    number: str
    is_released: bool


@dataclass(frozen=True, slots=True)
class Later:
    """Another letter about a document that this one reminds of."""

    letter_id: int
    status: str
    document_number: str


def check_voidable(letter: Letter, later: Sequence[Later]) -> None:
    """Refuses to void what is not released (VLT-01), or what a later letter depends on (VLT-03)."""
    if letter.status != LetterStatus.RELEASED:
        hint = (
            "A draft is deleted, not voided."
            if letter.status == LetterStatus.DRAFT
            else "There is nothing left to void."
        )
        raise Refused(
            f"The dunning letter {letter.letter_id} can't be voided because it is {_already(letter.status)}.", hint=hint
        )
    if later:
        last = later[-1]
        raise Refused(
            f"The dunning letter {letter.letter_id} can't be voided because the later letter {last.letter_id} "
            f"({last.status}) lists {last.document_number}.",
            hint=f"{'Delete' if last.status == LetterStatus.DRAFT else 'Void'} letter {last.letter_id} first.",
        )


def _already(status: LetterStatus) -> str:
    return "a draft" if status == LetterStatus.DRAFT else "already voided"


def void_day(letter: Letter, sent: date | None, today: date) -> date:
    """The day that a letter is voided on: the one sent, else today, but never before the letter's own date."""
    if sent is None:
        return max(today, letter.letter_date)
    if sent < letter.letter_date:
        raise Refused(
            f"The letter is of {letter.letter_date.isoformat()}.",
            field=("void_date",),
            value=sent.isoformat(),
            hint="Send that day or a later one.",
        )
    return sent


def fee_reversal(letter: Letter, settlers: Sequence[Settler]) -> FeeReversal:
    """What happens to the fee invoice (VLT-02): a draft is deleted, an open one fully credited.

    Refused if anything settles it, except credit notes that have already taken back all of it.
    """
    fee = letter.fee_invoice
    if fee is None:
        return FeeReversal.NOTHING
    if fee.status in UNRELEASED:
        return FeeReversal.DELETE
    if not settlers:
        return FeeReversal.CREDIT if fee.status == "Open" else FeeReversal.NOTHING
    by_credit_notes = all(it.is_released and it.document_type in _CREDIT_NOTES for it in settlers)
    if by_credit_notes and fee.status == "Closed":
        return FeeReversal.NOTHING
    first = next((it for it in settlers if not it.is_released), settlers[0])
    if not first.is_released:
        reason, hint = "is about to settle it", f"Release or delete {first.document_type} {first.number} first."
    elif by_credit_notes:
        reason = "settles a part of it"
        hint = f"Settle the rest, {fee.balance:f} {fee.currency_id}, by a credit note first."
    else:
        reason, hint = "settles it", "Take that settlement back first."
    raise Refused(
        f"The dunning letter {letter.letter_id} can't be voided because its fee invoice {fee.number} is settled: "
        f"{first.document_type} {first.number} {reason}.",
        hint=hint,
    )
