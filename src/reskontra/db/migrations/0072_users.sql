-- People who sign in to the pages: their roles, the companies they see, and their sessions.

create table user_account (
    user_id       integer generated always as identity,
    email         text collate "C" not null,
    name          text not null,
    role          text not null,
    language      text,
    password_hash text not null,
    created_at    timestamptz not null,
    disabled_at   timestamptz,
    constraint user_account_pk primary key (user_id),
    constraint user_account_role_known check (role in ('reader', 'bookkeeper', 'controller', 'admin'))
);

create unique index user_account_by_email on user_account (lower(email));

create table user_company (
    user_id    integer not null references user_account on delete cascade,
    company_id integer not null references company,
    constraint user_company_pk primary key (user_id, company_id)
);

-- Of a session only the hash is kept, so that a copy of the table opens no door.
create table user_session (
    session_hash bytea not null,
    user_id      integer not null references user_account on delete cascade,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    constraint user_session_pk primary key (session_hash)
);

create index user_session_by_user on user_session (user_id);
