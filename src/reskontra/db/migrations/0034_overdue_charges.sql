-- Overdue charges: the codes that say how they are computed, and the days that each line of a charge is for.

create table overdue_charge (
    company_id        integer not null,
    overdue_charge_id text collate "C" not null,
    description       text not null,
    calculation       text collate "C" not null,
    charging          text collate "C" not null,
    amount            numeric(19,4) not null default 0,
    minimum           numeric(19,4) not null default 0,
    threshold         numeric(19,4) not null default 0,
    total_threshold   numeric(19,4) not null default 0,
    legal             text collate "C",
    in_base_currency  boolean not null default false,
    terms_id          text collate "C" not null,
    charge_account    text collate "C" not null,
    vat_category_id   text collate "C",
    fee_amount        numeric(19,4) not null default 0,
    fee_legal         text collate "C",
    fee_account       text collate "C",
    fee_description   text,
    constraint overdue_charge_pk primary key (company_id, overdue_charge_id),
    constraint overdue_charge_calculation_known check
        (calculation in ('InterestOnBalance', 'InterestOnProratedBalance', 'InterestOnArrears')),
    constraint overdue_charge_charging_known check
        (charging in ('Fixed', 'PercentWithMinimum', 'PercentWithThreshold'))
);

create table overdue_charge_rate (
    company_id        integer not null,
    overdue_charge_id text collate "C" not null,
    start_date        date not null,
    percent           numeric(9,6) not null,
    constraint overdue_charge_rate_pk primary key (company_id, overdue_charge_id, start_date)
);

do $$
declare reference text;
begin
    foreach reference in array array['overdue_charge', 'overdue_charge_rate']
    loop
        execute format('create trigger %1$s_inserted after insert on %1$s referencing new table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
        execute format('create trigger %1$s_updated after update on %1$s referencing new table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
        execute format('create trigger %1$s_deleted after delete on %1$s referencing old table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
    end loop;
end $$;

update document_kind set is_served = true where document_type = 'FinCharge';

insert into tally (company_id, entity, total, last_id)
select company_id, 'FinCharge', 0, 0 from company;

-- Every company chooses a series for every kind. One that has no code charges nobody.
with made as (
    insert into number_series (company_id, series_id, description, mode)
    select company_id, 'OVERDUE', 'Overdue charges', 'strict' from company
    on conflict do nothing
    returning company_id, series_id)
insert into number_series_range (company_id, series_id, range_id, start_number, end_number, last_number, step, start_date)
select company_id, series_id, 1, '030001', '039999', '030000', 1, '0001-01-01' from made;
update company
   set preferences = jsonb_set(preferences, '{series,overdue_charge}', '"OVERDUE"')
 where preferences ? 'series';

-- The days of a document that a line of a charge is for (OCH-02). No day is charged twice: the rows of a document are a
-- chain. Each names the last day of the one before it, which nobody else may name, and begins after that. A draft holds
-- its days until it or its line is deleted.
create table charged_days (
    company_id  integer not null,
    document_id bigint not null,
    line_number integer not null,
    source_document_id bigint not null,
    first_day   date not null,
    last_day    date not null,
    charged_until date,
    constraint charged_days_pk primary key (company_id, document_id, line_number),
    constraint charged_days_of_a_line foreign key (company_id, document_id, line_number)
        references document_line on delete cascade,
    constraint charged_days_in_order check (first_day <= last_day and charged_until < first_day),
    constraint charged_days_end_once unique (company_id, source_document_id, last_day),
    constraint charged_days_follow_a_charge foreign key (company_id, source_document_id, charged_until)
        references charged_days (company_id, source_document_id, last_day)
);
create unique index charged_days_once on charged_days
    (company_id, source_document_id, coalesce(charged_until, '-infinity'::date));

create trigger charged_days_inserted after insert on charged_days referencing new table as changed_rows
    for each statement execute function refuse_released_rows();
create trigger charged_days_updated after update on charged_days referencing old table as changed_rows
    for each statement execute function refuse_released_rows();
create trigger charged_days_deleted after delete on charged_days referencing old table as changed_rows
    for each statement execute function refuse_released_rows();
