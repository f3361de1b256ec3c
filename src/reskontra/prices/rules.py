"""What a sales price is, how one is made from what was sent, and which one a line takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from reskontra.codes import kept_or
from reskontra.errors import Refused, UnknownReference
from reskontra.money import ZERO
from reskontra.records import Record, replace

if TYPE_CHECKING:
    from reskontra.items.rules.items import Item
    from reskontra.reference.reference import Reference

Sent = Mapping[str, Any]


class PriceType(StrEnum):
    """For whom a price is, as the wire names it."""

    BASE = "Base"
    CUSTOMER = "Customer"
    PRICE_CLASS = "CustomerPriceClass"


_RANK = {PriceType.BASE: 0, PriceType.PRICE_CLASS: 1, PriceType.CUSTOMER: 2}


class Offer(Record, frozen=True, kw_only=True):
    """A price as a line sees it: of an item in one unit and currency, from a quantity of that unit on."""

    price_id: int = 0
    price_type: PriceType = PriceType.BASE
    item_id: int = 0
    unit_id: str = ""
    promotion: bool = False
    break_quantity: Decimal = ZERO
    price: Decimal = ZERO
    """For one unit, with 6 places."""

    effective_date: date | None = None
    """The first day; None is always."""


class SalesPrice(Offer, frozen=True, kw_only=True):
    """All that is stored of a price (PRC-01). One that is not stored yet has id and version 0; moments are in UTC."""

    customer_id: int | None = None
    price_class_id: str | None = None
    customer_number: str | None = None
    item_number: str = ""
    description: str = ""
    """The item's."""

    currency_id: str = ""
    vat_id: str | None = None
    """Stored and shown; VAT follows from the line."""

    expiration_date: date | None = None
    """The last day; None is never."""

    warehouse: str | None = None
    """A price of a warehouse is stored and shown, but no line takes it: documents have no warehouse."""

    modified_at: datetime | None = None
    version: int = 0


def best_offer(offers: Iterable[Offer], quantity: Decimal, unit_id: str | None, item: Item) -> Offer | None:
    """The offer that a line of `item` takes, of those in force for its customer in its currency (PRC-03 to PRC-05).

    The more specific type wins even when it is dearer. An offer in another unit than the line's counts if that is the
    item's own; a unit has no factor here, so one is worth the other.
    """
    reached = [
        offer
        for offer in offers
        if offer.break_quantity <= abs(quantity) and offer.unit_id in (unit_id or item.unit_id, item.unit_id)
    ]
    return max(
        reached,
        key=lambda offer: (
            _RANK[offer.price_type],
            offer.promotion,
            offer.unit_id == unit_id,
            offer.break_quantity,
            offer.effective_date or date.min,
            offer.price_id,
        ),
        default=None,
    )


def new_price(sent: Sent, item: Item | None, customer: tuple[int, str] | None, reference: Reference) -> SalesPrice:
    """A price without id from what was sent; `item` and `customer` (id, number) are those that it names."""
    if sent.get("price") is None:
        raise Refused("A sales price needs its figure.", field=("price",), hint="Send a number, 0 or more.")
    if not sent.get("item_number"):
        raise Refused("A sales price needs an item.", field=("item_number",), hint="Send the number of an item.")
    return _with_sent(SalesPrice(currency_id=reference.base_currency), sent, item, customer, reference)


def changed_price(
    stored: SalesPrice, sent: Sent, item: Item | None, customer: tuple[int, str] | None, reference: Reference
) -> SalesPrice:
    """`stored` with what was sent; equal to it if nothing changes."""
    return _with_sent(stored, sent, item, customer, reference)


def _type_after(stored: SalesPrice | None, sent: Sent) -> PriceType:
    return sent.get("price_type") or (stored.price_type if stored else PriceType.BASE)


