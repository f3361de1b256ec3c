-- What a letter says that the customer had in his favour when it was released: [{currency_id, amount}]. Null on letters of
-- before, which did not say it, and on drafts, which say it as of today.

alter table dunning_letter add column open_credits jsonb;
