-- Projects, with their tasks (PRJ-01). Documents go on taking any text as their project.

create table project (
    company_id            integer not null,
    project_id            integer not null,
    number                text collate "C" not null,
    description           text not null,
    customer_id           integer,
    location_id           integer,
    status                text collate "C" not null,
    on_hold               boolean not null,
    template              text,
    start_date            date,
    end_date              date,
    branch_number         text collate "C",
    default_account       text collate "C",
    default_subaccount_id integer,
    accrual_account       text collate "C",
    accrual_subaccount_id integer,
    billing_period        text collate "C",
    billing_rule          text,
    allocation_rule       text,
    rate_table            text,
    auto_allocate         boolean not null,
    auto_release          boolean not null,
    manager_number        text,
    manager_id            integer,
    restrict_employees    boolean not null,
    restrict_equipment    boolean not null,
    employees             jsonb not null,
    visibility            jsonb not null,
    tasks                 jsonb not null,
    note                  text,
    created_at            timestamptz not null,
    modified_at           timestamptz not null,
    version               bigint not null,
    constraint project_pk primary key (company_id, project_id),
    constraint project_number_unique unique (company_id, number),
    constraint project_of_customer foreign key (company_id, customer_id) references customer,
    constraint project_dates check (start_date <= end_date),
    constraint project_is_one check (lower(number) collate "C" <> 'x')
);
create unique index project_number_folded on project (company_id, lower(number) collate "C");
-- What was sold on a project.
create index document_of_project on document (company_id, lower(project_id) collate "C") where project_id is not null;

create trigger project_inserted after insert on project referencing new table as changed_rows
    for each statement execute function bump_reference_version();
create trigger project_updated after update on project referencing new table as changed_rows
    for each statement execute function bump_reference_version();
create trigger project_deleted after delete on project referencing old table as changed_rows
    for each statement execute function bump_reference_version();

insert into tally (company_id, entity, total, last_id)
select company_id, 'Project', 0, 0 from company;

-- Every company numbers its projects, by a series of that name if it has one.
insert into number_series (company_id, series_id, description, mode)
select company_id, 'PROJECT', 'Projects', 'automatic' from company
    on conflict do nothing;
insert into number_series_range (company_id, series_id, range_id, start_date, start_number, end_number, warn_number,
                                 last_number)
select company_id, 'PROJECT', 1, '0001-01-01', 'P00001', 'P99999', 'P99000', 'P00000'
  from company
 where not exists (select from number_series_range as range
                    where range.company_id = company.company_id and range.series_id = 'PROJECT');
update company set preferences = jsonb_set(preferences, '{series,project}', '"PROJECT"')
 where preferences ? 'series';

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
        elsif the_entity = 'Project' then
            exit when not exists (select from project where company_id = the_company
                                     and lower(number) collate "C" = lower(candidate collate "C"));
        elsif the_entity in ('Payment', 'Prepayment', 'Refund') then
            exit when not exists (select from document where company_id = the_company
                                     and document_type in ('Payment', 'Prepayment', 'Refund')
                                     and lower(number) collate "C" = lower(candidate collate "C"));
        elsif the_entity in ('CashSale', 'CashReturn') then
            exit when not exists (select from document where company_id = the_company
                                     and document_type in ('CashSale', 'CashReturn')
                                     and lower(number) collate "C" = lower(candidate collate "C"));
        else
            exit when not exists (select from document where company_id = the_company and document_type = the_entity
                                     and lower(number) collate "C" = lower(candidate collate "C"));
        end if;
    end loop;
    return candidate;
end $$;
