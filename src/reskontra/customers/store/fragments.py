"""SQL fragments with which other statements embed customers, their addresses and balances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reskontra.customers.customer import ADDRESS_COLUMNS
from reskontra.db import json_text


def by_number(parameter: str) -> str:
    """The condition that finds a customer by its number, in any letter case (W1)."""
    return f'lower(customer.number) collate "C" = lower({parameter} collate "C")'


def by_id(expression: str) -> str:
    """The condition that finds a customer by its internal id."""
    return f"customer.customer_id = {expression}"


def id_of_number(parameter: str) -> str:
    """A scalar subselect: the internal id of the customer of company $1 with this number in any case, or null."""
    return f"(select customer.customer_id from customer where customer.company_id = $1 and {by_number(parameter)})"


def number_of_id(expression: str) -> str:
    """A scalar: the number of the customer of company $1 with that internal id."""
    return f"(select customer.number from customer where customer.company_id = $1 and {by_id(expression)})"


def name_of_id(expression: str) -> str:
    """A scalar: the name of the customer of company $1 with that internal id."""
    return f"(select customer.name from customer where customer.company_id = $1 and {by_id(expression)})"


def wants_letters_by_mail(expression: str) -> str:
    """A scalar: whether the customer of company $1 with that internal id wants dunning letters by mail."""
    return f"""(select customer.email_dunning_letters from customer
                 where customer.company_id = $1 and {by_id(expression)})"""


def parent_of_id(expression: str) -> str:
    """A scalar: the internal id of the parent of the customer of company $1 with that internal id, or null."""
    return f"(select customer.parent_customer_id from customer where customer.company_id = $1 and {by_id(expression)})"


def column_names(columns: Sequence[str], table: str = "") -> str:
    """The column names as a list, qualified with `table` if it is given."""
    return ", ".join(f"{table}.{column}" if table else column for column in columns)


def settings(columns: Sequence[str]) -> str:
    """The assignments of an update: each column gets its value in the row `part`."""
    return ", ".join(f"{column} = part.{column}" for column in columns)


def address_json(address_id: str) -> str:
    """A scalar: the address of company $1 with this id, shaped like `Address`, or null."""
    return f"""(select row_to_json(address.*) from address
                 where address.company_id = $1 and address.address_id = {address_id})"""


def employer_json(customer_id: str) -> str:
    """A scalar: number, id and main address of the customer of company $1 with this internal id, or null."""
    return f"""(select json_build_object('customer_id', customer.customer_id, 'number', customer.number,
                                         'main_address', {address_json("customer.main_address_id")})
                  from customer
                 where customer.company_id = $1 and customer.customer_id = {customer_id})"""


def save_address(address: str) -> str:
    """A CTE that writes an address, JSON shaped like `Address`, over the one with its id; null writes nothing."""
    return f"""saved_address as (
        update address set {settings(ADDRESS_COLUMNS)}
          from jsonb_populate_record(null::address, {address}::jsonb) as part
         where address.company_id = $1 and address.address_id = part.address_id)"""


def is_named(customer_id: str) -> str:
    """The condition that a text, the one `{0}`, is a customer's number or stands in its name."""
    return f"""exists (select from customer
                        where customer.company_id = $1 and {by_id(customer_id)}
                          and (customer.number = {{0}} or position(lower({{0}}) in lower(customer.name)) > 0))"""


OWING = """
    select customer.customer_id, customer.number, customer.name, customer.customer_class_id, customer_balance.balance,
           customer.modified_at
      from customer
      join customer_balance on customer_balance.company_id = customer.company_id
       and customer_balance.customer_id = customer.customer_id
     where customer.company_id = $1"""
"""A select of customers with what they owe on released documents (BAL-03). It ends inside its where clause."""


STANDING = """
    select customer.customer_id, customer.number, customer.name, customer.status, customer.customer_class_id,
           customer.currency_id, customer_balance.balance, customer_balance.unreleased,
           case when customer.credit_verification in ('CreditLimit', 'LimitAndDaysPastDue')
                 and (select coalesce((preferences -> 'credit_check' ->> 'enabled')::boolean, true)
                        from company where company.company_id = $1)
                then customer.credit_limit end as credit_limit
      from customer
      join customer_balance on customer_balance.company_id = customer.company_id
       and customer_balance.customer_id = customer.customer_id
     where customer.company_id = $1"""
