-- Settling is an event of its own: applying, undoing an application, voiding a payment, writing off. It says when and in
-- which period, who did it, which batch books it and which settlement it takes back.

create table settlement (
    company_id    integer not null,
    settlement_id bigint generated always as identity,
    kind          text collate "C" not null,
    settled_on    date not null,
    period_id     text collate "C" not null,
    batch_number  text collate "C",
    reverses_id   bigint,
    created_at    timestamptz not null,
    created_by    text not null,
    constraint settlement_pk primary key (company_id, settlement_id),
    constraint settlement_kind_known check (kind in ('apply', 'undo', 'void', 'write_off', 'cash', 'split')),
    constraint settlement_reverses check ((kind in ('undo', 'void')) = (reverses_id is not null))
);

create function refuse_settlement_change() returns trigger language plpgsql as $$
begin
    raise exception 'a settlement cannot change'
        using errcode = '23514', constraint = 'settlement_is_append_only', detail = old.settlement_id::text;
end $$;

create trigger settlement_is_append_only before update or delete on settlement
    for each row execute function refuse_settlement_change();

-- An application has an amount on each side. `amount_credit` is what the credit document loses, in its currency;
-- `amount_debit` is what that pays of the debit document, in that one's. The debit loses `discount` and `write_off`
-- besides, so its base balance falls by base_debit + discount_base + write_off_base. `gain_loss` is
-- base_credit - base_debit. `cross_rate` is the credit's currency per unit of the debit's. `is_posted` says whether the
-- settlement's batch has entries for it. A row that reverses another has its figures with the opposite sign.
drop trigger application_is_append_only on application;
alter table application rename column amount to amount_debit;
alter table application
    add column settlement_id bigint,
    add column amount_credit numeric(19,4),
    add column cross_rate numeric(18,8) not null default 1,
    add column discount_base numeric(19,4) not null default 0,
    add column write_off_base numeric(19,4) not null default 0,
    add column reason_code text collate "C",
    add column gain_loss_account text collate "C",
    add column is_posted boolean,
    add column released_by text;

update application set amount_credit = amount_debit;

-- Until now an application was released by its credit note and by nothing else.
with released as (
    select distinct on (application.company_id, application.credit_document_id)
           application.company_id, application.credit_document_id, document.document_date, document.period_id,
           document.batch_number, application.released_at, document.released_by
      from application
      join document on document.company_id = application.company_id
       and document.document_id = application.credit_document_id
     where application.released_at is not null),
numbered as materialized (
    select released.*, nextval(pg_get_serial_sequence('settlement', 'settlement_id')) as settlement_id
      from (select * from released order by company_id, released_at, credit_document_id) as released),
events as (
    insert into settlement (company_id, settlement_id, kind, settled_on, period_id, batch_number, created_at,
                            created_by)
    overriding system value
    select company_id, settlement_id, 'apply', document_date, period_id, batch_number, released_at, released_by
      from numbered)
update application
   set settlement_id = numbered.settlement_id,
       released_by = numbered.released_by,
       is_posted = application.gain_loss <> 0 or credit.account_number <> debit.account_number,
       gain_loss_account = case when application.gain_loss <> 0 then (
           select entry.account_number from journal_entry as entry
            where entry.company_id = application.company_id and entry.batch_number = numbered.batch_number
              and entry.purpose = 'exchange_gain_loss'
              and (entry.credit_base > 0) = (application.gain_loss > 0)
            limit 1) end
  from numbered
  join document as credit on credit.company_id = numbered.company_id
   and credit.document_id = numbered.credit_document_id
  join document as debit on debit.company_id = numbered.company_id
 where application.company_id = numbered.company_id and application.credit_document_id = numbered.credit_document_id
   and application.released_at is not null and debit.document_id = application.debit_document_id;

alter table application
    alter column amount_credit set not null,
    drop constraint application_amount,
    drop constraint application_released_whole,
    add constraint application_amount check (case when reverses_id is null
        then amount_credit >= 0 and amount_debit >= 0 and amount_debit + discount + write_off > 0
        else amount_credit <= 0 and amount_debit <= 0 end),
    add constraint application_rate_positive check (cross_rate > 0),
    add constraint application_released_whole check (case when released_at is null
        then settlement_id is null and reverses_id is null
        else settlement_id is not null and applied_on is not null and period_id is not null
             and base_credit is not null and base_debit is not null and gain_loss = base_credit - base_debit
             and is_posted is not null and released_by is not null end),
    add constraint application_settlement_exists foreign key (company_id, settlement_id) references settlement;
-- An application is taken back once.
create unique index application_reversed_once on application (company_id, reverses_id) where reverses_id is not null;
create index application_by_settlement on application (company_id, settlement_id) where settlement_id is not null;

create trigger application_is_append_only before update or delete on application for each row
    when (old.released_at is not null) execute function refuse_application_change();

-- PER-05: what is written into a period, under the lock that whoever closes it takes alone, finds it open.
create function require_open_period(the_company integer, the_period_id text) returns void language plpgsql as $$
declare
    the_period financial_period;
    allow_closed boolean;
begin
    perform pg_advisory_xact_lock_shared(the_company, the_period_id::integer);
    select coalesce((preferences ->> 'allow_posting_to_closed_periods')::boolean, false) into allow_closed
      from company where company_id = the_company;
    select * into the_period from financial_period
     where company_id = the_company and period_id = the_period_id;
    if not found or not the_period.active
       or ((the_period.closed_in_customer_ledger or the_period.closed_in_general_ledger) and not allow_closed) then
        raise exception 'period % is not open', the_period_id
            using errcode = '23514', constraint = 'journal_period_is_open', detail = the_period_id;
    end if;
