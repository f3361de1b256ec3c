-- Who proposes to settle a document is asked of each document that a payment names. It is read from the index by
-- document alone: where it was not in there, going through the primary key of all proposals of the company, which has
-- both, looked cheaper.
alter table proposal
    drop constraint application_one_proposal_of_payment,
    add constraint application_one_proposal_of_payment unique (company_id, document_id) include (proposer_document_id);
