-- A new invoice of 10 lines for a customer of one of the small companies: number, header, lines, VAT row, change row,
-- tally and the customer's balance, in one statement.
\set company random(2, :companies)
\set customer :first_customer + random(1, :small_customers)
with sold_to as (
    select customer_id, main_address_id, main_contact_id from customer
     where company_id = :company and number = :customer::text),
taken as (
    update number_series_range
       set last_number = lpad((last_number::integer + 1)::text, 6, '0')
     where company_id = :company and series_id = 'INVOICE' and range_id = 1
    returning last_number as number),
changed as (
    insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event)
    select :company, now(), 'isv_bench', 'ceiling', 'Invoice', number, 'created' from taken
    returning change_id),
inserted as (
    insert into document (
        company_id, document_type, number, status, customer_id, location_id, branch_number, document_date, due_date,
        cash_discount_date, period_id, currency_id, exchange_rate, terms_id, vat_zone_id, payment_method_id,
        cash_account, account_number, subaccount_id, detail_total, detail_total_base, discount_total,
        discount_total_base, vat_total, vat_total_base, vat_taxable_total, vat_taxable_total_base, vat_exempt_total,
        vat_exempt_total_base, rounding_difference, amount, amount_base, balance, balance_base, cash_discount,
        cash_discount_base, dont_print, dont_email, revoked, exclude_debt_collection, send_to_auto_invoice,
        due_date_entered, cash_discount_date_entered, rate_entered, credit_approved_amount_base, invoice_address,
        invoice_contact, particulars, lines_json, vat_json, created_at, created_by, modified_at, version)
    select :company, 'Invoice', number, 'Balanced', customer_id, 1, '1', :day::date, :day::date + 14, :day::date, :period::text,
           'NOK', 1, '14', 'NO', '1', '1920', '1500', 1, 3436.50, 3436.50, 0, 0, 859.13, 859.13, 3436.50, 3436.50, 0, 0, 0,
           4295.63, 4295.63, 4295.63, 4295.63, 0, 0, true, true, false, false, false, false, false, false, 4295.63,
           :address::jsonb, :contact::jsonb, '{}', :lines_text, :vat_text, now(), 'isv_bench', now(), change_id
      from taken, changed, sold_to
    returning document_id, customer_id, number),
lined as (
    insert into document_line (
        company_id, document_id, line_number, item_id, item_number, description, quantity, unit_id, unit_price,
        unit_price_base, extended_amount, extended_amount_base, amount_entered, discount_percent, discount_amount,
        discount_amount_base, manual_discount, amount, amount_base, net_amount, net_amount_base, account_number,
        subaccount_id, vat_category_id, vat_ids, branch_number)
    select :company, document_id, line_number, item_id, item_number, description, quantity, unit_id, unit_price,
           unit_price, amount, amount, false, 0, 0, 0, false, amount, amount, amount, amount, '3000', 1, '3', '{3}', '1'
      from inserted, json_to_recordset(:lines::json) as line (
           line_number integer, item_id integer, item_number text, description text, quantity numeric, unit_id text,
           unit_price numeric, amount numeric)),
taxed as (
    insert into document_vat (
        company_id, document_id, vat_id, rate, taxable, taxable_base, vat, vat_base, inclusive, exempt,
        reverse_charge, entered, payable_account)
    select :company, document_id, '3', 25, 3436.50, 3436.50, 859.13, 859.13, false, false, false, false, '2711'
      from inserted),
tallied as (
    update tally set total = total + 1, last_change_id = change_id
      from changed where company_id = :company and entity = 'Invoice'),
owed as (
    update customer_balance set unreleased = unreleased + 4295.63
      from inserted where company_id = :company and customer_balance.customer_id = inserted.customer_id)
select 1 / count(*) from inserted; -- loud when nothing was written
