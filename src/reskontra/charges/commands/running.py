"""The run that charges customers for paying late.

The next run continues an interrupted one: who has a draft is left out (OCH-08).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reskontra.charges import store
from reskontra.charges.charge import MadeCharge
from reskontra.charges.commands.charging import CHARGED, Order, charge
from reskontra.charges.rules import code_for, doubts
from reskontra.clock import Context
from reskontra.customers.commands import ids_of_sent
from reskontra.db.pool import Connection
from reskontra.periods.rules import check_open
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.runs.chunks import run_in_chunks
from reskontra.runs.outcome import Outcome

if TYPE_CHECKING:
    from reskontra.web.call import Database

_FILTERS = "filters"
CHUNK_DOCUMENTS = 2000
"""The most documents that a transaction charges, unless one customer has more."""


async def run_overdue_charge(
    database: Database, context: Context, changes: Mapping[str, Any]
) -> tuple[Outcome[MadeCharge], Sequence[str]]:
    """Draft a charge for everybody who paid late; returns what was made, and what is doubtful about it (OCH-07).

    `changes` may hold as_of (default: today), filters (customer_numbers, customer_class, statement_cycle,
    branch_number) and dry_run, which rolls everything back. Raises `Refused` for the date or a filter.
    """
    async with database.connection() as connection:
        reference = await remembered.at(connection, context.company_id, None)
        order, late = await _asked_for(connection, context, reference, changes)

    async def charge_chunk(connection: Connection, chunk: Sequence[store.Late]) -> Outcome[MadeCharge]:
        held = replace(order, reference=await remembered.held(connection, context.company_id))
        return await charge(connection, context, held, [party.customer_id for party in chunk])

    outcome = await run_in_chunks(
        database,
        late,
        charge_chunk,
        weight=lambda party: party.documents,
        chunk_weight=CHUNK_DOCUMENTS,
        dry_run=bool(changes.get("dry_run")),
    )
    codes = [code_for(party.customer_class_id, party.statement_cycle_id, reference) for party in late]
    used = {code.overdue_charge_id: code for code in codes if code is not None}
    return outcome, list(dict.fromkeys(doubts(used.values(), order.on, reference)))


async def _asked_for(
    connection: Connection, context: Context, reference: Reference, changes: Mapping[str, Any]
) -> tuple[Order, list[store.Late]]:
    on = changes.get("as_of") or reference.today(context.now)
    period = reference.period_of(on, ("as_of",))
    check_open(period, reference.preferences.allow_posting_to_closed_periods, ("as_of",))
    filters = changes.get(_FILTERS) or {}
    classes, cycles, branch_number, customer_ids = None, None, None, None
    if filters.get("customer_class") is not None:
        field = (_FILTERS, "customer_class")
        classes = [reference.customer_class(filters["customer_class"], field).customer_class_id]
    if filters.get("statement_cycle") is not None:
        cycles = [reference.statement_cycle_id(filters["statement_cycle"], (_FILTERS, "statement_cycle")) or ""]
    if filters.get("branch_number") is not None:
        field = (_FILTERS, "branch_number")
        branch_number = reference.active_branch(filters["branch_number"], field).branch_number
    if filters.get("customer_numbers") is not None:
        sent = filters["customer_numbers"]
        customer_ids = await ids_of_sent(connection, context.company_id, sent, (_FILTERS, "customer_numbers"))
    late = await store.find_late(
        connection,
        context.company_id,
        on=on,
        branch_number=branch_number,
        customer_ids=customer_ids,
        classes=classes,
        cycles=cycles,
        **CHARGED,
    )
    return Order(reference, on, branch_number), late
