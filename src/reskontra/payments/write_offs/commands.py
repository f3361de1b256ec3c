"""The run that writes off small balances and small credits, chunk by chunk.

The next run continues an interrupted one: what is written off is no longer open.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reskontra.clock import Context
from reskontra.codes import all_known
from reskontra.customers.commands import ids_of_sent
from reskontra.db.pool import Connection
from reskontra.numbering.rules import Series, SeriesRange, choose_range
from reskontra.numbering.store import draw_numbers
from reskontra.payments.write_offs import store
from reskontra.payments.write_offs.rules import (
    FILTERS,
    Order,
    Small,
    WrittenOff,
    limit_sent,
    names_sent,
    reason_to_skip,
    reasons_of,
)
from reskontra.periods.rules import check_open
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import OpenItem
from reskontra.receivables.store.open_items import find_open_items
from reskontra.receivables.store.write_offs import Holder, find_holders, find_open
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.runs.chunks import run_in_chunks
from reskontra.runs.outcome import Outcome, Skipped

if TYPE_CHECKING:
    from reskontra.web.call import Database

CHUNK_DOCUMENTS = 2000
"""The most documents that a transaction writes off, unless one customer has more."""

_LOOKED_AT = 20
"""As many documents that stay open take as long as one that is written off."""


async def run_write_offs(database: Database, context: Context, changes: Mapping[str, Any]) -> Outcome[WrittenOff]:
    """Write off what is small enough of everybody, or of some (WRO-01).

    `changes` may hold as_of (default: today), filters (customer_numbers, customer_class, document_names, kind, limit,
    reason_code, currency_id) and dry_run, which rolls everything back. Raises `Refused` for the date or a filter.
    A second run makes nothing (WRO-04).
    """
    filters = changes.get(FILTERS) or {}
    async with database.connection() as connection:
        reference = await remembered.at(connection, context.company_id, None)
        items = await _items(connection, context, filters)
        order = _order_of(context, reference, changes, filters, items)
        classes = filters.get("customer_class")
        if classes is not None:
            classes = [reference.customer_class(classes, (FILTERS, "customer_class")).customer_class_id]
        holders = await find_holders(
            connection,
            context.company_id,
            document_types=list(order.settles),
            customer_ids=await _customers(connection, context, filters.get("customer_numbers")),
            classes=classes,
            currency_id=order.currency_id,
            document_ids=order.document_ids,
            on=order.on,
        )

    async def write_off_chunk(connection: Connection, chunk: Sequence[Holder]) -> Outcome[WrittenOff]:
        held = await remembered.held(connection, context.company_id)
        return await _write_off(connection, context, held, _order_of(context, held, changes, filters, items), chunk)

    return await run_in_chunks(
        database,
        holders,
        write_off_chunk,
        weight=lambda holder: holder.small + holder.documents // _LOOKED_AT + 1,
        chunk_weight=CHUNK_DOCUMENTS,
        dry_run=bool(changes.get("dry_run")),
    )


def _order_of(
    context: Context,
    reference: Reference,
    changes: Mapping[str, Any],
    filters: Mapping[str, Any],
    items: Sequence[OpenItem] | None,
) -> Order:
    on = changes.get("as_of") or reference.today(context.now)
    period = reference.period_of(on, ("as_of",))
    check_open(period, reference.preferences.allow_posting_to_closed_periods, ("as_of",))
    currency_id = filters.get("currency_id")
    return Order(
        on=on,
        period_id=period.period_id,
        reasons=reasons_of(filters, reference),
        limit=limit_sent(filters),
        currency_id=None if currency_id is None else reference.currency_id(currency_id, (FILTERS, "currency_id")),
        document_ids=None if items is None else [it.document_id for it in items],
    )


async def _items(connection: Connection, context: Context, filters: Mapping[str, Any]) -> Sequence[OpenItem] | None:
    """The documents that the run is to look at; None for all. Raises `UnknownReference`."""
    names = names_sent(filters)
    if names is None:
        return None
    known = await find_open_items(connection, context.company_id, names)
    found = [known.get((document_type.lower(), number.lower())) for document_type, number in names]
    path = (FILTERS, "document_names")
    return all_known(found, filters["document_names"], path, "Send types and numbers of existing documents.")


async def _customers(connection: Connection, context: Context, sent: Sequence[str] | None) -> list[int] | None:
    if sent is None:
        return None
    return await ids_of_sent(connection, context.company_id, sent, (FILTERS, "customer_numbers"))


async def _write_off(
    connection: Connection, context: Context, reference: Reference, order: Order, chunk: Sequence[Holder]
) -> Outcome[WrittenOff]:
    """What some customers have open: written off, or passed over with the reason."""
    settles = order.settles
    locked = await _hold(connection, context, reference, order, chunk)
    ids = [holder.customer_id for holder in chunk]
    rows = await find_open(
        connection,
        context.company_id,
        ids,
        list(settles),
        currency_id=order.currency_id,
        document_ids=order.document_ids,
        on=order.on,
    )
    written: dict[str, list[Small]] = defaultdict(list)
    skipped: list[Skipped] = []
    for small in (Small(**row) for row in rows):
        reason = reason_to_skip(small, order)
        if reason is None and small.document_id not in locked:
            reason = "It changed at the same moment."
        if reason is None:
            written[settles[small.document_type]].append(small)
        else:
            skipped.append(Skipped(f"{small.document_type} {small.number}", reason))
    created: list[WrittenOff] = []
    for smalls in written.values():
        created += await _written_off(connection, context, reference, order, smalls)
    return Outcome(created=tuple(created), skipped=tuple(skipped))


async def _hold(
    connection: Connection, context: Context, reference: Reference, order: Order, chunk: Sequence[Holder]
) -> set[int]:
    """Lock what may be written off, and all that this moves; the ids of the documents."""
    ids = [holder.customer_id for holder in chunk]
    await locks.take(connection, context, reference, locks.Needs(customers=ids))
    settles = order.settles
    limit = max(holder.limit for holder in chunk)
    at_most = limit if order.limit is None else min(limit, order.limit)
    locked = await locks.take_unsettled(connection, context, ids, list(settles), at_most=at_most)
    if locked:
        numbers = [holder.number for holder in chunk]
        tallies = [*settles, *set(settles.values())]
        needs = locks.Needs(series=("write_off", "batch"), balances=numbers, tallies=tallies)
        await locks.take(connection, context, reference, needs)
    return set(locked)


async def _written_off(
    connection: Connection, context: Context, reference: Reference, order: Order, smalls: Sequence[Small]
) -> list[WrittenOff]:
    """Documents of one sign, written off by documents of one type."""
    document_type = order.settles[smalls[0].document_type]
    branches = [small.branch_number for small in smalls]
    series = reference.series_of("write_off"), reference.series_of("batch")
    numbers, batch_numbers = [
        await _numbers(connection, context, entity, [(one, choose_range(one.ranges, order.on, it)) for it in branches])
        for one, entity in zip(series, (document_type, "Batch"), strict=True)
    ]
    await store.write_off(
        connection,
        context,
        document_type,
        [small.document_id for small in smalls],
        numbers=numbers,
        batch_numbers=batch_numbers,
        on=(order.on, order.period_id),
        reason=order.reasons[document_type],
        auto_post=reference.preferences.auto_post_batches,
    )
    return [
        WrittenOff(
            customer_number=small.customer_number,
            document_type=document_type,
            number=number,
            settled=(small.document_type, small.number),
            amount=small.balance,
            currency_id=small.currency_id,
        )
        for small, number in zip(smalls, numbers, strict=True)
    ]


async def _numbers(
    connection: Connection, context: Context, entity: str, ranges: Sequence[tuple[Series, SeriesRange]]
) -> list[str]:
    """The next number of each of these ranges, in their order."""
    ids = [(series.series_id, chosen.range_id) for series, chosen in ranges]
    taken = {
        chosen: iter(await draw_numbers(connection, context.company_id, entity, chosen, count))
        for chosen, count in Counter(ids).items()
    }
    return [next(taken[chosen]) for chosen in ids]
