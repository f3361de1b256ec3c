"""Making an item's master data from class defaults and what was sent, and what is refused.

`sent` is a dict of what a body held, in our names: absent means unchanged, None means "clear it" (EDT-01).
What changes here applies to lines made from then on; existing lines keep what they took over (D2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra.attributes.rules import attribute_value
from reskontra.codes import kept_or
from reskontra.errors import FieldPath, Malformed, Refused, UnknownReference
from reskontra.items.rules.items import (
    SALES_ACCOUNTS,
    AlternateType,
    CrossReference,
    Intrastat,
    ItemCard,
    ItemClass,
    ItemDetail,
    ItemType,
)
from reskontra.money import ZERO
from reskontra.operations import LineOperation

if TYPE_CHECKING:
    from reskontra.reference.reference import Reference

Sent = Mapping[str, Any]

LONGEST_NUMBER = 30
STOCK_TYPES = ("FinishedGoodItem", "ComponentPartItem", "SubassemblyItem")

ACCOUNTS = (
    "expense_accrual_account",
    "inventory_account",
    "expense_account",
    "cogs_account",
    "expense_non_taxable_account",
    "expense_eu_account",
    "expense_import_account",
    *SALES_ACCOUNTS,
)
"""Accounts besides the one of taxable sales. Documents of a customer ledger post to those of sales only."""

_TEXTS = ("body", "note", "posting_class_id", "deferral_code")
_SUBACCOUNTS = ("sales_subaccount", "expense_subaccount", "cogs_subaccount")


def new_item(sent: Sent, reference: Reference) -> ItemCard:
    """An item without id: what was sent wins, its class gives the rest."""
    number = (sent.get("item_number") or "").strip()
    if not number or len(number) > LONGEST_NUMBER or not number.isprintable():
        raise Refused(
            "An item needs a number.",
            field=("item_number",),
            value=number or None,
            hint=f"Send 1 to {LONGEST_NUMBER} printable characters.",
        )
    item_class = _item_class(sent.get("item_class_id"), reference, ("item_class_id",))
    unit_id = (item_class.unit_id if item_class else None) or reference.preferences.default_unit_id
    blank = ItemCard(
        item_number=number,
        description="",
        unit_id=unit_id or "",
        item_class_id=item_class.item_class_id if item_class else None,
        item_type=item_class.item_type if item_class else ItemType.NON_STOCK,
        vat_category_id=item_class.vat_category_id if item_class else None,
        sales_account=item_class.sales_account if item_class else None,
        detail=ItemDetail(accounts=_filled({name: getattr(item_class, name, None) for name in SALES_ACCOUNTS})),
    )
    return _with_sent(blank, sent, reference)


def changed_item(stored: ItemCard, sent: Sent, reference: Reference) -> ItemCard:
    """`stored` with what was sent; equal to `stored` if nothing changes. Another class changes nothing else."""
    number = (sent.get("item_number") or "").strip()
    if number and number.lower() != stored.item_number.lower():
        raise Refused(
            f"Item {stored.item_number} keeps its number.",
            field=("item_number",),
            value=number,
            hint=f"Send {stored.item_number} or leave it out.",
        )
    card = stored
    if "item_class_id" in sent:
        item_class = _item_class(sent["item_class_id"], reference, ("item_class_id",))
        card = replace(card, item_class_id=item_class.item_class_id if item_class else None)
    return _with_sent(card, sent, reference)


# What was sent


def _with_sent(card: ItemCard, sent: Sent, reference: Reference) -> ItemCard:
    values: dict[str, Any] = {name: sent[name] for name in _TEXTS if name in sent}
    for name in ("description", "status"):
        if name in sent:
            values[name] = sent[name]
    if "item_type" in sent:
        values["item_type"] = _item_type(sent["item_type"])
    if "kit" in sent:
        values["kit"] = bool(sent["kit"])
    if "unit_price" in sent:
        values["unit_price"] = _price(sent["unit_price"])
    if "vat_category_id" in sent:
        category = sent["vat_category_id"]
        values["vat_category_id"] = kept_or(
            reference.vat_category_id, category, card.vat_category_id, ("vat_category_id",)
        )
    for name in ("unit_id", "sales_unit_id", "purchase_unit_id"):
        if name in sent:
            values[name] = kept_or(reference.unit_id, sent[name], getattr(card, name), (name,))
    if "sales_account" in sent:
        values["sales_account"] = kept_or(
            lambda code, field: reference.sales_account(code, field).account_number,
            sent["sales_account"],
            card.sales_account,
            ("sales_account",),
        )
    for name in _SUBACCOUNTS:
        if sent.get(name):
            values[f"{name}_id"] = reference.subaccounts.in_use(sent[name], (name,))
    values["detail"] = _detail(card.detail, sent, reference)
    changed = replace(card, **values)
    _check_complete(changed)
    return changed


def _check_complete(card: ItemCard) -> None:
    for name, needed in (("description", "a description"), ("unit_id", "a base unit"), ("status", "a status")):
        if not getattr(card, name):
            raise Refused(f"An item needs {needed}.", field=(name,), hint="Send one that is not blank.")


def _item_class(sent: str | None, reference: Reference, field: FieldPath) -> ItemClass | None:
    if not sent:
        return None
    found = reference.item_classes.find(sent.strip())
    if found is None:
        known = ", ".join(reference.item_classes) or "none"
        raise UnknownReference(field=field, value=sent, hint=f"Item classes: {known}.")
    return found


def _item_type(sent: str | None) -> ItemType:
    if sent in STOCK_TYPES:
        raise Refused(
            "Items are sold here, not kept in stock.",
            field=("item_type",),
            value=sent,
            hint=f"Send one of: {', '.join(ItemType)}.",
        )
    return ItemType(sent) if sent else ItemType.NON_STOCK


def _price(sent: Decimal | None) -> Decimal:
    if sent is not None and sent < ZERO:
        raise Refused("A price is not negative.", field=("unit_price",), value=str(sent), hint="Send 0 or more.")
    return sent or ZERO


def _account(sent: str | None, stored: str | None, reference: Reference, name: str) -> str | None:
    known = reference.sales_account if name in SALES_ACCOUNTS else reference.active_account
    return kept_or(lambda code, field: known(code, field).account_number, sent, stored, (name,))


# What is kept besides the columns


def _detail(detail: ItemDetail, sent: Sent, reference: Reference) -> ItemDetail:
    accounts = dict(detail.accounts)
    for name in ACCOUNTS:
        if name in sent:
            accounts[name] = _account(sent[name], accounts.get(name), reference, name) or ""
    return ItemDetail(
        accounts=_filled(accounts),
        attributes=_attributes(detail.attributes, sent.get("attributes") or (), reference),
        cross_references=_cross_references(detail.cross_references, sent.get("cross_references") or (), reference),
        packaging=replace(detail.packaging, **(sent.get("packaging") or {})),
        intrastat=_intrastat(detail.intrastat, sent.get("intrastat") or {}, reference),
    )


def _intrastat(standing: Intrastat, sent: Sent, reference: Reference) -> Intrastat:
    values = dict(sent)
    if "country_id" in values:
        field = ("intrastat", "country_id")
        values["country_id"] = kept_or(reference.country_id, values["country_id"], standing.country_id, field)
    return replace(standing, **values)


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _attributes(standing: Mapping[str, str], sent: Sequence[Sent], reference: Reference) -> dict[str, str]:
    """The stored values, updated with those that were sent; null or "" removes one."""
    values = dict(standing)
    for position, line in enumerate(sent):
        field = ("attributes", position)
        attribute_id = reference.attribute_id((line.get("attribute_id") or "").strip(), (*field, "attribute_id"))
        if "value" not in line:
            continue
        values[attribute_id] = ""
        if line["value"]:
            attribute = reference.attributes[attribute_id]
            values[attribute_id] = attribute_value(attribute, line["value"], (*field, "value"))
    return dict(sorted(_filled(values).items()))


def _cross_references(
    standing: Sequence[CrossReference], sent: Sequence[Sent], reference: Reference
) -> tuple[CrossReference, ...]:
    """Other numbers inserted, updated and deleted by type, number and party. The default operation is Insert."""
    found = {cross_reference.key: cross_reference for cross_reference in standing}
    for position, line in enumerate(sent):
        field = ("cross_references", position)
        if line.get("operation") == LineOperation.NOTHING:
            continue
        if not line.get("alternate_id"):
            raise Malformed(
                "A cross reference needs its number.", field=(*field, "alternate_id"), hint="Send alternateID."
            )
        wanted = CrossReference(
            alternate_type=line.get("alternate_type") or AlternateType.GLOBAL,
            alternate_id=line["alternate_id"],
            party=line.get("party") or None,
        )
        operation = line.get("operation") or LineOperation.INSERT
        if operation != LineOperation.INSERT and wanted.key not in found:
            known = ", ".join(known.alternate_id for known in found.values()) or "none"
            hint = f"The item has these other numbers: {known}."
            raise UnknownReference(field=(*field, "alternate_id"), value=line["alternate_id"], hint=hint)
        if operation == LineOperation.DELETE:
            del found[wanted.key]
            continue
        before = found.get(wanted.key, wanted)
        unit_id = reference.unit_id(line["unit_id"], (*field, "unit_id")) if "unit_id" in line else before.unit_id
        found[wanted.key] = replace(before, unit_id=unit_id, description=line.get("description", before.description))
    return tuple(sorted(found.values(), key=lambda cross_reference: cross_reference.key))
