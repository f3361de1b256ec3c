"""How making letters looks on the wire: what the action and the run take, and what they answer."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import msgspec

from reskontra.dunning.new_letter import Made
from reskontra.runs.answers import SkippedAnswer, skipped_answers
from reskontra.runs.outcome import Outcome
from reskontra.web.pairs import NumberName
from reskontra.web.wire import Answer, Body, Day, DayOut, Flag, Text30, UnsetType, Whole, day_answer, day_text, sent


class DunningLetterAction(Body):
    """Which letters to make: their date and the levels they may have. All fields are optional; none is wrapped."""

    letter_date: Day | UnsetType | None = sent("dunningLetterDate")
    level_from: Whole | UnsetType | None = msgspec.UNSET
    level_to: Whole | UnsetType | None = msgspec.UNSET


class DunningLetterActionAnswer(Answer):
    """The result of the action."""

    action_id: str | None = None
    action_result: str | None = None


class DunningRunFilters(Body):
    """Whom a run reminds; no filter is required. Unknown ones are refused: ignoring one would remind everybody."""

    refuses_unknown: ClassVar[bool] = True

    customer_numbers: list[Text30] | UnsetType = sent("customer")
    customer_class: Text30 | UnsetType = msgspec.UNSET
    level_from: Whole | UnsetType = msgspec.UNSET
    level_to: Whole | UnsetType = msgspec.UNSET
    branch_number: Text30 | UnsetType = sent("branch")


class DunningRun(Body):
    """A run: the date of its letters (default: today), whom it reminds, and whether it is a trial."""

    refuses_unknown: ClassVar[bool] = True

    letter_date: Day | UnsetType = sent("asOf")
    filters: DunningRunFilters | UnsetType = msgspec.UNSET
    dry_run: Flag | UnsetType = msgspec.UNSET


class MadeLetterAnswer(Answer, kw_only=True):
    """A letter that the run made. In a trial neither it nor its fee invoice has a number."""

    letter_id: int | None = msgspec.field(default=None, name="letterNumber")
    customer: NumberName
    branch: str | None = None
    level: int
    letter_date: DayOut
    payment_deadline: DayOut
    documents: int
    """How many documents it reminds of, without those that it lists for information."""

    oldest_due_date: DayOut | None = None
    """The earliest due date among them."""

    currency_id: str
    fee: Decimal
    fee_invoice_number: str | None = None
    final_reminder: bool
    warnings: list[str]


class DunningRunAnswer(Answer):
    """The result of the run."""

    action_id: str | None = None
    action_result: str | None = None
    created: list[MadeLetterAnswer] | None = None
    skipped: list[SkippedAnswer] | None = None


def run_answer(outcome: Outcome[Made]) -> dict[str, object]:
    """The run's own fields, in the wire's names."""
    return {
        "created": [_made_answer(made) for made in outcome.created],
        "skipped": skipped_answers(outcome),
    }


def _made_answer(made: Made) -> MadeLetterAnswer:
    letter = made.letter
    return MadeLetterAnswer(
        letter_id=made.letter_id,
        customer=NumberName(number=made.customer_number, name=made.customer_name),
        branch=letter.branch_number,
        level=letter.level,
        letter_date=day_text(letter.letter_date),
        payment_deadline=day_text(letter.payment_deadline),
        documents=sum(line.is_reminded for line in letter.lines),
        oldest_due_date=day_answer(
            min((line.due_date for line in letter.lines if line.is_reminded and line.due_date), default=None)
        ),
        currency_id=letter.currency_id,
        fee=letter.fee,
        fee_invoice_number=made.fee_number,
        final_reminder=letter.final_reminder,
        warnings=list(letter.warnings),
    )
