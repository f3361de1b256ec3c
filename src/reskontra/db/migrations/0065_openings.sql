-- Opening balances: open items of an older system, taken over without revenue and VAT by one batch for each run (OPN).

-- What such a document was once worth. Its amount is what was open when it was taken over, so that a balance is an amount
-- less applications here too.
create table opening_item (
    company_id      integer not null,
    document_id     bigint not null,
    original_amount numeric(19,4) not null,
    constraint opening_item_pk primary key (company_id, document_id),
    constraint opening_item_amount check (original_amount > 0)
);

create function refuse_opening_change() returns trigger language plpgsql as $$
begin
    raise exception 'what a document was once worth cannot change'
        using errcode = '23514', constraint = 'opening_item_is_kept', detail = old.document_id::text;
end $$;

create trigger opening_item_is_kept before update or delete on opening_item
    for each row execute function refuse_opening_change();

-- The side of an opening batch that is not receivables.
alter table journal_entry
    drop constraint journal_entry_purpose_known,
    add constraint journal_entry_purpose_known check (purpose in
        ('receivable', 'revenue', 'vat', 'discount', 'rounding', 'payment', 'prepayment', 'write_off',
         'exchange_gain_loss', 'cash_discount', 'charge', 'opening'));
