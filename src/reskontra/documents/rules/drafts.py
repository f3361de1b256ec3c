"""Creating, changing, deleting and releasing a document: what is allowed, and the document that results."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reskontra.customers.rules.standing import CreditFailure, check_may, credit_check
from reskontra.documents.document import Document, Line
from reskontra.documents.rules.after_release import changed_after_release, vat_rows_echoed
from reskontra.documents.rules.arithmetic import DiscountBasis
from reskontra.documents.rules.deductions import type_asked_for, with_deduction, without_deduction
from reskontra.documents.rules.figures import entered_vat, with_figures, with_figures_of
from reskontra.documents.rules.header import changed_header, check_discount_date, new_header
from reskontra.documents.rules.instalments import check_parts
from reskontra.documents.rules.line_accounts import check_accounts
from reskontra.documents.rules.lines import LineBasis, apply_operations, in_branch, new_lines, on_another_day
from reskontra.documents.rules.pricing import rounded_lines
from reskontra.documents.rules.rates import rate_of
from reskontra.documents.rules.reversing import check_same_customer, check_same_rate, replacement_of, with_header_of
from reskontra.errors import FieldPath, Refused
from reskontra.kinds import KINDS, Kind
from reskontra.money import ZERO
from reskontra.periods.rules import check_open
from reskontra.records import replace

if TYPE_CHECKING:
    from reskontra.documents.rules.settling import Settling
    from reskontra.domestic_services.rules.work_types import DeductionType
    from reskontra.reference.reference import Reference
from reskontra.documents.document import Basis


def created(kind: Kind, changes: Mapping[str, Any], basis: Basis, origin: str = "entered") -> Document:
    """A new draft from what was sent (EDT-01, LIN, VAT, TOT, CRD). Raises `Refused`; the number comes later.

    `takes_back` among the changes is a document whose lines and figures it has, `made_lines` are lines as a run made
    them, both instead of `lines` that were sent. `origin` is "entered" if somebody sent it, or the word for what makes
    it.
    """
    check_may(basis.debtor.status, kind.create_operation, basis.debtor.number, ("customer_number",))
    draft = new_header(kind, changes, basis, origin)
    taken_back = changes.get("takes_back")
    if taken_back is not None:
        draft = with_figures_of(with_header_of(draft, taken_back), without_deduction(taken_back), basis.reference)
    else:
        deducts = type_asked_for(kind, None, draft, changes, basis.reference)
        sent = changes.get("lines") or ()
        lines = changes.get("made_lines") or new_lines(sent, _line_basis(draft, basis, deducts=deducts))
        draft = with_figures(draft, lines, basis.reference, changes.get("vat_rows") or ())
        draft = with_deduction(deducts, None, draft, changes, basis.reference)
    check_discount_date(draft)
    check_parts(kind, draft, basis.reference)
    return _with_status(kind, None, draft, changes, basis)


def replacing(kind: Kind, original: Document, original_id: int, basis: Basis, actor: str) -> Document:
    """The draft that is to replace a released invoice (CRR-02). Raises `Refused`; the number comes later."""
    check_may(basis.debtor.status, kind.create_operation, basis.debtor.number, ())
    copy = replace(replacement_of(kind, original, original_id, basis), created_by=actor)
    return _with_status(kind, None, copy, {}, basis)


def changed(kind: Kind, document: Document, changes: Mapping[str, Any], basis: Basis) -> Document:
    """`document` after a PUT; equal to `document` if nothing changes (EDT-01 to EDT-04, W13)."""
    if document.is_released or document.status == "Voided":
        return changed_after_release(kind, document, changes, basis)
    if kind.made_by_run:
        _check_kept(kind, document, changes, basis)
    if basis.debtor.customer_id != document.customer_id:
        check_may(basis.debtor.status, kind.create_operation, basis.debtor.number, ("customer_number",))
    check_same_customer(kind, document, basis)
    draft = changed_header(kind, document, changes, basis)
    check_same_rate(document, draft, changes)
    moved = _moved_lines(document, draft, basis)
    deducts = type_asked_for(kind, document, draft, changes, basis.reference)
    line_basis = _line_basis(draft, basis, before=document, deducts=deducts)
    lines = apply_operations(moved, changes.get("lines") or (), line_basis)
    if draft.document_date != document.document_date:
        lines = on_another_day(lines, _line_basis(draft, basis))
    if (draft.account_number, draft.currency_id) != (document.account_number, document.currency_id):
        check_accounts(lines, _line_basis(draft, basis))
    sent_vat = changes.get("vat_rows") or ()
    if vat_rows_echoed(document, sent_vat, basis.reference.decimals_of(document.currency_id)):
        sent_vat = ()  # the stored figures hold as long as nothing they depend on changes (VAT-11)
    if not sent_vat and _figures_stand(document, draft, lines):
        draft = replace(draft, lines=lines)
    else:
        if not sent_vat and _vat_stands(document, draft, lines):
            sent_vat = entered_vat(document)
        draft = with_figures(draft, lines, basis.reference, sent_vat)
    draft = with_deduction(deducts, document, draft, changes, basis.reference)
    if _discount_of(draft) != _discount_of(document):
        check_discount_date(draft)
    check_parts(kind, draft, basis.reference, document)
    return _with_status(kind, document, draft, changes, basis)


def _check_kept(kind: Kind, document: Document, changes: Mapping[str, Any], basis: Basis) -> None:
    """Refuses another customer or currency: the documents that were charged for have those (OCH-08)."""
    currency_id = changes.get("currency_id")
    kept = {
        "customer_number": basis.debtor.customer_id == document.customer_id,
        "currency_id": currency_id is None or currency_id.upper() == document.currency_id,
    }
    for name, is_kept in kept.items():
        if not is_kept:
            raise Refused(
                f"The {name.split('_')[0]} of this {kind.noun} cannot be changed: it is that of what was charged for.",
                field=(name,),
                value=changes.get(name),
                hint="Leave it out. A draft that is not wanted can be deleted.",
            )


def check_deletable(kind: Kind, document: Document) -> None:
    """Refuses to delete what is released (DST-01: corrections go through a credit or debit note)."""
    if document.is_released or document.status == "Voided":
        raise Refused(
            f"The {kind.noun} {document.number} can't be deleted because it is already released.",
            hint="Only a document that is not released can be deleted.",
        )


def check_releasable(kind: Kind, document: Document, basis: Basis) -> None:
    """REL-01: what must hold before release, in the rule's order; the first failure wins.

    A refusal names a field only to say which account is meant: nothing was sent that could be at fault.
    """
    if document.is_released:
        raise Refused(f"The {kind.noun} {document.number} can't be released because it is already released.")
    if document.is_held:
        _check_credit(kind, document, basis)  # tell the reason for the hold (D4)
    if document.status != "Balanced":
        raise Refused(
            f"The {kind.noun} {document.number} is not balanced: its status is {document.status}.",
            hint="Remove the hold, or print or send it first; only a Balanced document can be released.",
        )
    if not document.lines:
        raise Refused(f"The {kind.noun} {document.number} has no lines.", hint="Add a line first.")
    check_may(basis.debtor.status, kind.release_operation, basis.debtor.number, ())
    _check_credit(kind, document, basis)
    _check_period(document, basis.reference)
    _check_accounts(kind, document, basis.reference)
    check_accounts(document.lines, _line_basis(document, basis))
    check_parts(kind, document, basis.reference)  # the terms may have changed since it was saved


def released(
    document: Document, now: datetime, actor: str, settling: Settling | None = None, *, is_divided: bool = False
) -> Document:
    """The document as release leaves it: Open, or Closed if nothing is left of it (REL-02, PER-07).

    Nothing is left of one that is divided into parts (INS-04).
    """
    balance, balance_base, period_id = document.amount, document.amount_base, document.period_id
    if is_divided:
        balance = ZERO
    if settling is not None:
        credit = settling.credit
        balance, balance_base = credit.balance, credit.balance_base
        period_id = credit.closed_period_id or period_id
    closed = balance == ZERO
    return replace(
        document,
        status="Closed" if closed else "Open",
        closed_period_id=period_id if closed else None,
        balance=balance,
        balance_base=ZERO if closed else balance_base,
        released_at=now,
        released_by=actor,
        modified_at=now,
        proposals=(),
    )


def _line_basis(
    draft: Document, basis: Basis, *, before: Document | None = None, deducts: DeductionType | None = None
) -> LineBasis:
    return LineBasis(
        reference=basis.reference,
        debtor=basis.debtor,
        items=basis.items,
        offers=basis.offers if KINDS[draft.document_type].sales_sign else {},  # PRC-08
        rate=rate_of(draft),
        day=draft.document_date,
        currency_id=draft.currency_id,
        decimals=basis.reference.decimals_of(draft.currency_id),
        receivable_account=draft.account_number,
        branch_number=draft.branch_number,
        salesperson_id=draft.salesperson_id,
        vat_zone_id=draft.vat_zone_id,
        earlier_vat_zone_id=(before or draft).vat_zone_id,
        discount_basis=DiscountBasis(basis.reference.preferences.discount_basis),
        deducts=deducts,
    )


_VAT_DEPENDS_ON = ("vat_date", "vat_zone_id", "currency_id", "exchange_rate", "rate_operator", "vat_exchange_rate")
_FIGURES_DEPEND_ON = (*_VAT_DEPENDS_ON, "terms_id", "cash_discount_date")


def _figures_stand(document: Document, draft: Document, lines: tuple[Line, ...]) -> bool:
    """Whether nothing is to be computed anew."""
    return lines == document.lines and _agree(document, draft, _FIGURES_DEPEND_ON)


def _vat_stands(document: Document, draft: Document, lines: tuple[Line, ...]) -> bool:
    """Whether entered VAT rows survive: the change touches no figure that they follow from (VAT-11)."""
    return _taxed(lines) == _taxed(document.lines) and _agree(document, draft, _VAT_DEPENDS_ON)


def _taxed(lines: tuple[Line, ...]) -> list[tuple[object, ...]]:
    return [(line.line_number, line.amount, line.vat_category_id, line.vat_date) for line in lines]


def _agree(document: Document, draft: Document, names: tuple[str, ...]) -> bool:
    return all(getattr(draft, name) == getattr(document, name) for name in names)


def _discount_of(document: Document) -> tuple[object, ...]:
    return document.due_date, document.cash_discount_date, document.cash_discount > ZERO


def _moved_lines(document: Document, draft: Document, basis: Basis) -> tuple[Line, ...]:
    """The existing lines, moved to the header's branch and rounded for its currency."""
    lines = document.lines
    if draft.branch_number != document.branch_number:
        lines = in_branch(lines, document.branch_number, _line_basis(draft, basis))
    if basis.reference.decimals_of(draft.currency_id) != basis.reference.decimals_of(document.currency_id):
        lines = rounded_lines(lines, _line_basis(draft, basis))
    return lines


