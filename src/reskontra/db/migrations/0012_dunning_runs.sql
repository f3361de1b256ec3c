-- Reminding all customers at once: letters of a branch, credit notes on letters, and less work for each document.

-- The branch that the letter is of; null when letters are of the whole company.
alter table dunning_letter add column branch_number text collate "C";
create index dunning_letter_drafts on dunning_letter (company_id) where status = 'Draft';

-- A credit note on a letter has no due date, and its balance is less than zero (DUN-06).
alter table dunning_letter_line alter column due_date drop not null;

-- The same guard as before, asked only by statements that set one of the figures: a reminder does not.
drop trigger document_released_is_frozen on document;
create trigger document_released_is_frozen before update of
    document_type, number, customer_id, location_id, branch_number, document_date, period_id, currency_id,
    exchange_rate, rate_operator, account_number, subaccount_id, vat_zone_id, detail_total, detail_total_base,
    discount_total, discount_total_base, vat_total, vat_total_base, vat_taxable_total, vat_taxable_total_base,
    vat_exempt_total, vat_exempt_total_base, rounding_difference, amount, amount_base, released_at, batch_number,
    figures_hash
    on document for each row
    when (old.released_at is not null and (
        (new.document_type, new.number, new.customer_id, new.location_id, new.branch_number, new.document_date,
         new.period_id, new.currency_id, new.exchange_rate, new.rate_operator, new.account_number, new.subaccount_id,
         new.vat_zone_id, new.detail_total, new.detail_total_base, new.discount_total, new.discount_total_base,
         new.vat_total, new.vat_total_base, new.vat_taxable_total, new.vat_taxable_total_base, new.vat_exempt_total,
         new.vat_exempt_total_base, new.rounding_difference, new.amount, new.amount_base, new.released_at,
         new.batch_number, new.figures_hash)
        is distinct from
        (old.document_type, old.number, old.customer_id, old.location_id, old.branch_number, old.document_date,
         old.period_id, old.currency_id, old.exchange_rate, old.rate_operator, old.account_number, old.subaccount_id,
         old.vat_zone_id, old.detail_total, old.detail_total_base, old.discount_total, old.discount_total_base,
         old.vat_total, old.vat_total_base, old.vat_taxable_total, old.vat_taxable_total_base, old.vat_exempt_total,
         old.vat_exempt_total_base, old.rounding_difference, old.amount, old.amount_base, old.released_at,
         old.batch_number, old.figures_hash)))
    execute function refuse_released_figures();
