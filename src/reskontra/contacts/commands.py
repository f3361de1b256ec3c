"""Creating and changing contacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reskontra.clock import Context
from reskontra.contacts import rules, store
from reskontra.contacts.rules import Contact, Employer
from reskontra.customers.store.writing import insert_address
from reskontra.db.pool import Connection
from reskontra.errors import NotFound
from reskontra.operations import supplied
from reskontra.records import differences, replace
from reskontra.reference.store import remembered
from reskontra.versions import Expected, check_expected

_UNTOLD = ("contact_id", "employer")
"""What the change log is not told of a contact: its id is the row's key, and its employer's id is told."""


async def create(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Contact:
    """Store a new contact."""
    sent = supplied(sent)
    employer = await _sent_employer(connection, context, sent)
    reference = await remembered.at(connection, context.company_id, None)
    contact = rules.new_contact(sent, employer, reference)
    detail = differences(None, contact, without=_UNTOLD)
    contact = await _with_stored_address(connection, context, contact)
    contact_id, version = await store.insert_contact(connection, context, contact, detail)
    return replace(contact, contact_id=contact_id, version=version)


async def change(
    connection: Connection, context: Context, contact_id: int, sent: Mapping[str, Any], expected_version: Expected
) -> Contact:
    """Apply what was sent to a contact; writes only if it changes.

    Raises `NotFound`, and `Stale` if the present version is not an expected one.
    """
    if not await store.lock_contact(connection, context.company_id, contact_id):
        raise NotFound("contact", contact_id)
    stored = await store.find_contact(connection, context.company_id, contact_id)
    if stored is None:
        raise NotFound("contact", contact_id)
    check_expected(expected_version, stored.version)
    employer = await _sent_employer(connection, context, sent)
    reference = await remembered.at(connection, context.company_id, None)
    contact = rules.changed_contact(stored, sent, employer, reference)
    if contact == stored:
        return stored
    detail = differences(stored, contact, without=_UNTOLD)
    contact = await _with_stored_address(connection, context, contact)
    return replace(contact, version=await store.save_contact(connection, context, contact, detail))


async def _sent_employer(connection: Connection, context: Context, sent: Mapping[str, Any]) -> Employer | None:
    number = (sent.get("customer_number") or "").strip()
    return await store.find_employer(connection, context.company_id, number) if number else None


async def _with_stored_address(connection: Connection, context: Context, contact: Contact) -> Contact:
    """The contact with its new own address stored. In an extra statement, as it is rarely needed."""
    if contact.address is None or contact.address.address_id is not None:
        return contact
    return replace(contact, address=await insert_address(connection, context.company_id, contact.address))
