-- What a document had open on a past date is what it has open now and what was applied to it since then.
create index application_by_day on application (company_id, applied_on) where released_at is not null;

-- Whose due date was moved after a date: ageing uses the one that stood then.
create index change_of_due_date on change (company_id, changed_at) where event = 'updated' and detail ? 'due_date';
