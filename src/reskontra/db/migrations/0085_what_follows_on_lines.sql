-- Which of amount, discount and cross_rate of a line nobody entered. They are found anew when the payment's date or
-- currency changes. Of lines of before it is not known: what they have stays, as it did.

alter table proposal add column follows text[] not null default '{}'
    constraint proposal_follows check (follows <@ array['amount', 'discount', 'cross_rate']);
