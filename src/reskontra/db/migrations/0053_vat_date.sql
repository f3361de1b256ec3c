-- The day whose VAT rates a document has; a line may have a day of its own. On a credit note it is usually the day of the
-- invoice that it corrects (decision 0027). Null on documents without lines.
alter table document
    add column vat_date date,
    add column vat_date_entered boolean not null default false;
alter table document_line add column vat_date date;

-- Lines of two days may have one VAT id at two rates.
alter table document_vat
    drop constraint document_vat_pk,
    add constraint document_vat_pk primary key (company_id, document_id, vat_id, rate);

update document set vat_date = document_date where lines_json is not null;

-- A draft credit note that is to settle one document corrects that one. What is released stays as it was released.
update document
   set corrects_document_id = proposed.debit_document_id
  from (select company_id, credit_document_id, min(debit_document_id) as debit_document_id
          from application where released_at is null
         group by company_id, credit_document_id having count(*) = 1) as proposed
 where document.company_id = proposed.company_id and document.document_id = proposed.credit_document_id
   and document.document_type = 'CreditNote' and document.released_at is null;

-- What is new joins the frozen figures only where it says something, so that the hashes of older documents hold.
create or replace function document_figures(the_company integer, the_document bigint) returns text
language sql stable as $$
    select md5(
        (select row(document_type, number, customer_id, location_id, branch_number, document_date, period_id,
                    currency_id, exchange_rate, rate_operator, account_number, subaccount_id, vat_zone_id, detail_total,
                    detail_total_base, discount_total, discount_total_base, vat_total, vat_total_base,
                    vat_taxable_total, vat_taxable_total_base, vat_exempt_total, vat_exempt_total_base,
                    rounding_difference, amount, amount_base)::text
                || coalesce('vat date ' || nullif(vat_date, document_date), '')
                || coalesce('corrects ' || corrects_document_id, '')
           from document where company_id = the_company and document_id = the_document)
        || coalesce((select string_agg(row(line_number, item_id, quantity, unit_price, extended_amount,
                    discount_amount, amount, amount_base, net_amount, net_amount_base, account_number,
                    subaccount_id, vat_category_id, vat_ids)::text || coalesce('vat date ' || vat_date, ''), ';'
                    order by line_number)
           from document_line where company_id = the_company and document_id = the_document), '')
        || coalesce((select string_agg(row(vat_id, rate, taxable, taxable_base, vat, vat_base)::text, ';'
                    order by vat_id, rate)
           from document_vat where company_id = the_company and document_id = the_document), ''))
$$;

create trigger document_released_links_are_frozen before update of vat_date, corrects_document_id on document
    for each row when (old.released_at is not null and
        (new.vat_date, new.corrects_document_id) is distinct from (old.vat_date, old.corrects_document_id))
    execute function refuse_released_figures();
