"""Who is reminded of what, when, and on which letter (DUN, LET, FEE). Pure: no SQL, no JSON, no clock.

A letter goes to one customer and has one currency (LET-05): the customer's when it has no other, else the base
currency. Its lines show each document's balance in the document's currency and in base, so that documents in several
currencies share a letter: a letter for each currency would ask for the fee of one reminder several times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from reskontra.currencies.rules import BASE_RATE, Rate, from_base, to_base
from reskontra.customers.rules.standing import may
from reskontra.dunning.new_letter import Candidate, Fee, NewLetter, NewLetterLine
from reskontra.dunning.rules.law import legal_doubts
from reskontra.errors import FieldPath, Refused
from reskontra.money import ONE, ZERO
from reskontra.records import replace as replace_record
from reskontra.reference.rules.dunning_levels import DunningLevel
from reskontra.reference.rules.preferences import DunningConsolidation, DunningPreferences, DunningProcess

if TYPE_CHECKING:
    from reskontra.customers.store.for_dunning import Addressee

FEE_ORIGIN = "dunning_fee"
"""The origin of fee invoices, which are never reminded of themselves: no fee on a fee (FEE-03)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the letters of one customer on one date stand on."""

    customer_id: int
    letter_date: date
    levels: Sequence[DunningLevel]
    """From level 1 on, without a gap; days past due increase."""

    preferences: DunningPreferences
    candidates: Sequence[Candidate]
    currency_id: str
    decimals: int = 2
    rate: Rate | None = None
    """The rate of the letters' currency on the letter date; None when there is none."""

    may_be_invoiced: bool = True
    """Whether the customer's status allows the invoice for a fee (CST-03)."""

    law: Mapping[str, Decimal] = field(default_factory=dict)
    """The figures of the law in force on the letter date (LAW-01), in base currency or days."""


def letter_levels(first: int | None, last: int | None, levels: Sequence[DunningLevel], within: FieldPath = ()) -> range:
    """The levels that a letter may have: `first` to `last`, by default all (ACT-02, Q2). Refused: ACT-03.

    `within` is the path of what holds the fields level_from and level_to.
    """
    if not levels:
        raise Refused(
            "Dunning is not set up: the company has no dunning levels.",
            hint="Add dunning_levels to the company's file.",
        )
    known = f"Send levels from 1 to {len(levels)}, the first not above the last."
    for name, sent in (("level_from", first), ("level_to", last)):
        if sent is not None and sent < 1:
            raise Refused("A dunning level is 1 or more.", field=(*within, name), value=sent, hint=known)
    lowest, highest = first or 1, last or len(levels)
    if lowest > highest:
        raise Refused(
            f"The first level {lowest} is above the last level {highest}.",
            field=(*within, "level_from" if first is not None else "level_to"),
            value=first if first is not None else last,
            hint=known,
        )
    return range(lowest, highest + 1)


def check_letter_date(letter_date: date, levels: Sequence[DunningLevel]) -> None:
    """Refused: a date that leaves no time to pay (LET-04). The calendar ends with the year 9999."""
    if (date.max - letter_date).days < max(level.days_to_settle for level in levels):
        raise Refused(
            "The date of the letter leaves no time to pay.",
            field=("letter_date",),
            value=letter_date.isoformat(),
            hint="Send an earlier date.",
        )


def is_addressed(party: Addressee) -> bool:
    """Whether the customer gets letters at all (DUN-02, CST-03)."""
    return may(party.status, "dunning") and (party.print_dunning_letters or party.email_dunning_letters)


def letter_currency(party: Addressee, base_currency: str) -> str:
    """The currency of the customer's letters and fees (LET-05)."""
    return base_currency if party.currency_override else party.currency_id


def is_overdue(candidate: Candidate, letter_date: date) -> bool:
    """Whether reminding concerns the document at all: open, due before the letter, undisputed, no fee (DUN-01)."""
    return _is_dunnable(candidate) and candidate.due_date is not None and candidate.due_date < letter_date


def is_ready(candidate: Candidate, letter_date: date, levels: Sequence[DunningLevel]) -> bool:
    """Whether the document's next level has come (DUN-04): more days past due than it says, and, when the last letter
    was late, as many days after that letter as the two levels are apart."""
    reached = candidate.dunning_level
    if not is_overdue(candidate, letter_date) or candidate.due_date is None or reached >= len(levels):
        return False
    following = levels[reached]
    if (letter_date - candidate.due_date).days <= following.days_past_due:
        return False
    if reached == 0 or candidate.dunning_letter_date is None:
        return True
    gap = following.days_past_due - levels[reached - 1].days_past_due
    return (letter_date - candidate.dunning_letter_date).days >= gap


