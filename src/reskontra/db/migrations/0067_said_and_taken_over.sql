-- What had to be guessed is kept: whether somebody said what a document corrects (decision 0027), and on which day an
-- open item was taken over, before which nothing is applied to it (OPN-06).
alter table document
    add column corrects_entered boolean not null default false,
    add column taken_over_on date;

-- A draft whose correction is not just the one document that it is to settle was told what it corrects.
update document
   set corrects_entered = true
 where corrects_document_id is not null and released_at is null
   and (origin = 'reversed'
        or array(select debit_document_id from application
                  where application.company_id = document.company_id
                    and application.credit_document_id = document.document_id and application.released_at is null)
           <> array[corrects_document_id]);

update document
   set taken_over_on = batch.batch_date
  from batch
 where document.origin = 'opening' and batch.company_id = document.company_id
   and batch.batch_number = document.batch_number;

create trigger document_released_takeover_is_frozen before update of taken_over_on on document
    for each row when (old.released_at is not null and new.taken_over_on is distinct from old.taken_over_on)
    execute function refuse_released_figures();
