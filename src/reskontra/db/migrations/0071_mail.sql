-- Mail: who asked for which document or letter to be sent where, and what became of it. A row is one sending.

create table mail (
    company_id   integer not null,
    mail_id      integer not null,
    document_id  bigint,
    letter_id    integer,
    customer_id  integer not null,
    sending      integer not null,
    is_automatic boolean not null,
    state        text not null,
    -- Null in these: they follow from the document when it is sent.
    language     text,
    recipients   text[],
    copies       text[] not null,
    subject      text,
    body         text,
    attempts     integer not null default 0,
    answer       text,
    asked_at     timestamptz not null,
    asked_by     text not null,
    -- When a process that has taken the mail must be done with it, and before that when one may take it.
    due_at       timestamptz,
    -- Set just before the mail server gets it, and cleared when it says that it will not have it now.
    handed_at    timestamptz,
    sent_at      timestamptz,
    version      bigint not null,
    constraint mail_pk primary key (company_id, mail_id),
    constraint mail_is_of_one_thing check (num_nonnulls(document_id, letter_id) = 1),
    constraint mail_state_known check (state in ('Waiting', 'Sent', 'Refused', 'Unknown')),
    constraint mail_waits_for_a_moment check ((state = 'Waiting') = (due_at is not null)),
    constraint mail_sent_is_whole check (state <> 'Sent' or num_nulls(recipients, subject, body, sent_at) = 0),
    constraint mail_sending_counts check (sending > 0)
);

create unique index mail_document_sending on mail (company_id, document_id, sending) where document_id is not null;
create unique index mail_letter_sending on mail (company_id, letter_id, sending) where letter_id is not null;
create index mail_due on mail (due_at, company_id, mail_id) where state = 'Waiting';

insert into tally (company_id, entity, total, last_change_id)
select company_id, 'Mail', 0, 0 from company;
