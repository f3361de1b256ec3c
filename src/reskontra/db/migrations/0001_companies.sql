-- Companies, their clients, and the small reference data that documents stand on.
-- Every key begins with company_id; keys and sort columns are COLLATE "C" (decisions W17).

create sequence change_id;

create table company (
    company_id        integer generated always as identity primary key,
    code              text collate "C" not null,
    name              text not null,
    tenant_id         uuid not null,
    country_id        text not null,
    base_currency     text not null,
    time_zone         text not null,
    preferences       jsonb not null,
    reference_version bigint not null default nextval('change_id'),
    created_at        timestamptz not null,
    constraint company_code_unique unique (code),
    constraint company_tenant_unique unique (tenant_id)
);

create table server_secret (
    name  text primary key,
    value bytea not null
);

create table api_client (
    client_id   text collate "C" primary key,
    name        text not null,
    secret_salt bytea not null,
    secret_hash bytea not null,
    scopes      text[] not null,
    created_at  timestamptz not null,
    disabled_at timestamptz
);

create table api_client_company (
    client_id  text collate "C" not null references api_client,
    company_id integer not null references company,
    primary key (client_id, company_id)
);

-- How many rows an entity has, the last small id given out, and the newest change to any of its rows.
-- One row per company and entity ('Customer', 'Invoice', 'CreditNote', 'DebitNote', 'Address', ...);
-- written in the same statement as the effect, so that totals are exact (W12).
create table tally (
    company_id     integer not null,
    entity         text collate "C" not null,
    total          bigint not null default 0,
    last_id        bigint not null default 0,
    last_change_id bigint not null default 0,
    constraint tally_pk primary key (company_id, entity),
    constraint tally_not_negative check (total >= 0)
) with (fillfactor = 50);

-- The one log of what changed: audit trail, change feed and outbox. transaction_id lets a reader of the
-- feed wait for writers that took an earlier id and have not committed yet.
create table change (
    company_id     integer not null,
    change_id      bigint not null default nextval('change_id'),
    transaction_id xid8 not null default pg_current_xact_id(),
    changed_at     timestamptz not null,
    actor          text not null,
    request_id     text not null,
    entity         text collate "C" not null,
    entity_key     text collate "C" not null,
    event          text not null,
    detail         jsonb,
    constraint change_pk primary key (company_id, change_id)
);
create index change_by_key on change (company_id, entity, entity_key, change_id);

create table currency (
    company_id             integer not null,
    currency_id            text collate "C" not null,
    description            text not null,
    symbol                 text,
    decimals               smallint not null,
    active                 boolean not null default true,
    gain_account           text collate "C",
    loss_account           text collate "C",
    rounding_gain_account  text collate "C",
    rounding_loss_account  text collate "C",
    modified_at            timestamptz not null,
    constraint currency_pk primary key (company_id, currency_id),
    constraint currency_decimals_range check (decimals between 0 and 4)
);

create table currency_rate (
    company_id       integer not null,
    currency_rate_id integer not null,
    rate_type        text collate "C" not null,
    from_currency    text collate "C" not null,
    to_currency      text collate "C" not null,
    effective_date   date not null,
    operator         text not null default 'M',
    rate             numeric(18,8) not null,
    modified_at      timestamptz not null,
    constraint currency_rate_pk primary key (company_id, currency_rate_id),
    constraint currency_rate_unique unique (company_id, from_currency, to_currency, rate_type, effective_date),
    constraint currency_rate_positive check (rate > 0),
    constraint currency_rate_operator check (operator in ('M', 'D'))
);

create table account (
    company_id      integer not null,
    account_number  text collate "C" not null,
    description     text not null,
    account_type    text not null,
    account_class   text,
    active          boolean not null default true,
    currency_id     text,
    vat_category_id text,
    external_code_1 text,
    external_code_2 text,
    detail          jsonb not null default '{}',
    modified_at     timestamptz not null,
    constraint account_pk primary key (company_id, account_number),
    constraint account_type_known check (account_type in ('Asset', 'Liability', 'Income', 'Expense'))
);

create table subaccount (
    company_id        integer not null,
    subaccount_id     integer not null,
    subaccount_number text collate "C" not null,
    description       text,
    active            boolean not null default true,
    modified_at       timestamptz not null,
    constraint subaccount_pk primary key (company_id, subaccount_id),
    constraint subaccount_number_unique unique (company_id, subaccount_number)
);

