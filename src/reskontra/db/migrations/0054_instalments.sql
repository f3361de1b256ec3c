-- Documents that are paid in instalments: release divides them into invoices of their own, and a settlement of the kind
-- "split" closes them by these.

-- Each part takes over what it is worth from the document that is divided. It loses nothing itself, so there is neither
-- gain nor loss.
alter table application
    add column is_split boolean not null default false,
    drop constraint application_released_whole,
    add constraint application_released_whole check (case when released_at is null
        then settlement_id is null and reverses_id is null and not is_split
        else settlement_id is not null and applied_on is not null and period_id is not null
             and base_credit is not null and base_debit is not null
             and gain_loss = case when is_split then 0 else base_credit - base_debit end
             and is_posted is not null and released_by is not null end),
    add constraint application_split_takes_over check (not is_split
        or amount_credit = 0 and base_credit = 0 and amount_debit > 0 and is_posted and reverses_id is null);

-- Which part of which document an invoice is stays as it was released.
create trigger document_released_master_is_frozen before update of master_document_id, instalment_number on document
    for each row when (old.released_at is not null and
        (new.master_document_id, new.instalment_number)
        is distinct from (old.master_document_id, old.instalment_number))
    execute function refuse_released_figures();

-- The next free numbers of a range, in their order.
create function next_free_numbers(the_company integer, the_entity text, last text, step integer, end_number text,
                                  how_many integer) returns text[] language plpgsql volatile as $$
declare
    numbers text[] := '{}';
    candidate text := last;
begin
    for place in 1..how_many loop
        candidate := next_free_number(the_company, the_entity, candidate, step, end_number);
        numbers := numbers || candidate;
    end loop;
    return numbers;
end $$;
