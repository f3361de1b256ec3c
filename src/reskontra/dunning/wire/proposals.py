"""How what reminding would do looks on the wire."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from reskontra.dunning.letters.letter import owed_by_currency
from reskontra.kinds import KINDS
from reskontra.money import ZERO
from reskontra.receivables.rules.items import day_freed
from reskontra.web.pairs import NumberName
from reskontra.web.wire import Answer, DayOut, day_answer, day_text, field

if TYPE_CHECKING:
    from reskontra.dunning.new_letter import Candidate
    from reskontra.dunning.rules.foreseen import Foreseen, Proposal, ProposedLetter


class Way(enum.Enum):
    """How letters are sent."""

    PAPER = "Paper"
    EMAIL = "Email"


class ProposedDocumentAnswer(Answer, kw_only=True):
    """A document on a letter that would be made. The balance is in its currency, and of a credit negative."""

    document_type: str
    ref_nbr: str
    due_date: DayOut | None = None
    days_overdue: int
    currency_id: str
    balance_in_currency: Decimal
    reminded: bool
    level_before: int
    level_after: int


class ProposedTotalAnswer(Answer, kw_only=True):
    """What a letter would ask for in one currency. `interest` is the part of `claims` that are overdue charges."""

    currency_id: str
    claims: Decimal
    interest: Decimal
    credits: Decimal
    fee: Decimal
    total: Decimal


class ProposedLetterAnswer(Answer, kw_only=True):
    """A letter that would be made. Without a payment the next one is due on `nextLetterDate`, at `nextLevel`."""

    level: int
    branch: str | None = None
    final_reminder: bool
    payment_deadline: DayOut
    currency_id: str
    fee: Decimal
    warnings: list[str]
    totals: list[ProposedTotalAnswer]
    documents: list[ProposedDocumentAnswer]
    next_level: int | None = None
    next_letter_date: DayOut | None = None


class BlockedDocumentAnswer(Answer, kw_only=True):
    """A document that would be on a letter if it were not blocked; without `until`, it is until the block is deleted.
    The balance is in its currency."""

    document_type: str
    ref_nbr: str
    due_date: DayOut | None = None
    balance_in_currency: Decimal
    until: DayOut | None = None
    reason: str


class ProposalAnswer(Answer, kw_only=True):
    """The letters that one customer would get, or why it gets none. `reason` also names what is blocked."""

    customer: NumberName
    printed: bool
    emailed: bool
    language: str
    letters: list[ProposedLetterAnswer]
    reason: str | None = None
    blocked: list[BlockedDocumentAnswer]


class ProposedLevelAnswer(Answer, kw_only=True):
    """How many customers are due a letter of a level, and of how many documents."""

    level: int
    level_description: str
    final_reminder: bool
    customers: int = field(name="customerCount")
    documents: int = field(name="documentCount")


class ProposedDayAnswer(Answer, kw_only=True):
    """The next day on which more documents are ready for a letter, and of how many customers."""

    letter_date: DayOut
    customers: int = field(name="customerCount")


class ProposalsAnswer(Answer, kw_only=True):
    """Who is due a letter on a day: all of them by level, and a page of them, longest overdue first.

    `leftOut` of all `totalCount` get none: they take none, or their documents are blocked or on letters that are not
    released.
    """

    letter_date: DayOut
    levels: list[ProposedLevelAnswer]
    left_out: int
    total_count: int
    next: ProposedDayAnswer | None = None
    proposals: list[ProposalAnswer]


def proposals_answer(foreseen: Foreseen) -> ProposalsAnswer:
    """All of it in the wire's names."""
    counted, levels = foreseen.counted, {it.level: it for it in foreseen.reference.dunning_levels}
    return ProposalsAnswer(
        letter_date=day_text(foreseen.letter_date),
        levels=[
            ProposedLevelAnswer(
                level=it.level,
                level_description=levels[it.level].description,
                final_reminder=it.level == len(levels),
                customers=it.customers,
                documents=it.documents,
            )
            for it in counted.levels
        ],
        left_out=counted.left_out,
        total_count=counted.count,
        next=ProposedDayAnswer(letter_date=day_text(counted.next.on), customers=counted.next.customers)
        if counted.next
        else None,
        proposals=[_proposal(it) for it in foreseen.proposals],
    )


def _proposal(proposal: Proposal) -> ProposalAnswer:
    party = proposal.party
    return ProposalAnswer(
        customer=NumberName(number=party.number, name=party.name),
        printed=party.printed,
        emailed=party.emailed,
        language=proposal.language,
        letters=[_proposed_letter(it) for it in proposal.letters],
        reason=proposal.reason,
        blocked=[_blocked(it) for it in proposal.blocked],
    )


def _blocked(held: Candidate) -> BlockedDocumentAnswer:
    return BlockedDocumentAnswer(
        document_type=held.document_type,
        ref_nbr=held.number,
        due_date=day_answer(held.due_date),
        balance_in_currency=held.balance,
        until=day_answer(day_freed(held.reminding_blocked_until)),
        reason=held.reminding_block_reason or "",
    )


def _proposed_letter(proposed: ProposedLetter) -> ProposedLetterAnswer:
    letter, lines = proposed.letter, proposed.documents
    return ProposedLetterAnswer(
        level=letter.level,
        branch=letter.branch_number,
        final_reminder=letter.final_reminder,
        payment_deadline=day_text(letter.payment_deadline),
        currency_id=letter.currency_id,
        fee=letter.fee,
        warnings=list(letter.warnings),
        totals=list(_totals(proposed)),
        documents=[
            ProposedDocumentAnswer(
                document_type=it.document_type,
                ref_nbr=it.number,
                due_date=day_answer(line.due_date),
                days_overdue=max((letter.letter_date - line.due_date).days, 0) if line.due_date else 0,
                currency_id=it.currency_id,
                balance_in_currency=it.balance,
                reminded=line.is_reminded,
                level_before=line.level_before,
                level_after=line.level_after,
            )
            for line, it in lines
        ],
        next_level=letter.level + 1 if proposed.next_on else None,
        next_letter_date=day_answer(proposed.next_on),
    )


def _totals(proposed: ProposedLetter) -> Iterator[ProposedTotalAnswer]:
    """What is asked for in each currency, the letter's own first, as `Letter.owed` has it of a letter that stands."""
    letter = proposed.letter
    charges: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line, it in proposed.documents:
        if line.is_reminded and KINDS[it.document_type].movement == "charges":
            charges[it.currency_id] += it.balance
    items = [(it.currency_id, it.balance, line.is_reminded) for line, it in proposed.documents]
    for owed in owed_by_currency(letter.currency_id, letter.fee, items):
        yield ProposedTotalAnswer(
            currency_id=owed.currency_id,
            claims=owed.documents,
            interest=charges[owed.currency_id],
            credits=owed.credits,
            fee=owed.fee,
            total=owed.total,
        )
