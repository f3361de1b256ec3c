"""Loads what decisions about many new documents depend on, for all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from reskontra.currencies.rules import Operator, Rate
from reskontra.currencies.store import rate_on
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.items.rules.items import Item
from reskontra.items.store import items_json, read_items
from reskontra.kinds import DEBITS
from reskontra.prices.rules import Offer
from reskontra.prices.store import HAS_PRICE, offers_json, read_offers


@dataclass(frozen=True, slots=True)
class Buying:
    """Who buys on a day in a currency: what the offers for a document depend on."""

    customer_id: int
    price_class_id: str | None
    currency_id: str
    day: date


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the company's rate for a document depends on."""

    currency_id: str
    rate_type: str
    day: date


async def find_items(
    connection: Connection, company_id: int, numbers: Sequence[str]
) -> tuple[dict[str, Item], frozenset[int]]:
    """The items with these numbers in any case, by lower-case number, and the ids of those that have a sales price."""
    row = await connection.fetchrow(
        f"""
        select found.items,
               array(select item_id from json_to_recordset(found.items) as item (item_id integer)
                      where {HAS_PRICE.format("item.item_id")}) as priced
          from (select {items_json("$2::text[]")} as items) as found
        """,
        company_id,
        numbers,
    )
    if row is None:
        return {}, frozenset()
    return read_items(row["items"]), frozenset(row["priced"])


async def find_offers(
    connection: Connection, company_id: int, wanted: Mapping[Buying, Sequence[str]]
) -> dict[Buying, dict[int, list[Offer]]]:
    """The offers for each of them, of items with its numbers, by internal id of the item."""
    if not wanted:
        return {}
    offers = offers_json(
        "wanted.numbers",
        customer_id="wanted.customer_id",
        price_class_id="wanted.price_class_id",
        currency_id="wanted.currency_id",
        on="wanted.day",
    )
    rows = await connection.fetch(
        f"""
        select {offers} as offers
          from rows from (json_to_recordset($2::json) as (
                   customer_id integer, price_class_id text, currency_id text, day date, numbers text[]))
               with ordinality as wanted
         order by wanted.ordinality
        """,
        company_id,
        as_json(
            [
                {
                    "customer_id": it.customer_id,
                    "price_class_id": it.price_class_id,
                    "currency_id": it.currency_id,
                    "day": it.day,
                    "numbers": numbers,
                }
                for it, numbers in wanted.items()
            ]
        ),
    )
    return {it: read_offers(row["offers"]) for it, row in zip(wanted, rows, strict=True)}


_RATE = {
    "from_currency": "wanted.currency_id",
    "to_currency": "company.base_currency",
    "rate_type": "wanted.rate_type",
    "on": "wanted.day",
}


async def find_rates(
    connection: Connection, company_id: int, wanted: Sequence[Exchange]
) -> dict[Exchange, Rate | None]:
    """The company's rates; None where there is none."""
    if not wanted:
        return {}
    rows = await connection.fetch(
        f"""
        select {rate_on("rate", **_RATE)} as rate, {rate_on("operator", **_RATE)} as operator
          from unnest($2::text[], $3::text[], $4::date[]) with ordinality
               as wanted (currency_id, rate_type, day, place)
          join company on company.company_id = $1
         order by wanted.place
        """,
        company_id,
        [it.currency_id for it in wanted],
        [it.rate_type for it in wanted],
        [it.day for it in wanted],
    )
    return {
        it: None if row["rate"] is None else Rate(row["rate"], Operator(row["operator"]))
        for it, row in zip(wanted, rows, strict=True)
    }


async def find_earliest_due_dates(
    connection: Connection, company_id: int, customer_ids: Sequence[int]
) -> dict[int, date]:
    """The earliest due date of the open invoices, debit notes and charges of customers who have any (CRD-03)."""
    rows = await connection.fetch(
        """
        select customer_id, min(due_date) as due_date from document
         where company_id = $1 and customer_id = any ($2::integer[]) and released_at is not null and balance > 0
           and document_type = any ($3::text[])
         group by customer_id
        """,
        company_id,
        customer_ids,
        sorted(DEBITS),
    )
    return {row["customer_id"]: row["due_date"] for row in rows}
