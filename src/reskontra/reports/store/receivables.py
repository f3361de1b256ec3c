"""SQL that compares the ledger's receivables with the open documents at the end of the period $2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reskontra.accounts.store.accounts import description_of
from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE
from reskontra.db.pool import Connection
from reskontra.posting.store.reading import BALANCE_OF_ACCOUNT, BALANCES_OF_DOCUMENTS, ENTRIES_OF_NO_DOCUMENT
from reskontra.receivables.store.for_reports import DOCUMENT_NAMES, UNBOOKED_OF_DOCUMENTS, AsOf


@dataclass(frozen=True, slots=True)
class Reconciled:
    """An account in base currency: its balance in the ledger, and what is open on documents posted to it."""

    account_number: str
    description: str | None
    ledger: Decimal
    open_items: Decimal

    @property
    def difference(self) -> Decimal:
        """Zero, if the books are right and nobody posts to the account by hand."""
        return self.ledger - self.open_items


RECONCILED = f"""
    with open_item as materialized ({AsOf(period="$2").open_by_account()})
    select open_item.account_number, {description_of("open_item.account_number")} as description,
           coalesce(ledger.balance, 0.0000) as ledger, coalesce(open_item.balance, 0.0000) as open_items
      from open_item
     cross join lateral {BALANCE_OF_ACCOUNT.format("open_item.account_number")} as ledger
     where ledger.entries > 0 or open_item.balance <> 0
     order by 1"""


async def find_reconciled(connection: Connection, company_id: int, period_id: str) -> Sequence[Reconciled]:
    """Every account that carries what customers owe, by number."""
    rows = await connection.fetch(RECONCILED, company_id, period_id)
    return [Reconciled(**row) for row in rows]


RECONCILED_TABLE = f"""
    select told.account_number as "account", told.description as "description", told.ledger as "ledger",
           told.open_items as "openItems", told.ledger - told.open_items as "difference"
      from ({RECONCILED}) as told"""
"""The same as a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """What the ledger and the open documents do not agree on, in base currency: a document, or an entry of none."""

    document_type: str | None
    number: str | None
    batch_number: str | None
    line_number: int | None
    period_id: str | None
    entry_date: date | None
    description: str | None
    ledger: Decimal
    open_items: Decimal

    @property
    def difference(self) -> Decimal:
        """What is in the ledger and not open."""
        return self.ledger - self.open_items


# What books nothing moved its documents as if it had been booked.
_DIFFERENCES = f"""
    select document.document_type, document.number, null::text as batch_number, null::integer as line_number,
           null::text as period_id, null::date as entry_date, null::text as description, told.ledger, told.open_items
      from (select coalesce(ledger.document_id, item.document_id) as document_id,
                   coalesce(ledger.balance, 0.0000) as ledger, coalesce(item.balance_base, 0.0000) as open_items
              from (select moved.document_id, sum(moved.balance) as balance
                      from ({BALANCES_OF_DOCUMENTS} union all {UNBOOKED_OF_DOCUMENTS}) as moved
                     group by moved.document_id) as ledger
              full join ({AsOf(period="$2").open_items("document.account_number = $3")}) as item
                on item.document_id = ledger.document_id) as told
      join ({DOCUMENT_NAMES}) as document on document.document_id = told.document_id
     where told.ledger <> told.open_items
     union all
    select null, null, entry.batch_number, entry.line_number, entry.period_id, entry.entry_date, entry.description,
           entry.balance, 0.0000
      from ({ENTRIES_OF_NO_DOCUMENT}) as entry"""


DIFFERENCES = Paged(
    entity="Differences",
    found=f"""
    select told.*
      from (select differing.*, coalesce(differing.batch_number, '') as of_batch,
                   coalesce(differing.line_number, 0) as of_line, coalesce(differing.document_type, '') as of_type,
                   coalesce(differing.number, '') as of_number
              from ({_DIFFERENCES}) as differing) as told
     where true""",
    key=("told.of_batch", "told.of_line", "told.of_type", "told.of_number"),
    tables="page as told",
    columns="told.*",
    read=lambda row: Differing(**{name: row[name] for name in Differing.__slots__}),
    sort_key=lambda it: (it.batch_number or "", it.line_number or 0, it.document_type or "", it.number or ""),
    is_tallied=False,
    stamp=ANY_CHANGE,
)
"""What the balance of the account $3 at the end of the period differs by from the open documents: documents, then
entries."""

DIFFERENCE_TABLE = f"""
    select told.document_type as "documentType", told.number as "referenceNumber", told.batch_number as "batchNumber",
           told.line_number as "lineNumber", told.period_id as "period", told.entry_date as "date",
           told.description as "description", told.ledger as "ledger", told.open_items as "openItems",
           told.ledger - told.open_items as "difference"
      from ({DIFFERENCES.found}) as told
     order by told.of_batch, told.of_line, told.of_type, told.of_number"""
"""The same as a table."""
