"""What of a document goes to the credit note that takes it back, or to the draft that is to replace it (RVS, CRR).

An invoice that corrects another replaces it; a credit or debit note that corrects one stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra.documents.document import Document
from reskontra.documents.rules.header import changed_header
from reskontra.documents.rules.links import REVERSAL_ORIGIN, is_replacement
from reskontra.errors import FieldPath, Refused
from reskontra.kinds import KINDS, Kind
from reskontra.money import ZERO
from reskontra.periods.rules import is_open
from reskontra.receivables.rules.items import CORRECTION_ORIGIN, FEE_ORIGIN, OPENING_ORIGIN, Proposal, Ties
from reskontra.records import replace

if TYPE_CHECKING:
    from reskontra.documents.document import Basis

_CARRIED = (
    "account_number", "subaccount_id", "salesperson_id", "contact_id", "child_customer_id", "customer_reference",
    "external_reference", "project_id", "invoice_address", "invoice_contact",
)  # fmt: skip


def with_header_of(draft: Document, taken_back: Document) -> Document:
    """A credit note with the accounts, people, references and addresses of what it takes back (RVS-02)."""
    return replace(draft, **{name: getattr(taken_back, name) for name in _CARRIED})


def check_reversible(kind: Kind, document: Document) -> None:
    """RVS-01, REV-03: only what is released and stands can be reversed, and is not taken back in another way."""
    if document.master_document_id is not None:
        raise Refused(
            f"The {kind.noun} {document.number} is an instalment of {document.external_reference}.",
            hint="Reverse that one: it has the sales and the VAT. Settle its instalments with the note.",
        )
    if document.origin == FEE_ORIGIN:
        raise _is_fee(kind, document)
    _check_of_this_ledger(kind, document, "reversed")
    if document.status not in ("Open", "Closed"):
        raise Refused(
            f"The {kind.noun} {document.number} has the status {document.status} and cannot be reversed.",
            hint="Only an Open or Closed one can be reversed; a draft is changed or deleted.",
        )


def check_applicable(kind: Kind, document: Document, ties: Ties) -> None:
    """RVS-04, RVS-06: a note can be applied to what is open, which a master is not, and waits for nobody else."""
    if ties.is_divided:
        raise Refused(
            f"The {kind.noun} {document.number} has the status {document.status} and cannot be settled by a note.",
            hint="It is paid in instalments: reverse it without applying the note, and settle them with the note.",
        )
    if ties.written_off_by is not None and document.status == "Closed":
        raise Refused(
            f"The {kind.noun} {document.number} is closed by {ties.written_off_by}, which is not undone.",
            hint="Reverse it without applying the note, and take the write-off back with a debit note.",
        )
    _check_open(kind, document, "be settled by a note")
    _check_free(kind, document, ties)


def check_correctable(kind: Kind, document: Document, ties: Ties) -> None:
    """CRR-01: an open invoice that nothing has touched, and of which nobody else pays a part."""
    _check_of_this_ledger(kind, document, "corrected")
    if ties.is_divided:
        raise Refused(
            f"The {kind.noun} {document.number} is paid in instalments and cannot be corrected.",
            hint="Reverse the whole of it, and send a new one.",
        )
    if document.origin == FEE_ORIGIN:
        raise _is_fee(kind, document)
    if document.deduction is not None:
        raise Refused(
            f"The {kind.noun} {document.number} has a claim on the tax authority "
            f"({document.deduction.type.upper()}) and cannot be corrected.",
            hint="Reverse it, and send a new one.",
        )
    if ties.written_off_by is not None:
        raise Refused(
            f"The {kind.noun} {document.number} cannot be corrected: it has an application of {ties.written_off_by}, "
            "which is not undone.",
            hint="Reverse it and send a new one; take the write-off back with a debit note.",
        )
    _check_open(kind, document, "be corrected")
    if ties.settler is not None:
        raise Refused(
            f"The {kind.noun} {document.number} cannot be corrected: it has an application of {ties.settler}.",
            hint="Undo the application first, or reverse the invoice and send a new one.",
        )
    _check_free(kind, document, ties)


def _check_of_this_ledger(kind: Kind, document: Document, done: str) -> None:
    """OPN-05: the lines and the VAT of what was taken over are in the older system."""
    if document.origin == OPENING_ORIGIN:
        raise Refused(
            f"The {kind.noun} {document.number} was taken over from an older system, without lines and VAT, and cannot "
            f"be {done}.",
            hint="Send a credit note with the lines and the VAT that are to be taken back, and apply it.",
        )


def _is_fee(kind: Kind, document: Document) -> Refused:
    return Refused(
        f"The {kind.noun} {document.number} is the fee of a dunning letter.",
        hint="Void the letter: that takes the fee back.",
    )


def _check_open(kind: Kind, document: Document, purpose: str) -> None:
    if document.status != "Open":
        raise Refused(
            f"The {kind.noun} {document.number} has the status {document.status} and cannot {purpose}.",
            hint="It must be Open. A Closed one is opened by undoing an application of it.",
        )


def _check_free(kind: Kind, document: Document, ties: Ties) -> None:
    if ties.proposer is not None:
        raise Refused(
            f"The {kind.noun} {document.number} has an application that is not released yet, from {ties.proposer}.",
            hint="Release that one, or take its line away, first.",
        )
    if ties.waiting_correction is not None:
        raise Refused(
            f"The {kind.noun} {document.number} has the correction {ties.waiting_correction} that waits for release.",
            hint="Release or delete that one first.",
        )


def replacement_of(kind: Kind, original: Document, original_id: int, basis: Basis) -> Document:
    """An editable copy that is to replace `original` (CRR-02); its status is not decided yet.

    It has the original's date and period, or today's if that period is closed. Then it keeps the rates and the VAT date
    that it had: another day of writing does not move the sale.
    """
    copy = replace(
        original,
        number="",
        status="Balanced",
        corrects_document_id=original_id,
        corrects_entered=True,
        origin=CORRECTION_ORIGIN,
        payment_reference=None,
        generated_reference=None,
        balance=original.amount,
        balance_base=original.amount_base,
        credit_approved_amount_base=ZERO,
        particulars=_without_collection(original.particulars),
        dunning_level=0,
        dunning_letter_date=None,
        closed_period_id=None,
        released_at=None,
        released_by=None,
        batch_number=None,
    )
    reference = basis.reference
    if is_open(reference.period_named(original.period_id), reference.preferences.allow_posting_to_closed_periods):
        return copy
    moved = changed_header(kind, copy, {"document_date": max(basis.today, original.document_date)}, basis)
    return replace(
        moved,
        **{name: getattr(original, name) for name in ("exchange_rate", "rate_operator", "vat_exchange_rate")},
        rate_entered=original.currency_id != reference.base_currency,
        vat_date=original.vat_date,
        vat_date_entered=True,
    )


def _without_collection(particulars: Mapping[str, Any]) -> dict[str, Any]:
    """Nobody has given the new document to a debt collector."""
    return {name: value for name, value in particulars.items() if not name.startswith("debt_collection_")}


def check_same_customer(kind: Kind, document: Document, basis: Basis) -> None:
    """Refuse another customer on a draft that replaces an invoice (CRR-03)."""
    if is_replacement(kind, document) and basis.debtor.customer_id != document.customer_id:
        raise Refused(
            f"The {kind.noun} {document.number} corrects another one, so its customer cannot be changed.",
            field=("customer_number",),
            value=basis.debtor.number,
            hint="Reverse the old one, and send a new one to the other customer.",
        )


def check_same_rate(document: Document, draft: Document, changes: Mapping[str, Any]) -> None:
    """Refuse another currency or exchange rate on a note that was made by reversing (RVS-02)."""
    rates = [(it.currency_id, it.exchange_rate, it.rate_operator) for it in (document, draft)]
    if document.origin != REVERSAL_ORIGIN or rates[0] == rates[1]:
        return
    field, value = "exchange_rate", f"{draft.exchange_rate.normalize():f}"
    hint = f"Send {document.exchange_rate.normalize():f}, or leave it out."
    if draft.currency_id != document.currency_id:
        field = "currency_id" if changes.get("currency_id") else "customer_number"  # another customer brings its own
        value, hint = changes.get(field) or draft.currency_id, f"Send {document.currency_id}, or leave it out."
        if field == "customer_number":
            hint = f"Send a customer who takes {document.currency_id}, or leave it out."
    raise Refused(
        f"The {KINDS[document.document_type].noun} {document.number} keeps the currency and the exchange rate of "
        "what it reverses.",
        field=(field,),
        value=value,
        hint=hint,
    )


def check_settles_own(
    note: Document, wanted: Sequence[tuple[Proposal, FieldPath]], changes: Mapping[str, Any], basis: Basis
) -> None:
    """Refuse another customer on a note that is to settle documents of the one it has."""
    if basis.debtor.customer_id != note.customer_id:
        _check_settles_nothing(note, wanted, changes, "customer_number", f"not of customer {basis.debtor.number}")


def check_settles_still(
    note: Document, draft: Document, wanted: Sequence[tuple[Proposal, FieldPath]], changes: Mapping[str, Any]
) -> None:
    """Refuse another currency on a note that is to settle documents in the one it had."""
    if draft.currency_id != note.currency_id:
        _check_settles_nothing(note, wanted, changes, "currency_id", f"in {note.currency_id}")


def _check_settles_nothing(
    note: Document, wanted: Sequence[tuple[Proposal, FieldPath]], changes: Mapping[str, Any], name: str, state: str
) -> None:
    """Refuse the field with this name if a line that was not sent stays, whose document is in this state."""
    standing = next((proposal.number for proposal, field in wanted if field == ("application_lines",)), None)
    if standing is not None:
        raise Refused(
            f"{note.number} is to settle {standing}, which is {state}.",
            field=(name,),
            value=changes.get(name),
            hint="Send its applicationLines in the same request, with the operation Delete.",
        )


def cut_to(
    amount: Decimal, note: Document, wanted: Sequence[tuple[Proposal, FieldPath]], changes: Mapping[str, Any]
) -> Sequence[tuple[Proposal, FieldPath]]:
    """What a note that was made by reversing will settle when it comes to `amount`: no more than that (RVS-05).

    What the request itself sends is left alone, and refused if it is too much.
    """
    if note.origin != REVERSAL_ORIGIN or changes.get("application_lines"):
        return wanted
    cut, left = [], amount
    for proposal, field in wanted:
        taken = min(proposal.amount, left)
        left -= taken
        if taken > ZERO:
            cut.append((replace(proposal, amount=taken), field))
    return cut
