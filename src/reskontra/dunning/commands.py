"""Making and releasing dunning letters, for one customer or many: load, decide, store. Commits nothing.

Locks are taken in this order: the reference data as it is (decision 0016), the customers, their documents, the tally
of letters, balances (where credit is checked and a fee is asked for), number series, the tallies of documents. So two
runs that meet are one after the other from the first document that they share, and nobody who writes or releases a
document waits in a ring with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any

import asyncpg

from reskontra.changes.store import lock_tallies
from reskontra.clock import Context
from reskontra.companies import remembered
from reskontra.currencies.rules import BASE_RATE, Rate
from reskontra.customers.addressees import (
    Addressee,
    find_addressee_ids,
    find_families,
    keep_customers,
    lock_balances,
)
from reskontra.customers.rules import may
from reskontra.db.pool import Connection, refusal_for
from reskontra.documents import commands as documents
from reskontra.documents.kinds import INVOICE, KINDS
from reskontra.documents.reminding import lock_open_documents
from reskontra.dunning import store
from reskontra.dunning.law import FIGURES
from reskontra.dunning.letter import Candidate, Fee, Letter, Made, Outcome, Skipped
from reskontra.dunning.rules import (
    FEE_ORIGIN,
    Basis,
    check_letter_date,
    fee_invoice,
    held_by_drafts,
    is_addressed,
    is_due,
    letter_currency,
    letter_levels,
    new_letters,
    not_released_yet,
    releases_at_once,
)
from reskontra.errors import Conflict, FieldPath, NotFound, Refused
from reskontra.numbering.commands import wait_for_turn
from reskontra.numbering.store import lock_ranges

if TYPE_CHECKING:
    from reskontra.companies.reference import Reference

REMINDED = tuple(kind.document_type for kind in KINDS.values() if kind.may_be_reminded)
_CREDITS = tuple(kind.document_type for kind in KINDS.values() if kind.balance_sign < 0)
_FEE_SERIES = "dunning_fee"


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is to do: its date, the levels that letters may have, and what its letters stand on."""

    reference: Reference
    letter_date: date
    wanted: range
    law: Mapping[str, Decimal]
    branch_number: str | None = None
    """The branch whose letters are made; None is all."""

    @property
    def together(self) -> bool:
        """Whether letters to a customer that has a parent go to the parent (LET-06)."""
        return self.reference.preferences.dunning.letters_to_parent

    @property
    def listed(self) -> Sequence[str]:
        """The types of documents that may stand on a letter."""
        return (*REMINDED, *_CREDITS) if self.reference.preferences.dunning.include_credit_notes else REMINDED


