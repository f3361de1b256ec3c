"""SQL of documents for answers: one by its number, and lists of one kind."""

from __future__ import annotations

from functools import cache

from asyncpg import Record

from reskontra.changes.lists.store import Paged, plain_row
from reskontra.contacts.store import name_of
from reskontra.db.pool import Connection
from reskontra.receivables.store.lists import FOUND_ITEMS, ITEM_COLUMNS, ITEMS_OF_PAGE, PARTIES, as_text
from reskontra.receivables.store.open_items import APPLICATIONS

_NUMBERS = (
    "exchange_rate", "detail_total", "detail_total_base", "discount_total", "discount_total_base", "vat_taxable_total",
    "vat_taxable_total_base", "vat_exempt_total", "vat_exempt_total_base", "rounding_difference",
)  # fmt: skip

_COLUMNS = f"""{ITEM_COLUMNS},
           document.cash_discount_date, document.terms_id, document.vat_zone_id, document.payment_method_id,
           document.salesperson_id, document.contact_id, {name_of("document.contact_id")} as contact_name,
           document.external_reference, document.payment_reference, {as_text(_NUMBERS)},
           document.dont_print, document.dont_email, document.revoked, document.exclude_debt_collection,
           document.send_to_auto_invoice, document.dunning_level, document.dunning_letter_date,
           document.invoice_address, document.invoice_contact, document.lines_json, document.vat_json,
           document.version, {PARTIES.columns}"""

_FIND = f"""
    select company.reference_version, {_COLUMNS}, {APPLICATIONS} as applications
      from document
      join company on company.company_id = document.company_id
      {PARTIES.joins}
     where document.company_id = $1 and document.document_type = $2
       and lower(document.number) collate "C" = lower($3 collate "C") """


async def find_document(connection: Connection, company_id: int, document_type: str, number: str) -> Record | None:
    """A document by its number in any case, as `rendering.document_answer` wants it."""
    row: Record | None = await connection.fetchrow(_FIND, company_id, document_type, number)
    return row


@cache
def documents(*, with_applications: bool) -> Paged[Record]:
    """Documents of the kind $2, by number."""
    tally = "from tally where tally.company_id = $1 and tally.entity = $2"
    return Paged(
        entity="Document",
        found=f"{FOUND_ITEMS} and document.document_type = $2",
        key=("document.number",),
        tables=ITEMS_OF_PAGE,
        columns=f"{_COLUMNS}, {APPLICATIONS if with_applications else 'null'} as applications",
        read=plain_row,
        sort_key=lambda row: (row["number"],),
        stamp=f"(select tally.last_change_id {tally})",
        kept_total=f"(select tally.total {tally})",
        may_gather=True,
    )
