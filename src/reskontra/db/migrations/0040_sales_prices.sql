-- Sales prices (PRC-01), and whether a line's price was entered or looked up (PRC-06).

create table sales_price (
    company_id     integer not null,
    price_id       integer not null,
    price_type     text collate "C" not null,
    customer_id    integer,
    price_class_id text,
    item_id        integer not null,
    unit_id        text collate "C" not null,
    promotion      boolean not null,
    break_quantity numeric(15,6) not null,
    price          numeric(19,6) not null,
    currency_id    text collate "C" not null,
    vat_id         text,
    effective_date date,
    expiration_date date,
    warehouse      text,
    created_at     timestamptz not null,
    modified_at    timestamptz not null,
    version        bigint not null,
    constraint sales_price_pk primary key (company_id, price_id),
    constraint sales_price_buyer check (case price_type
        when 'Base' then num_nonnulls(customer_id, price_class_id) = 0
        when 'Customer' then customer_id is not null and price_class_id is null
        when 'CustomerPriceClass' then price_class_id is not null and customer_id is null
        else false end),
    constraint sales_price_figures check (price >= 0 and break_quantity >= 0),
    constraint sales_price_dates check (effective_date <= expiration_date),
    constraint sales_price_promotion check (not promotion or num_nulls(effective_date, expiration_date) = 0),
    -- PRC-02: no two promotions of the same price on one day. Plain PostgreSQL has range types alone for this, so the
    -- price is a range of one number: the hash of what identifies it.
    constraint sales_price_one_promotion exclude using gist (
        int4range(company_id, company_id, '[]') with &&,
        int4range(item_id, item_id, '[]') with &&,
        int8range(hashtextextended(price_type || ' ' || currency_id || ' ' || unit_id || ' '
                                   || trim_scale(break_quantity)::text || ' '
                                   || coalesce(customer_id::text, lower(price_class_id collate "C"), ''), 0),
                  hashtextextended(price_type || ' ' || currency_id || ' ' || unit_id || ' '
                                   || trim_scale(break_quantity)::text || ' '
                                   || coalesce(customer_id::text, lower(price_class_id collate "C"), ''), 0),
                  '[]') with &&,
        daterange(effective_date, expiration_date, '[]') with &&) where (promotion)
);

-- All prices of an item that may concern a customer are found by three keys: for nobody in particular, its id, its class.
create index sales_price_by_item on sales_price (
    company_id, item_id, coalesce(customer_id::text, lower(price_class_id collate "C"), ''));

insert into tally (company_id, entity, total, last_id)
select company_id, 'SalesPrice', 0, 0 from company;

-- The lines that stand keep the prices that they have, whoever chose them.
alter table document_line add column price_entered boolean not null default true;
