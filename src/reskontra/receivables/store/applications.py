"""SQL of applications, as fragments for the statements that write their documents. Decides nothing."""

from __future__ import annotations


def propose(credit_id: str, proposals: str, source: str) -> str:
    """CTEs that make the proposals of a draft what the JSON list `proposals` says (keys debit_document_id, amount).

    `credit_id` is an SQL expression over the one row of `source`. A list that is null changes nothing.
    """
    return f"""withdrawn as (
        delete from application using {source}
         where application.company_id = $1 and application.credit_document_id = {credit_id}
           and application.released_at is null and {proposals}::json is not null
           and application.debit_document_id not in (
               select sent.debit_document_id from json_populate_recordset(null::application, {proposals}) as sent)),
    amended as (
        update application set amount = sent.amount
          from {source}, json_populate_recordset(null::application, {proposals}) as sent
         where application.company_id = $1 and application.credit_document_id = {credit_id}
           and application.released_at is null and application.debit_document_id = sent.debit_document_id),
    proposed as (
        insert into application (company_id, credit_document_id, debit_document_id, amount, created_at, created_by)
        select $1, {credit_id}, sent.debit_document_id, sent.amount, $2, $3
          from {source}, json_populate_recordset(null::application, {proposals}) as sent
         where not exists (
               select from application as standing
                where standing.company_id = $1 and standing.credit_document_id = {credit_id}
                  and standing.debit_document_id = sent.debit_document_id and standing.released_at is null))"""


def withdraw_all(credit_id: str, source: str) -> str:
    """A CTE that deletes the proposals of a draft that is deleted (UND-01)."""
    return f"""withdrawn as (
        delete from application using {source}
         where application.company_id = $1 and application.credit_document_id = {credit_id}
           and application.released_at is null)"""


def release(credit_id: str, applications: str) -> str:
    """A CTE that turns the proposals of a credit document into facts; `applications` is a JSON list of
    `rules.Application`."""
    return f"""applied as (
        update application
           set applied_on = sent.applied_on, period_id = sent.period_id, base_credit = sent.base_credit,
               base_debit = sent.base_debit, gain_loss = sent.gain_loss, released_at = $2
          from json_populate_recordset(null::application, {applications}) as sent
         where application.company_id = $1 and application.credit_document_id = {credit_id}
           and application.debit_document_id = sent.debit_document_id and application.released_at is null)"""


def proposals_of(credit_id: str) -> str:
    """A lateral source `proposal` of a draft's proposals."""
    return f"""lateral (
        select application.application_id, application.debit_document_id, application.amount
          from application
         where application.company_id = $1 and application.credit_document_id = {credit_id}
           and application.released_at is null) as proposal"""


def proposed_by(debit_id: str) -> str:
    """A scalar subselect: the credit document that has a proposal on a debit document, or null."""
    return f"""(
        select application.credit_document_id from application
         where application.company_id = $1 and application.debit_document_id = {debit_id}
           and application.released_at is null)"""


def applications_of(document_id: str) -> str:
    """A lateral source `application` of all applications from or to a document, in the order they were made."""
    return f"""lateral (
        select application.*,
               case application.credit_document_id when {document_id} then application.debit_document_id
                                                   else application.credit_document_id end as other_document_id
          from application
         where application.company_id = $1
           and {document_id} in (application.credit_document_id, application.debit_document_id)) as application"""
