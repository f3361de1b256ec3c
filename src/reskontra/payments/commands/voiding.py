"""Voiding a payment: the action makes a document of its own, whose release takes the payment back (VDP)."""

from __future__ import annotations

from reskontra.clock import Context
from reskontra.customers.rules.standing import check_may
from reskontra.db.pool import Connection, need_transaction
from reskontra.errors import Refused
from reskontra.payments.commands.preparing import applied_by, find, held
from reskontra.payments.payment import Payment
from reskontra.payments.rules import voiding
from reskontra.payments.store import writing
from reskontra.versions import Expected, Saved


async def void(
    connection: Connection,
    context: Context,
    number: str,
    *,
    document_type: str | None = None,
    expected_version: Expected = None,
) -> tuple[Payment, Saved]:
    """The void of a payment or refund, as a draft with the same number; it takes effect on its release (VDP-01)."""
    need_transaction(connection)
    stored = await find(connection, context, number, document_type)
    stored, reference, payer = await held(connection, context, stored, {}, expected_version=expected_version)
    payment = stored.payment
    check_may(payer.status, "payment", payer.number)
    if stored.waiting_void is not None:
        raise Refused(
            f"{payment.number} has a void already, which waits for release.",
            field=("number",),
            value=payment.number,
            hint="Release that one, or delete it.",
        )
    applied = await applied_by(connection, context, stored)
    voiding.check_voidable(payment, stored.document_id, applied.in_force.values(), applied.names)
    made = voiding.void_of(payment, stored.document_id, applied.in_force.values(), reference, context.actor)
    saved = await writing.insert_payment(connection, context, made, (payment.number,))
    return made, saved
