"""SQL of customers, their addresses, contacts, default location and balance. Decides nothing.

A record travels as one JSON value whose keys are the columns' names. Other rooms embed `FOR_DOCUMENT` and
`adjust_balance` in their own statements; they name no column of these tables themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal

import msgspec

from reskontra.customers.customer import Debtor
from reskontra.db.pool import Connection

_DEBTOR_PARTS = {
    "location", "main_address", "invoice_address", "delivery_address", "main_contact", "invoice_contact",
    "delivery_contact", "balance", "unreleased",
}  # fmt: skip
_DEBTOR_COLUMNS = ", ".join(f"customer.{column.name}" for column in fields(Debtor) if column.name not in _DEBTOR_PARTS)

FOR_DOCUMENT = f"""
    select row_to_json(debtor) as debtor
      from customer
      join customer_balance using (company_id, customer_id)
      join location on location.company_id = customer.company_id and location.customer_id = customer.customer_id
       and location.location_id = customer.default_location_id
      join address as main_address on main_address.company_id = customer.company_id
       and main_address.address_id = customer.main_address_id
      join address as invoice_address on invoice_address.company_id = customer.company_id
       and invoice_address.address_id = coalesce(customer.invoice_address_id, customer.main_address_id)
      join address as delivery_address on delivery_address.company_id = customer.company_id
       and delivery_address.address_id = coalesce(customer.delivery_address_id, customer.main_address_id)
      join contact_details as main_contact on main_contact.company_id = customer.company_id
       and main_contact.contact_id = customer.main_contact_id
      join contact_details as invoice_contact on invoice_contact.company_id = customer.company_id
       and invoice_contact.contact_id = coalesce(customer.invoice_contact_id, customer.main_contact_id)
      join contact_details as delivery_contact on delivery_contact.company_id = customer.company_id
       and delivery_contact.contact_id = coalesce(customer.delivery_contact_id, customer.main_contact_id)
     cross join lateral (
        select {_DEBTOR_COLUMNS},
               row_to_json(location) as location,
               row_to_json(main_address) as main_address,
               row_to_json(invoice_address) as invoice_address,
               row_to_json(delivery_address) as delivery_address,
               row_to_json(main_contact) as main_contact,
               row_to_json(invoice_contact) as invoice_contact,
               row_to_json(delivery_contact) as delivery_contact,
               customer_balance.balance, customer_balance.unreleased) as debtor
     where customer.company_id = $1"""
"""A select of one column, `debtor` (JSON for `read_debtor`). It ends inside its where clause: add
`and {by_number("$2")}` or `and {by_id("document.customer_id")}`, and put it in parentheses as a scalar."""


def by_number(parameter: str) -> str:
    """The condition that finds a customer by its number, in any letter case (decisions.md W1)."""
    return f'lower(customer.number) collate "C" = lower({parameter}) collate "C"'


def by_id(expression: str) -> str:
    """The condition that finds a customer by its internal id."""
    return f"customer.customer_id = {expression}"


_debtor_decoder = msgspec.json.Decoder(Debtor)


def read_debtor(text: str | bytes) -> Debtor:
    """The `debtor` column of `FOR_DOCUMENT` as a record; amounts keep the scale of their columns."""
    return _debtor_decoder.decode(text)


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
