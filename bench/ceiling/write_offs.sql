-- Every open invoice of the large company written off, each by a document with a number, a batch of two entries, a
-- settlement and an application of its own, three change rows, the tallies, the balances of the customers.
with small as materialized (
    select document_id as settled_id, number as settled_number, customer_id, location_id, branch_number, currency_id,
           exchange_rate, rate_operator, account_number, subaccount_id, balance, balance_base,
           row_number() over (order by document_id) as place
      from document
     where company_id = 1 and document_type = 'Invoice' and released_at is not null and balance > 0
       and document_date <= :as_of::date),
month as (
    select period_id from financial_period
     where company_id = 1 and :as_of::date between start_date and end_date and start_date < end_date),
numbered as materialized (
    select small.*, period_id, lpad((writing.last_number::integer + place)::text, 6, '0') as number,
           'AR' || lpad((substr(batching.last_number, 3)::integer + place)::text, 6, '0') as batch_number,
           nextval('document_document_id_seq') as document_id, nextval('settlement_settlement_id_seq') as settlement_id,
           nextval('change_id') as created_id, nextval('change_id') as released_id, nextval('change_id') as settled_change
      from small, month, number_series_range as writing, number_series_range as batching
     where writing.company_id = 1 and writing.series_id = 'WRITEOFF' and writing.range_id = 1
       and batching.company_id = 1 and batching.series_id = 'BATCH' and batching.range_id = 1),
taken as (
    update number_series_range as series set last_number = newest.number
      from (select 'WRITEOFF' as series_id, max(number) as number from numbered
            union all select 'BATCH', max(batch_number) from numbered) as newest
     where series.company_id = 1 and series.series_id = newest.series_id and series.range_id = 1),
changed as (
    insert into change (company_id, change_id, changed_at, actor, request_id, entity, entity_key, event)
    select 1, created_id, now(), 'isv_bench', 'ceiling', 'SmallBalanceWo', number, 'created' from numbered
    union all
    select 1, released_id, now(), 'isv_bench', 'ceiling', 'SmallBalanceWo', number, 'released' from numbered
    union all
    select 1, settled_change, now(), 'isv_bench', 'ceiling', 'Invoice', settled_number, 'settled' from numbered),
batched as (
    insert into batch (
        company_id, batch_number, period_id, batch_date, description, status, currency_id, document_type,
        document_number, total_base, created_at, created_by)
    select 1, batch_number, period_id, :as_of::date, 'Write-off ' || number, 'Posted', currency_id, 'SmallBalanceWo',
           number, balance_base, now(), 'isv_bench'
      from numbered),
entered as (
    insert into journal_entry (
        company_id, batch_number, line_number, account_number, subaccount_id, branch_number, debit, credit,
        debit_base, credit_base, currency_id, exchange_rate, entry_date, period_id, document_type, document_number,
        customer_id, purpose, moves_document_id, description)
    select 1, batch_number, line_number, case line_number when 1 then '7830' else account_number end, subaccount_id,
           branch_number, debit * balance, credit * balance, debit * balance_base, credit * balance_base, currency_id,
           exchange_rate, :as_of::date, period_id, 'SmallBalanceWo', number, customer_id, purpose,
           case line_number when 2 then settled_id end, 'Write-off ' || number
      from numbered,
           (values (1, 1, 0, 'write_off'), (2, 0, 1, 'receivable')) as entry (line_number, debit, credit, purpose)),
made as (
    insert into document (
        company_id, document_id, document_type, number, status, customer_id, location_id, branch_number, document_date,
        period_id, closed_period_id, currency_id, exchange_rate, rate_operator, account_number, subaccount_id,
        payment_reference, amount, amount_base, balance, balance_base, cash_discount, cash_discount_base, revoked,
        exclude_debt_collection, origin, created_at, created_by, modified_at, released_at, released_by, batch_number,
        figures_hash, version)
    overriding system value
    select 1, document_id, 'SmallBalanceWo', number, 'Closed', customer_id, location_id, branch_number, :as_of::date,
           period_id, period_id, currency_id, exchange_rate, rate_operator, account_number, subaccount_id, number,
           balance, balance_base, 0, 0, 0, 0, false, false, 'write_off', now(), 'isv_bench', now(), now(), 'isv_bench',
           batch_number, 'ceiling', released_id
      from numbered),
settled as (
    insert into settlement (
        company_id, settlement_id, kind, settled_on, period_id, batch_number, document_id, created_at, created_by)
    overriding system value
    select 1, settlement_id, 'write_off', :as_of::date, period_id, batch_number, document_id, now(), 'isv_bench'
      from numbered),
applied as (
    insert into application (
        company_id, settlement_id, credit_document_id, debit_document_id, applied_on, period_id, amount_credit,
        amount_debit, base_credit, base_debit, gain_loss, is_posted, created_at, created_by, released_at, released_by)
    select 1, settlement_id, document_id, settled_id, :as_of::date, period_id, balance, balance, balance_base,
           balance_base, 0, true, now(), 'isv_bench', now(), 'isv_bench'
      from numbered),
closed as (
    update document
       set status = 'Closed', closed_period_id = paid.closed_in, balance = 0, balance_base = 0, modified_at = now(),
           version = settled_change
      from (select settled_id, period_id as closed_in, settled_change from numbered) as paid
     where company_id = 1 and document.document_id = paid.settled_id
    returning document.document_id),
tallied as (
    update tally
       set total = total + case entity when 'SmallBalanceWo' then (select count(*) from numbered) else 0 end,
           last_change_id = newest.change_id
      from (select max(settled_change) as change_id from numbered) as newest
     where company_id = 1 and entity in ('SmallBalanceWo', 'Invoice')),
owed as (
    update customer_balance set balance = customer_balance.balance - forgiven.amount
      from (select customer_id, sum(balance_base) as amount from numbered group by customer_id) as forgiven
     where company_id = 1 and customer_balance.customer_id = forgiven.customer_id)
select 1 / count(*) from closed;
