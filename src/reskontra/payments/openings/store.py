"""SQL that takes open items over: first they are written, then released by one batch, each as one statement.

The caller has locked all that both statements move (`receivables.commands.locks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reskontra.changes.store import NEW_CHANGE_ID, STAMP, numbered_change_rows, parameters
from reskontra.clock import Context
from reskontra.customers.store.fragments import adjust_balance
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.documents.document import LINES_PART
from reskontra.documents.store.for_openings import opened_lines
from reskontra.documents.store.writing import HEADER, SENT_HEADER, header_of
from reskontra.kinds import KINDS
from reskontra.numbering.store import note_each_reuse
from reskontra.payments.openings.rules.taking import Opening, Order
from reskontra.posting.store.writing import batch_of_all
from reskontra.receivables.rules.items import OPENING_ORIGIN

_FIND_TAKEN = """
    select document.document_type, lower(document.number) as number
      from unnest($2::text[], $3::text[]) as wanted (document_type, number)
      join document on document.company_id = $1 and document.document_type = wanted.document_type
       and lower(document.number) collate "C" = wanted.number collate "C\""""


async def find_taken(connection: Connection, company_id: int, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of these keys (series, number in lower case), those that a document of any type of the series has."""
    types = {
        series: [it.document_type for it in KINDS.values() if it.series[:1] == (series,)]
        for series in {series for series, _ in keys}
    }
    wanted = [(document_type, number) for series, number in keys for document_type in types[series]]
    rows = await connection.fetch(_FIND_TAKEN, company_id, [it[0] for it in wanted], [it[1] for it in wanted])
    return {(KINDS[row["document_type"]].series[0], row["number"]) for row in rows}


_NUMBER = f"jsonb_build_object('number', named.number, 'origin', '{OPENING_ORIGIN}')"

_INSERT = f"""
    with named as materialized (
        select placed.*, {NEW_CHANGE_ID} as change_id, nextval('document_document_id_seq') as document_id
          from (select sent.*
                  from rows from (json_to_recordset($5::json) as (
                           document_type text, number text, header json, lines json, shown json, lines_text text,
                           vat_text text, original_amount numeric)) with ordinality as sent
                 order by sent.ordinality) as placed),
    {note_each_reuse("named")},
    {numbered_change_rows("named.document_type", "created", "named.number", "named", detail=_NUMBER)},
    inserted as (
        insert into document (
               company_id, document_id, number, version, created_at, modified_at, lines_json, vat_json,
               {HEADER})
               overriding system value
        select $1, named.document_id, named.number, named.change_id, {STAMP}, {STAMP}, named.lines_text,
               named.vat_text, {SENT_HEADER}
          from named, json_populate_record(null::document, named.header) as head),
    {opened_lines("named")},
    paid as (
        insert into payment (company_id, document_id, applied_on, applied_period_id, amount_entered)
        select $1, named.document_id, $6, $7, true from named where named.lines_text is null),
    noted as (
        insert into opening_item (company_id, document_id, original_amount)
        select $1, named.document_id, named.original_amount from named)
    select array_agg(document_id order by ordinality) as ids from named"""


async def insert_openings(
    connection: Connection,
    context: Context,
    order: Order,
    openings: Sequence[Opening],
    texts: Sequence[dict[str, Any]],
) -> Sequence[int]:
    """Write the documents, which count nowhere until `release_openings`; returns their ids in the same order.

    `texts` are what each shows: `lines_text`, `vat_text` and `shown`, all None for money.
    """
    rows = [
        {
            "header": _header(opening),
            "document_type": opening.document.document_type,
            "number": opening.document.number,
            "lines": opening.document.lines,
            "original_amount": opening.original_amount,
            **shown,
        }
        for opening, shown in zip(openings, texts, strict=True)
    ]
    ids: Sequence[int] = await connection.fetchval(
        _INSERT, *parameters(context), as_json(rows), order.on, order.period_id
    )
    return ids


def _header(opening: Opening) -> dict[str, Any]:
    """The columns of the header; those of documents with lines are null for money (decision 0018)."""
    header = header_of(opening.document)
    return header if opening.kind.has_lines else header | dict.fromkeys(LINES_PART)


_RELEASED = """jsonb_build_object('status', jsonb_build_array('Balanced', 'Open'),
                                  'batch_number', jsonb_build_array(null, $8::text))"""

_RELEASE = f"""
    with opened as materialized (
        select found.*, {NEW_CHANGE_ID} as change_id
          from (select document.document_id, document.document_type, document.number, document.customer_id,
                       document.branch_number, document.currency_id, document.exchange_rate, document.account_number,
                       document.subaccount_id, document.amount, document.amount_base, sent.sign, sent.purpose,
                       sent.place
                  from unnest($5::bigint[], $6::integer[], $7::text[]) with ordinality
                       as sent (document_id, sign, purpose, place)
                  join document on document.company_id = $1 and document.document_id = sent.document_id
                 order by sent.place) as found),
    {
    batch_of_all(
        "opened",
        number="$8::text",
        day="$9::date",
        period_id="$10::text",
        account_number="$11::text",
        subaccount_id="$12::integer",
        purpose="'opening'",
        description="'Opening balances'",
        status="$13::text",
    )
},
    {numbered_change_rows("opened.document_type", "released", "opened.number", "opened", detail=_RELEASED)},
    released as (
        update document
           set status = 'Open', released_at = {STAMP}, released_by = $3, modified_at = {STAMP},
               version = opened.change_id, batch_number = $8, figures_hash = document_figures($1, opened.document_id)
          from opened
         where document.company_id = $1 and document.document_id = opened.document_id),
    counted as (
        update tally set total = total + new.count, last_change_id = new.newest
          from (select document_type, count(*) as count, max(change_id) as newest
                  from opened group by document_type) as new
         where tally.company_id = $1 and tally.entity = new.document_type),
    owing as (select customer_id, sum(sign * amount_base) as owed from opened group by customer_id),
    {adjust_balance("owing", balance="owing.owed")}
    select count(*) from opened"""


async def release_openings(
    connection: Connection,
    context: Context,
    order: Order,
    openings: Sequence[Opening],
    ids: Sequence[int],
    *,
    batch_number: str,
) -> None:
    """Release the documents that `insert_openings` wrote, by one batch against the opening account (OPN-01)."""
    reference = order.reference
    await connection.execute(
        _RELEASE,
        *parameters(context),
        ids,
        [it.kind.balance_sign for it in openings],
        [it.kind.account_role for it in openings],
        batch_number,
        order.on,
        order.period_id,
        order.account_number,
        reference.subaccounts.default_id,
        "Posted" if reference.preferences.auto_post_batches else "Unposted",
    )
