"""Creating, changing and deleting discount series. Lines keep the figures that they got from one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.changes.commands import lock_reference
from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.discounts import store
from reskontra.discounts.rules.series import DiscountSeries
from reskontra.discounts.rules.writing import changed_series, new_series
from reskontra.errors import NotFound, Refused
from reskontra.operations import supplied
from reskontra.records import differences
from reskontra.reference.store import remembered
from reskontra.versions import Expected, Stored, check_expected


async def create(connection: Connection, context: Context, sent: Mapping[str, Any]) -> tuple[DiscountSeries, int]:
    """Store a new series of a code that the company has; returns it with its version."""
    sent = supplied(sent)
    await lock_reference(connection, context.company_id)
    reference = await remembered.at(connection, context.company_id, None)
    field = ("discount_code",)
    code = reference.discount_code(sent.get("discount_code"), field)
    if code is None:
        raise Refused("A discount series needs a code.", field=field, hint="Send one of the company's discount codes.")
    series = new_series(code, sent, reference.today(context.now))
    return series, await store.insert_series(connection, context, series, differences(None, series))


async def change(
    connection: Connection,
    context: Context,
    key: tuple[str, str],
    sent: Mapping[str, Any],
    expected_version: Expected,
) -> tuple[DiscountSeries, int]:
    """Apply what was sent to the series with that code and id; writes only if it changes.

    Raises `NotFound` and `Stale`.
    """
    stored = await _locked(connection, context, key, expected_version)
    reference = await remembered.at(connection, context.company_id, None)
    series = changed_series(stored.record, sent, reference.today(context.now))
    if series == stored.record:
        return series, stored.version
    return series, await store.save_series(connection, context, series, differences(stored.record, series))


async def delete(connection: Connection, context: Context, key: tuple[str, str], expected_version: Expected) -> None:
    """Delete the series with that code and id. Raises `NotFound` and `Stale`."""
    stored = await _locked(connection, context, key, expected_version)
    await store.delete_series(connection, context, stored.record, differences(stored.record, None))


async def _locked(
    connection: Connection, context: Context, key: tuple[str, str], expected_version: Expected
) -> Stored[DiscountSeries]:
    await lock_reference(connection, context.company_id)
    stored = await store.find_series(connection, context.company_id, *key)
    if stored is None:
        code, series = key
        raise NotFound(f"series '{series}' of the discount code", code)
    check_expected(expected_version, stored.version)
    return stored