end $$;

create or replace function check_draft_period() returns trigger language plpgsql as $$
begin
    perform require_open_period(new.company_id, new.period_id);
    return null;
end $$;

create or replace function check_new_entries() returns trigger language plpgsql as $$
declare
    unbalanced text;
    posted record;
begin
    select batch_number into unbalanced
      from journal_entry
     where (company_id, batch_number) in (select company_id, batch_number from new_rows)
     group by company_id, batch_number
    having sum(debit_base) <> sum(credit_base) limit 1;
    if found then
        raise exception 'batch % does not balance', unbalanced
            using errcode = '23514', constraint = 'batch_balances', detail = unbalanced;
    end if;
    for posted in select distinct company_id, period_id from new_rows loop
        perform require_open_period(posted.company_id, posted.period_id);
    end loop;
    return null;
end $$;

-- An application that books nothing has no entry to guard its period.
create function check_settled_period() returns trigger language plpgsql as $$
begin
    perform require_open_period(new.company_id, new.period_id);
    return null;
end $$;

create trigger settlement_into_open_period after insert on settlement
    for each row execute function check_settled_period();

-- A journal entry names the document whose open balance it moves, so that the ledger proves each document.
alter table journal_entry add column moves_document_id bigint;
alter table journal_entry disable trigger journal_entry_is_append_only;
with receivable as (
    select entry.company_id, entry.batch_number, entry.line_number, document.document_id,
           row_number() over (partition by entry.company_id, entry.batch_number order by entry.line_number) as position
      from journal_entry as entry
      join document on document.company_id = entry.company_id and document.batch_number = entry.batch_number
     where entry.purpose = 'receivable'),
-- The pairs of the applications that were posted stand behind the document's own entry, by type and number.
applied as (
    select application.company_id, application.credit_document_id, application.debit_document_id,
           row_number() over (partition by application.company_id, application.credit_document_id
                              order by debit.document_type, debit.number) as position
      from application
      join document as debit on debit.company_id = application.company_id
       and debit.document_id = application.debit_document_id
     where application.is_posted),
moved as (
    select receivable.company_id, receivable.batch_number, receivable.line_number,
           coalesce(applied.debit_document_id, receivable.document_id) as document_id
      from receivable
      left join applied on applied.company_id = receivable.company_id
       and applied.credit_document_id = receivable.document_id
       and receivable.position > 1 and receivable.position = 2 * applied.position + 1)
update journal_entry as entry
   set moves_document_id = moved.document_id
  from moved
 where entry.company_id = moved.company_id and entry.batch_number = moved.batch_number
   and entry.line_number = moved.line_number;
alter table journal_entry enable trigger journal_entry_is_append_only;
-- That receivables and prepayments name one is for the self-check: the bench's ceiling, which is frozen, writes entries too.
alter table journal_entry add constraint journal_entry_moves_a_document
    check (moves_document_id is null or purpose in ('receivable', 'prepayment'));

-- A voided document may have been released; nothing of it is left then. Links to what a document corrects, voids or is an
-- instalment of.
alter table document
    add column corrects_document_id bigint,
    add column voids_document_id bigint,
    add column master_document_id bigint,
    add column instalment_number integer,
    drop constraint document_released_status,
    drop constraint document_closed_balance,
    add constraint document_released_status check (case status
        when 'Voided' then true
        else (status in ('Open', 'Closed', 'Reserved')) = (released_at is not null) end),
    add constraint document_closed_balance check (case
        when released_at is null then true
        when status in ('Closed', 'Voided') then balance = 0 and balance_base = 0
        else balance > 0 end),
    add constraint document_is_an_instalment check ((master_document_id is null) = (instalment_number is null)),
    add constraint document_links_to_another check (document_id not in
        (coalesce(corrects_document_id, 0), coalesce(voids_document_id, 0), coalesce(master_document_id, 0)));
create index document_by_master on document (company_id, master_document_id) where master_document_id is not null;
create unique index document_voided_once on document (company_id, voids_document_id) where voids_document_id is not null;

-- The header serves whatever moves a customer's balance (decision 0018). What only documents with lines have is there as
-- a whole or not at all; what only payments have will stand in a table beside it.
alter table document
    alter column detail_total drop not null,
    alter column detail_total_base drop not null,
    alter column discount_total drop not null,
    alter column discount_total_base drop not null,
    alter column vat_total drop not null,
    alter column vat_total_base drop not null,
    alter column vat_taxable_total drop not null,
    alter column vat_taxable_total_base drop not null,
    alter column vat_exempt_total drop not null,
    alter column vat_exempt_total_base drop not null,
    alter column rounding_difference drop not null,
    alter column dont_print drop not null,
    alter column dont_email drop not null,
    alter column send_to_auto_invoice drop not null,
    alter column due_date_entered drop not null,
    alter column cash_discount_date_entered drop not null,
    alter column rate_entered drop not null,
    alter column particulars drop not null,
    alter column lines_json drop not null,
    alter column vat_json drop not null,
    add constraint document_lines_part_whole check (num_nulls(detail_total, detail_total_base, discount_total, discount_total_base, vat_total, vat_total_base,
         vat_taxable_total, vat_taxable_total_base, vat_exempt_total, vat_exempt_total_base,
         rounding_difference, dont_print, dont_email, send_to_auto_invoice, due_date_entered,
         cash_discount_date_entered, rate_entered, particulars, lines_json, vat_json) in (0, 20));
