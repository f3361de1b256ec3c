"""SQL of the chart of accounts. Decides nothing.

Inserts of a new company take the rows of `rules` as one JSON array per table, as the rest of its reference data does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from asyncpg import Record

from reskontra.accounts.rules import (
    ACCOUNT_COLUMNS,
    SUBACCOUNT_DIMENSION,
    Account,
    AccountClass,
    Dimension,
    Known,
    Segment,
    Subaccount,
)
from reskontra.changes.store import change_row, count_new, last_change, parameters, row_count, tally
from reskontra.clock import Context
from reskontra.currencies.store import POSTING_ROWS
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection, RefusalFactory
from reskontra.db.upsert import or_write_anew
from reskontra.errors import Refused
from reskontra.vat.store import VAT_CATEGORY_ROWS
from reskontra.web.listing import Filters, Slice, Total, Window

_ACCOUNT = ", ".join(ACCOUNT_COLUMNS)
_SENT_ACCOUNT = ", ".join(f"part.{column}" for column in ACCOUNT_COLUMNS)

# Reading the chart of company $1: each is a select shaped like the class of its name in `rules`.

ACCOUNT_ROWS = """
    select account_number, description, account_type, account_class, active, currency_id, vat_category_id,
           external_code_1, external_code_2, account_group, analysis_code, public_code_1, post_option,
           default_subaccount, holds_cash
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


async def put_account_classes(connection: Connection, company_id: int, classes: Sequence[AccountClass]) -> None:
    """Add account classes to a company or write them anew."""
    await connection.execute(
        f"""
        insert into account_class (company_id, account_class_id, description, account_type)
        select $1, account_class_id, description, account_type
          from json_to_recordset($2::json) as sent (account_class_id text, description text, account_type text)
        {or_write_anew("account_class_pk", "description, account_type")}
        """,
        company_id,
        as_json(classes),
    )


async def insert_accounts(
    connection: Connection, company_id: int, accounts: Sequence[Account], moment: datetime
) -> None:
    """Add accounts to a new company, with ids from 1 in the order of the rows. `moment` is in UTC."""
    await connection.execute(
        f"""
        insert into account (company_id, account_id, modified_at, {_ACCOUNT})
        select $1, position, $3, {_SENT_ACCOUNT}
          from json_array_elements($2::json) with ordinality as sent (content, position),
               json_populate_record(null::account, content) as part
        """,
        company_id,
        as_json(accounts),
        moment,
    )


async def put_dimensions(
    connection: Connection, company_id: int, dimensions: Sequence[Dimension], moment: datetime
) -> None:
    """Add dimensions with their segments and the values of these, or write them anew. `moment` is in UTC."""
    await connection.execute(
        f"""
        with sent as (
            select * from json_to_recordset($2::json) as sent (dimension_id text, description text, segments json)),
        sent_segment as (
            select dimension_id, part.*
              from sent, json_to_recordset(segments) as part (
                   segment_id integer, description text, length integer, separator text, values json)),
        added_values as (
            insert into segment_value (
                   company_id, dimension_id, segment_id, value, description, active, modified_at)
            select $1, dimension_id, segment_id, known.value, known.description, known.active, $3
              from sent_segment, json_to_recordset(values) as known (value text, description text, active boolean)
            {or_write_anew("segment_value_pk", "description, active, modified_at, version")}),
        added_segments as (
            insert into segment (company_id, dimension_id, segment_id, description, length, separator, modified_at)
            select $1, dimension_id, segment_id, description, length, separator, $3 from sent_segment
            {or_write_anew("segment_pk", "description, length, separator, modified_at, version")})
        insert into dimension (company_id, dimension_id, description)
        select $1, dimension_id, description from sent
        {or_write_anew("dimension_pk", "description")}
        """,
        company_id,
        as_json(dimensions),
        moment,
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
        as_json(subaccounts),
        moment,
    )