def _with_status(
    kind: Kind, before: Document | None, draft: Document, changes: Mapping[str, Any], basis: Basis
) -> Document:
    """The status a saved draft has (DST-02, DST-05) after the credit check (CRD-04, CRD-05, D4)."""
    preferences = basis.reference.preferences
    hold = changes.get("hold")
    if hold is None:
        hold = before.is_held if before is not None else preferences.hold_on_entry
    if hold:
        kept = before is not None and before.status == "CreditHold"
        return replace(draft, status="CreditHold" if kept else "Hold")
    has_passed = before is not None and _has_passed(before, draft)
    failure = None if has_passed else _credit_failure(kind, before, draft, basis)
    if failure is not None and preferences.credit_check.enabled:
        if before is not None and before.is_held:
            raise _credit_refusal(failure, field=("hold",), value=False)
        return replace(draft, status=preferences.credit_check.status)
    approved = draft.amount_base if kind.checks_credit and failure is None else draft.credit_approved_amount_base
    return replace(draft, status=_pending_status(kind, draft, basis), credit_approved_amount_base=approved)


def _pending_status(kind: Kind, draft: Document, basis: Basis) -> str:
    if kind.is_paid_at_once:  # the buyer stands there and pays (CSA-02)
        return "Balanced"
    preferences = basis.reference.preferences
    if preferences.print_before_release and basis.debtor.print_invoices and not draft.dont_print:
        return "PendingPrint"
    if preferences.email_before_release and basis.debtor.email_invoices and not draft.dont_email:
        return "PendingEmail"
    return "Balanced"


