"""SQL of a document's deduction."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from reskontra.db.pool import Connection
from reskontra.documents.store.loading import BY_NUMBER
from reskontra.domestic_services.rules.deduction import Deduction


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDeduction:
    """A document and what it deducts, if anything."""

    document_type: str
    number: str
    version: int
    deduction: Deduction | None


_FIND = f"""
    select document_type, number, version, deduction from document
     where {BY_NUMBER.format(document_type="$2", number="$3")}"""
_deduction = msgspec.json.Decoder(Deduction)


async def find_deduction(
    connection: Connection, company_id: int, document_type: str, number: str
) -> FoundDeduction | None:
    """What a document deducts, by its number in any case."""
    row = await connection.fetchrow(_FIND, company_id, document_type, number)
    if row is None:
        return None
    stored = row["deduction"]
    return FoundDeduction(**{**row, "deduction": _deduction.decode(stored) if stored else None})