async def list_account_classes(connection: Connection, company_id: int) -> list[AccountClass]:
    """The account classes by id."""
    rows = await connection.fetch(
        """
        select account_class_id, description, account_type from account_class
         where company_id = $1 order by account_class_id
        """,
        company_id,
    )
    return [msgspec.convert(dict(row), AccountClass) for row in rows]


# Accounts, one at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAccount:
    """An account as it is stored."""

    account: Account
    account_id: int
    class_description: str | None
    modified_at: datetime
    version: int


_accounts = msgspec.json.Decoder(FoundAccount)

_ACCOUNT_RECORD = f"""json_build_object(
           'account', (select row_to_json(part) from (select {
    ", ".join(f"account.{column}" for column in ACCOUNT_COLUMNS)
}) as part),
           'account_id', account.account_id, 'modified_at', account.modified_at, 'version', account.version,
           'class_description', (select account_class.description from account_class
                                  where account_class.company_id = account.company_id
                                    and account_class.account_class_id = account.account_class))::text"""
_NUMBERED = 'lower(account.account_number) collate "C" = lower({} collate "C")'


async def find_account(
    connection: Connection, company_id: int, number: str, *, locked: bool = False
) -> FoundAccount | None:
    """The account with that number in any case; `locked`: until the transaction ends."""
    text = await connection.fetchval(
        f"""
        select {_ACCOUNT_RECORD} from account
         where account.company_id = $1 and {_NUMBERED.format("$2")} {"for update" if locked else ""}
        """,
        company_id,
        number,
    )
    return None if text is None else _accounts.decode(text)


async def list_accounts(connection: Connection, filters: Filters, window: Window) -> Slice[FoundAccount]:
    """A page of accounts by number; $1 of the filters is the company."""
    parameters, where = _windowed(filters, window, "account.account_number")
    first = len(parameters) + 1
    rows = await connection.fetch(
        f"""
        select {_ACCOUNT_RECORD} as record, {last_change("Account")} as stamp
          from account
         where account.company_id = $1 and {where}
         order by account.account_number
         limit ${first} offset ${first + 1}
        """,
        *parameters,
        window.limit,
        window.offset,
    )
    return Slice([_accounts.decode(row["record"]) for row in rows], rows[0]["stamp"] if rows else None)


async def count_accounts(connection: Connection, filters: Filters) -> Total:
    """How many accounts pass the filter; without one the number is kept and not counted (W12)."""
    counted = f"(select count(*) from account where account.company_id = $1 and {filters.where})"
    return await _count(connection, filters, "Account", counted)


_FIND_KNOWN = f"""
    select (select coalesce(array_agg(currency_id), '{{}}') from ({POSTING_ROWS}) as rows where active) as currency_ids,
           (select coalesce(array_agg(category_id), '{{}}') from ({VAT_CATEGORY_ROWS}) as rows where active)
               as vat_category_ids,
           (select coalesce(json_agg(json_build_object('account_class_id', account_class_id, 'description', description,
                                                       'account_type', account_type) order by account_class_id), '[]')
              from account_class where company_id = $1)::text as classes"""
_classes = msgspec.json.Decoder(list[AccountClass])


async def find_known(connection: Connection, company_id: int) -> Known:
    """What a sent account may name."""
    row = await _one(connection, _FIND_KNOWN, company_id)
    return Known(
        currency_ids=row["currency_ids"],
        vat_category_ids=row["vat_category_ids"],
        classes=_classes.decode(row["classes"]),
    )


_INSERT_ACCOUNT = f"""
    with {change_row("'Account'", "created", "$5::text", "(values (1)) as once", detail="$7::jsonb")},
    {count_new("Account")}
    insert into account (company_id, account_id, modified_at, version, {_ACCOUNT})
    select $1, counted.id, $2, changed.change_id, {_SENT_ACCOUNT}
      from changed, counted, json_populate_record(null::account, $6::json) as part
    returning version"""


