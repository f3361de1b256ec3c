"""SQL fragments by which other rooms' papers name documents: what a letter shows of one. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from reskontra.customers.fragments import name_of_id, number_of_id
from reskontra.db.pool import Connection
from reskontra.settlement.store import applications_of


def mention(document_id: str) -> str:
    """A scalar: the document of company $1 with that id, as JSON with what a reader knows it by; null without one."""
    return f"""(select json_build_object(
                   'document_type', named.document_type, 'number', named.number, 'status', named.status,
                   'document_date', named.document_date, 'currency_id', named.currency_id, 'balance', named.balance,
                   'customer_number', {number_of_id("named.customer_id")},
                   'customer_name', {name_of_id("named.customer_id")})
                  from document as named
                 where named.company_id = $1 and named.document_id = {document_id})"""


def is_numbered(document_id: str, parameter: str) -> str:
    """The condition that a document of company $1 has this number, in any letter case."""
    return f"""exists (select from document as named
                        where named.company_id = $1 and named.document_id = {document_id}
                          and lower(named.number) collate "C" = lower({parameter}::text collate "C"))"""


async def find_settlers(connection: Connection, company_id: int, document_id: int) -> Sequence[tuple[str, str, bool]]:
    """What settles a debit document, by type and number: document type, number, whether that is released."""
    rows = await connection.fetch(
        f"""
        select settler.document_type, settler.number, application.released_at is not null as is_released
          from {applications_of("$2::bigint")}
          join document as settler on settler.company_id = $1 and settler.document_id = application.other_document_id
         order by settler.document_type, settler.number""",
        company_id,
        document_id,
    )
    return [(row["document_type"], row["number"], row["is_released"]) for row in rows]
