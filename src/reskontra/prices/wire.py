"""How sales prices are sent and shown (PRC-07)."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from reskontra.prices.rules import PriceType, SalesPrice
from reskontra.reference.reference import Reference
from reskontra.web.wire import (
    UNSET,
    Answer,
    Body,
    Day,
    DayOut,
    Flag,
    MomentOut,
    OneOf,
    Quantity,
    Sent,
    Text30,
    UnitPrice,
    day_answer,
    etag_of,
    field,
    local_text,
    sent,
)

_SIX_PLACES = Decimal("0.000001")


class AskedPriceType(StrEnum):
    """The types that a list may be asked for."""

    ALL = "All"
    BASE = "Base"
    CUSTOMER = "Customer"
    PRICE_CLASS = "CustomerPriceClass"


class SalesPriceUpdate(Body):
    """A sales price; what is absent stays as it is."""

    needed_in_post: ClassVar[frozenset[str]] = frozenset({"item_number", "price"})

    price_type: Sent[OneOf[PriceType]] = UNSET
    price_code: Sent[Text30] = UNSET
    item_number: Sent[Text30] = sent("inventoryId")
    unit_id: Sent[Text30] = sent("uoM")
    promotion: Sent[Flag] = UNSET
    break_quantity: Sent[Quantity] = sent("breakQty")
    price: Sent[UnitPrice] = UNSET
    currency_id: Sent[Text30] = sent("currency")
    vat_id: Sent[Text30] = sent("vat")
    effective_date: Sent[Day] = UNSET
    expiration_date: Sent[Day] = UNSET
    warehouse: Sent[Text30] = UNSET


class SalesPriceAnswer(Answer, kw_only=True):
    """A sales price as GET shows it."""

    price_id: int = field(name="recordId")
    price_type: PriceType
    price_code: str | None = None
    item_number: str = field(name="inventoryId")
    description: str
    unit_id: str = field(name="uoM")
    promotion: bool
    break_quantity: Decimal = field(name="breakQty")
    price: Decimal
    currency_id: str = field(name="currency")
    vat_id: str | None = field(name="vat", default=None)
    effective_date: DayOut | None = None
    expiration_date: DayOut | None = None
    modified_at: MomentOut | None = field(name="lastModifiedDateTime", default=None)
    warehouse: str | None = None
    version: str = field(name="timeStamp")


def sales_price_answer(price: SalesPrice, reference: Reference) -> SalesPriceAnswer:
    """A stored price for the wire; moments in the company's zone."""
    return SalesPriceAnswer(
        price_id=price.price_id,
        price_type=price.price_type,
        price_code=price.customer_number or price.price_class_id,
        item_number=price.item_number,
        description=price.description,
        unit_id=price.unit_id,
        promotion=price.promotion,
        break_quantity=price.break_quantity.quantize(_SIX_PLACES),
        price=price.price.quantize(_SIX_PLACES),
        currency_id=price.currency_id,
        vat_id=price.vat_id,
        effective_date=day_answer(price.effective_date),
        expiration_date=day_answer(price.expiration_date),
        modified_at=local_text(price.modified_at, reference.zone) if price.modified_at else None,
        warehouse=price.warehouse,
        version=etag_of(price.version),
    )
