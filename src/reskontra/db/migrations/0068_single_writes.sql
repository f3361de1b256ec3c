-- Payments without a transaction, and runs that write faster.

-- A payment is written without a transaction around its read and its write (decision 0017), so the writing statement
-- proves that the documents which it names are still as they were read.

-- Locks documents, each given once, until the end of the statement's transaction. True if all have the versions that
-- were read, and nothing waits on any of them: no proposal but those of the settler, no void, no correction. It never
-- waits: what another transaction has locked counts as changed. Whoever makes one of these things holds the document,
-- and the second query sees all that was committed before the locks were taken.
create function hold_as_read(the_company integer, the_settler bigint, ids bigint[], versions bigint[])
returns boolean language plpgsql volatile as $$
declare
    held integer;
begin
    perform from document
      where company_id = the_company and document_id = any (ids)
      order by document_type, number
        for update skip locked;
    get diagnostics held = row_count;
    return held = cardinality(ids) and not exists (
        select from unnest(ids, versions) as seen (document_id, version)
         cross join lateral (
            select present.version from document as present
             where present.company_id = the_company and present.document_id = seen.document_id offset 0) as present
         where present.version <> seen.version
            or exists (select from proposal
                        where proposal.company_id = the_company and proposal.document_id = seen.document_id
                          and proposal.proposer_document_id <> the_settler)
            or exists (select from application
                        where application.company_id = the_company and application.debit_document_id = seen.document_id
                          and application.released_at is null)
            or exists (select from document as void
                        where void.company_id = the_company and void.voids_document_id = seen.document_id
                          and void.released_at is null)
            or exists (select from document as copy
                        where copy.company_id = the_company and copy.corrects_document_id = seen.document_id
                          and copy.document_type = 'Invoice' and copy.released_at is null));
end $$;

-- A run makes thousands of documents in one statement, all in one period: it is looked at once, not for each of them.
drop trigger document_inserted_into_open_period on document;
alter function check_settled_period() rename to check_periods_of_new_rows;
create trigger document_inserted_into_open_period after insert on document referencing new table as new_rows
    for each statement execute function check_periods_of_new_rows();

-- The next free numbers of a range. Mostly none of them is taken, so they are looked up all at once; only where one is,
-- or the range ends among them, or numbers are shared by several kinds, are they found one by one.
create or replace function next_free_numbers(the_company integer, the_entity text, last text, step integer,
                                             end_number text, how_many integer)
returns text[] language plpgsql volatile as $$
declare
    numbers text[] := array(select number_after(last, step * place) from generate_series(1, how_many) as place
                             order by place);
    final text := numbers[how_many];
    candidate text := last;
begin
    if the_entity in (select document_type from document_kind where document_type not in (
                          'Payment', 'Prepayment', 'Refund', 'CashSale', 'CashReturn'))
       or the_entity = 'Batch' then
        if (length(final), final collate "C") <= (length(end_number), end_number collate "C")
           and (the_entity = 'Batch' or not exists (
               select from unnest(numbers) as drawn (number)
                cross join lateral (
                   select from document
                    where document.company_id = the_company and document.document_type = the_entity
                      and lower(document.number) collate "C" = lower(drawn.number collate "C") offset 0) as taken)) then
            return numbers;
        end if;
    end if;
    numbers := '{}';
    for place in 1..how_many loop
        candidate := next_free_number(the_company, the_entity, candidate, step, end_number);
        numbers := numbers || candidate;
    end loop;
    return numbers;
end $$;
