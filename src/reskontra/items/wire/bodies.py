"""The bodies in which items are sent."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from reskontra.accounts.wire.named import Segments
from reskontra.items.rules.items import AlternateType, ItemStatus
from reskontra.operations import LineOperation
from reskontra.web.wire import (
    UNSET,
    Body,
    Flag,
    OneOf,
    Quantity,
    Sent,
    Text30,
    Text40,
    Text255,
    Text32000,
    UnitPrice,
    UnsetType,
    sent,
)


class AnyItemType(StrEnum):
    """All types that the wire knows. Stock types are refused with their own sentence."""

    NON_STOCK = "NonStockItem"
    LABOR = "LaborItem"
    SERVICE = "ServiceItem"
    CHARGE = "ChargeItem"
    EXPENSE = "ExpenseItem"
    FINISHED_GOOD = "FinishedGoodItem"
    COMPONENT_PART = "ComponentPartItem"
    SUBASSEMBLY = "SubassemblyItem"


class MultDiv(StrEnum):
    """How a unit is converted."""

    MULTIPLY = "Multiply"
    DIVIDE = "Divide"


# What a body may hold


class AttributeUpdate(Body):
    """A value of an attribute; null or "" removes it."""

    attribute_id: Sent[Text30] = UNSET
    value: Sent[Text255] = sent("attributeValue")


class PackagingUpdate(Body):
    """Weight and volume of one base unit."""

    weight: Sent[Quantity] = sent("baseItemWeight")
    weight_unit: Sent[Text30] = sent("weightUOM")
    volume: Sent[Quantity] = sent("baseItemVolume")
    volume_unit: Sent[Text30] = sent("volumeUOM")


class IntrastatUpdate(Body):
    """What trade statistics ask; stored and echoed."""

    commodity_code: Sent[Text30] = sent("cN8")
    country_id: Sent[Text30] = sent("countryOfOrigin")
    supplementary_unit: Sent[Text40] = sent("supplementaryMeasureUnit")


class CrossReferenceUpdate(Body):
    """Another number of the item."""

    operation: OneOf[LineOperation] | UnsetType | None = UNSET
    alternate_type: Sent[OneOf[AlternateType]] = UNSET
    party: Sent[Text30] = sent("bAccount")
    alternate_id: Sent[Text255] = sent("alternateID")
    description: Sent[Text255] = UNSET
    unit_id: Sent[Text30] = sent("uom")


class ItemUpdate(Body):
    """An item; what is absent stays as it is, or comes from the item class."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"item_number", "description"})

    item_number: Sent[Text30] = sent("inventoryNumber")
    status: Sent[OneOf[ItemStatus]] = UNSET
    item_type: Sent[OneOf[AnyItemType]] = sent("type")
    description: Sent[Text255] = UNSET
    body: Sent[Text32000] = UNSET
    item_class_id: Sent[Text30] = sent("itemClass")
    posting_class_id: Sent[Text30] = sent("postingClass")
    vat_category_id: Sent[Text30] = sent("vatCode")
    unit_price: Sent[UnitPrice] = sent("defaultPrice")
    unit_id: Sent[Text30] = sent("baseUnit")
    sales_unit_id: Sent[Text30] = sent("salesUnit")
    purchase_unit_id: Sent[Text30] = sent("purchaseUnit")
    expense_accrual_account: Sent[Text30] = UNSET
    inventory_account: Sent[Text30] = UNSET
    expense_account: Sent[Text30] = UNSET
    cogs_account: Sent[Text30] = UNSET
    expense_non_taxable_account: Sent[Text30] = UNSET
    expense_eu_account: Sent[Text30] = UNSET
    expense_import_account: Sent[Text30] = UNSET
    expense_subaccount: Segments = UNSET
    cogs_subaccount: Segments = UNSET
    sales_account: Sent[Text30] = UNSET
    sales_non_taxable_account: Sent[Text30] = UNSET
    sales_eu_account: Sent[Text30] = UNSET
    sales_export_account: Sent[Text30] = UNSET
    sales_subaccount: Segments = UNSET
    attributes: list[AttributeUpdate] | UnsetType | None = sent("attributeLines")
    packaging: PackagingUpdate | UnsetType | None = UNSET
    intrastat: IntrastatUpdate | UnsetType | None = UNSET
    cross_references: list[CrossReferenceUpdate] | UnsetType | None = UNSET
    kit: Sent[Flag] = sent("kitItem")
    note: Sent[Text32000] = UNSET
