"""SQL of locations with their own addresses and contacts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import REFERENCE_VERSION, change_row, count_new, last_change, next_ids, parameters, tally
from reskontra.clock import Context
from reskontra.customers.customer import ADDRESS_COLUMNS, CONTACT_COLUMNS, LOCATION_COLUMNS
from reskontra.customers.locations.rules import Place
from reskontra.customers.store.fragments import by_number, column_names, settings
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.errors import Refused
from reskontra.versions import Found

_TABLES = """
      join address as main_address on main_address.company_id = customer.company_id
       and main_address.address_id = customer.main_address_id
      join contact_details as main_contact on main_contact.company_id = customer.company_id
       and main_contact.contact_id = customer.main_contact_id
      left join address on address.company_id = location.company_id and address.address_id = location.address_id
      left join contact_details as contact on contact.company_id = location.company_id
       and contact.contact_id = location.contact_id"""
_RECORD = f"""{_TABLES}
     cross join lateral (
        select customer.customer_id, customer.number as customer_number, customer.name as customer_name,
               customer.customer_class_id, customer.status as customer_status,
               location.location_id = customer.default_location_id as is_default,
               row_to_json(location.*) as location,
               case when address.company_id is not null then row_to_json(address.*) end as address,
               case when contact.company_id is not null then row_to_json(contact.*) end as contact,
               row_to_json(main_address.*) as main_address, row_to_json(main_contact.*) as main_contact,
               location.version, location.modified_at) as record"""

_decoder = msgspec.json.Decoder(Place)


async def find_place(
    connection: Connection, company_id: int, customer_number: str, location_cd: str | None
) -> Found[Place] | None:
    """A customer's location by its id in any case; None gives the default location."""
    row = await connection.fetchrow(
        f"""
        select row_to_json(record)::text as record, {REFERENCE_VERSION} as reference_version
          from customer
          join location on location.company_id = customer.company_id and location.customer_id = customer.customer_id
           and case when $3::text is null then location.location_id = customer.default_location_id
                    else lower(location.location_cd) collate "C" = lower($3::text collate "C") end
               {_RECORD}
         where customer.company_id = $1 and {by_number("$2")}
        """,
        company_id,
        customer_number,
        location_cd,
    )
    return None if row is None else Found(_decoder.decode(row["record"]), row["reference_version"])


# Lists

_LISTED = """location
          join customer on customer.company_id = location.company_id and customer.customer_id = location.customer_id"""

PLACES = Paged(
    entity="Location",
    found=f"select location.customer_id, location.location_id from {_LISTED} where location.company_id = $1",
    key=("customer.number", "location.location_cd"),
    tables=f"""page
          join customer on customer.company_id = $1 and customer.customer_id = page.customer_id
          join location on location.company_id = $1 and location.customer_id = page.customer_id
           and location.location_id = page.location_id
               {_RECORD}""",
    columns="row_to_json(record)::text as record",
    read=json_record(Place),
    sort_key=lambda place: (place.customer_number, place.location.location_cd),
    # A customer's number stands in the key, and its changes reach the default location.
    stamp=f"greatest({last_change('Location')}, {last_change('Customer')})",
)
"""Locations by customer number and location id."""


# Writing. Ids come from the tallies in the order address, contact, location, as customers take them.


