"""SQL fragments that add up what was given to customers."""

from __future__ import annotations


def discounts(customer_id: str, condition: str) -> str:
    """A scalar: cash discounts that a customer of company $1 took, in base currency (BAL-04).

    What was undone is subtracted. `condition` is over `application`, for example on its period.
    """
    return f"""(select coalesce(sum(application.discount_base), 0.0000)
                  from document
                  join application on application.company_id = $1
                   and application.debit_document_id = document.document_id
                 where document.company_id = $1 and document.customer_id = {customer_id}
                   and application.released_at is not null and application.discount_base <> 0 and {condition})"""
