"""How the run looks on the wire: what it takes and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

import msgspec

from reskontra.charges.charge import LateDocument, MadeCharge, Stretch
from reskontra.runs.answers import SkippedAnswer, skipped_answers
from reskontra.runs.outcome import Outcome
from reskontra.web.pairs import NumberName
from reskontra.web.wire import Answer, Body, Day, DayOut, Flag, Text30, UnsetType, day_text, sent


class ChargeRunFilters(Body):
    """Whom a run charges; no filter is required. Unknown ones are refused: ignoring one would charge everybody."""

    refuses_unknown: ClassVar[bool] = True

    customer_numbers: list[Text30] | UnsetType = sent("customer")
    customer_class: Text30 | UnsetType = msgspec.UNSET
    statement_cycle: Text30 | UnsetType = msgspec.UNSET
    branch_number: Text30 | UnsetType = sent("branch")


class ChargeRun(Body):
    """A run: the last day that it charges (default: today), whom it charges, and whether it is a trial."""

    refuses_unknown: ClassVar[bool] = True

    as_of: Day | UnsetType = msgspec.UNSET
    filters: ChargeRunFilters | UnsetType = msgspec.UNSET
    dry_run: Flag | UnsetType = msgspec.UNSET


class StretchAnswer(Answer, kw_only=True):
    """Days of one balance and one percent per year."""

    first_day: DayOut = msgspec.field(name="from")
    last_day: DayOut = msgspec.field(name="to")
    days: int
    balance: Decimal
    percent: Decimal = msgspec.field(name="rate")


class ChargedDocumentAnswer(StretchAnswer, kw_only=True):
    """A document and the days that it is charged for. `balance` and `rate` are those of the last stretch."""

    document_type: str
    number: str = msgspec.field(name="referenceNumber")
    amount: Decimal
    segments: list[StretchAnswer] | None = None


class MadeChargeAnswer(Answer, kw_only=True):
    """A charge that the run drafted; it has no number in a trial."""

    customer: NumberName
    number: str | None = msgspec.field(default=None, name="referenceNumber")
    currency_id: str = msgspec.field(name="currency")
    amount: Decimal
    fee: Decimal
    lines: list[ChargedDocumentAnswer]


class ChargeRunAnswer(Answer):
    """The result of the run."""

    action_id: str | None = None
    action_result: str | None = None
    created: list[MadeChargeAnswer] | None = None
    skipped: list[SkippedAnswer] | None = None
    warnings: list[str] | None = None


def run_answer(outcome: Outcome[MadeCharge], warnings: Sequence[str]) -> dict[str, object]:
    """The run's own fields, in the wire's names."""
    return {
        "created": [_made_answer(made) for made in outcome.created],
        "skipped": skipped_answers(outcome),
        "warnings": list(warnings),
    }


def _made_answer(made: MadeCharge) -> MadeChargeAnswer:
    return MadeChargeAnswer(
        customer=NumberName(number=made.customer_number, name=made.customer_name),
        number=made.number,
        currency_id=made.currency_id,
        amount=made.amount,
        fee=made.fee,
        lines=[_document_answer(document) for document in made.documents],
    )


def _document_answer(document: LateDocument) -> ChargedDocumentAnswer:
    last = document.stretches[-1]
    return ChargedDocumentAnswer(
        document_type=document.document_type,
        number=document.number,
        first_day=day_text(document.first_day),
        last_day=day_text(document.last_day),
        days=document.days,
        balance=last.balance,
        percent=last.percent,
        amount=document.amount,
        segments=[_stretch_answer(it) for it in document.stretches] if len(document.stretches) > 1 else None,
    )


def _stretch_answer(stretch: Stretch) -> StretchAnswer:
    return StretchAnswer(
        first_day=day_text(stretch.first_day),
        last_day=day_text(stretch.last_day),
        days=stretch.days,
        balance=stretch.balance,
        percent=stretch.percent,
    )
