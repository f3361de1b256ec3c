"""The lines of a payment: what it will settle, with what is left out filled in, and each checked (LNE, WOF, XCU)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra.currencies.rules import Operator, in_currency
from reskontra.errors import FieldPath, Malformed, Refused
from reskontra.kinds import CREDIT_NOTE, DEBITS, PAYMENT, PREPAYMENT, REFUND
from reskontra.money import ONE, ZERO, divide, multiply, round_money
from reskontra.operations import LineOperation
from reskontra.payments.payment import Basis, Payment, PaymentLine
from reskontra.payments.rules.cross_rates import check_agreed, in_document_currency, in_payment_currency, rate_of_day
from reskontra.receivables.rules.items import OpenItem, Payable, name_of, named_on
from reskontra.receivables.rules.proposals import (
    check_freed,
    check_not_proposed,
    check_nothing_waits,
    check_taken_over,
)

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

LINES: FieldPath = ("lines",)

_MAY_NAME = {
    PAYMENT.document_type: (*DEBITS, CREDIT_NOTE.document_type),
    PREPAYMENT.document_type: DEBITS,
    CREDIT_NOTE.document_type: DEBITS,
    REFUND.document_type: (CREDIT_NOTE.document_type, PAYMENT.document_type, PREPAYMENT.document_type),
}
"""Type of payment -> the types of documents that its lines may name (LNE-01, RFD-01)."""


def is_pot(payment: Payment, document_type: str) -> bool:
    """Whether a line of this type adds to what the payment has, rather than taking from it (CNP-03)."""
    return payment.kind.balance_sign < 0 and document_type == CREDIT_NOTE.document_type


@dataclass(frozen=True, slots=True)
class _Of:
    """What one line is judged by: its payment, the document it names, and where it stands in the request."""

    payment: Payment
    payable: Payable
    basis: Basis
    field: FieldPath
    before: Payment | None

    @property
    def is_moved(self) -> bool:
        """Whether what follows from the payment's date and currency is found anew."""
        return self.before is not None and has_moved(self.before, self.payment)

    @property
    def is_exchanged(self) -> bool:
        """Whether the payment is in another currency than it was."""
        return self.before is not None and self.before.currency_id != self.payment.currency_id

    @property
    def decimals(self) -> int:
        """The places of an amount of the line."""
        return self.basis.reference.decimals_of(self.payment.currency_id)


def has_moved(before: Payment, after: Payment) -> bool:
    """Whether lines stand on another day or in another currency, on which what nobody entered depends (XCU-01)."""
    return (before.applied_on, before.currency_id) != (after.applied_on, after.currency_id)


def lines_after(
    payment: Payment,
    sent: Sequence[Mapping[str, Any]],
    basis: Basis,
    *,
    available: Decimal | None,
    before: Payment | None = None,
) -> tuple[PaymentLine, ...]:
    """The lines after a request, in the order in which they were first sent (LNE-02, LNE-12); linear in their number.

    `available` is what the payment itself has to give, in its currency; None means whatever the lines need. `before` is
    the payment as it was, if it has been there.
    """
    lines = {name_of(line.document_type, line.number): line for line in payment.lines}
    fields: dict[tuple[str, str], FieldPath] = {}
    if before is not None and has_moved(before, payment):
        lines = _moved(payment, before, lines, basis, available)
    left = None if available is None else available - taken_by(payment, lines.values())
    for position, change in enumerate(sent):
        field: FieldPath = (*LINES, position)
        operation = change.get("operation")
        if operation == LineOperation.NOTHING:
            continue
        document_type, number = named_on(change)
        if not number:
            raise Malformed("A line needs a document.", field=(*field, "number"), hint="Send its number.")
        key = name_of(document_type, number)
        if key in fields:
            raise Refused(
                f"{number} stands there twice.", field=(*field, "number"), value=number, hint="Send one line for it."
            )
        standing = lines.get(key)
        if operation in (LineOperation.UPDATE, LineOperation.DELETE) and standing is None:
            raise Refused(
                f"{number} is on no line that waits for release.",
                field=(*field, "number"),
                value=number,
                hint="A released application is taken back with POST /v1/reskontra/application/{id}/action/undo.",
            )
        if left is not None and standing is not None:
            left += _takes(payment, standing)
        if operation == LineOperation.DELETE:
            del lines[key]
            continue
        of = _Of(payment, _payable(payment, document_type, number, basis, field), basis, field, before)
        line = _line(of, standing, change, None if is_pot(payment, document_type) else left)
        lines[key], fields[key] = line, field
        if left is not None:
            left -= _takes(payment, line)
    for key, line in lines.items():
        field = fields.get(key, LINES)
        check_line(payment, line, _payable(payment, line.document_type, line.number, basis, field), basis, field)
    result = tuple(lines.values())
    check_order(payment, result, basis, [fields.get(key, LINES) for key in lines])
    check_sums(payment, result, available)
    return result


