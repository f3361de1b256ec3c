"""Who gets which letters, and what is on them (DUN, LET).

A letter goes to one customer and has one currency (LET-05): the customer's if it has no other, else the base currency.
Its lines show each document's balance in the document's currency and in base, so that documents in several currencies
share a letter: a letter for each currency would charge the fee of one reminder several times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from reskontra.customers.rules.standing import may
from reskontra.dunning.new_letter import Basis, Candidate, NewLetter, NewLetterLine
from reskontra.dunning.rules.blocks import block_told
from reskontra.dunning.rules.levels import payment_doubts, terms_of_level
from reskontra.dunning.rules.readiness import is_dunnable, is_overdue, is_ready
from reskontra.money import ZERO
from reskontra.records import replace as replace_record
from reskontra.reference.rules.preferences import DunningConsolidation, DunningPreferences, DunningProcess

if TYPE_CHECKING:
    from reskontra.customers.store.for_dunning import Addressee


def is_addressed(party: Addressee) -> bool:
    """Whether the customer gets letters at all (DUN-02, CST-03)."""
    return may(party.status, "dunning") and (party.print_dunning_letters or party.email_dunning_letters)


def letter_currency(party: Addressee, base_currency: str) -> str:
    """The currency of the customer's letters and fees (LET-05)."""
    return base_currency if party.currency_override else party.currency_id


def releases_at_once(preferences: DunningPreferences) -> bool:
    """Whether a new letter is released when it is made; by customer there are no drafts (LET-03, ACT-06)."""
    return preferences.auto_release or preferences.process == DunningProcess.BY_CUSTOMER


def new_letters(basis: Basis, wanted: range) -> tuple[NewLetter, ...]:
    """The letters to make, only of the `wanted` levels; perhaps none (ACT-04).

    Each document moves at most one level, and a document on a letter is not ready again on the same date (ACT-05).
    """
    if basis.preferences.consolidation == DunningConsolidation.COMPANY:
        return tuple(_letters(basis, wanted, None))
    branches = sorted({candidate.branch_number for candidate in basis.candidates})
    return tuple(letter for branch in branches for letter in _letters(_of_branch(basis, branch), wanted, branch))


def is_due(basis: Basis, wanted: range) -> bool:
    """Whether there is a letter of the `wanted` levels to make, whatever its contents."""
    return bool(new_letters(_free_of_charge(basis), wanted))


def held_back(basis: Basis, wanted: range) -> list[Candidate]:
    """The documents on drafts and the blocked ones that a letter of the `wanted` levels would remind of, if the drafts
    did not and nothing were blocked."""
    held = {it.document_id: it for it in basis.candidates if it.in_draft or it.is_blocked_on(basis.letter_date)}
    if not held:
        return []
    freed = [replace_record(it, in_draft=False, reminding_blocked_until=None) for it in basis.candidates]
    letters = new_letters(_free_of_charge(replace(basis, candidates=freed)), wanted)
    reminded = [line.document_id for letter in letters for line in letter.lines if line.is_reminded]
    return [held[document_id] for document_id in reminded if document_id in held]


def not_released_yet(letter_ids: Sequence[int]) -> str:
    """Why a customer whose documents are on these drafts gets no letter."""
    *others, last = map(str, letter_ids)
    if not others:
        return f"Its documents stand on letter {last}, which is not released yet."
    return f"Its documents stand on letters {', '.join(others)} and {last}, which are not released yet."


_MOST_NAMED = 10
"""More blocked documents of a customer are counted, not named."""


def blocked_until(candidates: Sequence[Candidate]) -> str:
    """Why these documents of a customer, which are blocked, are not reminded of."""
    told = [
        block_told(it.document_type, it.number, it.reminding_blocked_until, it.reminding_block_reason)
        for it in candidates[:_MOST_NAMED]
    ]
    more = len(candidates) - len(told)
    if more:
        told.append(f"So {'is another document' if more == 1 else f'are {more} more documents'}.")
    return " ".join(told)


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


_Group = tuple[int, list[Candidate]]


def _by_document(basis: Basis) -> Iterator[_Group]:
    """LET-02: a letter for each level that documents are ready for; for each document if they are split."""
    ready = [candidate for candidate in basis.candidates if is_ready(candidate, basis.letter_date, basis.levels)]
    if basis.preferences.split_by_document:
        yield from ((candidate.dunning_level + 1, [candidate]) for candidate in ready)
        return
    ready.sort(key=lambda candidate: candidate.dunning_level)
    for reached, group in groupby(ready, key=lambda candidate: candidate.dunning_level):
        yield reached + 1, list(group)


def _by_customer(basis: Basis) -> Iterator[_Group]:
    """LET-01: one letter, one level above the highest that is ready; documents never reminded of are included.

    A customer with an unsettled document at the last level is out of the process (DUN-05).
    """
    if any(is_dunnable(it, basis.letter_date) and it.dunning_level >= len(basis.levels) for it in basis.candidates):
        return
    overdue = [candidate for candidate in basis.candidates if is_overdue(candidate, basis.letter_date)]
    ready = [candidate for candidate in overdue if is_ready(candidate, basis.letter_date, basis.levels)]
    if ready:
        level = 1 + max(candidate.dunning_level for candidate in ready)
        yield level, [it for it in overdue if it.dunning_level == 0 or is_ready(it, basis.letter_date, basis.levels)]


def _letter(
    basis: Basis, level: int, reminded: Sequence[Candidate], moving: set[int], branch_number: str | None
) -> NewLetter:
    terms = terms_of_level(basis, level, fees_charged=max(candidate.fees_charged for candidate in reminded))
    return NewLetter(
        customer_id=basis.customer_id,
        level=level,
        letter_date=basis.letter_date,
        payment_deadline=terms.payment_deadline,
        currency_id=basis.currency_id,
        fee=terms.fee,
        final_reminder=terms.final_reminder,
        branch_number=branch_number,
        warnings=(*terms.warnings, *payment_doubts(basis, branch_number)),
        lines=(*(_line(it, step=1) for it in reminded), *(_line(it, step=0) for it in _others(basis, moving))),
    )


def _others(basis: Basis, moving: set[int]) -> Iterator[Candidate]:
    """What is listed for information: other unpaid documents, and credits as amounts below zero (DUN-06)."""
    preferences = basis.preferences
    if preferences.include_other_unpaid:
        dunnable = (it for it in basis.candidates if is_dunnable(it, basis.letter_date))
        yield from (it for it in dunnable if it.due_date and it.document_id not in moving)
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
