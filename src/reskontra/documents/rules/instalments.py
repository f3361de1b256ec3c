"""Documents that are paid in instalments: when they are divided, and the invoices of their parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from reskontra.documents.document import Document
from reskontra.documents.rules.figures import with_one_amount
from reskontra.errors import Refused
from reskontra.kinds import INVOICE, Kind
from reskontra.money import ZERO
from reskontra.receivables.rules.items import CORRECTION_ORIGIN
from reskontra.records import replace
from reskontra.terms.rules.instalments import Instalment, instalments
from reskontra.terms.rules.terms import InstalmentType, Terms

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

ORIGIN = "instalment"
"""The origin of a part."""


def base_date_of(document: Document, reference: Reference) -> date:
    """The date that terms count from (TRM-06)."""
    if reference.preferences.use_original_invoice_date and document.original_invoice_date:
        return document.original_invoice_date
    return document.document_date


def terms_in_parts(kind: Kind, document: Document, reference: Reference) -> Terms | None:
    """The document's terms if they divide it; None for a credit note (IPL-04).

    What the program makes of its own accord, such as a fee, is paid at once: it is also taken back as a whole.
    """
    if not kind.has_terms or not _may_be_divided(kind, document):
        return None
    terms = reference.terms.get(document.terms_id or "")
    return terms if terms is not None and terms.instalment_type == InstalmentType.MULTIPLE else None


def _may_be_divided(kind: Kind, document: Document) -> bool:
    return not kind.made_by_run and document.origin in ("entered", CORRECTION_ORIGIN)


def parts_of(kind: Kind, document: Document, reference: Reference) -> Sequence[Instalment]:
    """The parts that the release divides a document into (INS-01 to INS-03).

    There are none if it is paid at once or is worth nothing.
    """
    terms = terms_in_parts(kind, document, reference)
    if terms is None or not document.amount:
        return ()
    return instalments(
        terms,
        base_date_of(document, reference),
        gross=document.amount,
        vat=document.vat_total,
        decimals=reference.decimals_of(document.currency_id),
        gross_base=document.amount_base,
        vat_base=document.vat_total_base,
        base_decimals=reference.base_decimals,
        first_due=document.due_date if document.due_date_entered else None,
    )


def check_parts(kind: Kind, document: Document, reference: Reference, before: Document | None = None) -> None:
    """Refuses a document of which an instalment would be worth nothing, or less, and terms that would divide what is
    paid at once (IPL-04).

    A fee may have such terms from its customer, and is not divided; nobody may give them to it. `before` is the
    document before the request.
    """
    is_given = kind.made_by_run or (before is not None and before.terms_id != document.terms_id)
    if is_given and kind.has_terms and not _may_be_divided(kind, document):
        _check_paid_at_once(kind, document, reference)
    parts = parts_of(kind, document, reference)
    for part in parts:
        if part.amount <= ZERO:
            raise Refused(
                f"Instalment {part.number} of {len(parts)} would be {part.amount:f} {document.currency_id}.",
                field=("terms_id",),
                value=document.terms_id,
                hint="Choose terms with fewer instalments, or terms that are paid at once.",
            )


def _check_paid_at_once(kind: Kind, document: Document, reference: Reference) -> None:
    terms = reference.terms.get(document.terms_id or "")
    if terms is not None and terms.instalment_type == InstalmentType.MULTIPLE:
        made = kind.noun if kind.made_by_run else "fee"
        raise Refused(
            f"The terms {terms.terms_id} divide a document into instalments, and this {made} is paid at once.",
            field=("terms_id",),
            value=terms.terms_id,
            hint="Choose terms with one due date.",
        )


def invoice_of_part(
    kind: Kind, master: Document, master_id: int, part: Instalment, *, total: int, actor: str
) -> Document:
    """The invoice of one of `total` parts, before it has a number (IPL-01).

    It has one line, on the account of the receivable, and no VAT. It is neither printed nor sent: the master is.
    """
    divided = with_one_amount(
        master,
        part.amount,
        part.amount_base,
        description=f"Instalment {part.number} of {total} of {kind.noun} {master.number}",
        account_number=master.account_number,
    )
    return replace(
        divided,
        document_type=INVOICE.document_type,
        number="",
        origin=ORIGIN,
        master_document_id=master_id,
        instalment_number=part.number,
        external_reference=master.number,
        terms_id=None,
        due_date=part.due_date,
        due_date_entered=False,
        corrects_document_id=None,
        corrects_entered=False,
        payment_reference=None,
        generated_reference=None,
        note=None,
        dont_print=True,
        dont_email=True,
        send_to_auto_invoice=False,
        created_by=actor,
        credit_approved_amount_base=part.amount_base,
    )
