"""What differs between the addresses of documents: one `Resource` for each."""

from __future__ import annotations

from dataclasses import dataclass

from reskontra.documents.wire import bodies
from reskontra.documents.wire.answers import (
    CreditNoteAnswer,
    DebitNoteAnswer,
    InvoiceAnswer,
    OverdueChargeAnswer,
    SaleAnswer,
)
from reskontra.kinds import CREDIT_NOTE, DEBIT_NOTE, INVOICE, OVERDUE_CHARGE, Kind


@dataclass(frozen=True, slots=True)
class Resource:
    """What differs between the addresses: names, structs, and which operations there are."""

    kind: Kind
    path: str
    parameter: str
    operation: str
    release: str
    """The name of the releasing operation, after `operation`."""
    update: type[bodies.SaleUpdate]
    answer: type[SaleAnswer]
    beside: tuple[Kind, ...] = ()
    """More kinds that are read at the same addresses. They share their numbers with `kind`."""

    @property
    def types(self) -> list[str]:
        """The document types that are read at the addresses."""
        return [kind.document_type for kind in (self.kind, *self.beside)]


INVOICES = Resource(
    INVOICE, "customerinvoice", "invoiceNumber", "CustomerInvoice", "ReleaseInvoice", bodies.InvoiceUpdate,
    InvoiceAnswer,
)  # fmt: skip
CREDIT_NOTES = Resource(
    CREDIT_NOTE, "customerCreditNote", "creditNoteNumber", "CustomerCreditNote", "ReleaseDocument",
    bodies.CreditNoteUpdate, CreditNoteAnswer,
)  # fmt: skip
DEBIT_NOTES = Resource(
    DEBIT_NOTE, "customerDebitNote", "debitNoteNumber", "CustomerDebitNote", "ReleaseDocument",
    bodies.DebitNoteUpdate, DebitNoteAnswer,
)  # fmt: skip
OVERDUE_CHARGES = Resource(
    OVERDUE_CHARGE, "customerOverdueCharge", "overdueChargeNumber", "CustomerOverdueCharge", "ReleaseDocument",
    bodies.OverdueChargeUpdate, OverdueChargeAnswer,
)  # fmt: skip
RESOURCES = (INVOICES, CREDIT_NOTES, DEBIT_NOTES, OVERDUE_CHARGES)
