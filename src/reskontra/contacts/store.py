"""SQL of contacts.

A contact travels as one JSON value whose keys are the columns' names. Documents embed `contact_json` and `named`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import change_row, coming_id, count_new, parameters, tally
from reskontra.clock import Context
from reskontra.contacts.rules import CONTACT_COLUMNS, Contact, Employer
from reskontra.customers.store.fragments import address_json, employer_json, id_of_number, save_address
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection

_NAMES = ", ".join(CONTACT_COLUMNS)
_PART = ", ".join(f"part.{column}" for column in CONTACT_COLUMNS)
_SETTINGS = ", ".join(f"{column} = part.{column}" for column in CONTACT_COLUMNS)

_RECORD = f"""
     cross join lateral (
        select contact.contact_id, {", ".join(f"contact.{column}" for column in CONTACT_COLUMNS)},
               contact.version, contact.modified_at,
               {address_json("contact.address_id")} as address,
               {employer_json("contact.customer_id")} as employer) as record"""

_decoder = msgspec.json.Decoder(Contact)
_employers = msgspec.json.Decoder(Employer)


def contact_json(contact_id: str) -> str:
    """A scalar: the contact of company $1 with this id as JSON for `read_contact`, or null."""
    return f"""(select row_to_json(contact.*) from contact
                 where contact.company_id = $1 and contact.contact_id = {contact_id})"""


def read_contact(text: str | None) -> Contact | None:
    """The answer of `contact_json`, without address and customer; None stays None."""
    return _decoder.decode(text) if text is not None else None


def name_of(contact_id: str) -> str:
    """A scalar: the name of the contact of company $1 with this id, or null."""
    return f"""case when {contact_id} is not null then (
               select contact.display_name from contact
                where contact.company_id = $1 and contact.contact_id = {contact_id}) end"""


async def find_contact(connection: Connection, company_id: int, contact_id: int) -> Contact | None:
    """A contact by its id, whole."""
    text = await connection.fetchval(
        f"""
        select row_to_json(record)::text
          from contact {_RECORD}
         where contact.company_id = $1 and contact.contact_id = $2
        """,
        company_id,
        contact_id,
    )
    return None if text is None else _decoder.decode(text)


async def lock_contact(connection: Connection, company_id: int, contact_id: int) -> bool:
    """Lock a contact until the transaction ends; False when there is none."""
    found: int | None = await connection.fetchval(
        "select contact_id from contact where company_id = $1 and contact_id = $2 for update", company_id, contact_id
    )
    return found is not None


async def find_employer(connection: Connection, company_id: int, number: str) -> Employer | None:
    """The customer with that number as an employer of contacts."""
    text = await connection.fetchval(f"select {employer_json(id_of_number('$2'))}::text", company_id, number)
    return None if text is None else _employers.decode(text)


# Lists


_FOLDED = 'lower({}::text collate "C")'
HAS_EMAIL = f'lower(btrim(contact.email) collate "C") in ({_FOLDED}, {_FOLDED})'
"""The condition that a contact has one of two mail addresses, in any case."""

CONTACTS = Paged(
    entity="Contact",
    found="select contact.* from contact where contact.company_id = $1",
    key=("contact.contact_id",),
    tables=f"page as contact {_RECORD}",
    columns="row_to_json(record)::text as record",
    read=json_record(Contact),
    sort_key=lambda contact: (contact.contact_id,),
)
"""Contacts by id."""


# Writing


_INSERT = f"""
    with {coming_id("Contact")},
    {change_row("'Contact'", "created", "coming.id::text", "coming", detail="$5::jsonb")},
    {count_new("Contact")}
    insert into contact (company_id, contact_id, address_id, created_at, modified_at, version, {_NAMES})
    select $1, counted.id, $7::integer, changed.stamp, changed.stamp, changed.change_id, {_PART}
      from counted, changed, jsonb_populate_record(null::contact, $6::jsonb) as part
    returning contact_id, version"""


async def insert_contact(
    connection: Connection, context: Context, contact: Contact, detail: Mapping[str, Any]
) -> tuple[int, int]:
    """Store a new contact, whose own address is stored already; returns its id and version."""
    row = await connection.fetchrow(
        _INSERT, *parameters(context), as_json(detail), as_json(_columns(contact)), _address_id(contact)
    )
    if row is None:
        raise LookupError(f"company {context.company_id} has no tally of contacts")
    return row["contact_id"], row["version"]


_SAVE = f"""
    with {change_row("'Contact'", "updated", "$8::integer::text", "(values (1)) as once", detail="$5::jsonb")},
    {tally("'Contact'", 0)},
    {save_address("$9")}
    update contact
       set {_SETTINGS}, address_id = $7::integer, modified_at = changed.stamp, version = changed.change_id
      from changed, jsonb_populate_record(null::contact, $6::jsonb) as part
     where contact.company_id = $1 and contact.contact_id = $8
    returning contact.version"""


async def save_contact(connection: Connection, context: Context, contact: Contact, detail: Mapping[str, Any]) -> int:
    """Write a contact that is locked, with its own address; returns its version."""
    version: int = await connection.fetchval(
        _SAVE,
        *parameters(context),
        as_json(detail),
        as_json(_columns(contact)),
        _address_id(contact),
        contact.contact_id,
        as_json(contact.address) if contact.address else None,
    )
    return version


def _columns(contact: Contact) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in CONTACT_COLUMNS}


def _address_id(contact: Contact) -> int | None:
    return contact.address.address_id if contact.address else None
