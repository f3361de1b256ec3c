"""Automatic application: of a payment on its release, and of all open credits in a run (AUP)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from reskontra.clock import Context
from reskontra.customers.commands import ids_of_sent
from reskontra.customers.customer import Payer
from reskontra.customers.rules.standing import may
from reskontra.customers.store.for_receivables import find_family
from reskontra.db.pool import Connection
from reskontra.kinds import CREDIT_NOTE, DEBITS, KINDS, PAYMENT, PREPAYMENT
from reskontra.payments.commands.discounting import with_vat
from reskontra.payments.commands.preparing import hold_payer
from reskontra.payments.payment import Applied, Payment, PaymentLine
from reskontra.payments.rules.matching import after, debts_settled, lines_by_itself, reason_to_skip
from reskontra.payments.rules.settling import discount_account_of, settle_lines
from reskontra.periods.rules import check_open
from reskontra.receivables.commands import locks
from reskontra.receivables.commands.settlements import write_settlement
from reskontra.receivables.rules.items import OpenItem, Payable, Settled
from reskontra.receivables.store.for_payments import Match, find_matches, find_unsettled
from reskontra.records import replace
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.runs.chunks import run_in_chunks
from reskontra.runs.outcome import Outcome, Skipped

if TYPE_CHECKING:
    from reskontra.web.call import Database

_CREDITS = (CREDIT_NOTE.document_type, PAYMENT.document_type, PREPAYMENT.document_type)
_FILTERS = "filters"


# On release


def applies_by_itself(payment: Payment, payer: Payer) -> bool:
    """Whether the release of a payment looks for what it may settle: it names nothing, and the customer wants it."""
    is_payment = KINDS[payment.document_type] is PAYMENT
    return is_payment and payer.auto_apply and not payment.is_released and not payment.lines and bool(payment.amount)


def told(settled: Settled, before: Mapping[int, OpenItem], payer: Payer) -> list[Applied]:
    """What was applied, in the order in which it was done (AUP-05)."""
    made = []
    for application in settled.applications:
        credit, debit = before[application.credit_document_id], before[application.debit_document_id]
        made.append(
            Applied(
                customer_number=payer.number,
                credit=(credit.document_type, credit.number),
                debit=(debit.document_type, debit.number),
                amount=application.amount_credit,
                currency_id=credit.currency_id,
            )
        )
    return made


async def hold_unsettled(
    connection: Connection, context: Context, payer: Payer, credit_types: Sequence[str] = (CREDIT_NOTE.document_type,)
) -> locks.Unsettled:
    """Lock the open debts and these credits of a customer and its children (PAR-03)."""
    family = await find_family(connection, context.company_id, payer.customer_id)
    types = [*DEBITS, *credit_types]
    return locks.Unsettled(await locks.take_unsettled(connection, context, list(family), types), family, types)


async def _payables(
    connection: Connection,
    context: Context,
    reference: Reference,
    unsettled: locks.Unsettled,
    moved: Sequence[str] = (),
) -> list[Payable]:
    """What is unsettled, in the order in which it is settled; all that this moves is locked."""
    await locks.take_what_settling_moves(connection, context, reference, unsettled, moved)
    first = reference.preferences.overdue_charges_first
    return await find_unsettled(connection, context.company_id, unsettled.ids, charges_first=first)


async def found_lines(
    connection: Connection, context: Context, payment: Payment, unsettled: locks.Unsettled, reference: Reference
) -> tuple[PaymentLine, ...]:
    """The lines that a payment gets by itself from the documents that are locked (AUP-01 to AUP-03)."""
    if not unsettled.ids:
        return ()
    found = await _payables(connection, context, reference, unsettled, [payment.document_type])
    on = payment.applied_on, payment.applied_period_id
    open_items = [payable for payable in found if reason_to_skip(payable, payment.currency_id, on) is None]
    debts = [it for it in open_items if it.item.sign > 0]
    notes = [it for it in open_items if it.item.sign < 0 and it.item.customer_id == payment.customer_id]
    return lines_by_itself(payment.amount, sorted(notes, key=_oldest_first), debts, payment.applied_on)


def _oldest_first(payable: Payable) -> tuple[date, str, str]:
    return payable.item.document_date, payable.item.document_type, payable.item.number


# The run


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What a run is asked for."""

    on: tuple[date, str]
    """The date of its applications and its period."""

    credits: Sequence[str]


async def run_auto_apply(database: Database, context: Context, changes: Mapping[str, Any]) -> Outcome[Applied]:
    """Apply all open credits to open debts, customer by customer, each in a transaction of its own (AUP-04).

    `changes` may hold as_of (default: today), filters (customer_numbers, customer_class, statement_cycle,
    includes_credit_notes) and dry_run, which rolls everything back. Raises `Refused` for the date or a filter. A second
    run makes nothing (AUP-06).
    """
    filters = changes.get(_FILTERS) or {}
    async with database.connection() as connection:
        reference = await remembered.at(connection, context.company_id, None)
        order = _order_of(context, reference, changes, filters)
        classes, cycles = _classes(reference, filters)
        customer_ids = None
        if filters.get("customer_numbers") is not None:
            customer_ids = await _customers(connection, context, filters["customer_numbers"])
        matches = await find_matches(
            connection,
            context.company_id,
            debit_types=DEBITS,
            credit_types=order.credits,
            customer_ids=customer_ids,
            classes=classes,
            cycles=cycles,
        )

    async def apply_one(connection: Connection, chunk: Sequence[Match]) -> Outcome[Applied]:
        (match,) = chunk
        return await _apply_for(connection, context, match, order)

    return await run_in_chunks(
        database, matches, apply_one, weight=lambda _: 1, chunk_weight=1, dry_run=bool(changes.get("dry_run"))
    )


