"""What projects ask and show of their customer."""

from __future__ import annotations

import msgspec

from reskontra.customers.store.fragments import by_number
from reskontra.db.pool import Connection
from reskontra.projects.rules.project import Buyer

_BUYER = """json_build_object(
               'customer_id', customer.customer_id, 'number', customer.number, 'name', customer.name,
               'location_id', location.location_id, 'location_name', location.name)"""
_JOINED = """customer
          join location on location.company_id = customer.company_id and location.customer_id = customer.customer_id"""

_decoder = msgspec.json.Decoder(Buyer)


def buyer_json(customer_id: str, location_id: str) -> str:
    """A scalar: the customer of company $1 with this internal id, at this location, as `Buyer`; or null."""
    return f"""(select {_BUYER} from {_JOINED}
                 where customer.company_id = $1 and customer.customer_id = {customer_id}
                   and location.location_id = {location_id})"""


async def find_buyer(
    connection: Connection, company_id: int, customer_number: str, location_cd: str | None
) -> Buyer | None:
    """The customer with that number at that location, else at its default one; both codes in any case."""
    text = await connection.fetchval(
        f"""
        select {_BUYER}::text
          from {_JOINED}
         where customer.company_id = $1 and {by_number("$2")}
           and case when $3::text is null then location.location_id = customer.default_location_id
                    else lower(location.location_cd collate "C") = lower($3::text collate "C") end
        """,
        company_id,
        customer_number,
        location_cd,
    )
    return None if text is None else _decoder.decode(text)