def _moved(
    payment: Payment,
    before: Payment,
    lines: Mapping[tuple[str, str], PaymentLine],
    basis: Basis,
    available: Decimal | None,
) -> dict[tuple[str, str], PaymentLine]:
    """The lines on another day or in another currency. What was entered is served first, the rest gets what is left."""
    entered = [line for line in lines.values() if "amount" not in line.follows]
    left = None if available is None else available - taken_by(payment, entered)
    moved = {}
    for key, line in lines.items():
        payable = _payable(payment, line.document_type, line.number, basis, LINES)
        of = _Of(payment, payable, basis, LINES, before)
        moved[key] = _line(of, line, {}, None if is_pot(payment, line.document_type) else left)
        if left is not None and "amount" in line.follows:
            left -= _takes(payment, moved[key])
    return moved


def taken_by(payment: Payment, lines: Iterable[PaymentLine]) -> Decimal:
    """What lines take of the payment: debits less the credit notes that pay for some of them (LNE-05, CNP-03)."""
    return sum((_takes(payment, line) for line in lines), ZERO)


def _takes(payment: Payment, line: PaymentLine) -> Decimal:
    return -line.amount if is_pot(payment, line.document_type) else line.amount


def _payable(payment: Payment, document_type: str, number: str, basis: Basis, field: FieldPath) -> Payable:
    """The document that a line names: of this customer, or of a child that it pays for (PAR-03)."""
    wanted = _MAY_NAME[payment.document_type]
    if document_type not in wanted:
        raise Refused(
            f"A {payment.kind.noun} cannot have lines for documents of the type {document_type}.",
            field=(*field, "document_type"),
            value=document_type,
            hint=f"Send one of: {', '.join(wanted)}.",
        )
    payable = basis.payables.get(name_of(document_type, number))
    if payable is None or payment.customer_id not in payable.item.payers:
        raise Refused(
            f"AdjdRefNbr '{number}' cannot be found in the system.",
            field=(*field, "number"),
            value=number,
            hint="Send an open document of the same customer.",
        )
    return payable


def _line(of: _Of, standing: PaymentLine | None, change: Mapping[str, Any], left: Decimal | None) -> PaymentLine:
    """A line with what was sent; what was not is the standing line's or follows (LNE-05, LNE-06, LNE-08).

    A cash discount is taken by itself if it closes the document in time (DSC-02, DSC-03); a write-off above zero is
    paid too little, below zero too much (WOF-02). `left` is what the payment has left; None means whatever it needs.
    """
    item = of.payable.item
    cross_rate = _cross_rate(of, standing, change)
    balance = in_payment_currency(item.balance, cross_rate, of.decimals)
    follows = _followers(of, standing, change)
    is_moved = of.is_moved or (standing is not None and standing.cross_rate != cross_rate)
    amount = None if "amount" in follows and is_moved else _kept(of, standing, change, "amount_paid", "amount")
    is_new = is_moved or change.get("amount_paid") is not None
    discount = None if "discount" in follows and is_new else _kept(of, standing, change, "discount", "discount")
    write_off = _kept(of, standing, change, "write_off", "write_off") or ZERO
    offered = _offered(of, cross_rate, balance)
    if amount is None:
        amount = max(balance - (offered if discount is None else discount) - write_off, ZERO)
        if left is not None and amount > left:
            amount = max(left, ZERO)
            discount = discount or ZERO  # the rest is not paid in full, so nothing is given for it
    if discount is None:
        discount = offered if offered and amount + offered == balance else ZERO
    reason = change.get("reason_code") or (standing.reason_code if standing and write_off else None)
    return PaymentLine(
        document_id=item.document_id,
        document_type=item.document_type,
        number=item.number,
        amount=amount,
        discount=discount,
        write_off=write_off,
        reason_code=_reason(reason, write_off, of.basis.reference, of.field),
        cross_rate=cross_rate,
        follows=follows,
    )


