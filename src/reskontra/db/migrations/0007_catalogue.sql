-- What can be looked up and kept up over the wire besides documents: items, rates, VAT, payment methods.

alter table item
    add column body text,
    add column note text,
    add column posting_class_id text,
    add column sales_unit_id text,
    add column purchase_unit_id text,
    add column expense_subaccount_id integer,
    add column cogs_subaccount_id integer,
    add column kit boolean not null default false,
    add constraint item_price_not_negative check (unit_price >= 0),
    add constraint item_status_known check
        (status in ('Active', 'NoSales', 'NoPurchases', 'NoRequest', 'Inactive', 'MarkedForDeletion')),
    add constraint item_type_known check
        (item_type in ('NonStockItem', 'LaborItem', 'ServiceItem', 'ChargeItem', 'ExpenseItem'));
create index item_by_number on item (company_id, item_number);

alter table item_class
    add column item_type text not null default 'NonStockItem';

alter table currency_rate
    add column version bigint not null default nextval('change_id'),
    add constraint currency_rate_of_two check (from_currency <> to_currency);

-- Whom the VAT is reported to, and what reports and documents say about it.
alter table vat
    add column agency_number text collate "C",
    add column agency_name text,
    add column eu_report_code text,
    add column document_text text,
    add constraint vat_eu_report_code_known check
        (eu_report_code in ('SalesOfGoods', 'Triangulation', 'SalesOfService'));

alter table vat_category add column created_at timestamptz;
update vat_category set created_at = modified_at;
alter table vat_category alter column created_at set not null;

update payment_method set means_of_payment = 'DirectDeposit' where means_of_payment = 'BankTransfer';
update payment_method set means_of_payment = null
 where means_of_payment not in ('CreditCard', 'CashOrCheck', 'DirectDeposit');
alter table payment_method add constraint payment_method_means_known check
    (means_of_payment in ('CreditCard', 'CashOrCheck', 'DirectDeposit'));
