"""SQL of dunning letters and their lines: one statement, one function. Decides nothing.

Documents and customers are read and moved by fragments that their own rooms hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from reskontra.changes.store import (
    NEW_CHANGE_ID,
    change_row,
    coming_id,
    count_new,
    numbered_change_rows,
    parameters,
    tally_each,
)
from reskontra.clock import Context
from reskontra.currencies.rules import Operator, Rate
from reskontra.currencies.store import rate_on
from reskontra.customers.customer import Debtor
from reskontra.customers.debtor import FOR_DOCUMENT, read_debtor
from reskontra.customers.store import by_number
from reskontra.db.pool import Connection
from reskontra.documents.reminding import OPEN_DOCUMENTS, id_of_document, set_dunning_state
from reskontra.dunning.letter import LETTER_COLUMNS, LINE_COLUMNS, Candidate, Letter

ENTITY = "DunningLetter"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one read brought for a decision; `debtor` is None when there is no such customer."""

    reference_version: int
    today: date
    debtor: Debtor | None
    rate: Rate | None
    """The table's rate of the letters' currency on the letter date; None for the base currency."""

    candidates: list[Candidate]


_LETTER_RATE = {
    "from_currency": """case when (party.facts ->> 'currency_override')::boolean then company.base_currency
                             else party.facts ->> 'currency_id' end""",
    "to_currency": "company.base_currency",
    "rate_type": "coalesce(party.facts ->> 'rate_type', company.preferences ->> 'default_rate_type', 'SPOT')",
    "on": "coalesce($5::date, local.today)",
}

_LOAD_BASIS = f"""
    select company.reference_version, local.today, party.facts as debtor,
           {rate_on("rate", **_LETTER_RATE)} as rate,
           {rate_on("operator", **_LETTER_RATE)} as rate_operator,
           (select coalesce(json_agg(candidate.* order by candidate.document_type, candidate.number), '[]')
              from (select unsettled.*,
                           exists (select from dunning_letter_line as line
                                     join dunning_letter as letter using (company_id, letter_id)
                                    where line.company_id = $1 and line.document_id = unsettled.document_id
                                      and line.level_after > line.level_before and letter.status = 'Draft') as in_draft
                      from ({OPEN_DOCUMENTS} and document.document_id = any ($4::bigint[])) as unsettled)
                   as candidate) as candidates
      from company
     cross join lateral (select ($3::timestamptz at time zone company.time_zone)::date as today) as local
      left join lateral ({FOR_DOCUMENT} and {by_number("$2::text")}) as party (facts) on true
     where company.company_id = $1"""

_candidates = msgspec.json.Decoder(list[Candidate])


async def find_basis(
    connection: Connection,
    context: Context,
    customer_number: str,
    document_ids: Sequence[int],
    letter_date: date | None,
) -> Loaded:
    """What letters to a customer stand on: the customer, and those of its documents that the caller has locked."""
    row = await connection.fetchrow(
        _LOAD_BASIS, context.company_id, customer_number, context.now, document_ids, letter_date
    )
    if row is None:
        raise LookupError(f"there is no company {context.company_id}")
    return Loaded(
        reference_version=row["reference_version"],
        today=row["today"],
        debtor=read_debtor(row["debtor"]) if row["debtor"] else None,
        rate=Rate(row["rate"], Operator(row["rate_operator"])) if row["rate"] is not None else None,
        candidates=_candidates.decode(row["candidates"]),
    )


_LETTER = ", ".join(LETTER_COLUMNS)
_SENT_LETTER = ", ".join(f"head.{column}" for column in LETTER_COLUMNS)
_LINE = ", ".join(LINE_COLUMNS)
_SENT_LINE = ", ".join(f"line.{column}" for column in LINE_COLUMNS)

_INSERT = f"""
    with {coming_id(ENTITY)},
    {change_row(f"'{ENTITY}'", "created", "coming.id::text", "coming")},
    {count_new(ENTITY)},
    inserted as (
        insert into dunning_letter (company_id, letter_id, status, warnings, created_at, created_by, version, {_LETTER})
        select $1, counted.id, 'Draft', $6::jsonb, $2, $3, changed.change_id, {_SENT_LETTER}
          from counted, changed, json_populate_record(null::dunning_letter, $5) as head
        returning letter_id),
    lined as (
        insert into dunning_letter_line (company_id, letter_id, {_LINE})
        select $1, inserted.letter_id, {_SENT_LINE}
          from inserted, json_populate_recordset(null::dunning_letter_line, $7) as line)
    select letter_id from inserted"""


async def insert_letter(connection: Connection, context: Context, letter: Letter) -> int:
    """Write a new letter as a draft; returns its id. Its documents stay on their levels until it is released."""
    letter_id: int = await connection.fetchval(
        _INSERT,
        *parameters(context),
        _json({column: getattr(letter, column) for column in LETTER_COLUMNS}),
        _json(letter.warnings),
        _json(letter.lines),
    )
    return letter_id


_RELEASE = f"""
    with sent as materialized (
        select sent.*, {NEW_CHANGE_ID} as change_id
          from unnest($5::integer[], $6::text[], $7::text[]) as sent (letter_id, fee_number, warnings)
         order by letter_id),
    {numbered_change_rows(f"'{ENTITY}'", "released", "sent.letter_id::text", "sent")},
    {tally_each("changed", name="tallied")},
    released as (
        update dunning_letter
           set status = 'Released', released_at = $2, version = sent.change_id,
               warnings = dunning_letter.warnings || sent.warnings::jsonb,
               fee_document_id = {id_of_document("'Invoice'", "sent.fee_number")}
          from sent
         where company_id = $1 and dunning_letter.letter_id = sent.letter_id
        returning dunning_letter.letter_id, letter_date, version),
    moved as (
        select line.document_id, line.level_after as dunning_level, released.letter_date as dunning_letter_date
          from released
          join dunning_letter_line as line on line.company_id = $1 and line.letter_id = released.letter_id
         where line.level_after > line.level_before),
    {set_dunning_state("moved")}
    select letter_id, version from released"""


async def release_letters(
    connection: Connection,
    context: Context,
    letter_ids: Sequence[int],
    *,
    fee_numbers: Sequence[str | None],
    warnings: Sequence[Sequence[str]],
) -> dict[int, int]:
    """Release drafts: their documents take their new level and the letter's date (FEE-01); `warnings` are added.

    Returns each letter's new version. A document may stand on one of the letters only.
    """
    texts = [_json(added) for added in warnings]
    rows = await connection.fetch(_RELEASE, *parameters(context), letter_ids, fee_numbers, texts)
    return {row["letter_id"]: row["version"] for row in rows}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
