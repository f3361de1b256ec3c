-- The draft of a corrected invoice names the one that it is to replace (CRR). One at a time may wait. The index also finds
-- it where the invoice is about to be settled.
create unique index document_corrected_once on document (company_id, corrects_document_id)
    where document_type = 'Invoice' and released_at is null and corrects_document_id is not null;

-- For the self-check: the notes that took corrected invoices back.
create index document_by_corrected on document (company_id, corrects_document_id)
    where corrects_document_id is not null;
