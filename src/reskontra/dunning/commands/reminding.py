"""Making dunning letters, for one customer or many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any

from reskontra.changes.commands import follow_up_on
from reskontra.clock import Context
from reskontra.currencies.rules import BASE_RATE, Rate
from reskontra.customers.customer import Status
from reskontra.customers.rules.standing import may
from reskontra.customers.store.for_dunning import Addressee, find_addressee_ids, find_families
from reskontra.db.pool import Connection
from reskontra.documents.commands import releasing
from reskontra.dunning.commands.fees import REMINDED, charge_all, take_turns_for_fees, warnings_of
from reskontra.dunning.new_letter import Basis, Candidate, Made, NewLetter
from reskontra.dunning.rules.fees import fee_of_letter
from reskontra.dunning.rules.law import FIGURES
from reskontra.dunning.rules.levels import check_letter_date, letter_levels
from reskontra.dunning.rules.new_letters import (
    blocked_until,
    held_back,
    is_addressed,
    is_due,
    letter_currency,
    new_letters,
    not_released_yet,
    releases_at_once,
)
from reskontra.dunning.store import finding, making
from reskontra.errors import Conflict, FieldPath, NotFound, Refused
from reskontra.kinds import INVOICE, KINDS
from reskontra.letterheads.rules import letterhead_of_letter
from reskontra.receivables.commands import locks
from reskontra.reference.store import remembered
from reskontra.runs.outcome import Outcome, Skipped

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

_CREDITS = tuple(kind.document_type for kind in KINDS.values() if kind.balance_sign < 0)


@dataclass(frozen=True, slots=True)
class Order:
    """What a run must do: its date, the levels that letters may have, and what its letters depend on."""

    reference: Reference
    letter_date: date
    wanted: range
    law: Mapping[str, Decimal]
    branch_number: str | None = None
    """The branch whose letters are made; None means all."""

    @property
    def letters_go_to_parent(self) -> bool:
        """Whether letters to a customer that has a parent go to the parent (LET-06)."""
        return self.reference.preferences.dunning.letters_to_parent

    @property
    def listed(self) -> Sequence[str]:
        """The types of documents that may be on a letter."""
        return (*REMINDED, *_CREDITS) if self.reference.preferences.dunning.include_credit_notes else REMINDED


def order_of(
    context: Context, reference: Reference, changes: Mapping[str, Any], *, within: FieldPath = (), **more: Any
) -> Order:
    """What was asked for: letter_date (default: today in the company's time zone), level_from and level_to.

    `within` is the path of what holds the levels. Raises `Refused` for the levels and the date (ACT-03).
    """
    wanted = letter_levels(changes.get("level_from"), changes.get("level_to"), reference.dunning_levels, within)
    letter_date = changes.get("letter_date") or reference.today(context.now)
    check_letter_date(letter_date, reference.dunning_levels)
    in_force = {kind: reference.legal_rate(kind, letter_date) for kind in FIGURES}
    law = {kind: rate.amount for kind, rate in in_force.items() if rate is not None}
    return Order(reference, letter_date, wanted, law, **more)


async def create_letters(
    connection: Connection, context: Context, customer_number: str, changes: Mapping[str, Any]
) -> list[int]:
    """The letters that are due to one customer (ACT-01 to ACT-06); returns their ids, none when nothing is ready.

    It is the run for one customer. `changes` is what `order_of` reads. Raises `NotFound` for the customer, `Refused`
    for the levels, the date, or a fee that cannot be invoiced.
    """
    reference = await remembered.held(connection, context.company_id)
    letters_go_to_parent = reference.preferences.dunning.letters_to_parent

    async def addressee() -> int:
        (found,) = await find_addressee_ids(
            connection, context.company_id, [customer_number], letters_go_to_parent=letters_go_to_parent
        )
        if found is None:
            raise NotFound("customer", customer_number)
        return found

    await locks.take(connection, context, reference, locks.Needs(customers=[await addressee()]))
    customer_id = await addressee()  # it may have got another number during the wait for the lock
    order = order_of(context, reference, changes)
    outcome = await remind(connection, context, order, [customer_id], skips=False)
    return [made.letter_id for made in outcome.created if made.letter_id is not None]


async def remind(
    connection: Connection, context: Context, order: Order, customer_ids: Sequence[int], *, skips: bool = True
) -> Outcome[Made]:
    """The letters that are due to these customers, whom letters go to: made and, where there are no drafts, released.

    A customer whose fee cannot be invoiced gets nothing. With `skips` it is told in the outcome and the others get
    their letters; else `Refused` is raised, and the caller's transaction must not be committed.
    """
    await locks.take(connection, context, order.reference, locks.Needs(customers=customer_ids))
    families = await find_families(connection, context.company_id, customer_ids) if order.letters_go_to_parent else {}
    of_whom = list(families) or customer_ids
    locked = await locks.take_unsettled(connection, context, of_whom, order.listed, order.branch_number)
    if not locked:
        return Outcome()
    due, skipped, _ = await find_due(connection, order, customer_ids, families, locked, skips=skips)
    made, refused = await _make(connection, context, order, due, skips=skips)
    return Outcome(tuple(made), (*skipped, *refused))


Due = list[tuple[Addressee, tuple[NewLetter, ...]]]
"""Whom letters go to, with their letters."""

Blocked = Mapping[str, Sequence[Candidate]]
"""Blocked documents that are due for a letter, by the number of whom it would go to."""


async def find_due(
    connection: Connection,
    order: Order,
    customer_ids: Sequence[int],
    families: Mapping[int, tuple[int, Status]],
    document_ids: Sequence[int],
    *,
    skips: bool = True,
) -> tuple[Due, list[Skipped], Blocked]:
    """The letters that these documents of those addressees ask for, who gets none or one without a document that is
    blocked, and why, and those documents; nothing is made.

    `families` is empty where letters go to whom the documents are of.
    """
    company_id = order.reference.company_id
    parties = await finding.find_parties(connection, company_id, customer_ids, order.letter_date)
    candidates: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in await finding.find_candidates(connection, company_id, document_ids):
        addressee_id, status = families.get(candidate.customer_id, (candidate.customer_id, None))
        if status is None or may(status, "dunning"):
            candidates[addressee_id].append(candidate)
    due, skipped = _due_letters(order, parties, candidates, skips=skips)
    if not skips:
        return due, skipped, {}
    told, reminded = {it.ref for it in skipped}, {party.number for party, _ in due}
    held = {
        party.number: found
        for party, rate in parties
        if party.number not in told
        and (found := held_back(basis_of(order, party, rate, candidates.get(party.customer_id, ())), order.wanted))
    }
    blocked = {number: [it for it in found if it.is_blocked_on(order.letter_date)] for number, found in held.items()}
    waiting = {
        number: [it.document_id for it in found if it.in_draft]
        for number, found in held.items()
        if number not in reminded
    }
    return due, [*skipped, *await _held_back(connection, order, waiting, blocked)], blocked


def _due_letters(
    order: Order,
    parties: Sequence[tuple[Addressee, Rate | None]],
    candidates: Mapping[int, Sequence[Candidate]],
    *,
    skips: bool,
) -> tuple[Due, list[Skipped]]:
    due, skipped = [], []
    for party, rate in parties:
        basis = basis_of(order, party, rate, candidates.get(party.customer_id, ()))
        if not is_addressed(party):
            if is_due(basis, order.wanted):
                skipped.append(Skipped(party.number, _WHY_NOT[may(party.status, "dunning")]))
            continue
        try:
            letters = new_letters(basis, order.wanted)
        except Refused as refusal:
            if not skips:
                raise
            skipped.append(Skipped(party.number, refusal.reason))
        else:
            if letters:
                due.append((party, letters))
    return due, skipped


async def _held_back(
    connection: Connection, order: Order, waiting: Mapping[str, Sequence[int]], blocked: Blocked
) -> list[Skipped]:
    """Why documents are on no letter, by customer: some are on drafts (`waiting`, their ids), some are blocked."""
    document_ids = list(chain.from_iterable(waiting.values()))
    drafts = await finding.find_drafts(connection, order.reference.company_id, document_ids) if document_ids else {}
    skipped = []
    for number, found in blocked.items():
        reasons = [blocked_until(found)] if found else []
        if ids := waiting.get(number):
            letter_ids = {letter_id for document_id in ids for letter_id in drafts.get(document_id, ())}
            if not letter_ids:
                # Deleting a draft locks no documents, so it may have gone since they were read.
                raise Conflict(f"A draft to the customer {number} was deleted at the same moment.")
            reasons.insert(0, not_released_yet(sorted(letter_ids)))
        if reasons:
            skipped.append(Skipped(number, " ".join(reasons)))
    return skipped


_WHY_NOT = {
    True: "The customer takes no dunning letters, neither printed nor by e-mail.",
    False: "The customer is inactive.",
}


def basis_of(order: Order, party: Addressee, rate: Rate | None, candidates: Sequence[Candidate]) -> Basis:
    """What the letters of a customer depend on; `rate` is the table's, for their currency."""
    reference = order.reference
    currency_id = letter_currency(party, reference.base_currency)
    return Basis(
        customer_id=party.customer_id,
        letter_date=order.letter_date,
        levels=reference.dunning_levels,
        preferences=reference.preferences.dunning,
        candidates=candidates,
        currency_id=currency_id,
        decimals=reference.decimals_of(currency_id),
        rate=BASE_RATE if currency_id == reference.base_currency else rate,
        may_be_invoiced=may(party.status, INVOICE.create_operation),
        branches_without_account=reference.once("branches without account", lambda: _without_account(reference)),
        law=order.law,
    )


def _without_account(reference: Reference) -> frozenset[str | None]:
    lacking: set[str | None] = {it.branch_number for it in reference.branches.values() if not it.account}
    return frozenset(lacking | {None} if reference.preferences.default_branch in lacking else lacking)


async def _make(
    connection: Connection, context: Context, order: Order, due: Due, *, skips: bool
) -> tuple[list[Made], list[Skipped]]:
    """Fees first, since a customer whose fee is refused gets no letter; then all letters, then their release."""
    releases = releases_at_once(order.reference.preferences.dunning)
    charged = {party.number: [fee_of_letter(letter, party.number) for letter in letters] for party, letters in due}
    issued: dict[str, list[releasing.Issued | None]] = {}
    skipped = []
    if releases:
        fees = [fee for asked in charged.values() for fee in asked if fee]
        await take_turns_for_fees(connection, context, fees, order.reference)
        for number, asked in charged.items():
            try:
                issued[number] = await charge_all(connection, context, asked, order.reference)
            except Refused as refusal:
                if not skips:
                    raise
                skipped.append(Skipped(number, refusal.reason))
    made = [
        Made(
            letter=replace(letter, warnings=(*letter.warnings, *warnings_of(fee))) if fee else letter,
            customer_number=party.number,
            customer_name=party.name,
            fee_number=fee.number if fee else None,
        )
        for party, letters in due
        if party.number in issued or not releases
        for letter, fee in zip(letters, issued.get(party.number) or [None] * len(letters), strict=True)
    ]
    return await _stored(connection, context, order.reference, made, releases=releases), skipped


async def _stored(
    connection: Connection, context: Context, reference: Reference, made: Sequence[Made], *, releases: bool
) -> list[Made]:
    if not made:
        return []
    letters = [it.letter for it in made]
    if releases:
        ids = await making.insert_released(connection, context, letters, [it.fee_number for it in made])
        papers = [letterhead_of_letter(reference, it.branch_number, it.level) for it in letters]
        await making.keep_paper(connection, context.company_id, ids, papers)
        if reference.preferences.mail.letters_at_release:
            await follow_up_on(connection, context, "ReleasedLetters", letter_ids=ids)
    else:
        ids = await making.insert_drafts(connection, context, letters)
    return [replace(it, letter_id=letter_id) for it, letter_id in zip(made, ids, strict=True)]
