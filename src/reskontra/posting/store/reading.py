"""SQL that reads batches and journal entries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache

import msgspec
from asyncpg import Record

from reskontra.accounts.store.accounts import description_of, numbers_of_types
from reskontra.changes.lists.store import Paged, json_record, plain_row
from reskontra.customers.store.fragments import number_of_id
from reskontra.db.pool import Connection
from reskontra.posting.rules import RESULT_TYPES

# Entries, one row each


_ENTRIES = """journal_entry as entry
      join batch on batch.company_id = entry.company_id and batch.batch_number = entry.batch_number"""
POSTED = "batch.status = 'Posted'"

_ENTRY_COLUMNS = """entry.batch_number, entry.line_number, entry.period_id, entry.entry_date, entry.description,
           entry.document_number, entry.branch_number, entry.account_number, entry.subaccount_id, entry.currency_id,
           entry.debit, entry.credit, entry.debit_base, entry.credit_base, batch.module,
           batch.created_at as modified_at"""

_KEY = ("entry.period_id", "entry.batch_number", "entry.line_number")
# What stood on the account, subaccount and branch before each entry of the page: of the year for accounts of the
# result, since the beginning for the others.
_YEAR = f"""case when entry.account_number = any ({numbers_of_types(RESULT_TYPES)})
                                         then left(entry.period_id, 4) end"""

_PLACE = ", ".join(_KEY)
_BALANCED = "entry.account_number, entry.subaccount_id, entry.branch_number"


def _each(way: str) -> str:
    """The columns of the key, each in that order."""
    return ", ".join(f"{column} {way}" for column in _KEY)


def _opening(counted: str) -> str:
    """What came before the page is added up, so that only the entries from its first to its last are put in order."""
    first, last = (f"(select {_PLACE} from page as entry order by {_each(way)} limit 1)" for way in ("asc", "desc"))
    entries = f"""{_ENTRIES}
                     where entry.company_id = $1 and {counted}
                       and ({_BALANCED}) in (select {_BALANCED} from page as entry)"""
    return f"""
            select entry.batch_number, entry.line_number,
                   coalesce(sum(entry.moved_base) over earlier, 0.0000) as opening_base,
                   coalesce(sum(entry.moved) over earlier_in_currency, 0.0000) as opening
              from (select {_BALANCED}, entry.currency_id, {_YEAR} as year, null as period_id, null as batch_number,
                           null as line_number, sum(entry.debit_base - entry.credit_base) as moved_base,
                           sum(entry.debit - entry.credit) as moved
                      from {entries} and ({_PLACE}) < {first}
                     group by {_BALANCED}, entry.currency_id, year
                    union all
                    select {_BALANCED}, entry.currency_id, {_YEAR}, {_PLACE}, entry.debit_base - entry.credit_base,
                           entry.debit - entry.credit
                      from {entries} and ({_PLACE}) >= {first} and ({_PLACE}) <= {last}) as entry
            window earlier as (
                       partition by {_BALANCED}, entry.year order by {_each("nulls first")}
                       rows between unbounded preceding and 1 preceding),
                   earlier_in_currency as (
                       partition by {_BALANCED}, entry.currency_id, entry.year order by {_each("nulls first")}
                       rows between unbounded preceding and 1 preceding)"""


ENTRIES = Paged(
    entity="JournalEntry",
    found=f"select {_ENTRY_COLUMNS} from {_ENTRIES} where entry.company_id = $1",
    key=_KEY,
    columns="entry.*",
    read=plain_row,
    sort_key=lambda row: (row["period_id"], row["batch_number"], row["line_number"]),
)
"""Entries by period, batch and line; filters are over `entry` and `batch`."""


@cache
def entries_with_opening(*, unposted: bool) -> Paged[Record]:
    """`ENTRIES`, each with `opening_base` and `opening`: debit less credit of what was on its account before it.

    `unposted` counts batches in that are not posted.
    """
    opening = _opening("true" if unposted else POSTED)
    return replace(
        ENTRIES,
        columns="entry.*, opening.opening_base, opening.opening",
        tables=f"page as entry join ({opening}) as opening using (batch_number, line_number)",
    )


# Entries for reports


RECEIVABLE_ENTRIES = """
    select entry.customer_id, entry.branch_number, entry.period_id, entry.batch_number, entry.line_number,
           entry.entry_date, entry.moves_document_id as document_id, entry.currency_id, entry.debit, entry.credit,
           entry.debit_base, entry.credit_base, entry.description
      from journal_entry as entry
     where entry.company_id = $1 and entry.moves_document_id is not null"""
"""A select of the entries that move what customers owe, one for each document that they move. It ends inside its where
clause."""

REVENUE_ENTRIES = """
    select entry.customer_id, entry.branch_number, entry.account_number, entry.period_id, entry.document_type,
           entry.document_number, entry.credit_base - entry.debit_base as amount
      from journal_entry as entry
     where entry.company_id = $1 and entry.purpose = 'revenue'"""
"""A select of the entries of documents' lines, without VAT; what takes revenue back is negative. It ends inside its
where clause."""

BALANCE_OF_ACCOUNT = """(
        select count(*) as entries, sum(entry.debit_base - entry.credit_base) as balance
          from journal_entry as entry
         where entry.company_id = $1 and entry.account_number = {} and entry.period_id <= $2)"""
"""A select, in parentheses, of an account's balance in the ledger at the end of the period $2, whatever was posted to
it, and of the number of its entries."""

BALANCES_OF_DOCUMENTS = """
    select entry.moves_document_id as document_id, sum(entry.debit_base - entry.credit_base) as balance
      from journal_entry as entry
     where entry.company_id = $1 and entry.account_number = $3 and entry.period_id <= $2
       and entry.moves_document_id is not null
     group by entry.moves_document_id"""
"""A select of the documents that entries on the account $3 moved up to the period $2, with what they came to."""

ENTRIES_OF_NO_DOCUMENT = """
    select entry.batch_number, entry.line_number, entry.period_id, entry.entry_date, entry.description,
           entry.debit_base - entry.credit_base as balance
      from journal_entry as entry
     where entry.company_id = $1 and entry.account_number = $3 and entry.period_id <= $2
       and entry.moves_document_id is null"""
"""A select of the entries on the account $3 up to the period $2 that move no document."""

JOURNAL_ENTRIES = f"""
    select entry.period_id, entry.batch_number, entry.line_number, entry.entry_date, entry.account_number,
           {description_of("entry.account_number")} as account_description, entry.branch_number,
           {number_of_id("entry.customer_id")} as customer_number, entry.document_type, entry.document_number,
           entry.vat_id, entry.purpose, entry.description, entry.currency_id, entry.debit, entry.credit,
           entry.debit_base, entry.credit_base, entry.moves_document_id, {POSTED} as is_posted, batch.created_at,
           batch.created_by
      from {_ENTRIES}
     where entry.company_id = $1"""
"""A select of all entries with who posted them and when. It ends inside its where clause."""

BATCH_NUMBERS = "select batch.batch_number as number from batch where batch.company_id = $1"


# Batches with their entries


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEntry:
    """An entry as it is stored."""

    line_number: int
    account_number: str
    subaccount_id: int
    branch_number: str
    debit: Decimal
    credit: Decimal
    debit_base: Decimal
    credit_base: Decimal
    exchange_rate: Decimal
    vat_id: str | None
    document_type: str
    document_number: str
    customer_number: str | None
    description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBatch:
    """A batch as it is stored, with its entries in their order: none for a document that is worth nothing (X4)."""

    batch_number: str
    module: str
    period_id: str
    batch_date: date
    description: str | None
    status: str
    currency_id: str
    modified_at: datetime
    version: int
    reference_version: int
    entries: tuple[FoundEntry, ...]


OF_BRANCH = """exists (select from journal_entry as entry
                         where entry.company_id = batch.company_id and entry.batch_number = batch.batch_number
                           and entry.branch_number = {})"""
"""The condition that a batch has entries of a branch."""

_batches = msgspec.json.Decoder(FoundBatch)

_BATCH_RECORD = f"""json_build_object(
               'batch_number', batch.batch_number, 'module', batch.module, 'period_id', batch.period_id,
               'batch_date', batch.batch_date, 'description', batch.description, 'status', batch.status,
               'currency_id', batch.currency_id, 'modified_at', batch.created_at, 'version', batch.version,
               'reference_version', company.reference_version,
               'entries', (
                   select coalesce(json_agg(part order by part.line_number), '[]')
                     from (select entry.line_number, entry.account_number, entry.subaccount_id, entry.branch_number,
                                  entry.debit, entry.credit, entry.debit_base, entry.credit_base, entry.exchange_rate,
                                  entry.vat_id, entry.document_type, entry.document_number, entry.description,
                                  {number_of_id("entry.customer_id")} as customer_number
                             from journal_entry as entry
                            where entry.company_id = batch.company_id
                              and entry.batch_number = batch.batch_number) as part))::text as record"""


BATCHES = Paged(
    entity="Batch",
    found="select batch.* from batch where batch.company_id = $1",
    key=("batch.period_id", "batch.batch_number"),
    tables="page as batch join company on company.company_id = $1",
    columns=_BATCH_RECORD,
    read=json_record(FoundBatch),
    sort_key=lambda batch: (batch.period_id, batch.batch_number),
)
"""Batches by period and number."""


async def find_batch(connection: Connection, company_id: int, number: str) -> FoundBatch | None:
    """The batch with that number in any case."""
    text = await connection.fetchval(
        f"""
        select {_BATCH_RECORD}
          from batch
          join company on company.company_id = $1
         where batch.company_id = $1 and lower(batch.batch_number) = lower($2 collate "C")
        """,
        company_id,
        number,
    )
    return None if text is None else _batches.decode(text)


async def find_posted_accounts(connection: Connection, company_id: int) -> set[str]:
    """The accounts that have entries."""
    rows = await connection.fetch("select distinct account_number from journal_entry where company_id = $1", company_id)
    return {row["account_number"] for row in rows}


async def count_unposted(connection: Connection, company_id: int) -> dict[str, int]:
    """How many batches of each period are not posted; periods without any are not there."""
    rows = await connection.fetch(
        "select period_id, count(*) from batch where company_id = $1 and status = 'Unposted' group by period_id",
        company_id,
    )
    return {row["period_id"]: row["count"] for row in rows}
