"""SQL of documents as open items: what settling reads and changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec
from asyncpg import Record

from reskontra.changes.store import NEW_CHANGE_ID, STAMP, numbered_change_rows, tally_each
from reskontra.currencies.rules import Operator, Rate
from reskontra.customers.store.fragments import parent_of_id
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.receivables.rules.items import Freed, OpenItem
from reskontra.receivables.store.applications import (
    applications_of,
    freed,
    proposals_of,
    proposed_by,
    proposer_of,
)


def waiting_correction(document_id: str) -> str:
    """A scalar: the number of the draft invoice that is to replace a document, or null (CRR-04)."""
    return f"""(
        select copy.number from document as copy
         where copy.company_id = $1 and copy.corrects_document_id = {document_id}
           and copy.document_type = 'Invoice' and copy.released_at is null)"""


WAITING_VOID = """exists (select from document as void
                    where void.company_id = $1 and void.voids_document_id = document.document_id
                      and void.released_at is null)"""
"""A scalar over `document`: whether a void of it waits for release (VDP-04)."""

ITEM_FACTS = f"""document.document_id, document.document_type, document.number, document.status, document.customer_id,
           document.account_number, document.subaccount_id, document.branch_number, document.document_date,
           document.period_id, document.currency_id, document.exchange_rate, document.rate_operator,
           document.balance, document.balance_base, document.closed_period_id,
           document.origin, document.taken_over_on, document.vat_date, document.vat_exchange_rate,
           {freed("document.document_id")} as freed,
           {proposed_by("document.document_id")} as proposed_by,
           {WAITING_VOID} as waiting_void,
           {waiting_correction("document.document_id")} as waiting_correction"""
"""The columns over `document` of an `OpenItem`, but the name of its proposer."""

OPEN_ITEM = f"""{ITEM_FACTS},
           {proposer_of("document.document_id")} as proposer"""
"""The columns over `document` that `open_item` reads."""


def named_items(document_types: str, numbers: str) -> str:
    """A source `document`: the documents of company $1 with these types and numbers, in any case; two text arrays.

    The offset makes it one search in the index for each name. A join may be planned by types alone, and then compares
    all documents of a type with all names.
    """
    return f"""unnest({document_types}::text[], {numbers}::text[]) as wanted (document_type, number)
         cross join lateral (
            select * from document
             where document.company_id = $1 and document.document_type = wanted.document_type
               and lower(document.number) collate "C" = lower(wanted.number collate "C") offset 0) as document"""


def hold_as_read(settler_id: str, ids: str, versions: str) -> str:
    """A condition: documents of company $1, locked until the end, are as they were read, and nothing waits on them but
    what the settler proposes. It does not wait for a transaction that has locked one: then it is false.

    The arguments are SQL expressions: an id, and two arrays.
    """
    return f"hold_as_read($1, {settler_id}, {ids}, {versions})"


async def find_open_items(
    connection: Connection, company_id: int, names: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], OpenItem]:
    """Documents by (type, number) in any case, under their lower-case names, with the parents of their customers."""
    rows = await connection.fetch(
        f"""
        select {OPEN_ITEM}, {parent_of_id("document.customer_id")} as parent_customer_id
          from {named_items("$2", "$3")}""",
        company_id,
        [document_type for document_type, _ in names],
        [number for _, number in names],
    )
    return {(row["document_type"].lower(), row["number"].lower()): open_item(row) for row in rows}


async def find_open_item(connection: Connection, company_id: int, document_id: int) -> OpenItem | None:
    """A document by its id."""
    row = await connection.fetchrow(
        f"select {OPEN_ITEM} from document where document.company_id = $1 and document.document_id = $2",
        company_id,
        document_id,
    )
    return open_item(row) if row else None


async def lock_open_items(connection: Connection, company_id: int, ids: Sequence[int]) -> dict[int, OpenItem]:
    """Documents by id, locked until the transaction ends; always in the same order, to avoid deadlocks."""
    rows = await connection.fetch(
        f"""
        select {OPEN_ITEM} from document
         where document.company_id = $1 and document.document_id = any ($2::bigint[])
         order by document.document_type, document.number
           for update""",
        company_id,
        ids,
    )
    return {row["document_id"]: open_item(row) for row in rows}


async def lock_named_items(connection: Connection, company_id: int, names: Sequence[tuple[str, str]]) -> None:
    """Lock documents by (type, number) in any case; always in the same order, to avoid deadlocks.

    A separate statement, so that the next read sees what the previous lock holders committed.
    """
    await connection.execute(
        f"""
        select from document as locked
         where locked.company_id = $1
           and locked.document_id = any (array(select document.document_id from {named_items("$2", "$3")}))
         order by locked.document_type, locked.number
           for update""",
        company_id,
        [document_type for document_type, _ in names],
        [number for _, number in names],
    )


async def lock_unsettled(
    connection: Connection,
    company_id: int,
    customer_ids: Sequence[int],
    document_types: Sequence[str],
    branch_number: str | None = None,
    *,
    at_most: Decimal | None = None,
) -> list[int]:
    """Lock these customers' unsettled documents of these types until the transaction ends; returns their ids.

    A separate statement, so that the next read sees what the previous lock holders committed. The order is the one in
    which all transactions lock several documents.
    """
    values = company_id, customer_ids, document_types, branch_number, at_most
    return await _unsettled(connection, "for update", *values)


async def find_unsettled_ids(
    connection: Connection, company_id: int, customer_ids: Sequence[int], document_types: Sequence[str]
) -> list[int]:
    """The ids that `lock_unsettled` would return now, without locking anything."""
    return await _unsettled(connection, "", company_id, customer_ids, document_types, None, None)


async def _unsettled(connection: Connection, locking: str, *values: object) -> list[int]:
    rows = await connection.fetch(
        f"""
        select document.document_id
          from document
         where document.company_id = $1 and document.released_at is not null and document.balance > 0
           and document.customer_id = any ($2::integer[]) and document.document_type = any ($3::text[])
           and ($4::text is null or document.branch_number = $4)
           and ($5::numeric is null or document.balance_base <= $5)
         order by document.document_type, document.number
           {locking}
        """,
        *values,
    )
    return [row["document_id"] for row in rows]


_NAMES = ("document_id", "document_type", "number", "status", "customer_id", "account_number", "subaccount_id",
          "branch_number", "document_date", "period_id", "currency_id", "balance", "balance_base", "closed_period_id",
          "origin", "taken_over_on", "vat_date", "vat_exchange_rate", "proposed_by", "proposer",
          "waiting_void", "waiting_correction")  # fmt: skip


_freed = msgspec.json.Decoder(Freed)


def open_item(row: Record) -> OpenItem:
    """A row of `OPEN_ITEM` as a record."""
    return OpenItem(
        rate=Rate(row["exchange_rate"], Operator(row["rate_operator"])),
        freed=_freed.decode(row["freed"]) if row["freed"] else None,
        parent_customer_id=row.get("parent_customer_id"),
        **{name: row[name] for name in _NAMES},
    )


class Moved(NamedTuple):
    """A document as a settlement leaves it: what `SENT_ITEMS` reads."""

    document_id: int
    sign: int
    balance: Decimal
    balance_base: Decimal
    status: str
    closed_period_id: str | None


def items_json(items: Iterable[OpenItem | Moved]) -> str:
    """Documents after a settlement, as the JSON that `SENT_ITEMS` reads."""
    return as_json(
        [
            {
                "document_id": item.document_id,
                "sign": item.sign,
                "balance": item.balance,
                "balance_base": item.balance_base,
                "status": item.status,
                "closed_period_id": item.closed_period_id,
            }
            for item in items
        ]
    )


SENT_ITEMS = """json_to_recordset({}::json) as sent (
                       document_id bigint, sign integer, balance numeric, balance_base numeric, status text,
                       closed_period_id text)"""
"""A source: the rows of a JSON parameter made by `items_json`."""

FOUND_ITEM = """document.document_id, document.document_type, document.number, document.customer_id, sent.balance,
                   sent.balance_base, sent.status, sent.closed_period_id, document.balance as balance_before,
                   document.status as status_before"""
"""Columns over `document` and `sent`, for `ITEM_MOVED` and whoever writes the document."""

ITEM_MOVED = """jsonb_build_object('balance', jsonb_build_array(moving.balance_before::text, moving.balance::text))
                || case when moving.status <> moving.status_before
                   then jsonb_build_object('status', jsonb_build_array(moving.status_before, moving.status))
                   else '{}' end"""
"""The detail of a change row, over `moving`."""


def move_items(items: str, event: str) -> str:
    """CTEs that give documents of both sides their balance and status, each with its change row and version.

    `items` is a JSON parameter made by `items_json`; an empty list moves nothing. `event` is the word of the change
    rows, which are written by document. `moving` has a row for each document: `difference` is how much more its
    customer, `customer_id`, then owes, in base currency.
    """
    return f"""moving as materialized (
        select found.*, {NEW_CHANGE_ID} as change_id
          from (
            select {FOUND_ITEM}, (sent.balance_base - document.balance_base) * sent.sign as difference
              from {SENT_ITEMS.format(items)}
              join document on document.company_id = $1 and document.document_id = sent.document_id
             order by document.document_id) as found),
    {
        numbered_change_rows(
            "moving.document_type", event, "moving.number", "moving", name="moved_changes", detail=ITEM_MOVED
        )
    },
    {tally_each("moved_changes", name="moved_tallies")},
    moved as (
        update document
           set balance = moving.balance, balance_base = moving.balance_base, status = moving.status,
               closed_period_id = moving.closed_period_id, modified_at = {STAMP}, version = moving.change_id
          from moving
         where document.company_id = $1 and document.document_id = moving.document_id)"""


PROPOSALS = f"""(
        select json_agg(json_build_object('debit_document_id', debit.document_id, 'amount', proposal.amount,
                                          'document_type', debit.document_type, 'number', debit.number)
                        order by proposal.application_id)
          from {proposals_of("doc.document_id")}
          join document as debit on debit.company_id = $1 and debit.document_id = proposal.debit_document_id)"""
"""A scalar over `doc`: what a draft credit proposes to settle, as JSON of `Proposal`, or null."""

APPLICATIONS = f"""(
        select json_agg(json_build_object(
                   'document_type', other.document_type, 'number', other.number,
                   'customer_number', owing.number, 'amount_paid', application.amount,
                   'cash_discount_taken', application.discount, 'balance', other.balance,
                   'released', application.released_at is not null, 'payment_reference', other.payment_reference,
                   'status', other.status, 'voided', application.is_undone,
                   'application_date', coalesce(application.applied_on, other.document_date),
                   'application_period', application.period_id, 'invoice_text', other.invoice_text)
                   order by application.application_id)
          from {applications_of("document.document_id")}
          join document as other on other.company_id = $1 and other.document_id = application.other_document_id)"""
"""A scalar over `document` and `owing` (its customer): the applications from or to it (LNE-15), for `answers`; null if
none."""
