-- The life of a stored dunning letter, and the words that a company's letters are written in (ledger.md 4.1, 4.3, 4.5).

-- `fee_entered`: somebody set the fee by hand, so that it stays when the letter's level changes. A voided letter has
-- the day that it was voided on; where that took a credit note for its fee, the letter names it.
alter table dunning_letter
    add column fee_entered boolean not null default false,
    add column void_date date,
    add column fee_credit_document_id bigint;

alter table dunning_letter add constraint dunning_letter_voided_whole
    check ((status = 'Voided') = (voided_at is not null) and (voided_at is null) = (void_date is null)
           and (fee_credit_document_id is null or voided_at is not null));

-- What a company writes instead of the words that ship with the program; null leaves those.
create table dunning_text (
    company_id integer not null,
    level      integer not null,
    language   text collate "C" not null,
    subject    text,
    opening    text,
    closing    text,
    constraint dunning_text_pk primary key (company_id, level, language)
);

create trigger dunning_text_inserted after insert on dunning_text referencing new table as changed_rows
    for each statement execute function bump_reference_version();
create trigger dunning_text_updated after update on dunning_text referencing new table as changed_rows
    for each statement execute function bump_reference_version();
create trigger dunning_text_deleted after delete on dunning_text referencing old table as changed_rows
    for each statement execute function bump_reference_version();
