"""Creating and changing items.

Existing documents keep what they took from the item: a change here has no follow-up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.clock import Context
from reskontra.db.constraints import report_key_as_sent
from reskontra.db.pool import Connection
from reskontra.errors import NotFound
from reskontra.items import store
from reskontra.items.rules.master_data import changed_item, new_item
from reskontra.operations import supplied
from reskontra.records import differences
from reskontra.reference.store import remembered
from reskontra.versions import Expected, Saved, check_expected


async def create(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Saved:
    """Store a new item from what was sent. The database refuses a number that is taken."""
    sent = supplied(sent)
    reference = await remembered.at(connection, context.company_id, None)
    card = new_item(sent, reference)
    with report_key_as_sent(card.item_number):
        return await store.insert_card(connection, context, card, differences(None, card, without=("item_id",)))


async def change(
    connection: Connection, context: Context, key: str | int, sent: Mapping[str, Any], expected_version: Expected
) -> Saved:
    """Apply what was sent to the item with that number or internal id; what changes nothing writes nothing.

    Raises `NotFound`, and `Stale` if the present version is not an expected one.
    """
    found = await store.find_item(connection, context.company_id, key, locked=True)
    if found is None:
        raise NotFound("item", key)
    stored = found.record
    check_expected(expected_version, stored.version)
    reference = await remembered.at(connection, context.company_id, found.reference_version)
    card = changed_item(stored, sent, reference)
    if card == stored:
        return Saved(stored.item_number, stored.version)
    return await store.save_card(connection, context, card, differences(stored, card))
