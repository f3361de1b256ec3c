-- Discounts of lines: codes from the company file, series with their steps (DCT-01, DCT-02).

create table discount_code (
    company_id    integer not null,
    discount_code text collate "C" not null,
    description   text not null,
    kind          text collate "C" not null,
    applies_to    text collate "C" not null,
    customers     text[] not null,
    items         text[] not null,
    price_classes text[] not null,
    constraint discount_code_pk primary key (company_id, discount_code)
);

create table discount_series (
    company_id      integer not null,
    discount_code   text collate "C" not null,
    series          text collate "C" not null,
    description     text,
    discount_by     text collate "C" not null,
    break_by        text collate "C" not null,
    promotional     boolean not null,
    active          boolean not null,
    effective_date  date,
    expiration_date date,
    breakpoints     jsonb not null,
    created_at      timestamptz not null,
    modified_at     timestamptz not null,
    version         bigint not null,
    constraint discount_series_pk primary key (company_id, discount_code, series),
    constraint discount_series_of_code foreign key (company_id, discount_code) references discount_code,
    constraint discount_series_dates check (effective_date <= expiration_date),
    constraint discount_series_promotion check (not promotional or num_nulls(effective_date, expiration_date) = 0)
);
create unique index discount_series_folded on discount_series (
    company_id, discount_code, lower(series) collate "C");

do $$
declare reference text;
begin
    foreach reference in array array['discount_code', 'discount_series']
    loop
        execute format('create trigger %1$s_inserted after insert on %1$s referencing new table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
        execute format('create trigger %1$s_updated after update on %1$s referencing new table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
        execute format('create trigger %1$s_deleted after delete on %1$s referencing old table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
    end loop;
end $$;

insert into tally (company_id, entity, total, last_id)
select company_id, 'DiscountSeries', 0, 0 from company;

alter table document_line add column discount_code text collate "C";
