-- The invariants of the books (docs/INVARIANTS.md) as queries: each returns the rows that break it, so that an
-- empty answer is a proof. The number in a comment is the invariant's.

-- name: migrations-in-sequence Migrations were applied in the order of their numbers.
select version, name
from (select version, name, applied_at,
             max(applied_at) over (order by version rows between unbounded preceding and 1 preceding) as before
        from schema_version) as numbered
where applied_at < before or version < 1;

-- name: document-kind-served A document is of a kind that is served.
select company_id, document_type, number
  from document
  join document_kind using (document_type)
 where not is_served;

-- 1
-- name: document-balance-range A document's balance lies between zero and its amount, in both currencies.
select company_id, document_type, number, amount, balance, amount_base, balance_base
  from document
 where balance not between 0 and amount or balance_base not between 0 and amount_base;

-- 2
-- name: document-balance-settled A document's balance is its amount less what was applied to it.
select document.company_id, document_type, number, status, document.amount, balance, amount_base, balance_base, applied
  from document
 cross join lateral (
    select coalesce(sum(case when debit_document_id = document_id then amount_debit + discount + write_off
                             else amount_credit end), 0) as applied,
           coalesce(sum(case when debit_document_id = document_id then base_debit + discount_base + write_off_base
                             else base_credit end), 0) as applied_base
      from application
     where application.company_id = document.company_id and application.released_at is not null
       and document.document_id in (credit_document_id, debit_document_id)) as applications
 where balance <> document.amount - applied or balance_base <> amount_base - applied_base;

-- name: balance-in-currency A balance is no finer than the places of its currency.
select document.company_id, document_type, number, balance, currency.decimals
  from document
  join currency using (company_id, currency_id)
 where balance <> round(balance, currency.decimals);

-- 19, 20
-- name: applications-legal An application settles a released debit by a credit of the same customer or of one that was its parent, or by its own instalment, and is unreleased only while its credit is.
select application.company_id, application.application_id, credit.document_type as credit_type, credit.status,
       debit.document_type as debit_type, debit.status as debit_status
  from application
  left join document as credit on credit.company_id = application.company_id
   and credit.document_id = application.credit_document_id
  left join document as debit on debit.company_id = application.company_id
   and debit.document_id = application.debit_document_id
  left join document_kind as credit_kind on credit_kind.document_type = credit.document_type
  left join document_kind as debit_kind on debit_kind.document_type = debit.document_type
  left join settlement on settlement.company_id = application.company_id
   and settlement.settlement_id = application.settlement_id
 where credit.document_id is null or debit.document_id is null
    or case when application.is_split then credit.master_document_id is distinct from debit.document_id
            when credit.document_id = debit.document_id
            then debit_kind.balance_sign <> 0 or settlement.kind is distinct from 'cash'
            else not (debit.document_type = any (credit_kind.settles)
                      or credit.document_type = any (debit_kind.settles)) end
    or credit.customer_id <> debit.customer_id
       -- The parent may be another one by now.
       and not exists (select from customer
                         left join change on change.company_id = customer.company_id and change.entity = 'Customer'
                          and change.entity_key = customer.number
                        where customer.company_id = credit.company_id and customer.customer_id = debit.customer_id
                          and (customer.parent_customer_id = credit.customer_id
                               or change.detail -> 'parent_customer_id' @> to_jsonb(credit.customer_id)))
    or credit.currency_id = debit.currency_id and application.cross_rate <> 1
    or debit.released_at is null or (credit.released_at is null) <> (application.released_at is null);

-- name: settlements-whole A settlement has applications made with it, a batch if they book anything, and reverses what it names.
select settlement.company_id, settlement.settlement_id, settlement.kind
  from settlement
 cross join lateral (
    select count(*) as total, bool_or(is_posted) as posts,
           bool_and(application.released_at = settlement.created_at and applied_on >= settled_on
                    and application.period_id >= settlement.period_id) as in_time,
           bool_and((settlement.kind = 'void'
                     or (application.reverses_id is null) = (settlement.reverses_id is null))
                    and application.is_split = (settlement.kind = 'split')) as whole
      from application
     where application.company_id = settlement.company_id
       and application.settlement_id = settlement.settlement_id) as made
 where made.total = 0 or not made.in_time or not made.whole or made.posts and settlement.batch_number is null
    or settlement.batch_number is not null
       and not exists (select from batch where batch.company_id = settlement.company_id
                          and batch.batch_number = settlement.batch_number);

-- 17
-- name: reversals-mirror A reversal mirrors the application that it reverses, between the same documents, and is not earlier.
select back.company_id, back.application_id, back.reverses_id
  from application as back
  left join application as taken on taken.company_id = back.company_id and taken.application_id = back.reverses_id
  left join settlement on settlement.company_id = back.company_id and settlement.settlement_id = back.settlement_id
 where back.reverses_id is not null
   and (taken.application_id is null or taken.reverses_id is not null
        or settlement.kind <> 'void' and settlement.reverses_id is distinct from taken.settlement_id
        or (back.credit_document_id, back.debit_document_id, back.cross_rate, back.is_posted)
           <> (taken.credit_document_id, taken.debit_document_id, taken.cross_rate, taken.is_posted)
        or (back.amount_credit, back.amount_debit, back.base_credit, back.base_debit, back.discount,
            back.discount_base, back.write_off, back.write_off_base)
           <> (-taken.amount_credit, -taken.amount_debit, -taken.base_credit, -taken.base_debit, -taken.discount,
               -taken.discount_base, -taken.write_off, -taken.write_off_base)
        or back.applied_on < taken.applied_on);

-- name: given-up-ties-to-ledger What the ledger has of discounts, write-offs and exchange differences is what applications gave up, batch by batch and account by account.
with rated as (
    -- What VAT at a rate of its own differs from VAT at the document's is an exchange difference too; its account is not noted.
    select document.company_id, document.batch_number,
           sum(entry_sign * (vat_base - round(case rate_operator when 'D' then vat / exchange_rate
                                                   else vat * exchange_rate end, currency.decimals))) as difference
      from document
      join document_kind using (document_type)
      join document_vat using (company_id, document_id)
      join company on company.company_id = document.company_id
      join currency on currency.company_id = document.company_id and currency.currency_id = company.base_currency
     where released_at is not null and vat_exchange_rate is not null
     group by document.company_id, document.batch_number),
given as (
    select application.*, settlement.batch_number, rated.batch_number is not null as is_rated
      from application
      join settlement using (company_id, settlement_id)
      left join rated on rated.company_id = application.company_id and rated.batch_number = settlement.batch_number)
