"""SQL of what a printed document says beside the document itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import msgspec

from reskontra.contacts.store import name_of
from reskontra.db.pool import Connection
from reskontra.documents.rules.issuing import Shown
from reskontra.letterheads.store import KeptLetterhead, letterhead_json, read_letterhead
from reskontra.receivables.store.for_documents import credited_by


class Link(msgspec.Struct, frozen=True):
    """A document that another one is about."""

    document_type: str
    number: str
    document_date: date


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """An instalment of a document, an invoice of its own."""

    number: str
    due_date: date | None
    amount: Decimal
    payment_reference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a document's print needs besides its own rows. `shown` and `letterhead` are kept since the release."""

    shown: Shown | None
    letterhead: KeptLetterhead | None
    corrects: Link | None
    credits: Sequence[Link]
    parts: Sequence[Part]
    master: Link | None
    your_reference: str | None


def _link(of: str) -> str:
    return f"""json_build_object('document_type', {of}.document_type, 'number', {of}.number,
                                 'document_date', {of}.document_date)"""


_FIND = f"""
    select (select json_build_object('seller', issued.seller, 'buyer', issued.buyer, 'terms_text', issued.terms_text,
                                     'vat_texts', issued.vat_texts, 'warnings', issued.warnings,
                                     'printed', issued.printed)::text
              from issued_document as issued
             where issued.company_id = $1 and issued.document_id = doc.document_id) as shown,
           (select {letterhead_json("issued.letterhead")}
              from issued_document as issued
             where issued.company_id = $1 and issued.document_id = doc.document_id) as letterhead,
           (select {_link("other")}::text from document as other
             where other.company_id = $1 and other.document_id = doc.corrects_document_id) as corrects,
           (select coalesce(json_agg({_link("other")} order by other.document_date, other.number), '[]')::text
              from document as other
             where other.company_id = $1 and other.document_id in ({credited_by("doc")})) as credits,
           (select coalesce(json_agg(part order by part.instalment_number), '[]')::text from document as part
             where part.company_id = $1 and part.master_document_id = doc.document_id) as parts,
           (select {_link("master")}::text from document as master
             where master.company_id = $1 and master.document_id = doc.master_document_id) as master,
           {name_of("doc.contact_id")} as your_reference
      from document as doc
     where doc.company_id = $1 and doc.document_id = $2"""

_shown = msgspec.json.Decoder(Shown)
_one_link = msgspec.json.Decoder(Link)
_links = msgspec.json.Decoder(list[Link])
_parts = msgspec.json.Decoder(list[Part])


async def find_beside(connection: Connection, company_id: int, document_id: int) -> Beside:
    """What the print of a document needs besides the document."""
    row = await connection.fetchrow(_FIND, company_id, document_id)
    if row is None:
        raise LookupError(f"there is no document {document_id}")
    return Beside(
        shown=_shown.decode(row["shown"]) if row["shown"] else None,
        letterhead=read_letterhead(row["letterhead"]),
        corrects=_one_link.decode(row["corrects"]) if row["corrects"] else None,
        credits=_links.decode(row["credits"]),
        parts=_parts.decode(row["parts"]),
        master=_one_link.decode(row["master"]) if row["master"] else None,
        your_reference=row["your_reference"],
    )
