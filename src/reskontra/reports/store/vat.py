"""SQL of VAT by period, VAT id and rate, and of documents that are dated in another term than they are reported in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE
from reskontra.customers.store.fragments import number_of_id
from reskontra.db.pool import Connection
from reskontra.documents.store.for_reports import VAT_ROWS, VAT_ROWS_BY_DOCUMENT
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


@dataclass(frozen=True, slots=True, kw_only=True)
class VatElsewhere:
    """The VAT of one id at one rate (percent) on a document, in base currency; what takes sales back is negative.

    Either its period is in the term, `is_in_term`, or its date, never both.
    """

    period_id: str
    is_in_term: bool
    document_type: str
    number: str
    document_date: date
    customer_number: str
    vat_id: str
    rate: Decimal
    basis: Decimal
    vat: Decimal


_IS_IN_TERM = "row.period_id between $2::text and $3::text"

VAT_ELSEWHERE = Paged(
    entity="VatElsewhere",
    found=f"""
    select row.*, {_IS_IN_TERM} as is_in_term
      from ({VAT_ROWS_BY_DOCUMENT}) as row
     where ({_IS_IN_TERM}) <> (row.document_date between $4::date and $5::date)""",
    key=("row.period_id", "row.document_type", "row.number", "row.vat_id", "row.rate"),
    tables="page as row",
    columns=f"row.*, {number_of_id('row.customer_id')} as customer_number",
    read=lambda row: VatElsewhere(**{name: row[name] for name in VatElsewhere.__slots__}),
    sort_key=lambda found: (found.period_id, found.document_type, found.number, found.vat_id, found.rate),
    is_tallied=False,
    stamp=ANY_CHANGE,
)
"""VAT rows by period and document whose document is dated from $4 to $5 or posted from the period $2 to $3, but not
both (decision 0028)."""

VAT_ELSEWHERE_TABLE = f"""
    select row.period_id as "period", row.is_in_term as "isInTerm", row.document_type as "documentType",
           row.number as "referenceNumber", row.document_date as "documentDate",
           {number_of_id("row.customer_id")} as "customerNumber", row.vat_id as "vatId", row.rate as "vatRate",
           row.basis as "taxableAmount", row.vat as "vatAmount"
      from ({VAT_ELSEWHERE.found}) as row
     order by row.period_id, row.document_type, row.number, row.vat_id, row.rate"""
"""The same as a table."""