def order_of(
    context: Context, reference: Reference, changes: Mapping[str, Any], *, within: FieldPath = (), **more: Any
) -> Order:
    """What was asked for: letter_date (default: today where the company is), level_from and level_to.

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
    together = reference.preferences.dunning.letters_to_parent
    (customer_id,) = await find_addressee_ids(connection, context.company_id, [customer_number], together=together)
    if customer_id is None:
        raise NotFound(f"The customer '{customer_number}' cannot be found in the system.")
    order = order_of(context, reference, changes)
    outcome = await remind(connection, context, order, [customer_id], skips=False)
    return [made.letter_id for made in outcome.created if made.letter_id is not None]


async def remind(
    connection: Connection, context: Context, order: Order, customer_ids: Sequence[int], *, skips: bool = True
) -> Outcome:
    """The letters that are due to these customers, whom letters go to: made and, where there are no drafts, released.

    A customer whose fee cannot be invoiced gets nothing. With `skips` it is told in the outcome and the others get
    their letters; else `Refused` is raised, and the caller's transaction must not be committed.
    """
    await keep_customers(connection, context.company_id, customer_ids)
    families = await find_families(connection, context.company_id, customer_ids) if order.together else {}
    of_whom = list(families) or customer_ids
    locked = await lock_open_documents(
        connection, context.company_id, of_whom, order.listed, branch_number=order.branch_number
    )
    if not locked:
        return Outcome()
    parties = await store.find_parties(connection, context.company_id, customer_ids, order.letter_date)
    candidates: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in await store.find_candidates(connection, context.company_id, locked):
        addressee_id, status = families.get(candidate.customer_id, (candidate.customer_id, None))
        if status is None or may(status, "dunning"):
            candidates[addressee_id].append(candidate)
    due, skipped = _due_letters(order, parties, candidates, skips=skips)
    if skips:
        told = {party.number for party, _ in due} | {it.customer_number for it in skipped}
        silent = [(party, rate) for party, rate in parties if party.number not in told]
        skipped += await _waiting_for_drafts(connection, order, silent, candidates)
    made, refused = await _make(connection, context, order, due, skips=skips)
    return Outcome(tuple(made), (*skipped, *refused))


_Due = list[tuple[Addressee, tuple[Letter, ...]]]


def _due_letters(
    order: Order,
    parties: Sequence[tuple[Addressee, Rate | None]],
    candidates: Mapping[int, Sequence[Candidate]],
    *,
    skips: bool,
) -> tuple[_Due, list[Skipped]]:
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


async def _waiting_for_drafts(
    connection: Connection,
    order: Order,
    parties: Sequence[tuple[Addressee, Rate | None]],
    candidates: Mapping[int, Sequence[Candidate]],
) -> list[Skipped]:
    """Those who would get a letter if their documents did not stand on one that is still a draft."""
    held = {}
    for party, rate in parties:
        basis = basis_of(order, party, rate, candidates.get(party.customer_id, ()))
        if document_ids := held_by_drafts(basis, order.wanted):
            held[party.number] = document_ids
    if not held:
        return []
    drafts = await store.find_drafts(connection, order.reference.company_id, list(chain.from_iterable(held.values())))
    skipped = []
    for number, document_ids in held.items():
        letter_ids = {letter_id for document_id in document_ids for letter_id in drafts.get(document_id, ())}
        if not letter_ids:
            # Deleting a draft locks no documents, so it may have gone since they were read.
            raise Conflict(f"A draft to the customer {number} was deleted at the same moment.")
        skipped.append(Skipped(number, not_released_yet(sorted(letter_ids))))
    return skipped


_WHY_NOT = {
    True: "The customer takes no dunning letters, neither printed nor by e-mail.",
    False: "The customer is inactive.",
}


def basis_of(order: Order, party: Addressee, rate: Rate | None, candidates: Sequence[Candidate]) -> Basis:
    """What the letters of a customer stand on; `rate` is the table's, of their currency."""
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
        law=order.law,
    )


async def _make(
    connection: Connection, context: Context, order: Order, due: _Due, *, skips: bool
) -> tuple[list[Made], list[Skipped]]:
    """Fees first, since a customer whose fee is refused gets no letter; then all letters, then their release."""
    releases = releases_at_once(order.reference.preferences.dunning)
    charged = {party.number: [_fee_of(letter, party.number) for letter in letters] for party, letters in due}
    issued: dict[str, list[documents.Issued | None]] = {}
    skipped = []
    if releases:
        fees = [fee for asked in charged.values() for fee in asked if fee]
        await _take_turns(connection, context, fees, order.reference)
        for number, asked in charged.items():
            try:
                issued[number] = await _charge_all(connection, context, asked, order.reference)
            except Refused as refusal:
                if not skips:
                    raise
                skipped.append(Skipped(number, refusal.reason))
    made = [
        Made(
            letter=replace(letter, warnings=(*letter.warnings, *_warnings_of(fee))) if fee else letter,
            customer_number=party.number,
            customer_name=party.name,
            fee_number=fee.number if fee else None,
        )
        for party, letters in due
        if party.number in issued or not releases
        for letter, fee in zip(letters, issued.get(party.number) or [None] * len(letters), strict=True)
    ]
    return await _stored(connection, context, made, releases=releases), skipped


async def _stored(connection: Connection, context: Context, made: Sequence[Made], *, releases: bool) -> list[Made]:
    if not made:
        return []
    letters = [it.letter for it in made]
    if releases:
        ids = await store.insert_released(connection, context, letters, [it.fee_number for it in made])
    else:
        ids = await store.insert_drafts(connection, context, letters)
    return [replace(it, letter_id=letter_id) for it, letter_id in zip(made, ids, strict=True)]


