-- The chart of accounts and the branches as the wire shows them, and what lists of the journal need.

create table account_class (
    company_id       integer not null,
    account_class_id text collate "C" not null,
    description      text not null,
    account_type     text not null,
    constraint account_class_pk primary key (company_id, account_class_id),
    constraint account_class_type_known check (account_type in ('Asset', 'Liability', 'Income', 'Expense'))
);
insert into account_class (company_id, account_class_id, description, account_type)
select distinct on (company_id, account_class) company_id, account_class, account_class, account_type
  from account
 where account_class is not null
 order by company_id, account_class, account_number;

create trigger account_class_inserted after insert on account_class referencing new table as changed_rows
    for each statement execute function bump_reference_version();
create trigger account_class_updated after update on account_class referencing new table as changed_rows
    for each statement execute function bump_reference_version();
create trigger account_class_deleted after delete on account_class referencing old table as changed_rows
    for each statement execute function bump_reference_version();

-- post_option says whether a batch keeps an account's entries apart ('Detail') or may add them up ('Summary').
alter table account
    add column account_id integer,
    add column account_group text,
    add column analysis_code text,
    add column public_code_1 text,
    add column post_option text not null default 'Detail',
    add column default_subaccount boolean not null default false,
    add column holds_cash boolean not null default false,
    add column version bigint not null default nextval('change_id'),
    add constraint account_post_option_known check (post_option in ('Detail', 'Summary'));
update account set account_id = numbered.account_id
  from (select company_id, account_number,
               row_number() over (partition by company_id order by account_number) as account_id
          from account) as numbered
 where numbered.company_id = account.company_id and numbered.account_number = account.account_number;
update account set holds_cash = true
 where exists (select from payment_method
                where payment_method.company_id = account.company_id
                  and payment_method.cash_account = account.account_number);
alter table account
    alter column account_id set not null,
    add constraint account_id_unique unique (company_id, account_id);
create unique index account_number_unique on account (company_id, lower(account_number) collate "C");
create index account_modified on account (company_id, modified_at);

-- What is posted keeps its meaning: an account that has entries stays of the type they were posted under. Whoever
-- posts to it at the same moment reads the account after this update, or this update reads its entries.
create function refuse_other_type() returns trigger language plpgsql as $$
begin
    if exists (select from journal_entry
                where company_id = old.company_id and account_number = old.account_number) then
        raise exception 'account % has entries', old.account_number
            using errcode = '23514', constraint = 'account_type_is_posted', detail = new.account_type;
    end if;
    return new;
end $$;
create trigger account_type_is_posted before update on account for each row
    when (new.account_type <> old.account_type) execute function refuse_other_type();

alter table subaccount
    add column version bigint not null default nextval('change_id');
create unique index subaccount_number_folded on subaccount (company_id, lower(subaccount_number) collate "C");

-- A public id is made of the codes it stands for, so that the same books have the same ids everywhere.
alter table segment
    add column public_id uuid not null
        generated always as (md5(company_id::text || '/' || dimension_id || '/' || segment_id::text)::uuid) stored,
    add column modified_at timestamptz,
    add column version bigint not null default nextval('change_id');
update segment set modified_at = company.created_at from company where company.company_id = segment.company_id;
alter table segment alter column modified_at set not null;
alter table segment_value
    add column public_id uuid not null generated always as
        (md5(company_id::text || '/' || dimension_id || '/' || segment_id::text || '/' || value)::uuid) stored,
    add column modified_at timestamptz,
    add column version bigint not null default nextval('change_id');
update segment_value set modified_at = company.created_at
  from company where company.company_id = segment_value.company_id;
alter table segment_value alter column modified_at set not null;

alter table branch add column branch_id integer;
update branch set branch_id = numbered.branch_id
  from (select company_id, branch_number,
               row_number() over (partition by company_id order by branch_number) as branch_id
          from branch) as numbered
 where numbered.company_id = branch.company_id and numbered.branch_number = branch.branch_number;
alter table branch
    alter column branch_id set not null,
    add constraint branch_id_unique unique (company_id, branch_id);

-- Lists of the journal are in the order of period, batch and line. Whatever writes a batch is counted here, so that
-- no writing statement has to remember it.
alter table batch add column version bigint not null default nextval('change_id');
create index journal_entry_by_period on journal_entry (company_id, period_id, batch_number, line_number);
create index batch_modified on batch (company_id, created_at);

create function tally_journal() returns trigger language plpgsql as $$
begin
    update tally set total = total + added.count, last_change_id = nextval('change_id')
      from (select company_id, case when tg_op = 'INSERT' then count(*) else 0 end as count
              from changed_rows group by company_id) as added
     where tally.company_id = added.company_id and tally.entity = tg_argv[0];
    return null;
end $$;
create trigger batch_tallied after insert on batch referencing new table as changed_rows
    for each statement execute function tally_journal('Batch');
create trigger batch_change_tallied after update on batch referencing new table as changed_rows
    for each statement execute function tally_journal('Batch');
create trigger batch_change_tallied_in_entries after update on batch referencing new table as changed_rows
    for each statement execute function tally_journal('JournalEntry');
create trigger journal_entry_tallied after insert on journal_entry referencing new table as changed_rows
    for each statement execute function tally_journal('JournalEntry');

insert into tally (company_id, entity, total, last_id, last_change_id)
select company_id, 'Account', count(account.account_id), coalesce(max(account.account_id), 0), nextval('change_id')
  from company left join account using (company_id) group by company_id
on conflict do nothing;
insert into tally (company_id, entity, total, last_change_id)
select company_id, 'Batch', count(batch.batch_number), nextval('change_id')
  from company left join batch using (company_id) group by company_id
on conflict do nothing;
insert into tally (company_id, entity, total, last_change_id)
select company_id, 'JournalEntry', count(journal_entry.line_number), nextval('change_id')
  from company left join journal_entry using (company_id) group by company_id
on conflict do nothing;
