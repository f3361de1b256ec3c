"""Which application may be proposed: kinds, customer, status, currency, dates and amounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from reskontra.currencies.rules import BASE_RATE
from reskontra.errors import FieldPath, Refused, UnknownReference
from reskontra.kinds import KINDS
from reskontra.money import ZERO
from reskontra.receivables.rules.items import Freed, OpenItem, Proposal


def check_credit(credit: OpenItem | None, name: tuple[str, str], field: FieldPath) -> OpenItem:
    """The credit document to be applied now: released, open and not reserved (APP-01, APP-09)."""
    document_type, number = name
    if credit is None:
        raise UnknownReference(field=(*field, "number"), value=number, hint="Send an open credit document.")
    kind = KINDS[credit.document_type]
    if kind.balance_sign > 0 or not kind.settles:
        raise Refused(
            f"A document of the type {document_type} cannot be applied to others.",
            field=(*field, "document_type"),
            value=document_type,
            hint="Send a credit document.",
        )
    if credit.status != "Open":
        raise Refused(
            f"{credit.number} has the status {credit.status} and cannot be applied.",
            field=(*field, "number"),
            value=number,
            hint="Send a released document that is open.",
        )
    return credit


def check_proposal(
    proposal: Proposal,
    debit: OpenItem | None,
    field: FieldPath,
    *,
    credit: OpenItem,
    on: tuple[date, str] | None = None,
) -> None:
    """Refuse an application that could never be released (APP-01 to APP-03, APP-07 to APP-09).

    `credit` is the credit document as it will be released, with `document_id` 0 if it is not stored yet. `on` is the
    date and period of the settlement; None means the credit document's, when that is released. What is settled at once
    may be of a child of the credit's customer (PAR-03): until a release, a customer may get another parent.
    """
    kind = KINDS[credit.document_type]
    if proposal.document_type not in kind.settles:
        raise Refused(
            f"A {kind.noun} cannot settle this kind of document.",
            field=(*field, "document_type"),
            value=proposal.document_type,
            hint=f"Send one of: {', '.join(sorted(kind.settles))}.",
        )
    if debit is None or credit.customer_id not in (debit.payers if on else (debit.customer_id,)):
        also = ", or of one whose parent it is" if on else ""
        raise UnknownReference(
            field=(*field, "number"), value=proposal.number, hint=f"Send an open document of the same customer{also}."
        )
    if debit.status != "Open":
        raise Refused(
            f"{debit.number} has the status {debit.status} and cannot be settled.",
            field=(*field, "number"),
            value=proposal.number,
            hint="Send a released document that is open.",
        )
    if debit.currency_id != credit.currency_id:
        raise Refused(
            f"{debit.number} is in {debit.currency_id}.",
            field=(*field, "number"),
            value=proposal.number,
            hint=f"Settle documents in {credit.currency_id} only.",
        )
    check_nothing_waits(debit, (*field, "number"))
    day, period_id = on or (credit.document_date, credit.period_id)
    day_field: FieldPath = ("application_date",) if on else ("document_date",)
    check_taken_over(debit, day, day_field)
    check_freed(debit.number, debit.freed, day, day_field, amount=proposal.amount, balance=debit.balance)
    _check_order(proposal, credit, debit, field, (day, period_id))
    if debit.proposed_by != credit.document_id:
        check_not_proposed(debit, debit.proposer, (*field, "number"))
    if not ZERO < proposal.amount <= debit.balance:
        raise Refused(
            "The amount is not open on that document.",
            field=(*field, "amount_paid"),
            value=f"{proposal.amount:f}",
            hint=f"Send more than 0 and at most {debit.balance:f}.",
        )


def check_taken_over(item: OpenItem, day: date, field: FieldPath) -> None:
    """Refuse to apply anything to a document, or it to anything, before the day of its takeover (OPN-06).

    What happened earlier is in the older system, and in the balance that was taken over.
    """
    if day < item.stands_from and item.taken_over_on is not None:
        raise Refused(
            f"{item.number} was taken over from an older system on {item.taken_over_on.isoformat()}: before "
            "that, nothing is applied to it or from it.",
            field=field,
            value=day.isoformat(),
            hint=f"Send {item.taken_over_on.isoformat()} or a later day.",
        )


def check_freed(
    number: str, freed: Freed | None, day: date, field: FieldPath, *, amount: Decimal, balance: Decimal
) -> None:
    """Refuse to use an amount of a document, of which `balance` is open, before the last day on which it got something
    back, unless that much was open without it: until then that was applied already (UND-04)."""
    if freed is not None and day < freed.on and amount > balance - freed.amount:
        raise Refused(
            f"What was applied on {number} was taken back on {freed.on.isoformat()}: before that, at most "
            f"{max(balance - freed.amount, ZERO):f} of it is open.",
            field=field,
            value=day.isoformat(),
            hint=f"Send {freed.on.isoformat()} or a later day.",
        )


def freed_later(on: date) -> str:
    """Why a run of an earlier day passes over a document that got something back on this one."""
    return f"Something applied on it was taken back on {on.isoformat()}, later than the run."


def check_not_proposed(item: OpenItem, proposer: str | None, field: FieldPath) -> None:
    """Refuse a document that has an application of another one, `proposer`, that waits for release (APP-08, LNE-11)."""
    if proposer is not None:
        raise Refused(
            f"{item.number} has an application that is not released yet, from {proposer}.",
            field=field,
            value=item.number,
            hint="Release that one, or take its line away, first.",
        )


def what_waits(item: OpenItem) -> str | None:
    """The draft that is to take a document back as a whole, so that nothing may settle it (VDP-04, CRR-04)."""
    if item.waiting_void:
        return "a void"
    return f"the correction {item.waiting_correction}" if item.waiting_correction is not None else None


def check_nothing_waits(item: OpenItem, field: FieldPath = ()) -> None:
    """Refuse to settle a document that a draft is to take back as a whole."""
    waiting = what_waits(item)
    if waiting is not None:
        raise Refused(
            f"{item.number} has {waiting} that waits for release.",
            field=field,
            value=item.number if field else None,
            hint="Release or delete that one first.",
        )


def _check_order(proposal: Proposal, credit: OpenItem, debit: OpenItem, field: FieldPath, on: tuple[date, str]) -> None:
    """An application has the later of both dates (APP-07), but what it books is in the settlement's batch. So it may
    book nothing if the debit is later, or the books would have an exchange difference before the debt itself."""
    is_later = (debit.document_date, debit.period_id) > on or debit.period_id > on[1]
    at_par = debit.rate == credit.rate == BASE_RATE
    books_something = not at_par or debit.ledger != credit.ledger
    if books_something and is_later:
        noun = KINDS[credit.document_type].noun
        raise Refused(
            f"{debit.number} is of {debit.document_date.isoformat()}, later than the {noun}.",
            field=(*field, "number"),
            value=proposal.number,
            hint=f"Date the {noun} on that day or later.",
        )


def check_total(proposals: Iterable[Proposal], available: Decimal, field: FieldPath = ("application_lines",)) -> None:
    """Refuse to apply more than the credit document has (APP-03); `available` is in its currency."""
    applied = sum((proposal.amount for proposal in proposals), ZERO)
    if applied > available:
        raise Refused(
            "More is applied than the document has.",
            field=field,
            value=f"{applied:f}",
            hint=f"Apply at most {available:f} in all.",
        )
