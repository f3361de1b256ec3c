"""SQL that writes customers with their addresses, contacts, default location and balance.

A record travels as one JSON value whose keys are the columns' names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reskontra.changes.store import change_row, count_new, next_ids, parameters, tally
from reskontra.clock import Context
from reskontra.customers.customer import (
    ADDRESS_COLUMNS,
    CONTACT_COLUMNS,
    CUSTOMER_COLUMNS,
    DIRECT_DEBIT_COLUMNS,
    LOCATION_COLUMNS,
    Address,
    ContactDetails,
    Customer,
)
from reskontra.customers.store.fragments import column_names, settings
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.errors import Refused
from reskontra.numbering.store import log_deleted, take_number, use_number
from reskontra.records import replace
from reskontra.versions import Saved

# The rows of a new customer always take their ids from the tallies in the order address, contact, location, customer,
# and so does a change, so that no two statements wait for each other.


_DRAWN_IDS = f"""
    {next_ids("Address", "jsonb_array_length($8::jsonb)", name="address_ids")},
    {next_ids("Contact", "(select jsonb_array_length($9::jsonb) + 0 * last_id from address_ids)", name="contact_ids")},
    ready as (select number, address_ids.last_id as address_id, contact_ids.last_id as contact_id
                from taken, address_ids, contact_ids),
    {change_row("'Customer'", "created", "number", "ready", detail="$6::jsonb")},
    {count_new("Location", name="new_location")},
    located as (select change_id from changed, new_location),
    {count_new("Customer", changed="located", name="new_customer")}"""

_INSERT = f"""
    {_DRAWN_IDS},
    addresses as (
        insert into address (company_id, address_id, {column_names(ADDRESS_COLUMNS)})
        select $1, ready.address_id + part.address_id, {column_names(ADDRESS_COLUMNS, "part")}
          from ready, jsonb_populate_recordset(null::address, $8::jsonb) as part),
    contacts as (
        insert into contact_details (company_id, contact_id, {column_names(CONTACT_COLUMNS)})
        select $1, ready.contact_id + part.contact_id, {column_names(CONTACT_COLUMNS, "part")}
          from ready, jsonb_populate_recordset(null::contact_details, $9::jsonb) as part),
    locations as (
        insert into location (company_id, customer_id, location_id, {column_names(LOCATION_COLUMNS)},
               created_at, modified_at)
        select $1, new_customer.id, new_location.id, {column_names(LOCATION_COLUMNS, "part")},
               changed.stamp, changed.stamp
          from new_customer, new_location, changed, jsonb_populate_record(null::location, $7::jsonb) as part),
    attributes as (
        insert into customer_attribute (company_id, customer_id, attribute_id, value)
        select $1, new_customer.id, part.key, part.value
          from new_customer, jsonb_each_text($10::jsonb) as part),
    payment_methods as (
        insert into customer_payment_method (company_id, customer_id, payment_method_id)
        select $1, new_customer.id, part
          from new_customer, unnest($11::text[]) as part),
    mandates as (
        insert into direct_debit (company_id, customer_id, {column_names(DIRECT_DEBIT_COLUMNS)})
        select $1, new_customer.id, {column_names(DIRECT_DEBIT_COLUMNS, "part")}
          from new_customer, jsonb_populate_recordset(null::direct_debit, $12::jsonb) as part),
    balances as (
        insert into customer_balance (company_id, customer_id)
        select $1, new_customer.id from new_customer)
    insert into customer (company_id, customer_id, number, {column_names(CUSTOMER_COLUMNS)},
           main_address_id, invoice_address_id, delivery_address_id,
           main_contact_id, invoice_contact_id, delivery_contact_id,
           default_location_id, created_at, modified_at, version)
    select $1, new_customer.id, ready.number, {column_names(CUSTOMER_COLUMNS, "part")},
           ready.address_id + part.main_address_id, ready.address_id + part.invoice_address_id,
           ready.address_id + part.delivery_address_id, ready.contact_id + part.main_contact_id,
           ready.contact_id + part.invoice_contact_id, ready.contact_id + part.delivery_contact_id,
           new_location.id, changed.stamp, changed.stamp, changed.change_id
      from new_customer, new_location, ready, changed, jsonb_populate_record(null::customer, $5::jsonb) as part
    returning number, version"""

_AS_CUSTOMER = "'Customer'"
_INSERT_WITH_NEXT_NUMBER = f"with {take_number(_AS_CUSTOMER, '$13', '$14')}, {_INSERT}"
_INSERT_WITH_SENT_NUMBER = f"with {use_number(_AS_CUSTOMER, '$13', '$14')}, {_INSERT}"


async def insert_customer(
    connection: Connection,
    context: Context,
    customer: Customer,
    detail: Mapping[str, Any],
    *,
    numbering: tuple[str, str] | tuple[str, int],
) -> Saved:
    """Store a new customer under a number (number, series id) or the next one of a range (series id, range id)."""
    # Ids of the new rows count back from the highest one drawn: the last has 0.
    addresses = [it for it in (customer.main_address, customer.invoice_address, customer.delivery_address) if it]
    contacts = [it for it in (customer.main_contact, customer.invoice_contact, customer.delivery_contact) if it]
    addresses = [replace(it, address_id=position + 1 - len(addresses)) for position, it in enumerate(addresses)]
    contacts = [replace(it, contact_id=position + 1 - len(contacts)) for position, it in enumerate(contacts)]
    address_ids, contact_ids = iter(addresses), iter(contacts)
    links: dict[str, int | None] = {}
    for role in ("main", "invoice", "delivery"):
        has_address, has_contact = getattr(customer, f"{role}_address"), getattr(customer, f"{role}_contact")
        links[f"{role}_address_id"] = next(address_ids).address_id if has_address else None
        links[f"{role}_contact_id"] = next(contact_ids).contact_id if has_contact else None
    row = await connection.fetchrow(
        _INSERT_WITH_SENT_NUMBER if isinstance(numbering[1], str) else _INSERT_WITH_NEXT_NUMBER,
        *parameters(context),
        as_json(_columns(customer) | links),
        as_json(detail),
        as_json(customer.location),
        as_json(addresses),
        as_json(contacts),
        as_json(customer.attributes),
        list(customer.payment_methods),
        as_json(customer.direct_debits),
        *numbering,
    )
    if row is None:
        raise LookupError(f"the number series has no such range: {numbering}")
    return Saved(**row)


async def insert_address(connection: Connection, company_id: int, address: Address) -> Address:
    """Store a customer's own address that used to follow the main one; returns it with its id."""
    address_id = await connection.fetchval(
        f"""
        with {next_ids("Address", "1", name="address_ids")}
        insert into address (company_id, address_id, {column_names(ADDRESS_COLUMNS)})
        select $1, last_id, {column_names(ADDRESS_COLUMNS, "part")}
          from address_ids, jsonb_populate_record(null::address, $2::jsonb) as part
        returning address_id
        """,
        company_id,
        as_json(address),
    )
    return replace(address, address_id=address_id)