create table dimension (
    company_id   integer not null,
    dimension_id text collate "C" not null,
    description  text,
    constraint dimension_pk primary key (company_id, dimension_id)
);

create table segment (
    company_id   integer not null,
    dimension_id text collate "C" not null,
    segment_id   integer not null,
    description  text,
    length       integer not null,
    separator    text not null default '-',
    constraint segment_pk primary key (company_id, dimension_id, segment_id)
);

create table segment_value (
    company_id   integer not null,
    dimension_id text collate "C" not null,
    segment_id   integer not null,
    value        text collate "C" not null,
    description  text,
    active       boolean not null default true,
    constraint segment_value_pk primary key (company_id, dimension_id, segment_id, value)
);

create table branch (
    company_id    integer not null,
    branch_number text collate "C" not null,
    name          text not null,
    active        boolean not null default true,
    vat_zone_id   text collate "C",
    currency_id   text,
    country_id    text,
    subaccount_id integer,
    detail        jsonb not null default '{}',
    modified_at   timestamptz not null,
    constraint branch_pk primary key (company_id, branch_number)
);

create table country (
    company_id integer not null,
    country_id text collate "C" not null,
    name       text not null,
    constraint country_pk primary key (company_id, country_id)
);

create table credit_terms (
    company_id           integer not null,
    terms_id             text collate "C" not null,
    description          text not null,
    visible_to           text not null default 'AL',
    due_type             text not null,
    due_day_1            integer not null default 0,
    due_day_2            integer not null default 0,
    day_from_1           integer not null default 1,
    day_to_1             integer not null default 31,
    day_from_2           integer not null default 0,
    day_to_2             integer not null default 0,
    discount_type        text not null default 'N',
    discount_day         integer not null default 0,
    discount_percent     numeric(9,6) not null default 0,
    weekend_rule         smallint not null default 1,
    calculation          text not null default 'G',
    delay_days           integer not null default 0,
    instalment_type      text not null default 'S',
    instalment_count     integer not null default 0,
    instalment_frequency text not null default 'M',
    instalment_method    text not null default 'E',
    instalment_parts     jsonb not null default '[]',
    active               boolean not null default true,
    created_at           timestamptz not null,
    modified_at          timestamptz not null,
    constraint credit_terms_pk primary key (company_id, terms_id)
);

create table vat (
    company_id        integer not null,
    vat_id            text collate "C" not null,
    description       text not null,
    vat_type          text not null,
    calculate_on      text not null,
    cash_discount     text not null default 'NoAdjust',
    payable_account   text collate "C",
    payable_subaccount_id integer,
    exempt            boolean not null default false,
    reverse_charge    boolean not null default false,
    not_valid_after   date,
    detail            jsonb not null default '{}',
    modified_at       timestamptz not null,
    constraint vat_pk primary key (company_id, vat_id)
);

create table vat_rate (
    company_id integer not null,
    vat_id     text collate "C" not null,
    start_date date not null,
    percent    numeric(9,6) not null,
    constraint vat_rate_pk primary key (company_id, vat_id, start_date),
    constraint vat_rate_range check (percent between 0 and 100)
);

create table vat_category (
    company_id     integer not null,
    vat_category_id text collate "C" not null,
    description    text not null,
    exclude_listed boolean not null default false,
    active         boolean not null default true,
    vat_ids        text[] not null,
    modified_at    timestamptz not null,
    constraint vat_category_pk primary key (company_id, vat_category_id)
);

create table vat_zone (
    company_id          integer not null,
    vat_zone_id         text collate "C" not null,
    description         text not null,
    default_category_id text collate "C",
    vat_ids             text[] not null,
    modified_at         timestamptz not null,
    constraint vat_zone_pk primary key (company_id, vat_zone_id)
);

create table unit_of_measure (
    company_id  integer not null,
    unit_id     text collate "C" not null,
    description text,
    constraint unit_of_measure_pk primary key (company_id, unit_id)
);

create table item_class (
    company_id      integer not null,
    item_class_id   text collate "C" not null,
    description     text not null,
    vat_category_id text,
    unit_id         text,
    sales_account   text collate "C",
    detail          jsonb not null default '{}',
    modified_at     timestamptz not null,
    constraint item_class_pk primary key (company_id, item_class_id)
);

