"""SQL of documents, their lines and VAT rows: one statement, one function. Decides nothing.

A document travels as one JSON value whose keys are the columns' names; numbers, balances, change rows, tallies and
journal entries are written in the same statement by fragments that their own rooms hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from asyncpg import Record

from reskontra.changes.store import change_row, parameters, tally
from reskontra.clock import Context
from reskontra.customers.store import adjust_balance
from reskontra.db.pool import Connection, RefusalFactory
from reskontra.documents.document import (
    HEADER_COLUMNS,
    LINE_COLUMNS,
    VAT_COLUMNS,
    Document,
)
from reskontra.documents.open_items import debits_json, move_debits
from reskontra.errors import Conflict, Refused
from reskontra.money import ZERO
from reskontra.numbering.store import log_deleted, note_reuse, take_number, use_number
from reskontra.posting.rules import Entry
from reskontra.posting.store import batch_and_entries
from reskontra.settlement.rules import Settled
from reskontra.settlement.store import propose, withdraw_all
from reskontra.settlement.store import release as release_applications


@dataclass(frozen=True, slots=True)
class Written:
    """What a write made of a document."""

    number: str
    version: int


async def find_unreleased(
    connection: Connection, company_id: int, period_ids: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Documents that could still be released into these periods: type, number, period (PER-06)."""
    rows = await connection.fetch(
        """
        select document_type, number, period_id from document
         where company_id = $1 and period_id = any ($2::text[]) and released_at is null and status <> 'Voided'
         order by period_id, document_type, number
        """,
        company_id,
        period_ids,
    )
    return [tuple(row) for row in rows]


_HEADER = ", ".join(HEADER_COLUMNS)
_SENT_HEADER = ", ".join(f"head.{column}" for column in HEADER_COLUMNS)
_LINE = ", ".join(LINE_COLUMNS)
_SENT_LINE = ", ".join(f"line.{column}" for column in LINE_COLUMNS)
_VAT = ", ".join(VAT_COLUMNS)
_SENT_VAT = ", ".join(f"vat.{column}" for column in VAT_COLUMNS)


def _insert(numbering: str) -> str:
    return f"""
    with {numbering},
    {change_row("$5", "created", "taken.number", "taken")},
    inserted as (
        insert into document (company_id, number, version, lines_json, vat_json, {_HEADER})
        select $1, taken.number, changed.change_id, $9, $10, {_SENT_HEADER}
          from taken, changed, json_populate_record(null::document, $6) as head
        returning document_id, number, version, customer_id, amount_base),
    lined as (
        insert into document_line (company_id, document_id, {_LINE})
        select $1, inserted.document_id, {_SENT_LINE}
          from inserted, json_populate_recordset(null::document_line, $7) as line),
    taxed as (
        insert into document_vat (company_id, document_id, {_VAT})
        select $1, inserted.document_id, {_SENT_VAT}
          from inserted, json_populate_recordset(null::document_vat, $8) as vat),
    {propose("inserted.document_id", "$12", "inserted")},
    {tally("$5", 1)},
    {adjust_balance("inserted", unreleased="inserted.amount_base * $11::integer")}
    select number, version from inserted"""


_NEXT_NUMBER = f"{take_number('$5', '$13', '$14')}, {note_reuse('$5')}"
_INSERT_NEXT = _insert(_NEXT_NUMBER)
_INSERT_SENT = _insert(use_number("$5", "$13", "$14"))


async def insert_document(
    connection: Connection,
    context: Context,
    document: Document,
    *,
    sign: int,
    lines_text: str,
    vat_text: str,
    numbering: tuple[str, str] | tuple[str, int],
) -> Written:
    """Write a new document under a number (number, series id) or the next one of a range (series id, range id)."""
    row = await fetch_one(
        connection,
        _INSERT_SENT if isinstance(numbering[1], str) else _INSERT_NEXT,
        *parameters(context),
        document.document_type,
        _json(_header(document)),
        _json(document.lines),
        _json(document.vat),
        lines_text,
        vat_text,
        sign,
        _json(document.proposals) if document.proposals else None,
        *numbering,
    )
    return Written(row["number"], row["version"])


_SAVE = f"""
    with {change_row("$5", "updated", "$7::text", "(values (1)) as once", detail="$16::jsonb")},
    updated as (
        update document
           set ({_HEADER}) = (select {_SENT_HEADER} from json_populate_record(null::document, $8) as head),
               version = changed.change_id,
               lines_json = coalesce($11, lines_json),
               vat_json = coalesce($12, vat_json)
          from changed
         where company_id = $1 and document_id = $6
        returning document_id, version),
    unlined as (
        delete from document_line
         where company_id = $1 and document_id = $6 and $11::text is not null
           and line_number not in (select line.line_number
                                     from json_populate_recordset(null::document_line, $9) as line)),
    lined as (
        insert into document_line (company_id, document_id, {_LINE})
        select $1, $6, {_SENT_LINE} from json_populate_recordset(null::document_line, $9) as line
        on conflict on constraint document_line_pk do update
           set ({_LINE}) = row({", ".join(f"excluded.{column}" for column in LINE_COLUMNS)})),
    untaxed as (
        delete from document_vat
         where company_id = $1 and document_id = $6 and $12::text is not null
           and vat_id not in (select vat.vat_id from json_populate_recordset(null::document_vat, $10) as vat)),
    taxed as (
        insert into document_vat (company_id, document_id, {_VAT})
        select $1, $6, {_SENT_VAT} from json_populate_recordset(null::document_vat, $10) as vat
        on conflict on constraint document_vat_pk do update
           set ({_VAT}) = row({", ".join(f"excluded.{column}" for column in VAT_COLUMNS)})),
    {propose("$6", "$17", "updated")},
    {tally("$5", 0)},
    shifted as (
        select customer_id, sum(difference) as difference
          from unnest($13::integer[], $14::numeric[]) as moved (customer_id, difference)
         where $15::boolean group by customer_id having sum(difference) <> 0),
    {adjust_balance("shifted", unreleased="shifted.difference")}
    select version from updated"""