async def insert_contact(connection: Connection, company_id: int, contact: ContactDetails) -> ContactDetails:
    """Store a customer's own contact that used to follow the main one; returns it with its id."""
    contact_id = await connection.fetchval(
        f"""
        with {next_ids("Contact", "1", name="contact_ids")}
        insert into contact_details (company_id, contact_id, {column_names(CONTACT_COLUMNS)})
        select $1, last_id, {column_names(CONTACT_COLUMNS, "part")}
          from contact_ids, jsonb_populate_record(null::contact_details, $2::jsonb) as part
        returning contact_id
        """,
        company_id,
        as_json(contact),
    )
    return replace(contact, contact_id=contact_id)


_SAVE = f"""
    with once as (select 1),
    {change_row("'Customer'", "updated", "$5::text", "once", detail="$6::jsonb")},
    {tally("'Customer'", 0)},
    addresses as (
        update address set {settings(ADDRESS_COLUMNS)}
          from jsonb_populate_recordset(null::address, $9::jsonb) as part
         where address.company_id = $1 and address.address_id = part.address_id),
    contacts as (
        update contact_details set {settings(CONTACT_COLUMNS)}
          from jsonb_populate_recordset(null::contact_details, $10::jsonb) as part
         where contact_details.company_id = $1 and contact_details.contact_id = part.contact_id),
    locations as (
        update location set {settings(LOCATION_COLUMNS)}, modified_at = changed.stamp, version = changed.change_id
          from changed, jsonb_populate_recordset(null::location, $11::jsonb) as part
         where location.company_id = $1 and location.customer_id = $7 and location.location_id = part.location_id),
    dropped_attributes as (
        delete from customer_attribute
         where company_id = $1 and customer_id = $7 and not $12::jsonb ? attribute_id),
    attributes as (
        insert into customer_attribute (company_id, customer_id, attribute_id, value)
        select $1, $7, part.key, part.value from jsonb_each_text($12::jsonb) as part
        on conflict on constraint customer_attribute_pk do update set value = excluded.value),
    payment_methods as (
        insert into customer_payment_method (company_id, customer_id, payment_method_id)
        select $1, $7, part from unnest($13::text[]) as part
        on conflict on constraint customer_payment_method_pk do nothing),
    dropped_mandates as (
        delete from direct_debit
         where company_id = $1 and customer_id = $7
           and direct_debit_id not in (select part.direct_debit_id
                                         from jsonb_populate_recordset(null::direct_debit, $14::jsonb) as part)),
    mandates as (
        insert into direct_debit (company_id, customer_id, {column_names(DIRECT_DEBIT_COLUMNS)})
        select $1, $7, {column_names(DIRECT_DEBIT_COLUMNS, "part")}
          from jsonb_populate_recordset(null::direct_debit, $14::jsonb) as part
        on conflict on constraint direct_debit_pk do update
           set {", ".join(f"{column} = excluded.{column}" for column in DIRECT_DEBIT_COLUMNS)})
    update customer
       set {settings(CUSTOMER_COLUMNS)},
           invoice_address_id = part.invoice_address_id, delivery_address_id = part.delivery_address_id,
           invoice_contact_id = part.invoice_contact_id, delivery_contact_id = part.delivery_contact_id,
           modified_at = changed.stamp, version = changed.change_id
      from changed, jsonb_populate_record(null::customer, $8::jsonb) as part
     where customer.company_id = $1 and customer.customer_id = $7
    returning customer.number, customer.version"""


