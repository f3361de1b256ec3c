"""Which discount of the company's codes a line takes (DCT-03, DCT-04)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reskontra.currencies.rules import from_base, to_base
from reskontra.discounts.rules.series import (
    CodeOfDocument,
    DiscountBy,
    DiscountCode,
    LineDiscount,
    best_discount,
    code_of_document,
)
from reskontra.documents.document import Line
from reskontra.errors import FieldPath, Refused

if TYPE_CHECKING:
    from reskontra.documents.rules.lines import LineBasis


def follows_code(line: Line) -> bool:
    """Whether the line has the discount that its code gives, not an entered one."""
    return line.discount_code is not None and not line.manual_discount


def enters_discount(draft: Line, change: Mapping[str, Any], before: Line | None) -> bool:
    """Whether the caller set the discount of the line. One that only repeats what the line has is an echo."""
    percent, amount = change.get("discount_percent"), change.get("discount_amount")
    if before is None:
        return bool(percent or amount)
    if change.get("manual_discount") is False and before.manual_discount:
        return False
    if "discount_percent" in change and (percent or 0) != before.discount_percent:
        return True
    if "discount_amount" in change and (amount or 0) != before.discount_amount:
        return True
    return before.manual_discount and draft.discount_code == before.discount_code


def discount_by_code(
    line: Line, extended: Decimal, basis: LineBasis, field: FieldPath
) -> tuple[Decimal | None, Decimal | None]:
    """The percent, or the amount in document currency, of the line's code. Refused if no series of it fits."""
    code = basis.reference.discount_codes[line.discount_code or ""]
    given = _best(line, extended, basis, [code])
    if given is None:
        raise Refused(
            f"No series of the discount code '{code.discount_code}' is in force on {basis.day} for this line.",
            field=(*field, "discount_code"),
            value=code.discount_code,
            hint="Send another code or none; a discountPercent beside it stands without a series.",
        )
    if given.by is DiscountBy.PERCENT:
        return given.value, None
    amount = min(from_base(given.value, basis.rate, basis.decimals), abs(extended))
    return None, amount.copy_sign(extended)


def looks_for_code(draft: Line, change: Mapping[str, Any], before: Line | None, basis: LineBasis) -> bool:
    """Whether the best of all codes is looked up: for a new item on a line, if the company wants that (DCT-04).

    From then on the code is as if it had been sent.
    """
    is_new = before is None or draft.item_id != before.item_id
    wants = basis.reference.preferences.automatic_line_discounts and draft.item_id is not None
    return wants and is_new and draft.discount_code is None and "discount_code" not in change


def best_code(line: Line, extended: Decimal, basis: LineBasis) -> str | None:
    """The code that gives the line most; None if none gives anything."""
    given = _best(line, extended, basis, basis.reference.discount_codes.values())
    return given.discount_code if given is not None and given.value else None


def _best(line: Line, extended: Decimal, basis: LineBasis, codes: Iterable[DiscountCode]) -> LineDiscount | None:
    amount = abs(to_base(extended, basis.rate, basis.reference.base_decimals))
    return best_discount((_of_document(code, basis) for code in codes), line.item_number, abs(line.quantity), amount)


def _of_document(code: DiscountCode, basis: LineBasis) -> CodeOfDocument:
    known = basis.discount_codes.get(code.discount_code)
    if known is None:
        known = basis.discount_codes[code.discount_code] = code_of_document(
            code,
            basis.reference.discount_series.get(code.discount_code, ()),
            customer_number=basis.debtor.number,
            price_class_id=basis.debtor.price_class_id,
            day=basis.day,
        )
    return known
