-- Invoices, credit notes and debit notes: one concept, one table pair, and the VAT rows of each document.
-- Amounts are never negative, the sign lives in the kind; *_base stands beside its document-currency twin.
-- lines_json and vat_json hold the wire text of the rows and are rewritten by the statement that changes a row.

create table document (
    company_id           integer not null,
    document_id          bigint generated always as identity,
    document_type        text collate "C" not null,
    number               text collate "C" not null,
    status               text collate "C" not null,
    customer_id          integer not null,
    child_customer_id    integer,
    location_id          integer not null,
    branch_number        text collate "C" not null,
    document_date        date not null,
    original_invoice_date date,
    due_date             date,
    cash_discount_date   date,
    period_id            text collate "C" not null,
    closed_period_id     text collate "C",
    currency_id          text collate "C" not null,
    exchange_rate        numeric(18,8) not null,
    rate_operator        text not null default 'M',
    terms_id             text collate "C",
    vat_zone_id          text collate "C",
    payment_method_id    text collate "C",
    cash_account         text collate "C",
    account_number       text collate "C" not null,
    subaccount_id        integer not null,
    salesperson_id       integer,
    contact_id           integer,
    customer_reference   text collate "C",
    external_reference   text collate "C",
    payment_reference    text collate "C",
    invoice_text         text,
    note                 text,
    project_id           text collate "C",
    detail_total         numeric(19,4) not null,
    detail_total_base    numeric(19,4) not null,
    discount_total       numeric(19,4) not null,
    discount_total_base  numeric(19,4) not null,
    vat_total            numeric(19,4) not null,
    vat_total_base       numeric(19,4) not null,
    vat_taxable_total    numeric(19,4) not null,
    vat_taxable_total_base numeric(19,4) not null,
    vat_exempt_total     numeric(19,4) not null,
    vat_exempt_total_base numeric(19,4) not null,
    rounding_difference  numeric(19,4) not null,
    amount               numeric(19,4) not null,
    amount_base          numeric(19,4) not null,
    balance              numeric(19,4) not null,
    balance_base         numeric(19,4) not null,
    cash_discount        numeric(19,4) not null,
    cash_discount_base   numeric(19,4) not null,
    dont_print           boolean not null,
    dont_email           boolean not null,
    revoked              boolean not null,
    exclude_debt_collection boolean not null,
    send_to_auto_invoice boolean not null,
    due_date_entered     boolean not null,
    cash_discount_date_entered boolean not null,
    rate_entered         boolean not null,
    credit_approved_amount_base numeric(19,4) not null default 0,
    origin               text collate "C" not null default 'entered',
    invoice_address      jsonb,
    invoice_contact      jsonb,
    particulars          jsonb not null,
    dunning_level        integer not null default 0,
    dunning_letter_date  date,
    lines_json           text not null,
    vat_json             text not null,
    created_at           timestamptz not null,
    created_by           text not null,
    modified_at          timestamptz not null,
    released_at          timestamptz,
    released_by          text,
    batch_number         text collate "C",
    figures_hash         text,
    version              bigint not null,
    constraint document_pk primary key (company_id, document_id),
    constraint document_customer_exists foreign key (company_id, customer_id) references customer,
    constraint document_type_known check (document_type in ('Invoice', 'CreditNote', 'DebitNote', 'FinCharge')),
    constraint document_status_known check (status in ('Hold', 'Balanced', 'Voided', 'Scheduled', 'Open', 'Closed',
        'PendingPrint', 'PendingEmail', 'CreditHold', 'CcHold', 'Reserved')),
    constraint document_amount_not_negative check (amount >= 0 and amount_base >= 0),
    constraint document_balance_range check (balance between 0 and amount and balance_base between 0 and amount_base),
    constraint document_released_status check ((status in ('Open', 'Closed', 'Reserved')) = (released_at is not null)),
    constraint document_closed_balance check
        ((status = 'Closed') = (released_at is not null and balance = 0) and (status <> 'Closed' or balance_base = 0)),
    constraint document_total_adds_up check
        (released_at is null or figures_hash is not null and batch_number is not null),
    constraint document_rate_positive check (exchange_rate > 0),
    constraint document_dunning_state check ((dunning_level = 0) = (dunning_letter_date is null))
);
create unique index document_number_unique on document (company_id, document_type, lower(number) collate "C");
create index document_by_number on document (company_id, document_type, number) include (document_id);
create index document_modified on document (company_id, document_type, modified_at);
create index document_by_date on document (company_id, document_type, document_date);
create index document_by_customer on document (company_id, customer_id, document_type);
create index document_unpaid on document (company_id, customer_id, due_date)
    where released_at is not null and balance > 0;
create index document_external_reference on document (company_id, external_reference)
    where external_reference is not null;
create index document_unreleased on document (company_id, period_id) where released_at is null;

