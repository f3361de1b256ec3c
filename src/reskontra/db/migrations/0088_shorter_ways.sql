-- What hot statements ask of each row is found by a shorter way.

-- Who proposes to settle a document is read from the index by document alone. As long as that index did not hold the
-- proposer, PostgreSQL went through the primary key, which does, and so through all proposals of the company.
alter table proposal
    drop constraint application_one_proposal_of_payment,
    add constraint application_one_proposal_of_payment unique (company_id, document_id) include (proposer_document_id);

-- The next number where the last one ends in digits and the next one has as many and is within the range, as nearly all
-- are; else null: then ask `next_free_number`. PostgreSQL writes these texts into the statement, as each is one
-- expression, which takes less time than calling a function.
create function plain_number_after(last text, step integer) returns text language sql immutable as $$
    select case when last ~ '[0-9]$'
                 and length((substr(last, length(rtrim(last, '0123456789')) + 1)::numeric + step)::text)
                     <= length(last) - length(rtrim(last, '0123456789'))
                then rtrim(last, '0123456789')
                     || lpad((substr(last, length(rtrim(last, '0123456789')) + 1)::numeric + step)::text,
                             length(last) - length(rtrim(last, '0123456789')), '0') end
$$;

create function plain_next_number(last text, step integer, end_number text) returns text language sql immutable as $$
    select case when length(last) = length(end_number)
                 and plain_number_after(last, step) <= end_number collate "C" then plain_number_after(last, step) end
$$;

-- As before (migration 0087), but in no order: who waits for nobody needs none.
create or replace function hold_as_read(the_company integer, the_settler bigint, ids bigint[], versions bigint[])
returns boolean language plpgsql volatile as $$
declare
    held integer;
begin
    -- What was changed after the snapshot is looked at again once it is locked, so its version is the newest.
    perform from unnest(ids, versions) as seen (document_id, version)
       join document on document.company_id = the_company and document.document_id = seen.document_id
      where document.version = seen.version
        for update of document skip locked;
    get diagnostics held = row_count;
    return held = cardinality(ids) and not exists (
        select from proposal
         where company_id = the_company and document_id = any (ids) and proposer_document_id <> the_settler
        union all
        select from application
         where company_id = the_company and debit_document_id = any (ids) and released_at is null
        union all
        select from document
         where company_id = the_company and voids_document_id = any (ids) and released_at is null
        union all
        select from document
         where company_id = the_company and corrects_document_id = any (ids) and document_type = 'Invoice'
           and released_at is null);
end $$;