"""A select of customers with what they owe, what waits unreleased, and the limit of their credit, null if none is
checked, of them or by the company (CRD-01). It ends inside its where clause."""

SOLD_TO_BY = """exists (select from customer_salesperson as seller
                 where seller.company_id = $1 and seller.customer_id = customer.customer_id
                   and seller.salesperson_id = {} and seller.is_default)"""
"""The condition that a salesperson, by its internal id, is the default one at any location of a customer."""

_LOOKS_LIKE = """(customer.number ilike {0} or customer.name ilike {1}
                 or exists (select from location
                             where location.company_id = customer.company_id
                               and location.customer_id = customer.customer_id
                               and location.location_id = customer.default_location_id
                               and location.corporate_id ilike {0})
                 or exists (select from contact_details
                             where contact_details.company_id = customer.company_id
                               and contact_details.contact_id = customer.main_contact_id
                               and (contact_details.email ilike {0} or contact_details.phone_1 ilike {0})))"""
"""The condition that a customer's number, organisation number, mail address or phone begins with a text, or that its
name contains it: two patterns of `ilike`."""

RESEMBLES = f"""customer.customer_id in (select customer.customer_id from customer
                where customer.company_id = $1 and {_LOOKS_LIKE})"""
"""The condition that the number, organisation number, mail address or phone of a customer begins with a text, or that
its name contains it: two patterns of `ilike`."""


def adjust_balance(source: str, *, balance: str = "0", unreleased: str = "0", name: str = "balanced") -> str:
    """A CTE that adds to the balance of the customers that `source` names in its column `customer_id` (BAL-02, BAL-03).

    `balance` and `unreleased` are signed SQL expressions in base currency over `source`, one row per customer.
    """
    return f"""{name} as (
        update customer_balance
           set balance = customer_balance.balance + {balance}, unreleased = customer_balance.unreleased + {unreleased}
          from {source}
         where customer_balance.company_id = $1 and customer_balance.customer_id = {source}.customer_id)"""


@dataclass(frozen=True, slots=True)
class Named:
    """What a list of documents shows of its parties: columns, JSON objects, and the joins that provide both."""

    columns: str
    values: Mapping[str, str]
    joins: str


def named(customer_id: str, location_id: str, child_customer_id: str) -> Named:
    """Number and name of a customer and of its child, and the location; the arguments are SQL expressions.

    Columns: customer_number, customer_name, location_cd, location_name, location_country_id. Values: customer, child,
    location. The offset makes the address one search for each row: a plan for an average company reads all
    addresses of a large one.
    """
    return Named(
        columns="""owing.number as customer_number, owing.name as customer_name,
           place.location_cd, place.name as location_name, place_address.country_id as location_country_id""",
        values={
            "customer": _number_name("owing"),
            "child": f"case when {child_customer_id} is not null then {_number_name('child')} end",
            "location": json_text.object_of(
                "id",
                countryId=json_text.text("place_address.country_id"),
                id=json_text.text("place.location_cd"),
                name=json_text.text("place.name"),
            ),
        },
        joins=f"""join customer as owing on owing.company_id = $1 and owing.customer_id = {customer_id}
      left join customer as child on child.company_id = $1 and child.customer_id = {child_customer_id}
      left join location as place on place.company_id = $1 and place.customer_id = {customer_id}
       and place.location_id = {location_id}
      left join lateral (
        select address.country_id from address
         where address.company_id = $1
           and address.address_id = coalesce(place.address_id, owing.main_address_id)
        offset 0) as place_address on true""",
    )


def _number_name(customer: str) -> str:
    number, name = json_text.text(f"{customer}.number"), json_text.text(f"{customer}.name")
    return json_text.object_of("name", number=number, name=name)


CUSTOMER_NUMBERS = "select customer.number from customer where customer.company_id = $1"
