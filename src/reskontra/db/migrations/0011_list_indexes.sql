-- Filters of the document lists that would else read a whole kind, and the search for a deleted number by any case.

create index document_by_status on document (company_id, document_type, status, number);
create index document_by_period on document (company_id, document_type, period_id, number);
create index deleted_number_folded on deleted_number (company_id, entity, lower(number) collate "C");
