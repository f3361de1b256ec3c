"""SQL that saves, deletes and voids a dunning letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from reskontra.changes.store import change_row, parameters, tally
from reskontra.clock import Context
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.rows import fetch_one
from reskontra.dunning.letters.letter import Letter
from reskontra.dunning.store.making import ENTITY
from reskontra.receivables.store.for_dunning import OPEN_DOCUMENTS, id_of_document, set_dunning_state
from reskontra.records import differences

_HEADER = (
    "customer_number",
    "customer_name",
    "level",
    "status",
    "letter_date",
    "payment_deadline",
    "currency_id",
    "fee",
)
"""What the change row of a deletion tells besides the documents."""

_LETTER_ROW = "(values ($5::integer)) as letter (letter_id)"


async def lock_letter(connection: Connection, company_id: int, letter_id: int) -> bool:
    """Lock a letter until the transaction ends; False when there is none of that number.

    Separate statement, so that the next read sees what the previous lock holder committed.
    """
    found = await connection.fetchval(
        "select true from dunning_letter where company_id = $1 and letter_id = $2 for update", company_id, letter_id
    )
    return bool(found)


_SAVE = f"""
    with {change_row(f"'{ENTITY}'", "updated", "letter.letter_id::text", _LETTER_ROW, detail="$13::jsonb")},
    {tally(f"'{ENTITY}'", 0)},
    removed as (
        delete from dunning_letter_line
         where company_id = $1 and letter_id = $5 and document_id = any ($12::bigint[]))
    update dunning_letter
       set level = $6, payment_deadline = $7, fee = $8, fee_entered = $9, final_reminder = $10, warnings = $11::jsonb,
           version = changed.change_id
      from changed
     where company_id = $1 and letter_id = $5
    returning version"""


async def save_letter(connection: Connection, context: Context, before: Letter, after: Letter) -> int:
    """Write a changed draft; returns its new version. Lines can only have become fewer."""
    kept = {line.document_id for line in after.lines}
    gone = [line for line in before.lines if line.document_id not in kept]
    detail = differences(before, after, only=("level", "payment_deadline", "fee", "fee_entered", "final_reminder"))
    row = await fetch_one(
        connection,
        _SAVE,
        *parameters(context),
        after.letter_id,
        after.level,
        after.payment_deadline,
        after.fee,
        after.fee_entered,
        after.final_reminder,
        as_json(after.warnings),
        [line.document_id for line in gone],
        as_json(detail | ({"documents": (_numbers(before), _numbers(after))} if gone else {})),
    )
    version: int = row["version"]
    return version


_DELETE = f"""
    with {change_row(f"'{ENTITY}'", "deleted", "letter.letter_id::text", _LETTER_ROW, detail="$6::jsonb")},
    {tally(f"'{ENTITY}'", -1)},
    unlined as (delete from dunning_letter_line where company_id = $1 and letter_id = $5)
    delete from dunning_letter where company_id = $1 and letter_id = $5"""


async def delete_letter(connection: Connection, context: Context, letter: Letter) -> None:
    """Delete a draft with its lines; its number is not given out again."""
    detail = differences(letter, None, only=_HEADER) | {"documents": _numbers(letter)}
    await connection.execute(_DELETE, *parameters(context), letter.letter_id, as_json(detail))


def _numbers(letter: Letter) -> list[str]:
    return [line.document.number for line in letter.lines]


async def refresh_lines(connection: Connection, context: Context, letter_id: int) -> None:
    """Let the lines of a draft say what is open of their documents now; what is settled and was only listed, goes.

    The caller has locked the documents that the letter reminds of, and knows that they are open.
    """
    await connection.execute(
        f"""
        with present as materialized (
            select unsettled.document_id, unsettled.due_date, unsettled.balance, unsettled.balance_base
              from dunning_letter_line as line
              join ({OPEN_DOCUMENTS}) as unsettled using (document_id)
             where line.company_id = $1 and line.letter_id = $2),
        settled as (
            delete from dunning_letter_line as line
             where line.company_id = $1 and line.letter_id = $2
               and not exists (select from present where present.document_id = line.document_id))
        update dunning_letter_line as line
           set due_date = present.due_date, balance = present.balance, balance_base = present.balance_base
          from present
         where line.company_id = $1 and line.letter_id = $2 and present.document_id = line.document_id
        """,
        context.company_id,
        letter_id,
    )


_VOID = f"""
    with {change_row(f"'{ENTITY}'", "voided", "letter.letter_id::text", _LETTER_ROW, detail="$9::jsonb")},
    {tally(f"'{ENTITY}'", 0)},
    voided as (
        update dunning_letter
           set status = 'Voided', voided_at = $2, void_date = $6, version = changed.change_id,
               fee_document_id = case when not $7::boolean then fee_document_id end,
               fee_credit_document_id = {id_of_document("'CreditNote'", "$8::text")}
          from changed
         where company_id = $1 and letter_id = $5
        returning letter_id, version),
    moved as (
        select line.document_id, line.level_before as dunning_level, line.previous_letter_date as dunning_letter_date
          from voided
          join dunning_letter_line as line on line.company_id = $1 and line.letter_id = voided.letter_id
         where line.level_after > line.level_before),
    {set_dunning_state("moved")}
    select version from voided"""


async def void_letter(
    connection: Connection,
    context: Context,
    letter_id: int,
    *,
    void_date: date,
    deleted_fee: str | None = None,
    credit_note: str | None = None,
) -> int:
    """Void a released letter: its documents go back to where they were before it (VLT-01). Returns its new version.

    `deleted_fee` is the number of the fee invoice where that was deleted, `credit_note` of the one that took it back.
    """
    told = {
        "status": ("Released", "Voided"),
        "void_date": (None, void_date),
        **({"fee_invoice": (deleted_fee, None)} if deleted_fee else {}),
        **({"fee_credit_note": (None, credit_note)} if credit_note else {}),
    }
    row = await fetch_one(
        connection,
        _VOID,
        *parameters(context),
        letter_id,
        void_date,
        deleted_fee is not None,
        credit_note,
        as_json(told),
    )
    version: int = row["version"]
    return version


async def find_document_ids(connection: Connection, company_id: int, letter_id: int) -> Sequence[int]:
    """The documents that a letter reminds of, and its fee invoice: what must be locked before the letter is."""
    rows = await connection.fetch(
        """
        select document_id from dunning_letter_line
         where company_id = $1 and letter_id = $2 and level_after > level_before
        union
        select fee_document_id from dunning_letter
         where company_id = $1 and letter_id = $2 and fee_document_id is not null
        """,
        company_id,
        letter_id,
    )
    return [row["document_id"] for row in rows]
