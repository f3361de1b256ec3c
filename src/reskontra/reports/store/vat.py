"""SQL of VAT by period, VAT id and rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reskontra.db.pool import Connection
from reskontra.documents.store.for_reports import VAT_ROWS
from reskontra.receivables.store.for_reports import DISCOUNT_VAT_ROWS
from reskontra.vat.store import description_of


@dataclass(frozen=True, slots=True, kw_only=True)
class VatSum:
    """The VAT of one id at one rate (percent) in one period, in base currency; what takes sales back is
    negative. Cash discounts lessen it where they give VAT back (VAT-15), and count as no document."""

    period_id: str
    vat_id: str
    description: str | None
    rate: Decimal
    exempt: bool
    reverse_charge: bool
    documents: int
    basis: Decimal
    vat: Decimal


_SUMS = f"""
    select row.period_id, row.vat_id, {description_of("row.vat_id")} as description, row.rate, row.exempt,
           row.reverse_charge, count(*) filter (where row.is_document) as documents, sum(row.basis) as basis,
           sum(row.vat) as vat
      from (select sold.*, true as is_document
              from ({VAT_ROWS} and document.period_id between $2 and $3) as sold
             union all
            select given.*, false
              from ({DISCOUNT_VAT_ROWS} and application.period_id between $2 and $3) as given) as row
     group by row.period_id, row.vat_id, row.rate, row.exempt, row.reverse_charge
     order by row.period_id, row.vat_id, row.rate"""


async def find_sums(connection: Connection, company_id: int, first: str, last: str) -> Sequence[VatSum]:
    """The VAT of each period from the first to the last, by id and rate."""
    rows = await connection.fetch(_SUMS, company_id, first, last)
    return [VatSum(**row) for row in rows]


VAT_TABLE = f"""
    select said.period_id as "period", said.vat_id as "vatId", said.description as "description",
           said.rate as "vatRate", said.exempt as "exempt", said.reverse_charge as "reverseCharge",
           said.documents as "documentCount", said.basis as "taxableAmount", said.vat as "vatAmount"
      from ({_SUMS}) as said"""
"""The same as a table."""