select company_id, batch_number, purpose, account_number, sum(booked) as booked, sum(given_up) as given_up
  from (select entry.company_id, entry.batch_number, purpose,
               case when 'write_off' = any (document_kind.series) then 'of the reason'
                    when purpose = 'exchange_gain_loss' and rated.batch_number is not null then 'any'
                    else entry.account_number end as account_number,
               debit_base - credit_base as booked, 0 as given_up
          from journal_entry as entry
          left join document_kind using (document_type)
          left join rated on rated.company_id = entry.company_id and rated.batch_number = entry.batch_number
         where purpose in ('cash_discount', 'write_off', 'exchange_gain_loss')
         union all
        select company_id, batch_number, 'cash_discount', discount_account, 0, discount_base - back.vat
          from given
         cross join lateral (select coalesce(sum((vat_row ->> 'vat_base')::numeric), 0) as vat
                               from jsonb_array_elements(discount_vat) as vat_row) as back
         where discount_base <> back.vat
         union all
        select company_id, batch_number, 'write_off', write_off_account, 0, write_off_base
          from given where write_off_base <> 0
         union all
        select company_id, batch_number, 'exchange_gain_loss',
               case when is_rated then 'any' else gain_loss_account end, 0, -gain_loss
          from given where gain_loss <> 0
         union all
        select company_id, batch_number, 'exchange_gain_loss', 'any', 0, difference from rated
         union all
        -- A write-off that is a document gives up all that it is worth.
        select company_id, batch_number, 'write_off', 'of the reason', 0, -balance_sign * amount_base
          from document join document_kind using (document_type)
         where released_at is not null and 'write_off' = any (document_kind.series)) as sides
 group by company_id, batch_number, purpose, account_number
having sum(booked) <> sum(given_up);

-- 21
-- name: voids-leave-nothing What a released void took back and the void itself leave nothing in the ledger, on no account and in no currency.
select void.company_id, void.document_type, void.number, entry.account_number, entry.currency_id,
       sum(debit_base - credit_base) as left_base, sum(debit - credit) as left_over
  from document as void
  join document as taken on taken.company_id = void.company_id and taken.document_id = void.voids_document_id
 cross join lateral (values (void.document_type), (taken.document_type)) as of (document_type)
  join journal_entry as entry on entry.company_id = void.company_id and entry.document_type = of.document_type
   and entry.document_number = void.number
 where void.released_at is not null
 group by void.company_id, void.document_type, void.number, entry.account_number, entry.currency_id
having sum(debit_base - credit_base) <> 0 or sum(debit - credit) <> 0;

-- name: discount-vat-adds-up The VAT that a cash discount gives back and what is left of it are that discount, and what takes it back gives back as much.
select application.company_id, application.application_id, application.discount, of_discount.given
  from application
  left join application as taken on taken.company_id = application.company_id
   and taken.application_id = application.reverses_id
 cross join lateral (select sum((given ->> 'taxable')::numeric + (given ->> 'vat')::numeric) as given
                       from jsonb_array_elements(application.discount_vat) as given) as of_discount
 where of_discount.given <> application.discount
    or taken.application_id is not null
       and exists (select from (select * from jsonb_array_elements(application.discount_vat)
                                 union all
                                select * from jsonb_array_elements(taken.discount_vat)) as both_ways (given)
                    group by given ->> 'vat_id', given ->> 'rate'
                   having sum((given ->> 'vat_base')::numeric) <> 0 or sum((given ->> 'taxable_base')::numeric) <> 0);

-- name: discounts-not-negative Nobody is given a discount below zero, by an application that stands or by a proposal.
select company_id, application_id, null as proposer_document_id, debit_document_id, discount, discount_credit
  from application
 where reverses_id is null and least(discount, discount_base, discount_credit) < 0
   and not exists (select from application as back where back.company_id = application.company_id
                      and back.reverses_id = application.application_id)
union all
select company_id, null, proposer_document_id, document_id, discount, null from proposal where discount < 0;

-- name: write-offs-settle-one A write-off is closed and settles one document of its customer in full, by one application that stands.
select document.company_id, document_type, number, status, document.amount, made.total
  from document
  join document_kind using (document_type)
 cross join lateral (
    select count(*) as total,
           bool_and(application.reverses_id is null and discount = 0 and write_off = 0 and amount_credit = document.amount
                    and amount_debit = document.amount and base_credit = document.amount_base
                    and base_debit = document.amount_base) as whole,
           bool_and(settlement.kind = 'write_off' and settlement.document_id = document.document_id) as by_itself
      from application
      join settlement using (company_id, settlement_id)
     where application.company_id = document.company_id
       and document.document_id in (credit_document_id, debit_document_id)) as made
 where 'write_off' = any (document_kind.series)
   and (made.total <> 1 or status <> 'Closed' or not made.whole or not made.by_itself);

-- 3, 4
-- name: document-status-balance A released document is closed or voided when nothing is left of it, and open while something is.
select company_id, document_type, number, status, balance, released_at
  from document
 where (released_at is not null and status in ('Closed', 'Voided')) <> (released_at is not null and balance = 0)
    or (status in ('Open', 'Reserved')) <> (released_at is not null and balance > 0)
    or (status = 'Closed' and balance_base <> 0);

-- 5
-- name: unreleased-not-posted A document that is not released has no entries in the journal.
select document.company_id, document.document_type, document.number, journal_entry.batch_number
  from document
  join journal_entry using (company_id, document_type)
 where document.released_at is null and journal_entry.document_number = document.number;

-- 6
-- name: released-figures-frozen A released document has the figures that it was released with.
select company_id, document_type, number
  from document
 where released_at is not null and figures_hash is distinct from document_figures(company_id, document_id);

-- 7, 10
-- name: document-amount-adds-up A document's amount is its lines without VAT, less discount, plus VAT, plus rounding.
select document.company_id, document_type, number, amount, net, vat
  from document
 cross join lateral (select coalesce(sum(net_amount), 0) as net from document_line
                      where document_line.company_id = document.company_id
                        and document_line.document_id = document.document_id) as lines
 cross join lateral (select coalesce(sum(document_vat.vat), 0) as vat from document_vat
                      where document_vat.company_id = document.company_id
                        and document_vat.document_id = document.document_id) as taxes
 where amount <> net - discount_total + vat + rounding_difference;

-- 8
-- name: document-lines-add-up A document's detail total is the sum of its lines, and a line is its price less its discount.
select document.company_id, document_type, number, detail_total, lines.total
  from document
 cross join lateral (select coalesce(sum(amount), 0) as total, coalesce(sum(amount_base), 0) as total_base,
                            coalesce(bool_and(amount = extended_amount - discount_amount), true) as consistent
                       from document_line
                      where document_line.company_id = document.company_id
                        and document_line.document_id = document.document_id) as lines
 where detail_total <> lines.total or detail_total_base <> lines.total_base or not lines.consistent;

