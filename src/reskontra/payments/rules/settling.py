"""What the lines of a payment become when it is released: applications, balances and journal entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from reskontra.currencies.rules import carry_down, to_base
from reskontra.errors import Refused
from reskontra.kinds import KINDS
from reskontra.money import ZERO
from reskontra.payment_methods.rules import Direction
from reskontra.payments.payment import Payment, PaymentLine
from reskontra.payments.rules.cross_rates import in_document_currency
from reskontra.payments.rules.lines import is_pot
from reskontra.posting.rules import Part
from reskontra.receivables.rules.items import Application, OpenItem, Settled
from reskontra.receivables.rules.settling import difference_account, on_account, reduced, settlement_parts
from reskontra.records import replace

if TYPE_CHECKING:
    from reskontra.customers.customer import Payer
    from reskontra.reference.reference import Reference


def discount_account_of(payer: Payer, reference: Reference) -> str | None:
    """Where the cash discounts of a customer go: the account of its location, else of its class."""
    return (
        payer.location.cash_discount_account
        or reference.customer_classes[payer.customer_class_id].cash_discount_account
    )


@dataclass(slots=True)
class _Open:
    """The documents while lines are applied one after the other."""

    items: dict[int, OpenItem]
    latest: str
    """The latest period of any application so far, in which a credit or refund that is used up closes."""


def settle_lines(
    payment: Payment,
    document_id: int,
    items: Mapping[int, OpenItem],
    reference: Reference,
    discount_account: str | None,
) -> Settled:
    """Apply a payment's lines, in their order (LNE-07, LNE-12); linear in their number.

    `items` has the payment itself, with what it has left, and the documents of its lines, by id. Credit notes are used
    first, each fully before the next (CNP-03): every application has one credit and one debit document. Base amounts
    carry down on both sides (D7, FX-01); a discount or write-off is worth what the debit is booked at and makes no
    document (LNE-16, WOF-03).
    """
    state = _Open(dict(items), max(payment.applied_period_id, items[document_id].period_id))
    made: list[Application] = []
    moved = dict.fromkeys((document_id,))
    pots = [(line.document_id, line.amount) for line in payment.lines if is_pot(payment, line.document_type)]
    pots.reverse()
    for line in payment.lines:
        if is_pot(payment, line.document_type):
            continue
        moved[line.document_id] = None
        if payment.kind.balance_sign > 0:
            made.append(_pay_out(payment, document_id, line, state, reference))
            continue
        portions: list[tuple[int, Decimal]] = []
        left = line.amount
        while left and pots:
            note_id, has = pots.pop()
            used = min(left, has)
            moved[note_id] = None
            portions.append((note_id, used))
            left -= used
            if has > used:
                pots.append((note_id, has - used))
        if left or not portions:
            portions.append((document_id, left))
        made.extend(_pay_in(payment, line, portions, state, reference=reference, discount_account=discount_account))
    return Settled(items=tuple(state.items[it] for it in moved), applications=tuple(made))


def _pay_in(
    payment: Payment,
    line: PaymentLine,
    portions: Sequence[tuple[int, Decimal]],
    state: _Open,
    *,
    reference: Reference,
    discount_account: str | None,
) -> list[Application]:
    """One debit settled from one or more credits; the last portion has discount, write-off and the rest (XCU-03)."""
    made = []
    debit = state.items[line.document_id]
    own, theirs = reference.decimals_of(payment.currency_id), reference.decimals_of(debit.currency_id)

    def settled_by(amount: Decimal, balance: Decimal) -> Decimal:
        return in_document_currency(amount, line.cross_rate, balance, decimals=theirs, payment_decimals=own)

    whole = settled_by(line.amount + line.discount + line.write_off, debit.balance)
    discount = min(settled_by(line.discount, debit.balance), whole)
    write_off = settled_by(line.write_off, debit.balance)
    left = whole - discount - write_off
    for position, (credit_id, amount) in enumerate(portions):
        is_last = position == len(portions) - 1
        debit, credit = state.items[line.document_id], state.items[credit_id]
        paid = left if is_last else min(settled_by(amount, debit.balance), left)
        left -= paid
        application = _application(
            credit,
            debit,
            payment,
            amount_credit=amount,
            amount_debit=paid,
            discount=discount if is_last else ZERO,
            write_off=write_off if is_last else ZERO,
            line=line if is_last else replace(line, discount=ZERO, write_off=ZERO),
            reference=reference,
            discount_account=discount_account,
        )
        made.append(application)
        _move(state, application)
    return made


def _pay_out(payment: Payment, document_id: int, line: PaymentLine, state: _Open, reference: Reference) -> Application:
    """A credit document paid out by a refund (RFD-02)."""
    credit, refund = state.items[line.document_id], state.items[document_id]
    amount_credit = in_document_currency(
        line.amount,
        line.cross_rate,
        credit.balance,
        decimals=reference.decimals_of(credit.currency_id),
        payment_decimals=reference.decimals_of(payment.currency_id),
    )
    application = _application(
        credit,
        refund,
        payment,
        amount_credit=amount_credit,
        amount_debit=line.amount,
        discount=ZERO,
        write_off=ZERO,
        line=line,
        reference=reference,
        discount_account=None,
    )
    _move(state, application)
    return application


def _application(
    credit: OpenItem,
    debit: OpenItem,
    payment: Payment,
    *,
    amount_credit: Decimal,
    amount_debit: Decimal,
    discount: Decimal,
    write_off: Decimal,
    line: PaymentLine,
    reference: Reference,
    discount_account: str | None,
) -> Application:
    """One application; the difference of both base amounts is gain or loss, whatever cross rate was agreed (XCU-04)."""
    decimals = reference.base_decimals
    base_credit = carry_down(amount_credit, credit.rate, credit.balance, credit.balance_base, decimals)
    reduction = amount_debit + discount + write_off
    whole_base = carry_down(reduction, debit.rate, debit.balance, debit.balance_base, decimals)
    discount_base = min(to_base(discount, debit.rate, decimals), whole_base)
    write_off_base = to_base(write_off, debit.rate, decimals)
    if not amount_debit:  # nothing is paid, so all that goes is the discount's or the write-off's
        if write_off:
            write_off_base = whole_base - discount_base
        else:
            discount_base = whole_base
    base_debit = whole_base - discount_base - write_off_base
    # XCU-05: the accounts of the foreign currency, where both are foreign that of the document that is settled.
    settled, money = (credit, debit) if payment.kind.balance_sign > 0 else (debit, credit)
    foreign = settled if settled.currency_id != reference.base_currency else money
    return Application(
        credit_document_id=credit.document_id,
        debit_document_id=debit.document_id,
        applied_on=max(payment.applied_on, credit.stands_from, debit.stands_from),
        period_id=max(payment.applied_period_id, credit.period_id, debit.period_id),
        amount_credit=amount_credit,
        amount_debit=amount_debit,
        base_credit=base_credit,
        base_debit=base_debit,
        discount=discount,
        discount_base=discount_base,
        discount_credit=line.discount,
        discount_account=_needed(discount_account, "cash discounts") if discount else None,
        write_off=write_off,
        write_off_base=write_off_base,
        write_off_credit=line.write_off,
        write_off_account=reference.reason_codes[line.reason_code or ""].account_number if write_off else None,
        reason_code=line.reason_code if write_off else None,
        cross_rate=line.cross_rate,
        gain_loss_account=difference_account(
            base_credit - base_debit, reference.currency_postings[foreign.currency_id]
        ),
        is_posted=payment.kind.is_money
        or bool(discount or write_off)
        or base_credit != base_debit
        or debit.ledger != credit.ledger,
    )


def _needed(account_number: str | None, what: str) -> str:
    if account_number is None:
        raise Refused(
            f"The customer has no account for {what}.",
            field=("lines",),
            value=None,
            hint="Set one on its location or class first.",
        )
    return account_number


def _move(state: _Open, application: Application) -> None:
    state.latest = max(state.latest, application.period_id)
    credit, debit = state.items[application.credit_document_id], state.items[application.debit_document_id]
    closes = state.latest if KINDS[debit.document_type].is_money else application.period_id
    state.items[credit.document_id] = reduced(credit, application.amount_credit, application.base_credit, state.latest)
    state.items[debit.document_id] = reduced(debit, application.reduction, application.reduction_base, closes)


# Entries


def money_parts(
    payment: Payment, document_id: int, settled: Settled | None, before: Mapping[int, OpenItem], *, sign: int = +1
) -> list[tuple[Part, int]]:
    """The entries of a payment's first release as (part, +1 debit or -1 credit), with `sign` -1 of its void (PAY-24).

    The cash account and charges (CHG-03), what each application moves, discount, write-off and exchange difference, and
    what is left of the payment on its own account (PAY-25). `settled` is what the release settles, or what the void
    takes back. `payment` has the balance that stands on its account: after the release, or before the void.
    """
    parts = _money(payment, sign)
    if settled is not None:
        parts.extend(settlement_parts(settled, before, skip=document_id))
    if payment.kind.balance_sign < 0:
        rest = on_account(before[document_id], payment.balance * sign, payment.balance_base * sign)
        parts.append((rest, -1))
    return parts


def _money(payment: Payment, sign: int) -> list[tuple[Part, int]]:
    """The cash account, less what is deducted, and the charges. Costs make less come in, or more go out."""
    side = -payment.kind.balance_sign
    netted = [(_cost(it.direction), it) for it in payment.charges if it.is_deducted]
    cash = payment.amount - side * sum((cost * it.amount for cost, it in netted), ZERO)
    cash_base = payment.amount_base - side * sum((cost * it.amount_base for cost, it in netted), ZERO)
    parts = [(_cash(payment, cash * sign, cash_base * sign), side)]
    for charge in payment.charges:
        cost = _cost(charge.direction)
        offset = Part(
            account_number=charge.account_number,
            subaccount_id=charge.subaccount_id,
            branch_number=payment.branch_number,
            amount=charge.amount * sign,
            amount_base=charge.amount_base * sign,
            purpose="charge",
        )
        parts.append((offset, cost))
        if not charge.is_deducted:
            parts.append((_cash(payment, charge.amount * sign, charge.amount_base * sign), -cost))
    return parts


def _cost(direction: str) -> int:
    return 1 if direction == Direction.DISBURSEMENT else -1


def _cash(payment: Payment, amount: Decimal, amount_base: Decimal) -> Part:
    return Part(
        account_number=payment.cash_account or "",
        subaccount_id=payment.subaccount_id,
        branch_number=payment.branch_number,
        amount=amount,
        amount_base=amount_base,
        purpose="payment",
    )
