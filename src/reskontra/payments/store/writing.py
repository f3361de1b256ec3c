"""SQL that writes payments. A payment travels as JSON values whose keys are the column names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from reskontra.changes.store import (
    NEW_CHANGE_ID,
    change_row,
    change_rows_of_events,
    parameters,
    tally,
    tally_each,
)
from reskontra.clock import Context
from reskontra.customers.store.for_documents import unchanged
from reskontra.customers.store.fragments import adjust_balance
from reskontra.db.constraints import RefusalFactory
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection, NeedsTransaction
from reskontra.db.rows import fetch_one, fetch_written
from reskontra.errors import Conflict, Refused
from reskontra.numbering.store import NUMBERS_OF_DOCUMENTS, log_deleted, note_reuse, take_number, use_number
from reskontra.payments.payment import CHARGE_COLUMNS, HEADER_COLUMNS, SIDE_COLUMNS, Basis, Payment
from reskontra.payments.store.loading import Stored
from reskontra.posting.rules import Entry
from reskontra.posting.store.writing import batch_and_entries
from reskontra.receivables.rules.items import Settled
from reskontra.receivables.store.applications import add, propose_lines, replace_lines, settlement, withdraw_lines
from reskontra.receivables.store.open_items import (
    FOUND_ITEM,
    ITEM_MOVED,
    SENT_ITEMS,
    Moved,
    hold_as_read,
    items_json,
)
from reskontra.versions import Saved

_HEADER = ", ".join(HEADER_COLUMNS)
_SENT_HEADER = ", ".join(f"head.{column}" for column in HEADER_COLUMNS)
_NEW_HEADER = _SENT_HEADER.replace(
    "head.payment_reference", "coalesce(head.payment_reference, taken.number)"
)  # a payment without a reference has its own number for one
_SIDE = ", ".join(SIDE_COLUMNS)
_SENT_SIDE = ", ".join(f"side.{column}" for column in SIDE_COLUMNS)
_CHARGE = ", ".join(CHARGE_COLUMNS)
_SENT_CHARGE = ", ".join(f"charge.{column}" for column in CHARGE_COLUMNS)


def _beside(source: str, *, is_new: bool = False) -> str:
    """CTEs that write what stands beside the header: $7 the row of `payment`, $8 the lines, $9 the charges."""
    lines = f"{source}.document_id", "$8", source
    return f"""beside as (
        insert into payment (company_id, document_id, {_SIDE})
        select $1, {source}.document_id, {_SENT_SIDE}
          from {source}, json_populate_record(null::payment, $7) as side{"" if is_new else _RECORDED}),
    {propose_lines(*lines) if is_new else f"{replace_lines(*lines)}, {_uncharge(source)}"},
    charged as (
        insert into payment_charge (company_id, document_id, {_CHARGE})
        select $1, {source}.document_id, {_SENT_CHARGE}
          from {source}, {_CHARGES_SENT}{"" if is_new else _CHARGED})"""


_RECORDED = f"""
        on conflict on constraint payment_pk do update
           set ({_SIDE}) = row({", ".join(f"excluded.{column}" for column in SIDE_COLUMNS)})"""
_CHARGES_SENT = "json_populate_recordset(null::payment_charge, $9) as charge"
_CHARGED = f"""
        on conflict on constraint payment_charge_pk do update
           set ({_CHARGE}) = row({", ".join(f"excluded.{column}" for column in CHARGE_COLUMNS)})"""


def _uncharge(source: str) -> str:
    return f"""uncharged as (
        delete from payment_charge using {source}
         where payment_charge.company_id = $1 and payment_charge.document_id = {source}.document_id
           and payment_charge.line_number not in (select charge.line_number from {_CHARGES_SENT}))"""


def _still_so(settler_id: str, first: int) -> str:
    """CTEs with a row `held` if customer, reference data and documents are as they were read; `first` is the number of
    the first of the parameters that `_proof` gives. Everything written depends on it, and it waits for nobody
    (decision 0017)."""
    customer_id, version, reference_version, ids, versions = (f"${first + place}" for place in range(5))
    return f"""{unchanged(f"{customer_id}::integer", f"{version}::bigint", f"{reference_version}::bigint")},
    held as materialized (
        select from buyer where {hold_as_read(settler_id, f"{ids}::bigint[]", f"{versions}::bigint[]")})"""


_HELD = "held as (select)"
"""What stands for `_still_so` in a transaction, which has locked all that it read."""


def _proof(connection: Connection, basis: Basis | None, *own: tuple[int, int]) -> tuple[object, ...]:
    """The values of `_still_so`: `own` is the payment's id and version. None in a transaction."""
    if connection.is_in_transaction():
        return ()
    if basis is None:
        raise NeedsTransaction
    read = [*own, *((it.item.document_id, it.version) for it in basis.payables.values())]
    ids, versions = [document_id for document_id, _ in read], [version for _, version in read]
    return basis.payer.customer_id, basis.payer.version, basis.reference.version, ids, versions


