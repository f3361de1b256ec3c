-- PER-05, PER-06: a draft is saved into an open period only, under the same lock as a posting, so that closing a
-- period sees every document that could still be released into it.

create function check_draft_period() returns trigger language plpgsql as $$
declare
    the_period financial_period;
    allow_closed boolean;
begin
    perform pg_advisory_xact_lock_shared(new.company_id, new.period_id::integer);
    select coalesce((preferences ->> 'allow_posting_to_closed_periods')::boolean, false) into allow_closed
      from company where company_id = new.company_id;
    select * into the_period from financial_period
     where company_id = new.company_id and period_id = new.period_id;
    if not found or not the_period.active
       or ((the_period.closed_in_customer_ledger or the_period.closed_in_general_ledger) and not allow_closed) then
        raise exception 'period % is not open', new.period_id
            using errcode = '23514', constraint = 'journal_period_is_open', detail = new.period_id;
    end if;
    return null;
end $$;

create trigger document_inserted_into_open_period after insert on document
    for each row execute function check_draft_period();
create trigger document_moved_into_open_period after update of period_id on document
    for each row when (new.period_id is distinct from old.period_id) execute function check_draft_period();
