"""SQL of documents, their lines and VAT rows: one statement, one function. Decides nothing.

A document travels as one JSON value whose keys are the columns' names; numbers, balances, change rows, tallies and
journal entries are written in the same statement by fragments that their own rooms hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import msgspec
from asyncpg import Record

from reskontra.changes.store import change_row, change_rows, parameters, tally, tally_each
from reskontra.clock import Context
from reskontra.currencies.rules import Operator, Rate
from reskontra.currencies.store import rate_on
from reskontra.customers.customer import Debtor
from reskontra.customers.store import (
    FOR_DOCUMENT,
    adjust_balance,
    by_id,
    by_number,
    id_of_number,
    read_debtor,
)
from reskontra.db.pool import Connection, RefusalFactory
from reskontra.documents.document import (
    HEADER_COLUMNS,
    LINE_COLUMNS,
    VAT_COLUMNS,
    Document,
    Line,
    VatFigure,
)
from reskontra.documents.open_items import PROPOSALS, debits_json, move_debits
from reskontra.errors import Conflict, Refused
from reskontra.items.rules import Item
from reskontra.items.store import items_json, read_items
from reskontra.money import ZERO
from reskontra.numbering.store import log_deleted, note_reuse, take_number, use_number
from reskontra.posting.rules import Entry
from reskontra.posting.store import batch_and_entries
from reskontra.settlement.rules import Proposal, Settled
from reskontra.settlement.store import propose, withdraw_all
from reskontra.settlement.store import release as release_applications


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one read brought for a decision; `document` is None when a new one is to be made."""

    reference_version: int
    today: date
    debtor: Debtor | None
    child: Debtor | None
    items: dict[str, Item]
    table_rate: Rate | None
    document: Document | None = None
    document_id: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """What a write made of a document."""

    number: str
    version: int


_TODAY = "($7::timestamptz at time zone company.time_zone)::date"


def _surroundings(currency: str, day: str) -> str:
    """Columns of everything a decision needs besides the document, over `company` and `party (facts)`."""
    exact = {
        "from_currency": currency,
        "to_currency": "company.base_currency",
        "rate_type": "coalesce(party.facts ->> 'rate_type', company.preferences ->> 'default_rate_type', 'SPOT')",
        "on": day,
    }
    return f"""company.reference_version, {_TODAY} as today, party.facts as debtor,
           ({FOR_DOCUMENT} and {by_number("$4::text")}) as child,
           {items_json("$5::text[]")} as items,
           {rate_on("rate", **exact)} as rate,
           {rate_on("operator", **exact)} as rate_operator"""


# The customer's row is kept from changing until the document stands, so that none is made for a customer that
# becomes inactive at the same moment (CST-01).
_LOAD_BASIS = f"""
    with party as materialized (
        select ({FOR_DOCUMENT} and {by_number("$2::text")} for key share of customer) as facts)
    select {_surroundings("coalesce($3::text, party.facts ->> 'currency_id')", f"coalesce($6::date, {_TODAY})")}
      from company
      cross join party
     where company.company_id = $1"""


async def find_basis(
    connection: Connection,
    context: Context,
    *,
    customer_number: str,
    currency_id: str | None,
    child_number: str | None,
    item_numbers: Sequence[str],
    document_date: date | None,
) -> Loaded:
    """What a new document stands on."""
    row = await fetch_one(
        connection,
        _LOAD_BASIS,
        context.company_id,
        customer_number,
        currency_id,
        child_number,
        item_numbers,
        document_date,
        context.now,
    )
    return _loaded(row)


# The currency that the document will have: another customer may not allow the one that stands (`changed_header`).
_CURRENCY_AFTER = """coalesce($3::text, case
               when (party.facts ->> 'customer_id')::integer = doc.customer_id
                 or (party.facts ->> 'currency_override')::boolean then doc.currency_id
               else party.facts ->> 'currency_id' end)"""

DOCUMENT_ROWS = """row_to_json(doc.*) as document,
           (select json_agg(line order by line.line_number) from document_line as line
             where line.company_id = $1 and line.document_id = doc.document_id) as lines,
           (select json_agg(vat_row order by vat_row.vat_id) from document_vat as vat_row
             where vat_row.company_id = $1 and vat_row.document_id = doc.document_id) as vat"""
"""Columns over `doc`, rows of the table document, for `read_document`."""

_CUSTOMER_AFTER = f"case when $2::text is null then doc.customer_id else {id_of_number('$2::text')} end"

_LOCK_DOCUMENT = f"""
    with doc as (
        select * from document
         where company_id = $1 and document_type = $8 and lower(number) collate "C" = lower($9 collate "C")
           for update),
    party as materialized (
        select ({FOR_DOCUMENT} and {by_id(_CUSTOMER_AFTER)}) as facts from doc)
    select {_surroundings(_CURRENCY_AFTER, "coalesce($6::date, doc.document_date)")},
           {DOCUMENT_ROWS}, doc.document_id, doc.version,
           (select seen.version from document as seen
             where seen.company_id = $1 and seen.document_id = doc.document_id) as version_seen,
           {PROPOSALS} as proposals
      from doc
      cross join party
      join company on company.company_id = $1"""


