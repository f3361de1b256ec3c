"""SQL of write-offs: making many at a time, and showing those of credits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from asyncpg import Record

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import NEW_CHANGE_ID, STAMP, numbered_change_rows, parameters, tally_new
from reskontra.clock import Context
from reskontra.customers.store.fragments import adjust_balance
from reskontra.db.pool import Connection
from reskontra.kinds import BALANCE_WRITE_OFF, CREDIT_WRITE_OFF, Kind
from reskontra.posting.store.writing import batch_each
from reskontra.receivables.store.lists import PARTIES, Names, items
from reskontra.receivables.store.open_items import move_items
from reskontra.receivables.store.write_offs import ACCOUNT_ROLE, settle_each
from reskontra.reference.rules.classes import ReasonCode

_CLOSED = """(select json_agg(json_build_object(
                   'document_id', made.settled_id, 'sign', {sign}, 'balance', 0, 'balance_base', 0, 'status', 'Closed',
                   'closed_period_id', made.period_id)) from made)"""


_INSERTED = f"""inserted as (
        insert into document (
               company_id, document_id, document_type, number, status, customer_id, location_id, branch_number,
               document_date, period_id, closed_period_id, currency_id, exchange_rate, rate_operator, account_number,
               subaccount_id, payment_reference, amount, amount_base, balance, balance_base, cash_discount,
               cash_discount_base, revoked, exclude_debt_collection, origin, created_at, created_by, modified_at,
               released_at, released_by, batch_number, version)
        overriding system value
        select $1, document_id, document_type, number, 'Closed', customer_id, location_id, branch_number,
               settled_on, period_id, period_id, currency_id, exchange_rate, rate_operator, account_number,
               subaccount_id, number, amount, amount_base, 0, 0, 0,
               0, false, false, 'write_off', {STAMP}, $3, {STAMP}, {STAMP}, $3, batch_number, version
          from made)"""


def _write_off(kind: Kind) -> str:
    """The statement that makes write-offs of one kind. What it copies from the documents is under their locks."""
    entity = f"'{kind.document_type}'"
    settled = "document.account_number", ACCOUNT_ROLE, "document.document_id"
    reason = "$10::text", "'write_off'", "null::bigint"
    debit, credit = (settled, reason) if kind.balance_sign > 0 else (reason, settled)
    own, other = "numbered.document_id", "numbered.settled_id"
    debit_id, credit_id = (own, other) if kind.balance_sign > 0 else (other, own)
    return f"""
    with sent as materialized (
        select document.document_id as settled_id, document.customer_id, document.location_id, document.branch_number,
               document.currency_id, document.exchange_rate, document.rate_operator, document.account_number,
               document.subaccount_id, document.balance as amount, document.balance_base as amount_base,
               $8::date as settled_on, $9::text as period_id, $11::text as reason_code,
               {entity}::text as document_type, sent.number, sent.batch_number,
               {debit[0]} as debit_account, {debit[1]} as debit_purpose, {debit[2]} as debit_moves,
               {credit[0]} as credit_account, {credit[1]} as credit_purpose, {credit[2]} as credit_moves
          from unnest($5::bigint[], $6::text[], $7::text[]) with ordinality
               as sent (document_id, number, batch_number, place)
         cross join lateral (
            select * from document
             where document.company_id = $1 and document.document_id = sent.document_id offset 0) as document
         order by sent.place),
    numbered as materialized (
        select sent.*, nextval('document_document_id_seq') as document_id,
               nextval('settlement_settlement_id_seq') as settlement_id,
               {NEW_CHANGE_ID} as created_id, {NEW_CHANGE_ID} as version
          from sent),
    made as materialized (select numbered.*, {debit_id} as debit_id, {credit_id} as credit_id from numbered),
    {batch_each("made", description=f"'{kind.noun.capitalize()} ' || made.number", status="$12::text")},
    created as materialized (select number, created_id as change_id from made),
    {numbered_change_rows(entity, "created", "created.number", "created", name="creations")},
    released as materialized (select number, batch_number, version as change_id from made),
    {
        numbered_change_rows(
            entity,
            "released",
            "released.number",
            "released",
            name="releases",
            detail='''jsonb_build_object('status', jsonb_build_array(null, 'Closed'),
                                         'batch_number', jsonb_build_array(null, released.batch_number))''',
        )
    },
    {_INSERTED},
    {settle_each("made", "write_off")},
    {move_items(_CLOSED.format(sign=-kind.balance_sign), "settled")},
    {tally_new("releases", entity)},
    owing as (select customer_id, sum(difference) as owed from moving group by customer_id having sum(difference) <> 0),
    {adjust_balance("owing", balance="owing.owed")}
    select count(*) from made"""


_STATEMENTS = {kind.document_type: _write_off(kind) for kind in (BALANCE_WRITE_OFF, CREDIT_WRITE_OFF)}


async def write_off(
    connection: Connection,
    context: Context,
    document_type: str,
    document_ids: Sequence[int],
    *,
    numbers: Sequence[str],
    batch_numbers: Sequence[str],
    on: tuple[date, str],
    reason: ReasonCode,
    auto_post: bool,
) -> None:
    """Write open documents off, each by a new document of this type with its own number and batch (WRO-03, SWO-03).

    The caller has locked the documents and all that this moves.
    """
    await connection.execute(
        _STATEMENTS[document_type],
        *parameters(context),
        document_ids,
        numbers,
        batch_numbers,
        *on,
        reason.account_number,
        reason.reason_code_id,
        "Posted" if auto_post else "Unposted",
    )


def _columns(names: Names) -> str:
    return f"{items(names).columns}, document.version"


@cache
def credit_write_offs(names: Names) -> Paged[Record]:
    """Write-offs of credits by number; $2 are their types."""
    return replace(items(names), entity=CREDIT_WRITE_OFF.document_type, columns=_columns(names))


@cache
def _find(names: Names) -> str:
    return f"""
    select company.reference_version, {_columns(names)}
      from document
      join company on company.company_id = document.company_id
      {PARTIES.joins}
     where document.company_id = $1 and document.document_type = '{CREDIT_WRITE_OFF.document_type}'
       and lower(document.number) collate "C" = lower($2 collate "C")"""


async def find_credit_write_off(connection: Connection, company_id: int, number: str, names: Names) -> Record | None:
    """The write-off of a credit with that number in any case."""
    row: Record | None = await connection.fetchrow(_find(names), company_id, number)
    return row
