"""Making dunning letters: load, decide, store. Commits nothing: the route does.

Locks are taken in this order: the customer's documents, the tally of letters, then what an invoice takes (balance if
credit is checked, number series, tally). So two runs for one customer are one after the other from the first lock,
two runs of one company from the first letter, and neither waits for a series with a document's tally in its hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reskontra.clock import Context
from reskontra.companies import reference as references
from reskontra.currencies.rules import BASE_RATE
from reskontra.customers.rules import may
from reskontra.db.pool import Connection
from reskontra.documents import commands as documents
from reskontra.documents.kinds import INVOICE, KINDS
from reskontra.documents.store import lock_open_documents
from reskontra.dunning import store
from reskontra.dunning.letter import Letter
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

if TYPE_CHECKING:
    from reskontra.companies.reference import Reference
    from reskontra.customers.customer import Debtor

_REMINDED = [kind.document_type for kind in KINDS.values() if kind.may_be_reminded]
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
        await _release(connection, context, made, debtor, reference)
    return [letter_id for letter_id, _ in made]


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


async def _release(
    connection: Connection,
    context: Context,
    made: Sequence[tuple[int, Letter]],
    debtor: Debtor,
    reference: Reference,
) -> None:
    """Release drafts (FEE-01): first all fee invoices, then all documents, as the order of locks asks."""
    fees = {letter_id: await _charge(connection, context, letter, debtor, reference) for letter_id, letter in made}
    for letter_id, issued in fees.items():
        warnings = []
        if issued is not None and issued.status == "Hold":
            warnings.append(f"The credit check holds the fee invoice {issued.number}: it is not released.")
        fee_number = issued.number if issued is not None else None
        await store.release_letter(connection, context, letter_id, fee_number=fee_number, warnings=warnings)


async def _charge(
    connection: Connection, context: Context, letter: Letter, debtor: Debtor, reference: Reference
) -> documents.Issued | None:
    """The invoice for the letter's fee, one for each letter (FEE-02); None without a fee."""
    if not letter.fee:
        return None
    preferences = reference.preferences.dunning
    try:
        return await documents.issue(
            connection,
            context,
            INVOICE,
            fee_invoice(letter, debtor.number, preferences),
            origin=FEE_ORIGIN,
            numbered_as="DunningFee",
            releases=preferences.auto_release_fee,
        )
    except Refused as refusal:
        raise _fee_refusal(letter, refusal) from refusal


def _fee_refusal(letter: Letter, refusal: Refused) -> Refused:
    """The invoice's refusal in the words of the caller, who sent a date and no invoice."""
    reason = refusal.reason or f"'{refusal.value}' cannot be found in the system."
    of_date = refusal.field in (("document_date",), ("financial_period",))
    return Refused(
        f"The fee of dunning level {letter.level} cannot be invoiced. {reason}",
        field=("letter_date",) if of_date else (),
        value=letter.letter_date.isoformat() if of_date else None,
        hint=refusal.hint,
    )
