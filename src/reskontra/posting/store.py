"""SQL of batches and journal entries, as fragments for the statement that releases a document. Decides nothing."""

from __future__ import annotations


def batch_and_entries(number: str, header: str, entries: str) -> str:
    """CTEs `batched` and `entered`: a batch with its entries, written in one statement (the database checks it there).

    `number` is an SQL expression for the batch number over the CTE `taken`. `header` is a JSON parameter with the
    keys period_id, batch_date, description, status, currency_id, exchange_rate, document_type, document_number,
    customer_id, total_base. `entries` is a JSON parameter: a list of `posting.rules.Entry`.
    """
    return f"""batched as (
        insert into batch (company_id, batch_number, period_id, batch_date, description, status, currency_id,
                           document_type, document_number, total_base, created_at, created_by)
        select $1, {number}, head.period_id, head.batch_date, head.description, head.status, head.currency_id,
               head.document_type, head.document_number, head.total_base, $2, $3
          from taken, json_populate_record(null::batch, {header}) as head
        returning batch_number),
    entered as (
        insert into journal_entry (company_id, batch_number, line_number, account_number, subaccount_id,
                                   branch_number, debit, credit, debit_base, credit_base, currency_id, exchange_rate,
                                   entry_date, period_id, document_type, document_number, customer_id, vat_id, purpose,
                                   description)
        select $1, batched.batch_number, entry.line_number, entry.account_number, entry.subaccount_id,
               entry.branch_number, entry.debit, entry.credit, entry.debit_base, entry.credit_base, head.currency_id,
               head.exchange_rate, head.entry_date, head.period_id, head.document_type, head.document_number,
               head.customer_id, entry.vat_id, entry.purpose, head.description
          from batched, json_populate_record(null::journal_entry, {header}) as head,
               json_populate_recordset(null::journal_entry, {entries}) as entry)"""
