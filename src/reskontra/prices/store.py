"""SQL of sales prices: those that the lines of a document may take, as a fragment of its read; lists; writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from reskontra.changes.lists.store import Paged, as_record, json_record
from reskontra.changes.store import REFERENCE_VERSION, change_row, coming_id, count_new, parameters, tally
from reskontra.clock import Context
from reskontra.customers.store.fragments import id_of_number, number_of_id
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.errors import Refused
from reskontra.items.rules.items import Item
from reskontra.items.store import ids_of_numbers, items_json, named, read_items
from reskontra.prices.rules import Offer, SalesPrice
from reskontra.records import columns
from reskontra.versions import Saved

# What lines may take

_OFFER = ", ".join(f"sales_price.{column}" for column in columns(Offer))
_BUYER = """coalesce(sales_price.customer_id::text, lower(sales_price.price_class_id collate "C"), '')"""
"""For whom a price is, as the index `sales_price_by_item` has it; the type tells an id from a class of that name."""

_offers = msgspec.json.Decoder(list[Offer])


def offers_json(numbers: str, *, customer_id: str, price_class_id: str, currency_id: str, on: str) -> str:
    """A scalar: the offers for a customer of company $1 on a day, of items with these numbers, for `read_offers`.

    The arguments are SQL expressions; `numbers` is of type text[].
    """
    return f"""(
        select coalesce(json_agg(offer), '[]')
          from (select {_OFFER}
                  from sales_price
                 where sales_price.company_id = $1
                   and sales_price.item_id = any (array({ids_of_numbers(numbers)}))
                   and {_BUYER} = any (array['', ({customer_id})::text,
                                                      lower(({price_class_id}) collate "C")])
                   and (sales_price.price_type <> 'Customer' or sales_price.customer_id = {customer_id})
                   and (sales_price.price_type <> 'CustomerPriceClass'
                        or lower(sales_price.price_class_id collate "C") = lower(({price_class_id}) collate "C"))
                   and sales_price.currency_id = {currency_id} and sales_price.warehouse is null
                   and coalesce(sales_price.effective_date <= {on}, true)
                   and coalesce(sales_price.expiration_date >= {on}, true)) as offer)"""


def read_offers(text: str) -> dict[int, list[Offer]]:
    """The answer of `offers_json` by internal id of the item."""
    by_item: dict[int, list[Offer]] = {}
    for offer in _offers.decode(text):
        by_item.setdefault(offer.item_id, []).append(offer)
    return by_item


# Lists

_STORED = tuple(
    column
    for column in columns(SalesPrice)
    if column not in ("price_id", "customer_number", "item_number", "description", "modified_at", "version")
)
_ITEM = named("sales_price.item_id")
_SHOWN = f"""sales_price.price_id, {", ".join(f"sales_price.{column}" for column in _STORED)},
       sales_price.modified_at, sales_price.version,
       {number_of_id("sales_price.customer_id")} as customer_number,
       {_ITEM.number} as item_number, {_ITEM.description} as description"""

IS_FOR = f"""{_BUYER} = any (array[lower({{0}}::text collate "C"), {id_of_number("{0}::text")}::text])
             and (sales_price.price_type <> 'Customer' or sales_price.customer_id = {id_of_number("{0}::text")})
             and (sales_price.price_type <> 'CustomerPriceClass'
                  or lower(sales_price.price_class_id collate "C") = lower({{0}}::text collate "C"))"""
"""The condition that a price is for the customer with this number or the price class with this id, in any case."""

HAS_PRICE = "exists (select from sales_price where sales_price.company_id = $1 and sales_price.item_id = {})"
"""The condition that there is any price of the item of company $1 with this internal id."""

IS_OF_ITEM = f"sales_price.item_id = any (array({ids_of_numbers('array[{}::text]')}))"
"""The condition that a price is of the item with this number in any case."""

IN_FORCE = """{0}::date between coalesce(sales_price.effective_date, '-infinity')
                            and coalesce(sales_price.expiration_date, 'infinity')"""
"""The condition that a price is in force on a day."""

PRICES = Paged(
    entity="SalesPrice",
    found="select sales_price.* from sales_price where sales_price.company_id = $1",
    key=("sales_price.price_id",),
    columns=as_record(_SHOWN),
    read=json_record(SalesPrice),
    sort_key=lambda price: (price.price_id,),
)
"""Prices by id."""


# Writing


@dataclass(frozen=True, slots=True)
class Named:
    """What a request about a price names: the price that it changes, locked, an item or else that of the price, and a
    customer (id, number)."""

    reference_version: int
    price: SalesPrice | None
    item: Item | None
    customer: tuple[int, str] | None


_ITEM_NOW = named(
    "(select sales_price.item_id from sales_price where sales_price.company_id = $1 and sales_price.price_id = $4)"
)
_ITEM_AFTER = f"array[coalesce($2::text, {_ITEM_NOW.number})]"
_FIND_NAMED = f"""
    select {REFERENCE_VERSION} as reference_version, {items_json(_ITEM_AFTER)} as items,
           {id_of_number("$3::text")} as customer_id, {number_of_id(id_of_number("$3::text"))} as customer_number,
           (select row_to_json(shown)::text
              from (select {_SHOWN}
                      from sales_price
                     where sales_price.company_id = $1 and sales_price.price_id = $4
                       for update of sales_price) as shown) as price"""

_price = msgspec.json.Decoder(SalesPrice)


async def find_named(
    connection: Connection, company_id: int, *, item_number: str | None, price_code: str | None, price_id: int | None
) -> Named:
    """Read what a request names; the price is locked until the transaction ends."""
    row = await fetch_one(connection, _FIND_NAMED, company_id, item_number, price_code, price_id)
    return Named(
        row["reference_version"],
        _price.decode(row["price"]) if row["price"] else None,
        next(iter(read_items(row["items"]).values()), None),
        (row["customer_id"], row["customer_number"]) if row["customer_id"] is not None else None,
    )


_FROM_SENT = "jsonb_populate_record(null::sales_price, $5::jsonb) as sent"

_INSERT = f"""
    with {coming_id("SalesPrice")},
    {change_row("'SalesPrice'", "created", "coming.id::text", "coming", detail="$6::jsonb")},
    {count_new("SalesPrice")}
    insert into sales_price (company_id, price_id, {", ".join(_STORED)}, created_at, modified_at, version)
    select $1, counted.id, {", ".join(f"sent.{column}" for column in _STORED)},
           changed.stamp, changed.stamp, changed.change_id
      from counted, changed, {_FROM_SENT}
    returning price_id::text as number, version"""

_SAVE = f"""
    with once as (select 1),
    {change_row("'SalesPrice'", "updated", "$7::integer::text", "once", detail="$6::jsonb")},
    {tally("'SalesPrice'", 0)}
    update sales_price
       set {", ".join(f"{column} = sent.{column}" for column in _STORED)},
           modified_at = changed.stamp, version = changed.change_id
      from changed, {_FROM_SENT}
     where sales_price.company_id = $1 and sales_price.price_id = $7
    returning sales_price.price_id::text as number, sales_price.version"""


async def insert_price(connection: Connection, context: Context, price: SalesPrice, detail: Mapping[str, Any]) -> Saved:
    """Store a new price under the next id; `detail` is what the change log tells."""
    row = await fetch_one(connection, _INSERT, *parameters(context), as_json(price), as_json(detail))
    return Saved(**row)


async def save_price(connection: Connection, context: Context, price: SalesPrice, detail: Mapping[str, Any]) -> Saved:
    """Write a price that is locked; `detail` is what the change log tells."""
    row = await fetch_one(connection, _SAVE, *parameters(context), as_json(price), as_json(detail), price.price_id)
    return Saved(**row)


CONSTRAINTS: Mapping[str, RefusalFactory] = {
    "sales_price_one_promotion": lambda _: Refused(
        "Another promotion of the same price overlaps these dates.",
        field=("effective_date",),
        hint="Send dates that no other promotion has for this buyer, item, unit, currency and quantity.",
    ),
}
"""Constraint -> what the caller is told."""
