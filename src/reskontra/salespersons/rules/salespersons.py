"""What a salesperson is. Customers own the assignments."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reskontra.money import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Salesperson:
    """Who sold; `commission_percent` is in percent."""

    salesperson_id: int
    salesperson_cd: str
    name: str
    active: bool = True
    commission_percent: Decimal = ZERO
    sales_subaccount_id: int | None = None
