"""Creating many drafts at once: everything they depend on is loaded together, and they are written together.

Each is decided by the same rules as alone, in the order sent, and gets the number that it would get alone. The caller
gives the transaction. A document for which more has to be loaded goes its own way (`sent_alike`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reskontra.customers.store.finding import find_customer_ids
from reskontra.customers.store.for_charges import find_debtors
from reskontra.customers.store.for_receivables import find_balances
from reskontra.documents.commands.drafting import decided, range_of
from reskontra.documents.commands.preparing import owing, wanted_by
from reskontra.documents.document import Basis, Document
from reskontra.documents.many import store
from reskontra.documents.many.store import Buying, Exchange
from reskontra.documents.rules.payment_references import reference_layout
from reskontra.documents.store.drafting import Draft, insert_drafts
from reskontra.documents.wire.rendering import lines_text, vat_text
from reskontra.errors import Refusal
from reskontra.kinds import KINDS, Kind
from reskontra.numbering.rules import check_sent_document_number
from reskontra.operations import supplied
from reskontra.receivables.commands import locks
from reskontra.records import replace
from reskontra.reference.rules.classes import CreditVerification
from reskontra.reference.store import remembered
from reskontra.versions import Saved

if TYPE_CHECKING:
    from datetime import date

    from reskontra.clock import Context
    from reskontra.currencies.rules import Rate
    from reskontra.customers.customer import Debtor
    from reskontra.db.pool import Connection
    from reskontra.documents.store.loading import Wanted
    from reskontra.items.rules.items import Item
    from reskontra.prices.rules import Offer
    from reskontra.reference.reference import Reference

_LOADED_ALONE = ("number", "child_customer_number", "contact_id", "location_cd", "corrects", "application_lines")
_BREATH = 20
"""So many documents are decided before others have their turn in this process."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent for a new document, without what says nothing."""

    kind: Kind
    changes: Mapping[str, Any]
    wanted: Wanted


def sent_alike(kind: Kind, changes: Mapping[str, Any]) -> Sent | None:
    """What was sent, if it may be created with others; None if something has to be loaded for it alone."""
    said = supplied(changes, but=("salesperson",))
    if not said.get("customer_number") or any(said.get(name) is not None for name in _LOADED_ALONE):
        return None
    return Sent(kind, said, wanted_by(said))


async def create_many(connection: Connection, context: Context, sent: Sequence[Sent]) -> list[Saved | Refusal]:
    """New drafts, or why one is refused, each in its place. Raises `Refusal` if they cannot be written together."""
    making = await _prepared(connection, context, sent)
    found: dict[int, Saved | Refusal] = {}
    drafted: list[_Decided] = []
    for position, it in enumerate(sent):
        if position % _BREATH == 0:
            await asyncio.sleep(0)
        try:
            drafted.append(making.decided(context, position, it))
        except Refusal as refusal:
            found[position] = refusal
    if drafted:
        if not making.is_locked:
            await _lock(connection, context, making, [it.kind for it in drafted])
        found |= await _written(connection, context, making.reference, drafted)
    return [found[position] for position in range(len(sent))]


@dataclass(frozen=True, slots=True)
class _Decided:
    """A document and where it was sent; `numbering` is the range (series id, range id) that numbers it."""

    position: int
    kind: Kind
    draft: Draft
    numbering: tuple[str, int]


