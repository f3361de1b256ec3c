-- What the database must know of each kind of document: the rows of `kinds.py`, whose words these columns have.
-- The table has no company: every company has the same kinds. A kind that is served later changes its row. Documents
-- refer to `served_type`, so that there are none of a kind that is not served.

create table document_kind (
    document_type   text collate "C" not null,
    is_served       boolean not null,
    balance_sign    smallint not null,
    account_role    text collate "C",
    settles         text[] not null,
    series          text[] not null,
    sales_sign      smallint not null,
    may_be_reminded boolean not null,
    served_type     text collate "C" generated always as (case when is_served then document_type end) stored,
    constraint document_kind_pk primary key (document_type),
    constraint document_kind_served unique (served_type),
    constraint document_kind_signs check (balance_sign in (-1, 0, 1) and sales_sign in (-1, 0, 1)),
    constraint document_kind_stands_somewhere check ((balance_sign = 0) = (account_role is null))
);

insert into document_kind (document_type, is_served, balance_sign, account_role, settles, series, sales_sign,
                           may_be_reminded)
values ('Invoice', true, 1, 'receivable', '{}', '{invoice,dunning_fee}', 1, true),
       ('CreditNote', true, -1, 'receivable', '{Invoice,DebitNote,FinCharge}', '{credit_note}', -1, false),
       ('DebitNote', true, 1, 'receivable', '{}', '{debit_note}', 1, true),
       ('FinCharge', false, 1, 'receivable', '{}', '{overdue_charge}', 0, true),
       ('Payment', false, -1, 'receivable', '{Invoice,DebitNote,FinCharge}', '{payment}', 0, false),
       ('Prepayment', false, -1, 'prepayment', '{Invoice,DebitNote,FinCharge}', '{payment}', 0, false),
       ('Refund', false, 1, 'receivable', '{CreditNote,Payment,Prepayment}', '{payment}', 0, false),
       ('VoidPayment', false, 1, 'receivable', '{}', '{}', 0, false),
       ('VoidRefund', false, -1, 'receivable', '{}', '{}', 0, false),
       ('SmallBalanceWo', false, -1, 'receivable', '{Invoice,DebitNote,FinCharge}', '{write_off}', 0, false),
       ('SmallCreditWo', false, 1, 'receivable', '{CreditNote,Payment,Prepayment}', '{write_off}', 0, false),
       ('CashSale', false, 0, null, '{}', '{cash_sale}', 1, false),
       ('CashReturn', false, 0, null, '{}', '{cash_sale}', -1, false);

alter table document
    drop constraint document_type_known,
    add constraint document_kind_is_served foreign key (document_type) references document_kind (served_type);