async def _charge_all(
    connection: Connection, context: Context, asked: Sequence[Fee | None], reference: Reference
) -> list[documents.Issued | None]:
    """A customer's fees, all or none: when one is refused, the ones before leave nothing behind either."""
    if not any(asked):
        return [None] * len(asked)
    try:
        async with connection.transaction():
            return [await _charge(connection, context, fee, reference) if fee else None for fee in asked]
    except asyncpg.PostgresError as error:
        refusal = refusal_for(error)
        if isinstance(refusal, Refused):
            raise refusal from error
        raise


def _fee_of(letter: Letter, customer_number: str) -> Fee | None:
    if not letter.fee:
        return None
    return Fee(
        customer_number=customer_number,
        level=letter.level,
        letter_date=letter.letter_date,
        currency_id=letter.currency_id,
        amount=letter.fee,
        branch_number=letter.branch_number,
    )


async def release_letters(
    connection: Connection, context: Context, letters: Mapping[int, Fee | None], reference: Reference
) -> dict[int, int]:
    """Release drafts, by id with the fee that each asks for (FEE-01); returns the new version of each.

    The caller has locked the documents on the letters (by type and number) and then the letters, and knows that they
    are drafts. First all fees are invoiced, one for each letter, then all letters are released in one statement:
    levels and dates of their documents, change rows, tallies. `Refused` when a fee cannot be invoiced; the caller's
    transaction must not be committed then.
    """
    await _take_turns(connection, context, [fee for fee in letters.values() if fee is not None], reference)
    issued = [
        await _charge(connection, context, fee, reference) if fee is not None else None for fee in letters.values()
    ]
    return await store.release_letters(
        connection,
        context,
        list(letters),
        fee_numbers=[fee.number if fee else None for fee in issued],
        warnings=[_warnings_of(fee) for fee in issued],
    )


def _warnings_of(fee: documents.Issued | None) -> Sequence[str]:
    if fee is None or fee.status != "Hold":
        return ()
    return (f"The credit check holds the fee invoice {fee.number}: it is not released.",)


async def _take_turns(connection: Connection, context: Context, fees: Sequence[Fee], reference: Reference) -> None:
    """Take all that the fees and the letters will ask for. Without a fee the releasing statement does so itself."""
    if fees:
        billed = [fee.customer_number for fee in fees]
        await take_turns(
            connection, context, reference, billed=billed, numbered=(_FEE_SERIES, "batch"), written=REMINDED
        )


async def take_turns(
    connection: Connection,
    context: Context,
    reference: Reference,
    *,
    billed: Sequence[str],
    numbered: Sequence[str],
    written: Sequence[str],
) -> None:
    """Lock what a transaction will ask for, in the order that everybody keeps, before it writes anything.

    `billed` are the numbers of the customers that get documents, `numbered` the keys of the series that give numbers,
    `written` the entities whose tallies change. The tally of letters comes first.
    """
    await lock_tallies(connection, context.company_id, [store.ENTITY])
    if reference.preferences.credit_check.enabled:
        await lock_balances(connection, context.company_id, billed, checked_only=True)
    ranges = []
    for key in numbered:
        series = reference.series_of(key)
        await wait_for_turn(context.company_id, series.series_id)
        ranges += [(series.series_id, numbers.range_id) for numbers in series.ranges]
    await lock_ranges(connection, context.company_id, ranges)
    await lock_balances(connection, context.company_id, billed)
    await lock_tallies(connection, context.company_id, written)


async def _charge(connection: Connection, context: Context, fee: Fee, reference: Reference) -> documents.Issued:
    """The invoice for a letter's fee, one for each letter (FEE-02)."""
    preferences = reference.preferences.dunning
    try:
        return await documents.issue(
            connection,
            context,
            INVOICE,
            fee_invoice(fee, preferences),
            origin=FEE_ORIGIN,
            series=_FEE_SERIES,
            releases=preferences.auto_release_fee,
        )
    except Refused as refusal:
        raise _fee_refusal(fee, refusal) from refusal


def _fee_refusal(fee: Fee, refusal: Refused) -> Refused:
    """The invoice's refusal in the words of the caller, who sent a date and no invoice."""
    reason = refusal.reason or f"'{refusal.value}' cannot be found in the system."
    of_date = refusal.field in (("document_date",), ("financial_period",))
    return Refused(
        f"The fee of dunning level {fee.level} cannot be invoiced. {reason}",
        field=("letter_date",) if of_date else (),
        value=fee.letter_date.isoformat() if of_date else None,
        hint=refusal.hint,
    )
