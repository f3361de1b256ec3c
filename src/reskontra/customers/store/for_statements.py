"""SQL of the customers that statements of account are for."""

from __future__ import annotations

RECIPIENTS = """
    select customer.customer_id, customer.number, customer.name, customer.customer_class_id,
           customer.statement_cycle_id, customer.statement_type, customer.multi_currency_statements as by_currency
      from customer
     where customer.company_id = $1"""
"""A select of all customers with how their statements look. It ends inside its where clause."""
