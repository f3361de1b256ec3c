"""Taking open items of an older system over: all of them in one transaction, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from reskontra.clock import Context
from reskontra.customers.customer import Debtor
from reskontra.customers.store.finding import find_customer_ids
from reskontra.customers.store.for_charges import find_debtors
from reskontra.db.pool import Connection
from reskontra.documents.rules.issuing import shown_by
from reskontra.documents.wire.rendering import lines_text, vat_text
from reskontra.errors import Malformed, Refused
from reskontra.numbering.rules import choose_range
from reskontra.numbering.store import draw_numbers
from reskontra.payments.openings import store
from reskontra.payments.openings.rules.rows import Row
from reskontra.payments.openings.rules.taking import (
    MOST_ROWS,
    TAKEN,
    Opening,
    Order,
    TakenOver,
    check_rows,
    opening_account,
    openings_of,
    totals_of,
)
from reskontra.periods.rules import check_open
from reskontra.receivables.commands import locks
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.runs.chunks import carried_out

if TYPE_CHECKING:
    from reskontra.runs.chunks import Database

_SERIES = (*dict.fromkeys(kind.series[0] for kind in TAKEN), "batch")
_NOTHING = {"lines_text": None, "vat_text": None, "shown": None}


async def take_over(
    database: Database,
    context: Context,
    rows: Sequence[Row],
    *,
    on: date,
    account_number: str | None = None,
    dry_run: bool = False,
) -> TakenOver:
    """Make a released document of each row, all booked on one day by one batch against one account (OPN-01).

    `dry_run` does all of it and rolls back. Raises `Refused` for the day or the account, and `RowFaults` for the rows,
    with everything that is wrong; nothing is written then.
    """
    if not rows:
        raise Malformed("There are no open items.", field=("items",), hint="Send at least one.")
    if len(rows) > MOST_ROWS:
        raise Refused(
            f"There are {len(rows)} open items.",
            field=("items",),
            hint=f"At most {MOST_ROWS} are taken over at once: divide them into several runs.",
        )
    taken = await carried_out(
        database, lambda connection: _take_over(connection, context, rows, on, account_number), dry_run=dry_run
    )
    return replace(taken, batch_number=None) if dry_run else taken


async def _take_over(
    connection: Connection, context: Context, rows: Sequence[Row], on: date, account_number: str | None
) -> TakenOver:
    reference = await remembered.held(connection, context.company_id)
    period = reference.period_of(on, ("as_of",))
    check_open(period, reference.preferences.allow_posting_to_closed_periods, ("as_of",))
    account = opening_account(account_number, reference)
    order = Order(on=on, period_id=period.period_id, account_number=account, reference=reference, actor=context.actor)
    debtors = await _held_debtors(connection, context, reference, rows)
    openings, faults = openings_of(rows, order, debtors)
    if not faults:
        await _lock(connection, context, reference, openings)
    taken = await store.find_taken(connection, context.company_id, [it.key for it in openings])
    check_rows(rows, faults, openings, taken)

    ids = await store.insert_openings(connection, context, order, openings, [_shown(it, reference) for it in openings])
    series = reference.series_of("batch")
    numbers = choose_range(series.ranges, on, reference.preferences.default_branch)
    (batch_number,) = await draw_numbers(
        connection, context.company_id, "Batch", (series.series_id, numbers.range_id), 1
    )
    await store.release_openings(connection, context, order, openings, ids, batch_number=batch_number)
    return TakenOver(
        batch_number=batch_number,
        period_id=period.period_id,
        account_number=account,
        base_currency=reference.base_currency,
        totals=totals_of(openings),
    )


async def _held_debtors(
    connection: Connection, context: Context, reference: Reference, rows: Sequence[Row]
) -> Mapping[str, Debtor]:
    """The customers that the rows name, by number in lower case, kept from changing until the transaction ends."""
    numbers = sorted({row.customer_number.strip().lower() for row in rows if row.customer_number})
    found = await find_customer_ids(connection, context.company_id, numbers)
    ids = sorted({customer_id for customer_id in found if customer_id is not None})
    await locks.take(connection, context, reference, locks.Needs(customers=ids))
    return {debtor.number.lower(): debtor for debtor in await find_debtors(connection, context.company_id, ids)}


async def _lock(connection: Connection, context: Context, reference: Reference, openings: Sequence[Opening]) -> None:
    """The series too, although no number is drawn from them: whoever draws one meanwhile waits and then skips these."""
    needs = locks.Needs(
        series=_SERIES,
        balances=sorted({it.debtor.number for it in openings}),
        tallies=[kind.document_type for kind in TAKEN],
    )
    await locks.take(connection, context, reference, needs)


def _shown(opening: Opening, reference: Reference) -> dict[str, Any]:
    """What a document with lines shows from now on."""
    if not opening.kind.has_lines:
        return _NOTHING
    document = opening.document
    return {
        "lines_text": lines_text(document, reference),
        "vat_text": vat_text(document, reference),
        "shown": shown_by(document, opening.debtor, reference),
    }
