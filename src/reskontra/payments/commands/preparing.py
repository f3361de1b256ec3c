"""Loading what a decision about a payment depends on, with the locks it needs.

Locks are taken in the order of `receivables.commands.locks`: reference data, customer, documents by type and number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from reskontra.clock import Context
from reskontra.customers.customer import Payer
from reskontra.db.pool import Connection, need_transaction
from reskontra.errors import NotFound, Refused, UnknownReference
from reskontra.kinds import BALANCE_WRITE_OFF, CREDIT_NOTE, KINDS
from reskontra.payments.payment import Basis, Payment
from reskontra.payments.rules.drafts import ENTERED
from reskontra.payments.store import loading
from reskontra.payments.store.loading import Seen, Stored, Wanted
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import Application, Payable, names_sent
from reskontra.receivables.store.for_payments import find_in_force, find_payables
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.versions import Expected, check_expected

if TYPE_CHECKING:
    from reskontra.currencies.rules import Rate

ADDRESSED = (*ENTERED, BALANCE_WRITE_OFF.document_type, CREDIT_NOTE.document_type)
"""What a number means, the first that there is (PAY-10)."""

VOIDS = ("VoidPayment", "VoidRefund")


async def find(connection: Connection, context: Context, number: str, document_type: str | None) -> Stored:
    """The payment that an address means: of that type, or the first non-void one with the number (PAY-10)."""
    types = types_meant(document_type, ADDRESSED)
    return first(await loading.find_payments(connection, context.company_id, types, number), number, document_type)


def first(found: Sequence[Stored], number: str, document_type: str | None) -> Stored:
    """The first of the payments that were found. Raises `NotFound`."""
    if not found:
        raise not_found(number, document_type)
    return found[0]


def types_meant(sent: str | None, otherwise: Sequence[str]) -> Sequence[str]:
    """The type that was sent with a number, alone; if none was, the usual ones. Raises `Refused`."""
    known = (*ADDRESSED, *VOIDS)
    if sent and sent not in known:
        hint = f"Send one of: {', '.join(known)}."
        raise Refused("This is no type of payments.", field=("document_type",), value=sent, hint=hint)
    return [sent] if sent else otherwise


def not_found(number: str, document_type: str | None) -> NotFound:
    """There is no such document; the type is as it was sent, and may be none at all."""
    kind = KINDS.get(document_type or "")
    return NotFound(kind.noun if kind else "payment", number)


async def load_new(
    connection: Connection, context: Context, changes: Mapping[str, Any]
) -> tuple[Reference, Payer, Seen]:
    """Reference data, customer, and all that a new payment depends on, in one read.

    In a transaction all of it is locked first; otherwise the writing statement proves that it still holds (decision
    0017).
    """
    number, wanted = changes["customer_number"], _wanted(changes)
    if connection.is_in_transaction():
        await hold_payer(connection, context, number, changes)
        if wanted.names:
            await locks.take_documents(connection, context, wanted.names)
    found = await loading.see_new(connection, context, number, wanted)
    payer = _known(found.payer, number)
    return await remembered.at(connection, context.company_id, found.reference_version), payer, found


async def load(
    connection: Connection,
    context: Context,
    number: str,
    types: Sequence[str],
    changes: Mapping[str, Any],
    *,
    choose: Callable[[Sequence[Stored]], Stored],
    expected_version: Expected,
) -> tuple[Stored, Basis]:
    """One of the payments of these types with that number, and all that a decision about it depends on; as `load_new`.

    A change of the customer needs a transaction: the writing statement proves nothing about another one.
    """
    if connection.is_in_transaction():
        stored = choose(await loading.find_payments(connection, context.company_id, types, number))
        stored, reference, payer = await held(connection, context, stored, changes, expected_version=expected_version)
        basis = await basis_of(
            connection,
            context,
            reference,
            payer,
            names_of(stored.payment, changes),
            currency_id=currency_after(stored.payment, changes, reference),
            on=changes.get("application_date") or stored.payment.applied_on,
            proposer_id=stored.document_id,
        )
        return stored, basis
    found = await loading.see(connection, context, types, number, _wanted(changes))
    stored = choose([it for it, _ in found])
    around = next(around for it, around in found if it is stored)
    payment = stored.payment
    check_expected(expected_version, stored.version, what=f"{payment.kind.noun} {payment.number}")
    payer = _known(around.payer, payment.customer_id)
    if (changes.get("customer_number") or payer.number).lower() != payer.number.lower():
        need_transaction(connection)
    reference = await remembered.at(connection, context.company_id, around.reference_version)
    basis = await basis_seen(
        connection,
        context,
        reference,
        payer,
        around,
        currency_id=currency_after(payment, changes, reference),
        on=changes.get("application_date") or payment.applied_on,
    )
    return stored, basis


def _wanted(changes: Mapping[str, Any]) -> Wanted:
    return Wanted(
        location_cd=changes.get("location_cd"),
        names=names_sent(changes.get("lines") or ()),
        currency_id=changes.get("currency_id"),
        on=changes.get("application_date"),
    )


def currency_after(payment: Payment, changes: Mapping[str, Any], reference: Reference) -> str:
    """The currency of a payment after a request; that of a draft may change."""
    sent = changes.get("currency_id")
    if not sent or payment.is_released or payment.is_void:
        return payment.currency_id
    return reference.currency_id(sent, ("currency_id",))


async def held(
    connection: Connection,
    context: Context,
    stored: Stored,
    changes: Mapping[str, Any],
    *,
    expected_version: Expected = None,
    more: Sequence[tuple[str, str]] = (),
    kept: tuple[Reference, Payer] | None = None,
) -> tuple[Stored, Reference, Payer]:
    """A payment and what its lines name, all locked and read again, with reference data and customer.

    `kept` are those two, if the caller holds them already.
    """
    payment = stored.payment
    customer = changes.get("customer_number") or payment.customer_id
    reference, payer = kept or await hold_payer(connection, context, customer, changes)
    own = (payment.document_type, payment.number)
    names = [own, *_named(payment), *names_sent(changes.get("lines") or ()), *more]
    await locks.take_documents(connection, context, names)
    found = await loading.find_payments(connection, context.company_id, [payment.document_type], payment.number)
    if not found:
        raise NotFound(payment.kind.noun, payment.number)
    again = found[0]
    what = f"{payment.kind.noun} {payment.number}"
    check_expected(expected_version, again.version, what=what)
    if set(_named(again.payment)) - set(names):
        raise locks.Overtaken(f"The {what} changed at the same moment.", hint="Send the request again.")
    return again, reference, payer


async def hold_payer(
    connection: Connection, context: Context, customer: str | int, changes: Mapping[str, Any]
) -> tuple[Reference, Payer]:
    """Reference data and customer, kept unchanged until the transaction ends."""
    version, payer = await loading.hold_payer(connection, context, customer, changes.get("location_cd"))
    payer = _known(payer, customer)
    return await remembered.at(connection, context.company_id, version), payer


def _known(payer: Payer | None, customer: str | int) -> Payer:
    if payer is None:
        raise UnknownReference(
            field=("customer_number",), value=str(customer), hint="Send the number of an existing customer."
        )
    return payer


async def basis_seen(
    connection: Connection,
    context: Context,
    reference: Reference,
    payer: Payer,
    found: Seen,
    *,
    currency_id: str,
    on: date,
) -> Basis:
    """What was read as the basis of a decision about a payment in that currency, with rates of that date.

    The rate is not among what was read if the currency is a cash account's, or was sent in another spelling.
    """
    rates = found.rates
    if currency_id not in rates and currency_id != reference.base_currency:
        need_transaction(connection)
        rates = {**rates, **await _find_rates(connection, reference, payer, {currency_id}, on)}
    return _basis(context, reference, payer, found.payables, rates)


async def basis_of(
    connection: Connection,
    context: Context,
    reference: Reference,
    payer: Payer,
    names: Sequence[tuple[str, str]],
    *,
    currency_id: str,
    on: date,
    proposer_id: int = 0,
) -> Basis:
    """What a decision depends on: the documents that lines name, and the rates of a date."""
    payables = await find_payables(connection, context.company_id, names, proposer_id) if names else {}
    currencies = {currency_id, *(it.item.currency_id for it in payables.values())} - {reference.base_currency}
    rates = await _find_rates(connection, reference, payer, currencies, on)
    return _basis(context, reference, payer, payables, rates)


async def _find_rates(
    connection: Connection, reference: Reference, payer: Payer, currencies: Iterable[str], on: date
) -> dict[str, Rate | None]:
    rate_type = payer.rate_type or reference.preferences.default_rate_type
    return await loading.find_rates(
        connection, reference.company_id, sorted(currencies), base=reference.base_currency, rate_type=rate_type, on=on
    )


def _basis(
    context: Context,
    reference: Reference,
    payer: Payer,
    payables: Mapping[tuple[str, str], Payable],
    rates: Mapping[str, Rate | None],
) -> Basis:
    return Basis(
        reference=reference,
        payer=payer,
        today=reference.today(context.now),
        payables=payables,
        rates=rates,
        branch_number=context.branch_number,
    )


def names_of(payment: Payment, changes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the lines of a payment name after a request."""
    return [*_named(payment), *names_sent(changes.get("lines") or ())]


def _named(payment: Payment) -> list[tuple[str, str]]:
    return [(line.document_type, line.number) for line in payment.lines]


async def origin_of(connection: Connection, context: Context, void: Payment) -> Stored:
    """What a void takes back."""
    found = await loading.find_payments(connection, context.company_id, ENTERED, void.number)
    return next(stored for stored in found if stored.document_id == void.voids_document_id)


@dataclass(frozen=True, slots=True)
class AppliedBy:
    """What a payment or refund has applied and nobody took back, the newest first, and the documents of both sides."""

    in_force: Mapping[int, Application]
    names: Mapping[int, tuple[str, str]]


async def applied_by(connection: Connection, context: Context, stored: Stored) -> AppliedBy:
    """The applications of a payment that are in force."""
    in_force = await find_in_force(connection, context.company_id, stored.document_id)
    ids = {it.credit_document_id for it in in_force.values()} | {it.debit_document_id for it in in_force.values()}
    return AppliedBy(in_force, await loading.names_of_ids(connection, context.company_id, sorted(ids)) if ids else {})
