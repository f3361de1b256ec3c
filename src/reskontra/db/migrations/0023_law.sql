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
