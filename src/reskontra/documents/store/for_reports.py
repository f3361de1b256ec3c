"""SQL of documents as reports read them."""

from __future__ import annotations

from reskontra.kinds import KINDS

_KINDS = ", ".join(f"('{kind.document_type}', {kind.entry_sign})" for kind in KINDS.values() if kind.has_lines)

_VAT_ROWS = f"""document.period_id, row.vat_id, row.rate, row.exempt, row.reverse_charge,
           row.taxable_base * kind.sign as basis, row.vat_base * kind.sign as vat
      from document_vat as row
      join document on document.company_id = $1 and document.document_id = row.document_id
      join (values {_KINDS}) as kind (document_type, sign) on kind.document_type = document.document_type
     where row.company_id = $1 and document.released_at is not null"""

VAT_ROWS = f"select {_VAT_ROWS}"
"""A select of the VAT rows of released documents in base currency; what takes sales back is negative.

It ends inside its where clause."""

VAT_ROWS_BY_DOCUMENT = f"""
    select document.document_type, document.number, document.document_date, document.customer_id, {_VAT_ROWS}"""
"""The same with the document of each."""