create table item (
    company_id      integer not null,
    item_id         integer not null,
    item_number     text collate "C" not null,
    description     text not null,
    item_type       text not null default 'NonStockItem',
    status          text not null default 'Active',
    item_class_id   text collate "C",
    unit_id         text collate "C" not null,
    unit_price      numeric(19,6) not null default 0,
    vat_category_id text collate "C",
    sales_account   text collate "C",
    sales_subaccount_id integer,
    deferral_code   text,
    detail          jsonb not null default '{}',
    created_at      timestamptz not null,
    modified_at     timestamptz not null,
    version         bigint not null default nextval('change_id'),
    constraint item_pk primary key (company_id, item_id)
);
create unique index item_number_unique on item (company_id, lower(item_number) collate "C");

create table payment_method (
    company_id        integer not null,
    payment_method_id text collate "C" not null,
    description       text not null,
    active            boolean not null default true,
    cash_account      text collate "C",
    means_of_payment  text,
    modified_at       timestamptz not null,
    constraint payment_method_pk primary key (company_id, payment_method_id)
);

create table financial_period (
    company_id       integer not null,
    period_id        text collate "C" not null,
    description      text,
    start_date       date not null,
    end_date         date not null,
    active           boolean not null default true,
    closed_in_customer_ledger boolean not null default false,
    closed_in_general_ledger  boolean not null default false,
    modified_at      timestamptz not null,
    constraint financial_period_pk primary key (company_id, period_id),
    constraint financial_period_order check (start_date <= end_date)
);

create table number_series (
    company_id  integer not null,
    series_id   text collate "C" not null,
    description text not null,
    mode        text not null default 'automatic',
    constraint number_series_pk primary key (company_id, series_id),
    constraint number_series_mode check (mode in ('automatic', 'strict', 'manual'))
);

create table number_series_range (
    company_id   integer not null,
    series_id    text collate "C" not null,
    range_id     integer not null,
    branch_number text collate "C",
    start_date   date not null,
    start_number text collate "C" not null,
    end_number   text collate "C" not null,
    warn_number  text collate "C",
    last_number  text collate "C" not null,
    step         integer not null default 1,
    constraint number_series_range_pk primary key (company_id, series_id, range_id),
    constraint number_series_range_step check (step > 0)
) with (fillfactor = 50);

-- NUM-01: an unbroken series can be explained: each number that has no document stands here.
create table deleted_number (
    company_id    integer not null,
    entity        text collate "C" not null,
    number        text collate "C" not null,
    deleted_at    timestamptz not null,
    actor         text not null,
    reason        text not null,
    used_again_at timestamptz,
    constraint deleted_number_pk primary key (company_id, entity, number, deleted_at)
);

create table attribute (
    company_id   integer not null,
    attribute_id text collate "C" not null,
    description  text not null,
    control_type text not null default 'Text',
    options      jsonb not null default '[]',
    detail       jsonb not null default '{}',
    modified_at  timestamptz not null,
    constraint attribute_pk primary key (company_id, attribute_id)
);

create table salesperson (
    company_id     integer not null,
    salesperson_id integer not null,
    salesperson_cd text collate "C" not null,
    name           text not null,
    active         boolean not null default true,
    commission_percent numeric(9,6) not null default 0,
    sales_subaccount_id integer,
    modified_at    timestamptz not null,
    constraint salesperson_pk primary key (company_id, salesperson_id),
    constraint salesperson_cd_unique unique (company_id, salesperson_cd)
);

