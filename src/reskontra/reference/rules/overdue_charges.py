"""Codes of overdue charges, as a company file holds them (OVD-01, OCH-01)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from reskontra.money import ZERO

if TYPE_CHECKING:
    from reskontra.reference.rules.dunning_levels import LegalRate

COMPENSATION = "late_payment_compensation"
"""The kind of legal rate that is claimed from businesses only (OCH-12)."""


class Calculation(StrEnum):
    """Which balance a day is charged by (OVD-02)."""

    ON_BALANCE = "InterestOnBalance"
    PRORATED = "InterestOnProratedBalance"
    ON_ARREARS = "InterestOnArrears"


class Charging(StrEnum):
    """How much is charged for a document (OVD-04)."""

    FIXED = "Fixed"
    WITH_MINIMUM = "PercentWithMinimum"
    WITH_THRESHOLD = "PercentWithThreshold"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRate:
    """Percent per year from `start_date` until the next row."""

    start_date: date
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueCharge:
    """How customers of a class or a statement cycle are charged for paying late.

    `amount`, `minimum` and `threshold` count for each overdue document, `total_threshold` for the charge without its
    fee, of which it has one. They are in the charge's currency: that of the documents, or base currency. Percents are
    `rates` or the legal figures of the kind `legal`; the fee is `fee_amount` or the legal figure `fee_legal`.
    """

    overdue_charge_id: str
    description: str
    calculation: Calculation
    charging: Charging
    terms_id: str
    charge_account: str
    vat_category_id: str | None = None
    amount: Decimal = ZERO
    minimum: Decimal = ZERO
    threshold: Decimal = ZERO
    total_threshold: Decimal = ZERO
    legal: str | None = None
    in_base_currency: bool = False
    fee_amount: Decimal = ZERO
    fee_legal: str | None = None
    fee_account: str | None = None
    fee_description: str | None = None
    rates: tuple[ChargeRate, ...] = ()

    def percents(self, legal_rates: Sequence[LegalRate]) -> Sequence[ChargeRate]:
        """The dated percents: its own, or those of the law."""
        if self.legal is None:
            return self.rates
        return [ChargeRate(start_date=it.start_date, percent=it.amount) for it in legal_rates if it.kind == self.legal]
