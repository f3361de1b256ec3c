"""SQL of accounts and their classes: finding, lists, writing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from reskontra.accounts.rules.accounts import Account, AccountClass, AccountType, Known
from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import change_row, count_new, parameters, tally
from reskontra.clock import Context
from reskontra.currencies.store import CURRENCY_TABLE
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.db.tables import Table, lists_of
from reskontra.errors import Refused
from reskontra.vat.store import VAT_CATEGORY_TABLE

ACCOUNT_CLASS_TABLE = Table(
    "account_classes", "account_class", AccountClass, ("account_class_id",), entity="AccountClass"
)
ACCOUNT_TABLE = Table(
    "accounts",
    "account",
    Account,
    ("account_number",),
    entity="Account",
    numbered="account_id",
    moments=("modified_at",),
)
_ACCOUNT = ", ".join(ACCOUNT_TABLE.columns)
_SENT_ACCOUNT = ", ".join(f"part.{column}" for column in ACCOUNT_TABLE.columns)


def numbers_of_types(account_types: Iterable[AccountType]) -> str:
    """An array: the numbers of the accounts of company $1 that are of these types."""
    types = ", ".join(f"'{account_type}'" for account_type in account_types)
    return f"""array(select account.account_number from account
                   where account.company_id = $1 and account.account_type in ({types}))"""


# Accounts, one at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAccount:
    """An account as it is stored."""

    account: Account
    account_id: int
    class_description: str | None
    modified_at: datetime
    version: int


def description_of(number: str) -> str:
    """A scalar: the description of the account of company $1 with exactly that number, an SQL expression."""
    return f"""(select account.description from account
                 where account.company_id = $1 and account.account_number = {number})"""


_accounts = msgspec.json.Decoder(FoundAccount)

_ACCOUNT_RECORD = f"""json_build_object(
           'account', (select row_to_json(part) from (select {ACCOUNT_TABLE.select_list}) as part),
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


ACCOUNTS = Paged(
    entity="Account",
    found="select account.* from account where account.company_id = $1",
    key=("account.account_number",),
    columns=f"{_ACCOUNT_RECORD} as record",
    read=json_record(FoundAccount),
    sort_key=lambda found: (found.account.account_number,),
)
"""Accounts by number."""


_FIND_KNOWN = f"""
    select (select coalesce(array_agg(currency_id), '{{}}') from ({CURRENCY_TABLE.rows}) as rows where active)
               as currency_ids,
           (select coalesce(array_agg(category_id), '{{}}') from ({VAT_CATEGORY_TABLE.rows}) as rows where active)
               as vat_category_ids,
           {lists_of([ACCOUNT_CLASS_TABLE])}"""


async def find_known(connection: Connection, company_id: int) -> Known:
    """What a sent account may name."""
    row = await fetch_one(connection, _FIND_KNOWN, company_id)
    return Known(
        currency_ids=row["currency_ids"],
        vat_category_ids=row["vat_category_ids"],
        classes=ACCOUNT_CLASS_TABLE.decode(row["account_classes"]),
    )


_INSERT_ACCOUNT = f"""
    with {change_row("'Account'", "created", "$5::text", "(values (1)) as once", detail="$7::jsonb")},
    {count_new("Account")}
    insert into account (company_id, account_id, modified_at, version, {_ACCOUNT})
    select $1, counted.id, changed.stamp, changed.change_id, {_SENT_ACCOUNT}
      from changed, counted, json_populate_record(null::account, $6::json) as part
    returning version"""


async def insert_account(connection: Connection, context: Context, account: Account, detail: Mapping[str, Any]) -> int:
    """Write a new account; returns its version."""
    return await version(
        connection, context, _INSERT_ACCOUNT, account.account_number, as_json(account), as_json(detail)
    )


_SAVE_ACCOUNT = f"""
    with {change_row("'Account'", "updated", "$5::text", "(values (1)) as once", detail="$7::jsonb")},
    {tally("'Account'", 0)}
    update account
       set ({_ACCOUNT}) = (select {_SENT_ACCOUNT} from json_populate_record(null::account, $6::json) as part),
           modified_at = changed.stamp, version = changed.change_id
      from changed
     where company_id = $1 and account_number = $5
    returning version"""


async def save_account(connection: Connection, context: Context, account: Account, detail: Mapping[str, Any]) -> int:
    """Write a changed account; returns its version."""
    return await version(connection, context, _SAVE_ACCOUNT, account.account_number, as_json(account), as_json(detail))


async def version(connection: Connection, context: Context, statement: str, *values: object) -> int:
    row = await fetch_one(connection, statement, *parameters(context), *values)
    version: int = row["version"]
    return version


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