-- 9
-- name: document-vat-adds-up A document's VAT totals are the sums of its VAT rows.
select document.company_id, document_type, number, vat_total, vat_taxable_total, vat_exempt_total
  from document
 cross join lateral (select coalesce(sum(vat), 0) as vat, coalesce(sum(vat_base), 0) as vat_base,
                            coalesce(sum(taxable) filter (where not exempt), 0) as taxable,
                            coalesce(sum(taxable) filter (where exempt), 0) as exempt
                       from document_vat
                      where document_vat.company_id = document.company_id
                        and document_vat.document_id = document.document_id) as rows
 where (vat_total, vat_total_base, vat_taxable_total, vat_exempt_total)
       <> (rows.vat, rows.vat_base, rows.taxable, rows.exempt);

-- 9
-- name: vat-rows-complete A document has a VAT row for each VAT id of its lines, also where it is worth nothing.
select document.company_id, document_type, number, used.vat_ids, stored.vat_ids as vat_rows
  from document
 cross join lateral (select array_agg(distinct vat_id collate "C") as vat_ids
                       from document_line cross join unnest(document_line.vat_ids) as vat_id
                      where document_line.company_id = document.company_id
                        and document_line.document_id = document.document_id) as used
 cross join lateral (select array_agg(distinct vat_id) as vat_ids from document_vat
                      where document_vat.company_id = document.company_id
                        and document_vat.document_id = document.document_id) as stored
 where used.vat_ids is distinct from stored.vat_ids;

-- 9
-- name: vat-at-its-rate A document's VAT in base currency is its VAT at the document's rate for VAT, rounded.
select document.company_id, document_type, number, vat_id, taxable_base, at_rate.taxable, vat_base, at_rate.vat
  from document_vat
  join document using (company_id, document_id)
  join company on company.company_id = document.company_id
  join currency on currency.company_id = document.company_id and currency.currency_id = company.base_currency
 cross join lateral (select coalesce(vat_exchange_rate, exchange_rate) as vat_rate) as official
 cross join lateral (select case rate_operator when 'D' then document_vat.taxable / vat_rate
                                 else document_vat.taxable * vat_rate end as taxable,
                            case rate_operator when 'D' then document_vat.vat / vat_rate
                                 else document_vat.vat * vat_rate end as vat) as at_rate
 where greatest(abs(taxable_base - at_rate.taxable), abs(vat_base - at_rate.vat))
       > 0.5 * 10.0 ^ -currency.decimals + 0.00000001;

-- 15
-- name: numbers-unbroken Every number of a series from its start to its last is in use or in the log of deleted numbers.
with choice as (
    select company_id, series_id, coalesce(document_type, initcap(key)) as entity
      from company
     cross join jsonb_each_text(preferences -> 'series') as chosen (key, series_id)
      left join document_kind on key = any (document_kind.series)),
numbered as (
    select company_id, 'Customer' as entity, number from customer
    union all
    select company_id, document_type, number from document
    union all
    select company_id, 'Batch', batch_number from batch
    union all
    select company_id, 'Project', number from project
    union all
    select company_id, entity, number from deleted_number),
-- A series that is no longer chosen for anything may have numbered anything.
explained as (
    select company_id, series_id, lower(number) as number
      from numbered join choice using (company_id, entity)
    union all
    select company_id, series_id, lower(number)
      from numbered join number_series using (company_id)
     where not exists (select from choice where choice.company_id = number_series.company_id
                          and choice.series_id = number_series.series_id)),
expected as (
    select company_id, series_id,
           first[1] || lpad(ordinal::text, greatest(length(first[2]), length(ordinal::text)), '0') || first[3] as number
      from (select company_id, series_id, step, regexp_match(start_number, '^(.*?)([0-9]+)([^0-9]*)$') as first,
                   regexp_match(last_number, '^(.*?)([0-9]+)([^0-9]*)$') as last
              from number_series_range) as ranges
     cross join lateral generate_series(first[2]::bigint, last[2]::bigint, step) as ordinal)
select company_id, series_id, lower(number) as number from expected
except
select company_id, series_id, number from explained
 order by company_id, series_id, number;

-- 23
-- name: batch-balances A batch's debits equal its credits in base currency, and in its currency, if it has one, apart from rounding.
select company_id, batch_number, sum(debit_base) as debit_base, sum(credit_base) as credit_base,
       sum(debit) as debit, sum(credit) as credit
  from journal_entry
 group by company_id, batch_number
having sum(debit_base) <> sum(credit_base)
    or count(distinct currency_id) = 1
       and sum(debit) filter (where purpose not in ('rounding', 'exchange_gain_loss'))
       - sum(credit) filter (where purpose not in ('rounding', 'exchange_gain_loss'))
       + coalesce(sum(debit - credit) filter (where purpose = 'rounding'), 0) <> 0;

-- 23
-- name: batch-total A batch's total is the sum of its debits, and every entry has a batch.
select coalesce(batch.company_id, entries.company_id) as company_id,
       coalesce(batch.batch_number, entries.batch_number) as batch_number, batch.total_base, entries.debit_base
  from batch
  full join (select company_id, batch_number, sum(debit_base) as debit_base from journal_entry
              group by company_id, batch_number) as entries using (company_id, batch_number)
 where batch.total_base is distinct from coalesce(entries.debit_base, 0);

-- 23
-- name: batch-without-entries Only a document that is worth nothing has a batch without entries.
select batch.company_id, batch.batch_number, document.document_type, document.number, document.amount
  from batch
  left join document on document.company_id = batch.company_id and document.batch_number = batch.batch_number
 where not exists (select from journal_entry where journal_entry.company_id = batch.company_id
                      and journal_entry.batch_number = batch.batch_number)
   and (document.document_id is null or document.amount <> 0 or document.amount_base <> 0
        or exists (select from document_vat where document_vat.company_id = document.company_id
                      and document_vat.document_id = document.document_id and (vat <> 0 or vat_base <> 0))
        or exists (select from document_line where document_line.company_id = document.company_id
                      and document_line.document_id = document.document_id
                    group by account_number, subaccount_id, branch_number, vat_ids
                   having sum(net_amount) <> 0 or sum(net_amount_base) <> 0));