def _insert(numbering: str, *, told: str = "null", held: str = _HELD) -> str:
    return f"""
    with {held},
    {numbering},
    {change_row("$5", "created", "taken.number", "taken", detail=told)},
    inserted as (
        insert into document (company_id, number, version, created_at, modified_at, {_HEADER})
        select $1, taken.number, changed.change_id, changed.stamp, changed.stamp, {_NEW_HEADER}
          from taken, changed, json_populate_record(null::document, $6) as head
        returning document_id, number, version, customer_id, amount_base),
    {_beside("inserted", is_new=True)},
    {tally("$5", 1)},
    {adjust_balance("inserted", unreleased="inserted.amount_base * $10::integer")}
    select number, version from inserted"""


def _insert_numbered(*, is_sent: bool, proving: bool) -> str:
    held = _still_so("0", 13) if proving else _HELD
    if not is_sent:
        taking = take_number("$5", "$11", "$12", given="held", guessing=proving)
        return _insert(f"{taking}, {note_reuse('$5')}", held=held)
    numbering = use_number("$5", "$11", "any ($12::text[])", given="held")
    return _insert(numbering, told="jsonb_build_object('number', taken.number)", held=held)


_INSERTS = {
    (is_sent, proving): _insert_numbered(is_sent=is_sent, proving=proving)
    for is_sent in (False, True)
    for proving in (False, True)
}
"""By whether the number was sent, which the change row then tells, and whether the statement proves what was read."""

_VOID = _insert("taken as (select $11::text as number)")


async def insert_payment(
    connection: Connection,
    context: Context,
    payment: Payment,
    numbering: tuple[str, list[str]] | tuple[str, int] | tuple[str],
    basis: Basis | None = None,
) -> Saved:
    """Write a new payment under (number, series ids), the next of (series id, range id), or a void's (number).

    Outside of a transaction `basis` is what is proven to stand; raises `NeedsTransaction` if it does not.
    """
    proof = _proof(connection, basis)
    is_sent = len(numbering) == 2 and isinstance(numbering[1], list)
    return await _written(
        connection,
        _VOID if len(numbering) == 1 else _INSERTS[is_sent, bool(proof)],
        *parameters(context),
        payment.document_type,
        *_content(payment),
        payment.kind.balance_sign,
        *numbering,
        *proof,
        guessing=NUMBERS_OF_DOCUMENTS if proof and not is_sent else (),
    )


def _save(held: str) -> str:
    return f"""
    with {held},
    {change_row("$5", "updated", "$11::text", "held", detail="$12::jsonb")},
    updated as (
        update document
           set ({_HEADER}) = (select {_SENT_HEADER} from json_populate_record(null::document, $6) as head),
               modified_at = changed.stamp, version = changed.change_id
          from changed
         where company_id = $1 and document_id = $10
        returning document_id, number, version),
    {_beside("updated")},
    {tally("$5", 0)},
    shifted as (
        select moved.customer_id, sum(difference) as difference
          from updated, unnest($13::integer[], $14::numeric[]) as moved (customer_id, difference)
         group by moved.customer_id having sum(difference) <> 0),
    {adjust_balance("shifted", unreleased="shifted.difference")}
    select number, version from updated"""


_SAVES = {proving: _save(_still_so("$10", 15) if proving else _HELD) for proving in (False, True)}


async def save_payment(
    connection: Connection,
    context: Context,
    before: Stored,
    after: Payment,
    *,
    detail: Mapping[str, Any],
    basis: Basis | None = None,
) -> Saved:
    """Write a changed payment, or the lines of a credit note; `basis` as for `insert_payment`."""
    sign = after.kind.balance_sign
    standing = before.payment
    counts = not standing.is_released
    proof = _proof(connection, basis, (before.document_id, before.version))
    return await _written(
        connection,
        _SAVES[bool(proof)],
        *parameters(context),
        after.document_type,
        *_content(after),
        before.document_id,
        standing.number,
        as_json(detail),
        [standing.customer_id, after.customer_id] if counts else [],
        [-standing.amount_base * sign, after.amount_base * sign] if counts else [],
        *proof,
    )


