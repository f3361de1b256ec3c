"""SQL that makes and releases many dunning letters at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reskontra.changes.store import NEW_CHANGE_ID, numbered_change_rows, parameters, tally_each
from reskontra.clock import Context
from reskontra.customers.store.for_documents import ADDRESSED
from reskontra.customers.store.fragments import by_id
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.dunning.new_letter import LETTER_COLUMNS, NewLetter
from reskontra.letterheads.rules import Letterhead
from reskontra.letterheads.store import keep_letterheads
from reskontra.receivables.store.for_dunning import (
    OPEN_DOCUMENTS,
    id_of_document,
    open_credits,
    set_dunning_state,
    set_named_dunning_state,
)

ENTITY = "DunningLetter"


_LETTER = ", ".join(LETTER_COLUMNS)
_SENT_LETTER = ", ".join(f"numbered.{column}" for column in LETTER_COLUMNS)


def _insert(status: str, *, moves: str = "", after: str = "true", releases: str = "", waited: str = "") -> str:
    """The creating statement. If it also releases the letters, `moves` and `releases` are the additional parts, and
    `after` is a condition that holds once the documents are moved.

    What a line says about its document is copied from the document, which is locked: the parameters only say which
    document it is, and whether its level moves. `waited` is a source that is read before letters are numbered.
    """
    return f"""
    with listed as materialized (
        select line.position, line.step, unsettled.*, {NEW_CHANGE_ID} as change_id
          from unnest($6::integer[], $7::bigint[], $8::integer[]) as line (position, document_id, step)
          join ({OPEN_DOCUMENTS}) as unsettled using (document_id)
         order by document_id),
    sent as materialized (
        select letter.*, fee_numbers.number as fee_number, {NEW_CHANGE_ID} as created_change_id,
               {NEW_CHANGE_ID} as change_id
          from {waited}json_populate_recordset(null::dunning_letter, $5) with ordinality as letter
          join unnest($9::text[]) with ordinality as fee_numbers (number, ordinality) using (ordinality)
         order by ordinality),{moves}
    counted as (
        update tally
           set total = total + added.count, last_id = last_id + added.count, last_change_id = added.last_change_id
          from (select count(*) as count, max(change_id) as last_change_id from sent) as added
         where tally.company_id = $1 and tally.entity = '{ENTITY}' and {after}
        returning tally.last_id - added.count as last_id_before),
    numbered as materialized (
        select (counted.last_id_before + sent.ordinality)::integer as new_letter_id, sent.* from counted, sent),
    created as materialized (select new_letter_id, created_change_id as change_id from numbered),
    {numbered_change_rows(f"'{ENTITY}'", "created", "created.new_letter_id::text", "created")},
    inserted as (
        insert into dunning_letter (company_id, letter_id, status, warnings, created_at, created_by, released_at,
                                    fee_document_id, version, {_LETTER})
        select $1, numbered.new_letter_id, '{status}', numbered.warnings, $2, $3, {"$2" if releases else "null"},
               {id_of_document("'Invoice'", "numbered.fee_number")},
               numbered.{"change_id" if releases else "created_change_id"}, {_SENT_LETTER}
          from numbered
        returning letter_id),
    lined as (
        insert into dunning_letter_line (company_id, letter_id, document_id, level_before, level_after,
                                         previous_letter_date, due_date, balance, balance_base)
        select $1, counted.last_id_before + listed.position, listed.document_id, listed.dunning_level,
               listed.dunning_level + listed.step, listed.dunning_letter_date, listed.due_date,
               listed.balance, listed.balance_base
          from counted, listed){releases}
    select letter_id from inserted order by letter_id"""


_INSERT_DRAFTS = _insert("Draft")

# The tally of letters is what two chunks of a run meet at. It is asked for when the documents are moved, which is four
# fifths of the work, so that two chunks do that at the same time.
# So that changes have one order whatever plan is made, those of documents are numbered before those of letters.
_INSERT_RELEASED = _insert(
    "Released",
    waited="(select count(*) from listed) as waited cross join ",
    moves=f"""
    moved as materialized (
        select listed.document_id, listed.document_type, listed.number, listed.change_id,
               listed.dunning_level + 1 as dunning_level, $10::date as dunning_letter_date,
               listed.dunning_level as level_before, listed.dunning_letter_date as letter_date_before
          from listed
         where listed.step > 0),
    {set_named_dunning_state("moved")},""",
    after="(select count(*) from moved_documents) > 0",
    releases=f""",
    {numbered_change_rows(f"'{ENTITY}'", "released", "numbered.new_letter_id::text", "numbered", name="releases")}""",
)


async def insert_drafts(connection: Connection, context: Context, letters: Sequence[NewLetter]) -> list[int]:
    """Write new letters as drafts; returns their ids in the same order. The caller has locked their documents.

    The documents stay on their levels until the letters are released.
    """
    return await _inserted(connection, _INSERT_DRAFTS, context, letters, [None] * len(letters))


async def insert_released(
    connection: Connection, context: Context, letters: Sequence[NewLetter], fee_numbers: Sequence[str | None]
) -> list[int]:
    """Like `insert_drafts`, for letters of one date, and release them (FEE-01) with the numbers of their fee invoices.

    Only one of the letters may remind of a document, and only once; any may list it for information.
    """
    return await _inserted(connection, _INSERT_RELEASED, context, letters, fee_numbers, letters[0].letter_date)


async def _inserted(
    connection: Connection,
    statement: str,
    context: Context,
    letters: Sequence[NewLetter],
    fee_numbers: Sequence[str | None],
    *more: object,
) -> list[int]:
    lines = [(position, line) for position, letter in enumerate(letters, start=1) for line in letter.lines]
    rows = await connection.fetch(
        statement,
        *parameters(context),
        as_json([_columns(letter) for letter in letters]),
        [position for position, _ in lines],
        [line.document_id for _, line in lines],
        [line.level_after - line.level_before for _, line in lines],
        fee_numbers,
        *more,
    )
    return [row["letter_id"] for row in rows]


def _columns(letter: NewLetter) -> dict[str, Any]:
    return {column: getattr(letter, column) for column in (*LETTER_COLUMNS, "warnings")}


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

    Returns each letter's new version. A document may be on only one of the letters.
    """
    texts = [as_json(added) for added in warnings]
    rows = await connection.fetch(_RELEASE, *parameters(context), letter_ids, fee_numbers, texts)
    return {row["letter_id"]: row["version"] for row in rows}