def new_letters(basis: Basis, wanted: range) -> tuple[NewLetter, ...]:
    """The letters to make, of the `wanted` levels only. None is an answer too (ACT-04).

    Each document moves one level at most, and a document on a letter is not ready again on the same date (ACT-05).
    """
    if basis.preferences.consolidation == DunningConsolidation.COMPANY:
        return tuple(_letters(basis, wanted, None))
    branches = sorted({candidate.branch_number for candidate in basis.candidates})
    return tuple(letter for branch in branches for letter in _letters(_of_branch(basis, branch), wanted, branch))


def is_due(basis: Basis, wanted: range) -> bool:
    """Whether there is a letter to make, of the `wanted` levels; what it would ask for does not matter."""
    return bool(new_letters(_free_of_charge(basis), wanted))


def held_by_drafts(basis: Basis, wanted: range) -> tuple[int, ...]:
    """The ids of the documents on drafts that a letter of the `wanted` levels would remind of if the drafts did not."""
    in_draft = {candidate.document_id for candidate in basis.candidates if candidate.in_draft}
    if not in_draft:
        return ()
    freed = replace(basis, candidates=[replace_record(candidate, in_draft=False) for candidate in basis.candidates])
    lines = [line for letter in new_letters(_free_of_charge(freed), wanted) for line in letter.lines]
    return tuple(line.document_id for line in lines if line.is_reminded and line.document_id in in_draft)


def not_released_yet(letter_ids: Sequence[int]) -> str:
    """Why a customer whose documents stand on these drafts gets no letter."""
    *others, last = map(str, letter_ids)
    if not others:
        return f"Its documents stand on letter {last}, which is not released yet."
    return f"Its documents stand on letters {', '.join(others)} and {last}, which are not released yet."


def _free_of_charge(basis: Basis) -> Basis:
    return replace(basis, preferences=replace(basis.preferences, fee_item=None))


def _of_branch(basis: Basis, branch_number: str) -> Basis:
    return replace(basis, candidates=[it for it in basis.candidates if it.branch_number == branch_number])


def _letters(basis: Basis, wanted: range, branch_number: str | None) -> Iterator[NewLetter]:
    by_customer = basis.preferences.process == DunningProcess.BY_CUSTOMER
    groups = [*(_by_customer(basis) if by_customer else _by_document(basis))]
    groups = [(level, reminded) for level, reminded in groups if level in wanted]
    moving = {candidate.document_id for _, reminded in groups for candidate in reminded}
    for level, reminded in groups:
        yield _letter(basis, level, reminded, moving, branch_number)


@dataclass(frozen=True, slots=True)
class LevelTerms:
    """What its level makes of a letter. `fee` is in the letter's currency."""

    payment_deadline: date
    fee: Decimal
    final_reminder: bool
    warnings: tuple[str, ...]


def terms_of_level(basis: Basis, level: int, *, entered_fee: Decimal | None = None) -> LevelTerms:
    """Deadline, fee and doubts of a letter of that level (LET-04, FEE-01); a fee set by hand is not the level's."""
    setup = basis.levels[level - 1]
    if entered_fee is not None:
        setup = replace(setup, fee=to_base(entered_fee, basis.rate or BASE_RATE, basis.decimals))
    wants_fee = setup.fee > ZERO and basis.preferences.fee_item is not None
    charged = wants_fee and basis.may_be_invoiced
    fee = entered_fee
    if fee is None:
        fee = _fee(basis, setup) if charged else ZERO
    return LevelTerms(
        payment_deadline=basis.letter_date + timedelta(days=setup.days_to_settle),
        fee=fee,
        final_reminder=level == len(basis.levels),
        warnings=tuple(_warnings(basis, setup, left_out=wants_fee and not charged, charged=charged)),
    )


def releases_at_once(preferences: DunningPreferences) -> bool:
    """Whether a new letter is released with its making; by customer there are no drafts (LET-03, ACT-06)."""
    return preferences.auto_release or preferences.process == DunningProcess.BY_CUSTOMER


