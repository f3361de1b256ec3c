-- The general ledger side: batches of balanced entries, append-only. Corrections are new rows.

create table batch (
    company_id    integer not null,
    batch_number  text collate "C" not null,
    module        text not null default 'AR',
    period_id     text collate "C" not null,
    batch_date    date not null,
    description   text,
    status        text not null,
    currency_id   text collate "C" not null,
    document_type text collate "C",
    document_number text collate "C",
    total_base    numeric(19,4) not null,
    created_at    timestamptz not null,
    created_by    text not null,
    constraint batch_pk primary key (company_id, batch_number),
    constraint batch_status_known check (status in ('Posted', 'Unposted'))
);
create index batch_by_period on batch (company_id, period_id, batch_number);
create index batch_by_document on batch (company_id, document_type, document_number);

create table journal_entry (
    company_id      integer not null,
    batch_number    text collate "C" not null,
    line_number     integer not null,
    account_number  text collate "C" not null,
    subaccount_id   integer not null,
    branch_number   text collate "C" not null,
    debit           numeric(19,4) not null,
    credit          numeric(19,4) not null,
    debit_base      numeric(19,4) not null,
    credit_base     numeric(19,4) not null,
    currency_id     text collate "C" not null,
    exchange_rate   numeric(18,8) not null,
    entry_date      date not null,
    period_id       text collate "C" not null,
    document_type   text collate "C" not null,
    document_number text collate "C" not null,
    customer_id     integer not null,
    vat_id          text collate "C",
    purpose         text not null,
    description     text,
    constraint journal_entry_pk primary key (company_id, batch_number, line_number),
    constraint journal_entry_one_side check (debit >= 0 and credit >= 0 and debit_base >= 0 and credit_base >= 0
        and (debit = 0 or credit = 0) and (debit_base = 0 or credit_base = 0)),
    constraint journal_entry_purpose_known check (purpose in
        ('receivable', 'revenue', 'vat', 'discount', 'rounding', 'payment', 'prepayment', 'write_off',
         'exchange_gain_loss', 'cash_discount', 'charge'))
);
create index journal_entry_by_account on journal_entry (company_id, account_number, period_id);

create function refuse_journal_change() returns trigger language plpgsql as $$
begin
    raise exception 'the journal is append-only'
        using errcode = '23514', constraint = 'journal_is_append_only', detail = old.batch_number;
end $$;

create trigger journal_entry_is_append_only before update or delete on journal_entry
    for each row execute function refuse_journal_change();
create trigger batch_is_append_only before delete on batch
    for each row execute function refuse_journal_change();
create trigger batch_figures_are_append_only before update on batch for each row
    when ((old.batch_number, old.period_id, old.batch_date, old.currency_id, old.document_type, old.document_number,
           old.total_base, old.status)
          is distinct from
          (new.batch_number, new.period_id, new.batch_date, new.currency_id, new.document_type, new.document_number,
           new.total_base, case when old.status = 'Unposted' then old.status else new.status end))
    execute function refuse_journal_change();

-- GL: a batch balances in base (invariant 23), and nothing is posted into a period that is missing, inactive or
-- closed (invariant 29). Whoever closes a period takes period_lock exclusively, so that no posting slips past.
create function check_new_entries() returns trigger language plpgsql as $$
declare
    unbalanced text;
    posted record;
    the_period financial_period;
    allow_closed boolean;
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
        perform pg_advisory_xact_lock_shared(posted.company_id, posted.period_id::integer);
        select coalesce((preferences ->> 'allow_posting_to_closed_periods')::boolean, false) into allow_closed
          from company where company_id = posted.company_id;
        select * into the_period from financial_period
         where company_id = posted.company_id and period_id = posted.period_id;
        if not found or not the_period.active
           or ((the_period.closed_in_customer_ledger or the_period.closed_in_general_ledger) and not allow_closed) then
            raise exception 'period % is not open', posted.period_id
                using errcode = '23514', constraint = 'journal_period_is_open', detail = posted.period_id;
        end if;
    end loop;
    return null;
end $$;

create trigger journal_entry_checked after insert on journal_entry referencing new table as new_rows
    for each statement execute function check_new_entries();
