"""SQL of items: those that a document names, as a fragment of its read; lists; writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from reskontra.attributes.store import have_wanted
from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import REFERENCE_VERSION, change_row, count_new, parameters, tally
from reskontra.clock import Context
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.tables import Table
from reskontra.errors import Refused
from reskontra.items.rules.items import SALES_ACCOUNTS, SELLING, Item, ItemCard, ItemClass, Unit
from reskontra.versions import Found, Saved

UNIT_TABLE = Table(
    "units",
    "unit_of_measure",
    Unit,
    ("unit_id",),
    entity="UnitOfMeasure",
    read={"description": "coalesce(unit_of_measure.description, '')"},
)
ITEM_CLASS_TABLE = Table(
    "item_classes",
    "item_class",
    ItemClass,
    ("item_class_id",),
    entity="ItemClass",
    detail=SALES_ACCOUNTS,
    moments=("modified_at",),
)

_SENT_ACCOUNTS = ", ".join(f"'{name}', content -> '{name}'" for name in SALES_ACCOUNTS)
_SELLING = ", ".join(f"'{status}'" for status in SELLING)
ITEM_TABLE = Table(
    "items",
    "item",
    Item,
    ("item_id",),
    entity="Item",
    also_unique=("item_number",),
    renamed={"active": None, **dict.fromkeys(SALES_ACCOUNTS)},
    read={
        "active": f"item.status in ({_SELLING})",
        **{name: f"item.detail #>> '{{accounts,{name}}}'" for name in SALES_ACCOUNTS},
    },
    written={
        "status": "case when (content ->> 'active')::boolean then 'Active' else 'Inactive' end",
        "detail": f"jsonb_strip_nulls(jsonb_build_object('accounts', jsonb_build_object({_SENT_ACCOUNTS})))",
    },
    moments=("created_at", "modified_at"),
)
"""All items as lines know them. Cards, below, are all that is kept of an item."""


def items_json(numbers: str) -> str:
    """An SQL expression: the items of company $1 with one of these numbers in any case, as a JSON array of `Item`.

    `numbers` is an SQL expression of type text[]. Read the answer with `read_items`.
    """
    return f"""(
        select coalesce(json_agg(line), '[]')
          from (select {ITEM_TABLE.select_list}
                  from item
                 where item.company_id = $1
                   and lower(item.item_number) collate "C" in (
                       select lower(number collate "C") from unnest({numbers}) as number)
                 order by item.item_id) as line)"""


def ids_of_numbers(numbers: str) -> str:
    """A select of the internal ids of company $1's items with one of these numbers (type text[]) in any case."""
    return f"""
        select item.item_id from item
         where item.company_id = $1
           and lower(item.item_number) collate "C" in (
               select lower(number collate "C") from unnest({numbers}) as number)"""


@dataclass(frozen=True, slots=True)
class Named:
    """Scalars with which other rooms show an item."""

    number: str
    description: str


def named(item_id: str) -> Named:
    """Number and description of the item of company $1 with that internal id, an SQL expression."""
    of_item = f"from item where item.company_id = $1 and item.item_id = {item_id}"
    return Named(f"(select item.item_number {of_item})", f"(select item.description {of_item})")


def read_items(text: str) -> dict[str, Item]:
    """The answer of `items_json` by lower-case number."""
    return {item.item_number.lower(): item for item in ITEM_TABLE.decode(text)}


# Cards: all that is kept of an item

_CARD_COLUMNS = (
    "item_number", "description", "item_type", "status", "item_class_id", "unit_id", "unit_price", "vat_category_id",
    "sales_account", "sales_subaccount_id", "expense_subaccount_id", "cogs_subaccount_id", "deferral_code", "body",
    "note", "posting_class_id", "sales_unit_id", "purchase_unit_id", "kit", "detail",
)  # fmt: skip
_COLUMNS = ", ".join(("item_id", *_CARD_COLUMNS, "created_at", "modified_at", "version"))
_card = msgspec.json.Decoder(ItemCard)


