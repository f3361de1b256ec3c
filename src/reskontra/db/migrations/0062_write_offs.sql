-- Small balances and small credits that a run writes off: documents that are released and applied as they are made (WRO).

update document_kind set is_served = true where document_type in ('SmallBalanceWo', 'SmallCreditWo');

insert into tally (company_id, entity, total, last_id)
select company_id, kind.document_type, 0, 0
  from company
 cross join (values ('SmallBalanceWo'), ('SmallCreditWo')) as kind (document_type);

-- Every company numbers its write-offs, by a series of that name if it has one.
insert into number_series (company_id, series_id, description, mode)
select company_id, 'WRITEOFF', 'Write-offs of small balances and credits', 'strict' from company
    on conflict do nothing;
insert into number_series_range (company_id, series_id, range_id, start_date, start_number, end_number, warn_number,
                                 last_number)
select company_id, 'WRITEOFF', 1, '0001-01-01', '600001', '999999', '990000', '600000'
  from company
 where not exists (select from number_series_range as range
                    where range.company_id = company.company_id and range.series_id = 'WRITEOFF');
update company set preferences = jsonb_set(preferences, '{series,write_off}', '"WRITEOFF"')
 where preferences ? 'series';

-- Both kinds share one series, so a number means one of them.
create unique index document_write_off_number_unique on document (company_id, lower(number) collate "C")
    where document_type in ('SmallBalanceWo', 'SmallCreditWo');

-- A document that is released as it is made has no lines, so its figures are those of its header: the first part of
-- `document_figures`, which cannot see a row that its own statement inserts.
create function freeze_figures_of_header() returns trigger language plpgsql as $$
begin
    new.figures_hash := md5(
        row(new.document_type, new.number, new.customer_id, new.location_id, new.branch_number, new.document_date,
            new.period_id, new.currency_id, new.exchange_rate, new.rate_operator, new.account_number, new.subaccount_id,
            new.vat_zone_id, new.detail_total, new.detail_total_base, new.discount_total, new.discount_total_base,
            new.vat_total, new.vat_total_base, new.vat_taxable_total, new.vat_taxable_total_base,
            new.vat_exempt_total, new.vat_exempt_total_base, new.rounding_difference, new.amount,
            new.amount_base)::text
        || coalesce('vat date ' || nullif(new.vat_date, new.document_date), '')
        || coalesce('corrects ' || new.corrects_document_id, ''));
    return new;
end $$;

create trigger document_released_as_made before insert on document for each row
    when (new.released_at is not null and new.figures_hash is null) execute function freeze_figures_of_header();

-- A run makes thousands of settlements in one statement, all in one period: it is looked at once, not for each of them.
drop trigger settlement_into_open_period on settlement;
create or replace function check_settled_period() returns trigger language plpgsql as $$
begin
    perform require_open_period(settled.company_id, settled.period_id)
       from (select distinct company_id, period_id from new_rows) as settled;
    return null;
end $$;
create trigger settlement_into_open_period after insert on settlement referencing new table as new_rows
    for each statement execute function check_settled_period();
