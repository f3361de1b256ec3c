"""Which dated reference data comes to its end: figures of the law, VAT rates, periods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

NOTICE = timedelta(days=45)
"""How long before its last day something is about to run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """Something whose newest row has an end that is near or past. `until` is its last day."""

    what: str
    until: date
    is_over: bool
    remedy: str

    @property
    def sentence(self) -> str:
        """What an operator is told."""
        return f"{self.what} {'ended' if self.is_over else 'ends'} on {self.until.isoformat()}: {self.remedy}"


def expiring(reference: Reference, today: date) -> list[Expiry]:
    """What has run out, or will within `NOTICE`, on a date where the company is (LAW-01)."""
    soon = today + NOTICE
    return [
        Expiry(what=what, until=until, is_over=until < today, remedy=remedy)
        for what, until, remedy in _ends(reference)
        if until <= soon
    ]


def _ends(reference: Reference) -> Iterator[tuple[str, date, str]]:
    newest = {rate.kind: rate for rate in reference.legal_rates}  # in the order of their start dates
    for kind, rate in newest.items():
        if rate.valid_until is not None:
            yield f"The newest legal rate {kind}", rate.valid_until, "look up the figure that follows and add it."
    for vat_id in reference.vat.values():
        last = max(vat_id.rates, key=lambda rate: rate.start_date, default=None)
        if last is not None and last.not_valid_after is not None:
            yield f"VAT id {vat_id.vat_id}", last.not_valid_after, "add a rate, or take the id out of its categories."
    if reference.ordinary_periods:
        last_day = reference.ordinary_periods[-1].end_date
        yield "The last financial period", last_day, "add periods: later documents are refused."