-- name: paid-at-once A released document that is never open is paid by one settlement of its own, and cash moved by as much.
select document.company_id, document.document_type, document.number, amount_base, paid.total, cash.moved
  from document
  join document_kind using (document_type)
 cross join lateral (
    select count(*) as total, coalesce(sum(amount_debit), 0) as amount
      from application
      join settlement using (company_id, settlement_id)
     where application.company_id = document.company_id and settlement.kind = 'cash'
       and credit_document_id = document.document_id and debit_document_id = document.document_id
       and settlement.batch_number = document.batch_number) as paid
 cross join lateral (
    select coalesce(sum(debit_base - credit_base), 0) as moved
      from journal_entry
     where journal_entry.company_id = document.company_id and purpose = 'payment'
       and journal_entry.batch_number = document.batch_number) as cash
 where balance_sign = 0 and released_at is not null
   and (paid.total <> (document.amount > 0)::integer or paid.amount <> document.amount
        or cash.moved <> entry_sign * amount_base);

-- name: returned-within-sale A return names its sale, and no more has come back than was paid, but for rounding.
select back.company_id, sale.document_type, sale.number, sale.amount, sum(back.amount) as returned
  from document as back
  join document_kind as back_kind on back_kind.document_type = back.document_type
  left join document as sale on sale.company_id = back.company_id and sale.document_id = back.corrects_document_id
  left join currency on currency.company_id = sale.company_id and currency.currency_id = sale.currency_id
 where back_kind.balance_sign = 0 and back_kind.sales_sign < 0 and back.released_at is not null
 group by back.company_id, back.corrects_document_id, sale.document_type, sale.number, sale.amount,
          sale.rounding_difference, currency.decimals
having sale.amount is null
    or sum(back.amount - back.rounding_difference)
       > sale.amount - sale.rounding_difference + (count(*) - 1) * power(10::numeric, -currency.decimals);

-- 24
-- name: receivables-tie-to-ledger The ledger's balance of each receivables account is that of its released documents.
select coalesce(ledger.company_id, documents.company_id) as company_id,
       coalesce(ledger.account_number, documents.account_number) as account_number,
       ledger.balance as ledger_balance, documents.balance as documents_balance
  from (select company_id, account_number, sum(debit_base - credit_base) as balance
          from journal_entry where purpose in ('receivable', 'prepayment')
         group by company_id, account_number) as ledger
  full join (select company_id, account_number,
                    sum(balance_sign * balance_base) as balance
               from document join document_kind using (document_type)
              where released_at is not null group by company_id, account_number) as documents
      using (company_id, account_number)
 where coalesce(ledger.balance, 0) <> coalesce(documents.balance, 0);

-- 24
-- name: each-receivable-ties-to-ledger A document's balance is what the ledger has open for it, apart from applications that book nothing.
select document.company_id, document.document_type, document.number, balance_sign * balance_base as balance,
       coalesce(ledger.balance, 0) as ledger_balance, coalesce(unposted.balance, 0) as unposted
  from document
  join document_kind using (document_type)
  left join (select company_id, moves_document_id as document_id, sum(debit_base - credit_base) as balance
               from journal_entry where moves_document_id is not null
              group by company_id, moves_document_id) as ledger using (company_id, document_id)
  left join (select company_id, document_id, sum(balance) as balance
               from (select company_id, credit_document_id as document_id, base_credit as balance
                       from application where not is_posted
                     union all
                     select company_id, debit_document_id, -(base_debit + discount_base + write_off_base)
                       from application where not is_posted) as sides
              group by company_id, document_id) as unposted using (company_id, document_id)
 where coalesce(ledger.balance, 0) + coalesce(unposted.balance, 0)
       <> case when released_at is null then 0 else balance_sign * balance_base end;

-- 24
-- name: receivables-have-their-place An entry of what is open of a document has its account, subaccount, branch and customer, and an application between two such places is booked.
select document.company_id, document.document_type, document.number, entry.batch_number, null as other_number
  from journal_entry as entry
  join document on document.company_id = entry.company_id and document.document_id = entry.moves_document_id
 where (entry.account_number, entry.subaccount_id, entry.branch_number, entry.customer_id)
       is distinct from (document.account_number, document.subaccount_id, document.branch_number, document.customer_id)
union all
select credit.company_id, credit.document_type, credit.number, null, debit.number
  from application
  join document as credit on credit.company_id = application.company_id
   and credit.document_id = application.credit_document_id
  join document as debit on debit.company_id = application.company_id
   and debit.document_id = application.debit_document_id
 where not application.is_posted and application.reverses_id is null
   and (credit.account_number, credit.subaccount_id, credit.branch_number, credit.customer_id)
       is distinct from (debit.account_number, debit.subaccount_id, debit.branch_number, debit.customer_id)
   and not exists (select from application as back where back.company_id = application.company_id
                      and back.reverses_id = application.application_id);

-- 24
-- name: periods-tie-to-ledger What the ledger has on receivables and prepayments in a period is what its documents and settlements moved.
select company_id, period_id, sum(booked) as booked, sum(moved) as moved
  from (select company_id, period_id, debit_base - credit_base as booked, 0 as moved
          from journal_entry where moves_document_id is not null
         union all
        -- An instalment divides what another document added, and so does the settlement that makes it.
        select company_id, period_id, 0, balance_sign * amount_base
          from document join document_kind using (document_type)
         where released_at is not null and master_document_id is null
         union all
        select application.company_id, application.period_id, 0, gain_loss - discount_base - write_off_base
          from application join settlement using (company_id, settlement_id)
         where settlement.kind <> 'split') as parts
 group by company_id, period_id
having sum(booked) <> sum(moved);

-- 25, 26
-- name: customer-balance A customer's balance and unreleased balance are the sums over its documents.
select customer_balance.company_id, customer_balance.customer_id, customer_balance.balance, owed.balance as documents,
       customer_balance.unreleased, owed.unreleased as unreleased_documents
  from customer_balance
 cross join lateral (
    select coalesce(sum(balance_sign * balance_base) filter (where released_at is not null), 0) as balance,
           coalesce(sum(balance_sign * amount_base) filter (where released_at is null), 0) as unreleased
      from document join document_kind using (document_type)
     where document.company_id = customer_balance.company_id
       and document.customer_id = customer_balance.customer_id) as owed
 where customer_balance.balance <> owed.balance or customer_balance.unreleased <> owed.unreleased;

-- 25
-- name: customer-has-balance Every customer has a balance row.
select customer.company_id, customer.number
  from customer
 where not exists (select from customer_balance where customer_balance.company_id = customer.company_id
                      and customer_balance.customer_id = customer.customer_id);

-- 29
-- name: closed-period-finished A period that is closed in the customer ledger has no document left to release.
select document.company_id, document.document_type, document.number, document.period_id
  from document
  join financial_period using (company_id, period_id)
  join company using (company_id)
 where document.released_at is null and document.status <> 'Voided' and closed_in_customer_ledger
   and not coalesce((company.preferences ->> 'allow_posting_to_closed_periods')::boolean, false);

