"""The answers about items, their classes and units."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from reskontra.accounts.wire.named import NamedAccount, NamedSubaccount, named_account_of, named_subaccount
from reskontra.items.rules.items import AlternateType, CrossReference, ItemCard, ItemClass, ItemStatus, Unit
from reskontra.items.wire.bodies import MultDiv
from reskontra.reference.reference import Reference
from reskontra.web.pairs import IdDescription
from reskontra.web.wire import (
    Answer,
    MomentOut,
    etag_of,
    field,
    local_text,
)

# What an answer shows


class ItemClassAnswer(Answer):
    """An item class."""

    item_type: str | None = field(name="type", default=None)
    item_class_id: str | None = field(name="id", default=None)
    description: str | None = None


class AccountsAnswer(Answer):
    """The accounts of an item."""

    expense_accrual_account: NamedAccount | None = None
    inventory_account: NamedAccount | None = None
    expense_account: NamedAccount | None = None
    cogs_account: NamedAccount | None = None
    expense_non_taxable_account: NamedAccount | None = None
    expense_eu_account: NamedAccount | None = None
    expense_import_account: NamedAccount | None = None
    expense_subaccount: NamedSubaccount | None = None
    cogs_subaccount: NamedSubaccount | None = None
    sales_account: NamedAccount | None = None
    sales_non_taxable_account: NamedAccount | None = None
    sales_eu_account: NamedAccount | None = None
    sales_export_account: NamedAccount | None = None
    sales_subaccount: NamedSubaccount | None = None


class PartyAnswer(Answer):
    """Who uses another number of an item."""

    number: str | None = None


class CrossReferenceAnswer(Answer):
    """Another number of an item."""

    alternate_type: AlternateType | None = None
    party: PartyAnswer | None = field(name="bAccount", default=None)
    alternate_id: str | None = field(name="alternateID", default=None)
    description: str | None = None
    unit_id: str | None = field(name="uom", default=None)


class AttributeAnswer(Answer):
    """A value of an attribute."""

    attribute_id: str | None = field(name="id", default=None)
    value: str | None = None
    description: str | None = None


class PackagingAnswer(Answer):
    """Weight and volume of one base unit."""

    weight: Decimal | None = field(name="baseItemWeight", default=None)
    weight_unit: str | None = field(name="weightUOM", default=None)
    volume: Decimal | None = field(name="baseItemVolume", default=None)
    volume_unit: str | None = field(name="volumeUOM", default=None)


class IntrastatAnswer(Answer):
    """What trade statistics ask."""

    commodity_code: str | None = field(name="cN8", default=None)
    country_id: str | None = field(name="countryOfOrigin", default=None)
    supplementary_unit: str | None = field(name="supplementaryMeasureUnit", default=None)


class ItemAnswer(Answer):
    """An item. There is nothing here about stock, purchases or price lists."""

    item_id: int | None = field(name="inventoryId", default=None)
    item_number: str | None = field(name="inventoryNumber", default=None)
    status: ItemStatus | None = None
    item_type: str | None = field(name="type", default=None)
    description: str | None = None
    body: str | None = None
    item_class: ItemClassAnswer | None = None
    posting_class: IdDescription | None = None
    vat_category: IdDescription | None = field(name="vatCode", default=None)
    unit_price: Decimal | None = field(name="defaultPrice", default=None)
    modified_at: MomentOut | None = field(name="lastModifiedDateTime", default=None)
    unit_id: str | None = field(name="baseUnit", default=None)
    sales_unit_id: str | None = field(name="salesUnit", default=None)
    purchase_unit_id: str | None = field(name="purchaseUnit", default=None)
    is_stock: bool | None = field(name="stockItem", default=None)
    kit: bool | None = field(name="kitItem", default=None)
    accounts: AccountsAnswer | None = field(name="accountInformation", default=None)
    cross_references: list[CrossReferenceAnswer] | None = None
    attributes: list[AttributeAnswer] | None = None
    packaging: PackagingAnswer | None = None
    intrastat: IntrastatAnswer | None = None
    note: str | None = None
    time_stamp: str | None = field(name="timestamp", default=None)


class UnitAnswer(Answer):
    """A unit of measure, as the conversion to itself: there are no other conversions."""

    from_unit: str | None = None
    to_unit: str | None = None
    operator: MultDiv | None = field(name="unitMultDiv", default=None)
    rate: Decimal | None = field(name="unitRate", default=None)
    supplementary_unit: str | None = field(name="supplementaryMeasureUnit", default=None)


@dataclass(frozen=True, slots=True)
class Expand:
    """The parts of an item that a list shows only when asked; one item shows them all (W10)."""

    accounts: bool = True
    attributes: bool = True
    cross_references: bool = True
    note: bool = True


def item_answer(card: ItemCard, reference: Reference, expand: Expand | None = None) -> ItemAnswer:
    """What the wire shows of an item."""
    expand = expand or Expand()
    detail = card.detail
    item_class = reference.item_classes.get(card.item_class_id or "")
    category = reference.vat_categories.get(card.vat_category_id or "")
    return ItemAnswer(
        item_id=card.item_id,
        item_number=card.item_number,
        status=card.status,
        item_type=card.item_type,
        description=card.description,
        body=card.body,
        item_class=item_class_answer(item_class) if item_class else None,
        posting_class=IdDescription(id=card.posting_class_id) if card.posting_class_id else None,
        vat_category=IdDescription(id=category.category_id, description=category.description) if category else None,
        unit_price=card.unit_price,
        modified_at=local_text(card.modified_at, reference.zone),
        unit_id=card.unit_id,
        sales_unit_id=card.sales_unit_id or card.unit_id,
        purchase_unit_id=card.purchase_unit_id or card.unit_id,
        is_stock=False,
        kit=card.kit,
        accounts=_accounts(card, reference) if expand.accounts else None,
        cross_references=[_cross_reference(it) for it in detail.cross_references] if expand.cross_references else None,
        attributes=_attributes(card, reference) if expand.attributes else None,
        packaging=PackagingAnswer(
            weight=detail.packaging.weight,
            weight_unit=detail.packaging.weight_unit,
            volume=detail.packaging.volume,
            volume_unit=detail.packaging.volume_unit,
        ),
        intrastat=IntrastatAnswer(
            commodity_code=detail.intrastat.commodity_code,
            country_id=detail.intrastat.country_id,
            supplementary_unit=detail.intrastat.supplementary_unit,
        ),
        note=card.note if expand.note else None,
        time_stamp=etag_of(card.version),
    )


def item_class_answer(item_class: ItemClass) -> ItemClassAnswer:
    """What the wire shows of an item class."""
    return ItemClassAnswer(
        item_type=item_class.item_type, item_class_id=item_class.item_class_id, description=item_class.description
    )


def unit_answer(unit: Unit) -> UnitAnswer:
    """What the wire shows of a unit."""
    return UnitAnswer(
        from_unit=unit.unit_id,
        to_unit=unit.unit_id,
        operator=MultDiv.MULTIPLY,
        rate=Decimal("1.000000"),
        supplementary_unit="None",
    )


def _accounts(card: ItemCard, reference: Reference) -> AccountsAnswer:
    numbers = {**card.detail.accounts, "sales_account": card.sales_account}
    subaccounts = {
        "sales_subaccount": card.sales_subaccount_id,
        "expense_subaccount": card.expense_subaccount_id,
        "cogs_subaccount": card.cogs_subaccount_id,
    }
    answer = AccountsAnswer()
    for name, number in numbers.items():
        setattr(answer, name, named_account_of(reference.accounts, number))
    for name, subaccount_id in subaccounts.items():
        setattr(answer, name, _subaccount(subaccount_id, reference))
    return answer


def _subaccount(subaccount_id: int | None, reference: Reference) -> NamedSubaccount | None:
    return None if subaccount_id is None else named_subaccount(reference.subaccounts[subaccount_id])


def _cross_reference(cross_reference: CrossReference) -> CrossReferenceAnswer:
    return CrossReferenceAnswer(
        alternate_type=cross_reference.alternate_type,
        party=PartyAnswer(number=cross_reference.party) if cross_reference.party else None,
        alternate_id=cross_reference.alternate_id,
        description=cross_reference.description,
        unit_id=cross_reference.unit_id,
    )


def _attributes(card: ItemCard, reference: Reference) -> list[AttributeAnswer]:
    return [
        AttributeAnswer(
            attribute_id=attribute_id, value=value, description=reference.attributes[attribute_id].description
        )
        for attribute_id, value in card.detail.attributes.items()
        if attribute_id in reference.attributes
    ]
