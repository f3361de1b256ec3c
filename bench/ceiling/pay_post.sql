-- A payment of one open invoice of a small company, in full: number, header, line, change row, tally and the customer's
-- balance, in one statement. Each client walks through invoices of its own.
\set step :step + 1
\set turn :start + :step * :clients + :client_id
\set company 2 + :turn % (:companies - 1)
\set document :first_document + :turn
with paid as (
    select document_id, customer_id, balance, balance_base from document
     where company_id = :company and document_id = :document and status = 'Open'),
taken as (
    update number_series_range
       set last_number = lpad((last_number::integer + 1)::text, 6, '0')
     where company_id = :company and series_id = 'PAYMENT' and range_id = 1
    returning last_number as number),
changed as (
    insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event)
    select :company, now(), 'isv_bench', 'ceiling', 'Payment', number, 'created' from taken
    returning change_id),
inserted as (
    insert into document (
        company_id, document_type, number, status, customer_id, location_id, branch_number, document_date, period_id,
        currency_id, exchange_rate, payment_method_id, cash_account, account_number, subaccount_id, payment_reference,
        amount, amount_base, balance, balance_base, cash_discount, cash_discount_base, revoked,
        exclude_debt_collection, created_at, created_by, modified_at, version)
    select :company, 'Payment', number, 'Balanced', customer_id, 1, '1', :day::date, :period::text, 'NOK', 1, '1',
           '1920', '1500', 1, number, balance, balance_base, balance, balance_base, 0, 0, false, false, now(),
           'isv_bench', now(), change_id
      from taken, changed, paid
    returning document_id, customer_id, amount, amount_base),
beside as (
    insert into payment (company_id, document_id, applied_on, applied_period_id, amount_entered)
    select :company, document_id, :day::date, :period::text, true from inserted),
lined as (
    insert into proposal (company_id, proposer_document_id, position, document_id, amount, discount, write_off,
                          cross_rate)
    select :company, inserted.document_id, 1, paid.document_id, inserted.amount, 0, 0, 1 from inserted, paid),
tallied as (
    update tally set total = total + 1, last_change_id = change_id
      from changed where company_id = :company and entity = 'Payment'),
owed as (
    update customer_balance set unreleased = unreleased - inserted.amount_base
      from inserted where company_id = :company and customer_balance.customer_id = inserted.customer_id)
select 1 / count(*) from inserted; -- loud when there was no open invoice