async def save_customer(
    connection: Connection, context: Context, stored: Customer, customer: Customer, detail: Mapping[str, Any]
) -> Saved:
    """Overwrite the `stored` customer, which is locked. New addresses and contacts already have their ids."""
    addresses = _different(stored, customer, ("main_address", "invoice_address", "delivery_address"))
    contacts = _different(stored, customer, ("main_contact", "invoice_contact", "delivery_contact"))
    links = {
        "invoice_address_id": customer.invoice_address and customer.invoice_address.address_id,
        "delivery_address_id": customer.delivery_address and customer.delivery_address.address_id,
        "invoice_contact_id": customer.invoice_contact and customer.invoice_contact.contact_id,
        "delivery_contact_id": customer.delivery_contact and customer.delivery_contact.contact_id,
    }
    row = await connection.fetchrow(
        _SAVE,
        *parameters(context),
        customer.number,
        as_json(detail),
        customer.customer_id,
        as_json(_columns(customer) | links),
        as_json(addresses),
        as_json(contacts),
        as_json([customer.location] if customer.location != stored.location else []),
        as_json(customer.attributes),
        list(customer.payment_methods),
        as_json(customer.direct_debits),
    )
    if row is None:
        raise LookupError(f"customer {customer.customer_id} of company {context.company_id} is gone")
    return Saved(**row)


# Documents, locations and contacts know their customer by its internal id, so this is all there is to write. The old
# number goes into the log of deleted numbers, because the series may have no gaps (NUM-01).
_SAVE_NUMBER = f"""
    with {use_number(_AS_CUSTOMER, "$5", "$6")},
    {
    change_row(
        _AS_CUSTOMER,
        "renumbered",
        "taken.number",
        "taken",
        detail="jsonb_build_object('number', jsonb_build_array($8::text, taken.number))",
    )
},
    {tally(_AS_CUSTOMER, 0)},
    left_behind as (select from taken where lower(taken.number) <> lower($8::text)),
    {log_deleted(_AS_CUSTOMER, "$8::text", "left_behind", reason="the customer got another number")}
    update customer set number = taken.number, modified_at = changed.stamp, version = changed.change_id
      from taken, changed
     where customer.company_id = $1 and customer.customer_id = $7
    returning customer.number, customer.version"""


async def save_number(connection: Connection, context: Context, stored: Customer, number: str, series_id: str) -> Saved:
    """Give a customer that is locked another number."""
    row = await connection.fetchrow(
        _SAVE_NUMBER, *parameters(context), number, series_id, stored.customer_id, stored.number
    )
    if row is None:
        raise LookupError(f"customer {stored.customer_id} of company {context.company_id} is gone")
    return Saved(**row)


def _columns(customer: Customer) -> dict[str, Any]:
    return {name: getattr(customer, name) for name in CUSTOMER_COLUMNS}


def _different(stored: Customer, customer: Customer, names: Sequence[str]) -> list[Any]:
    return [new for name in names if (new := getattr(customer, name)) is not None and new != getattr(stored, name)]


def _number_taken(value: str) -> Refused:
    number = value.rpartition(", ")[2]
    return Refused(
        f"The customer number {number} already exists.",
        field=("number",),
        value=number,
        hint="Send a number that is free, or leave it out to get the next one.",
    )


CONSTRAINTS: Mapping[str, RefusalFactory] = {"customer_number_unique": _number_taken}
"""Constraint -> what the caller is told. The rules keep the other constraints of these tables anyway."""
