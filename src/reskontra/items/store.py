"""SQL of items: the ones that a document names, as a fragment of its one read, lists, writing. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import REFERENCE_VERSION, change_row, count_new, parameters, tally
from reskontra.clock import Context
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection, RefusalFactory
from reskontra.db.upsert import or_write_anew
from reskontra.errors import Refused
from reskontra.items.rules.items import SELLING, Item, ItemCard, ItemClass, Unit

UNIT_ROWS = """
    select unit_id, coalesce(description, '') as description
      from unit_of_measure
     where company_id = $1
     order by unit_id"""
"""The units of company $1, shaped like `Unit`."""

ITEM_CLASS_ROWS = """
    select item_class_id, description, item_type, vat_category_id, unit_id, sales_account
      from item_class
     where company_id = $1
     order by item_class_id"""
"""The item classes of company $1, shaped like `ItemClass`."""


_SELLING = ", ".join(f"'{status}'" for status in SELLING)


_ITEMS = f"""
        select coalesce(json_agg(json_build_object(
                   'item_id', item.item_id, 'item_number', item.item_number, 'description', item.description,
                   'unit_id', item.unit_id, 'unit_price', item.unit_price, 'vat_category_id', item.vat_category_id,
                   'sales_account', item.sales_account, 'sales_subaccount_id', item.sales_subaccount_id,
                   'deferral_code', item.deferral_code, 'item_class_id', item.item_class_id,
                   'active', item.status in ({_SELLING})) order by item.item_id), '[]')
          from item"""


def items_json(numbers: str) -> str:
    """An SQL expression: the items of company $1 with one of these numbers in any case, as a JSON array of `Item`.

    `numbers` is an SQL expression of type text[]. Read the answer with `read_items`.
    """
    return f"""({_ITEMS}
         where item.company_id = $1
           and lower(item.item_number) collate "C" in (
               select lower(number collate "C") from unnest({numbers}) as number))"""


def read_items(text: str) -> dict[str, Item]:
    """The answer of `items_json` by lower-case number."""
    return {item.item_number.lower(): item for item in _items.decode(text)}


_items = msgspec.json.Decoder(list[Item])


async def list_all_items(connection: Connection, company_id: int) -> list[Item]:
    """All items as lines know them, by id."""
    return _items.decode(await connection.fetchval(f"select ({_ITEMS} where item.company_id = $1)::text", company_id))


# Cards: all that is kept of an item

_CARD_COLUMNS = (
    "item_number", "description", "item_type", "status", "item_class_id", "unit_id", "unit_price", "vat_category_id",
    "sales_account", "sales_subaccount_id", "expense_subaccount_id", "cogs_subaccount_id", "deferral_code", "body",
    "note", "posting_class_id", "sales_unit_id", "purchase_unit_id", "kit", "detail",
)  # fmt: skip
_COLUMNS = ", ".join(("item_id", *_CARD_COLUMNS, "created_at", "modified_at", "version"))
_card = msgspec.json.Decoder(ItemCard)


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item, and the version of the reference data that belongs to it."""

    card: ItemCard
    reference_version: int


async def find_item(
    connection: Connection, company_id: int, key: str | int, *, locked: bool = False
) -> FoundItem | None:
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
    return None if row is None else FoundItem(_card.decode(row["record"]), row["reference_version"])


IS_CALLED = """exists (select from jsonb_array_elements(item.detail -> 'cross_references') as other
                      where lower((other ->> 'alternate_id') collate "C") = lower({}::text collate "C"))"""
"""The condition that an item has this alternate id, in any case."""

HAS_ATTRIBUTE = """exists (select from jsonb_each_text(item.detail -> 'attributes') as held
                          where lower(held.key collate "C") = lower({}::text collate "C")
                            and exists (select from unnest({}::text[]) as wanted
                                         where lower(wanted) = any (lower(held.value)
                                                                    || string_to_array(lower(held.value), ','))))"""