def fee_invoice(fee: Fee, preferences: DunningPreferences) -> dict[str, Any]:
    """The invoice for a letter's fee, as the documents room takes it: one line, not printed, not sent (FEE-01)."""
    invoice: dict[str, Any] = {
        "customer_number": fee.customer_number,
        "document_date": fee.letter_date,
        "currency_id": fee.currency_id,
        "hold": False,
        "dont_print": True,
        "dont_email": True,
        "send_to_auto_invoice": False,
        "lines": [
            {
                "item_number": preferences.fee_item,
                "quantity": ONE,
                "unit_price": fee.amount,
                "manual_amount": fee.amount,
            }
        ],
    }
    optional = {"terms_id": preferences.fee_terms_id, "branch_number": fee.branch_number}
    return invoice | {name: value for name, value in optional.items() if value is not None}


def _is_dunnable(candidate: Candidate) -> bool:
    return (
        candidate.status == "Open"
        and candidate.balance > ZERO
        and not candidate.revoked
        and candidate.origin != FEE_ORIGIN
        and not candidate.in_draft
    )


_Group = tuple[int, list[Candidate]]


def _by_document(basis: Basis) -> Iterator[_Group]:
    """LET-02: a letter for each level that documents are ready for; for each document when they are to be split."""
    ready = [candidate for candidate in basis.candidates if is_ready(candidate, basis.letter_date, basis.levels)]
    if basis.preferences.split_by_document:
        yield from ((candidate.dunning_level + 1, [candidate]) for candidate in ready)
        return
    ready.sort(key=lambda candidate: candidate.dunning_level)
    for reached, group in groupby(ready, key=lambda candidate: candidate.dunning_level):
        yield reached + 1, list(group)


def _by_customer(basis: Basis) -> Iterator[_Group]:
    """LET-01: one letter, one level above the highest that is ready; what was never reminded of comes along.

    A customer with an unsettled document at the last level is out of the process (DUN-05).
    """
    if any(_is_dunnable(it) and it.dunning_level >= len(basis.levels) for it in basis.candidates):
        return
    overdue = [candidate for candidate in basis.candidates if is_overdue(candidate, basis.letter_date)]
    ready = [candidate for candidate in overdue if is_ready(candidate, basis.letter_date, basis.levels)]
    if ready:
        level = 1 + max(candidate.dunning_level for candidate in ready)
        yield level, [it for it in overdue if it.dunning_level == 0 or is_ready(it, basis.letter_date, basis.levels)]


def _letter(
    basis: Basis, level: int, reminded: Sequence[Candidate], moving: set[int], branch_number: str | None
) -> NewLetter:
    terms = terms_of_level(basis, level)
    return NewLetter(
        customer_id=basis.customer_id,
        level=level,
        letter_date=basis.letter_date,
        payment_deadline=terms.payment_deadline,
        currency_id=basis.currency_id,
        fee=terms.fee,
        final_reminder=terms.final_reminder,
        branch_number=branch_number,
        warnings=terms.warnings,
        lines=(*(_line(it, step=1) for it in reminded), *(_line(it, step=0) for it in _others(basis, moving))),
    )


def _others(basis: Basis, moving: set[int]) -> Iterator[Candidate]:
    """What is listed for information: other unpaid documents, and credits as amounts below zero (DUN-06)."""
    preferences = basis.preferences
    if preferences.include_other_unpaid:
        yield from (it for it in basis.candidates if _is_dunnable(it) and it.due_date and it.document_id not in moving)
    if preferences.include_credit_notes:
        yield from (it for it in basis.candidates if it.balance < ZERO and it.status == "Open")


def _line(candidate: Candidate, *, step: int) -> NewLetterLine:
    return NewLetterLine(
        document_id=candidate.document_id,
        level_before=candidate.dunning_level,
        level_after=candidate.dunning_level + step,
        previous_letter_date=candidate.dunning_letter_date,
        due_date=candidate.due_date,
    )


def _fee(basis: Basis, setup: DunningLevel) -> Decimal:
    """The level's fee, which is set in base currency, in the letter's currency."""
    if basis.rate is None:
        raise Refused(
            f"The fee cannot be asked for in {basis.currency_id}: there is no exchange rate on the letter's date.",
            field=("letter_date",),
            value=basis.letter_date.isoformat(),
            hint="Add a rate that is effective on or before that date, or send a later date.",
        )
    return from_base(setup.fee, basis.rate, basis.decimals)


def _warnings(basis: Basis, setup: DunningLevel, *, left_out: bool, charged: bool) -> Iterator[str]:
    """What does not agree with the status or the law (LAW-01)."""
    if left_out:
        yield f"The fee of {setup.fee:f} was left out: the customer's status allows no new invoice."
    if basis.preferences.jurisdiction is not None:
        yield from legal_doubts(setup, basis.levels, basis.law, charged=charged)
