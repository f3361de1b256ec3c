"""Changing, deleting, releasing and voiding a dunning letter.

Locks are taken in the order of `receivables.commands.locks`; the letter itself is locked behind its documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from reskontra.clock import Context
from reskontra.db.pool import Connection
from reskontra.documents.commands import drafting
from reskontra.documents.commands.crediting import credit_whole
from reskontra.dunning.commands.fees import needs_of_letters, release_letters
from reskontra.dunning.commands.reminding import basis_of, order_of
from reskontra.dunning.letters.rules.amending import (
    FeeReversal,
    Later,
    Settler,
    amended,
    check_draft,
    check_releasable,
    check_voidable,
    fee_of,
    fee_reversal,
    void_day,
)
from reskontra.dunning.letters.store import lists, writing
from reskontra.dunning.letters.store.lists import Found
from reskontra.dunning.store import finding
from reskontra.errors import Conflict, NotFound, Refused
from reskontra.kinds import CREDIT_NOTE, INVOICE
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import VOID_ORIGIN
from reskontra.receivables.store.for_dunning import find_settlers
from reskontra.reference.store import remembered
from reskontra.versions import Expected, check_expected


async def change(
    connection: Connection,
    context: Context,
    letter_id: int,
    changes: Mapping[str, Any],
    expected_version: Expected = None,
) -> int:
    """A draft after a PUT (LET-02, LET-03); returns its version. It is written only if something changed."""
    found = await _locked(connection, context, letter_id, expected_version)
    letter = found.letter
    check_draft(letter, "changed")
    reference = await remembered.at(connection, context.company_id, found.reference_version)
    order = order_of(context, reference, {"letter_date": letter.letter_date})
    ((party, rate),) = await finding.find_parties(
        connection, context.company_id, [letter.customer_id], letter.letter_date
    )
    reminded = [line.document_id for line in letter.lines if line.is_reminded]
    candidates = await finding.find_candidates(connection, context.company_id, reminded)
    after = amended(letter, changes, basis_of(order, party, rate, candidates))
    if after == letter:
        return letter.version
    return await writing.save_letter(connection, context, letter, after)


async def delete(connection: Connection, context: Context, letter_id: int, expected_version: Expected = None) -> None:
    """Delete a draft; its documents may stand on another letter then."""
    found = await _locked(connection, context, letter_id, expected_version)
    check_draft(found.letter, "deleted")
    await writing.delete_letter(connection, context, found.letter)


async def release(connection: Connection, context: Context, letter_id: int, expected_version: Expected = None) -> int:
    """Release a draft (FEE-01): levels and dates move, its fee is invoiced, its lines say what is open today."""
    found = await _locked_with_documents(connection, context, letter_id, expected_version, with_fee=False)
    letter = found.letter
    reference = await remembered.at(connection, context.company_id, found.reference_version)
    reminded = [line.document_id for line in letter.lines if line.is_reminded]
    present = await finding.find_candidates(connection, context.company_id, reminded)
    check_releasable(letter, present, reference.preferences.dunning.fee_item)
    await writing.refresh_lines(connection, context, letter_id)
    versions = await release_letters(connection, context, {letter_id: fee_of(letter)}, reference)
    return versions[letter_id]


async def void(
    connection: Connection,
    context: Context,
    letter_id: int,
    changes: Mapping[str, Any],
    expected_version: Expected = None,
) -> int:
    """Void a released letter: documents go back a level, its fee is taken back (VLT-01 to VLT-03).

    `changes` may hold void_date, the day of the credit note; today where the company is if it is not sent.
    """
    found = await _locked_with_documents(connection, context, letter_id, expected_version, with_fee=True)
    letter = found.letter
    later = await lists.list_later(connection, context.company_id, letter)
    check_voidable(letter, [Later(*it) for it in later])
    settlers: Sequence[tuple[str, str, bool]] = ()
    if letter.fee_document_id is not None:
        settlers = await find_settlers(connection, context.company_id, letter.fee_document_id)
    reversal = fee_reversal(letter, [Settler(*it) for it in settlers])
    reference = await remembered.at(connection, context.company_id, found.reference_version)
    void_date = void_day(letter, changes.get("void_date"), reference.today(context.now))
    if "void_date" in changes:
        reference.period_of(void_date, ("void_date",))  # a day that the books know, also where nothing is booked
    needs = needs_of_letters(
        [letter.customer_number] if reversal != FeeReversal.NOTHING else [],
        series=(CREDIT_NOTE.series[0], "batch") if reversal == FeeReversal.CREDIT else (),
        entities=(CREDIT_NOTE.document_type,),
    )
    await locks.take(connection, context, reference, needs)
    deleted_fee = credit_note = None
    fee = letter.fee_invoice
    if fee is not None and reversal == FeeReversal.DELETE:
        await drafting.delete(connection, context, INVOICE, fee.number)
        deleted_fee = fee.number
    elif fee is not None and reversal == FeeReversal.CREDIT:
        credit_note = await _credited(connection, context, fee.number, void_date)
    return await writing.void_letter(
        connection, context, letter_id, void_date=void_date, deleted_fee=deleted_fee, credit_note=credit_note
    )


async def _credited(connection: Connection, context: Context, number: str, void_date: date) -> str:
    """Credit the fee invoice; returns the credit note's number."""
    try:
        issued = await credit_whole(connection, context, INVOICE, number, void_date, origin=VOID_ORIGIN)
    except Refused as refusal:
        raise _credit_refusal(number, void_date, refusal) from refusal
    return issued.number


def _credit_refusal(number: str, void_date: date, refusal: Refused) -> Refused:
    """The credit note's refusal in the words of the caller, who sent a date and no credit note."""
    reason = refusal.reason or f"'{refusal.value}' cannot be found in the system."
    of_date = refusal.field in (("document_date",), ("financial_period",))
    return Refused(
        f"The fee invoice {number} cannot be credited. {reason}",
        field=("void_date",) if of_date else (),
        value=void_date.isoformat() if of_date else None,
        hint=refusal.hint,
    )


async def _locked_with_documents(
    connection: Connection, context: Context, letter_id: int, expected_version: Expected, *, with_fee: bool
) -> Found:
    """The letter, locked after its documents. They are read before the lock, so a change in between is a `Conflict`."""
    await remembered.held(connection, context.company_id)
    wanted = await writing.find_document_ids(connection, context.company_id, letter_id)
    await locks.take_items(connection, context, wanted)
    found = await _locked(connection, context, letter_id, expected_version)
    needed = {line.document_id for line in found.letter.lines if line.is_reminded}
    if with_fee and found.letter.fee_document_id is not None:
        needed.add(found.letter.fee_document_id)
    if not needed <= set(wanted):
        raise Conflict(f"The dunning letter {letter_id} was changed at the same moment.")
    return found


async def _locked(connection: Connection, context: Context, letter_id: int, expected_version: Expected) -> Found:
    found = None
    if await writing.lock_letter(connection, context.company_id, letter_id):
        found = await lists.find_letter(connection, context.company_id, letter_id)
    if found is None:
        raise NotFound("dunning letter", letter_id)
    check_expected(expected_version, found.letter.version, what=f"dunning letter {letter_id}")
    return found