def _has_passed(before: Document, draft: Document) -> bool:
    """Whether this customer was given credit for at least this much when the document was last saved (CRD-06)."""
    same_customer = before.customer_id == draft.customer_id
    return same_customer and not before.is_held and draft.amount_base <= before.credit_approved_amount_base


def _check_credit(kind: Kind, document: Document, basis: Basis) -> None:
    """Release checks again: the limit or other documents may have changed since it was saved (REL-01.4)."""
    failure = _credit_failure(kind, document, document, basis)
    if failure is not None:
        raise _credit_refusal(failure)


def _credit_failure(kind: Kind, before: Document | None, draft: Document, basis: Basis) -> CreditFailure | None:
    """CRD-02, CRD-03: why `draft` is too much for its customer; `before` is what is already counted."""
    if not kind.checks_credit or not basis.reference.preferences.credit_check.enabled:
        return None
    unreleased, replaced = basis.debtor.unreleased, basis.links.replaces
    if before is not None and before.customer_id == draft.customer_id:
        unreleased -= before.amount_base
    return credit_check(
        rule=basis.debtor.credit_verification,
        limit=basis.debtor.credit_limit,
        days_past_due=basis.debtor.credit_days_past_due,
        balance=basis.debtor.balance - (replaced.balance_base if replaced is not None else ZERO),
        unreleased=unreleased,
        earliest_due_date=basis.earliest_due_date,
        today=basis.today,
        added_amount=draft.amount_base,
    )


