"""Loading what a decision about a payment depends on, with the locks it needs.

Locks are taken in the order of `receivables.commands.locks`: reference data, customer, documents by type and number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reskontra.clock import Context
from reskontra.customers.customer import Debtor
from reskontra.db.pool import Connection
from reskontra.errors import NotFound, Refused, UnknownReference
from reskontra.kinds import BALANCE_WRITE_OFF, CREDIT_NOTE, KINDS
from reskontra.payments.payment import Basis, Payment
from reskontra.payments.rules.drafts import ENTERED
from reskontra.payments.store import loading
from reskontra.payments.store.loading import Stored
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import Application, names_sent
from reskontra.receivables.store.for_payments import find_in_force, find_payables
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.versions import Expected, check_expected

ADDRESSED = (*ENTERED, BALANCE_WRITE_OFF.document_type, CREDIT_NOTE.document_type)
"""What a number means, the first that there is (PAY-10)."""

VOIDS = ("VoidPayment", "VoidRefund")


async def find(connection: Connection, context: Context, number: str, document_type: str | None) -> Stored:
    """The payment that an address means: of that type, or the first non-void one with the number (PAY-10)."""
    types = types_meant(document_type, ADDRESSED)
    found = await loading.find_payments(connection, context.company_id, types, number)
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


async def held(
    connection: Connection,
    context: Context,
    stored: Stored,
    changes: Mapping[str, Any],
    *,
    expected_version: Expected = None,
    more: Sequence[tuple[str, str]] = (),
    kept: tuple[Reference, Debtor] | None = None,
) -> tuple[Stored, Reference, Debtor]:
    """A payment and what its lines name, all locked and read again, with reference data and customer.

    `kept` are those two, if the caller holds them already.
    """
    payment = stored.payment
    customer = changes.get("customer_number") or payment.customer_id
    reference, debtor = kept or await hold_debtor(connection, context, customer, changes)
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
    return again, reference, debtor


async def hold_debtor(
    connection: Connection, context: Context, customer: str | int, changes: Mapping[str, Any]
) -> tuple[Reference, Debtor]:
    """Reference data and customer, kept unchanged until the transaction ends."""
    version, debtor = await loading.hold_debtor(connection, context, customer, changes.get("location_cd"))
    if debtor is None:
        raise UnknownReference(
            field=("customer_number",), value=str(customer), hint="Send the number of an existing customer."
        )
    return await remembered.at(connection, context.company_id, version), debtor


async def basis_of(
    connection: Connection,
    context: Context,
    reference: Reference,
    debtor: Debtor,
    names: Sequence[tuple[str, str]],
    *,
    currency_id: str,
    on: date,
    proposer_id: int = 0,
) -> Basis:
    """What a decision depends on: the documents that lines name, and the rates of a date."""
    payables = await find_payables(connection, context.company_id, names, proposer_id) if names else {}
    currencies = {currency_id, *(it.item.currency_id for it in payables.values())} - {reference.base_currency}
    rate_type = debtor.rate_type or reference.preferences.default_rate_type
    rates = await loading.find_rates(
        connection, context.company_id, sorted(currencies), base=reference.base_currency, rate_type=rate_type, on=on
    )
    return Basis(
        reference=reference,
        debtor=debtor,
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
