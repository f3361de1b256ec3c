-- What the guards of the hot statements cost. They hold what they held.

-- PostgreSQL keeps the condition of a trigger as text and reads it anew for every statement; the body of a function it
-- keeps for the session. So the comparison of all these columns moves into a function.
create function refuse_changed_figures() returns trigger language plpgsql as $$
begin
    if (new.document_type, new.number, new.customer_id, new.location_id, new.branch_number, new.document_date,
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
        old.batch_number, old.figures_hash) then
        raise exception 'the figures of released document % cannot change', old.number
            using errcode = '23514', constraint = 'document_released_is_frozen', detail = old.number;
    end if;
    return new;
end $$;

drop trigger document_released_is_frozen on document;
create trigger document_released_is_frozen before update of
    document_type, number, customer_id, location_id, branch_number, document_date, period_id, currency_id,
    exchange_rate, rate_operator, account_number, subaccount_id, vat_zone_id, detail_total, detail_total_base,
    discount_total, discount_total_base, vat_total, vat_total_base, vat_taxable_total, vat_taxable_total_base,
    vat_exempt_total, vat_exempt_total_base, rounding_difference, amount, amount_base, released_at, batch_number,
    figures_hash on document
    for each row when (old.released_at is not null) execute function refuse_changed_figures();

-- A lock is taken by an expression where that can be: `perform` runs a query. A function that returns nothing returns
-- something that is not null.
create or replace function require_open_period(the_company integer, the_period_id text) returns void language plpgsql
as $$
declare
    held boolean := pg_advisory_xact_lock_shared(the_company, the_period_id::integer) is not null;
    the_period record;
begin
    -- Only now, with what was committed before the lock was taken.
    select active, closed_in_customer_ledger or closed_in_general_ledger as is_closed into the_period
      from financial_period where company_id = the_company and period_id = the_period_id;
    if found and the_period.active and not the_period.is_closed then
        return;
    end if;
    if found and the_period.active then
        perform from company
          where company_id = the_company and (preferences ->> 'allow_posting_to_closed_periods')::boolean;
        if found then
            return;
        end if;
    end if;
    raise exception 'period % is not open', the_period_id
        using errcode = '23514', constraint = 'journal_period_is_open', detail = the_period_id;
end $$;

create or replace function hold_reference(the_company integer) returns bigint language plpgsql volatile as $$
declare
    held boolean := pg_advisory_xact_lock_shared(the_company, 0) is not null;
begin
    return (select reference_version from company where company_id = the_company);
end $$;

create or replace function write_stamp(the_company integer, given timestamptz) returns timestamptz language plpgsql volatile
as $$
declare
    held boolean;
begin
    if current_setting('reskontra.clock', true) is distinct from 'runs' then
        return date_trunc('milliseconds', given);
    end if;
    held := pg_advisory_xact_lock_shared(the_company, stamp_key(clock_timestamp())) is not null;
    return date_trunc('milliseconds', clock_timestamp());
end $$;

-- Declared immutable, its body could not become part of the expression that calls it: an epoch is only stable.
create or replace function stamp_key(moment timestamptz) returns integer language sql stable as $$
    select (-1 - ((floor(extract(epoch from moment) * 1000))::bigint & 1073741823))::integer
$$;

-- Most numbers end in their digits, which is found faster than a pattern is matched.
create or replace function number_after(last text, step integer) returns text language plpgsql immutable as $$
declare
    before text := rtrim(last, '0123456789');
    digits text := substr(last, length(before) + 1);
    after text := '';
    part text[];
    next text;
begin
    if digits = '' then
        part := regexp_match(last, '^(.*?)([0-9]+)([^0-9]*)$');
        if part is null then
            raise exception 'the number % has no digits', last
                using errcode = '23514', constraint = 'number_series_has_digits', detail = last;
        end if;
        before := part[1];
        digits := part[2];
        after := part[3];
    end if;
    next := (digits::numeric + step)::text;
    return before || lpad(next, greatest(length(digits), length(next)), '0') || after;
end $$;

-- Locks documents, each given once, until the end of the statement's transaction, as before (migration 0068), and waits
-- for nobody. All are looked up together: once for their locks and versions, once in each place where something may wait
-- on them.
create or replace function hold_as_read(the_company integer, the_settler bigint, ids bigint[], versions bigint[])
returns boolean language plpgsql volatile as $$
declare
    held integer;
begin
    -- What was changed after the snapshot is looked at again once it is locked, so its version is the newest.
    perform from unnest(ids, versions) as seen (document_id, version)
       join document on document.company_id = the_company and document.document_id = seen.document_id
      where document.version = seen.version
      order by document.document_type, document.number
        for update of document skip locked;
    get diagnostics held = row_count;
    return held = cardinality(ids) and not exists (
        select from proposal
         where company_id = the_company and document_id = any (ids) and proposer_document_id <> the_settler
        union all
        select from application
         where company_id = the_company and debit_document_id = any (ids) and released_at is null
        union all
        select from document
         where company_id = the_company and voids_document_id = any (ids) and released_at is null
        union all
        select from document
         where company_id = the_company and corrects_document_id = any (ids) and document_type = 'Invoice'
           and released_at is null);
end $$;

-- Whenever a table is analyzed or vacuumed, every session plans anew each statement that names it, twenty milliseconds
-- for a large one. By PostgreSQL's defaults that was each run of autovacuum for tables of few rows that every write
-- updates, and for young books at each tenth that they grew.
do $$
declare
    place text;
begin
    -- Rows of fixed number, or that come and go, found by their keys: statistics say nothing of them.
    foreach place in array array['tally', 'number_series_range', 'customer_balance', 'proposal'] loop
        execute format('alter table %I set (autovacuum_analyze_threshold = 200000, autovacuum_vacuum_threshold = 20000,
                                            autovacuum_vacuum_insert_threshold = 200000)', place);
    end loop;
    -- A third more of the same.
    foreach place in array array['document', 'document_line', 'document_vat', 'payment', 'application', 'settlement',
                                 'batch', 'journal_entry', 'change'] loop
        execute format('alter table %I set (autovacuum_analyze_scale_factor = 0.3,
                                            autovacuum_vacuum_insert_scale_factor = 0.3)', place);
    end loop;
end $$;