async def save_document(
    connection: Connection,
    context: Context,
    before: Document,
    after: Document,
    document_id: int,
    *,
    sign: int,
    rows_text: tuple[str, str] | None,
    detail: Mapping[str, Any],
) -> Written:
    """Write a changed document; `rows_text` (lines, VAT rows) is None when neither changed."""
    lines_text, vat_text = rows_text or (None, None)
    row = await fetch_one(
        connection,
        _SAVE,
        *parameters(context),
        after.document_type,
        document_id,
        before.number,
        _json(_header(after)),
        _json(after.lines) if rows_text else "[]",
        _json(after.vat) if rows_text else "[]",
        lines_text,
        vat_text,
        [before.customer_id, after.customer_id],
        [-before.amount_base * sign, after.amount_base * sign],
        not before.is_released,
        _json(detail),
        _json(after.proposals) if after.proposals != before.proposals else None,
    )
    return Written(before.number, row["version"])


_DELETE = f"""
    with gone as (
        delete from document where company_id = $1 and document_id = $6
        returning number, customer_id, amount_base),
    unlined as (delete from document_line where company_id = $1 and document_id = $6),
    untaxed as (delete from document_vat where company_id = $1 and document_id = $6),
    {withdraw_all("$6", "gone")},
    {log_deleted("$5", "gone.number", "gone")},
    {change_row("$5", "deleted", "gone.number", "gone")},
    {tally("$5", -1)},
    {adjust_balance("gone", unreleased="-gone.amount_base * $7::integer")}
    select number from gone"""


async def delete_document(
    connection: Connection, context: Context, document_type: str, document_id: int, *, sign: int
) -> None:
    """Delete a draft and keep its number in the log of deleted numbers (NUM-01)."""
    await connection.fetchrow(_DELETE, *parameters(context), document_type, document_id, sign)


_RELEASE = f"""
    with {take_number("'Batch'", "$10", "$11")},
    {batch_and_entries("taken.number", "$8", "$9")},
    {change_row("$5", "released", "$7::text", "taken")},
    updated as (
        update document
           set ({_HEADER}) = (select {_SENT_HEADER} from json_populate_record(null::document, $12) as head),
               version = changed.change_id, batch_number = taken.number,
               figures_hash = document_figures($1, $6)
          from changed, taken
         where company_id = $1 and document_id = $6
        returning version, customer_id, balance_base, amount_base),
    {release_applications("$6", "$14")},
    {move_debits("$15")},
    {tally("$5", 0)},
    {
    adjust_balance(
        "updated",
        balance="updated.balance_base * $13::integer - $16::numeric",
        unreleased="-updated.amount_base * $13::integer",
    )
}
    select version from updated"""


async def release_document(
    connection: Connection,
    context: Context,
    document: Document,
    document_id: int,
    *,
    sign: int,
    batch: Mapping[str, Any],
    entries: Sequence[Entry],
    series: tuple[str, int],
    settled: Settled | None = None,
) -> Written:
    """Write a released document with its batch and entries; the database checks that they balance."""
    row = await fetch_one(
        connection,
        _RELEASE,
        *parameters(context),
        document.document_type,
        document_id,
        document.number,
        _json(batch),
        _json(entries),
        *series,
        _json(_header(document)),
        sign,
        _json(settled.applications) if settled else "[]",
        debits_json(settled) if settled else "[]",
        settled.base_debit if settled else ZERO,
    )
    return Written(document.number, row["version"])


def _header(document: Document) -> dict[str, Any]:
    return {column: getattr(document, column) for column in HEADER_COLUMNS}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def fetch_one(connection: Connection, statement: str, *parameters: object) -> Record:
    """The row of a statement that always gives one: it stands on rows that the caller has locked or that never go."""
    row: Record | None = await connection.fetchrow(statement, *parameters)
    if row is None:
        raise LookupError("a statement that gives one row gave none")
    return row


CONSTRAINTS: dict[str, RefusalFactory] = {
    "document_number_unique": lambda value: Refused(
        "A document with this number exists already.",
        field=("number",),
        value=value.rpartition(", ")[2] or None,
        hint="Send another number, or leave it out to get the next one of the series.",
    ),
    "document_released_is_frozen": lambda value: Refused(
        f"The document {value} can't be updated because it is already released."
    ),
    "application_one_proposal": lambda value: Conflict("Another document proposes to settle the same one already."),
    "document_balance_range": lambda value: Conflict("The balance of the document would leave its range."),
    "number_series_used_up": lambda value: Refused(
        "The number series is used up.", value=value, hint="Send a number, or extend the series."
    ),
    "number_series_has_digits": lambda value: Refused(
        "The number series has no digits to count.", value=value, hint="Mend the series."
    ),
    "journal_period_is_open": lambda value: Refused(
        f"The financial period {value} is closed.",
        field=("financial_period",),
        value=value,
        hint="Choose an open period.",
    ),
}
"""Constraint name -> refusal, for rules that the database has the last word on."""
