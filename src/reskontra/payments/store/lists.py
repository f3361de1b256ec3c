"""SQL of payments for answers: one by its number, and lists."""

from __future__ import annotations

from collections.abc import Sequence

from asyncpg import Record

from reskontra.changes.lists.store import Paged, plain_row
from reskontra.db.pool import Connection
from reskontra.payments.store.loading import CHARGES, SEEN_AS_PAYMENT
from reskontra.receivables.store.for_payments import SHOWN_LINES
from reskontra.receivables.store.lists import FOUND_ITEMS, ITEMS_OF_PAGE, KINDS_STAMP, KINDS_TOTAL, PARTIES

_COLUMNS = f"""document.document_type, document.number, document.status, document.branch_number,
           document.document_date, document.period_id, document.currency_id, document.payment_method_id,
           document.cash_account, document.payment_reference, document.invoice_text, document.amount,
           document.amount_base, document.balance, document.balance_base, document.exchange_rate,
           document.rate_operator, document.released_at is not null as is_released,
           document.modified_at, document.version,
           {CHARGES} as charges, {SHOWN_LINES} as lines, {PARTIES.columns}"""

PAYMENTS = Paged(
    entity="Payment",
    found=FOUND_ITEMS,
    kind="document.document_type",
    key=("document.number", "document.document_type"),
    tables=ITEMS_OF_PAGE,
    columns=_COLUMNS,
    read=plain_row,
    sort_key=lambda row: (row["number"], row["document_type"]),
    stamp=KINDS_STAMP,
    kept_total=KINDS_TOTAL,
    may_gather=True,
)
"""Payments of the types $2, by number and type. Filters are over `document`."""

_FIND = f"""
    select company.reference_version, {_COLUMNS}
      from document
      join company on company.company_id = document.company_id
      {PARTIES.joins}
     where document.company_id = $1 and document.document_type = any ($2::text[])
       and lower(document.number) collate "C" = lower($3 collate "C")
       and {SEEN_AS_PAYMENT}
     order by array_position($2::text[], document.document_type)
     limit 1"""


async def find_payment(
    connection: Connection, company_id: int, document_types: Sequence[str], number: str
) -> Record | None:
    """The first payment of these types with that number in any case, as `rendering.payment_answer` wants it."""
    row: Record | None = await connection.fetchrow(_FIND, company_id, document_types, number)
    return row
