"""SQL of documents as open items: what settlement reads of them and what it changes. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from asyncpg import Record

from reskontra.changes.store import change_rows, tally_each
from reskontra.currencies.rules import Operator, Rate
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.receivables.rules import OpenItem, Settled
from reskontra.receivables.store.applications import applications_of, proposals_of, proposed_by

_COLUMNS = f"""document.document_id, document.document_type, document.number, document.status, document.customer_id,
           document.account_number, document.subaccount_id, document.branch_number, document.document_date,
           document.period_id, document.currency_id, document.exchange_rate, document.rate_operator,
           document.balance, document.balance_base, {proposed_by("document.document_id")} as proposed_by"""


async def find_open_items(
    connection: Connection, company_id: int, names: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], OpenItem]:
    """Documents by (type, number) in any case, under their lower-case names."""
    rows = await connection.fetch(
        f"""
        select {_COLUMNS}
          from unnest($2::text[], $3::text[]) as wanted (document_type, number)
          join document on document.company_id = $1 and document.document_type = wanted.document_type
           and lower(document.number) collate "C" = lower(wanted.number collate "C") """,
        company_id,
        [document_type for document_type, _ in names],
        [number for _, number in names],
    )
    return {(row["document_type"].lower(), row["number"].lower()): _open_item(row) for row in rows}


async def lock_open_items(connection: Connection, company_id: int, ids: Sequence[int]) -> dict[int, OpenItem]:
    """Documents by id, locked until the transaction ends; always in one order, so that no ring of waiters forms."""
    rows = await connection.fetch(
        f"""
        select {_COLUMNS} from document
         where document.company_id = $1 and document.document_id = any ($2::bigint[])
         order by document.document_type, document.number
           for update""",
        company_id,
        ids,
    )
    return {row["document_id"]: _open_item(row) for row in rows}


async def lock_debits(connection: Connection, company_id: int, names: Sequence[tuple[str, str]]) -> None:
    """Lock documents by (type, number) in any case; always in one order, so that no ring of waiters forms.

    It is a statement of its own: what is read after it, is read as the last holders of the locks left it.
    """
    await connection.execute(
        """
        select from unnest($2::text[], $3::text[]) as wanted (document_type, number)
          join document on document.company_id = $1 and document.document_type = wanted.document_type
           and lower(document.number) collate "C" = lower(wanted.number collate "C")
         order by document.document_type, document.number
           for update of document""",
        company_id,
        [document_type for document_type, _ in names],
        [number for _, number in names],
    )


_NAMES = ("document_id", "document_type", "number", "status", "customer_id", "account_number", "subaccount_id",
          "branch_number", "document_date", "period_id", "currency_id", "balance", "balance_base",
          "proposed_by")  # fmt: skip


def _open_item(row: Record) -> OpenItem:
    return OpenItem(
        rate=Rate(row["exchange_rate"], Operator(row["rate_operator"])), **{name: row[name] for name in _NAMES}
    )


def debits_json(settled: Settled) -> str:
    """What `move_debits` takes of the debits after a settlement; a closed one closes in its application's period."""
    periods = {application.debit_document_id: application.period_id for application in settled.applications}
    return as_json(
        [
            {
                "document_id": debit.document_id,
                "balance": debit.balance,
                "balance_base": debit.balance_base,
                "status": debit.status,
                "closed_period_id": periods[debit.document_id] if debit.status == "Closed" else None,
            }
            for debit in settled.debits
        ]
    )


def move_debits(debits: str) -> str:
    """CTEs that give settled documents their balance and status, each with its change row and version.

    `debits` is a JSON parameter made by `debits_json`; an empty list moves nothing.
    """
    return f"""settled as (
        select document.document_id, document.document_type, document.number, sent.balance, sent.balance_base,
               sent.status, sent.closed_period_id
          from json_populate_recordset(null::document, {debits}) as sent
          join document on document.company_id = $1 and document.document_id = sent.document_id),
    {
        change_rows(
            "settled.document_type",
            "settled",
            "settled.number",
            "settled",
            name="settled_changes",
            detail="jsonb_build_object('balance', settled.balance, 'status', settled.status)",
        )
    },
    {tally_each("settled_changes", name="settled_tallies")},
    moved_debits as (
        update document
           set balance = settled.balance, balance_base = settled.balance_base, status = settled.status,
               closed_period_id = settled.closed_period_id, modified_at = $2, version = settled_changes.change_id
          from settled
          join settled_changes on settled_changes.entity = settled.document_type
           and settled_changes.entity_key = settled.number
         where document.company_id = $1 and document.document_id = settled.document_id)"""


PROPOSALS = f"""(
        select json_agg(json_build_object('debit_document_id', debit.document_id, 'amount', proposal.amount,
                                          'document_type', debit.document_type, 'number', debit.number)
                        order by proposal.application_id)
          from {proposals_of("doc.document_id")}
          join document as debit on debit.company_id = $1 and debit.document_id = proposal.debit_document_id)"""
"""A scalar over `doc`: what a draft credit proposes to settle, as JSON of `Proposal`; null if nothing."""

APPLICATIONS = f"""(
        select json_agg(json_build_object(
                   'document_type', other.document_type, 'number', other.number,
                   'customer_number', owing.number, 'amount_paid', application.amount,
                   'cash_discount_taken', application.discount, 'balance', other.balance,
                   'released', application.released_at is not null, 'payment_reference', other.payment_reference,
                   'status', other.status, 'application_date', coalesce(application.applied_on, other.document_date),
                   'application_period', application.period_id, 'invoice_text', other.invoice_text)
                   order by application.application_id)
          from {applications_of("document.document_id")}
          join document as other on other.company_id = $1 and other.document_id = application.other_document_id)"""
"""A scalar over `document` and `owing` (its customer): the applications from or to it, for `answers`; null if none."""
