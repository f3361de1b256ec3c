"""Releasing payments, what was added to them later, and their voids.

A payment that names what it settles takes one statement to read and one to write, with no transaction and no lock
around the two: the writing statement proves that what was read still holds (`Database.write`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from reskontra.clock import Context
from reskontra.customers.rules.standing import check_may
from reskontra.db.pool import Connection, need_transaction
from reskontra.errors import Malformed, Refused
from reskontra.money import ZERO
from reskontra.numbering.rules import choose_range
from reskontra.payments.commands.auto_applying import applies_by_itself, found_lines, hold_unsettled, told
from reskontra.payments.commands.discounting import with_vat
from reskontra.payments.commands.preparing import (
    ADDRESSED,
    VOIDS,
    applied_by,
    basis_of,
    first,
    held,
    hold_payer,
    load,
    names_of,
    origin_of,
    types_meant,
)
from reskontra.payments.payment import Applied, Basis, Payment, PaymentLine
from reskontra.payments.rules import voiding
from reskontra.payments.rules.lines import LINES, check_line, check_order, check_sums
from reskontra.payments.rules.settling import discount_account_of, money_parts, settle_lines
from reskontra.payments.store import loading, writing
from reskontra.payments.store.loading import Stored
from reskontra.periods.rules import check_open
from reskontra.posting.rules import batch_header, entries_of
from reskontra.receivables.commands import locks
from reskontra.receivables.commands.settlements import write_settlement
from reskontra.receivables.rules.cash_accounts import check_cash_account
from reskontra.receivables.rules.items import OpenItem, Payable, Settled
from reskontra.records import replace
from reskontra.reference.reference import Reference
from reskontra.versions import Expected, Saved

_RELEASED = (*ADDRESSED[:-1], *VOIDS)
"""What a number means: credit notes only if the type is sent."""

_NOTHING_LEFT = "Payment can't be updated because it is already released."


async def release(
    connection: Connection,
    context: Context,
    number: str,
    *,
    document_type: str | None = None,
    expected_version: Expected = None,
) -> tuple[Saved, Sequence[Applied]]:
    """Release a payment, the lines that were added to an open one, or a void (PAY-20 to PAY-24).

    Also returns what a payment without lines settled by itself, in the order in which it did (AUP-01).
    """
    found: Sequence[PaymentLine] = ()
    if connection.is_in_transaction():
        stored = await _to_release(connection, context, number, document_type)
        if stored.payment.is_void:
            return await _release_void(connection, context, stored, expected_version), ()
        stored, basis, found = await _held_to_release(connection, context, stored, expected_version)
    else:
        stored, basis = await load(
            connection,
            context,
            number,
            types_meant(document_type, _RELEASED),
            {},
            choose=lambda seen: _waiting(seen, number, document_type),
            expected_version=expected_version,
        )
        if stored.payment.is_void or stored.payment.is_released or applies_by_itself(stored.payment, basis.payer):
            need_transaction(connection)
    payment = stored.payment
    if payment.is_released:
        return await _release_lines(connection, context, stored, basis), ()
    _check_releasable(payment, basis)
    before = _items(stored, basis)
    settled = await _settled(connection, stored, before, basis) if payment.lines else None
    after = _after(stored, settled, before)
    parts = money_parts(after, stored.document_id, settled, before)
    saved = await _write(
        connection, context, stored, after, reference=basis.reference, parts=parts, settled=settled, basis=basis
    )
    return saved, told(settled, before, basis.payer) if settled and found else ()


async def _held_to_release(
    connection: Connection, context: Context, stored: Stored, expected_version: Expected
) -> tuple[Stored, Basis, Sequence[PaymentLine]]:
    """The payment and what its release depends on, all locked, with the lines that it gets by itself."""
    kept = reference, payer = await hold_payer(connection, context, stored.payment.customer_id, {})
    unsettled = await hold_unsettled(connection, context, payer) if applies_by_itself(stored.payment, payer) else None
    stored, reference, payer = await held(connection, context, stored, {}, expected_version=expected_version, kept=kept)
    payment = stored.payment
    found: Sequence[PaymentLine] = ()
    if unsettled is not None and applies_by_itself(payment, payer):
        found = await found_lines(connection, context, payment, unsettled, reference)
        payment = replace(payment, lines=tuple(found))
        stored = dataclasses.replace(stored, payment=payment)
    basis = await basis_of(
        connection,
        context,
        reference,
        payer,
        names_of(payment, {}),
        currency_id=payment.currency_id,
        on=payment.applied_on,
        proposer_id=stored.document_id,
    )
    return stored, basis, found


def _after(stored: Stored, settled: Settled | None, before: Mapping[int, OpenItem]) -> Payment:
    """The payment as its release leaves it. A refund must be applied in full (PST-01)."""
    payment = stored.payment
    own = settled.item(stored.document_id) if settled else before[stored.document_id]
    if payment.kind.balance_sign > 0 and own.balance:
        applied = payment.amount - own.balance
        raise Refused(
            f"A refund is applied in full before it is released: {applied:f} of {payment.amount:f} is.",
            field=LINES,
            value=f"{applied:f}",
            hint="Name open credit notes, payments or prepayments for the rest.",
        )
    after = replace(
        payment,
        status=own.status if own.balance else "Closed",
        closed_period_id=None if own.balance else own.closed_period_id or payment.period_id,
        balance=own.balance,
        balance_base=own.balance_base,
    )
    if settled:
        after = replace(after, applied_on=max(payment.applied_on, *(it.applied_on for it in settled.applications)))
    return after


async def _write(
    connection: Connection,
    context: Context,
    before: Stored,
    payment: Payment,
    *,
    reference: Reference,
    parts: Sequence[Any],
    settled: Settled | None,
    kind: str = "apply",
    basis: Basis | None = None,
) -> Saved:
    entries = entries_of(parts)
    series = reference.series_of("batch")
    numbers = choose_range(series.ranges, payment.document_date, payment.branch_number)
    await locks.take_turn(context, series.series_id)
    return await writing.release_payment(
        connection,
        context,
        before,
        payment,
        batch=batch_header(
            description=payment.invoice_text or f"{payment.kind.noun.capitalize()} {payment.number}",
            document=(payment.document_type, payment.number),
            customer_id=payment.customer_id,
            currency_id=payment.currency_id,
            exchange_rate=payment.exchange_rate,
            on=(payment.document_date, payment.period_id),
            entries=entries,
            auto_post=reference.preferences.auto_post_batches,
        ),
        entries=entries,
        series=(series.series_id, numbers.range_id),
        settled=settled,
        kind=kind,
        basis=basis,
    )


async def _release_lines(connection: Connection, context: Context, stored: Stored, basis: Basis) -> Saved:
    """The lines that were added to an open payment or credit note, in a settlement and batch of their own (PAY-22)."""
    payment, reference = stored.payment, basis.reference
    if not payment.lines:
        raise Refused(_NOTHING_LEFT)
    if payment.status != "Open":
        raise Refused(
            f"{payment.number} has the status {payment.status} and cannot be applied.",
            field=("number",),
            value=payment.number,
            hint="Send hold as false first." if payment.status == "Reserved" else "",
        )
    check_may(basis.payer.status, payment.kind.release_operation, basis.payer.number)
    _check_lines(payment, basis, payment.balance)
    _check_period(payment.applied_period_id, reference)
    before = _items(stored, basis)
    settled = await _settled(connection, stored, before, basis)
    await writing.forget_lines(connection, context, stored.document_id)
    await write_settlement(
        connection,
        context,
        reference,
        settled,
        before,
        credit=before[stored.document_id],
        kind="apply",
        on=(payment.applied_on, payment.applied_period_id),
        description=payment.invoice_text,
        document_id=stored.document_id,
    )
    return await writing.version_of(connection, context.company_id, stored.document_id)


async def _release_void(connection: Connection, context: Context, stored: Stored, expected_version: Expected) -> Saved:
    """Take a payment or refund back: its applications, its money, and what was left of it (VDP-05)."""
    origin = await origin_of(connection, context, stored.payment)
    seen = await applied_by(connection, context, origin)
    stored, reference, payer = await held(
        connection, context, stored, {}, expected_version=expected_version,
        more=[(origin.payment.document_type, origin.payment.number), *seen.names.values()],
    )  # fmt: skip
    void = stored.payment
    if void.is_released:
        raise Refused(_NOTHING_LEFT)
    _check_balanced(void)
    check_may(payer.status, "payment", payer.number)
    _check_period(void.period_id, reference)
    origin = await origin_of(connection, context, void)
    applied = await applied_by(connection, context, origin)
    if applied.names.keys() - seen.names.keys():
        raise locks.Overtaken(
            f"The payment {void.number} was applied at the same moment.", hint="Send the request again."
        )
    in_force = applied.in_force
    before = await locks.take_items(connection, context, [*applied.names, origin.document_id, stored.document_id])
    voiding.check_voidable(origin.payment, origin.document_id, in_force.values(), applied.names)
    voiding.check_void_date(void, origin.payment)
    settled = voiding.voided(void, stored.document_id, origin.document_id, in_force, before)
    parts = money_parts(origin.payment, origin.document_id, voiding.without_void(settled, stored.document_id), before,
                        sign=-1)  # fmt: skip
    after = replace(void, status="Closed", closed_period_id=void.period_id, balance=ZERO, balance_base=ZERO)
    return await _write(
        connection, context, stored, after, reference=reference, parts=parts, settled=settled, kind="void"
    )


async def _to_release(connection: Connection, context: Context, number: str, document_type: str | None) -> Stored:
    """What a release means: the type that was sent, else the only one of that number with something to release."""
    types = types_meant(document_type, _RELEASED)
    return _waiting(await loading.find_payments(connection, context.company_id, types, number), number, document_type)


def _waiting(found: Sequence[Stored], number: str, document_type: str | None) -> Stored:
    first(found, number, document_type)
    waiting = [it for it in found if not it.payment.is_released or it.payment.lines]
    if not waiting:
        raise Refused(_NOTHING_LEFT)
    if len(waiting) > 1:
        raise Malformed(
            f"{number} has more than one document to release.",
            field=("document_type",),
            hint=f"Send the type: {' or '.join(it.payment.document_type for it in waiting)}.",
        )
    return waiting[0]


def _check_releasable(payment: Payment, basis: Basis) -> None:
    """In the order of PAY-21: status, the customer's status, period, accounts, then every line as things are now."""
    _check_balanced(payment)
    check_may(basis.payer.status, payment.kind.release_operation, basis.payer.number)
    _check_period(payment.period_id, basis.reference)
    basis.reference.active_account(payment.account_number, ("customer_number",))
    basis.reference.cash_account(payment.cash_account or "", ("cash_account",))
    check_cash_account(payment.kind, payment.cash_account, payment.currency_id, basis.reference)
    for position, charge in enumerate(payment.charges):
        basis.reference.active_account(charge.account_number, ("charges", position, "account_number"))
    _check_lines(payment, basis, payment.amount)


