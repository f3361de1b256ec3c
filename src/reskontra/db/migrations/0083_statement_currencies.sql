-- A mail with a statement also says whether currencies stand apart on it. Null: as the customer wants it.

alter table mail
    add column statement_by_currency boolean,
    drop constraint mail_statement_has_a_day,
    add constraint mail_statement_has_a_day check (
        statement_as_of is not null
        or num_nonnulls(statement_type, statement_since, statement_known_at, statement_by_currency) = 0);
