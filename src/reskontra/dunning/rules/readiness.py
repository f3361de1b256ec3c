"""Which documents may be reminded of, and when each has reached its next level (DUN)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from reskontra.dunning.new_letter import Candidate
from reskontra.money import ZERO
from reskontra.receivables.rules.items import FEE_ORIGIN
from reskontra.reference.rules.dunning_levels import DunningLevel


def is_dunnable(candidate: Candidate, letter_date: date) -> bool:
    """Whether a letter of that date may remind of a document, due or not: it is open, undisputed, not blocked, on no
    draft, not a fee, and not being corrected (DUN-01, DUN-08)."""
    return (
        candidate.status == "Open"
        and candidate.balance > ZERO
        and not candidate.revoked
        and not candidate.is_blocked_on(letter_date)
        and candidate.origin != FEE_ORIGIN
        and not candidate.in_draft
        and candidate.waiting_correction is None
    )


def is_overdue(candidate: Candidate, letter_date: date) -> bool:
    """Whether a document may be reminded of and was due before the letter (DUN-01)."""
    return is_dunnable(candidate, letter_date) and candidate.due_date is not None and candidate.due_date < letter_date


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
    return (letter_date - candidate.dunning_letter_date).days >= days_between(levels, reached)


def days_between(levels: Sequence[DunningLevel], reached: int) -> int:
    """How many days the next letter comes after one of the level `reached` (DUN-04)."""
    return levels[reached].days_past_due - levels[reached - 1].days_past_due
