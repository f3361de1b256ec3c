"""The deduction for domestic services on a draft: what was sent of it, and what follows from lines and law (RRT).

It is asked for by the header, which says ROT or RUT and for whom, and by lines, which say what kind of work they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra.documents.document import CostType, Document, Line
from reskontra.documents.rules.instalments import terms_in_parts
from reskontra.documents.rules.links import field_of_vat_date, vat_date_of
from reskontra.domestic_services.rules.deduction import COUNTRY_ID, CURRENCY_ID, PERCENT, Deduction, deducted
from reskontra.domestic_services.rules.distribution import DETAILS, detailed, says_something
from reskontra.domestic_services.rules.work_types import WORK_TYPES, DeductionType, WorkType, find_work_type
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.kinds import Kind
from reskontra.money import ZERO, percent_of, total
from reskontra.records import replace
from reskontra.vat.rules.calculation import TaxableLine, vat_of_document

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

_HEADER: FieldPath = ("deductible",)


# What a request asks for


def type_asked_for(
    kind: Kind, before: Document | None, draft: Document, changes: Mapping[str, Any], reference: Reference
) -> DeductionType | None:
    """Whether the draft deducts after a request, and what; its lines are judged by that (RRT-02).

    Refused: details without the flag, and the flag where there are no such deductions.
    """
    standing = before.deduction if before is not None else None
    details = changes.get("rot_rut") or {}
    sent = changes.get("deductible")
    if not (standing is not None if sent is None else sent):
        if says_something(details):
            check_sweden(reference, DETAILS)
            raise Refused(
                f"The {kind.noun} does not say that it deducts for domestic services.",
                field=DETAILS,
                hint="Send domesticServicesDeductibleDocument true, or leave the details out.",
            )
        return None
    check_sweden(reference, _HEADER, sent)
    _check_kind(kind, draft, reference)
    claim_account(reference)
    found: DeductionType | None = details.get("type") or (standing.type if standing is not None else None)
    if found is None:
        raise Refused(
            "The deduction needs its type.",
            field=(*DETAILS, "type"),
            hint=f"Send one of: {', '.join(DeductionType)}.",
        )
    return found


def check_sweden(reference: Reference, field: FieldPath, value: object = None) -> None:
    """Refuses a deduction in a company of another country."""
    country_id = reference.country_id_of_company
    if country_id != COUNTRY_ID:
        raise Refused(
            f"There are deductions for domestic services (ROT/RUT) in {COUNTRY_ID} only; the company is in "
            f"{country_id}.",
            field=field,
            value=value,
            hint="Leave the field out.",
        )


def _check_kind(kind: Kind, draft: Document, reference: Reference) -> None:
    if not kind.may_deduct:
        raise Refused(f"An {kind.noun} is no domestic service.", field=_HEADER, value=True, hint="Leave the field out.")
    if draft.currency_id != CURRENCY_ID:
        raise Refused(
            f"Deductions for domestic services are in {CURRENCY_ID}; the {kind.noun} is in {draft.currency_id}.",
            field=_HEADER,
            value=True,
            hint=f"Send the {kind.noun} in {CURRENCY_ID}, or without the deduction.",
        )
    if terms_in_parts(kind, draft, reference) is not None:
        raise Refused(
            "What is paid in instalments has no deduction for domestic services.",
            field=("terms_id",),
            value=draft.terms_id,
            hint="Choose terms that are paid at once.",
        )


def claim_account(reference: Reference) -> str:
    """The account of what the tax authority owes."""
    account = reference.preferences.tax_claim_account
    if account is None:
        raise Refused(
            "The company has no account for claims on the tax authority.",
            field=_HEADER,
            value=True,
            hint="Set preferences.tax_claim_account in the company file.",
        )
    return reference.active_account(account, _HEADER).account_number


def work_type_after(
    line: Line, change: Mapping[str, Any], allowed: DeductionType | None, reference: Reference, field: FieldPath
) -> str | None:
    """The kind of work of a line after a request (RRT-02); None if it is not deductible.

    `line` has what was sent of its `item_type` already, and `allowed` is what the document deducts.
    """
    sent, named = change.get("deductible"), change.get("work_type")
    if not (sent or (sent is None and line.work_type is not None)):
        if named:
            check_sweden(reference, (*field, "work_type"), named)
            raise Refused(
                "Only a deductible line has a kind of work.",
                field=(*field, "work_type"),
                value=named,
                hint="Send domesticServicesDeductible true for the line, or leave the field out.",
            )
        return None
    if sent:
        check_sweden(reference, (*field, "deductible"), sent)
    if allowed is None:
        if not sent:
            return line.work_type  # the request takes the deduction off the document
        raise Refused(
            "The line is deductible, but the document does not deduct for domestic services.",
            field=(*field, "deductible"),
            value=sent,
            hint="Send domesticServicesDeductibleDocument true too, or leave the field out.",
        )
    if line.item_type not in (None, CostType.SERVICE):
        raise Refused(
            "Only work is deductible, material and other costs are not.",
            field=(*field, "item_type"),
            value=line.item_type,
            hint=f"Send {CostType.SERVICE}, or domesticServicesDeductible false.",
        )
    if not named:
        if line.work_type is not None:
            return line.work_type
        raise Refused(
            "A deductible line needs its kind of work.",
            field=(*field, "work_type"),
            hint=_those_of(allowed),
        )
    return _work_type(named, allowed, (*field, "work_type")).xml_tag


def _work_type(named: str, allowed: DeductionType, field: FieldPath) -> WorkType:
    found = find_work_type(named)
    if found is None:
        raise UnknownReference(field=field, value=named, hint=_those_of(allowed))
    if found.deduction_type != allowed:
        raise Refused(
            f"{found.xml_tag} is {found.deduction_type.upper()}, and the document deducts {allowed.upper()}.",
            field=field,
            value=named,
            hint=_those_of(allowed),
        )
    return found


def _those_of(allowed: DeductionType) -> str:
    return f"Send one of: {', '.join(tag for tag, it in WORK_TYPES.items() if it.deduction_type == allowed)}."


# What follows


def without_deduction(document: Document) -> Document:
    """The document with nothing deducted, also from its lines."""
    lines = tuple(replace(line, work_type=None, deduction=ZERO) if line.work_type else line for line in document.lines)
    return replace(document, deduction=None, lines=lines)


def with_deduction(
    deducts: DeductionType | None,
    before: Document | None,
    draft: Document,
    changes: Mapping[str, Any],
    reference: Reference,
) -> Document:
    """The draft with what is deducted of it after a request, its VAT and total known already (RRT-03, RRT-04)."""
    standing = before.deduction if before is not None else None
    if deducts is None:
        return without_deduction(draft) if standing is not None else draft
    work = [line for line in draft.lines if line.work_type is not None]
    _check_work(work, deducts)
    percent = _percent(deducts, draft, reference)
    work_price = _with_vat(work, draft, reference)
    amount = deducted(work_price, percent)
    if not ZERO <= amount <= draft.amount:
        raise Refused(
            f"The deduction would be {amount:f} of {draft.amount:f}.",
            field=("lines",),
            value=f"{amount:f}",
            hint="The work must be worth 0 or more, and its deduction no more than the whole document.",
        )
    deduction = detailed(
        Deduction(
            type=deducts,
            percent=percent,
            work_price=work_price,
            material_cost=_with_vat(_of_type(draft.lines, CostType.MATERIAL), draft, reference),
            other_cost=_with_vat(_of_type(draft.lines, CostType.OTHER), draft, reference),
            amount=amount,
            distributed_automatically=True,
        ),
        standing,
        changes.get("rot_rut") or {},
    )
    return replace(draft, deduction=deduction, lines=_deducted_lines(draft, percent, reference))


def _check_work(work: Sequence[Line], deducts: DeductionType) -> None:
    if not work:
        raise Refused(
            "No line of the document is deductible work.",
            field=("lines",),
            hint="Send domesticServicesDeductible true and typeOfWork for the lines that are.",
        )
    for line in work:
        found = WORK_TYPES[line.work_type or ""]
        if found.deduction_type != deducts:
            raise Refused(
                f"Line {line.line_number} is {found.xml_tag}, which is {found.deduction_type.upper()}.",
                field=(*DETAILS, "type"),
                value=deducts,
                hint="Change the typeOfWork of the line too.",
            )


def _percent(deducts: DeductionType, draft: Document, reference: Reference) -> Decimal:
    """By the document's date: the law goes by the day of payment, of which this is the estimate."""
    rate = reference.legal_rate(PERCENT[deducts], draft.document_date)
    if rate is None:
        raise Refused(
            f"No percent of {deducts.upper()} is known for {draft.document_date.isoformat()}.",
            field=("document_date",),
            value=draft.document_date.isoformat(),
            hint=f"Add it to the company file, as a figure {PERCENT[deducts]} of its legal_rates.",
        )
    return rate.amount


