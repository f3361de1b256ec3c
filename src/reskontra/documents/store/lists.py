"""SQL of documents for answers: one by its number, and lists of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache

import msgspec
from asyncpg import Record

from reskontra.attachments.store import attachments_of
from reskontra.changes.lists.store import Paged, plain_row
from reskontra.contacts.store import name_of
from reskontra.currencies.rules import Operator, Rate
from reskontra.db import json_text
from reskontra.db.pool import Connection
from reskontra.documents.document import VatFigure
from reskontra.documents.rules.issuing import Shown
from reskontra.receivables.store.applications import applications_of
from reskontra.receivables.store.lists import (
    FOUND_ITEMS,
    ITEM_VALUES,
    ITEMS_OF_PAGE,
    KINDS_STAMP,
    KINDS_TOTAL,
    PARTIES,
    Names,
    item_columns,
    written,
)
from reskontra.receivables.store.open_items import APPLICATIONS

_CONTACT = json_text.object_of(
    "id", id=json_text.number("document.contact_id"), name=json_text.text(f"({name_of('document.contact_id')})")
)
_VALUES = {
    **ITEM_VALUES,
    **written(json_text.text, "external_reference", "payment_reference"),
    **written(json_text.number, "exchange_rate", "detail_total", "detail_total_base", "discount_total",
              "discount_total_base", "vat_taxable_total", "vat_taxable_total_base", "vat_exempt_total",
              "vat_exempt_total_base", "rounding_difference", "dont_print", "dont_email", "revoked",
              "exclude_debt_collection", "send_to_auto_invoice", "salesperson_id"),
    **written(json_text.midnight, "cash_discount_date"),
    "child": PARTIES.values["child"],
    "contact": f"case when document.contact_id is not null then {_CONTACT} end",
    "is_deductible": json_text.number("(document.deduction is not null)"),
    "hold": json_text.number("(document.status in ('Hold', 'Reserved', 'CreditHold'))"),
}  # fmt: skip


def _columns(names: Names, *, with_address: bool) -> str:
    address = "document.invoice_address, document.invoice_contact," if with_address else ""
    return f"""{item_columns(names, _VALUES)},
           document.terms_id, document.vat_zone_id, document.payment_method_id, document.salesperson_id,
           document.dunning_level, document.dunning_letter_date, {address} document.lines_json, document.vat_json,
           document.version,
           {attachments_of("document")} as attachments"""


@cache
def _find(names: Names) -> str:
    return f"""
    select company.reference_version, {_columns(names, with_address=True)}, {APPLICATIONS} as applications
      from document
      join company on company.company_id = document.company_id
      {PARTIES.joins}
     where document.company_id = $1 and document.document_type = any ($2::text[])
       and lower(document.number) collate "C" = lower($3 collate "C") """


async def find_document(
    connection: Connection, company_id: int, document_types: Sequence[str], number: str, names: Names
) -> Record | None:
    """A document of one of these types, which share no number, by its number in any case, as
    `rendering.document_answer` wants it."""
    row: Record | None = await connection.fetchrow(_find(names), company_id, document_types, number)
    return row


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedDocument:
    """A released document, and what it has shown since `taken_at`."""

    document_type: str
    number: str
    released_at: datetime
    taken_at: datetime
    shown: Shown


_KEPT_SINCE = 25
"""The migration since which documents keep what they show. Older ones show what they did on that day."""


async def find_issued(
    connection: Connection, company_id: int, document_type: str, number: str
) -> IssuedDocument | None:
    """What a released document shows, by its number in any case; None if it is a draft or there is none."""
    row = await connection.fetchrow(
        f"""
        select document.document_type, document.number, document.released_at,
               coalesce(issued.taken_at, (select applied_at from schema_version where version = {_KEPT_SINCE}))
                   as taken_at,
               json_build_object('seller', issued.seller, 'buyer', issued.buyer, 'terms_text', issued.terms_text,
                                 'vat_texts', issued.vat_texts, 'warnings', issued.warnings)::text as shown
          from document
          join issued_document as issued using (company_id, document_id)
         where document.company_id = $1 and document.document_type = $2
           and lower(document.number) collate "C" = lower($3 collate "C")
        """,
        company_id,
        document_type,
        number,
    )
    return None if row is None else IssuedDocument(**{**row, "shown": _shown.decode(row["shown"])})


_shown = msgspec.json.Decoder(Shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class VatInBase:
    """A document's VAT, the rates that it was converted with (VAT-13), its VAT dates, and what it corrects."""

    document_type: str
    number: str
    version: int
    currency_id: str
    base_currency: str
    exchange_rate: Decimal
    vat_exchange_rate: Decimal
    rate_operator: Operator
    vat_date: date
    vat: tuple[VatFigure, ...]
    lines: Sequence[tuple[int, date]]
    """The lines that have a VAT date of their own, by number."""

    corrects: Linked | None
    settles: Sequence[Linked]

    @property
    def rate(self) -> Rate:
        """Its exchange rate."""
        return Rate(self.exchange_rate, self.rate_operator)


