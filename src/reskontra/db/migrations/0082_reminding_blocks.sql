-- A document may be kept from being reminded of, with a reason: on no letter that is dated before a day. The day is
-- 'infinity' until the block is lifted by hand.

alter table document
    add column reminding_blocked_until date,
    add column reminding_block_reason  text,
    add constraint document_reminding_block_has_a_reason
        check ((reminding_blocked_until is null) = (reminding_block_reason is null));

create index document_blocked on document (company_id, document_type, number)
    where reminding_blocked_until is not null;

-- The board of reminding still reads all that it counts from the index alone.
drop index document_to_remind;
create index document_to_remind on document (company_id, customer_id, dunning_level)
    include (due_date, dunning_letter_date, branch_number, document_id, reminding_blocked_until)
    where released_at is not null and balance > 0 and not revoked and due_date is not null
      and origin <> 'dunning_fee' and document_type in ('Invoice', 'DebitNote', 'FinCharge');