-- 29
-- name: posted-to-known-period Every batch lies in a period of its company.
select batch.company_id, batch.batch_number, batch.period_id
  from batch
 where not exists (select from financial_period where financial_period.company_id = batch.company_id
                      and financial_period.period_id = batch.period_id);

-- 30
-- name: released-has-batch A released document has exactly the batch that it names, an instalment that of its master, what was taken over one that is nobody's own, and every batch has its document or settlement.
select coalesce(document.company_id, batch.company_id) as company_id, document.document_type, document.number,
       document.batch_number, batch.batch_number as batch
  from (select document.company_id, document.document_type, document.number, document.batch_number,
               case when document.origin = 'opening' then ''
                    else coalesce(master.document_type, document.document_type) end as booked_type,
               case when document.origin = 'opening' then '' else coalesce(master.number, document.number) end
                   as booked_number
          from document
          left join document as master on master.company_id = document.company_id
           and master.document_id = document.master_document_id
         where document.released_at is not null) as document
  full join (select * from batch
              where (document_type is not null
                     or batch_number in (select opening.batch_number from document as opening
                                          where opening.company_id = batch.company_id and opening.origin = 'opening'))
                and not exists (select from settlement
                                 where settlement.company_id = batch.company_id
                                   and settlement.batch_number = batch.batch_number
                                   and not exists (select from document
                                                    where document.company_id = batch.company_id
                                                      and document.batch_number = batch.batch_number))) as batch
    on batch.company_id = document.company_id and batch.batch_number = document.batch_number
   and coalesce(batch.document_type, '') = document.booked_type
   and coalesce(batch.document_number, '') = document.booked_number
 where document.number is null or batch.batch_number is null;

-- 31
-- name: vat-ties-to-ledger The ledger's VAT of each VAT id is that of the released documents' VAT rows, less what cash discounts gave back.
select coalesce(ledger.company_id, rows.company_id) as company_id, coalesce(ledger.vat_id, rows.vat_id) as vat_id,
       ledger.vat as ledger_vat, rows.vat as documents_vat
  from (select company_id, vat_id, sum(credit_base - debit_base) as vat
          from journal_entry where purpose = 'vat' group by company_id, vat_id) as ledger
  full join (select company_id, vat_id, sum(vat) as vat
               from (select document.company_id, vat_id, entry_sign * vat_base as vat
                       from document_vat
                       join document using (company_id, document_id)
                       join document_kind using (document_type)
                      where released_at is not null
                      union all
                     select company_id, given ->> 'vat_id' collate "C", -(given ->> 'vat_base')::numeric
                       from application
                      cross join jsonb_array_elements(discount_vat) as given) as sides
              group by company_id, vat_id) as rows
      using (company_id, vat_id)
 where coalesce(ledger.vat, 0) <> coalesce(rows.vat, 0);

-- 31
-- name: revenue-ties-to-ledger The ledger's revenue of each revenue account is that of the released documents' lines, but for instalments and what was taken over.
select coalesce(ledger.company_id, lines.company_id) as company_id,
       coalesce(ledger.account_number, lines.account_number) as account_number, ledger.revenue, lines.net
  from (select company_id, account_number, sum(credit_base - debit_base) as revenue
          from journal_entry where purpose = 'revenue' group by company_id, account_number) as ledger
  full join (select document.company_id, document_line.account_number,
                    sum(coalesce(nullif(sales_sign, 0), balance_sign) * net_amount_base) as net
               from document_line
               join document using (company_id, document_id)
               join document_kind using (document_type)
              where released_at is not null and master_document_id is null and origin <> 'opening'
              group by document.company_id, document_line.account_number) as lines
      using (company_id, account_number)
 where coalesce(ledger.revenue, 0) <> coalesce(lines.net, 0);

-- name: openings-booked-once A document that was taken over is released without VAT, was once worth as much or more, and its batch has all of it on the other side once; nothing else is booked there.
select coalesce(opened.company_id, booked.company_id) as company_id,
       coalesce(opened.document_type, booked.document_type) as document_type,
       coalesce(opened.number, booked.document_number) as number, opened.amount_base, opened.original_amount,
       booked.amount_base as booked
  from (select document.*, balance_sign * document.amount as owed, balance_sign * document.amount_base as owed_base,
               opening_item.original_amount
          from document
          join document_kind using (document_type)
          full join opening_item using (company_id, document_id)
         where document.origin = 'opening' or opening_item.document_id is not null) as opened
  full join (select company_id, batch_number, document_type, document_number, count(*) as entries,
                    sum(credit - debit) as amount, sum(credit_base - debit_base) as amount_base
               from journal_entry where purpose = 'opening'
              group by company_id, batch_number, document_type, document_number) as booked
    on booked.company_id = opened.company_id and booked.batch_number = opened.batch_number
   and booked.document_type = opened.document_type and booked.document_number = opened.number
 where opened.origin is distinct from 'opening' or opened.released_at is null
    or opened.original_amount is null or opened.original_amount < opened.amount
    or booked.entries is distinct from 1 or booked.amount <> opened.owed or booked.amount_base <> opened.owed_base
    or exists (select from document_vat where document_vat.company_id = opened.company_id
                  and document_vat.document_id = opened.document_id);

-- name: deductions-add-up What is deducted of a document is shared among persons, no more than the document, and of lines that are work; other documents have no such lines.
select document.company_id, document.document_type, document.number, document.amount, deducted.amount as deduction,
       deducted.shared, worked.lines
  from document
 cross join lateral (
    select (deduction ->> 'amount')::numeric as amount, sum((share ->> 'amount')::numeric) as shared
      from jsonb_array_elements(deduction -> 'shares') as share) as deducted
  full join (select company_id, document_id, count(*) as lines from document_line
              where work_type is not null group by company_id, document_id) as worked
    on worked.company_id = document.company_id and worked.document_id = document.document_id
 where (document.deduction is not null or worked.lines is not null)
   and (deducted.amount is distinct from deducted.shared or deducted.amount > document.amount
        or coalesce(deducted.amount, -1) < 0 or worked.lines is null);

