"""How the instalments of a document look on the wire, an address of our own."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from reskontra.documents.store.instalments import FoundParts
from reskontra.receivables.wire.applications import NamedDocumentAnswer
from reskontra.terms.rules.instalments import Instalment
from reskontra.web.wire import Answer, DayOut, day_text, field

_MONEY = Decimal("0.0001")


class InstalmentAnswer(Answer, kw_only=True):
    """A part of a document: what it will be as long as that is a draft, then the invoice of the part."""

    instalment_number: int
    number: str | None = field(name="referenceNumber", default=None)
    status: str | None = None
    due_date: DayOut = field(name="documentDueDate")
    amount_base: Decimal = field(name="amount")
    amount: Decimal = field(name="amountInCurrency")
    balance_base: Decimal | None = field(name="balance", default=None)
    balance: Decimal | None = field(name="balanceInCurrency", default=None)


class InstalmentsAnswer(Answer, kw_only=True):
    """The parts that a document is paid in, none if it is paid at once; of a part, what it is a part of (IPL-01)."""

    document_type: str
    number: str = field(name="referenceNumber")
    currency_id: str
    instalments: list[InstalmentAnswer]
    master: NamedDocumentAnswer | None = None
    instalment_number: int | None = None


def instalments_answer(found: FoundParts, planned: Sequence[Instalment]) -> InstalmentsAnswer:
    """The parts of a document: those that are written, or else the planned ones."""
    document, master = found.document, found.master
    written = [
        InstalmentAnswer(
            instalment_number=part.instalment_number,
            number=part.number,
            status=part.status,
            due_date=day_text(part.due_date),
            amount_base=part.amount_base.quantize(_MONEY),
            amount=part.amount.quantize(_MONEY),
            balance_base=part.balance_base.quantize(_MONEY),
            balance=part.balance.quantize(_MONEY),
        )
        for part in found.parts
    ]
    coming = [
        InstalmentAnswer(
            instalment_number=part.number,
            due_date=day_text(part.due_date),
            amount_base=part.amount_base.quantize(_MONEY),
            amount=part.amount.quantize(_MONEY),
        )
        for part in planned
    ]
    return InstalmentsAnswer(
        document_type=document.document_type,
        number=document.number,
        currency_id=document.currency_id,
        instalments=written or coming,
        master=NamedDocumentAnswer(master.document_type, master.number) if master else None,
        instalment_number=document.instalment_number,
    )
