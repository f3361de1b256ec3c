-- E-invoices that were sent or are to be sent, one for each document (EHF-06).

create table e_invoice_delivery (
    company_id      integer not null,
    document_id     bigint not null,
    document_type   text collate "C" not null,
    number          text collate "C" not null,
    sender          text not null,
    receiver        text not null,
    message_id      uuid not null,
    content         text not null,
    state           text collate "C" not null,
    attempts        integer not null,
    next_attempt_at timestamptz,
    answer_status   integer,
    answer          text,
    queued_at       timestamptz not null,
    queued_by       text not null,
    finished_at     timestamptz,
    modified_at     timestamptz not null,
    version         bigint not null,
    constraint e_invoice_delivery_pk primary key (company_id, document_id),
    constraint e_invoice_delivery_state check (state in ('Waiting', 'Sent', 'Refused')),
    -- What waits knows when; what does not has ended.
    constraint e_invoice_delivery_waits check ((state = 'Waiting') = (next_attempt_at is not null)),
    constraint e_invoice_delivery_ends check ((state = 'Waiting') = (finished_at is null))
);

create index e_invoice_delivery_due on e_invoice_delivery (next_attempt_at) where state = 'Waiting';
create unique index e_invoice_delivery_by_name on e_invoice_delivery (company_id, document_type, number);

insert into tally (company_id, entity, total, last_id)
select company_id, 'EInvoice', 0, 0 from company;

-- What was sent is not sent again, and stays as it was sent.
create function refuse_change_of_sent() returns trigger language plpgsql as $$
begin
    raise exception 'an e-invoice that was sent does not change'
        using errcode = '23514', constraint = 'e_invoice_sent_is_kept', detail = old.number;
end $$;

create trigger e_invoice_sent_is_kept before update or delete on e_invoice_delivery
    for each row when (old.state = 'Sent') execute function refuse_change_of_sent();