-- 24
-- name: claims-settle-deductions A released document with a deduction has a released credit note over it, which settles it, or the debit note that took the claim back; nothing else has one.
select coalesce(document.company_id, note.company_id) as company_id, document.document_type, document.number,
       document.deduction ->> 'amount' as deduction, note.number as claim, note.amount as claimed,
       back.number as taken_back_by
  from (select * from document where released_at is not null and (deduction ->> 'amount')::numeric > 0) as document
  full join (select * from document where origin = 'tax_claim') as note
    on note.company_id = document.company_id and note.corrects_document_id = document.document_id
  left join document_kind as kind on kind.document_type = note.document_type
  left join document as back on back.company_id = note.company_id and back.corrects_document_id = note.document_id
   and back.origin = 'tax_claim_back'
 where kind.balance_sign is distinct from -1 or note.released_at is null
    or note.amount is distinct from (document.deduction ->> 'amount')::numeric
    or back.amount <> note.amount
    or not exists (select from application
                    where application.company_id = note.company_id
                      and application.credit_document_id = note.document_id
                      and application.debit_document_id = coalesce(back.document_id, document.document_id)
                      and application.amount_debit = note.amount and application.released_at is not null
                      and not exists (select from application as undone
                                       where undone.company_id = application.company_id
                                         and undone.reverses_id = application.application_id));

-- 24, 31
-- name: control-accounts-clean No revenue is posted to an account that receivables or VAT are posted to.
select company_id, account_number, batch_number, credit_base - debit_base as revenue
  from journal_entry
 where purpose = 'revenue'
   and exists (select from journal_entry as control
                where control.company_id = journal_entry.company_id
                  and control.account_number = journal_entry.account_number and control.purpose in ('receivable', 'vat'));

-- 14
-- name: instalments-whole A divided document is settled by released instalments, from the first on, that are together worth what it is worth in both currencies.
select coalesce(parts.company_id, splits.company_id) as company_id, master.document_type, master.number, master.amount,
       parts.amount as amount_of_parts, master.amount_base, parts.amount_base as amount_base_of_parts,
       splits.total as settled_by
  from (select part.company_id, part.master_document_id as document_id, count(*) as total,
               sum(part.amount) as amount, sum(part.amount_base) as amount_base,
               bool_and(part.released_at is not null
                        and (split.amount_debit, split.base_debit)
                            is not distinct from (part.amount, part.amount_base)) as whole,
               count(distinct part.instalment_number) as places, max(part.instalment_number) as last_place,
               min(part.instalment_number) as first_place,
               array_agg(distinct (part.customer_id, part.currency_id)::text) as owed
          from document as part
          left join application as split on split.company_id = part.company_id
           and split.credit_document_id = part.document_id and split.debit_document_id = part.master_document_id
           and split.is_split
         where part.master_document_id is not null
         group by part.company_id, part.master_document_id) as parts
  full join (select company_id, debit_document_id as document_id, count(*) as total from application
              where is_split group by company_id, debit_document_id) as splits using (company_id, document_id)
  left join document as master using (company_id, document_id)
 where (parts.total, parts.places, parts.first_place, parts.last_place, parts.amount, parts.amount_base, parts.owed)
       is distinct from (splits.total, splits.total, 1, splits.total, master.amount, master.amount_base,
                         array[(master.customer_id, master.currency_id)::text])
    or not parts.whole;

-- 13
-- name: discount-before-due A cash discount ends no later than its document's due date.
select company_id, document_type, number, cash_discount, cash_discount_date, due_date
  from document
 where cash_discount > 0 and cash_discount_date > due_date;

-- name: corrections-known A document corrects a released one of the same customer.
select document.company_id, document.document_type, document.number, document.corrects_document_id
  from document
  left join document as corrected on corrected.company_id = document.company_id
   and corrected.document_id = document.corrects_document_id
 where document.corrects_document_id is not null
   and (corrected.document_id is null or corrected.released_at is null
        or corrected.customer_id <> document.customer_id);

-- name: corrections-whole An invoice that replaces another took back all of it on release; until then nothing settles that one.
select copy.company_id, copy.number, corrected.number as corrects, corrected.status, corrected.balance
  from document as copy
  join document as corrected on corrected.company_id = copy.company_id
   and corrected.document_id = copy.corrects_document_id
 where copy.document_type = corrected.document_type
   and case when copy.released_at is not null
       then not exists (select from document as note
                         where note.company_id = copy.company_id and note.corrects_document_id = corrected.document_id
                           and note.document_type <> corrected.document_type and note.origin = 'correction'
                           and note.released_at is not null and note.amount = corrected.amount)
       else corrected.status <> 'Open' or corrected.balance <> corrected.amount
         or exists (select from application
                     where application.company_id = copy.company_id
                       and application.debit_document_id = corrected.document_id and application.released_at is null)
         or exists (select from proposal
                     where proposal.company_id = copy.company_id and proposal.document_id = corrected.document_id)
       end;

-- name: lines-have-documents Every line and VAT row has its document.
select company_id, document_id, 'line' as row from document_line
 where not exists (select from document where document.company_id = document_line.company_id
                      and document.document_id = document_line.document_id)
union all
select company_id, document_id, 'vat' from document_vat
 where not exists (select from document where document.company_id = document_vat.company_id
                      and document.document_id = document_vat.document_id);

-- name: issued-as-released A released document with lines has kept what it showed, and only such a document has.
select company_id, document.document_type, document.number
  from document
  full join issued_document using (company_id, document_id)
 where (document.released_at is not null and document.lines_json is not null)
       is distinct from (issued_document.seller is not null);

-- name: letterheads-kept What was sent under a letterhead can be printed under it again.
select company_id, named.what, named.number
  from (select issued.company_id, 'document' as what, issued.document_id::text as number, issued.letterhead
          from issued_document as issued
         union all
        select company_id, 'statement', customer_id || ' ' || as_of, letterhead from account_statement
         union all
        select company_id, 'letter', letter_id::text, letterhead from dunning_letter) as named
 where named.letterhead is not null
   and not exists (select from letterhead
                    where letterhead.company_id = named.company_id and letterhead.digest = named.letterhead
                      and letterhead_digest(letterhead.content) = letterhead.digest
                      and (letterhead.logo is null) = (letterhead.content -> 'logo' is null));

-- name: stored-text-has-rows The stored text of a document has as many lines and VAT rows as its tables.
select company_id, document_type, number
  from document
 where json_array_length(lines_json::json) <> (select count(*) from document_line
            where document_line.company_id = document.company_id and document_line.document_id = document.document_id)
    or json_array_length(vat_json::json) <> (select count(*) from document_vat
            where document_vat.company_id = document.company_id and document_vat.document_id = document.document_id);

