"""SQL of customers, their addresses, contacts, default location and balance. Decides nothing.

A record travels as one JSON value whose keys are the columns' names. Other rooms embed
`adjust_balance` and `named` in their own statements, and `debtor.for_document`; they name no column themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from reskontra.changes.store import change_row, count_new, last_change, next_ids, parameters, row_count, tally
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
    Parent,
)
from reskontra.db.pool import Connection, RefusalFactory
from reskontra.errors import Refused
from reskontra.numbering.store import log_deleted, take_number, use_number
from reskontra.records import replace
from reskontra.web.listing import Filters, Slice, Total, Window


def by_number(parameter: str) -> str:
    """The condition that finds a customer by its number, in any letter case (decisions.md W1)."""
    return f'lower(customer.number) collate "C" = lower({parameter} collate "C")'


def by_id(expression: str) -> str:
    """The condition that finds a customer by its internal id."""
    return f"customer.customer_id = {expression}"


@dataclass(frozen=True, slots=True)
class Balance:
    """What a customer owes by released documents, and what is saved but not released; base currency, signed."""

    balance: Decimal
    unreleased: Decimal


async def lock_balance(connection: Connection, company_id: int, customer_id: int) -> Balance:
    """The customer's balance, locked until the transaction ends, so that two credit checks cannot both pass."""
    row = await connection.fetchrow(
        "select balance, unreleased from customer_balance where company_id = $1 and customer_id = $2 for update",
        company_id,
        customer_id,
    )
    if row is None:
        raise LookupError(f"customer {customer_id} of company {company_id} has no balance row")
    return Balance(row["balance"], row["unreleased"])


def adjust_balance(source: str, *, balance: str = "0", unreleased: str = "0", name: str = "balanced") -> str:
    """A CTE that adds to the balance of the customers that `source` names in its column `customer_id` (BAL-02, 03).

    `balance` and `unreleased` are signed SQL expressions in base currency over `source`, one row per customer.
    """
    return f"""{name} as (
        update customer_balance
           set balance = customer_balance.balance + {balance}, unreleased = customer_balance.unreleased + {unreleased}
          from {source}
         where customer_balance.company_id = $1 and customer_balance.customer_id = {source}.customer_id)"""


# Reading whole customers

_RECORD_COLUMNS = ", ".join(
    f"customer.{name}" for name in ("customer_id", "number", "version", "created_at", "modified_at", *CUSTOMER_COLUMNS)
)

_RECORD_TABLES = """
      join location on location.company_id = customer.company_id and location.customer_id = customer.customer_id
       and location.location_id = customer.default_location_id
      join address as main_address on main_address.company_id = customer.company_id
       and main_address.address_id = customer.main_address_id
      left join address as invoice_address on invoice_address.company_id = customer.company_id
       and invoice_address.address_id = customer.invoice_address_id
      left join address as delivery_address on delivery_address.company_id = customer.company_id
       and delivery_address.address_id = customer.delivery_address_id
      join contact_details as main_contact on main_contact.company_id = customer.company_id
       and main_contact.contact_id = customer.main_contact_id
      left join contact_details as invoice_contact on invoice_contact.company_id = customer.company_id
       and invoice_contact.contact_id = customer.invoice_contact_id
      left join contact_details as delivery_contact on delivery_contact.company_id = customer.company_id
       and delivery_contact.contact_id = customer.delivery_contact_id"""


def _record(*, payment_methods: str = "true", direct_debits: str = "true") -> str:
    """A lateral `record`, one row shaped like `Customer`; the arguments are conditions for reading those rows."""
    own = "\n".join(
        f"case when {part}.company_id is not null then row_to_json({part}) end as {part},"
        for part in ("invoice_address", "delivery_address", "invoice_contact", "delivery_contact")
    )
    return f"""
     cross join lateral (
        select {_RECORD_COLUMNS},
               row_to_json(location.*) as location,
               row_to_json(main_address.*) as main_address,
               row_to_json(main_contact.*) as main_contact,
               {own}
               (select json_build_object('customer_id', parent.customer_id, 'number', parent.number,
                                         'name', parent.name, 'parent_customer_id', parent.parent_customer_id)
                  from customer as parent
                 where parent.company_id = customer.company_id
                   and parent.customer_id = customer.parent_customer_id) as parent,
               (select coalesce(json_object_agg(attribute_id, value order by attribute_id), '{{}}')
                  from customer_attribute
                 where customer_attribute.company_id = customer.company_id
                   and customer_attribute.customer_id = customer.customer_id) as attributes,
               (select coalesce(json_agg(payment_method_id order by payment_method_id), '[]')
                  from customer_payment_method
                 where {payment_methods} and customer_payment_method.company_id = customer.company_id
                   and customer_payment_method.customer_id = customer.customer_id) as payment_methods,
               (select coalesce(json_agg(direct_debit order by direct_debit_id), '[]')
                  from direct_debit
                 where {direct_debits} and direct_debit.company_id = customer.company_id
                   and direct_debit.customer_id = customer.customer_id) as direct_debits) as record"""


