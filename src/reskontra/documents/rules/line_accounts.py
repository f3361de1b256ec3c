"""The account of a line: which one a sale goes to by its VAT (decision 0023), and which cannot take one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reskontra.errors import FieldPath, Refused
from reskontra.records import replace
from reskontra.reference.reference import control_account_refused
from reskontra.vat.rules.codes import SaleKind, kind_of_sale

if TYPE_CHECKING:
    from reskontra.documents.document import Line
    from reskontra.documents.rules.lines import LineBasis
    from reskontra.items.rules.items import Item
    from reskontra.reference.reference import Reference

_ACCOUNTS = {
    SaleKind.TAXABLE: "sales_account",
    SaleKind.NON_TAXABLE: "sales_non_taxable_account",
    SaleKind.EU: "sales_eu_account",
    SaleKind.EXPORT: "sales_export_account",
}


def account_of_sale(vat_ids: tuple[str, ...], zone_id: str | None, item: Item | None, basis: LineBasis) -> str | None:
    """The account that a sale with these VAT ids goes to (LIN-05, CUS-06, decision 0023).

    It is the item's of that kind of sale, else the item's sales account. An item without any leaves it to the
    customer's location and, where that has none of the kind, to its class.
    """
    name = _ACCOUNTS[_kind_of_sale(vat_ids, zone_id, basis.reference)]
    location, debtor = basis.debtor.location, basis.debtor
    chosen: str | None = (getattr(item, name) or item.sales_account) if item else None
    if chosen is None:
        of_class = basis.reference.customer_classes.get(debtor.customer_class_id)
        chosen = getattr(location, name) or getattr(of_class, name, None) or location.sales_account
    return chosen


def with_account_of_vat(before: Line, after: Line, basis: LineBasis) -> Line:
    """`after` on the account of its VAT, if `before` was on that of its own; an account of somebody's choice stays."""
    item = basis.items.get((after.item_number or "").lower())
    if after.item_number and item is None:
        return after
    old = account_of_sale(before.vat_ids, basis.earlier_vat_zone_id, item, basis)
    new = account_of_sale(after.vat_ids, basis.vat_zone_id, item, basis)
    return replace(after, account_number=new) if new and after.account_number == old else after


def check_accounts(lines: Sequence[Line], basis: LineBasis) -> None:
    """Refuses lines on an account that cannot take them any more, since header or reference data changed."""
    for position, line in enumerate(lines):
        check_account(line.account_number, basis, ("lines", position, "account_number"))


def check_account(account_number: str, basis: LineBasis, field: FieldPath) -> None:
    """Invariants 24 and 31: no revenue on a receivables or VAT account, nor on one of another currency."""
    if account_number == basis.receivable_account:
        raise control_account_refused(account_number, field)
    basis.reference.check_not_control(account_number, field)
    currency_id = basis.reference.accounts[account_number].currency_id
    if currency_id is not None and currency_id != basis.currency_id:
        raise Refused(
            f"The account '{account_number}' takes {currency_id} only, and the document is in {basis.currency_id}.",
            field=field,
            value=account_number,
            hint="Choose an account of the document's currency, or one of none.",
        )


def _kind_of_sale(vat_ids: tuple[str, ...], zone_id: str | None, reference: Reference) -> SaleKind:
    def judge() -> SaleKind:
        known = [reference.vat[vat_id] for vat_id in vat_ids if vat_id in reference.vat]
        return kind_of_sale(known, reference.vat_zones.get(zone_id or ""))

    return reference.once(("kind of sale", vat_ids, zone_id), judge)