def _followers(of: _Of, standing: PaymentLine | None, change: Mapping[str, Any]) -> tuple[str, ...]:
    """What nobody has entered, now or before."""
    sent = {"amount": "amount_paid", "discount": "discount", "cross_rate": "cross_rate"}
    followed = sent if standing is None else standing.follows
    return tuple(
        stored
        for stored, name in sent.items()
        if (change.get(name) is None or (stored == "cross_rate" and not change[name]))
        and (stored in followed or name in change or (stored == "cross_rate" and of.is_exchanged))
    )


def _offered(of: _Of, cross_rate: Decimal, balance: Decimal) -> Decimal:
    """The cash discount that may be taken by itself; none where no money would be left to pay (APP-03)."""
    if of.payable.item.document_type not in DEBITS or not _is_in_time(of.payment, of.payable):
        return ZERO
    offered = in_payment_currency(of.payable.discount_left, cross_rate, of.decimals)
    return offered if offered < balance else ZERO


def _kept(of: _Of, standing: PaymentLine | None, change: Mapping[str, Any], sent: str, stored: str) -> Decimal | None:
    """What was sent, or what stands if nothing was; None asks for the default."""
    if sent in change or standing is None:
        value = change.get(sent)
        return None if value is None else in_currency(value, of.decimals, (*of.field, sent))
    standing_value: Decimal | None = getattr(standing, stored)
    return standing_value


def _is_in_time(payment: Payment, payable: Payable) -> bool:
    """Whether a cash discount may be taken by itself: on its last day at the latest (DSC-01)."""
    return payable.discount_date is not None and payment.applied_on <= payable.discount_date


def _reason(sent: str | None, write_off: Decimal, reference: Reference, field: FieldPath) -> str | None:
    """The reason code of a write-off: the one that was sent, else the only one of its usage (LNE-08).

    Where nothing is written off there is none, but one that was sent exists.
    """
    path = (*field, "reason_code")
    if not write_off:
        if sent:
            reference.reason_code(sent, None, path)
        return None
    usage = "BalanceWriteOff" if write_off > ZERO else "CreditWriteOff"
    if sent:
        return reference.reason_code(sent, usage, path).reason_code_id
    known = [code.reason_code_id for code in reference.reason_codes.values() if code.usage == usage]
    if len(known) != 1:
        raise Malformed(
            "A write-off needs a reason code.", field=path, hint=f"Send one of: {', '.join(known) or 'none is set up'}."
        )
    return known[0]


# Currencies


def _cross_rate(of: _Of, standing: PaymentLine | None, change: Mapping[str, Any]) -> Decimal:
    """Payment currency per unit of the document's currency: agreed, or by the rates of the day (XCU-01)."""
    payment, item, path = of.payment, of.payable.item, (*of.field, "cross_rate")
    sent = change.get("cross_rate") or None  # 0 is a generated client's default, no rate (X7)
    if item.currency_id == payment.currency_id:
        if sent not in (None, ONE):
            raise Refused(
                f"{item.number} and the {payment.kind.noun} are both in {item.currency_id}.",
                field=path,
                value=f"{sent:f}",
                hint="Send 1, or leave it out.",
            )
        return ONE
    if is_pot(payment, item.document_type):
        raise Refused(
            f"{item.number} is in {item.currency_id}, the {payment.kind.noun} in {payment.currency_id}.",
            field=(*of.field, "number"),
            value=item.number,
            hint="Apply the credit note by itself, or in a payment of its own currency.",
        )
    if sent is not None:
        if sent <= ZERO:
            raise Refused("A cross rate is above 0.", field=path, value=f"{sent:f}", hint="Send it with 8 decimals.")
        if standing is None or sent != standing.cross_rate:
            check_agreed(Decimal(sent), item.currency_id, payment, of.basis, path)
        return Decimal(sent)
    is_cleared = "cross_rate" in change and change["cross_rate"] is None
    is_old = of.is_exchanged or (standing is not None and "cross_rate" in standing.follows and of.is_moved)
    if standing is not None and not is_cleared and not is_old:
        return standing.cross_rate
    return rate_of_day(item.currency_id, payment, of.basis, path)


