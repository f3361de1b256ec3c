"""Creating and changing locations.

The customer's row is locked first: its default location is also written when the customer is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.clock import Context
from reskontra.customers.locations import rules, store
from reskontra.customers.locations.rules import Place
from reskontra.customers.store import finding as customers
from reskontra.customers.store import writing
from reskontra.db.constraints import report_key_as_sent
from reskontra.db.pool import Connection
from reskontra.errors import NotFound, Refused, UnknownReference
from reskontra.operations import supplied
from reskontra.records import replace
from reskontra.reference.store import remembered
from reskontra.versions import Expected, check_expected


async def create(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Place:
    """Store another location of a customer. Raises `Refused` if the customer already has one with that id."""
    sent = supplied(sent, but=("name",))
    number = (sent.get("customer_number") or "").strip()
    if not number:
        raise Refused("A location needs a customer.", field=("customer_number",), hint="Send the customer's number.")
    customer_id = await customers.lock_customer(connection, context.company_id, number)
    found = None if customer_id is None else await store.find_place(connection, context.company_id, number, None)
    if found is None:
        hint = "Send the number of an existing customer."
        raise UnknownReference(field=("customer_number",), value=number, hint=hint)
    reference = await remembered.at(connection, context.company_id, found.reference_version)
    place = rules.new_place(found.record, sent, reference)
    with report_key_as_sent(place.location.location_cd):
        version = await store.insert_place(connection, context, place, rules.differences(None, place))
    return replace(place, version=version)


async def change(
    connection: Connection,
    context: Context,
    customer_number: str,
    location_cd: str,
    sent: Mapping[str, Any],
    *,
    expected_version: Expected = None,
) -> Place:
    """Apply what was sent to a location; writes only if it changes.

    Raises `NotFound`, and `Stale` if the present version is not an expected one.
    """
    await customers.lock_customer(connection, context.company_id, customer_number)
    found = await store.find_place(connection, context.company_id, customer_number, location_cd)
    if found is None:
        raise no_place(customer_number, location_cd)
    stored = found.record
    check_expected(expected_version, stored.version)
    reference = await remembered.at(connection, context.company_id, found.reference_version)
    place = rules.changed_place(stored, sent, reference)
    if place == stored:
        return stored
    detail = rules.differences(stored, place)
    place = await _with_new_rows(connection, context, place)
    return replace(place, version=await store.save_place(connection, context, place, detail))


async def _with_new_rows(connection: Connection, context: Context, place: Place) -> Place:
    """The place with its new own address and contact stored. In extra statements, as it is rarely needed."""
    address, contact = place.address, place.contact
    if address is not None and address.address_id is None:
        address = await writing.insert_address(connection, context.company_id, address)
    if contact is not None and contact.contact_id is None:
        contact = await writing.insert_contact(connection, context.company_id, contact)
    return replace(place, address=address, contact=contact)


def no_place(customer_number: str, location_cd: str) -> NotFound:
    """There is no such location."""
    return NotFound(f"location '{location_cd}' of the customer", customer_number)
