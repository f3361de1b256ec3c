-- Statements of account as they were sent: what was shown once is shown again, whatever is booked afterwards.
create table account_statement (
    company_id     integer not null,
    customer_id    integer not null,
    as_of          date not null,
    follows        date,
    statement_type text collate "C" not null,
    by_currency    boolean not null,
    known_before   timestamptz not null,
    balance        numeric(19,4) not null,
    body           text not null,
    created_at     timestamptz not null,
    created_by     text not null,
    version        bigint not null,
    constraint account_statement_pk primary key (company_id, customer_id, as_of),
    constraint account_statement_customer_exists foreign key (company_id, customer_id) references customer,
    constraint account_statement_type_known check (statement_type in ('OpenItem', 'BalanceBroughtForward')),
    constraint account_statement_follows_an_earlier check (follows < as_of)
);
-- A balance is brought forward once: two runs cannot both continue from the same statement.
create unique index account_statement_followed_once
    on account_statement (company_id, customer_id, coalesce(follows, '-infinity'::date));

create function refuse_statement_change() returns trigger language plpgsql as $$
begin
    raise exception 'a statement that was made cannot change'
        using errcode = '23514', constraint = 'account_statement_is_kept', detail = old.as_of::text;
end $$;

create trigger account_statement_is_kept before update or delete on account_statement
    for each row execute function refuse_statement_change();
