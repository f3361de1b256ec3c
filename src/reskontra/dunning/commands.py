"""Making dunning letters: load, decide, store. Commits nothing: the route does.

Locks are taken in this order: the customer's documents, the tally of letters, then what an invoice takes (balance if
credit is checked, number series, tally). So two runs for one customer are one after the other from the first lock,
two runs of one company from the first letter, and neither waits for a series with a document's tally in its hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reskontra.changes.store import lock_tallies
from reskontra.clock import Context
from reskontra.companies import reference as references
from reskontra.currencies.rules import BASE_RATE
from reskontra.customers.rules import may
from reskontra.customers.store import lock_checked_balances
from reskontra.db.pool import Connection
from reskontra.documents import commands as documents
from reskontra.documents.kinds import INVOICE, KINDS
from reskontra.documents.reminding import lock_open_documents
from reskontra.dunning import store
from reskontra.dunning.letter import Fee, Letter
from reskontra.dunning.rules import (
    FEE_ORIGIN,
    Basis,
    fee_invoice,
    is_addressed,
    letter_currency,
    letter_levels,
    new_letters,
    releases_at_once,
)
from reskontra.errors import NotFound, Refused
from reskontra.numbering.commands import wait_for_turn
from reskontra.numbering.store import lock_ranges

if TYPE_CHECKING:
    from reskontra.companies.reference import Reference
    from reskontra.customers.customer import Debtor

_REMINDED = [kind.document_type for kind in KINDS.values() if kind.may_be_reminded]
_FEE_ENTITY = "DunningFee"
_LEGAL_FIGURES = ("reminder_earliest_days", "reminder_fees_max", "collection_notice_days", "reminder_fee_cap")


async def create_letters(
    connection: Connection, context: Context, customer_number: str, changes: Mapping[str, Any]
) -> list[int]:
    """The letters that are due to one customer (ACT-01 to ACT-06); returns their ids, none when nothing is ready.

    `changes` may hold letter_date (default: today where the company is), level_from and level_to. Raises `NotFound`
    for the customer, `Refused` for the levels or for a fee that cannot be invoiced.
    """
    locked = await lock_open_documents(connection, context.company_id, customer_number, _REMINDED)
    loaded = await store.find_basis(connection, context, customer_number, locked, changes.get("letter_date"))
    debtor = loaded.debtor
    if debtor is None:
        raise NotFound(f"The customer '{customer_number}' cannot be found in the system.")
    reference = await references.at(connection, context.company_id, loaded.reference_version)
    wanted = letter_levels(changes.get("level_from"), changes.get("level_to"), reference.dunning_levels)
    if not is_addressed(debtor):
        return []
    letters = new_letters(_basis(loaded, debtor, reference, changes), wanted)
    made = [(await store.insert_letter(connection, context, letter), letter) for letter in letters]
    if releases_at_once(reference.preferences.dunning):
        fees = {letter_id: _fee_of(letter, debtor.number) for letter_id, letter in made}
        await release_letters(connection, context, fees, reference)
    return [letter_id for letter_id, _ in made]


def _fee_of(letter: Letter, customer_number: str) -> Fee | None:
    if not letter.fee:
        return None
    return Fee(
        customer_number=customer_number,
        level=letter.level,
        letter_date=letter.letter_date,
        currency_id=letter.currency_id,
        amount=letter.fee,
    )


def _basis(loaded: store.Loaded, debtor: Debtor, reference: Reference, changes: Mapping[str, Any]) -> Basis:
    letter_date = changes.get("letter_date") or loaded.today
    currency_id = letter_currency(debtor, reference.base_currency)
    in_force = {kind: reference.legal_rate(kind, letter_date) for kind in _LEGAL_FIGURES}
    return Basis(
        customer_id=debtor.customer_id,
        letter_date=letter_date,
        levels=reference.dunning_levels,
        preferences=reference.preferences.dunning,
        candidates=loaded.candidates,
        currency_id=currency_id,
        decimals=reference.decimals_of(currency_id),
        rate=BASE_RATE if currency_id == reference.base_currency else loaded.rate,
        may_be_invoiced=may(debtor.status, INVOICE.create_operation),
        law={kind: rate.amount for kind, rate in in_force.items() if rate is not None},
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
    issued = {
        letter_id: await _charge(connection, context, fee, reference)
        for letter_id, fee in letters.items()
        if fee is not None
    }
    return await _release(connection, context, list(letters), issued)


async def _release(
    connection: Connection, context: Context, letter_ids: Sequence[int], issued: Mapping[int, documents.Issued]
) -> dict[int, int]:
    fees = [issued.get(letter_id) for letter_id in letter_ids]
    return await store.release_letters(
        connection,
        context,
        letter_ids,
        fee_numbers=[fee.number if fee else None for fee in fees],
        warnings=[_fee_warnings(fee) if fee else () for fee in fees],
    )


def _fee_warnings(fee: documents.Issued) -> Sequence[str]:
    if fee.status != "Hold":
        return ()
    return (f"The credit check holds the fee invoice {fee.number}: it is not released.",)


async def _take_turns(connection: Connection, context: Context, fees: Sequence[Fee], reference: Reference) -> None:
    """Take all that the fees and the letters will ask for, in the order that everybody keeps, before any is written.

    Without a fee the releasing statement takes all it needs at once, and in that order itself.
    """
    if not fees:
        return
    if reference.preferences.credit_check.enabled:
        await lock_checked_balances(connection, context.company_id, [fee.customer_number for fee in fees])
    ranges = []
    for entity in (_FEE_ENTITY, "Batch"):
        series = reference.series_of(entity)
        await wait_for_turn(context.company_id, series.series_id)
        ranges += [(series.series_id, numbers.range_id) for numbers in series.ranges]
    await lock_ranges(connection, context.company_id, ranges)
    await lock_tallies(connection, context.company_id, [*_REMINDED, store.ENTITY])


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
            numbered_as=_FEE_ENTITY,
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
