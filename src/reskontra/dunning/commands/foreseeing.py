"""What reminding would do on a day: who is due which letter, page by page, without making or locking anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from reskontra.clock import Context
from reskontra.customers.customer import Addressed
from reskontra.customers.store.for_dunning import find_families
from reskontra.dunning.commands.reminding import Order, find_due
from reskontra.dunning.commands.running import Whom, find_whom
from reskontra.dunning.letters.rules.wording import language_to
from reskontra.dunning.new_letter import NewLetter
from reskontra.dunning.rules.foreseen import Foreseen, Proposal, ProposedLetter
from reskontra.dunning.rules.readiness import days_between
from reskontra.dunning.store import foreseeing
from reskontra.dunning.store.foreseeing import Wanted
from reskontra.letterheads.rules import letterhead_of_letter
from reskontra.receivables.store.open_items import find_unsettled_ids
from reskontra.reference.reference import Reference
from reskontra.reference.rules.preferences import DunningConsolidation, DunningProcess
from reskontra.reference.store import remembered

if TYPE_CHECKING:
    from reskontra.web.call import Database


async def foresee(
    database: Database, context: Context, asked: Mapping[str, Any], *, limit: int, offset: int
) -> Foreseen:
    """What `run_dunning` would make. `asked` is what it takes, and in its filters also is_printed and is_emailed.

    A letter that only its making can refuse is proposed: one whose fee cannot be invoiced. Raises `Refused` for the
    date or a filter.
    """
    async with database.connection() as connection:
        reference = await remembered.at(connection, context.company_id, None)
        order, whom = await find_whom(connection, context, reference, asked)
        wanted = _wanted(order, whom, asked.get("filters") or {})
        counted = await foreseeing.count_due(connection, context.company_id, wanted, limit=limit, offset=offset)
        found = {it.customer_id: it for it in counted.found}
        if not found:
            return Foreseen(reference, order.letter_date, counted, ())
        families = (
            await find_families(connection, context.company_id, list(found)) if order.letters_go_to_parent else {}
        )
        of_whom = list(families) or list(found)
        document_ids = await find_unsettled_ids(connection, context.company_id, of_whom, order.listed)
        due, skipped, blocked = await find_due(connection, order, list(found), families, document_ids)
        listed = {line.document_id for _, letters in due for letter in letters for line in letter.lines}
        names = await foreseeing.find_names(connection, context.company_id, list(listed))
        addressed = await foreseeing.find_addressed(connection, context.company_id, list(found))
    made = {party.customer_id: letters for party, letters in due}
    reasons = {it.ref: it.reason for it in skipped}
    proposals = []
    for key, party in found.items():
        letters = [
            ProposedLetter(
                letter,
                [(line, names[line.document_id]) for line in letter.lines],
                _next_letter(letter, reference),
            )
            for letter in made.get(key, ())
        ]
        language = _language(addressed[key], made.get(key, ()), reference)
        held = blocked.get(party.number, ())
        proposals.append(Proposal(party, language, letters, reasons.get(party.number), held))
    return Foreseen(reference, order.letter_date, counted, proposals)


def _wanted(order: Order, whom: Whom, filters: Mapping[str, Any]) -> Wanted:
    preferences = order.reference.preferences.dunning
    return Wanted(
        on=order.letter_date,
        levels=order.wanted,
        first_days=[level.days_past_due for level in order.reference.dunning_levels],
        is_by_customer=preferences.process == DunningProcess.BY_CUSTOMER,
        is_by_branch=preferences.consolidation == DunningConsolidation.BRANCH,
        letters_go_to_parent=order.letters_go_to_parent,
        classes=whom.classes,
        customer_ids=whom.customer_ids,
        is_printed=filters.get("is_printed"),
        is_emailed=filters.get("is_emailed"),
    )


def _language(addressed: Addressed, letters: Sequence[NewLetter], reference: Reference) -> str:
    """The code of the language of the first letter."""
    branch_number, level = (letters[0].branch_number, letters[0].level) if letters else (None, 1)
    return language_to(addressed, letterhead_of_letter(reference, branch_number, level), reference)


def _next_letter(letter: NewLetter, reference: Reference) -> date | None:
    """When the letter after this one is due, if nothing is paid (DUN-04); None after the last level."""
    levels = reference.dunning_levels
    if letter.level >= len(levels):
        return None
    return letter.letter_date + timedelta(days=days_between(levels, letter.level))
