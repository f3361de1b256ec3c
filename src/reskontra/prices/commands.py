"""Creating and changing sales prices. Lines that stand keep what they took: a change here has no follow-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.errors import NotFound
from reskontra.operations import supplied
from reskontra.prices import store
from reskontra.prices.rules import changed_price, new_price
from reskontra.records import differences
from reskontra.reference.store import remembered
from reskontra.versions import Expected, Saved, check_expected

_UNTOLD = ("price_id", "customer_number", "description", "item_number")
"""What the change log is not told: the row's key, and what the ids beside it say."""


async def create(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Saved:
    """Store a new price from what was sent; it has its record id for a number."""
    sent = supplied(sent)
    named = await _named(connection, context, sent)
    reference = await remembered.at(connection, context.company_id, named.reference_version)
    price = new_price(sent, named.item, named.customer, reference)
    return await store.insert_price(connection, context, price, differences(None, price, without=_UNTOLD))


async def change(
    connection: Connection, context: Context, price_id: int, sent: Mapping[str, Any], expected_version: Expected
) -> Saved:
    """Apply what was sent to a price; what changes nothing writes nothing.

    Raises `NotFound`, and `Stale` if the present version is not an expected one.
    """
    named = await _named(connection, context, sent, price_id)
    stored = named.price
    if stored is None:
        raise NotFound("sales price", price_id)
    check_expected(expected_version, stored.version)
    reference = await remembered.at(connection, context.company_id, named.reference_version)
    price = changed_price(stored, sent, named.item, named.customer, reference)
    if price == stored:
        return Saved(str(price_id), stored.version)
    return await store.save_price(connection, context, price, differences(stored, price, without=_UNTOLD))


async def _named(
    connection: Connection, context: Context, sent: Mapping[str, Any], price_id: int | None = None
) -> store.Named:
    code = (sent.get("price_code") or "").strip() or None
    number = sent.get("item_number")
    return await store.find_named(
        connection, context.company_id, item_number=number, price_code=code, price_id=price_id
    )