async def insert_account(connection: Connection, context: Context, account: Account, detail: Mapping[str, Any]) -> int:
    """Write a new account; returns its version."""
    return await _version(
        connection, context, _INSERT_ACCOUNT, account.account_number, as_json(account), as_json(detail)
    )


_SAVE_ACCOUNT = f"""
    with {change_row("'Account'", "updated", "$5::text", "(values (1)) as once", detail="$7::jsonb")},
    {tally("'Account'", 0)}
    update account
       set ({_ACCOUNT}) = (select {_SENT_ACCOUNT} from json_populate_record(null::account, $6::json) as part),
           modified_at = $2, version = changed.change_id
      from changed
     where company_id = $1 and account_number = $5
    returning version"""


async def save_account(connection: Connection, context: Context, account: Account, detail: Mapping[str, Any]) -> int:
    """Write a changed account; returns its version."""
    return await _version(connection, context, _SAVE_ACCOUNT, account.account_number, as_json(account), as_json(detail))


# Subaccounts, one at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSubaccount:
    """A subaccount as it is stored, with the segments that its number is made of."""

    subaccount: Subaccount
    segments: tuple[Segment, ...]
    modified_at: datetime
    version: int


_SEGMENTS = f"""(select segments::text from ({DIMENSION_ROWS}) as dimensions
                  where dimension_id = '{SUBACCOUNT_DIMENSION}')"""
_SUBACCOUNT_COLUMNS = f"""subaccount.subaccount_id, subaccount.subaccount_number,
           coalesce(subaccount.description, '') as description, subaccount.active, subaccount.modified_at,
           subaccount.version, {_SEGMENTS} as segments"""
_segments = msgspec.json.Decoder(tuple[Segment, ...])


async def find_segments(connection: Connection, company_id: int) -> tuple[Segment, ...]:
    """The segments of subaccount numbers, with the values they may take."""
    text = await connection.fetchval(f"select {_SEGMENTS}", company_id)
    return _segments.decode(text) if text else ()


async def find_subaccount(
    connection: Connection, company_id: int, number: str, *, locked: bool = False
) -> FoundSubaccount | None:
    """The subaccount with that number in any case; `locked`: until the transaction ends."""
    row = await connection.fetchrow(
        f"""
        select {_SUBACCOUNT_COLUMNS} from subaccount
         where subaccount.company_id = $1
           and lower(subaccount.subaccount_number) collate "C" = lower($2 collate "C")
               {"for update of subaccount" if locked else ""}
        """,
        company_id,
        number,
    )
    return None if row is None else _found_subaccounts([row])[0]


async def list_subaccounts(connection: Connection, filters: Filters, window: Window) -> Slice[FoundSubaccount]:
    """A page of subaccounts by number; $1 of the filters is the company."""
    parameters, where = _windowed(filters, window, "subaccount.subaccount_number")
    first = len(parameters) + 1
    rows = await connection.fetch(
        f"""
        select {_SUBACCOUNT_COLUMNS}, {last_change("Subaccount")} as stamp
          from subaccount
         where subaccount.company_id = $1 and {where}
         order by subaccount.subaccount_number
         limit ${first} offset ${first + 1}
        """,
        *parameters,
        window.limit,
        window.offset,
    )
    return Slice(_found_subaccounts(rows), rows[0]["stamp"] if rows else None)


async def count_subaccounts(connection: Connection, filters: Filters) -> Total:
    """How many subaccounts pass the filter; without one the number is kept and not counted (W12)."""
    counted = f"(select count(*) from subaccount where subaccount.company_id = $1 and {filters.where})"
    return await _count(connection, filters, "Subaccount", counted)


def _found_subaccounts(rows: Sequence[Record]) -> list[FoundSubaccount]:
    segments = _segments.decode(rows[0]["segments"]) if rows and rows[0]["segments"] else ()
    return [
        FoundSubaccount(
            subaccount=Subaccount(
                subaccount_id=row["subaccount_id"],
                subaccount_number=row["subaccount_number"],
                description=row["description"],
                active=row["active"],
            ),
            segments=segments,
            modified_at=row["modified_at"],
            version=row["version"],
        )
        for row in rows
    ]


