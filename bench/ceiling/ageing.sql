-- The first 100 customers of the large company by number with what they owe by age, and how many they are in all. No
-- past is looked up: what is open is added up as it stands, which is the least that an ageing of any day must do.
with aged as materialized (
    select customer_id, sum(balance_base) as balance,
           json_object_agg(bucket, balance_base)::text as buckets
      from (select customer_id, width_bucket(:as_of::date - due_date, '{1,31,61,91}'::integer[]) as bucket,
                   sum(balance_base) as balance_base
              from document
             where company_id = 1 and released_at is not null and balance > 0
             group by 1, 2) as by_bucket
     group by customer_id)
select customer.number, customer.name, aged.balance, aged.buckets, count(*) over () as total
  from aged
  join customer on customer.company_id = 1 and customer.customer_id = aged.customer_id
 order by customer.number
 limit 100;
