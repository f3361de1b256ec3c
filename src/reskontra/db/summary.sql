-- What a backup says of the books in it: whose they are, how many documents, and how new.

select array(select code from company order by company_id) as companies,
       (select count(*) from document) as documents,
       (select coalesce(max(change_id), 0) from change) as newest_change;
