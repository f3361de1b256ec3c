-- Requests that came with an Idempotency-Key: what they were, and what they were answered (decision 0033). A row is
-- written by the transaction that carries its request out, so it says that this happened. It is kept for a day.

create table request_key (
    company_id  integer not null references company,
    actor       text collate "C" not null,
    request_key text collate "C" not null,
    fingerprint bytea not null,
    begun_at    timestamptz not null,
    -- Null while a run is under way, which is more than one transaction.
    status      smallint,
    headers     jsonb,
    body        bytea,
    constraint request_key_pk primary key (company_id, actor, request_key),
    constraint request_key_answered_whole check (num_nulls(status, headers, body) in (0, 3))
);

create index request_key_by_age on request_key (begun_at);
