"""How applications look on the wire. They are extensions of ours, so all fields are bare."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import msgspec

from reskontra.receivables.store.lists import ListedApplication
from reskontra.web.wire import Amount, Answer, Body, Day, DayOut, Text15, Text30, UnsetType, day_answer, sent


class NamedDocument(Body):
    """A document by its type and number."""

    refuses_unknown: ClassVar[bool] = True

    document_type: Text30 | UnsetType = msgspec.UNSET
    number: Text15 | UnsetType = sent("referenceNumber")


class ApplicationLine(Body):
    """A document that is settled, and by how much."""

    refuses_unknown: ClassVar[bool] = True

    document_type: Text30 | UnsetType = msgspec.UNSET
    number: Text15 | UnsetType = sent("referenceNumber")
    amount_paid: Amount | UnsetType = msgspec.UNSET


class ApplicationCreate(Body):
    """Which open credit document is applied to which open documents, on which day and in which period."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"credit", "lines"})

    refuses_unknown: ClassVar[bool] = True

    credit: NamedDocument | UnsetType = msgspec.UNSET
    lines: list[ApplicationLine] | UnsetType = msgspec.UNSET
    application_date: Day | UnsetType | None = msgspec.UNSET
    financial_period: Text30 | UnsetType | None = msgspec.UNSET


class ApplicationUndo(Body):
    """On which day and in which period an application is taken back."""

    refuses_unknown: ClassVar[bool] = True

    application_date: Day | UnsetType | None = sent("date")
    financial_period: Text30 | UnsetType | None = msgspec.UNSET


class NamedDocumentAnswer(Answer):
    """A document by its type and number."""

    document_type: str
    number: str = msgspec.field(name="referenceNumber")


class ApplicationAnswer(Answer, kw_only=True):
    """What a credit document paid of a debit document. `amount` is in the credit's currency, `discount` and
    `writeOff` in the debit's, `gainLoss` in base currency: above zero for a gain."""

    id: int
    credit: NamedDocumentAnswer
    debit: NamedDocumentAnswer
    customer: str
    amount: Decimal
    discount: Decimal
    write_off: Decimal
    gain_loss: Decimal | None = None
    currency_id: str
    application_date: DayOut | None = None
    application_period: str | None = None
    released: bool
    batch_number: str | None = None
    undoes: int | None = None
    undone_by: int | None = None


class ApplicationActionAnswer(Answer):
    """The result of applying a credit document: what was applied, in that order."""

    action_id: str | None = None
    action_result: str | None = None
    applications: list[ApplicationAnswer] | None = None


class ApplicationUndoAnswer(ApplicationActionAnswer):
    """The result of undoing an application: `applicationId` is the one that takes it back."""

    application_id: int | None = None


def application_answer(found: ListedApplication) -> ApplicationAnswer:
    """An application as it is listed."""
    return ApplicationAnswer(
        id=found.application_id,
        credit=NamedDocumentAnswer(found.credit_type, found.credit_number),
        debit=NamedDocumentAnswer(found.debit_type, found.debit_number),
        customer=found.customer_number,
        amount=found.amount,
        discount=found.discount,
        write_off=found.write_off,
        gain_loss=found.gain_loss,
        currency_id=found.currency_id,
        application_date=day_answer(found.applied_on),
        application_period=found.period_id,
        released=found.released,
        batch_number=found.batch_number,
        undoes=found.reverses_id,
        undone_by=found.undone_by,
    )
