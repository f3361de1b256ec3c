"""SQL of documents as reminding sees and moves them. Decides nothing; the letters are `dunning`'s own."""

from __future__ import annotations

from collections.abc import Sequence

from reskontra.changes.store import NEW_CHANGE_ID, numbered_change_rows, tally_each
from reskontra.customers.store import id_of_number
from reskontra.db.pool import Connection

OPEN_DOCUMENTS = """
    select document.document_id, document.document_type, document.number, document.origin, document.status,
           document.due_date, document.currency_id, document.balance, document.balance_base, document.revoked,
           document.dunning_level, document.dunning_letter_date
      from document
     where document.company_id = $1 and document.released_at is not null and document.balance > 0"""
"""A select of the released documents that are not settled. It ends inside its where clause."""


async def lock_open_documents(
    connection: Connection, company_id: int, customer_number: str, document_types: Sequence[str]
) -> list[int]:
    """Lock a customer's unsettled documents of these types until the transaction ends; returns their ids.

    It is a statement of its own: what is read after it, is read as the last holder of the locks left it.
    """
    rows = await connection.fetch(
        f"""
        {OPEN_DOCUMENTS} and document.customer_id = {id_of_number("$2::text")}
           and document.document_type = any ($3::text[])
         order by document.document_type, document.number
           for update
        """,
        company_id,
        customer_number,
        document_types,
    )
    return [row["document_id"] for row in rows]


def id_of_document(document_type: str, number: str) -> str:
    """A scalar: the id of the document of company $1 with exactly that number; null without one."""
    return f"""(select document.document_id from document
                 where document.company_id = $1 and document.document_type = {document_type}
                   and document.number = {number})"""


def set_dunning_state(source: str) -> str:
    """CTEs that give documents the `dunning_level` and `dunning_letter_date` of `source`, by its `document_id`.

    Each document gets its change row and version; lists see it as modified.
    """
    return f"""reminded as materialized (
        select document.document_id, document.document_type, document.number,
               {source}.dunning_level, {source}.dunning_letter_date, {NEW_CHANGE_ID} as change_id
          from {source}
          join document on document.company_id = $1 and document.document_id = {source}.document_id),
    {
        numbered_change_rows(
            "reminded.document_type",
            "updated",
            "reminded.number",
            "reminded",
            name="reminder_changes",
            detail='''jsonb_build_object('dunning_level', reminded.dunning_level,
                                     'dunning_letter_date', reminded.dunning_letter_date)''',
        )
    },
    {tally_each("reminder_changes")},
    moved_documents as (
        update document
           set dunning_level = reminded.dunning_level, dunning_letter_date = reminded.dunning_letter_date,
               modified_at = $2, version = reminded.change_id
          from reminded
         where document.company_id = $1 and document.document_id = reminded.document_id)"""
