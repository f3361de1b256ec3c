-- What settles what: applications of credit documents to debit documents. A row without released_at is a proposal
-- of a draft; a released one is a dated fact that is never changed (ledger.md 3.1).

create table application (
    company_id         integer not null,
    application_id     bigint generated always as identity,
    credit_document_id bigint not null,
    debit_document_id  bigint not null,
    amount             numeric(19,4) not null,
    applied_on         date,
    period_id          text collate "C",
    base_credit        numeric(19,4),
    base_debit         numeric(19,4),
    gain_loss          numeric(19,4),
    discount           numeric(19,4) not null default 0,
    write_off          numeric(19,4) not null default 0,
    reverses_id        bigint,
    created_at         timestamptz not null,
    created_by         text not null,
    released_at        timestamptz,
    constraint application_pk primary key (company_id, application_id),
    constraint application_two_documents check (credit_document_id <> debit_document_id),
    constraint application_amount check (amount > 0 or reverses_id is not null),
    constraint application_released_whole check (released_at is null or
        (applied_on is not null and period_id is not null and base_credit is not null and base_debit is not null
         and gain_loss is not null))
);
-- APP-08: one proposal at a time on a debit document.
create unique index application_one_proposal on application (company_id, debit_document_id) where released_at is null;
create index application_by_credit on application (company_id, credit_document_id);
create index application_by_debit on application (company_id, debit_document_id);

create function refuse_application_change() returns trigger language plpgsql as $$
begin
    raise exception 'a released application cannot change'
        using errcode = '23514', constraint = 'application_is_append_only', detail = old.application_id::text;
end $$;

create trigger application_is_append_only before update or delete on application for each row
    when (old.released_at is not null) execute function refuse_application_change();
