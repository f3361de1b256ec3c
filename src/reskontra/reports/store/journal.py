"""SQL of the journal by period: every entry, with its document and who posted it."""

from __future__ import annotations

from reskontra.changes.lists.store import Paged, plain_row
from reskontra.db.lists import Filters
from reskontra.posting.store.reading import BATCH_NUMBERS, JOURNAL_ENTRIES
from reskontra.receivables.store.for_reports import DOCUMENT_NAMES

_MOVED = f"left join ({DOCUMENT_NAMES}) as moved on moved.document_id = entry.moves_document_id"

JOURNAL = Paged(
    entity="JournalEntry",
    found=f"select entry.* from ({JOURNAL_ENTRIES}) as entry where true",
    key=("entry.period_id", "entry.batch_number", "entry.line_number"),
    columns="entry.*, moved.document_type as moved_type, moved.number as moved_number",
    tables=f"page as entry {_MOVED}",
    read=plain_row,
    sort_key=lambda row: (row["period_id"], row["batch_number"], row["line_number"]),
)
"""Entries by period, batch and line, with the document whose balance each moves; the periods are a filter."""

OF_DOCUMENT = f"entry.batch_number in ({BATCH_NUMBERS} and batch.document_type = {{}} and batch.document_number = {{}})"
"""The condition that an entry is in the batch of a document, by its type and number as it is stored."""

OF_TEXT = """(position(lower({0}) in lower(entry.description)) > 0 or entry.document_number = {0})"""
"""The condition that a text stands in an entry's, or is the number of its document."""


def journal_table(filters: Filters) -> str:
    """The entries that pass the filters, which are over `entry` and begin with the company, as a table."""
    return f"""
    select entry.period_id as "period", entry.batch_number as "batchNumber", entry.line_number as "lineNumber",
           entry.entry_date as "date", entry.account_number as "account",
           entry.account_description as "accountDescription", entry.branch_number as "branch",
           entry.customer_number as "customerNumber", entry.document_type as "documentType",
           entry.document_number as "referenceNumber", moved.document_type as "movesDocumentType",
           moved.number as "movesReferenceNumber", entry.vat_id as "vatId", entry.purpose as "purpose",
           entry.description as "description", entry.currency_id as "currencyId",
           entry.debit as "debitAmountInCurrency", entry.credit as "creditAmountInCurrency",
           entry.debit_base as "debitAmount", entry.credit_base as "creditAmount", entry.is_posted as "posted",
           entry.created_by as "createdBy",
           to_char(entry.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdDateTime"
      from ({JOURNAL_ENTRIES}) as entry
      {_MOVED}
     where {filters.where}
     order by entry.period_id, entry.batch_number, entry.line_number"""
