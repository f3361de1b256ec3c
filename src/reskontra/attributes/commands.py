"""Creating, changing and deleting attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.attributes import rules, store
from reskontra.changes.commands import lock_reference
from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.errors import NotFound
from reskontra.records import differences
from reskontra.versions import Expected, Saved, check_expected


async def create(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Saved:
    """Store a new attribute."""
    await lock_reference(connection, context.company_id)
    attribute = rules.new_attribute(sent)
    return await store.insert_attribute(connection, context, attribute, differences(None, attribute))


async def change(
    connection: Connection, context: Context, attribute_id: str, sent: Mapping[str, Any], expected_version: Expected
) -> Saved:
    """Apply what was sent to an attribute; writes only if it changes. Raises `NotFound` and `Stale`."""
    await lock_reference(connection, context.company_id)
    stored = await store.lock_attribute(connection, context.company_id, attribute_id)
    if stored is None:
        raise NotFound("attribute", attribute_id)
    check_expected(expected_version, stored.version)
    attribute = rules.changed_attribute(stored.record, sent)
    if attribute == stored.record:
        return Saved(attribute.attribute_id, stored.version)
    detail = differences(stored.record, attribute)
    return await store.save_attribute(connection, context, attribute, detail)


async def delete(connection: Connection, context: Context, attribute_id: str, expected_version: Expected) -> None:
    """Delete an attribute. The database refuses it if a customer has a value of it."""
    await lock_reference(connection, context.company_id)
    stored = await store.lock_attribute(connection, context.company_id, attribute_id)
    if stored is None:
        raise NotFound("attribute", attribute_id)
    check_expected(expected_version, stored.version)
    await store.delete_attribute(connection, context, stored.record.attribute_id, differences(stored.record, None))
