"""SQL of items: the ones that a document names, as a fragment of its one read, and adding them. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from reskontra.db.pool import Connection
from reskontra.items.rules import Item, ItemClass, Unit

UNIT_ROWS = """
    select unit_id, coalesce(description, '') as description
      from unit_of_measure
     where company_id = $1
     order by unit_id"""
"""The units of company $1, shaped like `Unit`."""

ITEM_CLASS_ROWS = """
    select item_class_id, description, vat_category_id, unit_id, sales_account
      from item_class
     where company_id = $1
     order by item_class_id"""
"""The item classes of company $1, shaped like `ItemClass`."""


def items_json(numbers: str) -> str:
    """An SQL expression: the items of company $1 with one of these numbers in any case, as a JSON array of `Item`.

    `numbers` is an SQL expression of type text[]. Read the answer with `read_items`.
    """
    return f"""(
        select coalesce(json_agg(json_build_object(
                   'item_id', item.item_id, 'item_number', item.item_number, 'description', item.description,
                   'unit_id', item.unit_id, 'unit_price', item.unit_price, 'vat_category_id', item.vat_category_id,
                   'sales_account', item.sales_account, 'sales_subaccount_id', item.sales_subaccount_id,
                   'deferral_code', item.deferral_code, 'item_class_id', item.item_class_id,
                   'active', item.status = 'Active')), '[]')
          from item
         where item.company_id = $1
           and lower(item.item_number) collate "C" in (
               select lower(number collate "C") from unnest({numbers}) as number))"""


def read_items(text: str) -> dict[str, Item]:
    """The answer of `items_json` by lower-case number."""
    return {item.item_number.lower(): item for item in _items.decode(text)}


_items = msgspec.json.Decoder(list[Item])


async def find_items(connection: Connection, company_id: int, numbers: Sequence[str]) -> dict[str, Item]:
    """The items with one of these numbers in any case, by lower-case number."""
    return read_items(await connection.fetchval(f"select {items_json('$2::text[]')}", company_id, numbers))


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
        msgspec.json.encode(items).decode(),
        moment,
    )


async def insert_units(connection: Connection, company_id: int, units: Sequence[Unit]) -> None:
    """Add units of measure to a company."""
    await connection.execute(
        """
        insert into unit_of_measure (company_id, unit_id, description)
        select $1, unit_id, description from json_to_recordset($2::json) as sent (unit_id text, description text)
        """,
        company_id,
        msgspec.json.encode(units).decode(),
    )


async def insert_item_classes(
    connection: Connection, company_id: int, classes: Sequence[ItemClass], moment: datetime
) -> None:
    """Add item classes to a company. `moment` is in UTC."""
    await connection.execute(
        """
        insert into item_class (
               company_id, item_class_id, description, vat_category_id, unit_id, sales_account, modified_at)
        select $1, item_class_id, description, vat_category_id, unit_id, sales_account, $3
          from json_to_recordset($2::json) as sent (
               item_class_id text, description text, vat_category_id text, unit_id text, sales_account text)
        """,
        company_id,
        msgspec.json.encode(classes).decode(),
        moment,
    )
