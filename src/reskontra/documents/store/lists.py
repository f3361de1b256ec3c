"""SQL of documents as answers show them: one by its number, and pages of lists with their totals. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asyncpg import Record

from reskontra.contacts.store import name_of
from reskontra.customers.store.fragments import named
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.receivables.store.open_items import APPLICATIONS

_NUMBERS = (
    "exchange_rate", "detail_total", "detail_total_base", "discount_total", "discount_total_base", "vat_total",
    "vat_total_base", "vat_taxable_total", "vat_taxable_total_base", "vat_exempt_total", "vat_exempt_total_base",
    "rounding_difference", "amount", "amount_base", "balance", "balance_base", "cash_discount", "cash_discount_base",
)  # fmt: skip
"""Read as text, as answers only write them down again: making Decimals of them is a sixth of a page's time."""

_ANSWER_COLUMNS = f"""document.document_type, document.number, document.status, document.branch_number,
           document.document_date, document.original_invoice_date, document.due_date, document.cash_discount_date,
           document.period_id, document.closed_period_id, document.currency_id, document.terms_id,
           document.vat_zone_id, document.payment_method_id, document.cash_account, document.account_number,
           document.subaccount_id, document.salesperson_id, document.customer_reference, document.contact_id,
           {name_of("document.contact_id")} as contact_name, document.external_reference, document.payment_reference,
           document.invoice_text, document.note, document.project_id,
           {", ".join(f"document.{column}::text" for column in _NUMBERS)},
           document.dont_print, document.dont_email, document.revoked, document.exclude_debt_collection,
           document.send_to_auto_invoice, document.dunning_level, document.dunning_letter_date,
           document.invoice_address, document.invoice_contact, document.particulars, document.lines_json,
           document.vat_json, document.created_at, document.modified_at, document.version"""

_PARTIES = named("document.customer_id", "document.location_id", "document.child_customer_id")

_FIND = f"""
    select company.reference_version, {_ANSWER_COLUMNS}, {_PARTIES.columns}, {APPLICATIONS} as applications
      from document
      join company on company.company_id = document.company_id
      {_PARTIES.joins}
     where document.company_id = $1 and document.document_type = $2
       and lower(document.number) collate "C" = lower($3 collate "C") """


async def find_document(connection: Connection, company_id: int, document_type: str, number: str) -> Record | None:
    """A document by its number in any case, as `answers.document_answer` wants it."""
    row: Record | None = await connection.fetchrow(_FIND, company_id, document_type, number)
    return row


# The offset keeps the planner from taking the join apart. Plans are made without knowing the company, and for a mean
# one it looks cheaper to walk from the customers through all their documents than to fetch those of the page.
_OF_PAGE = """join lateral (
            select * from document as found
             where found.company_id = $1 and found.document_id = page.document_id offset 0) as document on true"""


def _page(where: str, order: str, first: int, *, gathers: bool) -> str:
    """The ids of a page. A plan is made without knowing how many documents the filter finds, so the caller says it.

    Few are gathered and then sorted; many are met soon enough by walking along in the list's own order.
    """
    found = f"select document_id, document_type, number from document where company_id = $1 and {where}"
    if gathers:
        found = f"select * from ({found} offset 0) as document"
    return f"{found} order by {order} limit ${first} offset ${first + 1}"


async def list_documents(
    connection: Connection,
    parameters: Sequence[Any],
    where: str,
    *,
    limit: int,
    offset: int,
    gathers: bool = False,
    with_applications: bool = False,
) -> Sequence[Record]:
    """A page of documents by number; `where` is over `document` and uses `parameters`, of which $1 is the company and
    $2 the document type. Each row carries `stamp`, which names the state of the whole list (W12)."""
    first = len(parameters) + 1
    rows: Sequence[Record] = await connection.fetch(
        f"""
        with page as materialized (
            {_page(f"document_type = $2 and {where}", "number", first, gathers=gathers)})
        select company.reference_version, tally.last_change_id as stamp, {_ANSWER_COLUMNS}, {_PARTIES.columns},
               {APPLICATIONS if with_applications else "null"} as applications
          from page
          {_OF_PAGE}
          join company on company.company_id = $1
          join tally on tally.company_id = $1 and tally.entity = $2
          {_PARTIES.joins}
         order by page.number""",
        *parameters,
        limit,
        offset,
    )
    return rows


_SUMMARY_COLUMNS = _ANSWER_COLUMNS.replace("document.lines_json, document.vat_json,", "")
_STAMPS = """(select string_agg(tally.last_change_id::text, ' ' order by tally.entity) from tally
                where tally.company_id = $1 and tally.entity = any ($2::text[]))"""


async def list_all_documents(
    connection: Connection, parameters: Sequence[Any], where: str, *, limit: int, offset: int, gathers: bool = False
) -> Sequence[Record]:
    """A page of documents of several kinds by kind and number, without their lines; of `parameters` $1 is the company
    and $2 the document types. Each row carries `stamp`, as in `list_documents`."""
    first = len(parameters) + 1
    rows: Sequence[Record] = await connection.fetch(
        f"""
        with page as materialized (
            {_page(f"document_type = any ($2::text[]) and {where}", "document_type, number", first, gathers=gathers)})
        select company.reference_version, {_STAMPS} as stamp, {_SUMMARY_COLUMNS}, {_PARTIES.columns}
          from page
          {_OF_PAGE}
          join company on company.company_id = $1
          {_PARTIES.joins}
         order by document.document_type, document.number""",
        *parameters,
        limit,
        offset,
    )
    return rows


async def count_all_documents(
    connection: Connection, parameters: Sequence[Any], where: str | None
) -> tuple[int, str | None]:
    """How many documents of several kinds the filter finds, and the stamp of their list."""
    counted = (
        """(select sum(tally.total) from tally
             where tally.company_id = $1 and tally.entity = any ($2::text[]))"""
        if where is None
        else f"""(select count(*) from document
                   where document.company_id = $1 and document.document_type = any ($2::text[]) and {where})"""
    )
    row = await fetch_one(connection, f"select {counted}::bigint as total, {_STAMPS} as stamp", *parameters)
    return row["total"], row["stamp"]


async def count_documents(connection: Connection, parameters: Sequence[Any], where: str | None) -> tuple[int, int]:
    """How many documents the filter finds, and the stamp; without a filter the count is kept, not counted."""
    counted = (
        "tally.total"
        if where is None
        else f"""(select count(*) from document
                   where document.company_id = $1 and document.document_type = $2 and {where})"""
    )
    row = await fetch_one(
        connection,
        f"select {counted} as total, tally.last_change_id from tally where tally.company_id = $1 and tally.entity = $2",
        *parameters,
    )
    return row["total"], row["last_change_id"]
