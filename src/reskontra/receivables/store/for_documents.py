"""Open items as reversing, correcting and returning documents ask about them: what ties them to others."""

from __future__ import annotations

from datetime import date

from reskontra.db.pool import Connection
from reskontra.kinds import KINDS
from reskontra.receivables.rules.items import OpenItem, Ties
from reskontra.receivables.store.applications import applications_of, proposer_of
from reskontra.receivables.store.open_items import OPEN_ITEM, open_item, waiting_correction

_FOR_GOOD = ", ".join(f"'{kind.document_type}'" for kind in KINDS.values() if kind.settles_for_good)


def _first_settler(condition: str) -> str:
    """A scalar: type and number of the first that has an application with `document` that is in force."""
    return f"""(select named.document_type || ' ' || named.number
              from {applications_of("document.document_id")}
              join document as named on named.company_id = $1 and named.document_id = application.other_document_id
             where application.released_at is not null and not application.is_undone and {condition}
             order by application.application_id limit 1)"""


_TIES = f"""
    select {_first_settler("true")} as settler,
           {_first_settler(f"named.document_type in ({_FOR_GOOD})")} as written_off_by,
           {proposer_of("document.document_id")} as proposer,
           {waiting_correction("document.document_id")} as waiting_correction,
           document.master_document_id is not null
           or exists (select from document as part
                       where part.company_id = $1 and part.master_document_id = document.document_id) as is_divided
      from document
     where document.company_id = $1 and document.document_id = $2"""


async def find_ties(connection: Connection, company_id: int, document_id: int) -> Ties:
    """What ties a document to others. Lock it first, so that nothing more comes."""
    row = await connection.fetchrow(_TIES, company_id, document_id)
    if row is None:
        raise LookupError(f"there is no document {document_id}")
    return Ties(**row)


async def find_corrected(connection: Connection, company_id: int, document_type: str, number: str) -> OpenItem | None:
    """What a document corrects, by the document's number in any case."""
    row = await connection.fetchrow(
        f"""
        select {OPEN_ITEM}
          from document as correcting
          join document on document.company_id = $1 and document.document_id = correcting.corrects_document_id
         where correcting.company_id = $1 and correcting.document_type = $2
           and lower(correcting.number) collate "C" = lower($3 collate "C")""",
        company_id,
        document_type,
        number,
    )
    return open_item(row) if row else None


def credited_by(document: str) -> str:
    """A select: the ids of the debits that a credit document settles by its own release, or will settle.

    `document` is the name of a row of the table `document`. What it is applied to later, or what is undone later,
    changes nothing.
    """
    return f"""select application.debit_document_id
                 from application
                 left join settlement on settlement.company_id = $1
                                     and settlement.settlement_id = application.settlement_id
                where application.company_id = $1 and application.credit_document_id = {document}.document_id
                  and application.reverses_id is null and application.debit_document_id <> {document}.document_id
                  and (application.released_at is null or settlement.batch_number = {document}.batch_number)"""


async def find_referred(connection: Connection, company_id: int, document_id: int) -> list[tuple[str, date]]:
    """The number and date of the document that another corrects, and of those that its release settles."""
    rows = await connection.fetch(
        f"""
        select distinct other.number, other.document_date
          from document
          join document as other on other.company_id = $1 and other.document_id in (
               select document.corrects_document_id
                union all
               {credited_by("document")})
         where document.company_id = $1 and document.document_id = $2
         order by other.document_date, other.number""",
        company_id,
        document_id,
    )
    return [(row["number"], row["document_date"]) for row in rows]
