"""Writing what a payment settles after its own release, and the batches of payments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.numbering.rules import choose_range
from reskontra.payments.payment import Payment
from reskontra.posting.rules import Entry, entries_of
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import OpenItem, Settled
from reskontra.receivables.rules.settling import settlement_parts
from reskontra.receivables.store import settling
from reskontra.receivables.store.settling import Posting
from reskontra.reference.reference import Reference


async def write_settlement(
    connection: Connection,
    context: Context,
    payment: Payment,
    document_id: int,
    reference: Reference,
    *,
    settled: Settled,
    before: Mapping[int, OpenItem],
) -> None:
    """Write applications of an open payment or note, with a batch of their own if they book anything (PAY-22)."""
    entries = entries_of(settlement_parts(settled, before))
    on = payment.applied_on, payment.applied_period_id
    posting = None
    if entries:
        series = reference.series_of("batch")
        numbers = choose_range(series.ranges, payment.applied_on, payment.branch_number)
        await locks.take_turn(context, series.series_id)
        posting = Posting(
            batch=batch_of(payment, reference, entries, on=on),
            entries=entries,
            series=(series.series_id, numbers.range_id),
        )
    await settling.insert_settlement(
        connection, context, settled, kind="apply", on=on, posting=posting, document_id=document_id
    )


def batch_of(
    payment: Payment, reference: Reference, entries: Sequence[Entry], *, on: tuple[date, str] | None = None
) -> dict[str, Any]:
    """The batch's header, and what all its entries share. `on`: date and period, if not the payment's."""
    day, period_id = on or (payment.document_date, payment.period_id)
    words = "Application of " if on else ""
    return {
        "period_id": period_id,
        "batch_date": day,
        "entry_date": day,
        "description": payment.invoice_text or f"{words}{payment.kind.noun} {payment.number}".capitalize(),
        "status": "Posted" if reference.preferences.auto_post_batches else "Unposted",
        "currency_id": payment.currency_id,
        "exchange_rate": payment.exchange_rate,
        "document_type": payment.document_type,
        "document_number": payment.number,
        "customer_id": payment.customer_id,
        "total_base": sum(entry.debit_base for entry in entries),
    }
