"""How write-offs look on the wire: the body of a run and its answer, and a write-off of a credit."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import msgspec

from reskontra.payments.write_offs.rules import WrittenOff
from reskontra.receivables.wire.applications import NamedDocumentAnswer
from reskontra.receivables.wire.items import DatedSubaccount, ItemAnswer, looked_up, project_answer
from reskontra.runs.answers import SkippedAnswer
from reskontra.web.pairs import IdDescription
from reskontra.web.wire import (
    Amount,
    Answer,
    Body,
    Day,
    Flag,
    OneOf,
    Text30,
    UnsetType,
    completed,
    names_of,
    sent,
)

if TYPE_CHECKING:
    from asyncpg import Record

    from reskontra.reference.reference import Reference


class WriteOffKind(StrEnum):
    """What a run writes off."""

    BALANCE = "balance"
    CREDIT = "credit"
    BOTH = "both"


class WriteOffFilters(Body):
    """What a run writes off; no filter is required. Unknown ones are refused: ignoring one would write off more."""

    refuses_unknown: ClassVar[bool] = True

    customer_numbers: list[Text30] | UnsetType = sent("customer")
    customer_class: Text30 | UnsetType = msgspec.UNSET
    document_names: list[Text30] | UnsetType = sent("document")
    kind: OneOf[WriteOffKind] | UnsetType = msgspec.UNSET
    limit: Amount | UnsetType = msgspec.UNSET
    reason_code: Text30 | UnsetType = msgspec.UNSET
    currency_id: Text30 | UnsetType = sent("currency")


class WriteOffRun(Body):
    """A run: the date of its write-offs (default: today), what it writes off, and whether it is a trial."""

    refuses_unknown: ClassVar[bool] = True

    as_of: Day | UnsetType = msgspec.UNSET
    filters: WriteOffFilters | UnsetType = msgspec.UNSET
    dry_run: Flag | UnsetType = msgspec.UNSET


class WrittenOffAnswer(Answer, kw_only=True):
    """A write-off and the document that it settled, whose currency its amount is in; a trial gives no numbers."""

    customer: str
    document_type: str
    number: str | None = msgspec.field(default=None, name="referenceNumber")
    amount: Decimal
    currency: str
    settled: NamedDocumentAnswer


class WriteOffRunAnswer(Answer):
    """The result of a run: what was written off, and what was passed over."""

    action_id: str | None = None
    action_result: str | None = None
    created: list[WrittenOffAnswer] | None = None
    skipped: list[SkippedAnswer] | None = None


class StampedSubaccount(DatedSubaccount):
    """A subaccount and its segments. The contract also has its version, which is not shown here."""

    time_stamp: str | None = None


class CreditWriteOffAnswer(ItemAnswer):
    """A write-off of a credit. It has no VAT, no cash account and no project."""

    subaccount: StampedSubaccount | None = None
    hold: bool | None = None
    rounding_difference: Decimal | None = msgspec.field(default=None, name="roundingDiff")
    vat_zone: IdDescription | None = msgspec.field(default=None, name="customerVatZone")
    time_stamp: str | None = None
    error_info: str | None = None


_MONEY = Decimal("0.0001")


def written_off_answer(written: WrittenOff) -> WrittenOffAnswer:
    """What a run wrote off."""
    return WrittenOffAnswer(
        customer=written.customer_number,
        document_type=written.document_type,
        number=written.number,
        amount=written.amount.quantize(_MONEY),
        currency=written.currency_id,
        settled=NamedDocumentAnswer(*written.settled),
    )


CREDIT_WRITE_OFF_NAMES = names_of(CreditWriteOffAnswer)


def credit_write_off_answer(row: Record, reference: Reference) -> bytes:
    """A row of `store.credit_write_offs` or `store.find_credit_write_off`, as JSON."""
    rest = CreditWriteOffAnswer(
        project=project_answer(row["project_id"], reference), hold=False, rounding_difference=Decimal("0.0000")
    )
    return completed(row["written"], looked_up(CreditWriteOffAnswer, row, reference), rest)