-- name: tally-exact The kept counts of what is listed are exact: pages are counted from the end by them.
select company_id, entity, tally.total, counted.total as counted
  from tally
  full join (select company_id, document_type as entity, count(*) as total from document group by company_id, document_type
             union all
             select company_id, 'Customer', count(*) from customer group by company_id
             union all
             select company_id, 'Contact', count(*) from contact group by company_id
             union all
             select company_id, 'Location', count(*) from location group by company_id
             union all
             select company_id, 'Item', count(*) from item group by company_id
             union all
             select company_id, 'Account', count(*) from account group by company_id
             union all
             select company_id, 'Subaccount', count(*) from subaccount group by company_id
             union all
             select company_id, 'CurrencyRate', count(*) from currency_rate group by company_id
             union all
             select company_id, 'Salesperson', count(*) from salesperson group by company_id
             union all
             select company_id, 'Attribute', count(*) from attribute group by company_id
             union all
             select company_id, 'SalesPrice', count(*) from sales_price group by company_id
             union all
             select company_id, 'DiscountSeries', count(*) from discount_series group by company_id
             union all
             select company_id, 'Project', count(*) from project group by company_id
             union all
             select company_id, 'Batch', count(*) from batch group by company_id
             union all
             select company_id, 'JournalEntry', count(*) from journal_entry group by company_id
             union all
             select company_id, 'DunningLetter', count(*) from dunning_letter group by company_id
             union all
             select company_id, 'EInvoice', count(*) from e_invoice_delivery group by company_id
             union all
             select company_id, 'Mail', count(*) from mail group by company_id) as counted
    using (company_id, entity)
 where tally.total is distinct from coalesce(counted.total, 0);

-- name: tally-complete A company has a count for each entity: without one, lists show it as empty.
select company_id, entity
  from company
 cross join (select document_type as entity from document_kind where is_served
             union all
             select unnest(array['Customer', 'Address', 'Contact', 'Location', 'DirectDebit', 'DunningLetter', 'Item',
                                 'Account', 'Subaccount', 'Batch', 'JournalEntry', 'CurrencyRate', 'Salesperson',
                                 'Attribute', 'SalesPrice', 'DiscountSeries', 'Project', 'EInvoice', 'Mail'])) as counted
 where not exists (select from tally where tally.company_id = company.company_id and tally.entity = counted.entity);

-- name: version-is-newest-change The version of a document, letter or mail is the id of its newest change row.
select document.company_id, document.document_type, document.number, document.version, newest.change_id
  from document
 cross join lateral (select max(change_id) as change_id from change
                      where change.company_id = document.company_id and change.entity = document.document_type
                        and change.entity_key = document.number) as newest
 where document.version is distinct from newest.change_id
union all
select letter.company_id, 'DunningLetter', letter.letter_id::text, letter.version, newest.change_id
  from dunning_letter as letter
 cross join lateral (select max(change_id) as change_id from change
                      where change.company_id = letter.company_id and change.entity = 'DunningLetter'
                        and change.entity_key = letter.letter_id::text) as newest
 where letter.version is distinct from newest.change_id
union all
select mail.company_id, 'Mail', mail.mail_id::text, mail.version, newest.change_id
  from mail
 cross join lateral (select max(change_id) as change_id from change
                      where change.company_id = mail.company_id and change.entity = 'Mail'
                        and change.entity_key = mail.mail_id::text) as newest
 where mail.version is distinct from newest.change_id;

-- name: dunning-state A document has the level and the date of the last released letter that reminded of it.
select document.company_id, document.document_type, document.number, document.dunning_level,
       document.dunning_letter_date, newest.letter_id
  from document
  left join lateral (select letter.letter_id, letter.letter_date, line.level_after
                       from dunning_letter_line as line
                       join dunning_letter as letter using (company_id, letter_id)
                      where line.company_id = document.company_id and line.document_id = document.document_id
                        and line.level_after > line.level_before and letter.status = 'Released'
                      order by line.level_after desc
                      limit 1) as newest on true
 where document.dunning_level <> coalesce(newest.level_after, 0)
    or document.dunning_letter_date is distinct from newest.letter_date;

-- name: dunning-steps Released letters remind of a document level by level, each on a later date than the one before.
select company_id, document_id, letter_id, level_before, level_after, letter_date
  from (select line.company_id, line.document_id, line.letter_id, line.level_before, line.level_after,
               line.previous_letter_date, letter.letter_date,
               lag(line.level_after, 1, 0) over earlier as level_reached,
               lag(letter.letter_date) over earlier as date_before
          from dunning_letter_line as line
          join dunning_letter as letter using (company_id, letter_id)
         where line.level_after > line.level_before and letter.status = 'Released'
        window earlier as (partition by line.company_id, line.document_id order by line.level_after)) as step
 where level_before <> level_reached or previous_letter_date is distinct from date_before
    or letter_date <= date_before;

-- name: dunning-lines-due A letter reminds of documents that were due and unsettled, of no fee, and in no two drafts.
select letter.company_id, letter.letter_id, line.document_id
  from dunning_letter as letter
  join dunning_letter_line as line using (company_id, letter_id)
  left join document using (company_id, document_id)
  left join document_kind using (document_type)
 where line.level_after > line.level_before
   and (line.due_date >= letter.letter_date or line.balance <= 0 or line.level_after > letter.level
        or may_be_reminded is not true or document.origin = 'dunning_fee')
union all
select line.company_id, min(line.letter_id), line.document_id
  from dunning_letter_line as line
  join dunning_letter as letter using (company_id, letter_id)
 where line.level_after > line.level_before and letter.status = 'Draft'
 group by line.company_id, line.document_id
having count(*) > 1;

-- name: dunning-letter-whole A letter has the highest level that it moves a document to, keeps to its branch, and lists credits below zero.
select letter.company_id, letter.letter_id, letter.level, lines.level_reached, lines.branch_kept, lines.signs_kept
  from dunning_letter as letter
 cross join lateral (
    select max(line.level_after) filter (where line.level_after > line.level_before) as level_reached,
           bool_and(letter.branch_number is null or document.branch_number = letter.branch_number) as branch_kept,
           bool_and(sign(line.balance) = balance_sign
                    and (balance_sign > 0 or line.level_after = line.level_before)) as signs_kept
      from dunning_letter_line as line
      join document using (company_id, document_id)
      left join document_kind using (document_type)
     where line.company_id = letter.company_id and line.letter_id = letter.letter_id) as lines
 where lines.level_reached is distinct from letter.level or not lines.branch_kept or not lines.signs_kept;

-- name: dunning-voids The fee invoice of a voided letter is gone or settled, by the credit note if the letter names one.
select letter.company_id, letter.letter_id, letter.fee_document_id, letter.fee_credit_document_id
  from dunning_letter as letter
  left join document as fee on fee.company_id = letter.company_id and fee.document_id = letter.fee_document_id
 where letter.status = 'Voided'
   and (fee.released_at is null and fee.document_id is not null or fee.balance <> 0
        or letter.fee_credit_document_id is not null
           and not exists (select from application
                            where application.company_id = letter.company_id and application.released_at is not null
                              and application.credit_document_id = letter.fee_credit_document_id
                              and application.debit_document_id = letter.fee_document_id));