def _with_sent(
    price: SalesPrice, sent: Sent, item: Item | None, customer: tuple[int, str] | None, reference: Reference
) -> SalesPrice:
    values: dict[str, Any] = _of_item(price, sent, item, reference) | _of_buyer(price, sent, customer)
    for name in ("price", "break_quantity"):
        if name in sent:
            values[name] = _not_negative(sent[name], name)
    if "promotion" in sent:
        values["promotion"] = bool(sent["promotion"])
    if "currency_id" in sent:
        values["currency_id"] = (
            kept_or(reference.currency_id, sent["currency_id"], price.currency_id, ("currency_id",))
            or reference.base_currency
        )
    for name in ("vat_id", "warehouse"):
        if name in sent:
            values[name] = sent[name] or None
    values |= {name: sent[name] for name in ("effective_date", "expiration_date") if name in sent}
    changed = replace(price, **values)
    _check_dates(changed)
    return changed


def _of_item(price: SalesPrice, sent: Sent, item: Item | None, reference: Reference) -> dict[str, Any]:
    values: dict[str, Any] = {}
    number = sent.get("item_number")
    if number:
        if item is None:
            hint = "Send the number of an existing item."
            raise UnknownReference(field=("item_number",), value=number, hint=hint)
        if item.item_id != price.item_id:
            values = {"item_id": item.item_id, "item_number": item.item_number, "description": item.description}
            values["unit_id"] = item.unit_id
    elif "item_number" in sent:
        raise Refused("A sales price needs an item.", field=("item_number",), hint="Send the number of an item.")
    if "unit_id" in sent:
        unit_id = kept_or(reference.unit_id, sent["unit_id"], price.unit_id or None, ("unit_id",))
        own = item.unit_id if item else price.unit_id
        values["unit_id"] = unit_id or own
    return values


def _of_buyer(price: SalesPrice, sent: Sent, customer: tuple[int, str] | None) -> dict[str, Any]:
    """For whom the price is: a code that was sent, else the one that stands if the type does."""
    wanted = _type_after(price if price.price_id else None, sent)
    if wanted is price.price_type and "price_code" not in sent and price.price_id:
        return {}
    code, field = (sent.get("price_code") or "").strip(), ("price_code",)
    nobody: dict[str, Any] = {
        "price_type": wanted, "customer_id": None, "customer_number": None, "price_class_id": None
    }  # fmt: skip
    if wanted is PriceType.BASE:
        if code:
            hint = "Leave it out, or send priceType Customer or CustomerPriceClass."
            raise Refused("A base price is for everybody and has no code.", field=field, value=code, hint=hint)
        return nobody
    if not code:
        needed = "the number of a customer" if wanted is PriceType.CUSTOMER else "the id of a price class"
        raise Refused(f"A price of this type needs {needed}.", field=field, hint="Send one, or priceType Base.")
    if wanted is PriceType.PRICE_CLASS:
        same = code.lower() == (price.price_class_id or "").lower()
        return nobody | {"price_class_id": price.price_class_id if same else code}
    if customer is None:
        raise UnknownReference(field=field, value=code, hint="Send the number of an existing customer.")
    return nobody | {"customer_id": customer[0], "customer_number": customer[1]}


def _not_negative(sent: Decimal | None, name: str) -> Decimal:
    if sent is None and name == "price":
        raise Refused("A sales price needs its figure.", field=(name,), hint="Send a number, 0 or more.")
    if sent is not None and sent < ZERO:
        what = "price" if name == "price" else "quantity that a price begins at"
        raise Refused(f"A {what} is not negative.", field=(name,), value=str(sent), hint="Send 0 or more.")
    return sent or ZERO


def _check_dates(price: SalesPrice) -> None:
    first, last = price.effective_date, price.expiration_date
    if first is not None and last is not None and last < first:
        raise Refused(
            f"The price ends on {last}, before it begins on {first}.",
            field=("expiration_date",),
            value=last,
            hint="Send a date that is not earlier.",
        )
    if price.promotion and (first is None or last is None):
        raise Refused(
            "A promotion has a first and a last day.",
            field=("effective_date",) if first is None else ("expiration_date",),
            hint="Send effectiveDate and expirationDate.",
        )