_INSERT_SUBACCOUNT = f"""
    with {change_row("'Subaccount'", "created", "$5::text", "(values (1)) as once", detail="$7::jsonb")},
    {count_new("Subaccount", sent_id="nullif(($6::json ->> 'subaccount_id')::integer, 0)")}
    insert into subaccount (company_id, subaccount_id, subaccount_number, description, active, modified_at, version)
    select $1, counted.id, part.subaccount_number, part.description, part.active, $2, changed.change_id
      from changed, counted, json_populate_record(null::subaccount, $6::json) as part
    returning version"""


async def insert_subaccount(
    connection: Connection, context: Context, subaccount: Subaccount, detail: Mapping[str, Any]
) -> int:
    """Write a new subaccount, under the next id when its own is 0; returns its version."""
    number = subaccount.subaccount_number
    return await _version(connection, context, _INSERT_SUBACCOUNT, number, as_json(subaccount), as_json(detail))


_SAVE_SUBACCOUNT = f"""
    with {change_row("'Subaccount'", "updated", "$5::text", "(values (1)) as once", detail="$7::jsonb")},
    {tally("'Subaccount'", 0)}
    update subaccount
       set description = part.description, active = part.active, modified_at = $2, version = changed.change_id
      from changed, json_populate_record(null::subaccount, $6::json) as part
     where subaccount.company_id = $1 and subaccount.subaccount_number = $5
    returning subaccount.version"""


async def save_subaccount(
    connection: Connection, context: Context, subaccount: Subaccount, detail: Mapping[str, Any]
) -> int:
    """Write a changed subaccount; returns its version."""
    number = subaccount.subaccount_number
    return await _version(connection, context, _SAVE_SUBACCOUNT, number, as_json(subaccount), as_json(detail))


def _windowed(filters: Filters, window: Window, key: str) -> tuple[list[Any], str]:
    """The conditions and parameters of one page, which begins behind the window's row."""
    if window.after is None:
        return list(filters.parameters), filters.where
    values = [*filters.parameters, *window.after]
    return values, f"{filters.where} and {key} > ${len(values)}"


async def _count(connection: Connection, filters: Filters, entity: str, counted: str) -> Total:
    count = row_count(entity) if filters.where == "true" else counted
    row = await _one(connection, f"select {count} as count, {last_change(entity)} as stamp", *filters.parameters)
    return Total(row["count"], row["stamp"])


async def _version(connection: Connection, context: Context, statement: str, *values: object) -> int:
    row = await _one(connection, statement, *parameters(context), *values)
    version: int = row["version"]
    return version


async def _one(connection: Connection, statement: str, *values: object) -> Record:
    """The row of a statement that always gives one."""
    row: Record | None = await connection.fetchrow(statement, *values)
    if row is None:
        raise LookupError("a statement that gives one row gave none")
    return row


def _taken(noun: str, field: str) -> RefusalFactory:
    return lambda value: Refused(
        f"There is {noun} with this number already.",
        field=(field,),
        value=value or None,
        hint="Send another number, or change the one that is there.",
    )


CONSTRAINTS: dict[str, RefusalFactory] = {
    "account_pk": _taken("an account", "account_number"),
    "account_number_unique": _taken("an account", "account_number"),
    "subaccount_number_unique": _taken("a subaccount", "subaccount_number"),
    "subaccount_number_folded": _taken("a subaccount", "subaccount_number"),
    "account_type_is_posted": lambda value: Refused(
        "The type of an account that has been posted to cannot be changed.",
        field=("account_type",),
        value=value,
        hint="Make another account, and take this one out of use.",
    ),
}
"""Constraint name -> refusal, for rules that the database has the last word on."""
