-- Deductions for domestic services in Sweden (RRT): what of a document the tax authority pays, and on which lines.

-- `deduction` is one record with the shares of the persons; null where nothing is deducted.
alter table document add column deduction jsonb;
alter table document_line
    add column work_type text collate "C",
    add column deduction numeric(19,4) not null default 0;
alter table document
    add constraint document_deduction_of_debit check (deduction is null or document_type in ('Invoice', 'DebitNote'));
alter table document_line
    add constraint document_line_deduction_of_work check (deduction = 0 or work_type is not null);

-- What a person has from a company in a year is summed over the documents that deduct.
create index document_with_deduction on document (company_id, document_date) where deduction is not null;

-- A document has one claim on the tax authority, and a claim is taken back once.
create unique index document_claimed_once on document (company_id, corrects_document_id)
    where origin in ('tax_claim', 'tax_claim_back');

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
                || coalesce('deduction ' || deduction::text, '')
           from document where company_id = the_company and document_id = the_document)
        || coalesce((select string_agg(row(line_number, item_id, quantity, unit_price, extended_amount,
                    discount_amount, amount, amount_base, net_amount, net_amount_base, account_number,
                    subaccount_id, vat_category_id, vat_ids)::text || coalesce('vat date ' || vat_date, '')
                    || coalesce('work ' || work_type || ' ' || deduction, ''), ';'
                    order by line_number)
           from document_line where company_id = the_company and document_id = the_document), '')
        || coalesce((select string_agg(row(vat_id, rate, taxable, taxable_base, vat, vat_base)::text, ';'
                    order by vat_id, rate)
           from document_vat where company_id = the_company and document_id = the_document), ''))
$$;

create trigger document_released_deduction_is_frozen before update of deduction on document
    for each row when (old.released_at is not null and new.deduction is distinct from old.deduction)
    execute function refuse_released_figures();