# Checks


def check_line(payment: Payment, line: PaymentLine, payable: Payable, basis: Basis, field: FieldPath) -> None:
    """Refuse a line that could not be released as things are (LNE-03 to LNE-09b)."""
    item = payable.item
    _check_open(payment, payable, field)
    check_taken_over(item, payment.applied_on, ("application_date",))
    balance = in_payment_currency(item.balance, line.cross_rate, basis.reference.decimals_of(payment.currency_id))
    settled = _settled(payment, line, item, basis)
    if item.document_type in DEBITS:
        _check_debit_line(line, payable, basis, field, balance=balance, is_nothing=settled <= ZERO)
    else:
        _check_credit_line(line, item, field, balance=balance, is_nothing=settled <= ZERO)
    check_freed(
        item.number, item.freed, payment.applied_on, ("application_date",), amount=settled, balance=item.balance
    )


def _check_debit_line(
    line: PaymentLine, payable: Payable, basis: Basis, field: FieldPath, *, balance: Decimal, is_nothing: bool
) -> None:
    item = payable.item
    if line.amount < ZERO:
        raise _amount_refused(line, item.number, balance, field)
    if not ZERO <= line.discount <= max(balance - line.amount, ZERO):
        raise Refused(
            f"A cash discount on {item.number} is at most what is left of it.",
            field=(*field, "discount"),
            value=f"{line.discount:f}",
            hint=f"Send at most {max(balance - line.amount, ZERO):f}.",
        )
    if line.write_off:
        _check_write_off(line, payable, basis, field)
    reduction = line.amount + line.discount + line.write_off
    if is_nothing or not ZERO < reduction <= balance:
        raise _amount_refused(line, item.number, balance, field)


def _settled(payment: Payment, line: PaymentLine, item: OpenItem, basis: Basis) -> Decimal:
    """What a line takes of its document, in the document's currency."""
    return in_document_currency(
        line.amount + line.discount + line.write_off,
        line.cross_rate,
        item.balance,
        decimals=basis.reference.decimals_of(item.currency_id),
        payment_decimals=basis.reference.decimals_of(payment.currency_id),
    )


def _amount_refused(line: PaymentLine, number: str, balance: Decimal, field: FieldPath) -> Refused:
    return Refused(
        f"That much is not open on {number}: its balance is {balance:f}.",
        field=(*field, "amount_paid"),
        value=f"{line.amount:f}",
        hint=f"Send more than 0 and at most {balance:f}, discount and write-off included.",
    )


def _check_open(payment: Payment, payable: Payable, field: FieldPath) -> None:
    """Open, and waiting for nobody else (LNE-03, LNE-11)."""
    item = payable.item
    if item.status != "Open":
        raise Refused(
            f"{item.number} has the status {item.status}, and its balance is {item.balance:f}.",
            field=(*field, "number"),
            value=item.number,
            hint="Send a released document that is open.",
        )
    check_not_proposed(item, payable.proposer, (*field, "number"))
    check_nothing_waits(item, (*field, "number"))


def _check_credit_line(
    line: PaymentLine, item: OpenItem, field: FieldPath, *, balance: Decimal, is_nothing: bool
) -> None:
    for name, value in (("discount", line.discount), ("write_off", line.write_off)):
        if value:
            raise Refused(
                f"{item.number} is a {item.document_type}: only its amount is used.",
                field=(*field, name),
                value=f"{value:f}",
                hint="Send 0, or leave it out.",
            )
    if is_nothing or not ZERO < line.amount <= balance:
        raise Refused(
            f"{item.number} has {balance:f} available.",
            field=(*field, "amount_paid"),
            value=f"{line.amount:f}",
            hint=f"Send more than 0 and at most {balance:f}.",
        )