@dataclass(slots=True)
class _Making:
    """What was loaded for all that was sent."""

    reference: Reference
    today: date
    customer_ids: Mapping[str, int | None]
    """By number as it was sent."""

    debtors: dict[int, Debtor]
    """By id. What one has unreleased grows with each document."""

    is_locked: bool = False
    """Whether all that writing moves is locked already, as it must be where credit is checked."""

    earliest_due_dates: Mapping[int, date] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    offers: Mapping[Buying, Mapping[int, Sequence[Offer]]] = field(default_factory=dict)
    rates: Mapping[Exchange, Rate | None] = field(default_factory=dict)

    @property
    def checked(self) -> list[int]:
        """The customers whose credit is checked."""
        if not self.reference.preferences.credit_check.enabled:
            return []
        return [it.customer_id for it in self.debtors.values() if _is_checked(it)]

    def debtor_of(self, sent: Sent) -> Debtor | None:
        """Who is to owe a document."""
        customer_id = self.customer_ids.get(sent.changes["customer_number"])
        return None if customer_id is None else self.debtors.get(customer_id)

    def buying(self, wanted: Wanted, debtor: Debtor) -> Buying:
        """What the offers for a document depend on."""
        currency_id = wanted.currency_id or debtor.currency_id
        return Buying(debtor.customer_id, debtor.price_class_id, currency_id, wanted.document_date or self.today)

    def exchange(self, wanted: Wanted, debtor: Debtor) -> Exchange:
        """What the rate of a document depends on."""
        rate_type = debtor.rate_type or self.reference.preferences.default_rate_type or "SPOT"
        return Exchange(wanted.currency_id or debtor.currency_id, rate_type, wanted.document_date or self.today)

    def decided(self, context: Context, position: int, sent: Sent) -> _Decided:
        """The document at a position. Raises `Refusal`."""
        kind, changes, reference = sent.kind, sent.changes, self.reference
        debtor = owing(self.debtor_of(sent), changes)
        basis = Basis(
            reference=reference,
            debtor=debtor,
            child=None,
            contact=None,
            items=self.items,
            offers=self.offers.get(self.buying(sent.wanted, debtor), {}),
            table_rate=self.rates.get(self.exchange(sent.wanted, debtor)),
            today=self.today,
            earliest_due_date=self.earliest_due_dates.get(debtor.customer_id),
            branch_number=context.branch_number,
        )
        document = decided(context, kind, changes, basis)
        key = kind.series[0]
        check_sent_document_number(
            reference.series_of(key), None, bool(changes.get("override_number_series")), ("number",)
        )
        numbering = range_of(document, reference, key)
        if self.is_locked and _is_checked(debtor):
            unreleased = debtor.unreleased + document.amount_base * kind.balance_sign
            self.debtors[debtor.customer_id] = replace(debtor, unreleased=unreleased)
        return _Decided(position, kind, _draft(document, debtor, reference), numbering)


def _is_checked(debtor: Debtor) -> bool:
    return debtor.credit_verification != CreditVerification.DISABLED


def _draft(document: Document, debtor: Debtor, reference: Reference) -> Draft:
    return Draft(
        document=document,
        customer_number=debtor.number,
        lines_text=lines_text(document, reference),
        vat_text=vat_text(document, reference),
    )


async def _prepared(connection: Connection, context: Context, sent: Sequence[Sent]) -> _Making:
    """Everything loaded, and held as it is until the transaction ends."""
    company_id = context.company_id
    reference = await remembered.held(connection, company_id)
    numbers = list(dict.fromkeys(it.changes["customer_number"] for it in sent))
    ids = dict(zip(numbers, await find_customer_ids(connection, company_id, numbers), strict=True))
    known = sorted({customer_id for customer_id in ids.values() if customer_id is not None})
    await locks.take(connection, context, reference, locks.Needs(customers=known))
    debtors = {it.customer_id: it for it in await find_debtors(connection, company_id, known)}
    making = _Making(reference, reference.today(context.now), ids, debtors)
    if making.checked:
        await _lock(connection, context, making, [it.kind for it in sent])
        await _load_credit(connection, context, making)
    await _load_prices(connection, context, making, sent)
    exchanges = {making.exchange(it.wanted, debtor) for it in sent if (debtor := making.debtor_of(it)) is not None}
    foreign = [it for it in exchanges if it.currency_id != reference.base_currency]
    making.rates = await store.find_rates(connection, company_id, foreign)
    return making


async def _load_credit(connection: Connection, context: Context, making: _Making) -> None:
    """What customers owe whose credit is checked, under its lock: two bulks must not both pass."""
    checked = making.checked
    for customer_id, balance in (await find_balances(connection, context.company_id, checked)).items():
        debtor = making.debtors[customer_id]
        making.debtors[customer_id] = replace(debtor, balance=balance.balance, unreleased=balance.unreleased)
    making.earliest_due_dates = await store.find_earliest_due_dates(connection, context.company_id, checked)


async def _load_prices(connection: Connection, context: Context, making: _Making, sent: Sequence[Sent]) -> None:
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


async def _lock(connection: Connection, context: Context, making: _Making, kinds: Collection[Kind]) -> None:
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
    connection: Connection, context: Context, reference: Reference, drafted: Sequence[_Decided]
) -> dict[int, Saved | Refusal]:
    """What was written, by position. Those of one kind and range are one statement."""
    groups: dict[tuple[str, tuple[str, int]], list[_Decided]] = {}
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
