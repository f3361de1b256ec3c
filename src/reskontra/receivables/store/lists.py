"""SQL of documents of all kinds and of applications, for lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import TypeAlias

from asyncpg import Record

from reskontra.changes.lists.store import Paged, plain_row
from reskontra.changes.store import ANY_CHANGE
from reskontra.customers.store.fragments import id_of_number, named, number_of_id
from reskontra.db import json_text
from reskontra.db.lists import Filters, Window
from reskontra.db.pool import Connection

Names: TypeAlias = tuple[tuple[str, str], ...] | None
"""The fields of an answer: our own names, and those of the wire (`web.wire.names_of`). None: all, under our own."""


def written(make: Callable[[str], str], *columns: str) -> dict[str, str]:
    """Columns of documents with the same names, as `json_text` writes them."""
    return {column: make(f"document.{column}") for column in columns}


PARTIES = named("document.customer_id", "document.location_id", "document.child_customer_id")

ITEM_VALUES = {
    **written(json_text.text, "number", "currency_id", "cash_account", "customer_reference", "invoice_text", "note"),
    **written(json_text.code, "document_type", "status"),
    **written(json_text.number, "amount", "amount_base", "balance", "balance_base", "cash_discount",
              "cash_discount_base"),
    **written(json_text.midnight, "document_date", "original_invoice_date", "due_date"),
    **written(json_text.local_moment, "created_at", "modified_at"),
    "post_period": json_text.code("document.period_id"),
    "financial_period": json_text.code("document.period_id"),
    "closed_period": json_text.code("document.closed_period_id"),
    "vat_total": json_text.number("coalesce(document.vat_total, 0.0000)"),
    "vat_total_base": json_text.number("coalesce(document.vat_total_base, 0.0000)"),
    "customer": PARTIES.values["customer"],
    "location": PARTIES.values["location"],
    "time_stamp": json_text.code("encode(int8send(document.version), 'base64')"),
}  # fmt: skip
"""What a list shows of a document of any kind as it is stored, over the tables of `PARTIES` too."""

_LOOKED_UP = """document.document_type, document.number, document.branch_number, document.account_number,
           document.subaccount_id, document.project_id, document.particulars"""


def item_columns(names: Names, values: Mapping[str, str] = ITEM_VALUES) -> str:
    """The columns that a list shows of a document of any kind: `written`, and what the wire completes it with."""
    return f"{json_text.members(names, values)} as written, {_LOOKED_UP}"


# The offset keeps the planner from reordering the join. Plans are made without knowing the company, and for an average
# one it looks cheaper to walk from the customers through all their documents than to fetch those of the page.
ITEMS_OF_PAGE = f"""page
          join lateral (
            select * from document as found
             where found.company_id = $1 and found.document_id = page.document_id offset 0) as document on true
          {PARTIES.joins}"""
"""The tables that a page of `FOUND_ITEMS` is read from: `document`, and those of `PARTIES`."""

_TALLIES = "from tally where tally.company_id = $1 and tally.entity = any ($2::text[])"
KINDS_STAMP = f"(select string_agg(tally.last_change_id::text, ' ' order by tally.entity) {_TALLIES})"
KINDS_TOTAL = f"(select sum(tally.total)::bigint {_TALLIES})"
"""Scalars for a list of documents of the kinds $2: what identifies its state, and its whole length."""

FOUND_ITEMS = """select document.document_id, document.document_type, document.number
              from document
             where document.company_id = $1"""


@cache
def items(names: Names) -> Paged[Record]:
    """Documents of the kinds $2, by kind and number, without what only some kinds have."""
    return Paged(
        entity="CustomerDocument",
        found=f"{FOUND_ITEMS} and document.document_type = any ($2::text[])",
        key=("document.document_type", "document.number"),
        tables=ITEMS_OF_PAGE,
        columns=item_columns(names),
        read=plain_row,
        sort_key=lambda row: (row["document_type"], row["number"]),
        stamp=KINDS_STAMP,
        kept_total=KINDS_TOTAL,
        may_gather=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedApplication:
    """An application with the names of both documents; the customer is the debit document's."""

    application_id: int
    credit_type: str
    credit_number: str
    debit_type: str
    debit_number: str
    customer_number: str
    amount: Decimal
    discount: Decimal
    write_off: Decimal
    gain_loss: Decimal | None
    currency_id: str
    applied_on: date | None
    period_id: str | None
    released: bool
    batch_number: str | None
    reverses_id: int | None
    undone_by: int | None


_COLUMNS = f"""application.application_id, credit.document_type as credit_type, credit.number as credit_number,
           debit.document_type as debit_type, debit.number as debit_number,
           {number_of_id("debit.customer_id")} as customer_number, application.amount_credit as amount,
           application.discount, application.write_off, application.gain_loss, credit.currency_id,
           application.applied_on, application.period_id, application.released_at is not null as released,
           settlement.batch_number, application.reverses_id,
           (select back.application_id from application as back
             where back.company_id = $1 and back.reverses_id = application.application_id) as undone_by"""

_JOINS = """join document as credit on credit.company_id = $1 and credit.document_id = application.credit_document_id
      join document as debit on debit.company_id = $1 and debit.document_id = application.debit_document_id
      left join settlement on settlement.company_id = $1 and settlement.settlement_id = application.settlement_id"""

APPLICATIONS = Paged(
    entity="Application",
    found=f"""select {_COLUMNS} from application {_JOINS}
              where application.company_id = $1 and not application.is_split
                and application.credit_document_id <> application.debit_document_id""",
    key=("application.application_id",),
    columns="application.*",
    read=lambda row: ListedApplication(**{name: row[name] for name in ListedApplication.__slots__}),
    sort_key=lambda row: (row.application_id,),
    is_tallied=False,
    # An application moves both its documents, so the newest change of any document identifies the state of the list.
    stamp=ANY_CHANGE,
)
"""Applications of one document to another in the order they were made, but for those that divide a document into
instalments; filters are over `application`, `credit` and `debit`."""


OF_CUSTOMER = f"""application.application_id in (
        select own.application_id
          from document as either
          join application as own on own.company_id = $1
           and either.document_id in (own.credit_document_id, own.debit_document_id)
         where either.company_id = $1 and either.customer_id = {id_of_number("{}::text")})"""
"""The condition that a customer has one of both documents: what it owes, or what a parent paid for its children."""


async def find_applications(
    connection: Connection, company_id: int, application_ids: Sequence[int]
) -> Sequence[ListedApplication]:
    """These applications, in the order they were made."""
    filters = Filters([company_id])
    filters.add("application.application_id = any ({}::bigint[])", application_ids)
    return (await APPLICATIONS.rows(connection, filters, Window(limit=len(application_ids), offset=0))).rows
