"""What a document corrects, and the VAT date that follows from it (VAT-14, REV-06, decision 0027)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from reskontra.currencies.rules import Rate
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.kinds import Kind
from reskontra.receivables.rules.items import OpenItem, name_of
from reskontra.records import replace

if TYPE_CHECKING:
    from reskontra.documents.document import Basis, Document, Links

REVERSAL_ORIGIN = "reversed"
"""The origin of credit notes that were made by reversing an invoice."""

_RELEASED = ("Open", "Closed", "Reserved")


def is_replacement(kind: Kind, document: Document) -> bool:
    """Whether the document is an invoice that replaces another one (CRR)."""
    return kind.may_be_replaced and document.corrects_document_id is not None


def vat_date_of(document: Document | OpenItem) -> date:
    """The day whose VAT rates a document has (VAT-14)."""
    return document.vat_date or document.document_date


def field_of_vat_date(document: Document) -> FieldPath:
    """What the VAT date came from, for refusals that are about it."""
    on = vat_date_of(document)
    if on == document.document_date:
        return ("document_date",)
    return ("original_invoice_date",) if on == document.original_invoice_date else ("vat_date",)


def named_by(links: Links) -> Sequence[OpenItem]:
    """The documents that say what a correction is about: what it was said to correct, else what it settles."""
    return [links.corrects] if links.corrects is not None else list(links.settles.values())


def with_correction(kind: Kind, draft: Document, changes: Mapping[str, Any], basis: Basis) -> Document:
    """REV-06: what it was said to correct, until that is cleared, else the one document that it settles."""
    named, corrected = changes.get("corrects"), basis.links.corrects
    if not kind.may_correct:
        _check_not_moved(kind, changes, basis.links.replaces)
        return draft
    if named:
        return replace(draft, corrects_document_id=_checked(kind, named, corrected, draft), corrects_entered=True)
    if corrected is not None:
        return draft
    settled = [item.document_id for item in basis.links.settles.values()]
    return replace(draft, corrects_document_id=settled[0] if len(settled) == 1 else None, corrects_entered=False)


def correction_sent(named: Mapping[str, Any]) -> tuple[str, str]:
    """The type and the number of what a request says that the document corrects."""
    return named.get("document_type") or "Invoice", (named.get("number") or "").strip()


def said_to_correct(document: Document) -> int | None:
    """The id of what it was said to correct; None if what it corrects, if anything, follows from its applications."""
    return document.corrects_document_id if document.corrects_entered else None


def check_not_earlier(kind: Kind, draft: Document, corrected: OpenItem | None, changes: Mapping[str, Any]) -> None:
    """Refuse a document that is earlier, by date or period, than what it was said to correct (RVS-02, CSA-04).

    `changes` tell which field is to blame: what it corrects, or else its date or period.
    """
    if corrected is None:
        return
    earliest, first = corrected.stands_from, corrected.period_id
    if draft.document_date >= earliest and draft.period_id >= first:
        return
    reason = (
        f"{corrected.number} is of {earliest.isoformat()} in period {first}; a {kind.noun} is no earlier than that."
    )
    if changes.get("corrects") and "document_date" not in changes:
        raise Refused(
            reason,
            field=("corrects", "number"),
            value=corrected.number,
            hint=f"Date the {kind.noun} {earliest.isoformat()} or later first, or name another document.",
        )
    if draft.document_date < earliest:
        raise Refused(
            reason,
            field=("document_date",),
            value=draft.document_date.isoformat(),
            hint=f"Send {earliest.isoformat()} or a later day.",
        )
    raise Refused(reason, field=("financial_period",), value=draft.period_id, hint=f"Send {first} or a later period.")


def with_vat_date(
    kind: Kind, before: Document | None, draft: Document, changes: Mapping[str, Any], basis: Basis
) -> Document:
    """VAT-14: the date that was sent, until it is cleared; else that of what it corrects, else its own.

    A credit note that settles documents of several VAT dates has the latest of them.
    """
    usual = draft.document_date
    if kind.may_correct:
        usual = max(map(vat_date_of, named_by(basis.links)), default=usual)
    if kind.sales_sign < 0 and draft.original_invoice_date is not None:
        usual = draft.original_invoice_date
    sent = changes.get("vat_date")
    if sent is not None:
        return replace(draft, vat_date=sent, vat_date_entered=sent != usual)
    if before is not None and before.vat_date_entered and "vat_date" not in changes:
        return draft
    return replace(draft, vat_date=usual, vat_date_entered=False)


def warnings_about(kind: Kind, *, names_another: bool, rate: Rate, rates: Iterable[Rate]) -> Sequence[str]:
    """What is wrong with a correction without being refused (REV-06): it has nothing that it corrects, or another
    exchange rate than what it corrects or settles in its own currency, whose rates are `rates`.
    """
    if kind.sales_sign >= 0:
        return ()
    if not names_another:
        return (f"The {kind.noun} does not say which invoice it corrects.",)
    different = set(rates)
    if len(different) != 1 or different == {rate}:
        return ()
    (other,) = different
    return (
        f"The {kind.noun} has the exchange rate {rate.rate.normalize():f}, but what it corrects has "
        f"{other.rate.normalize():f}: it does not take back the same amounts in base currency.",
    )


def _checked(kind: Kind, named: Mapping[str, Any], corrected: OpenItem | None, draft: Document) -> int:
    field: FieldPath = ("corrects", "number")
    if corrected is None or corrected.customer_id != draft.customer_id:
        raise UnknownReference(
            field=field, value=named.get("number"), hint="Send a released document of the same customer."
        )
    if corrected.document_type not in kind.may_correct:
        raise Refused(
            f"A {kind.noun} cannot correct this kind of document.",
            field=("corrects", "document_type"),
            value=corrected.document_type,
            hint=f"Send one of: {', '.join(sorted(kind.may_correct))}.",
        )
    if corrected.status not in _RELEASED:
        raise Refused(
            f"{corrected.number} has the status {corrected.status} and cannot be corrected.",
            field=field,
            value=corrected.number,
            hint="Send a released document.",
        )
    return corrected.document_id


def _check_not_moved(kind: Kind, changes: Mapping[str, Any], replaced: OpenItem | None) -> None:
    """Refuse to say what an invoice corrects: only the action does that, and only DELETE ends it (CRR-04)."""
    named = changes.get("corrects")
    if replaced is None and named:
        raise Refused(f"An {kind.noun} corrects nothing.", field=("corrects",), hint="Leave the field out.")
    if replaced is None or "corrects" not in changes:
        return
    if not named or name_of(*correction_sent(named)) != name_of(replaced.document_type, replaced.number):
        raise Refused(
            f"The {kind.noun} replaces {replaced.number}, and nothing else.",
            field=("corrects",),
            hint="Leave the field out, or delete the draft to end the correction.",
        )