create table document_line (
    company_id       integer not null,
    document_id      bigint not null,
    line_number      integer not null,
    item_id          integer,
    item_number      text collate "C",
    description      text,
    quantity         numeric(19,6) not null,
    unit_id          text collate "C",
    unit_price       numeric(19,6) not null,
    unit_price_base  numeric(19,6) not null,
    extended_amount  numeric(19,4) not null,
    extended_amount_base numeric(19,4) not null,
    amount_entered   boolean not null,
    discount_percent numeric(19,6) not null,
    discount_amount  numeric(19,4) not null,
    discount_amount_base numeric(19,4) not null,
    manual_discount  boolean not null,
    amount           numeric(19,4) not null,
    amount_base      numeric(19,4) not null,
    net_amount       numeric(19,4) not null,
    net_amount_base  numeric(19,4) not null,
    account_number   text collate "C" not null,
    subaccount_id    integer not null,
    vat_category_id  text collate "C",
    vat_ids          text[] not null,
    branch_number    text collate "C" not null,
    salesperson_id   integer,
    deferral_code    text,
    deferral_schedule integer,
    term_start_date  date,
    term_end_date    date,
    start_date       date,
    end_date         date,
    task_id          text,
    note             text,
    constraint document_line_pk primary key (company_id, document_id, line_number),
    constraint document_line_amount check (amount = extended_amount - discount_amount)
);

create table document_vat (
    company_id    integer not null,
    document_id   bigint not null,
    vat_id        text collate "C" not null,
    rate          numeric(9,6) not null,
    taxable       numeric(19,4) not null,
    taxable_base  numeric(19,4) not null,
    vat           numeric(19,4) not null,
    vat_base      numeric(19,4) not null,
    inclusive     boolean not null,
    exempt        boolean not null,
    reverse_charge boolean not null,
    entered       boolean not null,
    payable_account text collate "C",
    payable_subaccount_id integer,
    constraint document_vat_pk primary key (company_id, document_id, vat_id)
);

-- The figures that release freezes (invariant 6), as one text that can be compared later.
create function document_figures(the_company integer, the_document bigint) returns text
language sql stable as $$
    select md5(
        (select row(document_type, number, customer_id, location_id, branch_number, document_date, period_id,
                    currency_id, exchange_rate, rate_operator, account_number, subaccount_id, vat_zone_id, detail_total,
                    detail_total_base, discount_total, discount_total_base, vat_total, vat_total_base,
                    vat_taxable_total, vat_taxable_total_base, vat_exempt_total, vat_exempt_total_base,
                    rounding_difference, amount, amount_base)::text
           from document where company_id = the_company and document_id = the_document)
        || coalesce((select string_agg(row(line_number, item_id, quantity, unit_price, extended_amount,
                    discount_amount, amount, amount_base, net_amount, net_amount_base, account_number,
                    subaccount_id, vat_category_id, vat_ids)::text, ';' order by line_number)
           from document_line where company_id = the_company and document_id = the_document), '')
        || coalesce((select string_agg(row(vat_id, rate, taxable, taxable_base, vat, vat_base)::text, ';'
                    order by vat_id)
           from document_vat where company_id = the_company and document_id = the_document), ''))
$$;

create function refuse_released_figures() returns trigger language plpgsql as $$
begin
    raise exception 'the figures of released document % cannot change', old.number
        using errcode = '23514', constraint = 'document_released_is_frozen', detail = old.number;
end $$;

create trigger document_released_is_frozen before update on document for each row
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

create trigger document_released_is_kept before delete on document for each row
    when (old.released_at is not null) execute function refuse_released_figures();

create function refuse_released_rows() returns trigger language plpgsql as $$
declare frozen text;
begin
    select document.number into frozen
      from changed_rows join document using (company_id, document_id)
     where document.released_at is not null limit 1;
    if found then
        raise exception 'the lines of released document % cannot change', frozen
            using errcode = '23514', constraint = 'document_released_is_frozen', detail = frozen;
    end if;
    return null;
end $$;

create trigger document_line_inserted after insert on document_line referencing new table as changed_rows
    for each statement execute function refuse_released_rows();
create trigger document_line_updated after update on document_line referencing old table as changed_rows
    for each statement execute function refuse_released_rows();
create trigger document_line_deleted after delete on document_line referencing old table as changed_rows
    for each statement execute function refuse_released_rows();
create trigger document_vat_inserted after insert on document_vat referencing new table as changed_rows
    for each statement execute function refuse_released_rows();
create trigger document_vat_updated after update on document_vat referencing old table as changed_rows
    for each statement execute function refuse_released_rows();
create trigger document_vat_deleted after delete on document_vat referencing old table as changed_rows
    for each statement execute function refuse_released_rows();

-- The next number of a range that nobody has taken by hand (NUM-06). Called inside the UPDATE of the range's
-- row, so that writers of one series are one after the other and a rollback leaves no hole (NUM-07).
create function next_free_number(the_company integer, the_entity text, last text, step integer, end_number text)
returns text language plpgsql volatile as $$
declare candidate text := last;
begin
    loop
        candidate := number_after(candidate, step);
        if length(candidate) > length(end_number) or (length(candidate) = length(end_number)
                                                      and candidate > end_number collate "C") then
            raise exception 'the number series is used up'
                using errcode = '23514', constraint = 'number_series_used_up', detail = end_number;
        end if;
        if the_entity = 'Customer' then
            exit when not exists (select from customer where company_id = the_company
                                     and lower(number) collate "C" = lower(candidate collate "C"));
        elsif the_entity = 'Batch' then
            exit;
        else
            exit when not exists (select from document where company_id = the_company and document_type = the_entity
                                     and lower(number) collate "C" = lower(candidate collate "C"));
        end if;
    end loop;
    return candidate;
end $$;
