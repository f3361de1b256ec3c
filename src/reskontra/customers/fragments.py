"""SQL fragments by which the rooms of people embed customers and addresses. Whole statements are in `store.py`."""

from __future__ import annotations

from reskontra.customers.customer import ADDRESS_COLUMNS


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
    settings = ", ".join(f"{column} = part.{column}" for column in ADDRESS_COLUMNS)
    return f"""saved_address as (
        update address set {settings}
          from jsonb_populate_record(null::address, {address}::jsonb) as part
         where address.company_id = $1 and address.address_id = part.address_id)"""


OWING = """
    select customer.customer_id, customer.number, customer.name, customer_balance.balance, customer.modified_at
      from customer
      join customer_balance on customer_balance.company_id = customer.company_id
       and customer_balance.customer_id = customer.customer_id
     where customer.company_id = $1"""
"""A select of customers with what they owe by released documents (BAL-03). It ends inside its where clause."""


def name_of_id(expression: str) -> str:
    """A scalar: the name of the customer of company $1 with that internal id."""
    return f"""(select customer.name from customer
                 where customer.company_id = $1 and customer.customer_id = {expression})"""