"""The condition that an item has one of these values of an attribute, all in any case."""

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
    select $1, counted.id, {", ".join(f"card.{column}" for column in _CARD_COLUMNS)}, $2, $2, changed.change_id
      from counted, changed, {_FROM_CARD}
    returning item_id, item_number, version"""

_SAVE_CARD = f"""
    with once as (select 1),
    {change_row("'Item'", "updated", "$7::text", "once", detail="$6::jsonb")},
    {tally("'Item'", 0)}
    update item
       set {", ".join(f"{column} = card.{column}" for column in _CARD_COLUMNS)},
           modified_at = $2, version = changed.change_id
      from changed, {_FROM_CARD}
     where item.company_id = $1 and item.item_id = card.item_id
    returning item.item_id, item.item_number, item.version"""


@dataclass(frozen=True, slots=True)
class SavedItem:
    """What the database gave an item."""

    item_id: int
    item_number: str
    version: int


async def insert_card(connection: Connection, context: Context, card: ItemCard, detail: Mapping[str, Any]) -> SavedItem:
    """Store a new item, under the next id when its own is 0; `detail` is what the change log tells."""
    return await _write_card(connection, context, _INSERT_CARD, card, detail)


async def save_card(connection: Connection, context: Context, card: ItemCard, detail: Mapping[str, Any]) -> SavedItem:
    """Write an item that is locked; `detail` is what the change log tells."""
    return await _write_card(connection, context, _SAVE_CARD, card, detail)


async def _write_card(
    connection: Connection, context: Context, statement: str, card: ItemCard, detail: Mapping[str, Any]
) -> SavedItem:
    row = await connection.fetchrow(
        statement,
        *parameters(context),
        as_json(card),
        as_json(detail),
        card.item_number,
    )
    if row is None:
        raise LookupError(f"item {card.item_number} of company {context.company_id} is gone")
    return SavedItem(**row)


def _number_taken(value: str) -> Refused:
    return Refused(
        f"The item number {value} already exists.",
        field=("item_number",),
        value=value,
        hint="Send a number that is free, or change the item that has it.",
    )


CONSTRAINTS: Mapping[str, RefusalFactory] = {"item_number_unique": _number_taken}
"""Constraint -> what the caller is told."""


# A new company's items


async def insert_items(connection: Connection, company_id: int, items: Sequence[Item], moment: datetime) -> None:
    """Add non-stock items with the ids they bring. `moment` is in UTC."""
    await connection.execute(
        """
        insert into item (
               company_id, item_id, item_number, description, status, item_class_id, unit_id, unit_price,
               vat_category_id, sales_account, sales_subaccount_id, deferral_code, created_at, modified_at)
        select $1, item_id, item_number, description, case when active then 'Active' else 'Inactive' end,
               item_class_id, unit_id, unit_price, vat_category_id, sales_account, sales_subaccount_id, deferral_code,
               $3, $3
          from json_to_recordset($2::json) as sent (
               item_id integer, item_number text, description text, item_class_id text, unit_id text,
               unit_price numeric,
               vat_category_id text, sales_account text, sales_subaccount_id integer, deferral_code text,
               active boolean)
        """,
        company_id,
        as_json(items),
        moment,
    )


async def put_units(connection: Connection, company_id: int, units: Sequence[Unit]) -> None:
    """Add units of measure to a company or write them anew."""
    await connection.execute(
        f"""
        insert into unit_of_measure (company_id, unit_id, description)
        select $1, unit_id, description from json_to_recordset($2::json) as sent (unit_id text, description text)
        {or_write_anew("unit_of_measure_pk", "description")}
        """,
        company_id,
        as_json(units),
    )


async def put_item_classes(
    connection: Connection, company_id: int, classes: Sequence[ItemClass], moment: datetime
) -> None:
    """Add item classes to a company or write them anew. `moment` is in UTC."""
    await connection.execute(
        f"""
        insert into item_class (
               company_id, item_class_id, description, item_type, vat_category_id, unit_id, sales_account, modified_at)
        select $1, item_class_id, description, item_type, vat_category_id, unit_id, sales_account, $3
          from json_to_recordset($2::json) as sent (
               item_class_id text, description text, item_type text, vat_category_id text, unit_id text,
               sales_account text)
        {or_write_anew("item_class_pk", "description, item_type, vat_category_id, unit_id, sales_account, modified_at")}
        """,
        company_id,
        as_json(classes),
        moment,
    )
