-- One page far down the list, found by the number that the page before it ended with.
\set after :first_number + :size * (:page - 1)
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
       location.location_cd, location.name, tally.total
  from document
  join customer on customer.company_id = document.company_id and customer.customer_id = document.customer_id
  join location on location.company_id = document.company_id and location.customer_id = document.customer_id
   and location.location_id = document.location_id
  join tally on tally.company_id = document.company_id and tally.entity = 'Invoice'
 where document.company_id = 1 and document.document_type = 'Invoice'
   and document.number > lpad(:after::text, 6, '0')
 order by document.number
 limit :size;
