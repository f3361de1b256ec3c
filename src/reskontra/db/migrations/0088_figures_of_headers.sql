-- The frozen figures of a header, without lines and rows of VAT: a payment has neither. PostgreSQL puts the expression
-- into the statement that calls it, where a function that reads tables is a statement of its own. The hashes stay.
create function header_figures(it document) returns text
language sql stable as $$
    select row(it.document_type, it.number, it.customer_id, it.location_id, it.branch_number, it.document_date,
               it.period_id, it.currency_id, it.exchange_rate, it.rate_operator, it.account_number, it.subaccount_id,
               it.vat_zone_id, it.detail_total, it.detail_total_base, it.discount_total, it.discount_total_base,
               it.vat_total, it.vat_total_base, it.vat_taxable_total, it.vat_taxable_total_base,
               it.vat_exempt_total, it.vat_exempt_total_base, it.rounding_difference, it.amount, it.amount_base)::text
           || coalesce('vat date ' || nullif(it.vat_date, it.document_date), '')
           || coalesce('corrects ' || it.corrects_document_id, '')
           || coalesce('deduction ' || it.deduction::text, '')
$$;

create or replace function document_figures(the_company integer, the_document bigint) returns text
language sql stable as $$
    select md5(
        (select header_figures(document)
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