async def find_item(
    connection: Connection, company_id: int, key: str | int, *, locked: bool = False
) -> Found[ItemCard] | None:
    """The item with a number in any case or (a whole number) an internal id; `locked` until the transaction ends."""
    condition = "item_id = $2" if isinstance(key, int) else 'lower(item_number) = lower($2::text collate "C")'
    row = await connection.fetchrow(
        f"""
        select row_to_json(found)::text as record, {REFERENCE_VERSION} as reference_version
          from (select {_COLUMNS}
                  from item
                 where company_id = $1 and {condition}
                   {"for update" if locked else ""}) as found
        """,
        company_id,
        key,
    )
    return None if row is None else Found(_card.decode(row["record"]), row["reference_version"])


IS_CALLED = """exists (select from jsonb_array_elements(item.detail -> 'cross_references') as other
                      where lower((other ->> 'alternate_id') collate "C") = lower({}::text collate "C"))"""
"""The condition that an item has this alternate id, in any case."""

MENTIONS = (
    """(position(lower({0}) in lower(item.item_number)) > 0 or position(lower({0}) in lower(item.description)) > 0)"""
)
"""The condition that a text stands in an item's number or description."""

HAS_ATTRIBUTES = have_wanted("jsonb_each_text(item.detail -> 'attributes')")
"""The condition that an item has one of the wanted values of each attribute."""

ITEMS = Paged(
    entity="Item",
    found=f"select {_COLUMNS} from item where item.company_id = $1",
    key=("item.item_number",),
    read=json_record(ItemCard),
    sort_key=lambda card: (card.item_number,),
)
"""Items by number."""


_FROM_CARD = "jsonb_populate_record(null::item, $5::jsonb) as card"

_INSERT_CARD = f"""
    with once as (select 1),
    {change_row("'Item'", "created", "$7::text", "once", detail="$6::jsonb")},
    {count_new("Item", sent_id="nullif(($5::jsonb ->> 'item_id')::integer, 0)")}
    insert into item (company_id, item_id, {", ".join(_CARD_COLUMNS)}, created_at, modified_at, version)
    select $1, counted.id, {", ".join(f"card.{column}" for column in _CARD_COLUMNS)},
           changed.stamp, changed.stamp, changed.change_id
      from counted, changed, {_FROM_CARD}
    returning item_number as number, version"""

_SAVE_CARD = f"""
    with once as (select 1),
    {change_row("'Item'", "updated", "$7::text", "once", detail="$6::jsonb")},
    {tally("'Item'", 0)}
    update item
       set {", ".join(f"{column} = card.{column}" for column in _CARD_COLUMNS)},
           modified_at = changed.stamp, version = changed.change_id
      from changed, {_FROM_CARD}
     where item.company_id = $1 and item.item_id = card.item_id
    returning item.item_number as number, item.version"""


async def insert_card(connection: Connection, context: Context, card: ItemCard, detail: Mapping[str, Any]) -> Saved:
    """Store a new item, under the next id when its own is 0; `detail` is what the change log tells."""
    return await _write_card(connection, context, _INSERT_CARD, card, detail)


async def save_card(connection: Connection, context: Context, card: ItemCard, detail: Mapping[str, Any]) -> Saved:
    """Write an item that is locked; `detail` is what the change log tells."""
    return await _write_card(connection, context, _SAVE_CARD, card, detail)


async def _write_card(
    connection: Connection, context: Context, statement: str, card: ItemCard, detail: Mapping[str, Any]
) -> Saved:
    row = await connection.fetchrow(
        statement,
        *parameters(context),
        as_json(card),
        as_json(detail),
        card.item_number,
    )
    if row is None:
        raise LookupError(f"item {card.item_number} of company {context.company_id} is gone")
    return Saved(**row)


def _number_taken(value: str) -> Refused:
    return Refused(
        f"The item number {value} already exists.",
        field=("item_number",),
        value=value,
        hint="Send a number that is free, or change the item that has it.",
    )


CONSTRAINTS: Mapping[str, RefusalFactory] = {"item_number_unique": _number_taken}
"""Constraint -> what the caller is told."""
