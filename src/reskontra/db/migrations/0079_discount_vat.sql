-- The VAT that a cash discount gives back, where the company's preference asks for it (VAT-15): a list with a row for each
-- VAT id and rate of the document, in the document's currency and in base currency; empty where VAT was left alone. What
-- takes an application back has the same with the opposite sign.
alter table application
    add column discount_vat jsonb not null default '[]',
    add constraint application_discount_vat_of_discount check (
        jsonb_typeof(discount_vat) = 'array' and (discount <> 0 or discount_vat = '[]'));
