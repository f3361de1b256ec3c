-- Files on documents and their lines. A file of the same name on the same owner is a new revision of the same
-- attachment; revisions and their bytes are never changed. Everything goes with the document or line it is on.

alter table document add column has_attachments boolean not null default false;

create table attachment (
    company_id           integer not null,
    attachment_id        uuid not null,
    added_id             bigint generated always as identity,
    document_id          bigint not null,
    line_number          integer,
    name                 text not null,
    name_key             text collate "C" not null,
    revision             integer not null,
    send_to_auto_invoice boolean not null,
    include_in_mail      boolean not null,
    modified_at          timestamptz not null,
    version              bigint not null,
    constraint attachment_pk primary key (company_id, attachment_id),
    constraint attachment_of_document foreign key (company_id, document_id) references document on delete cascade,
    constraint attachment_of_line foreign key (company_id, document_id, line_number) references document_line
        on delete cascade,
    constraint attachment_revision_positive check (revision > 0)
);
create unique index attachment_name_unique on attachment (company_id, document_id, line_number, name_key)
    nulls not distinct;

create table attachment_revision (
    company_id    integer not null,
    attachment_id uuid not null,
    revision      integer not null,
    media_type    text not null,
    size          bigint not null,
    sha256        text not null,
    stored_at     timestamptz not null,
    stored_by     text not null,
    constraint attachment_revision_pk primary key (company_id, attachment_id, revision),
    constraint attachment_revision_of_attachment foreign key (company_id, attachment_id) references attachment
        on delete cascade,
    constraint attachment_revision_not_empty check (size > 0)
);

-- The bytes in pieces, so that neither side ever holds a whole file. They are not compressed: most files are already.
create table attachment_piece (
    company_id    integer not null,
    attachment_id uuid not null,
    revision      integer not null,
    position      integer not null,
    bytes         bytea not null,
    constraint attachment_piece_pk primary key (company_id, attachment_id, revision, position),
    constraint attachment_piece_of_revision foreign key (company_id, attachment_id, revision)
        references attachment_revision on delete cascade
);
alter table attachment_piece alter column bytes set storage external;

create function refuse_attachment_change() returns trigger language plpgsql as $$
begin
    raise exception 'a stored file cannot change'
        using errcode = '23514', constraint = 'attachment_is_append_only', detail = old.attachment_id::text;
end $$;
create trigger attachment_revision_is_append_only before update on attachment_revision
    for each row execute function refuse_attachment_change();
create trigger attachment_piece_is_append_only before update on attachment_piece
    for each row execute function refuse_attachment_change();
