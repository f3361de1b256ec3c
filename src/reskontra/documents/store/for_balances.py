"""SQL fragments that add up what was sold."""

from __future__ import annotations

from reskontra.receivables.store.sales import IS_SALE, SALES_KINDS


def sales(customer_id: str, condition: str) -> str:
    """A scalar: released sales without VAT to a customer of company $1, in base currency (BAL-04).

    Credit notes are subtracted. Instalments are not counted besides the document that they are parts of (IPL-02), nor
    what was taken over from an older system (OPN-01), nor what the tax authority pays instead of the customer (RRT-05).
    `condition` is over `document`, for example on its period.
    """
    return f"""(select coalesce(sum(line.net_amount_base * kind.sign), 0.0000)
                  from document
                  join (values {SALES_KINDS}) as kind (document_type, sign)
                    on kind.document_type = document.document_type
                  join document_line as line on line.company_id = $1 and line.document_id = document.document_id
                 where document.company_id = $1 and document.customer_id = {customer_id}
                   and document.released_at is not null and document.master_document_id is null
                   and {IS_SALE} and {condition})"""


def last_sale(customer_id: str) -> str:
    """A scalar: when a document of a customer of company $1 was last changed, or null."""
    return f"""(select max(document.modified_at) from document
                 where document.company_id = $1 and document.customer_id = {customer_id})"""