class Linked(msgspec.Struct, frozen=True):
    """A document that another corrects or settles."""

    document_type: str
    number: str
    currency_id: str
    exchange_rate: Decimal
    rate_operator: Operator

    @property
    def rate(self) -> Rate:
        """Its exchange rate."""
        return Rate(self.exchange_rate, self.rate_operator)


_LINKED = """json_build_object('document_type', other.document_type, 'number', other.number,
                                  'currency_id', other.currency_id,
                                  'exchange_rate', other.exchange_rate, 'rate_operator', other.rate_operator)"""
_FIND_VAT = f"""
    select document_type, number, version, currency_id, company.base_currency, exchange_rate, rate_operator,
           coalesce(vat_exchange_rate, exchange_rate) as vat_exchange_rate,
           coalesce(vat_date, document_date) as vat_date,
           (select coalesce(json_agg(vat_row order by vat_row.vat_id, vat_row.rate), '[]') from document_vat as vat_row
             where vat_row.company_id = $1 and vat_row.document_id = document.document_id) as vat,
           (select coalesce(json_agg(json_build_array(line.line_number, line.vat_date) order by line.line_number), '[]')
              from document_line as line
             where line.company_id = $1 and line.document_id = document.document_id
               and line.vat_date is not null) as lines,
           (select {_LINKED} from document as other
             where other.company_id = $1 and other.document_id = document.corrects_document_id) as corrects,
           (select coalesce(json_agg({_LINKED}), '[]')
              from {applications_of("document.document_id")}
              join document as other on other.company_id = $1 and other.document_id = application.other_document_id
             where not application.is_undone) as settles
      from document
      join company on company.company_id = document.company_id
     where document.company_id = $1 and document_type = any ($2::text[])
       and lower(number) collate "C" = lower($3 collate "C")"""

_vat_figures = msgspec.json.Decoder(tuple[VatFigure, ...])
_dated_lines = msgspec.json.Decoder(list[tuple[int, date]])
_linked = msgspec.json.Decoder(Linked)
_all_linked = msgspec.json.Decoder(list[Linked])


async def find_vat(
    connection: Connection, company_id: int, document_types: Sequence[str], number: str
) -> VatInBase | None:
    """The VAT of a document of one of these types, which share no number, by its number in any case."""
    row = await connection.fetchrow(_FIND_VAT, company_id, document_types, number)
    if row is None:
        return None
    decoded = {
        "rate_operator": Operator(row["rate_operator"]),
        "vat": _vat_figures.decode(row["vat"]),
        "lines": _dated_lines.decode(row["lines"]),
        "corrects": _linked.decode(row["corrects"]) if row["corrects"] else None,
        "settles": _all_linked.decode(row["settles"]),
    }
    return VatInBase(**{**row, **decoded})


async def find_type(connection: Connection, company_id: int, document_types: Sequence[str], number: str) -> str | None:
    """The type of the document with that number, in any case; these types share no number."""
    found: str | None = await connection.fetchval(
        """
        select document_type from document
         where company_id = $1 and document_type = any ($2::text[])
           and lower(number) collate "C" = lower($3 collate "C")
        """,
        company_id,
        document_types,
        number,
    )
    return found


@cache
def documents(names: Names, *, with_applications: bool, with_address: bool, of_kinds: bool = False) -> Paged[Record]:
    """Documents of the kind $2, by number; with `of_kinds`, of the kinds in the array $2, whose numbers differ."""
    tally = "from tally where tally.company_id = $1 and tally.entity = $2"
    return Paged(
        entity="Document",
        found=FOUND_ITEMS if of_kinds else f"{FOUND_ITEMS} and document.document_type = $2",
        kind="document.document_type" if of_kinds else "",
        key=("document.number",),
        tables=ITEMS_OF_PAGE,
        columns=f"""{_columns(names, with_address=with_address)},
                    {APPLICATIONS if with_applications else "null"} as applications""",
        read=plain_row,
        sort_key=lambda row: (row["number"],),
        stamp=KINDS_STAMP if of_kinds else f"(select tally.last_change_id {tally})",
        kept_total=KINDS_TOTAL if of_kinds else f"(select tally.total {tally})",
        may_gather=True,
    )
