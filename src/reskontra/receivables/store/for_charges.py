"""Fragments: what overdue charges are computed from, and the drafts of charges that wait."""

from __future__ import annotations

from reskontra.receivables.rules.items import CORRECTION_ORIGIN
from reskontra.receivables.store.open_items import waiting_correction

_REPLACES = f"case when document.origin = '{CORRECTION_ORIGIN}' then document.corrects_document_id end"


def late_documents(on: str, document_types: str, excluded_origins: str, branch_number: str) -> str:
    """A select of documents that were not paid on their due date, and were due before a date (OCH-06).

    Columns: document_id, document_type, number, customer_id, currency_id, due_date, amount, amount_base,
    replaces_document_id, the document that it corrects, and waiting_correction, the number of the draft that is to
    replace it. The arguments are SQL expressions: a date, an array of types, an array of origins that are left out, a
    branch or null for all. A document that is settled counts too: days before it was are charged. Masters of
    instalments do not, their parts do.

    The select ends inside its where clause.
    """
    return f"""
    select document.document_id, document.document_type, document.number, document.customer_id, document.currency_id,
           document.due_date, document.amount, document.amount_base, {_REPLACES} as replaces_document_id,
           {waiting_correction("document.document_id")} as waiting_correction
      from document
     where document.company_id = $1 and document.released_at is not null and document.status <> 'Voided'
       and document.document_type = any ({document_types}) and document.due_date < {on}
       and document.origin <> all ({excluded_origins}) and not document.revoked
       and ({branch_number} is null or document.branch_number = {branch_number})
       and (document.balance > 0
            or exists (select from application
                        where application.company_id = $1 and application.debit_document_id = document.document_id
                          and application.applied_on > document.due_date))
       and not exists (select from document as part
                        where part.company_id = $1 and part.master_document_id = document.document_id)"""


def replaced_by(replaces_document_id: str) -> str:
    """A recursive CTE `replaced` with the ids of the documents that a document replaces, by what it replaces itself."""
    return f"""recursive replaced as (
        select {replaces_document_id} as document_id
         union all
        select {_REPLACES} from replaced
          join document on document.company_id = $1 and document.document_id = replaced.document_id)"""


def reductions(document_id: str, until: str) -> str:
    """A select of what reduced the open balance of a document up to a date, and when: applied_on, reduction,
    reduction_base. What was taken back is below zero."""
    return f"""
    select application.applied_on,
           application.amount_debit + application.discount + application.write_off as reduction,
           application.base_debit + application.discount_base + application.write_off_base as reduction_base
      from application
     where application.company_id = $1 and application.debit_document_id = {document_id}
       and application.released_at is not null and application.applied_on <= {until}"""


def waiting_charge(customer_id: str, document_type: str) -> str:
    """A scalar: the number of a customer's document of this type that is not released, or null."""
    return f"""(select min(waiting.number) from document as waiting
                 where waiting.company_id = $1 and waiting.customer_id = {customer_id}
                   and waiting.document_type = {document_type} and waiting.released_at is null)"""
