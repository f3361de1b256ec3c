-- Customers: who owes. Address and contact follow the main ones while their own id is null (CUS-04).

create table address (
    company_id integer not null,
    address_id integer not null,
    line_1     text,
    line_2     text,
    line_3     text,
    postal_code text,
    city       text,
    country_id text collate "C",
    county     text,
    constraint address_pk primary key (company_id, address_id)
);

create table contact_details (
    company_id integer not null,
    contact_id integer not null,
    name       text,
    attention  text,
    email      text,
    web        text,
    phone_1    text,
    phone_2    text,
    fax        text,
    constraint contact_details_pk primary key (company_id, contact_id)
);

create table customer (
    company_id          integer not null,
    customer_id         integer not null,
    number              text collate "C" not null,
    name                text not null,
    status              text not null default 'Active',
    customer_class_id   text collate "C" not null,
    account_reference   text,
    number_of_employees integer,
    parent_customer_id  integer,
    terms_id            text collate "C" not null,
    currency_id         text collate "C" not null,
    currency_override   boolean not null,
    rate_type           text,
    rate_override       boolean not null,
    credit_verification text not null,
    credit_limit        numeric(19,4) not null,
    credit_days_past_due integer not null,
    statement_cycle_id  text,
    statement_type      text not null,
    overdue_charge      boolean not null default false,
    write_off_allowed   boolean not null default false,
    write_off_limit     numeric(19,4) not null default 0,
    auto_apply          boolean not null default false,
    print_invoices      boolean not null,
    email_invoices      boolean not null,
    print_dunning_letters boolean not null,
    email_dunning_letters boolean not null,
    print_statements    boolean not null,
    email_statements    boolean not null,
    multi_currency_statements boolean not null,
    accept_auto_invoices boolean not null default false,
    invoice_to_default_location boolean not null default false,
    exclude_debt_collection boolean not null default false,
    price_class_id      text,
    e_invoice_contract_id text,
    e_invoice_intermediator_id text,
    default_payment_method_id text collate "C",
    locale              text,
    note                text,
    main_address_id     integer not null,
    invoice_address_id  integer,
    delivery_address_id integer,
    main_contact_id     integer not null,
    invoice_contact_id  integer,
    delivery_contact_id integer,
    default_location_id integer not null,
    created_at          timestamptz not null,
    modified_at         timestamptz not null,
    version             bigint not null,
    constraint customer_pk primary key (company_id, customer_id),
    constraint customer_status_known check (status in ('Active', 'OnHold', 'CreditHold', 'Inactive', 'OneTime')),
    constraint customer_verification_known check
        (credit_verification in ('Disabled', 'DaysPastDue', 'CreditLimit', 'LimitAndDaysPastDue')),
    constraint customer_statement_type_known check (statement_type in ('OpenItem', 'BalanceBroughtForward')),
    constraint customer_not_own_parent check (parent_customer_id <> customer_id),
    constraint customer_credit_limit_range check (credit_limit >= 0)
);
create unique index customer_number_unique on customer (company_id, lower(number) collate "C");
create index customer_modified on customer (company_id, modified_at);
create index customer_by_number on customer (company_id, number);
create index customer_by_parent on customer (company_id, parent_customer_id) where parent_customer_id is not null;

create table location (
    company_id    integer not null,
    customer_id   integer not null,
    location_id   integer not null,
    location_cd   text collate "C" not null,
    name          text not null,
    active        boolean not null default true,
    address_id    integer,
    contact_id    integer,
    vat_zone_id   text collate "C",
    vat_registration_id text,
    corporate_id  text,
    gln           text,
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
    created_at    timestamptz not null,
    modified_at   timestamptz not null,
    constraint location_pk primary key (company_id, customer_id, location_id)
);
create unique index location_cd_unique on location (company_id, customer_id, lower(location_cd) collate "C");

create table customer_attribute (
    company_id   integer not null,
    customer_id  integer not null,
    attribute_id text collate "C" not null,
    value        text,
    constraint customer_attribute_pk primary key (company_id, customer_id, attribute_id)
);

create table customer_payment_method (
    company_id        integer not null,
    customer_id       integer not null,
    payment_method_id text collate "C" not null,
    constraint customer_payment_method_pk primary key (company_id, customer_id, payment_method_id)
);

create table direct_debit (
    company_id      integer not null,
    customer_id     integer not null,
    direct_debit_id text collate "C" not null,
    mandate_id      text,
    mandate_description text,
    signed_on       date,
    is_default      boolean not null default false,
    one_time        boolean not null default false,
    bic             text,
    iban            text,
    last_collection_date date,
    max_amount      numeric(19,4),
    expires_on      date,
    branch_number   text,
    constraint direct_debit_pk primary key (company_id, customer_id, direct_debit_id)
);

-- What a customer owes, in base currency: released documents with their sign (BAL-03), and what is
-- saved but not released (BAL-02). Kept in the statement that changes it; selfcheck compares it.
create table customer_balance (
    company_id  integer not null,
    customer_id integer not null,
    balance     numeric(19,4) not null default 0,
    unreleased  numeric(19,4) not null default 0,
    constraint customer_balance_pk primary key (company_id, customer_id)
) with (fillfactor = 70);
