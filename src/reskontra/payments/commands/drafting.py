"""Entering, changing and deleting payments.

To enter or change one takes one statement to read (one more for what a released one shows) and one to write, with no
transaction and no lock around them:
the writing statement proves that what was read still holds (`Database.write`). What needs more says so and gets a
transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.clock import Context
from reskontra.customers.rules.standing import check_may
from reskontra.db.constraints import report_key_as_sent
from reskontra.db.pool import Connection, need_transaction
from reskontra.errors import Malformed, Refused
from reskontra.numbering.rules import check_sent_document_number, choose_range
from reskontra.operations import supplied
from reskontra.payments.commands.preparing import (
    ADDRESSED,
    applied_by,
    basis_seen,
    currency_after,
    find,
    first,
    held,
    load,
    load_new,
    origin_of,
    types_meant,
)
from reskontra.payments.payment import Basis, Payment, ShownLine
from reskontra.payments.rules import drafts, repeats
from reskontra.payments.rules.voiding import changed_void
from reskontra.payments.store import loading, writing
from reskontra.payments.store.loading import Stored
from reskontra.receivables.commands import locks
from reskontra.records import differences, replace
from reskontra.reference.reference import Reference
from reskontra.versions import Expected, Saved


async def create(connection: Connection, context: Context, changes: Mapping[str, Any]) -> Saved:
    """A new payment from `changes` (our attribute names), as a draft (PAY-01)."""
    changes = repeats.asked_of_new(supplied(changes))
    kind = drafts.kind_to_create(changes.get("document_type"))
    if not changes.get("customer_number"):
        raise Malformed(f"The {kind.noun} needs a customer.", field=("customer_number",), hint="Send its number.")
    reference, payer, found = await load_new(connection, context, changes)
    check_may(payer.status, kind.create_operation, payer.number, ("customer_number",))
    currency_id = drafts.currency_of(changes, payer, reference)
    on = changes.get("application_date") or reference.today(context.now)
    basis = await basis_seen(connection, context, reference, payer, found, currency_id=currency_id, on=on)
    payment = replace(drafts.created(kind, changes, basis, currency_id), created_by=context.actor)
    numbering = await _numbering(context, payment, changes, reference)
    with report_key_as_sent(changes.get("number")):
        return await writing.insert_payment(connection, context, payment, numbering, basis)


async def change(
    connection: Connection,
    context: Context,
    number: str,
    changes: Mapping[str, Any],
    *,
    document_type: str | None = None,
    expected_version: Expected = None,
) -> Saved:
    """A payment after a PUT (PST-02), or the lines of an open credit note (CNP-02).

    If nothing changes, nothing is written and the version stays (invariant 40).
    """
    stored, basis = await load(
        connection,
        context,
        number,
        types_meant(document_type, ADDRESSED),
        changes,
        choose=lambda found: first(found, number, document_type),
        expected_version=expected_version,
    )
    before, payer = stored.payment, basis.payer
    check_may(payer.status, "payment", payer.number, ("customer_number",))
    released = await _released_lines(connection, context, stored, changes)
    changes = repeats.asked(before, changes, released, basis)
    if before.is_released:
        _check_no_void(stored.waiting_void, before, changes)
        after = drafts.changed_after_release(before, changes, basis)
    elif before.is_void:
        need_transaction(connection)
        after = await _changed_void(connection, context, before, changes, basis)
    else:
        after = drafts.changed(before, changes, basis, currency_after(before, changes, basis.reference))
    if after == before:
        return Saved(before.number, stored.version)
    detail = differences(before, after, without=())
    return await writing.save_payment(connection, context, stored, after, detail=detail, basis=basis)


async def _changed_void(
    connection: Connection, context: Context, void: Payment, changes: Mapping[str, Any], basis: Basis
) -> Payment:
    origin = await origin_of(connection, context, void)
    applied = await applied_by(connection, context, origin)
    return changed_void(void, changes, origin.payment, applied.in_force.values(), basis)


async def _released_lines(
    connection: Connection, context: Context, stored: Stored, changes: Mapping[str, Any]
) -> list[ShownLine]:
    """The released lines that the payment shows, if lines were sent, which may repeat them.

    If they are of a later moment than the payment, a change of it finds that out when it is written.
    """
    if "lines" not in changes or not (stored.payment.is_released or stored.payment.is_void):
        return []
    return await loading.find_released_lines(connection, context.company_id, stored.document_id)


async def delete(
    connection: Connection,
    context: Context,
    number: str,
    *,
    document_type: str | None = None,
    expected_version: Expected = None,
) -> None:
    """Delete a draft (PAY-03), or the void of a payment that waits for release (VDP-07)."""
    need_transaction(connection)
    stored = await find(connection, context, number, document_type)
    stored, _, payer = await held(connection, context, stored, {}, expected_version=expected_version)
    payment = stored.payment
    if payment.is_released:
        raise Refused(
            f"{payment.number} is {payment.status} and cannot be deleted.",
            field=("number",),
            value=payment.number,
            hint="Void it.",
        )
    detail = {"customer_number": payer.number} | differences(payment, None)
    await writing.delete_payment(connection, context, payment, stored.document_id, detail=detail)


def _check_no_void(waiting_void: int | None, payment: Payment, changes: Mapping[str, Any]) -> None:
    if waiting_void is not None and changes.get("lines"):
        raise Refused(
            f"{payment.number} has a void that waits for release, so nothing more is applied.",
            field=("lines",),
            value=None,
            hint="Delete the void first.",
        )


async def _numbering(
    context: Context, payment: Payment, changes: Mapping[str, Any], reference: Reference
) -> tuple[str, list[str]] | tuple[str, int]:
    """How the payment is numbered; takes the turn in the series (NUM-05)."""
    series = reference.series_of(payment.kind.series[0])
    sent = check_sent_document_number(
        series, changes.get("number"), bool(changes.get("override_number_series")), ("number",)
    )
    await locks.take_turn(context, series.series_id)
    if sent is not None:
        return sent, [series.series_id]
    return series.series_id, choose_range(series.ranges, payment.document_date, payment.branch_number).range_id
