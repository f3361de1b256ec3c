"""Open items as a run of write-offs needs them, and a fragment that settles each by a document of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from asyncpg import Record

from reskontra.changes.store import STAMP
from reskontra.customers.store.for_receivables import FORGIVEN
from reskontra.db.pool import Connection
from reskontra.kinds import DEBITS
from reskontra.receivables.store.applications import freed, name_of_document, proposed_by, settled_on
from reskontra.receivables.store.open_items import WAITING_VOID, waiting_correction


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A customer who has something open; `limit` is how much of a document may be written off, in base currency.

    `documents` counts what is open, `small` what is within the limit.
    """

    customer_id: int
    number: str
    limit: Decimal
    documents: int
    small: int


_OPEN = """document.company_id = $1 and document.released_at is not null and document.balance > 0
                and document.document_type = any ($4::text[])
                and coalesce(document.taken_over_on, document.document_date) <= $5
                and ($6::text is null or document.currency_id = $6)
                and ($7::bigint[] is null or document.document_id = any ($7))"""

_FIND_HOLDERS = f"""
    with {FORGIVEN}
    select forgiven.customer_id, forgiven.number, forgiven.write_off_limit as "limit", count(*) as documents,
           count(*) filter (where document.balance_base <= forgiven.write_off_limit) as small
      from forgiven
      join document on document.customer_id = forgiven.customer_id and {_OPEN}
     group by forgiven.customer_id, forgiven.number, forgiven.write_off_limit
     order by forgiven.number"""


async def find_holders(
    connection: Connection,
    company_id: int,
    *,
    document_types: Sequence[str],
    customer_ids: Sequence[int] | None,
    classes: Sequence[str] | None,
    currency_id: str | None,
    document_ids: Sequence[int] | None,
    on: date,
) -> list[Holder]:
    """Customers with open documents of these types that are dated by then, by number."""
    rows = await connection.fetch(
        _FIND_HOLDERS, company_id, customer_ids, classes, document_types, on, currency_id, document_ids
    )
    return [Holder(**row) for row in rows]


# `proposed_by` finds lines that name the document, not the lines of its own that wait for its next release.
_PROPOSER = name_of_document(f"""coalesce(
            {proposed_by("document.document_id")},
            (select proposal.proposer_document_id from proposal
              where proposal.company_id = $1 and proposal.proposer_document_id = document.document_id limit 1))""")

_DEBITS = ", ".join(f"'{document_type}'" for document_type in DEBITS)

_FIND_OPEN = f"""
    with {FORGIVEN}
    select document.document_id, document.document_type, document.number, document.status, document.branch_number,
           document.period_id, document.currency_id, document.balance, document.balance_base,
           forgiven.customer_id, forgiven.number as customer_number, forgiven.status as customer_status,
           forgiven.write_off_limit as "limit", {_PROPOSER} as proposer,
           ({freed("document.document_id")} ->> 'on')::date as freed_on,
           {settled_on("document.document_id", f"document.document_type in ({_DEBITS})")} as settled_on,
           {WAITING_VOID} as waiting_void, {waiting_correction("document.document_id")} as waiting_correction
      from forgiven
      join document on document.customer_id = forgiven.customer_id and {_OPEN}
     order by forgiven.number, document.document_type, document.number"""


async def find_open(
    connection: Connection,
    company_id: int,
    customer_ids: Sequence[int],
    document_types: Sequence[str],
    *,
    currency_id: str | None,
    document_ids: Sequence[int] | None,
    on: date,
) -> Sequence[Record]:
    """What these customers have open of these types and dated by then: by customer, type and number.

    `proposer` is the document that has an application on one, or of it, that waits for release.
    """
    rows: Sequence[Record] = await connection.fetch(
        _FIND_OPEN, company_id, customer_ids, None, document_types, on, currency_id, document_ids
    )
    return rows


ACCOUNT_ROLE = """(select kind.account_role from document_kind as kind
                    where kind.document_type = document.document_type)"""
"""A scalar over `document`: the purpose of the entry that carries its balance."""


def settle_each(source: str, kind: str) -> str:
    """CTEs that settle each document of `source` in full by another one, at the same rate, in a settlement of its own.

    `source` has document_id, which makes the settlement, settlement_id, credit_id, debit_id, amount, amount_base,
    settled_on, period_id, batch_number and reason_code. `kind` is the settlement's.
    """
    return f"""settled_each as (
        insert into settlement (company_id, settlement_id, kind, settled_on, period_id, batch_number, document_id,
                                created_at, created_by)
        overriding system value
        select $1, {source}.settlement_id, '{kind}', {source}.settled_on, {source}.period_id, {source}.batch_number,
               {source}.document_id, {STAMP}, $3
          from {source}
        returning settlement_id, created_at),
    applied_each as (
        insert into application (
               company_id, settlement_id, credit_document_id, debit_document_id, applied_on, period_id, amount_credit,
               amount_debit, base_credit, base_debit, gain_loss, reason_code, is_posted, created_at, created_by,
               released_at, released_by)
        select $1, {source}.settlement_id, {source}.credit_id, {source}.debit_id, {source}.settled_on,
               {source}.period_id, {source}.amount, {source}.amount, {source}.amount_base, {source}.amount_base, 0,
               {source}.reason_code, true, $2, $3, settled_each.created_at, $3
          from {source}
          join settled_each using (settlement_id))"""
