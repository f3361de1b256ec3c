"""Writing a settlement made by itself: applications, what they book, and the batch around that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.kinds import KINDS
from reskontra.numbering.rules import choose_range
from reskontra.posting.rules import batch_header, entries_of
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import OpenItem, Settled
from reskontra.receivables.rules.settling import settlement_parts
from reskontra.receivables.store import settling
from reskontra.receivables.store.settling import Posting
from reskontra.reference.reference import Reference

_WORDS = {"apply": "Application", "undo": "Undone application"}


async def write_settlement(
    connection: Connection,
    context: Context,
    reference: Reference,
    settled: Settled,
    before: Mapping[int, OpenItem],
    *,
    credit: OpenItem,
    kind: str,
    on: tuple[date, str],
    description: str | None = None,
    reverses_id: int | None = None,
    document_id: int | None = None,
) -> list[int]:
    """Write a settlement (`apply` or `undo`) of that date and period; returns the ids of its applications in order.

    It has a batch in the name of `credit` unless it books nothing, as between two documents with the same account and
    rate. `document_id` is the payment that makes it, if one does. The caller has locked all documents.
    """
    entries = entries_of(settlement_parts(settled, before))
    posting = None
    if entries:
        series = reference.series_of("batch")
        numbers = choose_range(series.ranges, on[0], credit.branch_number)
        await locks.take_turn(context, series.series_id)
        batch = batch_header(
            description=description or f"{_WORDS[kind]} of {KINDS[credit.document_type].noun} {credit.number}",
            document=(credit.document_type, credit.number),
            customer_id=credit.customer_id,
            currency_id=credit.currency_id,
            exchange_rate=credit.rate.rate,
            on=on,
            entries=entries,
            auto_post=reference.preferences.auto_post_batches,
        )
        posting = Posting(batch=batch, entries=entries, series=(series.series_id, numbers.range_id))
    return await settling.insert_settlement(
        connection,
        context,
        settled,
        kind=kind,
        on=on,
        posting=posting,
        reverses_id=reverses_id,
        document_id=document_id,
    )
