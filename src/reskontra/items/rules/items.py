"""Items, their classes and units. Items are sold here, not counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from reskontra.money import ZERO

NEVER = datetime.min.replace(tzinfo=UTC)
"""When a card that is not stored was made and changed."""


class ItemStatus(StrEnum):
    """Whether an item is in use, as the wire names it."""

    ACTIVE = "Active"
    NO_SALES = "NoSales"
    NO_PURCHASES = "NoPurchases"
    NO_REQUEST = "NoRequest"
    INACTIVE = "Inactive"
    MARKED_FOR_DELETION = "MarkedForDeletion"


SELLING = (ItemStatus.ACTIVE, ItemStatus.NO_PURCHASES, ItemStatus.NO_REQUEST)
"""The statuses in which a new line may name the item."""


SALES_ACCOUNTS = ("sales_non_taxable_account", "sales_eu_account", "sales_export_account")
"""The accounts of sales that are not taxable, by the kind of sale (decision 0023)."""


class ItemType(StrEnum):
    """What kind of thing an item is, as the wire names it. None of these is kept in stock (LIN-06)."""

    NON_STOCK = "NonStockItem"
    LABOR = "LaborItem"
    SERVICE = "ServiceItem"
    CHARGE = "ChargeItem"
    EXPENSE = "ExpenseItem"


class AlternateType(StrEnum):
    """Who uses another number for an item: a customer, a supplier, anyone, a scanner."""

    CUSTOMER = "CPN"
    SUPPLIER = "VPN"
    GLOBAL = "Global"
    BARCODE = "Barcode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item that a line may name. `unit_price` is in base currency, with 6 places.

    The accounts are those of taxable and other sales; without one of its own, a kind of sale goes to `sales_account`.
    """

    item_id: int
    item_number: str
    description: str
    unit_id: str
    unit_price: Decimal
    vat_category_id: str | None = None
    sales_account: str | None = None
    sales_non_taxable_account: str | None = None
    sales_eu_account: str | None = None
    sales_export_account: str | None = None
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
    """What a new item gets for fields that are not given."""

    item_class_id: str
    description: str
    item_type: ItemType = ItemType.NON_STOCK
    vat_category_id: str | None = None
    unit_id: str | None = None
    sales_account: str | None = None
    sales_non_taxable_account: str | None = None
    sales_eu_account: str | None = None
    sales_export_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossReference:
    """Another number of an item; `party` is the customer or supplier that uses it."""

    alternate_type: AlternateType
    alternate_id: str
    party: str | None = None
    description: str | None = None
    unit_id: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What identifies it among the item's other numbers."""
        return self.alternate_type, self.alternate_id.lower(), (self.party or "").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaging:
    """Weight and volume of one unit."""

    weight: Decimal | None = None
    weight_unit: str | None = None
    volume: Decimal | None = None
    volume_unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intrastat:
    """What statistics of trade within the European Union need to know about an item."""

    commodity_code: str | None = None
    country_id: str | None = None
    supplementary_unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDetail:
    """What is stored of an item besides its columns. Of it, only the sales accounts affect documents.

    `accounts` are account numbers by the field's name in our words; `attributes` values by attribute id.
    """

    accounts: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    cross_references: tuple[CrossReference, ...] = ()
    packaging: Packaging = Packaging()
    intrastat: Intrastat = Intrastat()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCard:
    """All that is stored of an item. A card that is not stored yet has id and version 0. Moments are in UTC."""

    item_id: int = 0
    item_number: str
    description: str
    item_type: ItemType = ItemType.NON_STOCK
    status: ItemStatus = ItemStatus.ACTIVE
    item_class_id: str | None = None
    unit_id: str
    unit_price: Decimal = ZERO
    vat_category_id: str | None = None
    sales_account: str | None = None
    sales_subaccount_id: int | None = None
    expense_subaccount_id: int | None = None
    cogs_subaccount_id: int | None = None
    deferral_code: str | None = None
    body: str | None = None
    note: str | None = None
    posting_class_id: str | None = None
    sales_unit_id: str | None = None
    purchase_unit_id: str | None = None
    kit: bool = False
    detail: ItemDetail = field(default_factory=ItemDetail)
    created_at: datetime = NEVER
    modified_at: datetime = NEVER
    version: int = 0
