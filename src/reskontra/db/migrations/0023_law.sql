-- What law asks of reference data and of VAT in another currency.

-- Where a VAT zone lies, which decides the account of a sale without VAT (decision 0023). The zones of the shipped
-- templates are known; any other is taken for domestic until the company's file says where it lies.
alter table vat_zone
    add column area text not null default 'Domestic',
    add constraint vat_zone_area_known check (area in ('Domestic', 'EU', 'Export'));
update vat_zone set area = 'EU' where vat_zone_id = 'EU' and description = 'European Union';
update vat_zone set area = 'Export' where vat_zone_id = 'EX' and description = 'Rest of the world';

-- The last day that the source of a figure speaks of; null where the law names none.
alter table legal_rate add column valid_until date;

-- The company's rate of the day, at which a document reports its VAT; null where the document has that rate itself, as
-- all older ones have (VAT-13).
alter table document
    add column vat_exchange_rate numeric(18,8),
    add constraint document_vat_rate_positive check (vat_exchange_rate > 0);
create trigger document_released_vat_rate_is_frozen before update of vat_exchange_rate on document for each row
    when (old.released_at is not null and new.vat_exchange_rate is distinct from old.vat_exchange_rate)
    execute function refuse_released_figures();
