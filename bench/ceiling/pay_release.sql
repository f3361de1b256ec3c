-- Release of a payment of one invoice in one of the small companies: batch number, batch and two entries, settlement
-- and application in place of the line, status and balance of both documents, two change rows, two tallies, the
-- customer's balance, in one statement. Each client walks through payments of its own.
\set step :step + 1
\set turn :start + :step * :clients + :client_id
\set company 2 + :turn % (:companies - 1)
\set document :first_document + :turn
with draft as (
    select number, customer_id, document_date, period_id, amount, amount_base from document
     where company_id = :company and document_id = :document and status = 'Balanced' for update),
lined as (
    delete from proposal where company_id = :company and proposer_document_id = :document
    returning document_id, amount),
paid as (
    select document.document_id, document.number from document, lined
     where document.company_id = :company and document.document_id = lined.document_id
       and document.balance = lined.amount and document.status = 'Open' for update of document),
taken as (
    update number_series_range
       set last_number = 'AR' || lpad((substr(last_number, 3)::integer + 1)::text, 6, '0')
     where company_id = :company and series_id = 'BATCH' and range_id = 1
    returning last_number as batch_number),
changed as (
    insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event)
    select :company::integer, now(), 'isv_bench', 'ceiling', 'Payment', number, 'released' from draft
    union all
    select :company::integer, now(), 'isv_bench', 'ceiling', 'Invoice', number, 'settled' from paid
    returning change_id, entity),
batched as (
    insert into batch (
        company_id, batch_number, period_id, batch_date, description, status, currency_id, document_type,
        document_number, total_base, created_at, created_by)
    select :company, batch_number, period_id, document_date, 'Payment ' || number, 'Posted', 'NOK', 'Payment', number,
           amount_base, now(), 'isv_bench'
      from draft, taken),
entered as (
    insert into journal_entry (
        company_id, batch_number, line_number, account_number, subaccount_id, branch_number, debit, credit,
        debit_base, credit_base, currency_id, exchange_rate, entry_date, period_id, document_type, document_number,
        customer_id, purpose, moves_document_id, description)
    select :company, batch_number, line_number, account_number, 1, '1', debit * amount, credit * amount,
           debit * amount_base, credit * amount_base, 'NOK', 1, document_date, period_id, 'Payment', draft.number,
           customer_id, purpose, case when credit = 1 then paid.document_id end, 'Payment ' || draft.number
      from draft, paid, taken,
           (values (1, '1920', 1, 0, 'payment'), (2, '1500', 0, 1, 'receivable'))
               as entry (line_number, account_number, debit, credit, purpose)),
released as (
    update document
       set status = 'Closed', closed_period_id = draft.period_id, balance = 0, balance_base = 0, released_at = now(),
           released_by = 'isv_bench', batch_number = taken.batch_number, figures_hash = 'ceiling', modified_at = now(),
           version = change_id
      from draft, taken, changed
     where company_id = :company and document_id = :document and entity = 'Payment'),
settlement_made as (
    insert into settlement (company_id, kind, settled_on, period_id, batch_number, document_id, created_at, created_by)
    select :company, 'apply', document_date, period_id, batch_number, :document, now(), 'isv_bench' from draft, taken
    returning settlement_id),
applied as (
    insert into application (
        company_id, settlement_id, credit_document_id, debit_document_id, applied_on, period_id, amount_credit,
        amount_debit, base_credit, base_debit, gain_loss, is_posted, created_at, created_by, released_at, released_by)
    select :company, settlement_id, :document, document_id, document_date, period_id, amount, amount, amount_base,
           amount_base, 0, true, now(), 'isv_bench', now(), 'isv_bench'
      from draft, paid, settlement_made),
closed as (
    update document
       set status = 'Closed', closed_period_id = draft.period_id, balance = 0, balance_base = 0, modified_at = now(),
           version = change_id
      from draft, paid, changed
     where company_id = :company and document.document_id = paid.document_id and entity = 'Invoice'
    returning document.document_id),
tallied as (
    update tally set last_change_id = change_id
      from changed where company_id = :company and tally.entity = changed.entity),
owed as (
    update customer_balance set balance = balance - amount_base, unreleased = unreleased + amount_base
      from draft where company_id = :company and customer_balance.customer_id = draft.customer_id)
select 1 / count(*) from closed; -- loud when there was no payment of an open invoice