def _delete(*, logged: bool) -> str:
    log = f"""{log_deleted("$5", "gone.number", "gone")},""" if logged else ""
    return f"""
    with gone as (
        delete from document where company_id = $1 and document_id = $6
        returning document_id, number, customer_id, amount_base),
    beside as (delete from payment where company_id = $1 and document_id = $6),
    uncharged as (delete from payment_charge where company_id = $1 and document_id = $6),
    {withdraw_lines("gone.document_id", "gone")},
    {log}
    {change_row("$5", "deleted", "gone.number", "gone", detail="$8::jsonb")},
    {tally("$5", -1)},
    {adjust_balance("gone", unreleased="-gone.amount_base * $7::integer")}
    select number from gone"""


_DELETES = {logged: _delete(logged=logged) for logged in (False, True)}


async def delete_payment(
    connection: Connection, context: Context, payment: Payment, document_id: int, *, detail: Mapping[str, Any]
) -> None:
    """Delete a draft and keep its number in the log of deleted numbers; a void has its payment's (VDP-07)."""
    await connection.fetchrow(
        _DELETES[not payment.is_void], *parameters(context), payment.document_type, document_id,
        payment.kind.balance_sign, as_json(detail),
    )  # fmt: skip


_RELEASED = """jsonb_build_object('status', jsonb_build_array(moving.status_before, moving.status),
                                         'batch_number', jsonb_build_array(null, moving.batch_number))"""


_FIGURES_HASH = """md5(
                   row(document.document_type, document.number, document.customer_id, document.location_id,
                       document.branch_number, document.document_date, document.period_id, document.currency_id,
                       document.exchange_rate, document.rate_operator, document.account_number,
                       document.subaccount_id, document.vat_zone_id, document.detail_total,
                       document.detail_total_base, document.discount_total, document.discount_total_base,
                       document.vat_total, document.vat_total_base, document.vat_taxable_total,
                       document.vat_taxable_total_base, document.vat_exempt_total, document.vat_exempt_total_base,
                       document.rounding_difference, document.amount, document.amount_base)::text
                   || coalesce('vat date ' || nullif(document.vat_date, document.document_date), '')
                   || coalesce('corrects ' || document.corrects_document_id, '')
                   || coalesce('deduction ' || document.deduction::text, ''))"""
"""What `document_figures` gives, which the self-check compares it with: a payment has no lines and no rows of VAT, and
an expression costs a fifth of that function."""


def _release(held: str, *, settling: bool) -> str:
    """The payment and the documents that it settles are written as one set: whatever a statement writes twice, it
    prepares twice, and `document` is the table that takes longest."""
    made = settlement(
        "$14::text",
        "released",
        settled_on="$15::date",
        period_id="$16::text",
        batch_number="released.batch_number",
        document_id="$5::bigint",
    )
    return f"""
    with {held},
    {take_number("'Batch'", "$8", "$9", given="held")},
    {batch_and_entries("taken.number", "$6", "$7")},
    moving as materialized (
        select found.*, {NEW_CHANGE_ID} as change_id
          from (
            select {FOUND_ITEM}, taken.number as batch_number, document.document_id = $5 as is_released,
                   case when document.document_id = $5 then sent.balance_base
                        else sent.balance_base - document.balance_base end * sent.sign as owed,
                   case when document.document_id = $5 then document.amount_base * sent.sign else 0 end as waiting
              from taken
             cross join {SENT_ITEMS.format("$12")}
              join document on document.company_id = $1 and document.document_id = sent.document_id
             order by document.document_id <> $5, document.document_id) as found),
    {
        change_rows_of_events(
            "moving.document_type",
            "case when moving.is_released then 'released' else 'settled' end",
            "moving.number",
            "moving",
            detail=f"case when moving.is_released then {_RELEASED} else {ITEM_MOVED} end",
        )
    },
    moved as (
        update document
           set status = moving.status, closed_period_id = moving.closed_period_id, balance = moving.balance,
               balance_base = moving.balance_base, modified_at = stamped.stamp, version = moving.change_id,
               released_at = case when is_released then stamped.stamp else document.released_at end,
               released_by = case when is_released then $3 else document.released_by end,
               batch_number = case when is_released then moving.batch_number else document.batch_number end,
               figures_hash = case when is_released then {_FIGURES_HASH} else document.figures_hash end
          from moving, (select stamp from changed limit 1) as stamped
         where document.company_id = $1 and document.document_id = moving.document_id
        returning document.document_id, document.number, document.version, document.batch_number, is_released),
    released as (select document_id, number, version, batch_number from moved where is_released),
    dated as (
        update payment set applied_on = $10, applied_period_id = $11
          from released
         where payment.company_id = $1 and payment.document_id = released.document_id),
    {withdraw_lines("released.document_id", "released")},
    {f"{made}, {add('$13')}," if settling else ""}
    owing as (select customer_id, sum(owed) as owed, sum(waiting) as waiting from moving group by customer_id),
    {tally_each("changed")},
    {adjust_balance("owing", balance="owing.owed", unreleased="-owing.waiting")}
    select number, version from released"""


