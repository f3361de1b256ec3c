"""SQL of documents of all kinds as people work with them: found in many ways, sorted, added up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE
from reskontra.customers.store.fragments import STANDING, by_id, is_named, name_of_id, number_of_id
from reskontra.db.lists import Filters, Order, Sorted, ordered_by
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.kinds import KINDS

_CREDITS = ", ".join(f"'{kind.document_type}'" for kind in KINDS.values() if kind.entry_sign < 0)
SIGN = f"case when document.document_type in ({_CREDITS}) then -1 else 1 end"
"""-1 for what lowers what the customer owes, or what was sold."""

CUSTOMER_NAME = name_of_id("document.customer_id")

MENTIONS = f"""(position({{0}} in document.number) > 0 or document.customer_reference = {{0}}
            or document.external_reference = {{0}} or document.payment_reference = {{0}}
            or position(lower({{0}}) in lower(document.invoice_text)) > 0
            or {is_named("document.customer_id")})"""
"""The condition that a text stands in a document's number, texts or references, or names its customer."""

OVERDUE = "document.released_at is not null and document.balance > 0 and document.due_date < $2::date"
"""The condition that something of a document should have been paid before $2."""

OPEN = "document.released_at is not null and document.balance > 0"

_CHECKED = ", ".join(f"'{kind.document_type}'" for kind in KINDS.values() if kind.checks_credit)

_CREDIT_EXCESS = f"""case when document.released_at is null and document.document_type in ({_CHECKED}) then (
                select stands.balance + stands.unreleased - stands.credit_limit - coalesce((
                    select replaced.balance_base from document as replaced
                     where replaced.company_id = $1 and replaced.document_id = document.corrects_document_id
                       and document.document_type = 'Invoice'), 0)
                  from ({STANDING} and {by_id("document.customer_id")}) as stands) end"""
"""A scalar: by how much a draft and all else that its customer owes exceed the credit limit, as its release would
find (CRD-02); below zero where it does not, null where that is not asked."""

EXCEEDS_CREDIT = f"{_CREDIT_EXCESS} > 0"

CORRECTS = """document.corrects_document_id = (
                select corrected.document_id from document as corrected
                 where corrected.company_id = $1 and corrected.document_type = {}
                   and lower(corrected.number) collate "C" = lower({}::text collate "C"))"""
"""The condition that a document corrects the one of a type and a number, in any case."""

_FOUND = """select document.document_id, document.document_type, document.number, document.document_date,
                   document.due_date, document.customer_id, document.amount_base, document.balance_base,
                   document.status, document.released_at
              from document
             where document.company_id = $1 and $2::date is not null"""

_COLUMNS = f"""document.document_type, document.number, document.status, document.document_date, document.due_date,
       {number_of_id("document.customer_id")} as customer_number, {CUSTOMER_NAME} as customer_name,
       document.invoice_text, document.currency_id, {SIGN} as sign, document.amount, document.amount_base,
       document.balance, document.balance_base, document.dunning_level, document.created_at,
       case when {OVERDUE} then $2::date - document.due_date end as days_overdue,
       nullif(greatest({_CREDIT_EXCESS}, 0), 0) as credit_excess"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDocument:
    """A document of any kind. Amounts are above zero, whatever its `sign`; `..._base` ones are in base currency."""

    document_type: str
    number: str
    status: str
    document_date: date
    due_date: date | None
    customer_number: str
    customer_name: str
    invoice_text: str | None
    currency_id: str
    sign: int
    amount: Decimal
    amount_base: Decimal
    balance: Decimal
    balance_base: Decimal
    dunning_level: int | None
    created_at: datetime
    days_overdue: int | None
    credit_excess: Decimal | None


_KEY = ("document.document_date", "document.document_id")

DOCUMENTS = Paged(
    entity="Document",
    found=_FOUND,
    key=_KEY,
    tables="""page
          join lateral (
            select * from document as found
             where found.company_id = $1 and found.document_id = page.document_id offset 0) as document on true""",
    columns=_COLUMNS,
    read=lambda row: ListedDocument(**{name: row[name] for name in ListedDocument.__slots__}),
    sort_key=lambda found: (),
    order=tuple(Sorted(column, is_descending=True, may_be_null=False) for column in _KEY),
    is_tallied=False,
    stamp=ANY_CHANGE,
)
"""Documents of all kinds, the newest first; $2 is today."""

ORDERS = {
    "type": Sorted("document.document_type", may_be_null=False),
    "number": Sorted("document.number", may_be_null=False),
    "documentDate": Sorted("document.document_date", may_be_null=False),
    "documentDueDate": Sorted("document.due_date"),
    "customer": Sorted(CUSTOMER_NAME),
    "amount": Sorted(f"document.amount_base * {SIGN}"),
    "balance": Sorted(f"document.balance_base * {SIGN}"),
    "status": Sorted("document.status", may_be_null=False),
}
"""What the list can be sorted by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSums:
    """How many documents there are, and their amounts and balances in base currency, credits below zero.

    A draft has no balance yet: nobody owes it.
    """

    count: int
    amount_base: Decimal
    balance_base: Decimal


async def find_sums(connection: Connection, filters: Filters) -> DocumentSums:
    """The sums of all documents that pass the filters."""
    row = await fetch_one(
        connection,
        f"""
        select coalesce(sum(document.count), 0)::bigint as count,
               coalesce(sum(document.amount_base * {SIGN}), 0) as amount_base,
               coalesce(sum(document.balance_base * {SIGN}), 0) as balance_base
          from (select document.document_type, count(*) as count, sum(document.amount_base) as amount_base,
                       sum(document.balance_base) filter (where document.released_at is not null) as balance_base
                  from ({_FOUND} and {filters.where}) as document
                 group by document.document_type) as document""",
        *filters.parameters,
    )
    return DocumentSums(**row)


def document_table(filters: Filters, order: Order) -> str:
    """The documents that pass the filters as a table, in that order."""
    return f"""
    select document.document_type as "documentType", document.number as "referenceNumber",
           document.status as "status", document.document_date as "documentDate",
           document.due_date as "documentDueDate", {number_of_id("document.customer_id")} as "customerNumber",
           {CUSTOMER_NAME} as "customerName", document.invoice_text as "invoiceText",
           document.currency_id as "currencyId", {SIGN} as "sign", document.amount as "amountInCurrency",
           document.amount_base as "amount", document.balance as "balanceInCurrency",
           document.balance_base as "balance",
           case when {OVERDUE} then $2::date - document.due_date end as "daysOverdue"
      from document
     where document.company_id = $1 and {filters.where}
     order by {ordered_by(order)}"""
