-- Who writes documents holds the company's reference data as it is until the transaction ends; who changes that data
-- waits for them, and they for him (decision 0016). So no document is decided by, or shows the words of, what was
-- changed while it was made. The lock is advisory, (company_id, 0): it writes nothing, unlike one on the company's row.
-- Periods have theirs at (company_id, period); it is taken after this one.

-- The version that holds until the transaction ends, also where the lock had to be waited for: each statement of a
-- volatile function sees what is committed by then.
create function hold_reference(the_company integer) returns bigint language plpgsql volatile as $$
begin
    perform pg_advisory_xact_lock_shared(the_company, 0);
    return (select reference_version from company where company_id = the_company);
end $$;

create or replace function bump_reference_version() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(changed.company_id, 0)
       from (select distinct company_id from changed_rows order by company_id) as changed;
    update company set reference_version = nextval('change_id')
     where company_id in (select distinct company_id from changed_rows);
    return null;
end $$;

create or replace function bump_own_reference_version() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(new.company_id, 0);
    if new.reference_version = old.reference_version then
        new.reference_version := nextval('change_id');
    end if;
    return new;
end $$;
