"""SQL that writes many new drafts of one kind at once: those of a run, or the instalments of a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reskontra.changes.store import NEW_CHANGE_ID, STAMP, numbered_change_rows, parameters, tally_new
from reskontra.clock import Context
from reskontra.customers.store.fragments import adjust_balance
from reskontra.db.parameters import as_json, shared_apart
from reskontra.db.pool import Connection
from reskontra.documents.document import Document
from reskontra.documents.store.writing import HEADER, LINE, NEW_HEADER, SENT_LINE, SENT_VAT, VAT, header_of
from reskontra.numbering.store import note_reuse, take_numbers
from reskontra.records import Record


class Draft(Record, frozen=True, kw_only=True):
    """A new document, its customer's number, and the texts of its lines and VAT rows."""

    document: Document
    customer_number: str
    lines_text: str
    vat_text: str


class Drafted(Record, frozen=True, kw_only=True):
    """A draft as it was written."""

    document_id: int
    number: str
    version: int


# Rows of all documents are one JSON array each, and beside it the positions of their documents, called `unnest`.
_INSERT = f"""
    with {take_numbers("$5", "$6", "$7", "$8::integer")},
    {note_reuse("$5")},
    named as materialized (
        select made.*,
               new_payment_reference($1, $9::jsonb, number, document_id, customer_number, customer_id) as reference
          from (select taken.place as position, taken.number, sent.customer_id, sent.customer_number, sent.lines_text,
                       sent.vat_text, nextval('document_document_id_seq') as document_id,
                       {NEW_CHANGE_ID} as change_id
                  from taken
                  join unnest($10::integer[], $11::text[], $12::text[], $13::text[]) with ordinality
                       as sent (customer_id, customer_number, lines_text, vat_text, place) using (place)
                 order by place) as made),
    {numbered_change_rows("$5", "created", "named.number", "named")},
    inserted as (
        insert into document (
               company_id, document_id, number, version, created_at, modified_at, lines_json, vat_json, {HEADER})
               overriding system value
        select $1, named.document_id, named.number, named.change_id, {STAMP}, {STAMP}, named.lines_text,
               named.vat_text, {NEW_HEADER}
          from json_populate_recordset(null::document, $14) with ordinality as head
          join named on named.position = head.ordinality
        returning customer_id, amount_base),
    lined as (
        insert into document_line (company_id, document_id, {LINE})
        select $1, named.document_id, {SENT_LINE}
          from rows from (json_populate_recordset(json_populate_record(null::document_line, $20), $15),
                          unnest($16::integer[])) as line
          join named on named.position = line.unnest),
    taxed as (
        insert into document_vat (company_id, document_id, {VAT})
        select $1, named.document_id, {SENT_VAT}
          from rows from (json_populate_recordset(null::document_vat, $17), unnest($18::integer[])) as vat
          join named on named.position = vat.unnest),
    {tally_new("changed", "$5")},
    waiting as (select customer_id, sum(amount_base) as amount from inserted group by customer_id),
    {adjust_balance("waiting", unreleased="waiting.amount * $19::integer")}
    select document_id, number, change_id as version from named order by position"""


async def insert_drafts(
    connection: Connection,
    context: Context,
    document_type: str,
    drafts: Sequence[Draft],
    *,
    sign: int,
    numbering: tuple[str, int],
    reference_layout: dict[str, Any] | None,
) -> list[Drafted]:
    """Write new documents under the next numbers of a range (series id, range id), in their order.

    `sign` says how they count in what their customers have unreleased; 0 if they do not.

    The caller holds customers and reference data, and has locked series, balances and tally.
    """
    documents = [draft.document for draft in drafts]
    lines = [(position, line) for position, it in enumerate(documents, start=1) for line in it.lines]
    shared, own = shared_apart([line for _, line in lines])
    vat = [(position, row) for position, it in enumerate(documents, start=1) for row in it.vat]
    rows = await connection.fetch(
        _INSERT,
        *parameters(context),
        document_type,
        *numbering,
        len(drafts),
        as_json(reference_layout) if reference_layout else None,
        [it.customer_id for it in documents],
        [draft.customer_number for draft in drafts],
        [draft.lines_text for draft in drafts],
        [draft.vat_text for draft in drafts],
        as_json([header_of(it) for it in documents]),
        own,
        [position for position, _ in lines],
        as_json([row for _, row in vat]),
        [position for position, _ in vat],
        sign,
        shared,
    )
    return [Drafted(**row) for row in rows]