def _order_of(context: Context, reference: Reference, changes: Mapping[str, Any], filters: Mapping[str, Any]) -> _Order:
    on = changes.get("as_of") or reference.today(context.now)
    period = reference.period_of(on, ("as_of",))
    check_open(period, reference.preferences.allow_posting_to_closed_periods, ("as_of",))
    with_notes = filters.get("includes_credit_notes", True)
    return _Order(on=(on, period.period_id), credits=_CREDITS if with_notes else _CREDITS[1:])


def _classes(reference: Reference, filters: Mapping[str, Any]) -> tuple[Sequence[str] | None, Sequence[str] | None]:
    wanted, cycle = filters.get("customer_class"), filters.get("statement_cycle")
    classes = None if wanted is None else [
        reference.customer_class(wanted, (_FILTERS, "customer_class")).customer_class_id
    ]  # fmt: skip
    cycles = None if cycle is None else [
        reference.statement_cycle_id(cycle, (_FILTERS, "statement_cycle")) or ""
    ]  # fmt: skip
    return classes, cycles


async def _customers(connection: Connection, context: Context, sent: Sequence[str]) -> list[int]:
    return await ids_of_sent(connection, context.company_id, sent, (_FILTERS, "customer_numbers"))


async def _apply_for(connection: Connection, context: Context, match: Match, order: _Order) -> Outcome[Applied]:
    """One customer: its credits, the oldest first, to the debts of its family (AUP-01, AUP-04)."""
    reference, payer = await hold_payer(connection, context, match.customer_id, {})
    if not may(payer.status, "payment"):
        return Outcome(skipped=(Skipped(payer.number, f"The customer has the status {payer.status}."),))
    unsettled = await hold_unsettled(connection, context, payer, _CREDITS)
    payables = await _payables(connection, context, reference, unsettled)
    own = sorted(
        (it for it in payables if it.item.document_type in order.credits and it.item.customer_id == payer.customer_id),
        key=_oldest_first,
    )
    debts = [it for it in payables if it.item.sign > 0]
    made: list[Applied] = []
    skipped: list[Skipped] = []
    for credit in own:
        reason = reason_to_skip(credit, credit.item.currency_id, order.on)
        if reason is not None:
            skipped.append(_skipped(credit, reason))
            continue
        fitting = [it for it in debts if reason_to_skip(it, credit.item.currency_id, order.on) is None]
        lines = debts_settled(fitting, credit.item.balance, order.on[0])
        if not lines:
            skipped.append(_skipped(credit, "There is nothing to apply it to."))
            continue
        settled, before = await _settle(
            connection, context, reference, payer, credit=credit, lines=lines, debts=debts, on=order.on
        )
        made += told(settled, before, payer)
        debts = after(debts, settled)
    currencies = {it.item.currency_id for it in own}
    for debt in debts:
        reasons = [reason_to_skip(debt, currency_id, order.on) for currency_id in sorted(currencies)]
        if reasons and reasons[0] is not None and all(reasons):
            skipped.append(_skipped(debt, reasons[0]))
    return Outcome(created=tuple(made), skipped=tuple(skipped))


def _skipped(payable: Payable, reason: str) -> Skipped:
    return Skipped(f"{payable.item.document_type} {payable.item.number}", reason)


async def _settle(
    connection: Connection,
    context: Context,
    reference: Reference,
    payer: Payer,
    *,
    credit: Payable,
    lines: Sequence[PaymentLine],
    debts: Sequence[Payable],
    on: tuple[date, str],
) -> tuple[Settled, Mapping[int, OpenItem]]:
    items: dict[int, OpenItem] = {it.item.document_id: it.item for it in debts}
    items[credit.item.document_id] = credit.item
    payment = replace(_as_payment(credit.item, payer, on), lines=tuple(lines))
    settled = settle_lines(payment, credit.item.document_id, items, reference, discount_account_of(payer, reference))
    settled = await with_vat(connection, reference, settled, items)
    document_id = credit.item.document_id
    await write_settlement(
        connection,
        context,
        reference,
        settled,
        items,
        credit=credit.item,
        kind="apply",
        on=(payment.applied_on, payment.applied_period_id),
        document_id=document_id,
    )
    return settled, items


def _as_payment(item: OpenItem, payer: Payer, on: tuple[date, str]) -> Payment:
    return Payment(
        document_type=item.document_type,
        number=item.number,
        status=item.status,
        customer_id=item.customer_id,
        location_id=payer.location.location_id or 0,
        branch_number=item.branch_number,
        document_date=item.document_date,
        period_id=item.period_id,
        currency_id=item.currency_id,
        exchange_rate=item.rate.rate,
        rate_operator=item.rate.operator,
        account_number=item.account_number,
        subaccount_id=item.subaccount_id,
        balance=item.balance,
        balance_base=item.balance_base,
        applied_on=max(on[0], item.document_date),
        applied_period_id=max(on[1], item.period_id),
    )
