"""SQL of documents as payments need them: the VAT of what they settle."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reskontra.db.pool import Connection
from reskontra.receivables.rules.discount_vat import Taxed, VatShare

_rows = msgspec.json.Decoder(list[VatShare])


async def find_taxed(connection: Connection, company_id: int, ids: Sequence[int]) -> dict[int, Taxed]:
    """The VAT of released documents by their ids, without those that have none. It never changes (invariant 6)."""
    found = await connection.fetch(
        """
        select settled.document_id, document.amount, document.vat_exchange_rate is not null as has_vat_rate,
               json_agg(row order by row.vat_id, row.rate)::text as rows
          from document as settled
          join document on document.company_id = $1
           and document.document_id = coalesce(settled.master_document_id, settled.document_id)
          join document_vat as row on row.company_id = $1 and row.document_id = document.document_id
         where settled.company_id = $1 and settled.document_id = any ($2::bigint[]) and document.amount > 0
         group by settled.document_id, document.document_id, document.amount, document.vat_exchange_rate
        """,
        company_id,
        ids,
    )
    return {
        row["document_id"]: Taxed(
            amount=row["amount"], has_vat_rate=row["has_vat_rate"], rows=_rows.decode(row["rows"])
        )
        for row in found
    }
