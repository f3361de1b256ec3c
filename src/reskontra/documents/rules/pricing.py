"""The money of one line: which of the amounts that were sent counts, and what follows from them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra.currencies.rules import from_base, in_currency
from reskontra.documents.document import Line
from reskontra.documents.rules.arithmetic import LineFigures, extended_price, line_figures
from reskontra.documents.rules.discounts import (
    best_code,
    discount_by_code,
    enters_discount,
    follows_code,
    looks_for_code,
)
from reskontra.errors import FieldPath, Refused
from reskontra.money import HUNDRED, ONE, PRICE_DECIMALS, ZERO, multiply, round_money
from reskontra.prices.rules import best_offer
from reskontra.records import replace

if TYPE_CHECKING:
    from reskontra.documents.rules.lines import LineBasis
    from reskontra.items.rules.items import Item
    from reskontra.prices.rules import Offer


def amounts_in_currency(change: Mapping[str, Any], decimals: int, field: FieldPath) -> Mapping[str, Any]:
    """A sent line with its amounts at the places of the document's currency (X6)."""
    names = [name for name in ("manual_amount", "discount_amount") if change.get(name) is not None]
    if not names:
        return change
    return {**change, **{name: in_currency(change[name], decimals, (*field, name)) for name in names}}


def own_price(item: Item, basis: LineBasis) -> Decimal:
    """The item's own price at the document's rate, with 6 places."""
    if basis.rate.rate == ONE:
        return item.unit_price
    return from_base(item.unit_price, basis.rate, PRICE_DECIMALS)


def offer_to(line: Line, item: Item, basis: LineBasis) -> Offer | None:
    """The best sales price for a line, whatever price it has (PRC-03)."""
    return best_offer(basis.offers.get(item.item_id, ()), line.quantity, line.unit_id, item)


def looked_up(line: Line, item: Item, basis: LineBasis) -> Decimal:
    """The unit price of a line without an entered one: the best sales price, else the item's own (PRC-03)."""
    offer = offer_to(line, item, basis)
    return offer.price if offer is not None else own_price(item, basis)


def priced(
    draft: Line,
    change: Mapping[str, Any],
    before: Line | None,
    basis: LineBasis,
    field: FieldPath,
    *,
    own: Line,
    afresh: bool = False,
) -> Line:
    """`draft` with the amounts that follow from what was sent (LIN-02 to LIN-04).

    `own` is the draft as it was before the sent values went into it. An entered amount stays until it is cleared, or
    quantity, price or item change. `afresh`: the discount follows from something else that has changed.
    """
    change = _meant_amounts(draft, own, change, basis, field)
    repriced = before is None or _is_repriced(draft, before)
    recoded = afresh or (before is not None and draft.discount_code != before.discount_code)
    if before is not None and not repriced and not recoded and not _changes_money(change, before):
        return draft
    manual_amount = change.get("manual_amount")
    if before is not None and manual_amount == before.extended_amount and repriced:
        manual_amount = None  # a whole line sent back with a new price: the old amount is an echo
    if manual_amount is None and not repriced and draft.amount_entered and "manual_amount" not in change:
        manual_amount = draft.extended_amount
    is_entered = enters_discount(draft, change, before)
    if not is_entered and looks_for_code(draft, change, before, basis) and not _is_promotion(draft, basis):
        draft = replace(draft, discount_code=best_code(draft, _extended(draft, manual_amount, basis, field), basis))
    follows = draft.discount_code is not None and not is_entered
    if follows:
        percent, amount = discount_by_code(draft, _extended(draft, manual_amount, basis, field), basis, field)
    elif before is not None and follows_code(before) and not is_entered:
        percent, amount = None, None  # what its code gave goes with the code
    else:
        percent, amount = _discount_wanted(draft, change, before)
    figures = line_figures(
        draft.quantity,
        draft.unit_price,
        manual_amount=manual_amount,
        discount_percent=percent,
        discount_amount=amount,
        basis=basis.discount_basis,
        decimals=basis.decimals,
        field=field,
    )
    computed = round_money(multiply(draft.quantity, draft.unit_price), basis.decimals)
    entered = manual_amount is not None and figures.extended_price != computed
    has_discount = bool(figures.discount_amount or figures.discount_percent)
    is_manual = not follows and (has_discount or draft.discount_code is not None)
    return replace(_with_figures(draft, figures), amount_entered=entered, manual_discount=is_manual)


def _extended(line: Line, manual_amount: Decimal | None, basis: LineBasis, field: FieldPath) -> Decimal:
    return extended_price(line.quantity, line.unit_price, manual_amount, basis.decimals, field)


