-- What `reskontra check` found the last time, for the foot of the pages. It is about all books, so there is one row.

create table self_check (
    only_one   boolean not null default true,
    checked_at timestamptz not null,
    checks     integer not null,
    failed     text[] not null,
    constraint self_check_pk primary key (only_one),
    constraint self_check_is_one check (only_one)
);