def _credit_refusal(failure: CreditFailure, *, field: FieldPath = (), value: object = None) -> Refused:
    return Refused(
        failure.reason,
        field=field,
        value=value,
        hint="Raise the customer's credit limit, or settle open documents first.",
    )


def _check_period(document: Document, reference: Reference) -> None:
    period = reference.periods[document.period_id]
    check_open(period, reference.preferences.allow_posting_to_closed_periods, ())


def _check_accounts(kind: Kind, document: Document, reference: Reference) -> None:
    """REL-01.7: every account that the entries will name is active."""
    used: dict[str, tuple[str | int, ...]] = {document.account_number: ("account",)}
    if kind.is_paid_at_once:
        used = {document.cash_account or "": ("cash_account",)}
    for position, line in enumerate(document.lines):
        used.setdefault(line.account_number, ("lines", position, "account_number"))
    for row in document.vat:
        if row.vat and row.payable_account is None:
            raise Refused(
                f"The VAT id '{row.vat_id}' has no account for VAT payable.",
                field=("vat_id",),
                value=row.vat_id,
                hint="Set one on the VAT id first.",
            )
        if row.payable_account is not None:
            used.setdefault(row.payable_account, ("vat_id",))
    for account_number, field in used.items():
        reference.active_account(account_number, field)
    for subaccount_id in {document.subaccount_id, *(line.subaccount_id for line in document.lines)}:
        reference.subaccounts.in_use(reference.subaccounts[subaccount_id].subaccount_number, ("subaccount",))
