"""SQL that finds, locks and lists customers.

A record travels as one JSON value whose keys are the columns' names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import msgspec

from reskontra.attributes.store import have_wanted
from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import REFERENCE_VERSION
from reskontra.customers.customer import (
    CUSTOMER_COLUMNS,
    Customer,
    Parent,
)
from reskontra.customers.store.fragments import by_id, by_number, id_of_number
from reskontra.db.pool import Connection
from reskontra.versions import Found


@dataclass(frozen=True, slots=True)
class Balance:
    """What a customer owes on released documents, and what is saved but not released; base currency, signed."""

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


async def find_customer_ids(connection: Connection, company_id: int, numbers: Sequence[str]) -> list[int | None]:
    """The ids of customers in the order of their numbers, in any case; None for one that is not known."""
    rows = await connection.fetch(
        """
        select customer.customer_id
          from unnest($2::text[]) with ordinality as sent (number, position)
          left join customer on customer.company_id = $1
           and lower(customer.number) collate "C" = lower(sent.number collate "C")
         order by sent.position
        """,
        company_id,
        numbers,
    )
    return [row["customer_id"] for row in rows]


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
               (select coalesce(json_agg(payment_method_id order by payment_method_id), '[]')
                  from customer_payment_method
                 where {payment_methods} and customer_payment_method.company_id = customer.company_id
                   and customer_payment_method.customer_id = customer.customer_id
                   and not customer_payment_method.active) as closed_payment_methods,
               (select coalesce(json_agg(direct_debit order by direct_debit_id), '[]')
                  from direct_debit
                 where {direct_debits} and direct_debit.company_id = customer.company_id
                   and direct_debit.customer_id = customer.customer_id) as direct_debits) as record"""


_record_decoder = msgspec.json.Decoder(Customer)


async def find_customer(connection: Connection, company_id: int, key: str | int) -> Found[Customer] | None:
    """The customer with that number (text) or internal id (whole number), whole."""
    condition = by_number("$2") if isinstance(key, str) else by_id("$2")
    row = await connection.fetchrow(
        f"""
        select row_to_json(record)::text as record, {REFERENCE_VERSION} as reference_version
          from customer {_RECORD_TABLES} {_record()}
         where customer.company_id = $1 and {condition}
        """,
        company_id,
        key,
    )
    return None if row is None else Found(_record_decoder.decode(row["record"]), row["reference_version"])


async def find_customer_id(connection: Connection, company_id: int, number: str) -> int | None:
    """The internal id of the customer with this number in any case, or None."""
    found: int | None = await connection.fetchval(f"select {id_of_number('$2::text')}", company_id, number)
    return found


async def lock_customer(connection: Connection, company_id: int, key: str | int) -> int | None:
    """Lock the customer with that number or internal id until the transaction ends; returns its internal id.

    Separate statement, so that the next read sees what the previous lock holder committed.
    """
    condition = by_number("$2") if isinstance(key, str) else by_id("$2")
    customer_id: int | None = await connection.fetchval(
        f"select customer_id from customer where company_id = $1 and {condition} for update", company_id, key
    )
    return customer_id


async def lock_parent(connection: Connection, company_id: int, number: str) -> Parent | None:
    """The customer with that number, kept unchanged until the transaction ends, so that it stays a parent (PAR-01)."""
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
    """Whether a document of the customer is open or unreleased (CST-01).

    The balance cannot tell: an open invoice and an open credit note may add up to nothing. So this reads the documents
    themselves, and no more of their columns than it must. Call it with the customer locked: then no new document can
    refer to the customer until the transaction ends.
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


async def has_documents(connection: Connection, company_id: int, customer_id: int) -> bool:
    """Whether the customer has any document, drafts included (CUS-10). Call it with the customer locked, as above."""
    found: bool = await connection.fetchval(
        "select exists (select from document where company_id = $1 and customer_id = $2)", company_id, customer_id
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
_OF_ADDRESS = """exists (select from address
                         where address.company_id = customer.company_id
                           and address.address_id = customer.main_address_id and {})"""
HAS_NAME = "lower(btrim(customer.name)) = lower({})"
HAS_CORPORATE_ID = _OF_LOCATION.format("lower(btrim(location.corporate_id)) = lower({})")
HAS_VAT_REGISTRATION_ID = _OF_LOCATION.format("lower(btrim(location.vat_registration_id)) = lower({})")
HAS_CITY = _OF_ADDRESS.format("lower(btrim(address.city)) = lower({})")
HAS_EMAIL = _OF_CONTACT.format("lower(btrim(contact_details.email)) in (lower({}), lower({}))")
HAS_PHONE = _OF_CONTACT.format("array[btrim(contact_details.phone_1), btrim(contact_details.phone_2)] && array[{}, {}]")
"""Conditions on a customer and on what stands in the rows that belong to it. Blanks around a stored text do not count,
as those around what is looked for do not."""

HAS_ATTRIBUTES = have_wanted("""(select customer_attribute.attribute_id, customer_attribute.value
                      from customer_attribute
                     where customer_attribute.company_id = customer.company_id
                       and customer_attribute.customer_id = customer.customer_id)""")
"""The condition that a customer has one of the wanted values of each attribute."""


@cache
def customers(*, payment_methods: bool, direct_debits: bool) -> Paged[Customer]:
    """Customers by number; payment methods and mandates are empty unless they are asked for."""
    return Paged(
        entity="Customer",
        found="select customer.customer_id from customer where customer.company_id = $1",
        key=("customer.number",),
        tables=f"""page
          join customer on customer.company_id = $1 and customer.customer_id = page.customer_id
               {_RECORD_TABLES}
               {_record(payment_methods=str(payment_methods), direct_debits=str(direct_debits))}""",
        columns="row_to_json(record)::text as record",
        read=json_record(Customer),
        sort_key=lambda customer: (customer.number,),
    )
