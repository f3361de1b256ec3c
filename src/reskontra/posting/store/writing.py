"""Fragments that write batches with their entries, for whatever posts."""

from __future__ import annotations

from reskontra.changes.store import STAMP


def batch_and_entries(number: str, header: str, entries: str) -> str:
    """CTEs `booked`, `batched`, `entered`: a batch with its entries, in one statement, as the database checks it there.

    `number` is an SQL expression for the batch number over the CTE `taken`. `header` is a JSON parameter with the
    keys period_id, batch_date, description, status, currency_id, exchange_rate, document_type, document_number,
    customer_id, total_base. `entries` is a JSON parameter: a list of `posting.rules.Entry`. An entry without its own
    customer, currency and rate has the header's.
    """
    return f"""booked as materialized (
        select * from json_to_record({header}) as head (
               period_id text, batch_date date, description text, status text, currency_id text, exchange_rate numeric,
               document_type text, document_number text, customer_id integer, total_base numeric)),
    batched as (
        insert into batch (company_id, batch_number, period_id, batch_date, description, status, currency_id,
                           document_type, document_number, total_base, created_at, created_by)
        select $1, {number}, booked.period_id, booked.batch_date, booked.description, booked.status,
               booked.currency_id, booked.document_type, booked.document_number, booked.total_base, {STAMP}, $3
          from taken, booked
        returning batch_number),
    entered as (
        insert into journal_entry (company_id, batch_number, line_number, account_number, subaccount_id,
                                   branch_number, debit, credit, debit_base, credit_base, currency_id, exchange_rate,
                                   entry_date, period_id, document_type, document_number, customer_id, vat_id, purpose,
                                   moves_document_id, description)
        select $1, batched.batch_number, entry.line_number, entry.account_number, entry.subaccount_id,
               entry.branch_number, entry.debit, entry.credit, entry.debit_base, entry.credit_base,
               coalesce(entry.currency_id, booked.currency_id), coalesce(entry.exchange_rate, booked.exchange_rate),
               booked.batch_date, booked.period_id, booked.document_type, booked.document_number,
               coalesce(entry.customer_id, booked.customer_id), entry.vat_id, entry.purpose, entry.moves_document_id,
               booked.description
          from batched, booked, json_populate_recordset(null::journal_entry, {entries}) as entry)"""


def batch_each(source: str, *, description: str, status: str) -> str:
    """CTEs `batched` and `entered`: a batch for each row of `source`, with one debit and one credit of the same amount.

    `source` has batch_number, document_type, number, customer_id, settled_on, period_id, branch_number, subaccount_id,
    currency_id, exchange_rate, amount and amount_base, and of each side (`debit_`, `credit_`) account, purpose and
    moves, the document whose balance the entry moves. `description` and `status` are SQL expressions over it.
    """
    return f"""batched as (
        insert into batch (company_id, batch_number, period_id, batch_date, description, status, currency_id,
                           document_type, document_number, total_base, created_at, created_by)
        select $1, batch_number, period_id, settled_on, {description}, {status}, currency_id, document_type, number,
               amount_base, {STAMP}, $3
          from {source}),
    entered as (
        insert into journal_entry (company_id, batch_number, line_number, account_number, subaccount_id,
                                   branch_number, debit, credit, debit_base, credit_base, currency_id, exchange_rate,
                                   entry_date, period_id, document_type, document_number, customer_id, purpose,
                                   moves_document_id, description)
        select $1, batch_number, side.line_number, side.account_number, subaccount_id, branch_number, side.debit,
               side.credit, side.debit_base, side.credit_base, currency_id, exchange_rate, settled_on, period_id,
               document_type, number, customer_id, side.purpose, side.moves, {description}
          from {source}
         cross join lateral (values
               (1, debit_account, amount, 0, amount_base, 0, debit_purpose, debit_moves),
               (2, credit_account, 0, amount, 0, amount_base, credit_purpose, credit_moves)) as side (
               line_number, account_number, debit, credit, debit_base, credit_base, purpose, moves))"""


def batch_of_all(
    source: str,
    *,
    number: str,
    day: str,
    period_id: str,
    account_number: str,
    subaccount_id: str,
    purpose: str,
    description: str,
    status: str,
) -> str:
    """CTEs `batched` and `entered`: one batch for all rows of `source`, each with a debit and a credit.

    `source` has document_id, document_type, number, customer_id, branch_number, account_number, subaccount_id,
    currency_id, exchange_rate, amount, amount_base, purpose, sign (+1: its own account is debited, -1: credited) and
    place, from 1. The other side of all is `account_number` with its `purpose`. These and the rest are SQL expressions.
    """
    return f"""batched as (
        insert into batch (company_id, batch_number, period_id, batch_date, description, status, currency_id,
                           total_base, created_at, created_by)
        select $1, {number}, {period_id}, {day}, {description}, {status},
               case when count(distinct {source}.currency_id) = 1 then min({source}.currency_id)
                    else (select company.base_currency from company where company.company_id = $1) end,
               sum({source}.amount_base), {STAMP}, $3
          from {source}),
    entered as (
        insert into journal_entry (company_id, batch_number, line_number, account_number, subaccount_id,
                                   branch_number, debit, credit, debit_base, credit_base, currency_id, exchange_rate,
                                   entry_date, period_id, document_type, document_number, customer_id, purpose,
                                   moves_document_id, description)
        select $1, {number}, 2 * place + side.line_number, side.account_number, side.subaccount_id, branch_number,
               case when side.sign > 0 then amount else 0 end, case when side.sign < 0 then amount else 0 end,
               case when side.sign > 0 then amount_base else 0 end, case when side.sign < 0 then amount_base else 0 end,
               currency_id, exchange_rate, {day}, {period_id}, document_type, number, customer_id, side.purpose,
               side.moves, {description}
          from {source}
         cross join lateral (values
               (-1, {source}.account_number, {source}.subaccount_id, {source}.sign, {source}.purpose, document_id),
               (0, {account_number}, {subaccount_id}, -{source}.sign, {purpose}, null)) as side (
               line_number, account_number, subaccount_id, sign, purpose, moves))"""
