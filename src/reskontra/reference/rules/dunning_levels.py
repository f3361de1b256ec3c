"""Dunning levels and the figures of the law by date, as a company file holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reskontra.money import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningLevel:
    """A level of reminding, reached `days_past_due` after the due date; `fee` is in base currency."""

    level: int
    description: str
    days_past_due: int
    days_to_settle: int
    fee: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalRate:
    """A legal figure from `start_date` until the next row of its kind, and its source (LAW-01)."""

    kind: str
    start_date: date
    amount: Decimal
    source: str
    valid_until: date | None = None
    """The last day that the source speaks of; None where it names none."""
