"""SQL of claims on the tax authority: what of a document is claimed, and what persons have in a year (RRT)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reskontra.db.pool import Connection
from reskontra.domestic_services.rules.work_types import DeductionType
from reskontra.receivables.rules.items import CLAIM_BACK_ORIGIN, CLAIM_ORIGIN
from reskontra.receivables.store.applications import applications_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The credit note that moves what is claimed, and its application to the document that deducts."""

    number: str
    amount: Decimal
    application_id: int


async def find_claim(connection: Connection, company_id: int, document_id: int) -> Claim | None:
    """The claim that a document has made; None if it made none or was reversed."""
    row = await connection.fetchrow(
        f"""
        select note.number, note.amount, application.application_id
          from document as note
         cross join {applications_of("note.document_id")}
         where note.company_id = $1 and note.corrects_document_id = $2 and note.origin = '{CLAIM_ORIGIN}'
           and application.other_document_id = $2 and not application.is_undone
        """,
        company_id,
        document_id,
    )
    return Claim(**row) if row else None


async def find_claimed(
    connection: Connection, company_id: int, personal_ids: Sequence[str], *, since: date, until: date
) -> dict[tuple[str, DeductionType], Decimal]:
    """What the documents of these days claim for persons, by person and type. A claim that was taken back is none."""
    rows = await connection.fetch(
        f"""
        select share ->> 'personal_id' as personal_id, document.deduction ->> 'type' as type,
               sum((share ->> 'amount')::numeric) as amount
          from document
          join document as note on note.company_id = $1 and note.corrects_document_id = document.document_id
           and note.origin = '{CLAIM_ORIGIN}'
           and not exists (select from document as back
                            where back.company_id = $1 and back.corrects_document_id = note.document_id
                              and back.origin = '{CLAIM_BACK_ORIGIN}')
         cross join jsonb_array_elements(document.deduction -> 'shares') as share
         where document.company_id = $1 and document.deduction is not null
           and document.document_date between $3 and $4 and share ->> 'personal_id' = any ($2::text[])
         group by 1, 2
        """,
        company_id,
        personal_ids,
        since,
        until,
    )
    return {(row["personal_id"], DeductionType(row["type"])): row["amount"] for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Releasing:
    """A document that is to be released: what its release makes besides."""

    customer_id: int
    corrects_document_id: int | None
    deducts: bool


async def find_releasing(connection: Connection, company_id: int, document_type: str, number: str) -> Releasing | None:
    """A document by its number in any case, before it is locked."""
    row = await connection.fetchrow(
        """
        select customer_id, corrects_document_id, deduction is not null as deducts
          from document
         where company_id = $1 and document_type = $2 and lower(number) collate "C" = lower($3 collate "C")
        """,
        company_id,
        document_type,
        number,
    )
    return Releasing(**row) if row else None
