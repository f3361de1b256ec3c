"""SQL of the stored texts of lines and VAT rows: which documents show what, and rewriting the texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reskontra.db.pool import Connection
from reskontra.documents.document import Document
from reskontra.documents.store.loading import DOCUMENT_ROWS, read_document

_SHOWN = {
    "account_number": ("document_line", "text"),
    "subaccount_id": ("document_line", "integer"),
    "vat_category_id": ("document_line", "text"),
    "branch_number": ("document_line", "text"),
    "salesperson_id": ("document_line", "integer"),
    "vat_id": ("document_vat", "text"),
}
"""What the stored texts show words of: the column, its table and its type."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new texts of one document."""

    document_id: int
    lines: str
    vat: str


async def lock_showing(
    connection: Connection, company_id: int, what: Mapping[str, object], *, after: int, limit: int
) -> list[int]:
    """The ids of the next documents behind `after` whose texts show any of `what` (column -> value), locked."""
    conditions = " or ".join(
        f"""exists (select from {_SHOWN[column][0]} as shown
                     where shown.company_id = $1 and shown.document_id = document.document_id
                       and shown.{column} = ${position}::{_SHOWN[column][1]})"""
        for position, column in enumerate(what, 4)
    )
    rows = await connection.fetch(
        f"""
        select document_id from document
         where company_id = $1 and document_id > $2 and ({conditions})
         order by document_id limit $3
           for update
        """,
        company_id,
        after,
        limit,
        *what.values(),
    )
    return [row["document_id"] for row in rows]


async def find_documents(
    connection: Connection, company_id: int, document_ids: Sequence[int]
) -> list[tuple[int, Document]]:
    """Documents by id. Separate statement, so that it sees what the previous lock holder committed."""
    rows = await connection.fetch(
        f"""
        select {DOCUMENT_ROWS}, doc.document_id
          from document as doc
         where doc.company_id = $1 and doc.document_id = any ($2::bigint[])
        """,
        company_id,
        document_ids,
    )
    return [(row["document_id"], read_document(row)) for row in rows]


async def save_texts(connection: Connection, company_id: int, rewritten: Sequence[Rewritten]) -> None:
    """Store new texts. The documents keep their versions, since their own data has not changed."""
    await connection.execute(
        """
        update document set lines_json = anew.lines, vat_json = anew.vat
          from unnest($2::bigint[], $3::text[], $4::text[]) as anew (document_id, lines, vat)
         where document.company_id = $1 and document.document_id = anew.document_id
        """,
        company_id,
        [texts.document_id for texts in rewritten],
        [texts.lines for texts in rewritten],
        [texts.vat for texts in rewritten],
    )
