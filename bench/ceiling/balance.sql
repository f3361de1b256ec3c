-- What a customer owes, and its sales in the present month and year. Every second one is of the large company.
\set large random(0, 1)
\set company :large + (1 - :large) * random(2, :companies)
\set number :first_customer + random(1, :large * :large_customers + (1 - :large) * :small_customers)
select customer.number, customer.name, customer_balance.balance, sold.in_period, sold.in_year,
       greatest(customer.modified_at, sold.modified_at) as modified_at
  from customer
  join customer_balance on customer_balance.company_id = customer.company_id
   and customer_balance.customer_id = customer.customer_id
 cross join lateral (
    select sum(net) filter (where period_id = :period::text) as in_period,
           sum(net) filter (where left(period_id, 4) = left(:period::text, 4)) as in_year,
           max(changed_at) as modified_at
      from (select document.period_id, document.modified_at as changed_at,
                   case when document.released_at is null then 0
                        when document.document_type = 'CreditNote'
                        then document.discount_total_base - document.detail_total_base
                        else document.detail_total_base - document.discount_total_base end as net
              from document
             where document.company_id = customer.company_id
               and document.customer_id = customer.customer_id) as counted) as sold
 where customer.company_id = :company and customer.number = :number::text;
