-- Printed documents: the logo of a branch, and what a letterhead said when something was sent under it.

-- The content is base64, as it is in a company file.
create table logo (
    company_id    integer not null,
    branch_number text collate "C" not null,
    content       text not null,
    constraint logo_pk primary key (company_id, branch_number),
    constraint logo_size check (length(content) <= 140000)
);

create trigger logo_inserted after insert on logo referencing new table as changed_rows
    for each statement execute function bump_reference_version();
create trigger logo_updated after update on logo referencing new table as changed_rows
    for each statement execute function bump_reference_version();
create trigger logo_deleted after delete on logo referencing old table as changed_rows
    for each statement execute function bump_reference_version();

-- A letterhead changes rarely and is on many documents: they name it by the digest of what it says.
create table letterhead (
    company_id integer not null,
    digest     bytea not null,
    content    jsonb not null,
    logo       text,
    constraint letterhead_pk primary key (company_id, digest)
);

create function letterhead_digest(content jsonb) returns bytea language sql immutable strict parallel safe as
$$ select sha256(convert_to(content::text, 'UTF8')) $$;

create function refuse_letterhead_change() returns trigger language plpgsql as $$
begin
    raise exception 'what a letterhead said cannot change'
        using errcode = '23514', constraint = 'letterhead_is_kept', detail = encode(old.digest, 'hex');
end $$;

create trigger letterhead_is_kept before update or delete on letterhead
    for each row execute function refuse_letterhead_change();

-- Null: released before this migration. Those are printed under the letterhead of the day.
alter table issued_document
    add column letterhead bytea,
    add column printed jsonb;

alter table account_statement
    add column letterhead bytea,
    add column printed jsonb;

alter table dunning_letter
    add column letterhead bytea,
    add column printed jsonb;
