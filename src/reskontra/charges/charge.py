"""What a run computes and makes, as records. Amounts are in the currency of the charge."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Self

from reskontra.records import Record, replace


class Stretch(Record, frozen=True, kw_only=True):
    """Days of one balance and one percent per year; both days are charged."""

    first_day: date
    last_day: date
    days: int
    balance: Decimal
    percent: Decimal


class LateDocument(Record, frozen=True, kw_only=True):
    """A document that was not paid in time, with the days that nobody charged yet.

    `computed` is the charge before minimum and threshold, `amount` after them: 0 if nothing is charged.
    `charged_until` is the last day that was charged before; None if none was. `waiting_correction` is the draft that is
    to replace the document, if there is one (CRR-04).
    """

    document_id: int
    document_type: str
    number: str
    charged_until: date | None
    waiting_correction: str | None
    computed: Decimal
    amount: Decimal
    stretches: tuple[Stretch, ...]

    @property
    def first_day(self) -> date:
        """The first day that is charged."""
        return self.stretches[0].first_day

    @property
    def last_day(self) -> date:
        """The last day that is charged."""
        return self.stretches[-1].last_day

    @property
    def days(self) -> int:
        """How many days are charged."""
        return sum(stretch.days for stretch in self.stretches)


class LateCustomer(Record, frozen=True, kw_only=True):
    """The late documents of a customer that belong on one charge, by due date."""

    customer_id: int
    currency_id: str
    documents: tuple[LateDocument, ...]


class MadeCharge(Record, frozen=True, kw_only=True):
    """A charge that the run made; `number` is None in a trial."""

    customer_number: str
    customer_name: str
    number: str | None
    currency_id: str
    amount: Decimal
    fee: Decimal
    documents: tuple[LateDocument, ...]

    def without_ids(self) -> Self:
        """The same as a trial reports it."""
        return replace(self, number=None)
