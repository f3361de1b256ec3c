"""Items, their classes and units, as documents need to know them. Not stock: items are sold here, not counted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item that a line may name. `unit_price` is in base currency, with 6 places."""

    item_id: int
    item_number: str
    description: str
    unit_id: str
    unit_price: Decimal
    vat_category_id: str | None = None
    sales_account: str | None = None
    sales_subaccount_id: int | None = None
    deferral_code: str | None = None
    item_class_id: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit of measure."""

    unit_id: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemClass:
    """What a new item gets for each field that is not given."""

    item_class_id: str
    description: str
    vat_category_id: str | None = None
    unit_id: str | None = None
    sales_account: str | None = None
