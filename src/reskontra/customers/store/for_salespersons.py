"""Who sells to which customer at which location: the records and their SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import last_change
from reskontra.clock import Context
from reskontra.customers.store.fragments import by_number
from reskontra.db.lists import Filters
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A salesperson at a customer's location. Documents take the default one unless they say otherwise."""

    salesperson_id: int
    customer_id: int
    customer_number: str
    customer_name: str
    location_id: int
    location_cd: str
    location_name: str
    commission_percent: Decimal
    is_default: bool
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A commission to write for a customer's location; None takes the assignment away."""

    customer_id: int
    location_id: int
    commission_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Spot:
    """What a pair of customer number and location id refers to. `location_id` is None if the customer has none such."""

    customer_id: int
    location_id: int | None


ASSIGNMENTS = Paged(
    entity="Assignment",
    found="""select seller.salesperson_id, customer.customer_id, customer.number, customer.number as customer_number,
                   customer.name as customer_name, location.location_id, location.location_cd,
                   location.name as location_name,
                   seller.commission_percent, seller.is_default, seller.created_at, seller.modified_at
              from customer_salesperson as seller
              join customer on customer.company_id = seller.company_id and customer.customer_id = seller.customer_id
              join location on location.company_id = seller.company_id and location.customer_id = seller.customer_id
               and location.location_id = seller.location_id
             where seller.company_id = $1""",
    key=("customer.number", "location.location_cd", "seller.salesperson_id"),
    read=json_record(Assignment),
    sort_key=lambda line: (line.customer_number, line.location_cd, line.salesperson_id),
    is_tallied=False,
    # They change with the salesperson; where they stand in the list, with the customer and the location.
    stamp=f"greatest({last_change('Salesperson')}, {last_change('Customer')}, {last_change('Location')})",
)
"""Who sells to whom, by customer number and location; filters are over `seller`, `customer` and `location`."""


async def list_of_salespersons(
    connection: Connection, company_id: int, salesperson_ids: Sequence[int]
) -> Sequence[Assignment]:
    """All assignments of these salespersons, by customer number and location."""
    filters = Filters([company_id])
    filters.add("seller.salesperson_id = any ({}::integer[])", salesperson_ids)
    return await ASSIGNMENTS.all(connection, filters)


async def lock_spots(
    connection: Connection, company_id: int, pairs: Sequence[tuple[str, str | None]]
) -> dict[int, Spot]:
    """Position of a pair -> its spot; unknown customers are left out. A pair is a customer number and a location
    id, None for the default location. The customers are locked, so that no location gets two default sellers."""
    rows = await connection.fetch(
        f"""
        select pair.position, customer.customer_id, location.location_id
          from unnest($2::text[], $3::text[]) with ordinality as pair (number, location_cd, position)
          join customer on customer.company_id = $1 and {by_number("pair.number")}
          left join location on location.company_id = $1 and location.customer_id = customer.customer_id
           and case when pair.location_cd is null then location.location_id = customer.default_location_id
                    else lower(location.location_cd) collate "C" = lower(pair.location_cd collate "C") end
         order by customer.customer_id
           for update of customer
        """,
        company_id,
        [number for number, _ in pairs],
        [location_cd for _, location_cd in pairs],
    )
    return {row["position"] - 1: Spot(row["customer_id"], row["location_id"]) for row in rows}


async def save_assignments(
    connection: Connection, context: Context, salesperson_id: int, wanted: Sequence[Wanted]
) -> None:
    """Add, change and remove assignments of a salesperson. The first seller at a location is its default."""
    await connection.execute(
        """
        with wanted as (
            select * from json_to_recordset($4::json) as part (
                   customer_id integer, location_id integer, commission_percent numeric)),
        gone as (
            delete from customer_salesperson as seller using wanted
             where seller.company_id = $1 and seller.customer_id = wanted.customer_id
               and seller.location_id = wanted.location_id and seller.salesperson_id = $3
               and wanted.commission_percent is null)
        insert into customer_salesperson (
               company_id, customer_id, location_id, salesperson_id, commission_percent, is_default,
               created_at, modified_at)
        select $1, customer_id, location_id, $3, commission_percent,
               not exists (select from customer_salesperson as other
                            where other.company_id = $1 and other.customer_id = wanted.customer_id
                              and other.location_id = wanted.location_id and other.is_default),
               write_stamp($1, $2), write_stamp($1, $2)
          from wanted
         where commission_percent is not null
            on conflict on constraint customer_salesperson_pk do update
           set commission_percent = excluded.commission_percent, modified_at = excluded.modified_at
        """,
        context.company_id,
        context.now,
        salesperson_id,
        as_json(wanted),
    )
