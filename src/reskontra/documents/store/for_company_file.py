"""SQL that finds the reference data that documents depend on, which may not change under them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from reskontra.db.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What documents use, and until when. Unreleased documents count unless something else is said."""

    currencies: frozenset[str] = frozenset()
    open_accounts: frozenset[str] = frozenset()
    """Receivables and VAT accounts of documents that are unpaid or not released."""

    vat_released_until: Mapping[str, date]
    """VAT id -> the latest VAT date of a released document that has it."""

    currency_released_until: Mapping[str, date]
    """Currency -> date of the latest released document in it."""


async def find_usage(connection: Connection, company_id: int) -> Usage:
    """What the documents of a company use."""
    by_currency = await connection.fetch(
        """
        select currency_id, max(document_date) filter (where released_at is not null) as released_until
          from document where company_id = $1 group by currency_id
        """,
        company_id,
    )
    by_vat_id = await connection.fetch(
        """
        select vat_id, max(greatest(vat_date, latest.of_lines)) as released_until
          from document_vat join document using (company_id, document_id)
         cross join lateral (select max(document_line.vat_date) as of_lines from document_line
                              where document_line.company_id = document.company_id
                                and document_line.document_id = document.document_id) as latest
         where company_id = $1 and released_at is not null
         group by vat_id
        """,
        company_id,
    )
    accounts = await connection.fetch(
        """
        with open as (
            select company_id, document_id, account_number from document
             where company_id = $1 and (released_at is null or balance > 0) and status <> 'Voided')
        select account_number from open
         union
        select payable_account from open join document_vat using (company_id, document_id)
         where payable_account is not null
        """,
        company_id,
    )
    return Usage(
        currencies=frozenset(row["currency_id"] for row in by_currency),
        open_accounts=frozenset(row["account_number"] for row in accounts),
        vat_released_until={row["vat_id"]: row["released_until"] for row in by_vat_id},
        currency_released_until={row["currency_id"]: row["released_until"] for row in by_currency
                                 if row["released_until"] is not None},
    )  # fmt: skip
