"""SQL of cash sales: what has come back of one."""

from __future__ import annotations

from reskontra.db.pool import Connection
from reskontra.documents.cash_sales.rules import Returned


async def find_returned(connection: Connection, company_id: int, sale_id: int) -> Returned:
    """What has come back of a sale, and the draft of a return that waits, if there is one."""
    row = await connection.fetchrow(
        """
        select sale.number, sale.currency_id, sale.amount,
               coalesce(sum(back.amount) filter (where back.released_at is not null), 0) as returned,
               min(back.number) filter (where back.released_at is null) as waiting
          from document as sale
          left join document as back on back.company_id = $1 and back.document_type = 'CashReturn'
           and back.corrects_document_id = sale.document_id
         where sale.company_id = $1 and sale.document_id = $2
         group by sale.number, sale.currency_id, sale.amount
        """,
        company_id,
        sale_id,
    )
    if row is None:
        raise LookupError(f"there is no document {sale_id}")
    return Returned(**row)
