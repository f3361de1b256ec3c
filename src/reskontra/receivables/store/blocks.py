"""SQL of documents that are blocked from reminding (DUN-08). The day 'infinity' is `ENDLESS`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE, change_row, parameters, tally
from reskontra.clock import Context
from reskontra.customers.store.fragments import name_of_id, number_of_id
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_written
from reskontra.receivables.rules.items import day_freed
from reskontra.receivables.store.open_items import named_items


@dataclass(frozen=True, slots=True, kw_only=True)
class Blockable:
    """A document as far as blocking it goes. `until` and `reason` are None unless it is blocked."""

    document_id: int
    document_type: str
    number: str
    status: str
    origin: str
    until: date | None
    reason: str | None
    version: int


_BLOCKABLE = """document.document_id, document.document_type, document.number, document.status, document.origin,
       document.reminding_blocked_until as until, document.reminding_block_reason as reason, document.version"""


async def find_blockable(connection: Connection, company_id: int, document_type: str, number: str) -> Blockable | None:
    """A document by type and number, in any case."""
    row = await connection.fetchrow(
        f"select {_BLOCKABLE} from {named_items('array[$2::text]', 'array[$3::text]')}",
        company_id,
        document_type,
        number,
    )
    return Blockable(**row) if row else None


_SAVE = f"""
    with held as materialized (select number from document where company_id = $1 and document_id = $9),
    {change_row("$5", "updated", "held.number", "held", detail="$8::jsonb")},
    {tally("$5", 0)}
    update document
       set reminding_blocked_until = $6, reminding_block_reason = $7, modified_at = changed.stamp,
           version = changed.change_id
      from changed
     where company_id = $1 and document_id = $9
    returning version"""


async def save_block(
    connection: Connection, context: Context, before: Blockable, until: date | None, reason: str | None
) -> int:
    """Block a document, which the caller has locked, or free it (None, None); returns its new version."""
    told = {"reminding_blocked_until": (_told(before.until), _told(until)),
            "reminding_block_reason": (before.reason, reason)}  # fmt: skip
    detail = {name: (old, new) for name, (old, new) in told.items() if old != new}
    row = await fetch_written(
        connection,
        _SAVE,
        *parameters(context),
        before.document_type,
        until,
        reason,
        as_json(detail),
        before.document_id,
    )
    version: int = row["version"]
    return version


def _told(until: date | None) -> str | None:
    """A day as the log of changes tells it."""
    if until is None:
        return None
    freed = day_freed(until)
    return freed.isoformat() if freed else "until it is freed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedBlock:
    """A blocked document that has a balance, in its currency, and of whom that is."""

    document_type: str
    number: str
    customer_number: str
    customer_name: str
    due_date: date | None
    currency_id: str
    balance: Decimal
    until: date
    reason: str
    version: int


BLOCKS = Paged(
    entity="RemindingBlock",
    found="""select document.document_id, document.document_type, document.number
               from document
              where document.company_id = $1 and document.reminding_blocked_until is not null
                and document.balance > 0""",
    key=("document.document_type", "document.number"),
    tables="""page
          join lateral (
            select * from document as found
             where found.company_id = $1 and found.document_id = page.document_id offset 0) as document on true""",
    columns=f"""document.document_type, document.number, {number_of_id("document.customer_id")} as customer_number,
       {name_of_id("document.customer_id")} as customer_name, document.due_date, document.currency_id,
       document.balance, document.reminding_blocked_until as until, document.reminding_block_reason as reason,
       document.version""",
    read=lambda row: ListedBlock(**{name: row[name] for name in ListedBlock.__slots__}),
    sort_key=lambda found: (found.document_type, found.number),
    is_tallied=False,
    stamp=ANY_CHANGE,
)
"""Blocked documents that are open, by type and number."""


async def find_block(connection: Connection, company_id: int, document_type: str, number: str) -> ListedBlock | None:
    """The block of a document, whether open or not."""
    row = await connection.fetchrow(
        f"""
        select {BLOCKS.columns}
          from {named_items("array[$2::text]", "array[$3::text]")}
         where document.reminding_blocked_until is not null""",
        company_id,
        document_type,
        number,
    )
    return BLOCKS.read(row) if row else None
