-- Cash sales and their returns: documents with lines that their own release pays (CSA).

update document_kind set is_served = true where document_type in ('CashSale', 'CashReturn');

-- Which side of a document's entries its total is on: that of its balance or, where it never has one, of its sales.
alter table document_kind add column entry_sign smallint not null generated always as
    (case balance_sign when 0 then sales_sign else balance_sign end) stored;

insert into tally (company_id, entity, total, last_id)
select company_id, kind.document_type, 0, 0
  from company
 cross join (values ('CashSale'), ('CashReturn')) as kind (document_type);

-- Every company numbers its cash sales, by a series of that name if it has one.
insert into number_series (company_id, series_id, description, mode)
select company_id, 'CASHSALE', 'Cash sales and their returns', 'strict' from company
    on conflict do nothing;
insert into number_series_range (company_id, series_id, range_id, start_date, start_number, end_number, warn_number,
                                 last_number)
select company_id, 'CASHSALE', 1, '0001-01-01', '040001', '999999', '990000', '040000'
  from company
 where not exists (select from number_series_range as range
                    where range.company_id = company.company_id and range.series_id = 'CASHSALE');
update company set preferences = jsonb_set(preferences, '{series,cash_sale}', '"CASHSALE"')
 where preferences ? 'series';

-- What is paid at once is settled by itself: one application that has the document on both sides, and never goes back.
alter table application
    drop constraint if exists application_two_documents,
    add constraint application_two_documents check (credit_document_id <> debit_document_id
        or (amount_credit = amount_debit and base_credit = base_debit and discount = 0 and write_off = 0
            and reverses_id is null and settlement_id is not null));

-- Both kinds share one series and one address, so a number means one of them.
create unique index document_cash_sale_number_unique on document (company_id, lower(number) collate "C")
    where document_type in ('CashSale', 'CashReturn');
-- What came back of a sale (CSA-04).
create index document_cash_return_of on document (company_id, corrects_document_id)
    where document_type = 'CashReturn';

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
