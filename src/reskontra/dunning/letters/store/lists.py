"""SQL that reads dunning letters: one by its number (`letter_id`), and pages of lists with their totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import msgspec
from asyncpg import Record

from reskontra.changes.lists.store import Paged, json_record
from reskontra.changes.store import REFERENCE_VERSION, moment_of
from reskontra.customers.customer import Addressed, Debtor
from reskontra.customers.store.for_documents import FOR_DOCUMENT, read_debtor
from reskontra.customers.store.fragments import by_id, name_of_id, number_of_id
from reskontra.db.pool import Connection
from reskontra.dunning.letters.letter import Letter
from reskontra.dunning.store.making import CREDITS_OF_LETTER, ENTITY
from reskontra.letterheads.store import KeptLetterhead, letterhead_json, read_letterhead
from reskontra.receivables.store.for_dunning import is_numbered, mention

_COLUMNS = f"""letter.letter_id, letter.customer_id, letter.level, letter.status, letter.letter_date,
           letter.payment_deadline, letter.currency_id, letter.fee, letter.fee_entered, letter.fee_document_id,
           letter.final_reminder, letter.warnings, letter.created_at, letter.created_by, letter.released_at,
           letter.voided_at, letter.void_date, letter.version, letter.branch_number,
           {moment_of("letter.version")} as modified_at,
           {number_of_id("letter.customer_id")} as customer_number, {name_of_id("letter.customer_id")} as customer_name,
           {mention("letter.fee_document_id")} as fee_invoice,
           {mention("letter.fee_credit_document_id")} as fee_credit_note"""

_LINES = f"""(
           select coalesce(json_agg(listed.* order by listed.level_after = listed.level_before,
                                    listed.document ->> 'customer_number', listed.document ->> 'document_type',
                                    listed.document ->> 'number'), '[]')
             from (select line.document_id, line.level_before, line.level_after, line.previous_letter_date,
                          line.due_date, line.balance, line.balance_base,
                          {mention("line.document_id")} as document
                     from dunning_letter_line as line
                    where line.company_id = $1 and line.letter_id = letter.letter_id) as listed)"""

_letters = msgspec.json.Decoder(Letter)
_addressed = msgspec.json.Decoder(Addressed)


@dataclass(frozen=True, slots=True)
class Paper:
    """Where a letter goes, and under which letterhead."""

    addressed: Addressed
    kept: KeptLetterhead


@dataclass(frozen=True, slots=True)
class Found:
    """A letter with what an answer or a printed page needs besides; `debtor` is its customer as it is now, and `paper`
    what the letter has shown since its release."""

    letter: Letter
    reference_version: int
    debtor: Debtor
    paper: Paper | None


_FIND = f"""
    select row_to_json(whole.*)::text as letter,
           {REFERENCE_VERSION} as reference_version,
           ({FOR_DOCUMENT} and {by_id("whole.customer_id")}) as debtor,
           whole.printed::text as printed, {letterhead_json("whole.letterhead")} as letterhead
      from (select {_COLUMNS}, {_LINES} as lines, letter.printed, letter.letterhead,
                   case when letter.released_at is null then {CREDITS_OF_LETTER}
                        else coalesce(letter.open_credits, '[]')::json end as open_credits
              from dunning_letter as letter
             where letter.company_id = $1 and letter.letter_id = any ($2::integer[])) as whole
     order by whole.letter_id"""


async def find_letter(connection: Connection, company_id: int, letter_id: int) -> Found | None:
    """A letter with its lines, and its customer; None when there is none of that number."""
    found = await find_letters(connection, company_id, [letter_id])
    return found[0] if found else None


async def find_letters(connection: Connection, company_id: int, letter_ids: Sequence[int]) -> list[Found]:
    """Those of these letters that there are, by number, with their lines and customers."""
    return [_found(row) for row in await connection.fetch(_FIND, company_id, letter_ids)]


def _found(row: Record) -> Found:
    kept = read_letterhead(row["letterhead"])
    paper = Paper(_addressed.decode(row["printed"]), kept) if kept and row["printed"] else None
    return Found(read_letter(row), row["reference_version"], read_debtor(row["debtor"]), paper)


def read_letter(row: Record) -> Letter:
    """The column `letter` of a row as a record."""
    return _letters.decode(row["letter"])


LISTS_DOCUMENT = f"""exists (select from dunning_letter_line as line
                         where line.company_id = $1 and line.letter_id = letter.letter_id
                           and {is_numbered("line.document_id", "{}")})"""
"""The condition that a letter lists a document of this number."""
MODIFIED_AT = moment_of("letter.version")


@cache
def letters(*, with_lines: bool) -> Paged[Letter]:
    """Letters by number; their lines are empty unless they are asked for."""
    return Paged(
        entity=ENTITY,
        found="select letter.letter_id from dunning_letter as letter where letter.company_id = $1",
        key=("letter.letter_id",),
        tables=f"""(select {_COLUMNS}, {_LINES if with_lines else "'[]'::json"} as lines
                  from page
                  join dunning_letter as letter
                    on letter.company_id = $1 and letter.letter_id = page.letter_id) as letter""",
        columns="row_to_json(letter.*)::text as record",
        read=json_record(Letter),
        sort_key=lambda letter: (letter.letter_id,),
    )


async def list_later(connection: Connection, company_id: int, letter: Letter) -> Sequence[tuple[int, str, str]]:
    """Letters after this one that bear on a document that it reminds of: number, status, the document's number.

    A released one counts that lists it in any way, a draft that reminds of it (VLT-03).
    """
    rows = await connection.fetch(
        f"""
        select other.letter_id, other.status,
               min({mention("shared.document_id")} ->> 'number') as number
          from dunning_letter_line as own
          join dunning_letter_line as shared
            on shared.company_id = $1 and shared.document_id = own.document_id and shared.letter_id <> own.letter_id
          join dunning_letter as other on other.company_id = $1 and other.letter_id = shared.letter_id
         where own.company_id = $1 and own.letter_id = $2 and own.level_after > own.level_before
           and (other.status = 'Draft' and shared.level_after > shared.level_before
             or other.status = 'Released' and (other.released_at, other.letter_id) > ($3, $2))
         group by other.letter_id, other.status
         order by other.letter_id""",
        company_id,
        letter.letter_id,
        letter.released_at,
    )
    return [(row["letter_id"], row["status"], row["number"]) for row in rows]
