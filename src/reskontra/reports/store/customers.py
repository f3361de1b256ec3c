"""SQL of the customer specification: what each customer owed before the period $2, its postings up to $3, what then."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import msgspec

from reskontra.changes.lists.store import Paged
from reskontra.changes.store import ANY_CHANGE
from reskontra.customers.store.fragments import OWING, id_of_number
from reskontra.posting.store.reading import RECEIVABLE_ENTRIES
from reskontra.receivables.store.for_reports import DOCUMENT_NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """One customer in base currency. `postings` is a JSON array that is shown as it is."""

    number: str
    name: str
    opening: Decimal
    debit: Decimal
    credit: Decimal
    postings: str

    @property
    def closing(self) -> Decimal:
        """What it owed at the end of the last period."""
        return self.opening + self.debit - self.credit

    @property
    def raw_postings(self) -> msgspec.Raw:
        """The postings as they are shown."""
        return msgspec.Raw(self.postings.encode())


_OF_CUSTOMER = "entry.customer_id = customer.customer_id"
_OPENING = f"""(select coalesce(sum(entry.debit_base - entry.credit_base), 0.0000)
                  from ({RECEIVABLE_ENTRIES}) as entry where {_OF_CUSTOMER} and entry.period_id < $2)"""
_IN_PERIODS = f"{_OF_CUSTOMER} and entry.period_id between $2 and $3"

SPECIFICATIONS = Paged(
    entity="CustomerSpecification",
    found=f"""
    select customer.customer_id, customer.number, customer.name
      from ({OWING}) as customer
     where (exists (select from ({RECEIVABLE_ENTRIES}) as entry where {_IN_PERIODS}) or {_OPENING} <> 0)""",
    key=("customer.number",),
    tables=f"""page as customer
      cross join lateral (
        select coalesce(sum(entry.debit_base), 0.0000) as debit, coalesce(sum(entry.credit_base), 0.0000) as credit,
               coalesce(json_agg(json_build_object(
                   'date', to_char(entry.entry_date, 'YYYY-MM-DD"T"00:00:00'), 'period', entry.period_id,
                   'batchNumber', entry.batch_number, 'lineNumber', entry.line_number,
                   'documentType', document.document_type, 'referenceNumber', document.number,
                   'description', entry.description, 'currencyId', entry.currency_id,
                   'amountInCurrency', entry.debit - entry.credit, 'debitAmount', entry.debit_base,
                   'creditAmount', entry.credit_base)
                   order by entry.period_id, entry.batch_number, entry.line_number), '[]')::text as postings
          from ({RECEIVABLE_ENTRIES}) as entry
          join ({DOCUMENT_NAMES}) as document on document.document_id = entry.document_id
         where {_IN_PERIODS}) as moved""",
    columns=f"customer.number, customer.name, {_OPENING} as opening, moved.debit, moved.credit, moved.postings",
    read=lambda row: Specification(**{name: row[name] for name in Specification.__slots__}),
    sort_key=lambda found: (found.number,),
    is_tallied=False,
    stamp=ANY_CHANGE,
)
"""Customers by number: those with a balance or a posting."""

_OWED = "coalesce(sum(entry.debit_base - entry.credit_base)"

SPECIFICATION_TABLE = f"""
    with entry as materialized (
        select * from ({RECEIVABLE_ENTRIES}) as entry
         where entry.period_id <= $3 and ($4::text is null or entry.customer_id = {id_of_number("$4::text")})),
    told as (
        select customer_id, 0 as kind, null::date as entry_date, null::text as period_id, null::text as batch_number,
               null::integer as line_number, null::bigint as document_id, null::text as description,
               null::text as currency_id, null::numeric as amount, null::numeric as debit, null::numeric as credit,
               {_OWED} filter (where entry.period_id < $2), 0.0000) as moves
          from entry group by customer_id
        having {_OWED} filter (where entry.period_id < $2), 0) <> 0 or bool_or(entry.period_id >= $2)
        union all
        select customer_id, 1, entry_date, period_id, batch_number, line_number, document_id, description, currency_id,
               debit - credit, debit_base, credit_base, debit_base - credit_base
          from entry where entry.period_id >= $2
        union all
        select customer_id, 2, null, null, null, null, null, null, null, null,
               coalesce(sum(debit_base) filter (where entry.period_id >= $2), 0.0000),
               coalesce(sum(credit_base) filter (where entry.period_id >= $2), 0.0000), 0
          from entry group by customer_id
        having {_OWED} filter (where entry.period_id < $2), 0) <> 0 or bool_or(entry.period_id >= $2))
    select customer.number as "customerNumber", customer.name as "customerName",
           (array['Opening', 'Posting', 'Closing'])[told.kind + 1] as "rowType", told.entry_date as "date",
           told.period_id as "period", told.batch_number as "batchNumber", told.line_number as "lineNumber",
           document.document_type as "documentType", document.number as "referenceNumber",
           told.description as "description", told.currency_id as "currencyId", told.amount as "amountInCurrency",
           told.debit as "debitAmount", told.credit as "creditAmount",
           sum(told.moves) over (partition by told.customer_id
                                 order by told.kind, told.period_id, told.batch_number, told.line_number) as "balance"
      from told
      join ({OWING}) as customer on customer.customer_id = told.customer_id
      left join ({DOCUMENT_NAMES}) as document on document.document_id = told.document_id
     order by customer.number, told.kind, told.period_id, told.batch_number, told.line_number"""
"""The same as a table, with the balance after each row; $4 is a customer's number, or null for all."""
