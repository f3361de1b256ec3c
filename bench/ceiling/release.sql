-- Release of a draft of 10 lines in one of the small companies: batch number, batch, entries, status, balance, change
-- row, tally. Each client walks through drafts of its own.
\set step :step + 1
\set turn :start + :step * :clients + :client_id
\set company 2 + :turn % (:companies - 1)
\set document :first_document + :turn
with draft as (
    select number, customer_id, document_date, period_id, amount_base from document
     where company_id = :company and document_id = :document and status = 'Balanced' for update),
taken as (
    update number_series_range
       set last_number = 'AR' || lpad((substr(last_number, 3)::integer + 1)::text, 6, '0')
     where company_id = :company and series_id = 'BATCH' and range_id = 1
    returning last_number as batch_number),
changed as (
    insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event)
    select :company, now(), 'isv_bench', 'ceiling', 'Invoice', number, 'released' from draft
    returning change_id),
batched as (
    insert into batch (
        company_id, batch_number, period_id, batch_date, description, status, currency_id, document_type,
        document_number, total_base, created_at, created_by)
    select :company, batch_number, period_id, document_date, 'Invoice ' || number, 'Posted', 'NOK', 'Invoice', number,
           amount_base, now(), 'isv_bench'
      from draft, taken),
entered as (
    insert into journal_entry (
        company_id, batch_number, line_number, account_number, subaccount_id, branch_number, debit, credit,
        debit_base, credit_base, currency_id, exchange_rate, entry_date, period_id, document_type, document_number,
        customer_id, vat_id, purpose, description)
    select :company, batch_number, line_number, account_number, 1, '1', debit, credit, debit_base, credit_base, 'NOK',
           1, document_date, period_id, 'Invoice', number, customer_id, vat_id, purpose, 'Invoice ' || number
      from draft, taken, json_to_recordset(:entries::json) as entry (
           line_number integer, account_number text, debit numeric, credit numeric, debit_base numeric,
           credit_base numeric, vat_id text, purpose text)),
updated as (
    update document
       set status = 'Open', released_at = now(), released_by = 'isv_bench', batch_number = taken.batch_number,
           figures_hash = 'ceiling', modified_at = now(), version = change_id
      from taken, changed
     where company_id = :company and document_id = :document
    returning document.customer_id, document.amount_base),
tallied as (
    update tally set last_change_id = change_id
      from changed where company_id = :company and entity = 'Invoice'),
owed as (
    update customer_balance
       set balance = balance + updated.amount_base, unreleased = unreleased - updated.amount_base
      from updated where company_id = :company and customer_balance.customer_id = updated.customer_id)
select 1 / count(*) from updated; -- loud when there was no draft