def _is_promotion(line: Line, basis: LineBasis) -> bool:
    """Whether the line has the price of a promotion."""
    item = basis.items.get((line.item_number or "").lower())
    offer = None if line.price_entered or item is None else offer_to(line, item, basis)
    return offer is not None and offer.promotion


def rounded_lines(lines: Sequence[Line], basis: LineBasis) -> tuple[Line, ...]:
    """The lines with their amounts rounded for the document's currency, after that has changed."""
    return tuple(
        _with_figures(
            line,
            line_figures(
                line.quantity,
                line.unit_price,
                manual_amount=line.extended_amount if line.amount_entered else None,
                discount_percent=line.discount_percent,
                basis=basis.discount_basis,
                decimals=basis.decimals,
                field=("currency_id",),
            ),
        )
        for line in lines
    )


def figures_of(line: Line) -> LineFigures:
    """The line's own amounts in document currency."""
    return LineFigures(line.extended_amount, line.discount_percent, line.discount_amount, line.amount)


def _meant_amounts(
    draft: Line, own: Line, change: Mapping[str, Any], basis: LineBasis, field: FieldPath
) -> Mapping[str, Any]:
    """`change` with rounded amounts (X6), and without an entered amount of 0 beside a price and a quantity (X7).

    Typed clients send every field of their model, with 0 for those that were not set. So 0 does not override what price
    and quantity give. If these give 0 too, but `own`, the line before the request, is worth something, nobody can tell
    whether the line should be free: refused. A house caller says itself whether the amount was entered.
    """
    change = amounts_in_currency(change, basis.decimals, field)
    if change.get("manual_amount") != ZERO or change.get("unit_price") is None or "amount_entered" in change:
        return change
    if multiply(draft.quantity, draft.unit_price) != ZERO:
        return {name: value for name, value in change.items() if name != "manual_amount"}
    quantity, unit_price = draft.quantity or own.quantity, draft.unit_price or own.unit_price
    left_alone = own.extended_amount if own.amount_entered else multiply(quantity, unit_price)
    if left_alone != ZERO and change.get("discount_percent") != HUNDRED:
        zero = "quantity" if draft.quantity == ZERO else "unit_price"
        raise Refused(
            "The line would be free: its amount is 0, and so is its price or its quantity.",
            field=(*field, zero),
            value="0",
            hint=f"For {round_money(left_alone, basis.decimals):f} leave out what is 0; for a free line, the amount.",
        )
    return change


def _is_repriced(draft: Line, before: Line) -> bool:
    other_item = draft.item_id is not None and draft.item_id != before.item_id
    return other_item or (draft.quantity, draft.unit_price) != (before.quantity, before.unit_price)


def _with_figures(line: Line, figures: LineFigures) -> Line:
    return replace(
        line,
        extended_amount=figures.extended_price,
        discount_percent=figures.discount_percent,
        discount_amount=figures.discount_amount,
        amount=figures.amount,
    )


def _changes_money(change: Mapping[str, Any], before: Line) -> bool:
    return (
        _changes_amount(change, before)
        or ("discount_amount" in change and (change["discount_amount"] or 0) != before.discount_amount)
        or ("discount_percent" in change and (change["discount_percent"] or 0) != before.discount_percent)
        or (change.get("manual_discount") is False and before.manual_discount)
    )


def _changes_amount(change: Mapping[str, Any], before: Line) -> bool:
    if "manual_amount" not in change:
        return False
    if change["manual_amount"] is None:
        return before.amount_entered
    return bool(change["manual_amount"] != before.extended_amount)


def _discount_wanted(
    draft: Line, change: Mapping[str, Any], before: Line | None
) -> tuple[Decimal | None, Decimal | None]:
    """The percent or the amount that decides; of two, the one that differs from the stored one (LIN-03).

    If both differ, both are returned, and must agree. Zero and null do not count beside the other one.
    """
    if change.get("manual_discount") is False and before is not None and before.manual_discount:
        return None, None
    amount, percent = change.get("discount_amount"), change.get("discount_percent")
    if before is None:
        return (percent or None, amount) if amount else (percent, None)
    has_other_percent = "discount_percent" in change and (percent or 0) != before.discount_percent
    if "discount_amount" in change and (amount or 0) != before.discount_amount:
        return (percent or None) if has_other_percent and amount else None, amount
    if has_other_percent:
        return percent, None
    return (draft.discount_percent, None) if draft.discount_percent else (None, None)