-- name: dunning-fees A released letter with a fee names its one fee invoice, and every fee invoice has a letter.
select letter.company_id, letter.letter_id, letter.fee_document_id
  from dunning_letter as letter
  left join document on document.company_id = letter.company_id and document.document_id = letter.fee_document_id
 where letter.status = 'Released' and (letter.fee > 0) <> (letter.fee_document_id is not null)
    or document.origin <> 'dunning_fee'
union all
select document.company_id, null, document.document_id
  from document
 where document.origin = 'dunning_fee'
   and not exists (select from dunning_letter as letter
                    where letter.company_id = document.company_id
                      and letter.fee_document_id = document.document_id);

-- name: references-stand A payment reference that was made is the document's own, and is used unless another was sent.
select company_id, document_type, number, generated_reference, payment_reference
  from document
 where generated_reference is not null
   and (payment_reference is null
        or exists (select from document as other
                    where other.company_id = document.company_id and other.document_id <> document.document_id
                      and other.generated_reference = document.generated_reference));

-- name: attachments-whole A file has all its revisions, and the bytes of each have the size and hash that were noted.
select attachment.company_id, attachment.attachment_id, attachment.revision, revisions.wrong
  from attachment
 cross join lateral (
    select count(*) as total, max(kept.revision) as newest,
           min(kept.revision) filter (where not (pieces.is_whole and pieces.size = kept.size
                                                 and pieces.sha256 = kept.sha256)) as wrong
      from attachment_revision as kept
     cross join lateral (
        select coalesce(sum(length(bytes)), 0) as size, count(*) = coalesce(max(position) + 1, 0) as is_whole,
               encode(sha256(coalesce(string_agg(bytes, ''::bytea order by position), ''::bytea)), 'hex') as sha256
          from attachment_piece as piece
         where piece.company_id = kept.company_id and piece.attachment_id = kept.attachment_id
           and piece.revision = kept.revision) as pieces
     where kept.company_id = attachment.company_id and kept.attachment_id = attachment.attachment_id) as revisions
 where revisions.total <> attachment.revision or revisions.newest <> attachment.revision
    or revisions.wrong is not null
    or not exists (select from document where document.company_id = attachment.company_id
                      and document.document_id = attachment.document_id and document.has_attachments);

-- 36
-- name: charged-days-once A charge's line is for days of a debit of the same customer that no other line is for.
select days.company_id, days.document_id, days.line_number, days.source_document_id, days.first_day, days.last_day
  from (select charged_days.*,
               lag(last_day) over (partition by company_id, source_document_id order by last_day) as last_day_before
          from charged_days) as days
  left join document as charge on charge.company_id = days.company_id and charge.document_id = days.document_id
  left join document as source on source.company_id = days.company_id
   and source.document_id = days.source_document_id
  left join document_kind as charging on charging.document_type = charge.document_type
  left join document_kind as charged on charged.document_type = source.document_type
 where not coalesce('overdue_charge' = any (charging.series) and charged.sales_sign = 1, false)
    or source.released_at is null or source.customer_id <> charge.customer_id
    or source.origin = 'dunning_fee'
    or days.charged_until is distinct from days.last_day_before or days.first_day <= days.last_day_before
    or not exists (select from document_line as line
                    where line.company_id = days.company_id and line.document_id = days.document_id
                      and line.line_number = days.line_number);

-- name: statements-continue A kept statement follows the one before it, and brings forward the balance that that one closed with.
with kept as (
    select statement.*, earlier.as_of as earlier_day, earlier.body as earlier_body,
           earlier.statement_type = 'BalanceBroughtForward' and statement.statement_type = 'BalanceBroughtForward'
           and earlier.by_currency = statement.by_currency as continues
      from account_statement as statement
      left join lateral (
        select * from account_statement as earlier
         where earlier.company_id = statement.company_id and earlier.customer_id = statement.customer_id
           and earlier.as_of < statement.as_of
         order by earlier.as_of desc limit 1) as earlier on true)
select company_id, customer_id, as_of, follows, earlier_day, null as currency, null as opening, null as closing
  from kept where follows is distinct from earlier_day
 union all
select company_id, customer_id, as_of, follows, earlier_day, block ->> 'currency', block ->> 'openingBalance',
       closed.balance::text
  from kept
 cross join lateral jsonb_array_elements(body::jsonb -> 'currencies') as block
 cross join lateral (
    select coalesce(sum((before ->> 'closingBalance')::numeric), 0) as balance
      from jsonb_array_elements(earlier_body::jsonb -> 'currencies') as before
     where before ->> 'currency' = block ->> 'currency') as closed
 where continues and (block ->> 'openingBalance')::numeric <> closed.balance;

-- name: e-invoices-of-released An e-invoice is that of a released document, of its type and number.
select company_id, document_id, delivery.document_type, delivery.number
  from e_invoice_delivery as delivery
  left join document using (company_id, document_id)
 where (document.document_type, document.number) is distinct from (delivery.document_type, delivery.number)
    or document.released_at is null;

-- name: mail-of-what-stands A mail is of a released document or letter of its customer or of its statement, and sendings are counted without a gap.
select mail.company_id, mail.mail_id, mail.document_id, mail.letter_id, mail.sending
  from mail
  left join document on document.company_id = mail.company_id and document.document_id = mail.document_id
  left join dunning_letter as letter on letter.company_id = mail.company_id and letter.letter_id = mail.letter_id
 where (mail.statement_as_of is null and coalesce(document.released_at, letter.released_at) is null)
    or mail.customer_id is distinct from coalesce(document.customer_id, letter.customer_id, mail.customer_id)
    or mail.sending <> (select count(*) from mail as earlier
                         where earlier.company_id = mail.company_id and earlier.sending <= mail.sending
                           and (earlier.document_id = mail.document_id or earlier.letter_id = mail.letter_id
                                or (earlier.customer_id, earlier.statement_as_of)
                                 = (mail.customer_id, mail.statement_as_of)));

-- name: changes-fit-their-seals The changes under each seal are those that were sealed, and no seal is missing.
select seal.company_id, seal.seal_number, made.changes, made.newest_change_id
  from (select change_seal.*, lag(seal_number, 1, 0) over earlier as number_before,
               lag(sealed_until, 1, '-infinity') over earlier as after, lag(change_seal.digest, 1, '') over earlier as before
          from change_seal
        window earlier as (partition by company_id order by seal_number)) as seal
 cross join lateral seal_of(seal.company_id, seal.after, seal.sealed_until, seal.before) as made
 where (made.digest, made.changes, made.newest_change_id)
       is distinct from (seal.digest, seal.changes, seal.newest_change_id)
    or seal.seal_number <> seal.number_before + 1;
