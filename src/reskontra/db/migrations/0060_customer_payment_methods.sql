-- What payment methods ask for, and what each customer says of its own way to pay (CPM-01).

create table payment_method_detail (
    company_id        integer not null,
    payment_method_id text collate "C" not null,
    detail_id         text collate "C" not null,
    description       text not null,
    is_identifier     boolean not null,
    constraint payment_method_detail_pk primary key (company_id, payment_method_id, detail_id)
);

do $$
declare reference text;
begin
    foreach reference in array array['payment_method_detail']
    loop
        execute format('create trigger %1$s_inserted after insert on %1$s referencing new table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
        execute format('create trigger %1$s_updated after update on %1$s referencing new table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
        execute format('create trigger %1$s_deleted after delete on %1$s referencing old table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
    end loop;
end $$;

-- Version 0 is a row that came with the customer: active, and paid to the method's own cash account (CPM-03).
alter table customer_payment_method
    add column active boolean not null default true,
    add column cash_account text collate "C",
    add column details jsonb not null default '{}',
    add column version bigint not null default 0;

insert into customer_payment_method (company_id, customer_id, payment_method_id)
select company_id, customer_id, default_payment_method_id
  from customer
 where default_payment_method_id is not null
on conflict on constraint customer_payment_method_pk do nothing;