CREDITS_OF_LETTER = open_credits(
    "letter.customer_id",
    "letter.branch_number",
    """select line.document_id from dunning_letter_line as line
        where line.company_id = $1 and line.letter_id = letter.letter_id""",
)
"""A scalar over `letter`: what its customer has in his favour besides what it lists."""

_KEEP_PAPER = f"""
    with {keep_letterheads("jsonb_array_elements($3::jsonb) as one (content)", "one.content")}
    update dunning_letter as letter
       set letterhead = letterhead_digest($3::jsonb -> sent.place), open_credits = {CREDITS_OF_LETTER}::jsonb,
           printed = ({ADDRESSED} and {by_id("letter.customer_id")})::jsonb
      from unnest($2::integer[], $4::integer[]) as sent (letter_id, place)
     where letter.company_id = $1 and letter.letter_id = sent.letter_id"""


async def keep_paper(
    connection: Connection, company_id: int, letter_ids: Sequence[int], letterheads: Sequence[Letterhead]
) -> None:
    """Keep where released letters go, under which letterhead, one for each letter, and what they say of credits
    (PAP-03)."""
    distinct = list({id(letterhead): letterhead for letterhead in letterheads}.values())
    places = {id(letterhead): place for place, letterhead in enumerate(distinct)}
    await connection.execute(
        _KEEP_PAPER, company_id, letter_ids, as_json(distinct), [places[id(letterhead)] for letterhead in letterheads]
    )
