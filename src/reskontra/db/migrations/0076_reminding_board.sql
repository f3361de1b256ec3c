-- What may be reminded of, read from the index alone: the board of reminding counts all of it at each visit.

create index document_to_remind on document (company_id, customer_id, dunning_level)
    include (due_date, dunning_letter_date, branch_number, document_id)
    where released_at is not null and balance > 0 and not revoked and due_date is not null
      and origin <> 'dunning_fee' and document_type in ('Invoice', 'DebitNote', 'FinCharge');

-- What keeps a period from being finished.
create index batch_unposted on batch (company_id, period_id) where status = 'Unposted';