async def lock_document(
    connection: Connection,
    context: Context,
    document_type: str,
    number: str,
    *,
    customer_number: str | None = None,
    currency_id: str | None = None,
    child_number: str | None = None,
    item_numbers: Sequence[str] = (),
    document_date: date | None = None,
) -> Loaded | None:
    """A document by its number in any case, locked until the transaction ends, with what a decision about it needs.

    Whoever had to wait for the lock got the header as the last holder left it, but its lines as they stood when the
    waiting began. Then everything is read once more, now under the lock.
    """
    wanted = (customer_number, currency_id, child_number, item_numbers, document_date, context.now)
    key = (document_type, number)
    row = await connection.fetchrow(_LOCK_DOCUMENT, context.company_id, *wanted, *key)
    if row is not None and row["version_seen"] != row["version"]:
        row = await fetch_one(connection, _LOCK_DOCUMENT, context.company_id, *wanted, *key)
    return _loaded(row) if row is not None else None


_documents = msgspec.json.Decoder(Document)
_lines = msgspec.json.Decoder(tuple[Line, ...])
_vat = msgspec.json.Decoder(tuple[VatFigure, ...])
_proposals = msgspec.json.Decoder(tuple[Proposal, ...])


def read_document(row: Record) -> Document:
    """The columns of `DOCUMENT_ROWS` as one record."""
    lines = _lines.decode(row["lines"]) if row["lines"] else ()
    vat = _vat.decode(row["vat"]) if row["vat"] else ()
    return replace(_documents.decode(row["document"]), lines=lines, vat=vat)


def _loaded(row: Record) -> Loaded:
    names = row.keys()
    document = None
    if "document" in names:
        proposals = _proposals.decode(row["proposals"]) if row["proposals"] else ()
        document = replace(read_document(row), proposals=proposals)
    rate = Rate(row["rate"], Operator(row["rate_operator"])) if row["rate"] is not None else None
    return Loaded(
        reference_version=row["reference_version"],
        today=row["today"],
        debtor=read_debtor(row["debtor"]) if row["debtor"] else None,
        child=read_debtor(row["child"]) if row["child"] else None,
        items=read_items(row["items"]),
        table_rate=rate,
        document=document,
        document_id=row["document_id"] if document else 0,
        version=row["version"] if document else 0,
    )


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


async def find_earliest_due_date(connection: Connection, company_id: int, customer_id: int) -> date | None:
    """The earliest due date of the customer's open invoices, debit notes and charges (CRD-03)."""
    found: date | None = await connection.fetchval(
        """
        select min(due_date) from document
         where company_id = $1 and customer_id = $2 and released_at is not null and balance > 0
           and document_type in ('Invoice', 'DebitNote', 'FinCharge')
        """,
        company_id,
        customer_id,
    )
    return found


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


# What reminding sees and moves; the letters are its own


OPEN_DOCUMENTS = """
    select document.document_id, document.document_type, document.number, document.origin, document.status,
           document.due_date, document.currency_id, document.balance, document.balance_base, document.revoked,
           document.dunning_level, document.dunning_letter_date
      from document
     where document.company_id = $1 and document.released_at is not null and document.balance > 0"""
"""A select of the released documents that are not settled. It ends inside its where clause."""


async def lock_open_documents(
    connection: Connection, company_id: int, customer_number: str, document_types: Sequence[str]
) -> list[int]:
    """Lock a customer's unsettled documents of these types until the transaction ends; returns their ids.

    It is a statement of its own: what is read after it, is read as the last holder of the locks left it.
    """
    rows = await connection.fetch(
        f"""
        {OPEN_DOCUMENTS} and document.customer_id = {id_of_number("$2::text")}
           and document.document_type = any ($3::text[])
         order by document.document_type, document.number
           for update
        """,
        company_id,
        customer_number,
        document_types,
    )
    return [row["document_id"] for row in rows]


def id_of_document(document_type: str, number: str) -> str:
    """A scalar: the id of the document of company $1 with exactly that number; null without one."""
    return f"""(select document.document_id from document
                 where document.company_id = $1 and document.document_type = {document_type}
                   and document.number = {number})"""


def set_dunning_state(source: str) -> str:
    """CTEs that give documents the `dunning_level` and `dunning_letter_date` of `source`, by its `document_id`.

    Each document gets its change row and version; lists see it as modified.
    """
    return f"""reminded as (
        select document.document_id, document.document_type, document.number,
               {source}.dunning_level, {source}.dunning_letter_date
          from {source}
          join document on document.company_id = $1 and document.document_id = {source}.document_id),
    {
        change_rows(
            "reminded.document_type",
            "updated",
            "reminded.number",
            "reminded",
            name="reminder_changes",
            detail='''jsonb_build_object('dunning_level', reminded.dunning_level,
                                     'dunning_letter_date', reminded.dunning_letter_date)''',
        )
    },
    {tally_each("reminder_changes")},
    moved_documents as (
        update document
           set dunning_level = reminded.dunning_level, dunning_letter_date = reminded.dunning_letter_date,
               modified_at = $2, version = reminder_changes.change_id
          from reminded
          join reminder_changes on reminder_changes.entity = reminded.document_type
           and reminder_changes.entity_key = reminded.number
         where document.company_id = $1 and document.document_id = reminded.document_id)"""


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
