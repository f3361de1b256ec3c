"""SQL of open items as reports read them: as of the end of a period, and by number."""

from __future__ import annotations


def open_at_end_of(period: str) -> str:
    """A select of the documents that were open at the end of a period, an SQL expression.

    `amount` and `balance` are in the document's currency, `balance_base` in base currency; credits are negative. It
    ends inside its where clause.
    """
    return f"""
    select document.document_id, document.customer_id, document.document_type, document.number,
           document.document_date, document.due_date, document.period_id, document.account_number,
           document.currency_id, document_kind.balance_sign * document.amount as amount,
           document_kind.balance_sign * (document.amount - settled.amount) as balance,
           document_kind.balance_sign * (document.amount_base - settled.amount_base) as balance_base
      from document
      join document_kind on document_kind.document_type = document.document_type
     cross join lateral (
        select coalesce(sum(case when application.credit_document_id = document.document_id
                                 then application.amount_credit
                                 else application.amount_debit + application.discount + application.write_off
                            end), 0) as amount,
               coalesce(sum(case when application.credit_document_id = document.document_id
                                 then application.base_credit
                                 else application.base_debit + application.discount_base + application.write_off_base
                            end), 0) as amount_base
          from application
         where application.company_id = $1 and application.released_at is not null
           and document.document_id in (application.credit_document_id, application.debit_document_id)
           and application.period_id <= {period}) as settled
     where document.company_id = $1 and document.released_at is not null and document.period_id <= {period}
       and (document.closed_period_id is null or document.closed_period_id > {period})
       and (document.amount, document.amount_base) is distinct from (settled.amount, settled.amount_base)"""


DOCUMENT_NAMES = """
    select document.document_id, document.document_type, document.number from document
     where document.company_id = $1"""
"""A select of all documents by name. It ends inside its where clause."""