def _check_balanced(payment: Payment) -> None:
    if payment.status != "Balanced":
        raise Refused(
            f"{payment.number} has the status {payment.status} and cannot be released.",
            field=("number",),
            value=payment.number,
            hint="Send hold as false first." if payment.status == "Hold" else "",
        )


def _check_period(period_id: str, reference: Reference) -> None:
    period = reference.period_named(period_id, ("application_period",))
    check_open(period, reference.preferences.allow_posting_to_closed_periods, ("application_period",))


def _check_lines(payment: Payment, basis: Basis, available: Any) -> None:
    """Every line must still be possible, under the locks (LNE-10). None is dropped or cut."""
    for position, line in enumerate(payment.lines):
        payable = _payable(basis, line.document_type, line.number)
        check_line(payment, line, payable, basis, (*LINES, position))
    check_order(payment, payment.lines, basis, [(*LINES, position) for position in range(len(payment.lines))])
    check_sums(payment, payment.lines, available)


def _payable(basis: Basis, document_type: str, number: str) -> Payable:
    return basis.payables[document_type.lower(), number.lower()]


def _items(stored: Stored, basis: Basis) -> dict[int, OpenItem]:
    """The payment as its release leaves it before it settles anything, and what its lines name."""
    payment = stored.payment
    own = OpenItem(
        document_id=stored.document_id,
        document_type=payment.document_type,
        number=payment.number,
        status="Open",
        customer_id=payment.customer_id,
        account_number=payment.account_number,
        subaccount_id=payment.subaccount_id,
        branch_number=payment.branch_number,
        document_date=payment.document_date,
        period_id=payment.period_id,
        currency_id=payment.currency_id,
        rate=payment.rate,
        balance=payment.balance,
        balance_base=payment.balance_base,
    )
    items = {stored.document_id: own}
    for line in payment.lines:
        items[line.document_id] = _payable(basis, line.document_type, line.number).item
    return items


async def _settled(connection: Connection, stored: Stored, before: Mapping[int, OpenItem], basis: Basis) -> Settled:
    account = discount_account_of(basis.payer, basis.reference)
    settled = settle_lines(stored.payment, stored.document_id, before, basis.reference, account)
    return await with_vat(connection, basis.reference, settled, before)
