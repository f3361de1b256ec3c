-- Processes remember clients and the key that signs tokens. Every few seconds they read the version in this row, which
-- changes in the same transaction as clients, their companies or the key, whoever changes them, even in psql. Reading
-- one row is cheaper than reading all clients.

create table access_version (
    is_only boolean primary key default true,
    version bigint not null,
    constraint access_version_is_one check (is_only)
);
insert into access_version (version) values (1);

create function move_access_version() returns trigger language plpgsql as $$
begin
    update access_version set version = version + 1;
    return null;
end $$;

create trigger api_client_moved after insert or update or delete on api_client
    for each statement execute function move_access_version();
create trigger api_client_company_moved after insert or update or delete on api_client_company
    for each statement execute function move_access_version();
create trigger server_secret_moved after insert or update or delete on server_secret
    for each statement execute function move_access_version();
