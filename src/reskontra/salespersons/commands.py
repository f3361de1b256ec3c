"""Creating and changing salespersons and their assignments to customers.

The reference data is locked first, then the salesperson's row, then the customers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.changes.commands import lock_reference
from reskontra.clock import Context
from reskontra.customers.store import for_salespersons
from reskontra.db.pool import Connection
from reskontra.errors import NotFound
from reskontra.operations import supplied
from reskontra.records import differences
from reskontra.reference.store import remembered
from reskontra.salespersons import store
from reskontra.salespersons.rules import master_data
from reskontra.versions import Expected, Saved, check_expected


async def create(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Saved:
    """Store a new salesperson with the customers that were sent."""
    sent = supplied(sent)
    await lock_reference(connection, context.company_id)
    reference = await remembered.at(connection, context.company_id, None)
    salesperson = master_data.new_salesperson(sent, reference)
    spots = await for_salespersons.lock_spots(connection, context.company_id, master_data.spots_of(sent))
    wanted = master_data.wanted_assignments(salesperson, sent, spots, ())
    detail = differences(None, salesperson, without=("salesperson_id",)) | ({"customers": wanted} if wanted else {})
    salesperson_id, version = await store.insert_salesperson(connection, context, salesperson, detail)
    await for_salespersons.save_assignments(connection, context, salesperson_id, wanted)
    return Saved(salesperson.salesperson_cd, version)


async def change(
    connection: Connection, context: Context, salesperson_cd: str, sent: Mapping[str, Any], expected_version: Expected
) -> Saved:
    """Apply what was sent to a salesperson; writes only if it changes. Raises `NotFound` and `Stale`."""
    await lock_reference(connection, context.company_id)
    stored = await store.lock_salesperson(connection, context.company_id, salesperson_cd)
    if stored is None:
        raise NotFound("salesperson", salesperson_cd)
    check_expected(expected_version, stored.version)
    before = stored.record
    reference = await remembered.at(connection, context.company_id, None)
    salesperson = master_data.changed_salesperson(before, sent, reference)
    spots = await for_salespersons.lock_spots(connection, context.company_id, master_data.spots_of(sent))
    standing = await for_salespersons.list_of_salespersons(connection, context.company_id, [before.salesperson_id])
    wanted = master_data.wanted_assignments(salesperson, sent, spots, standing)
    if salesperson == before and not wanted:
        return Saved(before.salesperson_cd, stored.version)
    detail = differences(before, salesperson)
    if wanted:
        detail["customers"] = master_data.assignments_before(wanted, standing), wanted
    version = await store.save_salesperson(connection, context, salesperson, detail)
    await for_salespersons.save_assignments(connection, context, before.salesperson_id, wanted)
    return Saved(salesperson.salesperson_cd, version)
