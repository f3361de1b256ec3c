-- Another quantity on the first line of a draft of 10 lines: line, text, totals, VAT row, change row, tally, balance.
-- Each client walks through drafts of its own, so that nobody waits for a row that only he would ask for.
\set step :step + 1
\set turn (:start + :step * :clients + :client_id) % :made
\set company 2 + :turn % (:companies - 1)
\set document :first_document + :turn
with changed as (
    insert into change (company_id, changed_at, actor, request_id, entity, entity_key, event)
    select company_id, now(), 'isv_bench', 'ceiling', 'Invoice', number, 'updated'
      from document where company_id = :company and document_id = :document and status = 'Balanced'
    returning change_id),
updated as (
    update document
       set detail_total = 3536.50, detail_total_base = 3536.50, vat_total = 884.13, vat_total_base = 884.13,
           vat_taxable_total = 3536.50, vat_taxable_total_base = 3536.50, amount = 4420.63, amount_base = 4420.63,
           balance = 4420.63, balance_base = 4420.63, credit_approved_amount_base = 4420.63,
           lines_json = :lines_text, vat_json = :vat_text, modified_at = now(), version = change_id
      from changed
     where company_id = :company and document_id = :document
    returning document_id, customer_id),
lined as (
    update document_line
       set quantity = 2, extended_amount = 200, extended_amount_base = 200, amount = 200, amount_base = 200,
           net_amount = 200, net_amount_base = 200
     where company_id = :company and document_id = :document and line_number = 1),
taxed as (
    update document_vat set taxable = 3536.50, taxable_base = 3536.50, vat = 884.13, vat_base = 884.13
     where company_id = :company and document_id = :document and vat_id = '3'),
tallied as (
    update tally set last_change_id = change_id
      from changed where company_id = :company and entity = 'Invoice'),
owed as (
    update customer_balance set unreleased = unreleased + 125
      from updated where company_id = :company and customer_balance.customer_id = updated.customer_id)
select 1 / count(*) from updated; -- loud when there was no draft