_INSERT = f"""
    with {next_ids("Address", "($8::jsonb is not null)::integer", name="address_ids")},
    {next_ids("Contact", "(select ($9::jsonb is not null)::integer + 0 * last_id from address_ids)",
              name="contact_ids")},
    ready as (select address_ids.last_id as address_id, contact_ids.last_id as contact_id
                from address_ids, contact_ids),
    {change_row("'Location'", "created", "$5::text", "ready", detail="$6::jsonb")},
    {count_new("Location")},
    addresses as (
        insert into address (company_id, address_id, {column_names(ADDRESS_COLUMNS)})
        select $1, ready.address_id, {column_names(ADDRESS_COLUMNS, "part")}
          from ready, jsonb_populate_record(null::address, $8::jsonb) as part where $8::jsonb is not null),
    contacts as (
        insert into contact_details (company_id, contact_id, {column_names(CONTACT_COLUMNS)})
        select $1, ready.contact_id, {column_names(CONTACT_COLUMNS, "part")}
          from ready, jsonb_populate_record(null::contact_details, $9::jsonb) as part where $9::jsonb is not null)
    insert into location (company_id, customer_id, location_id, {column_names(LOCATION_COLUMNS)},
           address_id, contact_id, created_at, modified_at, version)
    select $1, $7, counted.id, {column_names(LOCATION_COLUMNS, "part")},
           case when $8::jsonb is not null then ready.address_id end,
           case when $9::jsonb is not null then ready.contact_id end, changed.stamp, changed.stamp, changed.change_id
      from ready, counted, changed, jsonb_populate_record(null::location, $10::jsonb) as part
    returning version"""  # fmt: skip


async def insert_place(connection: Connection, context: Context, place: Place, detail: Mapping[str, Any]) -> int:
    """Store a new location; returns its version."""
    version: int = await connection.fetchval(
        _INSERT,
        *parameters(context),
        place.key,
        as_json(detail),
        place.customer_id,
        as_json(place.address) if place.address else None,
        as_json(place.contact) if place.contact else None,
        as_json(place.location),
    )
    return version


# A customer shows its default location, so its version and time move with that one.
_SAVE = f"""
    with once as (select 1),
    {change_row("'Location'", "updated", "$5::text", "once", detail="$6::jsonb")},
    tallied_location as (
        update tally set last_change_id = changed.change_id
          from changed where tally.company_id = $1 and tally.entity = 'Location'
        returning changed.change_id),
    shown as (select from tallied_location where $11::boolean),
    {change_row("'Customer'", "updated", "$12::text", "shown", name="customer_changed", detail="$6::jsonb")},
    {tally("'Customer'", 0, changed="customer_changed")},
    customers as (
        update customer set modified_at = customer_changed.stamp, version = customer_changed.change_id
          from customer_changed
         where customer.company_id = $1 and customer.customer_id = $7),
    addresses as (
        update address set {settings(ADDRESS_COLUMNS)}
          from jsonb_populate_record(null::address, $8::jsonb) as part
         where address.company_id = $1 and address.address_id = part.address_id),
    contacts as (
        update contact_details set {settings(CONTACT_COLUMNS)}
          from jsonb_populate_record(null::contact_details, $9::jsonb) as part
         where contact_details.company_id = $1 and contact_details.contact_id = part.contact_id)
    update location
       set {settings(LOCATION_COLUMNS)}, address_id = ($8::jsonb ->> 'address_id')::integer,
           contact_id = ($9::jsonb ->> 'contact_id')::integer, modified_at = changed.stamp, version = changed.change_id
      from changed, jsonb_populate_record(null::location, $10::jsonb) as part
     where location.company_id = $1 and location.customer_id = $7 and location.location_id = part.location_id
    returning location.version"""


async def save_place(connection: Connection, context: Context, place: Place, detail: Mapping[str, Any]) -> int:
    """Write a location whose customer is locked; its own address and contact have their ids. Returns its version."""
    version: int = await connection.fetchval(
        _SAVE,
        *parameters(context),
        place.key,
        as_json(detail),
        place.customer_id,
        as_json(place.address) if place.address else None,
        as_json(place.contact) if place.contact else None,
        as_json(place.location),
        place.is_default,
        place.customer_number,
    )
    return version


def _id_taken(value: str) -> Refused:
    location_cd = value.rpartition(", ")[2]
    return Refused(
        f"The customer has a location '{location_cd}' already.",
        field=("location_cd",),
        value=location_cd,
        hint="Send an id that is free, or change that location.",
    )


CONSTRAINTS: Mapping[str, RefusalFactory] = {"location_cd_unique": _id_taken}
"""Constraint -> what the caller is told."""
