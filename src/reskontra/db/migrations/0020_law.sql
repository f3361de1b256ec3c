-- What law asks of reference data.

-- The last day that the source of a figure speaks of; null where the law names none.
alter table legal_rate add column valid_until date;