_record_decoder = msgspec.json.Decoder(Customer)

_REFERENCE_VERSION = "(select reference_version from company where company_id = $1)"


@dataclass(frozen=True, slots=True)
class Found:
    """A customer, and the version of the reference data that was true when it was read."""

    customer: Customer
    reference_version: int


async def find_customer(connection: Connection, company_id: int, key: str | int) -> Found | None:
    """The customer with that number (text) or internal id (whole number), whole."""
    condition = by_number("$2") if isinstance(key, str) else by_id("$2")
    row = await connection.fetchrow(
        f"""
        select row_to_json(record)::text as record, {_REFERENCE_VERSION} as reference_version
          from customer {_RECORD_TABLES} {_record()}
         where customer.company_id = $1 and {condition}
        """,
        company_id,
        key,
    )
    return None if row is None else Found(_record_decoder.decode(row["record"]), row["reference_version"])


async def is_customer(connection: Connection, company_id: int, number: str) -> bool:
    """Whether there is a customer with that number."""
    found: bool = await connection.fetchval(
        f"select exists (select from customer where company_id = $1 and {by_number('$2')})", company_id, number
    )
    return found


async def lock_customer(connection: Connection, company_id: int, key: str | int) -> int | None:
    """Lock the customer with that number or internal id until the transaction ends; returns its internal id.

    It is a statement of its own: what is read after it, is read as the last holder of the lock left it.
    """
    condition = by_number("$2") if isinstance(key, str) else by_id("$2")
    customer_id: int | None = await connection.fetchval(
        f"select customer_id from customer where company_id = $1 and {condition} for update", company_id, key
    )
    return customer_id


async def lock_parent(connection: Connection, company_id: int, number: str) -> Parent | None:
    """The customer with that number, kept as it is until the transaction ends, so that it stays a parent (PAR-01)."""
    row = await connection.fetchrow(
        f"""
        select customer_id, number, name, parent_customer_id
          from customer
         where company_id = $1 and {by_number("$2")}
           for share
        """,
        company_id,
        number,
    )
    return None if row is None else Parent(**row)


async def has_children(connection: Connection, company_id: int, customer_id: int) -> bool:
    """Whether any customer has this one as its parent (PAR-01)."""
    found: bool = await connection.fetchval(
        "select exists (select from customer where company_id = $1 and parent_customer_id = $2)",
        company_id,
        customer_id,
    )
    return found


async def has_unfinished_documents(connection: Connection, company_id: int, customer_id: int) -> bool:
    """Whether a document of the customer is open or unreleased (ledger.md CST-01).

    The balance cannot tell: an open invoice and an open credit note may add up to nothing. So this looks at the
    documents themselves, and names no more of their columns than it must. Call it with the customer locked: then no
    new document can refer to the customer until the transaction ends.
    """
    found: bool = await connection.fetchval(
        """
        select exists (select from document
                        where company_id = $1 and customer_id = $2 and status not in ('Closed', 'Voided'))
        """,
        company_id,
        customer_id,
    )
    return found


# Lists

_OF_LOCATION = """exists (select from location
                         where location.company_id = customer.company_id
                           and location.customer_id = customer.customer_id
                           and location.location_id = customer.default_location_id and {})"""
_OF_CONTACT = """exists (select from contact_details
                         where contact_details.company_id = customer.company_id
                           and contact_details.contact_id = customer.main_contact_id and {})"""
# Some of the wanted values must be the whole value or, where several were chosen, one of them. Both sides are folded
# by the database, as other letters than ASCII's fold differently elsewhere.
_OF_ATTRIBUTE = """exists (select from customer_attribute as held
                         where held.company_id = customer.company_id and held.customer_id = customer.customer_id
                           and lower(held.attribute_id) = lower({} collate "C")
                           and exists (select from unnest({}::text[]) as wanted
                                        where lower(wanted) = any (lower(held.value)
                                                                   || string_to_array(lower(held.value), ','))))"""
