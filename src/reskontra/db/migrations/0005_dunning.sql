-- Reminding: a letter, the documents on it, and the fee invoice it may have made (ledger.md section 4).

create table dunning_letter (
    company_id     integer not null,
    letter_id      integer not null,
    customer_id    integer not null,
    level          integer not null,
    status         text not null,
    letter_date    date not null,
    payment_deadline date not null,
    currency_id    text collate "C" not null,
    fee            numeric(19,4) not null,
    fee_document_id bigint,
    final_reminder boolean not null,
    warnings       jsonb not null default '[]',
    created_at     timestamptz not null,
    created_by     text not null,
    released_at    timestamptz,
    voided_at      timestamptz,
    version        bigint not null,
    constraint dunning_letter_pk primary key (company_id, letter_id),
    constraint dunning_letter_status_known check (status in ('Draft', 'Released', 'Voided')),
    constraint dunning_letter_customer_exists foreign key (company_id, customer_id) references customer,
    constraint dunning_letter_one_fee unique (company_id, fee_document_id)
);
create index dunning_letter_by_customer on dunning_letter (company_id, customer_id);

create table dunning_letter_line (
    company_id    integer not null,
    letter_id     integer not null,
    document_id   bigint not null,
    level_before  integer not null,
    level_after   integer not null,
    previous_letter_date date,
    due_date      date not null,
    balance       numeric(19,4) not null,
    balance_base  numeric(19,4) not null,
    constraint dunning_letter_line_pk primary key (company_id, letter_id, document_id),
    constraint dunning_letter_line_one_step check (level_after in (level_before, level_before + 1))
);
create index dunning_letter_line_by_document on dunning_letter_line (company_id, document_id);