def _of_type(lines: Iterable[Line], item_type: CostType) -> list[Line]:
    return [line for line in lines if line.item_type == item_type]


def _with_vat(lines: Sequence[Line], draft: Document, reference: Reference) -> Decimal:
    """What a document of these lines alone would come to, before it is rounded."""
    if not lines:
        return ZERO
    vat = vat_of_document(
        [TaxableLine(line.line_number, line.amount, line.vat_ids, line.vat_date) for line in lines],
        reference.vat,
        vat_date_of(draft),
        reference.decimals_of(draft.currency_id),
        field_of_vat_date(draft),
    )
    return total(vat.line_nets.values()) + total(row.vat for row in vat.rows)


def _deducted_lines(draft: Document, percent: Decimal, reference: Reference) -> tuple[Line, ...]:
    decimals = reference.decimals_of(draft.currency_id)
    return tuple(
        replace(line, deduction=percent_of(_with_vat([line], draft, reference), percent, decimals))
        if line.work_type is not None
        else replace(line, deduction=ZERO)
        for line in draft.lines
    )


# What was released


def is_same_work(name: str, sent: Any, line: Line) -> bool:
    """Whether `deductible` or `work_type` of a line was sent with its stored value (W13)."""
    if name == "deductible":
        return bool(sent) == (line.work_type is not None)
    found = find_work_type(sent) if sent else None
    return (found.xml_tag if found else sent or None) == line.work_type