_FILTERS = {
    "name": "lower(customer.name) = lower({})",
    "status": "customer.status = {}",
    "corporate_id": _OF_LOCATION.format("lower(location.corporate_id) = lower({})"),
    "vat_registration_id": _OF_LOCATION.format("lower(location.vat_registration_id) = lower({})"),
    "email": _OF_CONTACT.format("lower(contact_details.email) = lower({})"),
    "phone": _OF_CONTACT.format("{} in (contact_details.phone_1, contact_details.phone_2)"),
}
_MOMENTS = {"modified_at": "customer.modified_at", "created_at": "customer.created_at"}


def customer_filters(
    company_id: int,
    values: Mapping[str, str],
    moments: Mapping[str, tuple[str, Any]],
    attributes: Mapping[str, Sequence[str]],
) -> Filters:
    """The conditions of a list: equal values, moments (operator, UTC), attribute id -> values, any of which passes."""
    filters = Filters([company_id])
    filters.add("customer.company_id = $1")
    for name, value in values.items():
        filters.add(_FILTERS[name], value)
    for name, (operator, moment) in moments.items():
        filters.add(f"{_MOMENTS[name]} {operator} {{}}", moment)
    for attribute_id, wanted in attributes.items():
        filters.add(_OF_ATTRIBUTE, attribute_id, list(wanted))
    return filters


async def list_customers(
    connection: Connection, filters: Filters, window: Window, *, payment_methods: bool, direct_debits: bool
) -> Slice[Found]:
    """A page of customers by number; payment methods and mandates are empty unless they are asked for."""
    values = [*filters.parameters]
    after = "true"
    if window.after is not None:
        values.extend(window.after)
        after = f'customer.number > ${len(values)} collate "C"'
    first = len(values) + 1
    values.extend((window.limit, window.offset))
    rows = await connection.fetch(
        f"""
        with page as materialized (
            select customer.customer_id
              from customer
             where {filters.where} and {after}
             order by customer.number
             limit ${first} offset ${first + 1})
        select row_to_json(record)::text as record, {_REFERENCE_VERSION} as reference_version,
               {last_change("Customer")} as stamp
          from page
          join customer on customer.company_id = $1 and customer.customer_id = page.customer_id
               {_RECORD_TABLES}
               {_record(payment_methods=str(payment_methods), direct_debits=str(direct_debits))}
         order by customer.number
        """,
        *values,
    )
    found = [Found(_record_decoder.decode(row["record"]), row["reference_version"]) for row in rows]
    return Slice(found, rows[0]["stamp"] if rows else None)


async def count_customers(connection: Connection, filters: Filters) -> Total:
    """How many customers pass the filter; without one the number is kept and not counted (W12)."""
    is_unfiltered = len(filters.parameters) == 1
    count = row_count("Customer") if is_unfiltered else (f"(select count(*) from customer where {filters.where})")
    row = await connection.fetchrow(f"select {count} as count, {last_change('Customer')} as stamp", *filters.parameters)
    return Total(row["count"], row["stamp"]) if row else Total(0, None)


# Writing. The rows of a new customer take their ids from the tallies always in the order address, contact, location,
# customer, and a change takes them in the same order, so that no two statements wait for each other.


@dataclass(frozen=True, slots=True)
class Saved:
    """What the database gave a customer."""

    customer_id: int
    number: str
    version: int


def _names(columns: Sequence[str], table: str = "") -> str:
    return ", ".join(f"{table}.{column}" if table else column for column in columns)


