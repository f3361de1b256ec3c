"""Creating many drafts at once: everything they depend on is loaded together, and they are written together.

Each is decided by the same rules as alone, in the order sent, and gets the number that it would get alone. The caller
gives the transaction. A document for which more has to be loaded goes its own way (`sent_alike`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from reskontra.customers.store.finding import find_customer_ids
from reskontra.customers.store.for_charges import find_debtors
from reskontra.customers.store.for_receivables import find_balances, find_versions
from reskontra.documents.many import store
from reskontra.documents.many.commands.deciding import Decided, Foreseen, Making, Sent, decide
from reskontra.documents.many.store import Buying
from reskontra.documents.rules.payment_references import reference_layout
from reskontra.documents.store.drafting import insert_drafts
from reskontra.errors import Refusal
from reskontra.kinds import KINDS, Kind
from reskontra.receivables.commands import locks
from reskontra.records import replace
from reskontra.reference.store import remembered
from reskontra.versions import Saved

if TYPE_CHECKING:
    from reskontra.clock import Context
    from reskontra.db.pool import Connection
    from reskontra.reference.reference import Reference
    from reskontra.web.call import Database


async def foresee(database: Database, context: Context, sent: Sequence[Sent]) -> Foreseen | None:
    """What would be decided by what stands now, with nothing held: while those before are being written.

    None if that says nothing, as the credit of customers depends on those before.
    """
    async with database.connection() as connection:
        reference = await remembered.at(connection, context.company_id, None)
        making = await _found(connection, context, reference, sent)
        if making.checked:
            return None
        await _load_prices(connection, context, making, sent)
    return await decide(context, making, sent)


async def create_many(
    connection: Connection, context: Context, sent: Sequence[Sent], foreseen: Foreseen | None = None
) -> list[Saved | Refusal]:
    """New drafts, or why one is refused, each in its place. Raises `Refusal` if they cannot be written together.

    What was foreseen counts if the customers and the reference data are still as they were.
    """
    reference = await remembered.held(connection, context.company_id)
    if foreseen is None or not await _still_stands(connection, context, reference, foreseen):
        making = await _loaded(connection, context, reference, sent)
        foreseen = await decide(context, making, sent)
    found: dict[int, Saved | Refusal] = dict(foreseen.refused)
    if foreseen.drafted:
        if not foreseen.making.is_locked:
            await _lock(connection, context, foreseen.making, [it.kind for it in foreseen.drafted])
        found |= await _written(connection, context, reference, foreseen.drafted)
    return [found[position] for position in range(len(sent))]


async def _found(
    connection: Connection, context: Context, reference: Reference, sent: Sequence[Sent], *, keeps: bool = False
) -> Making:
    """The customers. If it `keeps` them, they do not change until the transaction ends."""
    numbers = list(dict.fromkeys(it.changes["customer_number"] for it in sent))
    ids = dict(zip(numbers, await find_customer_ids(connection, context.company_id, numbers), strict=True))
    known = sorted({customer_id for customer_id in ids.values() if customer_id is not None})
    if keeps:
        await locks.take(connection, context, reference, locks.Needs(customers=known))
    debtors = {it.customer_id: it for it in await find_debtors(connection, context.company_id, known)}
    return Making(reference, reference.today(context.now), ids, debtors)


async def _loaded(connection: Connection, context: Context, reference: Reference, sent: Sequence[Sent]) -> Making:
    """Everything, held as it is until the transaction ends."""
    making = await _found(connection, context, reference, sent, keeps=True)
    if making.checked:
        await _lock(connection, context, making, [it.kind for it in sent])
        await _load_credit(connection, context, making)
    await _load_prices(connection, context, making, sent)
    return making


async def _still_stands(connection: Connection, context: Context, reference: Reference, foreseen: Foreseen) -> bool:
    """Whether all is still as it was foreseen. The customers are kept so until the transaction ends."""
    debtors = foreseen.making.debtors
    await locks.take(connection, context, reference, locks.Needs(customers=sorted(debtors)))
    versions = await find_versions(connection, context.company_id, list(debtors))
    stand = {customer_id: debtor.version for customer_id, debtor in debtors.items()}
    return (reference.version, versions) == (foreseen.making.reference.version, stand)


async def _load_credit(connection: Connection, context: Context, making: Making) -> None:
    """What customers owe whose credit is checked, under its lock, so that two documents cannot both pass."""
    checked = making.checked
    for customer_id, balance in (await find_balances(connection, context.company_id, checked)).items():
        debtor = making.debtors[customer_id]
        making.debtors[customer_id] = replace(debtor, balance=balance.balance, unreleased=balance.unreleased)
    making.earliest_due_dates = await store.find_earliest_due_dates(connection, context.company_id, checked)


async def _load_prices(connection: Connection, context: Context, making: Making, sent: Sequence[Sent]) -> None:
    exchanges = {making.exchange(it.wanted, debtor) for it in sent if (debtor := making.debtor_of(it)) is not None}
    foreign = [it for it in exchanges if it.currency_id != making.reference.base_currency]
    making.rates = await store.find_rates(connection, context.company_id, foreign)
    numbers = list(dict.fromkeys(number for it in sent for number in it.wanted.item_numbers))
    if not numbers:
        return
    making.items, priced = await store.find_items(connection, context.company_id, numbers)
    offered = {number for number, item in making.items.items() if item.item_id in priced}
    wanted: dict[Buying, list[str]] = {}
    for it in sent if offered else ():
        debtor = making.debtor_of(it)
        named = [number for number in it.wanted.item_numbers if number.lower() in offered]
        if debtor is not None and named:
            wanted.setdefault(making.buying(it.wanted, debtor), []).extend(named)
    making.offers = await store.find_offers(connection, context.company_id, wanted)


async def _lock(connection: Connection, context: Context, making: Making, kinds: Collection[Kind]) -> None:
    """All that writing documents of these kinds moves, in the order of kinds."""
    types = {kind.document_type for kind in kinds}
    needs = locks.Needs(
        series=[kind.series[0] for document_type, kind in KINDS.items() if document_type in types],
        balances=[it.number for it in making.debtors.values()],
        tallies=sorted(types),
    )
    await locks.take(connection, context, making.reference, needs)
    making.is_locked = True


async def _written(
    connection: Connection, context: Context, reference: Reference, drafted: Sequence[Decided]
) -> dict[int, Saved | Refusal]:
    """What was written, by position. Those of one kind and range are one statement."""
    groups: dict[tuple[str, tuple[str, int]], list[Decided]] = {}
    for it in drafted:
        groups.setdefault((it.kind.document_type, it.numbering), []).append(it)
    found: dict[int, Saved | Refusal] = {}
    for (document_type, numbering), group in groups.items():
        kind = KINDS[document_type]
        written = await insert_drafts(
            connection,
            context,
            document_type,
            [it.draft for it in group],
            sign=kind.balance_sign,
            numbering=numbering,
            reference_layout=reference_layout(kind, reference.preferences.payment_reference),
        )
        found |= {it.position: Saved(made.number, made.version) for it, made in zip(group, written, strict=True)}
    return found
