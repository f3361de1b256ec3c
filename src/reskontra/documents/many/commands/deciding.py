"""Deciding about many new documents, by the same rules as about one, in the order sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reskontra.documents.commands.drafting import decided, range_of
from reskontra.documents.commands.preparing import owing, wanted_by
from reskontra.documents.document import Basis, Document
from reskontra.documents.many.store import Buying, Exchange
from reskontra.documents.store.drafting import Draft
from reskontra.documents.wire.rendering import lines_text, vat_text
from reskontra.errors import Refusal
from reskontra.kinds import Kind
from reskontra.numbering.rules import check_sent_document_number
from reskontra.operations import supplied
from reskontra.records import replace
from reskontra.reference.rules.classes import CreditVerification

if TYPE_CHECKING:
    from datetime import date

    from reskontra.clock import Context
    from reskontra.currencies.rules import Rate
    from reskontra.customers.customer import Debtor
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


async def decide(context: Context, making: Making, sent: Sequence[Sent]) -> Foreseen:
    """What is decided about all of it. Others have their turn in this process meanwhile."""
    drafted: list[Decided] = []
    refused: dict[int, Refusal] = {}
    for position, it in enumerate(sent):
        if position % _BREATH == 0:
            await asyncio.sleep(0)
        try:
            drafted.append(making.decided(context, position, it))
        except Refusal as refusal:
            refused[position] = refusal
    return Foreseen(making, drafted, refused)


@dataclass(frozen=True, slots=True)
class Decided:
    """A document and where it was sent; `numbering` is the range (series id, range id) that numbers it."""

    position: int
    kind: Kind
    draft: Draft
    numbering: tuple[str, int]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What was decided about all that was sent."""

    making: Making
    drafted: Sequence[Decided]
    refused: Mapping[int, Refusal]
    """By position."""


@dataclass(slots=True)
class Making:
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

    def decided(self, context: Context, position: int, sent: Sent) -> Decided:
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
        return Decided(position, kind, _draft(document, debtor, reference), numbering)


def _is_checked(debtor: Debtor) -> bool:
    return debtor.credit_verification != CreditVerification.DISABLED


def _draft(document: Document, debtor: Debtor, reference: Reference) -> Draft:
    return Draft(
        document=document,
        customer_number=debtor.number,
        lines_text=lines_text(document, reference),
        vat_text=vat_text(document, reference),
    )