_RELEASES = {
    (settling, proving): _release(
        _still_so("$5", 17 if settling else 13) if proving else _HELD,
        settling=settling,
    )
    for settling in (False, True)
    for proving in (False, True)
}


async def release_payment(
    connection: Connection,
    context: Context,
    before: Stored,
    payment: Payment,
    *,
    batch: Mapping[str, Any],
    entries: Sequence[Entry],
    series: tuple[str, int],
    settled: Settled | None,
    kind: str = "apply",
    basis: Basis | None = None,
) -> Saved:
    """Write what the first release changes: batch, entries, applications, and the documents that they moved.

    `payment` is as its release leaves it; `basis` as for `insert_payment`.
    """
    document_id = before.document_id
    own = Moved(
        document_id,
        payment.kind.balance_sign,
        payment.balance,
        payment.balance_base,
        payment.status,
        payment.closed_period_id,
    )
    others = [item for item in settled.items if item.document_id != document_id] if settled else ()
    proof = _proof(connection, basis, (document_id, before.version))
    more: tuple[object, ...] = ()
    if settled is not None:
        on = before.payment.applied_on, before.payment.applied_period_id  # none of its applications is earlier
        more = (as_json(settled.applications), kind, *on)
    return await _written(
        connection,
        _RELEASES[settled is not None, bool(proof)],
        *parameters(context),
        document_id,
        as_json(batch),
        as_json(entries),
        *series,
        payment.applied_on,
        payment.applied_period_id,
        items_json([own, *others]),
        *more,
        *proof,
    )


async def forget_lines(connection: Connection, context: Context, document_id: int) -> None:
    """Delete the lines of a released payment, which become applications in the same transaction."""
    await connection.execute(
        f"with one as (select $2::bigint as document_id), {withdraw_lines('one.document_id', 'one')} select",
        context.company_id,
        document_id,
    )


async def version_of(connection: Connection, company_id: int, document_id: int) -> Saved:
    """Number and version of a payment as they are now."""
    row = await fetch_one(
        connection,
        "select number, version from document where company_id = $1 and document_id = $2",
        company_id,
        document_id,
    )
    return Saved(row["number"], row["version"])


async def _written(connection: Connection, statement: str, *values: object, guessing: Collection[str] = ()) -> Saved:
    row = await fetch_written(connection, statement, *values, guessing=guessing)
    return Saved(row["number"], row["version"])


def _content(payment: Payment) -> tuple[str, str, str, str]:
    lines = [
        {
            "position": position,
            "document_id": line.document_id,
            "amount": line.amount,
            "discount": line.discount,
            "write_off": line.write_off,
            "reason_code": line.reason_code,
            "cross_rate": line.cross_rate,
            "follows": line.follows,
        }
        for position, line in enumerate(payment.lines, 1)
    ]
    return (
        as_json({column: getattr(payment, column) for column in HEADER_COLUMNS}),
        as_json({column: getattr(payment, column) for column in SIDE_COLUMNS}),
        as_json(lines),
        as_json(payment.charges),
    )


CONSTRAINTS: dict[str, RefusalFactory] = {
    "payment_number_unique": lambda value: Refused(
        "A payment, prepayment or refund with this number exists already.",
        field=("number",),
        value=value.rpartition(", ")[2] or None,
        hint="Send another number, or leave it out to get the next one of the series.",
    ),
    "application_one_proposal_of_payment": lambda value: Conflict(
        "Another payment proposes to settle the same document already."
    ),
}
"""Constraint name -> refusal, for rules that the database has the last word on."""