def _settings(columns: Sequence[str]) -> str:
    return ", ".join(f"{column} = part.{column}" for column in columns)


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
        insert into address (company_id, address_id, {_names(ADDRESS_COLUMNS)})
        select $1, ready.address_id + part.address_id, {_names(ADDRESS_COLUMNS, "part")}
          from ready, jsonb_populate_recordset(null::address, $8::jsonb) as part),
    contacts as (
        insert into contact_details (company_id, contact_id, {_names(CONTACT_COLUMNS)})
        select $1, ready.contact_id + part.contact_id, {_names(CONTACT_COLUMNS, "part")}
          from ready, jsonb_populate_recordset(null::contact_details, $9::jsonb) as part),
    locations as (
        insert into location (company_id, customer_id, location_id, {_names(LOCATION_COLUMNS)}, created_at, modified_at)
        select $1, new_customer.id, new_location.id, {_names(LOCATION_COLUMNS, "part")}, $2, $2
          from new_customer, new_location, jsonb_populate_record(null::location, $7::jsonb) as part),
    attributes as (
        insert into customer_attribute (company_id, customer_id, attribute_id, value)
        select $1, new_customer.id, part.key, part.value
          from new_customer, jsonb_each_text($10::jsonb) as part),
    payment_methods as (
        insert into customer_payment_method (company_id, customer_id, payment_method_id)
        select $1, new_customer.id, part
          from new_customer, unnest($11::text[]) as part),
    mandates as (
        insert into direct_debit (company_id, customer_id, {_names(DIRECT_DEBIT_COLUMNS)})
        select $1, new_customer.id, {_names(DIRECT_DEBIT_COLUMNS, "part")}
          from new_customer, jsonb_populate_recordset(null::direct_debit, $12::jsonb) as part),
    balances as (
        insert into customer_balance (company_id, customer_id)
        select $1, new_customer.id from new_customer)
    insert into customer (company_id, customer_id, number, {_names(CUSTOMER_COLUMNS)},
           main_address_id, invoice_address_id, delivery_address_id,
           main_contact_id, invoice_contact_id, delivery_contact_id,
           default_location_id, created_at, modified_at, version)
    select $1, new_customer.id, ready.number, {_names(CUSTOMER_COLUMNS, "part")},
           ready.address_id + part.main_address_id, ready.address_id + part.invoice_address_id,
           ready.address_id + part.delivery_address_id, ready.contact_id + part.main_contact_id,
           ready.contact_id + part.invoice_contact_id, ready.contact_id + part.delivery_contact_id,
           new_location.id, $2, $2, changed.change_id
      from new_customer, new_location, ready, changed, jsonb_populate_record(null::customer, $5::jsonb) as part
    returning customer_id, number, version"""

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
        _json(_columns(customer) | links),
        _json(detail),
        _json(customer.location),
        _json(addresses),
        _json(contacts),
        _json(customer.attributes),
        list(customer.payment_methods),
        _json(customer.direct_debits),
        *numbering,
    )
    if row is None:
        raise LookupError(f"the number series has no such range: {numbering}")
    return Saved(**row)


async def insert_address(connection: Connection, company_id: int, address: Address) -> Address:
    """Store an address of its own for a customer whose address followed the main one; returns it with its id."""
    address_id = await connection.fetchval(
        f"""
        with {next_ids("Address", "1", name="address_ids")}
        insert into address (company_id, address_id, {_names(ADDRESS_COLUMNS)})
        select $1, last_id, {_names(ADDRESS_COLUMNS, "part")}
          from address_ids, jsonb_populate_record(null::address, $2::jsonb) as part
        returning address_id
        """,
        company_id,
        _json(address),
    )
    return replace(address, address_id=address_id)


async def insert_contact(connection: Connection, company_id: int, contact: ContactDetails) -> ContactDetails:
    """Store a contact of its own for a customer whose contact followed the main one; returns it with its id."""
    contact_id = await connection.fetchval(
        f"""
        with {next_ids("Contact", "1", name="contact_ids")}
        insert into contact_details (company_id, contact_id, {_names(CONTACT_COLUMNS)})
        select $1, last_id, {_names(CONTACT_COLUMNS, "part")}
          from contact_ids, jsonb_populate_record(null::contact_details, $2::jsonb) as part
        returning contact_id
        """,
        company_id,
        _json(contact),
    )
    return replace(contact, contact_id=contact_id)


_SAVE = f"""
    with once as (select 1),
    {change_row("'Customer'", "updated", "$5::text", "once", detail="$6::jsonb")},
    {tally("'Customer'", 0)},
    addresses as (
        update address set {_settings(ADDRESS_COLUMNS)}
          from jsonb_populate_recordset(null::address, $9::jsonb) as part
         where address.company_id = $1 and address.address_id = part.address_id),
    contacts as (
        update contact_details set {_settings(CONTACT_COLUMNS)}
          from jsonb_populate_recordset(null::contact_details, $10::jsonb) as part
         where contact_details.company_id = $1 and contact_details.contact_id = part.contact_id),
    locations as (
        update location set {_settings(LOCATION_COLUMNS)}, modified_at = $2, version = changed.change_id
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
        insert into direct_debit (company_id, customer_id, {_names(DIRECT_DEBIT_COLUMNS)})
        select $1, $7, {_names(DIRECT_DEBIT_COLUMNS, "part")}
          from jsonb_populate_recordset(null::direct_debit, $14::jsonb) as part
        on conflict on constraint direct_debit_pk do update
           set {", ".join(f"{column} = excluded.{column}" for column in DIRECT_DEBIT_COLUMNS)})
    update customer
       set {_settings(CUSTOMER_COLUMNS)},
           invoice_address_id = part.invoice_address_id, delivery_address_id = part.delivery_address_id,
           invoice_contact_id = part.invoice_contact_id, delivery_contact_id = part.delivery_contact_id,
           modified_at = $2, version = changed.change_id
      from changed, jsonb_populate_record(null::customer, $8::jsonb) as part
     where customer.company_id = $1 and customer.customer_id = $7
    returning customer.customer_id, customer.number, customer.version"""


async def save_customer(
    connection: Connection, context: Context, stored: Customer, customer: Customer, detail: Mapping[str, Any]
) -> Saved:
    """Write a customer that is locked over what is `stored`; its addresses and contacts have their ids already."""
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
        _json(detail),
        customer.customer_id,
        _json(_columns(customer) | links),
        _json(addresses),
        _json(contacts),
        _json([customer.location] if customer.location != stored.location else []),
        _json(customer.attributes),
        list(customer.payment_methods),
        _json(customer.direct_debits),
    )
    if row is None:
        raise LookupError(f"customer {customer.customer_id} of company {context.company_id} is gone")
    return Saved(**row)


# Documents, locations and contacts know their customer by its internal id, so this is all there is to write. The old
# number stays explained, as the series may not have a hole (NUM-01).
_SAVE_NUMBER = f"""
    with {use_number(_AS_CUSTOMER, "$5", "$6")},
    {
    change_row(
        _AS_CUSTOMER, "renumbered", "taken.number", "taken", detail="jsonb_build_object('number_before', $8::text)"
    )
},
    {tally(_AS_CUSTOMER, 0)},
    left_behind as (select from taken where lower(taken.number) <> lower($8::text)),
    {log_deleted(_AS_CUSTOMER, "$8::text", "left_behind", reason="the customer got another number")}
    update customer set number = taken.number, modified_at = $2, version = changed.change_id
      from taken, changed
     where customer.company_id = $1 and customer.customer_id = $7
    returning customer.customer_id, customer.number, customer.version"""


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


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _number_taken(value: str) -> Refused:
    number = value.rpartition(", ")[2]
    return Refused(
        f"The customer number {number} already exists.",
        field=("number",),
        value=number,
        hint="Send a number that is free, or leave it out to get the next one.",
    )


CONSTRAINTS: Mapping[str, RefusalFactory] = {"customer_number_unique": _number_taken}
"""Constraint -> what the caller is told. The other constraints of these tables are guards that rules keep anyway."""


def id_of_number(parameter: str) -> str:
    """A scalar subselect: the internal id of the customer of company $1 with this number in any case, or null."""
    return f"(select customer.customer_id from customer where customer.company_id = $1 and {by_number(parameter)})"


def number_of_id(expression: str) -> str:
    """A scalar: the number of the customer of company $1 with that internal id."""
    return f"(select customer.number from customer where customer.company_id = $1 and {by_id(expression)})"


@dataclass(frozen=True, slots=True)
class Named:
    """What a list of documents shows of its parties: columns, and the joins that they come from."""

    columns: str
    joins: str


def named(customer_id: str, location_id: str, child_customer_id: str) -> Named:
    """Number and name of a customer and of its child, and the location; the arguments are SQL expressions.

    Columns: customer_number, customer_name, child_number, child_name, location_cd, location_name,
    location_country_id.
    """
    return Named(
        columns="""owing.number as customer_number, owing.name as customer_name,
           child.number as child_number, child.name as child_name,
           place.location_cd, place.name as location_name, place_address.country_id as location_country_id""",
        joins=f"""join customer as owing on owing.company_id = $1 and owing.customer_id = {customer_id}
      left join customer as child on child.company_id = $1 and child.customer_id = {child_customer_id}
      left join location as place on place.company_id = $1 and place.customer_id = {customer_id}
       and place.location_id = {location_id}
      left join address as place_address on place_address.company_id = $1
       and place_address.address_id = coalesce(place.address_id, owing.main_address_id)""",
    )


async def find_customer_id(connection: Connection, company_id: int, number: str) -> int | None:
    """The internal id of the customer with this number in any case, or None."""
    found: int | None = await connection.fetchval(f"select {id_of_number('$2::text')}", company_id, number)
    return found
