-- RFD-03: refunds are paid from a cash account that may pay out, as all could until now.
alter table cash_account add column pays_out boolean not null default true;

-- A payment that settled documents of different days had a settlement as late as the last of its applications. It is
-- as early as the first.
alter table settlement disable trigger settlement_is_append_only;
update settlement
   set settled_on = made.applied_on
  from (select company_id, settlement_id, min(applied_on) as applied_on
          from application where settlement_id is not null group by company_id, settlement_id) as made
 where made.company_id = settlement.company_id and made.settlement_id = settlement.settlement_id
   and made.applied_on < settlement.settled_on;
alter table settlement enable trigger settlement_is_append_only;
