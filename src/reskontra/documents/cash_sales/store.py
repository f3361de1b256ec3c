"""SQL of cash sales: what has come back of one."""

from __future__ import annotations

import msgspec

from reskontra.db.pool import Connection
from reskontra.documents.cash_sales.rules import Returned, VatLeft


async def find_returned(connection: Connection, company_id: int, sale_id: int) -> Returned:
    """What has come back of a sale, and the draft of a return that waits, if there is one."""
    row = await connection.fetchrow(
        """
        select sale.number, sale.currency_id, sale.amount - sale.rounding_difference as amount,
               coalesce(sum(back.amount - back.rounding_difference) filter (where back.released_at is not null), 0)
                   as returned,
               count(back.number) filter (where back.released_at is not null) as returns,
               min(back.number) filter (where back.released_at is null) as waiting, (
                   select coalesce(json_object_agg(kept.vat_id, kept), '{}')
                     from (select figure.vat_id, sum(figure.taxable * held.sign) as taxable,
                                  sum(figure.vat * held.sign) as vat
                             from (select $2 as document_id, 1 as sign
                                    union all
                                   select document_id, -1 from document as returned
                                    where returned.company_id = $1 and returned.document_type = 'CashReturn'
                                      and returned.corrects_document_id = $2 and returned.released_at is not null
                                  ) as held
                             join document_vat as figure on figure.company_id = $1
                              and figure.document_id = held.document_id
                            group by figure.vat_id) as kept)::text as vat
          from document as sale
          left join document as back on back.company_id = $1 and back.document_type = 'CashReturn'
           and back.corrects_document_id = sale.document_id
         where sale.company_id = $1 and sale.document_id = $2
         group by sale.number, sale.currency_id, sale.amount, sale.rounding_difference
        """,
        company_id,
        sale_id,
    )
    if row is None:
        raise LookupError(f"there is no document {sale_id}")
    return Returned(**{**row, "vat": _vat.decode(row["vat"])})


_vat = msgspec.json.Decoder(dict[str, VatLeft])
