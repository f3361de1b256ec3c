-- Payments, prepayments and refunds, and the voids of them: headers in `document`, what only they have beside it.

-- Where money lies, and what may be charged there.
create table cash_account (
    company_id     integer not null,
    account_number text collate "C" not null,
    description    text not null,
    currency_id    text collate "C",
    modified_at    timestamptz not null,
    constraint cash_account_pk primary key (company_id, account_number)
);

create table cash_entry_type (
    company_id     integer not null,
    account_number text collate "C" not null,
    entry_type_id  text collate "C" not null,
    description    text not null,
    direction      text collate "C" not null,
    offset_account text collate "C" not null,
    deduct_from_payment boolean not null default false,
    constraint cash_entry_type_pk primary key (company_id, account_number, entry_type_id),
    constraint cash_entry_type_direction_known check (direction in ('Receipt', 'Disbursement'))
);

-- A company that exists has the cash accounts that its payment methods name.
insert into cash_account (company_id, account_number, description, modified_at)
select account.company_id, account.account_number, account.description, account.modified_at
  from account
 where account.holds_cash;

do $$
declare reference text;
begin
    foreach reference in array array['cash_account', 'cash_entry_type']
    loop
        execute format('create trigger %1$s_inserted after insert on %1$s referencing new table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
        execute format('create trigger %1$s_updated after update on %1$s referencing new table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
        execute format('create trigger %1$s_deleted after delete on %1$s referencing old table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
    end loop;
end $$;

update document_kind set is_served = true
 where document_type in ('Payment', 'Prepayment', 'Refund', 'VoidPayment', 'VoidRefund');
update document_kind set settles = '{Payment,Prepayment}' where document_type = 'VoidPayment';
update document_kind set settles = '{Refund}' where document_type = 'VoidRefund';

insert into tally (company_id, entity, total, last_id)
select company_id, kind.document_type, 0, 0
  from company
 cross join (values ('Payment'), ('Prepayment'), ('Refund'), ('VoidPayment'), ('VoidRefund')) as kind (document_type);

-- `applied_on` is the date of the lines that are not released yet; later it is that of the newest application (PAY-02).
create table payment (
    company_id     integer not null,
    document_id    bigint not null,
    applied_on     date not null,
    applied_period_id text collate "C" not null,
    amount_entered boolean not null,
    constraint payment_pk primary key (company_id, document_id)
);

-- What a payment will settle, or a refund pay out: an amount in the payment's currency for each document. Its release
-- turns the rows into applications. (A draft credit note's proposals stand in `application`.)
create table proposal (
    company_id  integer not null,
    proposer_document_id bigint not null,
    position    integer not null,
    document_id bigint not null,
    amount      numeric(19,4) not null,
    discount    numeric(19,4) not null,
    write_off   numeric(19,4) not null,
    reason_code text collate "C",
    cross_rate  numeric(18,8) not null,
    constraint proposal_pk primary key (company_id, proposer_document_id, document_id),
    constraint proposal_rate_positive check (cross_rate > 0),
    -- APP-08: one proposal at a time on a document.
    constraint application_one_proposal_of_payment unique (company_id, document_id)
);

create table payment_charge (
    company_id    integer not null,
    document_id   bigint not null,
    line_number   integer not null,
    entry_type_id text collate "C" not null,
    direction     text collate "C" not null,
    account_number text collate "C" not null,
    subaccount_id integer not null,
    description   text,
    amount        numeric(19,4) not null,
    amount_base   numeric(19,4) not null,
    is_deducted   boolean not null,
    constraint payment_charge_pk primary key (company_id, document_id, line_number),
    constraint payment_charge_amount check (amount > 0 and amount_base >= 0)
);

-- Which payment made a settlement; and on each application what the discount and write-off were in the credit
-- document's currency, and where they went.
alter table settlement add column document_id bigint;
alter table settlement
    drop constraint settlement_reverses,
    add constraint settlement_reverses check (case kind
        when 'undo' then reverses_id is not null when 'void' then true else reverses_id is null end);
create index settlement_by_document on settlement (company_id, document_id) where document_id is not null;
alter table application
    add column discount_credit numeric(19,4) not null default 0,
    add column write_off_credit numeric(19,4) not null default 0,
    add column discount_account text collate "C",
    add column write_off_account text collate "C";

-- PAY-03: payments, prepayments and refunds share one series, so a number means one of them.
create unique index payment_number_unique on document (company_id, lower(number) collate "C")
    where document_type in ('Payment', 'Prepayment', 'Refund');

create or replace function next_free_number(the_company integer, the_entity text, last text, step integer, end_number text)
returns text language plpgsql volatile as $$
declare candidate text := last;
begin
    loop
        candidate := number_after(candidate, step);
        if length(candidate) > length(end_number) or (length(candidate) = length(end_number)
                                                      and candidate > end_number collate "C") then
            raise exception 'the number series is used up'
                using errcode = '23514', constraint = 'number_series_used_up', detail = end_number;
        end if;
        if the_entity = 'Customer' then
            exit when not exists (select from customer where company_id = the_company
                                     and lower(number) collate "C" = lower(candidate collate "C"));
        elsif the_entity = 'Batch' then
            exit;
        elsif the_entity in ('Payment', 'Prepayment', 'Refund') then
            exit when not exists (select from document where company_id = the_company
                                     and document_type in ('Payment', 'Prepayment', 'Refund')
                                     and lower(number) collate "C" = lower(candidate collate "C"));
        else
            exit when not exists (select from document where company_id = the_company and document_type = the_entity
                                     and lower(number) collate "C" = lower(candidate collate "C"));
        end if;
    end loop;
    return candidate;
end $$;
