"""SQL that writes documents, their lines and VAT rows.

A document travels as one JSON value whose keys are the column names. The same statement writes numbers, balances,
change rows, tallies and journal entries, with fragments from their own rooms.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from reskontra.changes.store import change_row, parameters, reference_still_at, tally
from reskontra.clock import Context
from reskontra.contacts.store import name_of
from reskontra.customers.customer import Debtor
from reskontra.customers.store.for_documents import unchanged
from reskontra.customers.store.fragments import adjust_balance
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_written
from reskontra.documents.document import (
    HEADER_COLUMNS,
    LINE_COLUMNS,
    VAT_COLUMNS,
    Document,
)
from reskontra.documents.rules.issuing import Shown
from reskontra.errors import Conflict, Refused
from reskontra.letterheads.store import keep_letterheads
from reskontra.numbering.store import NUMBERS_OF_DOCUMENTS, log_deleted, note_reuse, take_number, use_number
from reskontra.posting.rules import Entry
from reskontra.posting.store.writing import batch_and_entries
from reskontra.receivables.rules.items import Settled
from reskontra.receivables.store.applications import add, propose, settlement, withdraw_all
from reskontra.receivables.store.applications import release as release_applications
from reskontra.receivables.store.open_items import items_json, move_items
from reskontra.versions import Saved

HEADER = ", ".join(HEADER_COLUMNS)
"""The columns of a document that come from its record."""

SENT_HEADER = ", ".join(f"head.{column}" for column in HEADER_COLUMNS)
"""Their values over `head`, the record."""

NEW_HEADER = SENT_HEADER.replace(
    "head.payment_reference, head.generated_reference",
    "coalesce(head.payment_reference, named.reference), named.reference",
)
"""The same for a new document, over `named` too, which has the payment reference that was made."""

LINE = ", ".join(LINE_COLUMNS)
SENT_LINE = ", ".join(f"line.{column}" for column in LINE_COLUMNS)
VAT = ", ".join(VAT_COLUMNS)
SENT_VAT = ", ".join(f"vat.{column}" for column in VAT_COLUMNS)


def _insert(numbering: str, *, is_sent: bool, proposing: bool) -> str:
    told = "jsonb_build_object('number', taken.number)" if is_sent else "null"
    proposed = f"{propose('inserted.document_id', '$19', 'inserted')}," if proposing else ""
    return f"""
    with {unchanged("$14::integer", "$15::bigint", "$16::bigint")},
    {numbering},
    {change_row("$5", "created", "taken.number", "taken", detail=told)},
    named as materialized (
        select number, document_id,
               new_payment_reference($1, $17::jsonb, number, document_id, $18::text, $14::integer) as reference
          from (select number, nextval('document_document_id_seq') as document_id from taken) as drawn),
    inserted as (
        insert into document (
               company_id, document_id, number, version, created_at, modified_at, lines_json, vat_json, {HEADER})
               overriding system value
        select $1, named.document_id, named.number, changed.change_id, changed.stamp, changed.stamp, $9, $10,
               {NEW_HEADER}
          from named, changed, json_populate_record(null::document, $6) as head
        returning document_id, number, version, customer_id, amount_base),
    lined as (
        insert into document_line (company_id, document_id, {LINE})
        select $1, inserted.document_id, {SENT_LINE}
          from inserted, json_populate_recordset(null::document_line, $7) as line),
    taxed as (
        insert into document_vat (company_id, document_id, {VAT})
        select $1, inserted.document_id, {SENT_VAT}
          from inserted, json_populate_recordset(null::document_vat, $8) as vat),
    {proposed}
    {tally("$5", 1)},
    {adjust_balance("inserted", unreleased="inserted.amount_base * $11::integer")}
    select number, version from inserted"""


_NUMBERINGS = {
    "next": f"{take_number('$5', '$12', '$13', given='buyer')}, {note_reuse('$5')}",
    "guessed": f"{take_number('$5', '$12', '$13', given='buyer', guessing=True)}, {note_reuse('$5')}",
    "sent": use_number("$5", "$12", "any ($13::text[])", given="buyer"),
}
_INSERTS = {
    (way, proposing): _insert(numbering, is_sent=way == "sent", proposing=proposing)
    for way, numbering in _NUMBERINGS.items()
    for proposing in (False, True)
}
"""By where the number comes from, as the change row tells one that was sent, and whether the document proposes to
settle others, as few do."""


_GUESSED = NUMBERS_OF_DOCUMENTS | {"document_generated_reference_unique"}
"""What a number that was guessed may violate. A payment reference is made of it, and PostgreSQL names whichever index
was made first, which is another one after a restore."""


async def insert_document(
    connection: Connection,
    context: Context,
    document: Document,
    *,
    sign: int,
    lines_text: str,
    vat_text: str,
    numbering: tuple[str, list[str]] | tuple[str, int],
    debtor: Debtor,
    reference_version: int,
    reference_layout: Mapping[str, Any] | None,
) -> Saved:
    """Write a new document under a number (number, its series' ids) or the next one of a range (series id, range id).

    `reference_layout` says how its payment reference is made; None if it gets none.

    Raises `NeedsTransaction` when customer or reference data no longer have their versions; nothing is written then.
    """
    more = (as_json(document.proposals),) if document.proposals else ()
    way = "sent" if isinstance(numbering[1], list) else "next" if connection.is_in_transaction() else "guessed"
    return await _written(
        connection,
        _INSERTS[way, bool(document.proposals)],
        *parameters(context),
        document.document_type,
        as_json(header_of(document)),
        as_json(document.lines),
        as_json(document.vat),
        lines_text,
        vat_text,
        sign,
        *numbering,
        document.customer_id,
        debtor.version,
        reference_version,
        as_json(reference_layout) if reference_layout else None,
        debtor.number,
        *more,
        guessing=_GUESSED if way == "guessed" else (),
    )


_HELD = f"""held as materialized (
        select document.status from document
         where company_id = $1 and document_id = $6 and version = $7::bigint
           and {reference_still_at("$8::bigint")}
           for update skip locked)"""
"""A CTE with a row if document and reference data are still as they were read. Everything written depends on it.

It does not wait: its statement has the turn in a number series, and a transaction that has locked a document may be
waiting for that turn.
"""


def _save(*, rows: bool, proposing: bool) -> str:
    written = _WRITTEN_ROWS if rows else ""
    proposed = f"{propose('$6', '$21' if rows else '$14', 'updated')}," if proposing else ""
    texts = ", lines_json = $14, vat_json = $15" if rows else ""
    return f"""
    with {_HELD},
    {change_row("$5", "updated", "$9::text", "held", detail="$13::jsonb")},
    updated as (
        update document
           set ({HEADER}) = (select {SENT_HEADER} from json_populate_record(null::document, $10) as head),
               modified_at = changed.stamp, version = changed.change_id{texts}
          from changed
         where company_id = $1 and document_id = $6
        returning document_id, number, version),
    {written}
    {proposed}
    {tally("$5", 0)},
    shifted as (
        select moved.customer_id, sum(difference) as difference
          from updated, unnest($11::integer[], $12::numeric[]) as moved (customer_id, difference)
         group by moved.customer_id having sum(difference) <> 0),
    {adjust_balance("shifted", unreleased="shifted.difference")}
    select number, version from updated"""


_WRITTEN_ROWS = f"""unlined as (
        delete from document_line using updated
         where document_line.company_id = $1 and document_line.document_id = updated.document_id
           and line_number = any ($18::integer[])),
    lined as (
        insert into document_line (company_id, document_id, {LINE})
        select $1, updated.document_id, {SENT_LINE}
          from updated, json_populate_recordset(null::document_line, $16) as line
        on conflict on constraint document_line_pk do update
           set ({LINE}) = row({", ".join(f"excluded.{column}" for column in LINE_COLUMNS)})),
    untaxed as (
        delete from document_vat
         using updated, unnest($19::text[], $20::numeric[]) as gone (vat_id, rate)
         where document_vat.company_id = $1 and document_vat.document_id = updated.document_id
           and document_vat.vat_id = gone.vat_id and document_vat.rate = gone.rate),
    taxed as (
        insert into document_vat (company_id, document_id, {VAT})
        select $1, updated.document_id, {SENT_VAT}
          from updated, json_populate_recordset(null::document_vat, $17) as vat
        on conflict on constraint document_vat_pk do update
           set ({VAT}) = row({", ".join(f"excluded.{column}" for column in VAT_COLUMNS)})),"""

_SAVES = {
    (rows, proposing): _save(rows=rows, proposing=proposing) for rows in (False, True) for proposing in (False, True)
}
"""By whether lines or VAT rows changed, and whether the proposals did."""


async def save_document(
    connection: Connection,
    context: Context,
    before: Document,
    after: Document,
    document_id: int,
    *,
    version: int,
    reference_version: int,
    sign: int,
    rows_text: tuple[str, str] | None,
    detail: Mapping[str, Any],
) -> Saved:
    """Write a changed document; `rows_text` (lines, VAT rows) is None when neither changed.

    Raises `NeedsTransaction` when document or reference data no longer have their versions; nothing is written then.
    """
    proposing = after.proposals != before.proposals
    rows = (*rows_text, *_changed_rows(before, after)) if rows_text else ()
    counts = not before.is_released  # released documents count in the balance, not here
    return await _written(
        connection,
        _SAVES[rows_text is not None, proposing],
        *parameters(context),
        after.document_type,
        document_id,
        version,
        reference_version,
        before.number,
        as_json(header_of(after)),
        [before.customer_id, after.customer_id] if counts else [],
        [-before.amount_base * sign, after.amount_base * sign] if counts else [],
        as_json(detail),
        *rows,
        *((as_json(after.proposals),) if proposing else ()),
    )


def _changed_rows(before: Document, after: Document) -> tuple[object, ...]:
    """The lines and VAT rows to write, as JSON, then the line numbers, VAT ids and rates of those to delete: what is as
    it was is left alone."""
    lines = {line.line_number: line for line in before.lines}
    changed_lines = [line for line in after.lines if lines.pop(line.line_number, None) != line]
    vat = {(row.vat_id, row.rate): row for row in before.vat}
    changed_vat = [row for row in after.vat if vat.pop((row.vat_id, row.rate), None) != row]
    return (
        as_json(changed_lines),
        as_json(changed_vat),
        list(lines),
        [vat_id for vat_id, _ in vat],
        [rate for _, rate in vat],
    )


_DELETE = f"""
    with gone as (
        delete from document where company_id = $1 and document_id = $6
        returning number, customer_id, amount_base),
    unlined as (delete from document_line where company_id = $1 and document_id = $6),
    untaxed as (delete from document_vat where company_id = $1 and document_id = $6),
    {withdraw_all("$6", "gone")},
    {log_deleted("$5", "gone.number", "gone")},
    {change_row("$5", "deleted", "gone.number", "gone", detail="$8::jsonb")},
    {tally("$5", -1)},
    {adjust_balance("gone", unreleased="-gone.amount_base * $7::integer")}
    select number from gone"""


async def delete_document(
    connection: Connection,
    context: Context,
    document_type: str,
    document_id: int,
    *,
    sign: int,
    detail: Mapping[str, Any],
) -> None:
    """Delete a draft and keep its number in the log of deleted numbers (NUM-01)."""
    await connection.fetchrow(_DELETE, *parameters(context), document_type, document_id, sign, as_json(detail))


def keep_shown(source: str, document_id: str, shown: str) -> str:
    """CTEs that keep what the released documents of `source` show from now on: `shown` is the JSON of a `Shown`."""
    return f"""{keep_letterheads(source, f"{shown}::jsonb -> 'letterhead'")},
    issued as (
        insert into issued_document (company_id, document_id, taken_at, seller, buyer, terms_text, vat_texts, warnings,
                                     letterhead, printed)
        select $1, {document_id}, $2, said.seller, said.buyer, said.terms_text, said.vat_texts, said.warnings,
               letterhead_digest({shown}::jsonb -> 'letterhead'),
               said.printed || (select jsonb_strip_nulls(jsonb_build_object(
                                           'your_reference', {name_of("document.contact_id")}))
                                  from document
                                 where document.company_id = $1 and document.document_id = {document_id})
          from {source}, jsonb_populate_record(null::issued_document, {shown}::jsonb - 'letterhead') as said)"""


_RELEASED = """jsonb_build_object('status', jsonb_build_array(held.status, $15::text),
                                                 'batch_number', jsonb_build_array(null, taken.number))"""


def _release(settles_by: str | None) -> str:
    settled = _settled(settles_by) if settles_by else ""
    return f"""
    with {_HELD},
    {take_number("'Batch'", "$12", "$13", given="held")},
    {batch_and_entries("taken.number", "$10", "$11")},
    {change_row("$5", "released", "$9::text", "taken cross join held", detail=_RELEASED)},
    updated as (
        update document
           set status = $15, closed_period_id = $16, balance = $17, balance_base = $18, released_at = changed.stamp,
               released_by = $3, modified_at = changed.stamp, version = changed.change_id, batch_number = taken.number,
               figures_hash = document_figures($1, $6)
          from changed, taken
         where company_id = $1 and document_id = $6
        returning document.number, version, customer_id, document_date, period_id, batch_number,
                  balance_base * $14::integer as owed, amount_base * $14::integer as waiting),
    {keep_shown("updated", "$6", "$19")},
    {settled}
    {tally("$5", 0)},
    {
        adjust_balance("owing", balance="owing.owed", unreleased="-owing.waiting")
        if settles_by == "apply"
        else adjust_balance("updated", balance="updated.owed", unreleased="-updated.waiting")
    }
    select number, version from updated"""


def _settled(settles_by: str) -> str:
    """What a release that settles adds. If it settles others, a customer's balance moves by both sides at once."""
    made = settlement(
        f"'{settles_by}'",
        "updated",
        settled_on="updated.document_date",
        period_id="updated.period_id",
        batch_number="updated.batch_number",
    )
    if settles_by == "cash":
        return f"{made}, {add('$20')},"
    return f"""{made},
    {release_applications("$6", "$20")},
    {move_items("$21", "settled")},
    owing as (
        select customer_id, sum(owed) as owed, sum(waiting) as waiting
          from (select customer_id, owed, waiting from updated
                 union all select customer_id, difference, 0 from moving) as parts
         group by customer_id),"""


_RELEASES = {settles_by: _release(settles_by) for settles_by in (None, "apply", "cash")}
"""By whether the release settles other documents, or the document itself with cash."""


async def release_document(
    connection: Connection,
    context: Context,
    document: Document,
    document_id: int,
    *,
    version: int,
    reference_version: int,
    sign: int,
    batch: Mapping[str, Any],
    entries: Sequence[Entry],
    series: tuple[str, int],
    shown: Shown,
    settled: Settled | None = None,
    settles_by: str = "apply",
) -> Saved:
    """Write what release changes, with its batch and entries; the database checks that they balance.

    `shown` is what the document shows from now on. `settled` is what the document settles: others (`settles_by` is
    "apply"), which are moved here too, or itself ("cash").

    Raises `NeedsTransaction` when document or reference data no longer have their versions; nothing is written then.
    """
    more: tuple[str, ...] = ()
    if settled is not None:
        more = (as_json(settled.applications),)
        if settles_by == "apply":
            more += (items_json(item for item in settled.items if item.document_id != document_id),)
    return await _written(
        connection,
        _RELEASES[settles_by if settled is not None else None],
        *parameters(context),
        document.document_type,
        document_id,
        version,
        reference_version,
        document.number,
        as_json(batch),
        as_json(entries),
        *series,
        sign,
        document.status,
        document.closed_period_id,
        document.balance,
        document.balance_base,
        as_json(shown),
        *more,
    )


async def _written(
    connection: Connection, statement: str, *parameters: object, guessing: Collection[str] = ()
) -> Saved:
    row = await fetch_written(connection, statement, *parameters, guessing=guessing)
    return Saved(row["number"], row["version"])


def header_of(document: Document) -> dict[str, Any]:
    return {column: getattr(document, column) for column in HEADER_COLUMNS}


def _number_taken(value: str) -> Refused:
    return Refused(
        "A document with this number exists already.",
        field=("number",),
        value=value.rpartition(", ")[2] or None,
        hint="Send another number, or leave it out to get the next one of the series.",
    )


CONSTRAINTS: dict[str, RefusalFactory] = {
    "document_number_unique": _number_taken,
    "document_cash_sale_number_unique": _number_taken,
    "document_generated_reference_unique": lambda value: Conflict(
        "Another document was given the same payment reference at the same moment."
    ),
    "document_released_is_frozen": lambda value: Refused(
        f"The document {value} can't be updated because it is already released."
    ),
    "application_one_proposal": lambda value: Conflict("Another document proposes to settle the same one already."),
    "document_corrected_once": lambda value: Conflict("The invoice has a correction that waits for release already."),
    "document_claimed_once": lambda value: Conflict("The deduction was claimed, or taken back, at the same moment."),
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
