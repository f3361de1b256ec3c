"""Voiding a payment or refund: the document that takes it back, and what its release does (VDP, RFD-04)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from reskontra.errors import Refused
from reskontra.kinds import KINDS
from reskontra.money import ONE, ZERO
from reskontra.payments.payment import Basis, Payment
from reskontra.payments.rules.drafts import check_number, period_after, refuse_others
from reskontra.periods.rules import is_open
from reskontra.receivables.rules.items import OPENING_ORIGIN, Application, OpenItem, Settled
from reskontra.receivables.rules.periods import may_stay
from reskontra.receivables.rules.proposals import check_freed
from reskontra.receivables.rules.settling import undone
from reskontra.records import replace

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

VOID_OF = {"Payment": "VoidPayment", "Prepayment": "VoidPayment", "Refund": "VoidRefund"}
"""Type -> the type of its void."""


def check_voidable(
    payment: Payment, document_id: int, in_force: Iterable[Application], names: Mapping[int, tuple[str, str]]
) -> None:
    """Only what was released, is not voided, and was not paid out again may be voided (PST-03, VDP-06, RFD-04), and
    only if there is something to take back.

    `names` are type and number of the documents of its applications.
    """
    if payment.document_type not in VOID_OF:
        hint = "Take it back with a debit note or a credit note." if payment.kind.settles_for_good else ""
        raise _refused(payment, f"A {payment.kind.noun} cannot be voided.", hint)
    if not payment.is_released:
        raise _refused(payment, f"{payment.number} has the status {payment.status}.", "Delete the draft instead.")
    if payment.origin == OPENING_ORIGIN:
        reason = f"{payment.number} was taken over from an older system: its money came in there."
        raise _refused(payment, reason, "Pay it back with a refund, or undo what it settled.")
    if payment.status == "Voided":
        raise _refused(payment, f"{payment.number} has the status Voided already.", "")
    if payment.lines:
        raise _refused(
            payment, f"{payment.number} has lines that wait for release.", "Release or delete those lines first."
        )
    in_force = tuple(in_force)
    if not (payment.amount or in_force):
        raise _refused(payment, f"{payment.number} is of nothing, and what it applied is undone already.", "")
    for application in in_force:
        document_type, number = names[application.debit_document_id]
        if application.credit_document_id == document_id and KINDS[document_type].is_money:
            raise _refused(payment, f"{payment.number} is paid out by refund {number}.", "Void the refund first.")
        if KINDS[document_type].settles_for_good:
            hint = "Undo what else it settled, and pay that back with a refund."
            raise _refused(payment, f"What was left of {payment.number} is written off by {number}.", hint)


def _refused(payment: Payment, reason: str, hint: str) -> Refused:
    return Refused(reason, field=("number",), value=payment.number, hint=hint)


def void_of(
    payment: Payment, document_id: int, in_force: Iterable[Application], reference: Reference, actor: str
) -> Payment:
    """The draft of a void: same number, place and rate, on the first open day that it may have (VDP-02, VDP-03)."""
    day, period_id = _when(*_earliest(payment, in_force, reference), reference)
    return replace(
        payment,
        document_type=VOID_OF[payment.document_type],
        status="Hold" if reference.preferences.hold_on_entry else "Balanced",
        document_date=day,
        period_id=period_id,
        applied_on=day,
        applied_period_id=period_id,
        closed_period_id=None,
        balance=payment.amount,
        balance_base=payment.amount_base,
        created_by=actor,
        released_at=None,
        released_by=None,
        batch_number=None,
        freed=None,
        voids_document_id=document_id,
        lines=(),
    )


def changed_void(
    void: Payment, changes: Mapping[str, Any], payment: Payment, in_force: Iterable[Application], basis: Basis
) -> Payment:
    """The draft of a void after a PUT: held or not, and a date not before the payment and what it applied (VDP-03)."""
    because = f"{void.number} is a void: only its date and its hold may change."
    refuse_others(void, changes, basis, _OF_A_VOID, because)
    check_number(void, changes)
    if changes.get("hold") is not None:
        void = replace(void, status="Hold" if changes["hold"] else "Balanced")
    if not (changes.get("application_date") or changes.get("application_period")):
        return void
    reference = basis.reference
    earliest, first = _earliest(payment, in_force, reference)
    day = changes.get("application_date") or void.document_date
    if day < earliest:
        raise Refused(
            f"The payment and what it applied, or took back of that, are of {earliest.isoformat()}.",
            field=("application_date",),
            value=day.isoformat(),
            hint="Send that day or a later one.",
        )
    period_id = period_after(changes, day, reference, earliest=first)
    return replace(void, document_date=day, period_id=period_id, applied_on=day, applied_period_id=period_id)


_OF_A_VOID = ("application_date", "application_period", "hold")


def _earliest(payment: Payment, in_force: Iterable[Application], reference: Reference) -> tuple[date, str]:
    """The day and period of a payment or, if that is later, of the last thing it applied or got back (UND-04)."""
    applied = list(in_force)
    day = max([payment.document_date, *(it.applied_on for it in applied)])
    period_id = max([payment.period_id, *(it.period_id for it in applied)])
    if payment.freed is None or payment.freed.on <= day:
        return day, period_id
    return payment.freed.on, max(period_id, reference.period_of(payment.freed.on).period_id)


def check_void_date(void: Payment, payment: Payment) -> None:
    """A void takes all that is left of the payment, so it is not before the day that freed some of that (UND-04)."""
    day = ("application_date",)
    check_freed(payment.number, payment.freed, void.applied_on, day, amount=payment.amount, balance=payment.balance)


def _when(day: date, period_id: str, reference: Reference) -> tuple[date, str]:
    """The day and period if that is open, and that of the day too, else the first day of the next open one (VDP-03)."""
    if may_stay(reference, day, period_id):
        return day, period_id
    allow_closed = reference.preferences.allow_posting_to_closed_periods
    following = next(
        (
            it
            for it in reference.ordinary_periods
            if it.period_id >= period_id and it.end_date >= day and is_open(it, allow_closed)
        ),
        None,
    )
    if following is None:
        raise Refused(
            f"The period {period_id} is closed, and there is no open one after it.",
            field=("number",),
            value=None,
            hint="Open a period first.",
        )
    return max(day, following.start_date), following.period_id


def voided(
    void: Payment,
    void_id: int,
    origin_id: int,
    in_force: Mapping[int, Application],
    items: Mapping[int, OpenItem],
) -> Settled:
    """What a void's release takes back, the newest application first, and that it takes what is left of the payment.

    The void is applied to the payment in full, so that the balance of both is their amount less applications; a payment
    of nothing, which only matched credit notes, has nothing to be applied to.
    """
    state = dict(items)
    made: list[Application] = []
    moved: dict[int, None] = {}
    latest = void.applied_on, void.applied_period_id
    for application_id, application in in_force.items():
        on = max(latest[0], application.applied_on), max(latest[1], application.period_id)
        credit, debit = state[application.credit_document_id], state[application.debit_document_id]
        back = undone(application, application_id, credit, debit, on)
        made.extend(back.applications)
        for item in back.items:
            state[item.document_id] = item
            moved[item.document_id] = None
    origin, own = state[origin_id], state[void_id]
    is_credit = KINDS[origin.document_type].balance_sign < 0
    if origin.balance or origin.balance_base:
        made.append(
            Application(
                credit_document_id=origin_id if is_credit else void_id,
                debit_document_id=void_id if is_credit else origin_id,
                applied_on=max(latest[0], origin.document_date),
                period_id=max(latest[1], origin.period_id),
                amount_credit=origin.balance,
                amount_debit=own.balance,
                base_credit=origin.balance_base,
                base_debit=own.balance_base,
                cross_rate=ONE,
                is_posted=True,
            )
        )
    moved[origin_id] = None
    state[origin_id] = replace(
        origin, balance=ZERO, balance_base=ZERO, status="Voided", closed_period_id=void.period_id
    )
    return Settled(items=tuple(state[it] for it in moved), applications=tuple(made))


def without_void(settled: Settled, void_id: int) -> Settled:
    """The settlement without the application to the void itself, which books nothing of its own."""
    return Settled(
        items=settled.items,
        applications=tuple(
            it for it in settled.applications if void_id not in (it.credit_document_id, it.debit_document_id)
        ),
    )
