"""SQL of the invoices that a document is divided into: releasing them with it, and finding them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import msgspec

from reskontra.changes.store import NEW_CHANGE_ID, STAMP, numbered_change_rows, parameters, tally_each
from reskontra.clock import Context
from reskontra.customers.store.fragments import adjust_balance
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.documents.document import Document
from reskontra.documents.rules.issuing import Shown
from reskontra.documents.store.loading import BY_NUMBER, DOCUMENT_ROWS, read_document
from reskontra.documents.store.writing import keep_shown
from reskontra.kinds import INVOICE
from reskontra.receivables.store.applications import settlement, split

_PARTS = f"""part as materialized (
        select part.document_id, part.number, part.customer_id, part.status, part.amount, part.amount_base,
               part.document_date, part.period_id, master.document_id as master_id, master.batch_number,
               {NEW_CHANGE_ID} as change_id
          from document as part
          join document as master on master.company_id = $1 and master.document_id = part.master_document_id
         where part.company_id = $1 and part.master_document_id = $6
         order by part.instalment_number)"""

_DETAIL = """jsonb_build_object('status', jsonb_build_array(part.status, 'Open'),
                                'batch_number', jsonb_build_array(null, part.batch_number))"""

_RELEASE = f"""
    with {_PARTS},
    {numbered_change_rows("$5", "released", "part.number", "part", detail=_DETAIL)},
    released as (
        update document
           set status = 'Open', released_at = {STAMP}, released_by = $3, modified_at = {
    STAMP
}, version = part.change_id,
               batch_number = part.batch_number, figures_hash = document_figures($1, part.document_id)
          from part
         where document.company_id = $1 and document.document_id = part.document_id),
    {keep_shown("part", "part.document_id", "$7")},
    {
    settlement(
        "'split'",
        "(select distinct document_date, period_id, batch_number from part) as divided",
        settled_on="divided.document_date",
        period_id="divided.period_id",
        batch_number="divided.batch_number",
    )
},
    {split("part")},
    {tally_each("changed")},
    owing as (select customer_id, sum(amount_base) as owed from part group by customer_id),
    {adjust_balance("owing", balance="owing.owed")}
    select count(*) from part"""


async def release_parts(connection: Connection, context: Context, master_id: int, shown: Shown) -> None:
    """Release the parts of a document that was just released, and settle it by them. All show `shown`.

    The caller has locked all that this moves.
    """
    await connection.fetchrow(_RELEASE, *parameters(context), INVOICE.document_type, master_id, as_json(shown))


class WrittenPart(msgspec.Struct, frozen=True, kw_only=True):
    """The invoice of a part as it stands."""

    instalment_number: int
    number: str
    status: str
    due_date: date
    amount: Decimal
    amount_base: Decimal
    balance: Decimal
    balance_base: Decimal


class Master(msgspec.Struct, frozen=True):
    """The document that another is a part of."""

    document_type: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundParts:
    """A document with the invoices of its parts, and with what it is a part of."""

    document: Document
    version: int
    reference_version: int
    parts: Sequence[WrittenPart]
    master: Master | None


_FIND = f"""
    select doc.version, company.reference_version, {DOCUMENT_ROWS},
           (select json_agg(part order by part.instalment_number) from document as part
             where part.company_id = $1 and part.master_document_id = doc.document_id) as parts,
           (select row_to_json(master) from document as master
             where master.company_id = $1 and master.document_id = doc.master_document_id) as master
      from (select * from document where {BY_NUMBER.format(document_type="$2", number="$3")}) as doc
      join company on company.company_id = doc.company_id"""

_parts = msgspec.json.Decoder(list[WrittenPart])
_master = msgspec.json.Decoder(Master)


async def find_parts(connection: Connection, company_id: int, document_type: str, number: str) -> FoundParts | None:
    """A document by its number in any case, with its parts in order."""
    row = await connection.fetchrow(_FIND, company_id, document_type, number)
    if row is None:
        return None
    return FoundParts(
        document=read_document(row),
        version=row["version"],
        reference_version=row["reference_version"],
        parts=_parts.decode(row["parts"]) if row["parts"] else (),
        master=_master.decode(row["master"]) if row["master"] else None,
    )
