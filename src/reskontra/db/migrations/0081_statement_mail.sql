-- Statements of account go out by e-mail. A row says which statement: of the customer, as of a day, and what else was
-- asked for. Null in type, since and known_at: as the statement is by itself.

alter table mail
    add column statement_as_of    date,
    add column statement_type     text,
    add column statement_since    date,
    add column statement_known_at timestamptz,
    drop constraint mail_is_of_one_thing,
    add constraint mail_is_of_one_thing check (num_nonnulls(document_id, letter_id, statement_as_of) = 1),
    add constraint mail_statement_has_a_day check (
        statement_as_of is not null or num_nonnulls(statement_type, statement_since, statement_known_at) = 0);

create unique index mail_statement_sending on mail (company_id, customer_id, statement_as_of, sending)
    where statement_as_of is not null;
