"""SQL of documents that get a file: finding what it is attached to, and noting it on the document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reskontra.changes.store import change_row, parameters, tally
from reskontra.clock import Context
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOwner:
    """A document, and whether it has the line that was asked for; true if none was."""

    document_id: int
    number: str
    version: int
    has_line: bool


async def find_owner(
    connection: Connection, company_id: int, document_type: str, number: str, line_number: int | None
) -> FoundOwner | None:
    """A document by its number in any case, as its last lock holder left it."""
    row = await connection.fetchrow(
        """
        select document_id, number, version,
               $4::integer is null
               or exists (select from document_line as line
                           where line.company_id = $1 and line.document_id = document.document_id
                             and line.line_number = $4) as has_line
          from document
         where company_id = $1 and document_type = $2 and lower(number) collate "C" = lower($3 collate "C")
        """,
        company_id,
        document_type,
        number,
        line_number,
    )
    return FoundOwner(**row) if row else None


_NOTE = f"""
    with source as (select 1),
    {change_row("$5", "attached", "$7::text", "source", detail="$8::jsonb")},
    updated as (
        update document set has_attachments = true, modified_at = changed.stamp, version = changed.change_id
          from changed
         where company_id = $1 and document_id = $6
        returning version),
    {tally("$5", 0)}
    select version from updated"""


async def note_attachment(
    connection: Connection,
    context: Context,
    document_type: str,
    found: FoundOwner,
    *,
    attached: Mapping[str, Any],
) -> int:
    """Note on a document that it, or a line of it, got a file; returns its new version. `attached` is for the log."""
    version: int = await connection.fetchval(
        _NOTE, *parameters(context), document_type, found.document_id, found.number, as_json(attached)
    )
    return version
