-- What pages add up over all documents of a company is read from narrow indexes: a row of the table is 1.6 kB wide.

drop index document_unpaid;
create index document_unpaid on document (company_id, customer_id, due_date)
    include (document_type, document_date, balance_base, dunning_level)
    where released_at is not null and balance > 0;

create index document_by_day on document (company_id, document_date, document_id)
    include (document_type, amount_base, balance_base, released_at, master_document_id, origin);
