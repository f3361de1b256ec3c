-- A first reminder to every customer of the large company: all that is 14 days overdue moves to level 1. One letter a
-- customer, a line and a change row a document, a change row a letter, the tallies; released at once, without a fee.
with overdue as materialized (
    select document_id, customer_id, number, due_date, balance, balance_base from document
     where company_id = 1 and document_type = 'Invoice' and released_at is not null and balance > 0
       and dunning_level = 0 and due_date <= :as_of::date - 14),
letters as materialized (
    select customer_id, (row_number() over (order by customer_id))::integer as letter_id
      from overdue group by customer_id),
letter_changes as (
    insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event)
    select 1, now(), 'isv_bench', 'ceiling', 'DunningLetter', letter_id::text, 'released' from letters
    returning change_id, entity_key),
written as (
    insert into dunning_letter (
        company_id, letter_id, customer_id, level, status, letter_date, payment_deadline, currency_id, fee,
        final_reminder, created_at, created_by, released_at, version)
    select 1, letter_id, customer_id, 1, 'Released', :as_of::date, :as_of::date + 14, 'NOK', 0, false, now(), 'isv_bench',
           now(), change_id
      from letters join letter_changes on entity_key = letter_id::text),
lined as (
    insert into dunning_letter_line (
        company_id, letter_id, document_id, level_before, level_after, due_date, balance, balance_base)
    select 1, letter_id, document_id, 0, 1, due_date, balance, balance_base
      from overdue join letters using (customer_id)),
document_changes as (
    insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event)
    select 1, now(), 'isv_bench', 'ceiling', 'Invoice', number, 'updated' from overdue
    returning change_id, entity_key),
moved as (
    update document
       set dunning_level = 1, dunning_letter_date = :as_of::date, modified_at = now(), version = change_id
      from overdue join document_changes on entity_key = number
     where company_id = 1 and document.document_id = overdue.document_id
    returning document.document_id),
tallied as (
    update tally
       set total = total + case entity when 'DunningLetter' then (select count(*) from letters) else 0 end,
           last_id = case entity when 'DunningLetter' then (select max(letter_id) from letters) else last_id end,
           last_change_id = newest.change_id
      from (select max(change_id) as change_id from document_changes) as newest
     where company_id = 1 and entity in ('DunningLetter', 'Invoice'))
select 1 / count(*) from moved;
