"""Changing, deleting, releasing and voiding a dunning letter.

Locks are taken in the order of `receivables.commands.locks`; the letter itself is locked behind its documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from reskontra.changes.commands import follow_up_on
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
from reskontra.dunning.letters.rules.wording import Wording, worded
from reskontra.dunning.letters.store import lists, writing
from reskontra.dunning.letters.store.lists import Found, Paper
from reskontra.dunning.letters.wire.page import Worded, printed, printed_together
from reskontra.dunning.store import finding, making
from reskontra.errors import Conflict, NotFound, Refused
from reskontra.kinds import CREDIT_NOTE, INVOICE
from reskontra.letterheads.rules import letterhead_of_letter, logo_of
from reskontra.letterheads.store import KeptLetterhead
from reskontra.printing.pdf import PdfFile, file_name
from reskontra.receivables.commands import locks
from reskontra.receivables.rules.items import VOID_ORIGIN
from reskontra.receivables.store.for_dunning import find_settlers
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from reskontra.versions import Expected, check_expected

if TYPE_CHECKING:
    from reskontra.web.call import Database


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
    letterhead = letterhead_of_letter(reference, letter.branch_number, letter.level)
    await making.keep_paper(connection, context.company_id, [letter_id], [letterhead])
    if reference.preferences.mail.letters_at_release:
        await follow_up_on(connection, context, "ReleasedLetters", letter_ids=[letter_id])
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


# What a letter says


def paper_of(found: Found, reference: Reference) -> Paper:
    """Where the letter goes and under which letterhead: as since its release, or for a draft as of today (PAP-03)."""
    letter = found.letter
    if found.paper is not None:
        return found.paper
    logo = logo_of(reference, letter.branch_number or reference.preferences.default_branch)
    letterhead = letterhead_of_letter(reference, letter.branch_number, letter.level)
    return Paper(found.debtor.addressed, KeptLetterhead(letterhead, logo.content if logo else None))


def wording_of(found: Found, reference: Reference) -> Wording:
    """The letter in words."""
    paper = paper_of(found, reference)
    return worded(found.letter, paper.addressed, paper.kept.letterhead, reference)


async def print_letter(found: Found, reference: Reference) -> PdfFile:
    """The letter as a PDF; drafts and voided ones are marked. Raises `Unavailable` when it takes too long."""
    paper, wording = paper_of(found, reference), wording_of(found, reference)
    pdf = await printed(found.letter, wording, paper, reference)
    return PdfFile(file_name("dunning-letter", str(found.letter.letter_id)), pdf)


MOST_IN_ONE_FILE = 300
"""More letters do not go into one PDF: that takes longer the more there are, 300 about four seconds."""


async def print_together(found: Sequence[Found], reference: Reference) -> PdfFile:
    """The letters, at least one, in one PDF in their order. Raises `Unavailable` when it takes too long."""
    worded_ = [Worded(it.letter, wording_of(it, reference), paper_of(it, reference), reference) for it in found]
    ids = [it.letter.letter_id for it in found]
    return PdfFile(file_name("dunning-letters", str(min(ids)), str(max(ids))), await printed_together(worded_))


async def print_released(database: Database, context: Context, letter_id: int) -> PdfFile:
    """The same for whoever sends letters. Raises `NotFound`, and `Refused` for a draft."""
    async with database.connection() as connection:
        found = await lists.find_letter(connection, context.company_id, letter_id)
        if found is None:
            raise NotFound("dunning letter", letter_id)
        reference = await remembered.at(connection, context.company_id, found.reference_version)
    if found.letter.released_at is None:
        raise Refused(f"The dunning letter {letter_id} is not released.", hint="Release it before sending it.")
    return await print_letter(found, reference)
