"""Loads what a decision about a document depends on, in one read: the SQL and the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

import msgspec
from asyncpg import Record

from reskontra.changes.store import HELD_REFERENCE
from reskontra.clock import Context
from reskontra.contacts.rules import Contact
from reskontra.contacts.store import contact_json, read_contact
from reskontra.currencies.rules import Operator, Rate
from reskontra.currencies.store import rate_on
from reskontra.customers.customer import Debtor
from reskontra.customers.store.for_documents import (
    FOR_DOCUMENT,
    for_document,
    has_moved_on,
    keep_customer,
    location_id_of,
    read_debtor,
)
from reskontra.customers.store.fragments import by_id, by_number, id_of_number
from reskontra.db.pool import Connection
from reskontra.documents.document import Document, Line, VatFigure
from reskontra.items.rules.items import Item
from reskontra.items.store import items_json, read_items
from reskontra.kinds import DEBITS
from reskontra.prices.rules import Offer
from reskontra.prices.store import offers_json, read_offers
from reskontra.receivables.rules.items import Proposal
from reskontra.receivables.store.open_items import PROPOSALS
from reskontra.records import replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a request names that must be loaded for the decision; None is "not sent"."""

    customer_number: str | None = None
    currency_id: str | None = None
    child_number: str | None = None
    item_numbers: Sequence[str] = ()
    items_of_lines: bool = False
    """Also the items on the lines of the document."""

    document_date: date | None = None
    location_cd: str | None = None
    contact_id: int | None = None

    def parameters(self, context: Context) -> tuple[object, ...]:
        """The values of $1 to $9 of both loading statements."""
        return (
            context.company_id,
            self.customer_number,
            self.currency_id,
            self.child_number,
            self.item_numbers,
            self.document_date,
            context.now,
            self.location_cd,
            self.contact_id,
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one read returned for a decision; `document` is None if a new one will be made."""

    reference_version: int
    today: date
    debtor: Debtor | None
    child: Debtor | None
    contact: Contact | None
    items: dict[str, Item]
    offers: dict[int, list[Offer]]
    table_rate: Rate | None
    document: Document | None = None
    document_id: int = 0
    version: int = 0


_TODAY = "($7::timestamptz at time zone company.time_zone)::date"


class _Reads(Enum):
    """How much a decision needs. Tables that a statement does not name cost nothing, not even planning."""

    ALL = "all"
    USUAL = "usual"
    """Nothing was sent that names a child customer, a contact or another location, or changes whole documents."""

    DOCUMENT = "document"
    """Only the document, and who owes it."""


def _reads(wanted: Wanted) -> _Reads:
    has_more = wanted.child_number or wanted.contact_id is not None or wanted.location_cd or wanted.items_of_lines
    return _Reads.ALL if has_more else _Reads.USUAL


def _surroundings(currency: str, day: str, *, version: str, reads: _Reads, items: str = "$5::text[]") -> str:
    """Columns of everything a decision needs besides the document, over `company` and `party (facts)`."""
    plain = f"""{version} as reference_version, {_TODAY} as today, party.facts as debtor,
           num_nonnulls($2::text, $3::text, $4::text, $5::text[], $6::date, $8::text, $9::integer) as sent"""
    if reads == _Reads.DOCUMENT:
        return plain
    exact = {
        "from_currency": currency,
        "to_currency": "company.base_currency",
        "rate_type": "coalesce(party.facts ->> 'rate_type', company.preferences ->> 'default_rate_type', 'SPOT')",
        "on": day,
    }
    usual = f"""{plain},
           {items_json(items)} as items,
           {
        offers_json(
            items,
            customer_id="(party.facts ->> 'customer_id')::integer",
            price_class_id="party.facts ->> 'price_class_id'",
            currency_id=currency,
            on=day,
        )
    } as offers,
           {rate_on("rate", **exact)} as rate,
           {rate_on("operator", **exact)} as rate_operator"""
    if reads == _Reads.USUAL:
        return usual
    return f"""{usual},
           ({FOR_DOCUMENT} and {by_number("$4::text")}) as child,
           {contact_json("$9::integer")} as contact"""


# An unknown code leads to the location that would be used without it; the rules see the difference.
_NEW_PLACE = f"coalesce({location_id_of('$8::text')}, customer.default_location_id)"
_STANDING_PLACE = f"""coalesce({location_id_of("$8::text")},
                      case when customer.customer_id = doc.customer_id then doc.location_id end,
                      customer.default_location_id)"""


def _find_basis(reads: _Reads) -> str:
    place = _NEW_PLACE if reads == _Reads.ALL else None
    return f"""
    with party as materialized (select ({for_document(place)} and {by_number("$2::text")}) as facts)
    select {_surroundings(_CURRENCY_OF_NEW, _DAY_OF_NEW, version="company.reference_version", reads=reads)}
      from party
      join company on company.company_id = $1"""


# The reference data is held first. The customer's row is kept from changing until the document is written, so that none
# is made for a customer that becomes inactive at the same moment (CST-01).
def _lock_basis(reads: _Reads) -> str:
    place = _NEW_PLACE if reads == _Reads.ALL else None
    return f"""
    with held as materialized (select {HELD_REFERENCE} as version),
    party as materialized (
        select ({for_document(place)} and {by_number("$2::text")} for key share of customer) as facts
          from held)
    select {_surroundings(_CURRENCY_OF_NEW, _DAY_OF_NEW, version="held.version", reads=reads)},
           held.version <> company.reference_version or {has_moved_on("party.facts")} as is_outdated
      from held
      cross join party
      join company on company.company_id = $1"""


_CURRENCY_OF_NEW = "coalesce($3::text, party.facts ->> 'currency_id')"
_DAY_OF_NEW = f"coalesce($6::date, {_TODAY})"
_FIND_BASIS = {reads: _find_basis(reads) for reads in (_Reads.ALL, _Reads.USUAL)}
_LOCK_BASIS = {reads: _lock_basis(reads) for reads in (_Reads.ALL, _Reads.USUAL)}


async def find_basis(connection: Connection, context: Context, wanted: Wanted) -> Loaded:
    """What a new document depends on.

    In a transaction it stays unchanged until that ends, and is read once more if it changed during the wait for a lock;
    otherwise the writing statement proves that it still holds (decision 0017).
    """
    reads, values = _reads(wanted), wanted.parameters(context)
    if connection.is_in_transaction():
        row = await connection.fetchrow(_LOCK_BASIS[reads], *values)
        if row is not None and row["is_outdated"]:
            row = await connection.fetchrow(_LOCK_BASIS[reads], *values)
    else:
        row = await connection.fetchrow(_FIND_BASIS[reads], *values)
    if row is None:
        raise LookupError(f"there is no company {context.company_id}")
    return _loaded(row)


# The currency that the document will have: another customer may not allow the stored one (`changed_header`).
_CURRENCY_AFTER = """coalesce($3::text, case
               when (party.facts ->> 'customer_id')::integer = doc.customer_id
                 or (party.facts ->> 'currency_override')::boolean then doc.currency_id
               else party.facts ->> 'currency_id' end)"""
_DAY_AFTER = "coalesce($6::date, doc.document_date)"

DOCUMENT_ROWS = """row_to_json(doc.*) as document,
           (select json_agg(line order by line.line_number) from document_line as line
             where line.company_id = $1 and line.document_id = doc.document_id) as lines,
           (select json_agg(vat_row order by vat_row.vat_id, vat_row.rate) from document_vat as vat_row
             where vat_row.company_id = $1 and vat_row.document_id = doc.document_id) as vat"""
"""Columns over `doc`, rows of the table document, for `read_document`."""

_ITEMS_OF_LINES = """$5::text[] || array(
                       select line.item_number from document_line as line
                        where line.company_id = $1 and line.document_id = doc.document_id
                          and line.item_number is not null)"""

BY_NUMBER = """company_id = $1 and document_type = {document_type}
               and lower(number) collate "C" = lower({number} collate "C")"""
"""A condition over the table document, to be formatted with SQL expressions of a type and a number in any case."""

_BY_NUMBER = BY_NUMBER.format(document_type="$10", number="$11")
_CUSTOMER_AFTER = f"case when $2::text is null then doc.customer_id else {id_of_number('$2::text')} end"


def _party_after(reads: _Reads) -> str:
    place = _STANDING_PLACE if reads != _Reads.DOCUMENT else "doc.location_id"
    return f"({for_document(place)} and {by_id(_CUSTOMER_AFTER)}) as facts"


def _surroundings_after(version: str, reads: _Reads) -> str:
    items = _ITEMS_OF_LINES if reads == _Reads.ALL else "$5::text[]"
    return _surroundings(_CURRENCY_AFTER, _DAY_AFTER, version=version, reads=reads, items=items)


def _find_document(reads: _Reads) -> str:
    return f"""
    with doc as (select * from document where {_BY_NUMBER}),
    party as materialized (select {_party_after(reads)} from doc)
    select {_surroundings_after("company.reference_version", reads)},
           {DOCUMENT_ROWS}, doc.document_id, doc.version, {PROPOSALS} as proposals
      from doc
      cross join party
      join company on company.company_id = $1"""


# A customer that the document moves to is kept from changing, as for a new document.
def _lock_document(reads: _Reads) -> str:
    return f"""
    with held as materialized (select {HELD_REFERENCE} as version),
    doc as (
        select document.* from held, document
         where {_BY_NUMBER}
           for update of document),
    kept as materialized ({keep_customer("$2::text", "doc")}),
    party as materialized (
        select {_party_after(reads)}, kept.version as kept_version
          from doc left join kept on true)
    select {_surroundings_after("held.version", reads)},
           {DOCUMENT_ROWS}, doc.document_id, doc.version, {PROPOSALS} as proposals,
           held.version <> company.reference_version
           or party.kept_version <> (party.facts ->> 'version')::bigint
           or doc.version <> (select seen.version from document as seen
                               where seen.company_id = $1 and seen.document_id = doc.document_id) as is_outdated
      from held
      cross join doc
      cross join party
      join company on company.company_id = $1"""


_FIND_DOCUMENT = {reads: _find_document(reads) for reads in _Reads}
_LOCK_DOCUMENT = {reads: _lock_document(reads) for reads in _Reads}


async def load_document(
    connection: Connection, context: Context, document_type: str, number: str, wanted: Wanted | None
) -> Loaded | None:
    """A document by its number in any case, with what a decision about it needs.

    Without `wanted` it is the document and who owes it: enough to release or delete it, not to change it.

    In a transaction it is locked until that ends; otherwise the writing statement proves that it still holds (decision
    0017). After a wait for a lock, the row is as the last holder committed it, but everything else, such as the lines,
    is from before the wait. Then everything is read once more, now under the locks.
    """
    reads = _Reads.DOCUMENT if wanted is None else _reads(wanted)
    values = (*(wanted or Wanted()).parameters(context), document_type, number)
    if connection.is_in_transaction():
        row = await connection.fetchrow(_LOCK_DOCUMENT[reads], *values)
        if row is not None and row["is_outdated"]:
            row = await connection.fetchrow(_LOCK_DOCUMENT[reads], *values)
    else:
        row = await connection.fetchrow(_FIND_DOCUMENT[reads], *values)
    return _loaded(row) if row is not None else None


_documents = msgspec.json.Decoder(Document)
_lines = msgspec.json.Decoder(tuple[Line, ...])
_vat = msgspec.json.Decoder(tuple[VatFigure, ...])
_proposals = msgspec.json.Decoder(tuple[Proposal, ...])


def read_document(row: Record) -> Document:
    """The columns of `DOCUMENT_ROWS` as one record."""
    lines = _lines.decode(row["lines"]) if row["lines"] else ()
    vat = _vat.decode(row["vat"]) if row["vat"] else ()
    return replace(_documents.decode(row["document"]), lines=lines, vat=vat)


def _loaded(row: Record) -> Loaded:
    document = None
    if row.get("document"):
        proposals = _proposals.decode(row["proposals"]) if row["proposals"] else ()
        document = replace(read_document(row), proposals=proposals)
    rate, child, items, offers = row.get("rate"), row.get("child"), row.get("items"), row.get("offers")
    return Loaded(
        reference_version=row["reference_version"],
        today=row["today"],
        debtor=read_debtor(row["debtor"]) if row["debtor"] else None,
        child=read_debtor(child) if child else None,
        contact=read_contact(row.get("contact")),
        items=read_items(items) if items else {},
        offers=read_offers(offers) if offers else {},
        table_rate=Rate(rate, Operator(row["rate_operator"])) if rate is not None else None,
        document=document,
        document_id=row["document_id"] if document else 0,
        version=row["version"] if document else 0,
    )


async def find_earliest_due_date(connection: Connection, company_id: int, customer_id: int) -> date | None:
    """The earliest due date of the customer's open invoices, debit notes and charges (CRD-03)."""
    found: date | None = await connection.fetchval(
        """
        select min(due_date) from document
         where company_id = $1 and customer_id = $2 and released_at is not null and balance > 0
           and document_type = any ($3::text[])
        """,
        company_id,
        customer_id,
        sorted(DEBITS),
    )
    return found
