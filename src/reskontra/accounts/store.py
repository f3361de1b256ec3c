"""SQL of the chart of accounts. Decides nothing.

Inserts take the rows of `rules` as one JSON array per table, as the rest of a new company's reference data does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from reskontra.accounts.rules import Account, Dimension, Subaccount
from reskontra.db.pool import Connection

# Reading the chart of company $1: each is a select shaped like the class of its name in `rules`.

ACCOUNT_ROWS = """
    select account_number, description, account_type, account_class, active, currency_id, vat_category_id,
           external_code_1, external_code_2
      from account
     where company_id = $1
     order by account_number"""

DIMENSION_ROWS = """
    select dimension_id, coalesce(description, '') as description,
           (select coalesce(json_agg(json_build_object(
                       'segment_id', segment_id, 'description', coalesce(segment.description, ''),
                       'length', length, 'separator', separator,
                       'values', (select coalesce(json_agg(json_build_object(
                                             'value', value, 'description', coalesce(known.description, ''),
                                             'active', active) order by value), '[]')
                                    from segment_value as known
                                   where known.company_id = segment.company_id
                                     and known.dimension_id = segment.dimension_id
                                     and known.segment_id = segment.segment_id)) order by segment_id), '[]')
              from segment
             where segment.company_id = dimension.company_id
               and segment.dimension_id = dimension.dimension_id) as segments
      from dimension
     where company_id = $1
     order by dimension_id"""

SUBACCOUNT_ROWS = """
    select subaccount_id, subaccount_number, coalesce(description, '') as description, active
      from subaccount
     where company_id = $1
     order by subaccount_id"""


async def insert_accounts(
    connection: Connection, company_id: int, accounts: Sequence[Account], moment: datetime
) -> None:
    """Add accounts to a company. `moment` is in UTC."""
    await connection.execute(
        """
        insert into account (
               company_id, account_number, description, account_type, account_class, active, currency_id,
               vat_category_id, external_code_1, external_code_2, modified_at)
        select $1, account_number, description, account_type, account_class, active, currency_id,
               vat_category_id, external_code_1, external_code_2, $3
          from json_to_recordset($2::json) as sent (
               account_number text, description text, account_type text, account_class text, active boolean,
               currency_id text, vat_category_id text, external_code_1 text, external_code_2 text)
        """,
        company_id,
        _json(accounts),
        moment,
    )


async def insert_dimensions(connection: Connection, company_id: int, dimensions: Sequence[Dimension]) -> None:
    """Add dimensions with their segments and the values of these to a company."""
    await connection.execute(
        """
        with sent as (
            select * from json_to_recordset($2::json) as sent (dimension_id text, description text, segments json)),
        sent_segment as (
            select dimension_id, part.*
              from sent, json_to_recordset(segments) as part (
                   segment_id integer, description text, length integer, separator text, values json)),
        added_values as (
            insert into segment_value (company_id, dimension_id, segment_id, value, description, active)
            select $1, dimension_id, segment_id, known.value, known.description, known.active
              from sent_segment, json_to_recordset(values) as known (value text, description text, active boolean)),
        added_segments as (
            insert into segment (company_id, dimension_id, segment_id, description, length, separator)
            select $1, dimension_id, segment_id, description, length, separator from sent_segment)
        insert into dimension (company_id, dimension_id, description)
        select $1, dimension_id, description from sent
        """,
        company_id,
        _json(dimensions),
    )


async def insert_subaccounts(
    connection: Connection, company_id: int, subaccounts: Sequence[Subaccount], moment: datetime
) -> None:
    """Add subaccounts to a company, with the ids they bring. `moment` is in UTC."""
    await connection.execute(
        """
        insert into subaccount (company_id, subaccount_id, subaccount_number, description, active, modified_at)
        select $1, subaccount_id, subaccount_number, description, active, $3
          from json_to_recordset($2::json) as sent (
               subaccount_id integer, subaccount_number text, description text, active boolean)
        """,
        company_id,
        _json(subaccounts),
        moment,
    )


def _json(rows: object) -> str:
    return msgspec.json.encode(rows).decode()
