-- Seals of the log of changes (decision 0035). Each covers the changes of a stretch of time and the seal before it, so
-- that a change that is altered, taken out or put in afterwards no longer fits.
create table change_seal (
    company_id       integer not null references company,
    seal_number      integer not null,
    sealed_at        timestamptz not null,
    sealed_until     timestamptz not null,
    newest_change_id bigint not null,
    changes          integer not null,
    digest           bytea not null,
    constraint change_seal_pk primary key (company_id, seal_number),
    constraint change_seal_changes check (changes > 0),
    constraint change_seal_digest check (octet_length(digest) = 32)
);

create function refuse_change_of_a_seal() returns trigger language plpgsql as $$
begin
    raise exception 'seals are append-only'
        using errcode = '23514', constraint = 'change_seal_is_append_only', detail = old.seal_number::text;
end $$;

create trigger change_seal_is_append_only before update or delete on change_seal
    for each row execute function refuse_change_of_a_seal();

-- What a seal says of the changes after a moment and up to another: SHA-256 of the digest of the seal before, 32 bytes
-- or none, and the changes, each as a JSON array in a line of its own, without a line end after the last.
create function seal_of(the_company integer, after timestamptz, until timestamptz, before bytea)
returns table (digest bytea, changes integer, newest_change_id bigint) language sql stable as $$
    select sha256(before || convert_to(string_agg(line.text, E'\n' order by changed_at, change_id), 'UTF8')),
           count(*)::integer, max(change_id)
      from change
     cross join lateral (
        select jsonb_build_array(change_id, to_char(changed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                                 actor, request_id, entity, entity_key, event, detail)::text as text) as line
     where company_id = the_company and changed_at > after and changed_at <= until
$$;