def _check_write_off(line: PaymentLine, payable: Payable, basis: Basis, field: FieldPath) -> None:
    """The customer must allow it, within its limit in base currency (WOF-01, LNE-08)."""
    payer, path = basis.payer, (*field, "write_off")
    if not payer.write_off_allowed:
        raise Refused(
            f"Nothing may be written off for customer {payer.number}.",
            field=path,
            value=f"{line.write_off:f}",
            hint="Allow write-offs on the customer and give it a limit first.",
        )
    in_document = divide(line.write_off, line.cross_rate)
    rate = payable.item.rate
    exact = divide(in_document, rate.rate) if rate.operator == Operator.DIVIDE else multiply(in_document, rate.rate)
    if abs(round_money(exact, basis.reference.base_decimals)) > payer.write_off_limit:
        raise Refused(
            f"The write-off is above the limit of customer {payer.number}.",
            field=path,
            value=f"{line.write_off:f}",
            hint=f"Write off at most {payer.write_off_limit:f} {basis.reference.base_currency}.",
        )


def check_order(payment: Payment, lines: Sequence[PaymentLine], basis: Basis, fields: Iterable[FieldPath]) -> None:
    """What applications book is in the payment's batch, so they may book nothing of a later document (LNE-09).

    A line is applied to the payment, or where credit notes pay for debts, these to each other. Nor is anything applied
    before the day that freed what the payment has (UND-04).
    """
    taken, day = taken_by(payment, lines), payment.applied_on
    check_freed(payment.number, payment.freed, day, ("application_date",), amount=taken, balance=payment.balance)
    named = [(line, basis.payables[name_of(line.document_type, line.number)].item) for line in lines]
    notes = [item for _, item in named if is_pot(payment, item.document_type)]
    debts = [item for _, item in named if not is_pot(payment, item.document_type)]
    base = basis.reference.base_currency
    # What is foreign is never sure to be at par, whatever its rate: a cross rate may be agreed, and a part is rounded.
    money = payment.currency_id != base, payment.ledger
    to_notes = {money, *((note.currency_id != base, note.ledger) for note in notes)}
    to_debts = {(debt.currency_id != base, debt.ledger) for debt in debts}
    for (line, item), field in zip(named, fields, strict=True):
        is_later = item.document_date > payment.applied_on or item.period_id > payment.applied_period_id
        if not is_later:
            continue
        others = to_debts if is_pot(payment, item.document_type) else to_notes
        books = line.discount or line.write_off or item.currency_id != base or others - {(False, item.ledger)}
        if not books:
            continue
        theirs, own = item.document_date.isoformat(), payment.applied_on.isoformat()
        if item.document_date <= payment.applied_on:
            theirs, own = f"the period {item.period_id}", f"{own} in the period {payment.applied_period_id}"
        raise Refused(
            f"{item.number} is of {theirs}, the application of {own}.",
            field=(*field, "number"),
            value=item.number,
            hint="Date the application on the document's day or later, in its period or a later one.",
        )


def check_sums(payment: Payment, lines: Sequence[PaymentLine], available: Decimal | None) -> None:
    """Refuse lines that take more than there is, or notes that would become money (APP-03, CNP-04)."""
    notes = sum((line.amount for line in lines if is_pot(payment, line.document_type)), ZERO)
    taken = sum((line.amount for line in lines if not is_pot(payment, line.document_type)), ZERO)
    if notes > taken:
        raise Refused(
            "Credit notes cannot pay more than the other lines take: a credit note does not become money.",
            field=LINES,
            value=f"{notes:f}",
            hint=f"Use at most {taken:f} of them, or enter a Refund.",
        )
    if available is not None and taken > available + notes:
        raise Refused(
            "More is applied than the payment has.",
            field=LINES,
            value=f"{taken:f}",
            hint=f"Apply at most {available:f} and the credit notes of {notes:f}.",
        )