create table customer_class (
    company_id             integer not null,
    customer_class_id      text collate "C" not null,
    description            text not null,
    terms_id               text collate "C" not null,
    currency_id            text collate "C" not null,
    currency_override      boolean not null default false,
    rate_type              text,
    rate_override          boolean not null default false,
    payment_method_id      text collate "C",
    vat_zone_id            text collate "C",
    vat_zone_required      boolean not null default false,
    statement_cycle_id     text,
    statement_type         text not null default 'OpenItem',
    credit_verification    text not null default 'Disabled',
    credit_limit           numeric(19,4) not null default 0,
    credit_days_past_due   integer not null default 0,
    overdue_charge         boolean not null default false,
    overdue_charge_code    text,
    write_off_allowed      boolean not null default false,
    write_off_limit        numeric(19,4) not null default 0,
    auto_apply             boolean not null default false,
    print_invoices         boolean not null default false,
    email_invoices         boolean not null default false,
    print_dunning_letters  boolean not null default false,
    email_dunning_letters  boolean not null default false,
    print_statements       boolean not null default false,
    email_statements       boolean not null default false,
    multi_currency_statements boolean not null default false,
    locale                 text,
    country_id             text,
    customer_ledger_account     text collate "C" not null,
    customer_ledger_subaccount_id integer,
    sales_account               text collate "C",
    sales_non_taxable_account   text collate "C",
    sales_eu_account            text collate "C",
    sales_export_account        text collate "C",
    sales_subaccount_id         integer,
    discount_account            text collate "C",
    discount_subaccount_id      integer,
    freight_account             text collate "C",
    freight_subaccount_id       integer,
    cash_discount_account       text collate "C",
    cash_discount_subaccount_id integer,
    prepayment_account          text collate "C",
    prepayment_subaccount_id    integer,
    modified_at            timestamptz not null,
    constraint customer_class_pk primary key (company_id, customer_class_id),
    constraint customer_class_verification check
        (credit_verification in ('Disabled', 'DaysPastDue', 'CreditLimit', 'LimitAndDaysPastDue'))
);

create table statement_cycle (
    company_id         integer not null,
    statement_cycle_id text collate "C" not null,
    description        text not null,
    detail             jsonb not null,
    constraint statement_cycle_pk primary key (company_id, statement_cycle_id)
);

create table reason_code (
    company_id     integer not null,
    reason_code_id text collate "C" not null,
    description    text not null,
    usage          text not null,
    account_number text collate "C" not null,
    constraint reason_code_pk primary key (company_id, reason_code_id)
);

-- The legal facts and the set-up of reminding (ledger.md 4.1, 4.7); preferences hold the switches.
create table dunning_level (
    company_id    integer not null,
    level         integer not null,
    description   text not null,
    days_past_due integer not null,
    days_to_settle integer not null,
    fee           numeric(19,4) not null default 0,
    constraint dunning_level_pk primary key (company_id, level),
    constraint dunning_level_fee check (fee >= 0)
);

create table legal_rate (
    company_id integer not null,
    kind       text collate "C" not null,
    start_date date not null,
    amount     numeric(19,6) not null,
    source     text not null,
    constraint legal_rate_pk primary key (company_id, kind, start_date)
);

-- Whoever changes reference data moves the company's reference_version, so that no process goes on
-- deciding by a remembered copy.
create function bump_reference_version() returns trigger language plpgsql as $$
begin
    update company set reference_version = nextval('change_id')
     where company_id in (select distinct company_id from changed_rows);
    return null;
end $$;

do $$
declare reference text;
begin
    foreach reference in array array[
        'currency', 'account', 'subaccount', 'dimension', 'segment', 'segment_value', 'branch', 'country',
        'credit_terms', 'vat', 'vat_rate', 'vat_category', 'vat_zone', 'unit_of_measure', 'item_class',
        'payment_method', 'financial_period', 'number_series', 'attribute', 'salesperson', 'customer_class',
        'statement_cycle', 'reason_code', 'dunning_level', 'legal_rate']
    loop
        execute format('create trigger %1$s_inserted after insert on %1$s referencing new table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
        execute format('create trigger %1$s_updated after update on %1$s referencing new table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
        execute format('create trigger %1$s_deleted after delete on %1$s referencing old table as changed_rows
                        for each statement execute function bump_reference_version()', reference);
    end loop;
end $$;

create function bump_own_reference_version() returns trigger language plpgsql as $$
begin
    if new.reference_version = old.reference_version then
        new.reference_version := nextval('change_id');
    end if;
    return new;
end $$;

create trigger company_updated before update on company
    for each row execute function bump_own_reference_version();

-- NUM-04: the number after `last`: `step` is added to the rightmost run of digits, padding and prefix stay.
create function number_after(last text, step integer) returns text language plpgsql immutable as $$
declare
    part text[] := regexp_match(last, '^(.*?)([0-9]+)([^0-9]*)$');
    digits text;
begin
    if part is null then
        raise exception 'the number % has no digits', last
            using errcode = '23514', constraint = 'number_series_has_digits', detail = last;
    end if;
    digits := (part[2]::numeric + step)::text;
    return part[1] || lpad(digits, greatest(length(part[2]), length(digits)), '0') || part[3];
end $$;
