-- The first 100 documents by number of those that changed since a moment, and how many they are in all, in one pass.
-- plan_cache_mode: force_custom_plan (the best plan depends on how long ago the moment is)
\set since random(:since_max / 8, :since_max)
with found as materialized (
    select document_id, number, count(*) over () as total from document
     where company_id = 1 and document_type = 'Invoice'
       and modified_at > :last_moment::timestamptz - :since * interval '1 second'
     order by number
     limit 100)
select document.number, document.status, document.branch_number, document.document_date,
       document.original_invoice_date, document.due_date, document.cash_discount_date, document.period_id,
       document.closed_period_id, document.currency_id, document.exchange_rate, document.terms_id,
       document.vat_zone_id, document.payment_method_id, document.cash_account, document.account_number,
       document.subaccount_id, document.customer_reference, document.external_reference, document.payment_reference,
       document.invoice_text, document.note, document.detail_total, document.detail_total_base,
       document.discount_total, document.vat_total, document.vat_total_base, document.vat_taxable_total,
       document.vat_taxable_total_base, document.vat_exempt_total, document.rounding_difference, document.amount,
       document.amount_base, document.balance, document.balance_base, document.cash_discount, document.lines_json,
       document.vat_json, document.created_at, document.modified_at, document.version, customer.number, customer.name,
       location.location_cd, location.name, found.total
  from found
  join document on document.company_id = 1 and document.document_id = found.document_id
  join customer on customer.company_id = document.company_id and customer.customer_id = document.customer_id
  join location on location.company_id = document.company_id and location.customer_id = document.customer_id
   and location.location_id = document.location_id
 order by found.number;
