"""What is owed by its age: the parts of a bar, the documents behind each, and what it shows in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from reskontra.pages.api import segment
from reskontra.pages.document_kinds import CREDITS, DEBITS
from reskontra.pages.documents import Sums
from reskontra.pages.screen import ROOT, Screen


class Bucket(msgspec.Struct, rename="camel"):
    """An amount that has been due for so many days; the first is not due yet."""

    amount: Decimal
    from_days: int | None = None
    to_days: int | None = None


@dataclass(frozen=True, slots=True)
class Ages:
    """What is owed by age, without open credits, which stand by themselves: an amount below zero, or zero."""

    buckets: Sequence[Bucket]
    addresses: Sequence[str]
    """Of the documents behind each part."""

    credits: Decimal
    credits_address: str
    finding: str

    @property
    def owed(self) -> Decimal:
        """All parts together."""
        return sum((it.amount for it in self.buckets), Decimal(0))


async def open_credits(screen: Screen, customer: str | None = None) -> Decimal:
    """The open credits of a customer, or of all, in base currency: below zero, or zero."""
    asked = {"documentType": CREDITS, "open": True, "customer": customer}
    return (await screen.api.get(Sums, "/v1/reskontra/documentSum", **asked)).balance


def ages_of(screen: Screen, buckets: Sequence[Bucket], credit: Decimal, customer: str | None = None) -> Ages:
    """Today's buckets of the API, whose first holds the credits too, as parts of what is owed."""
    first = Bucket(buckets[0].amount - credit, buckets[0].from_days, buckets[0].to_days)
    parts = [first, *buckets[1:]]
    owed = sum((it.amount for it in parts), Decimal(0))
    late = owed - first.amount
    finding = screen.formats.say(
        "{late} of {owed} is overdue: {share} %.",
        late=screen.formats.amount(late),
        owed=screen.formats.amount(owed),
        share=round(late * 100 / owed) if owed > 0 else 0,
    )
    whose = f"&customer={segment(customer)}" if customer else ""
    return Ages(
        parts,
        [f"{screen.base}{ROOT}/documents?{_behind(it, screen.today)}&open=true{whose}" for it in parts],
        credit,
        f"{screen.base}{ROOT}/documents?type={CREDITS}&open=true{whose}",
        finding,
    )


def _behind(bucket: Bucket, day: date) -> str:
    """The filters of documents that are of an age on a day: debits by their due date."""
    words = [f"type={DEBITS}"]
    last = 0 if bucket.from_days is None else bucket.to_days
    if last is not None:
        words.append(f"fromDue={day - timedelta(days=last)}")
    if bucket.from_days is not None:
        words.append(f"toDue={day - timedelta(days=bucket.from_days)}")
    return "&".join(words)
