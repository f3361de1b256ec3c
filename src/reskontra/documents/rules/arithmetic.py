"""The arithmetic behind a document's figures: lines, totals, rounding, base currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import partial

from reskontra.currencies.rules import Rate, to_base
from reskontra.errors import FieldPath, Refused
from reskontra.money import (
    AMOUNT_LIMIT,
    HUNDRED,
    ONE,
    PRICE_DECIMALS,
    ZERO,
    Rounding,
    divide,
    is_storable,
    multiply,
    percent_of,
    round_money,
    round_to_step,
    total,
)
from reskontra.records import Record, replace
from reskontra.vat.rules.calculation import VatResult, VatRow


class DiscountBasis(StrEnum):
    """What a line's discount percent applies to: the whole line or the price of one unit (LIN-03)."""

    EXTENDED_PRICE = "ExtendedPrice"
    UNIT_PRICE = "UnitPrice"


class LineFigures(Record, frozen=True):
    """The money of one line in one currency: before discount, the discount (percent and amount), after it."""

    extended_price: Decimal
    discount_percent: Decimal
    discount_amount: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DocumentRounding:
    """How the amount to pay is rounded: to the currency's places, or to multiples of `step` (TOT-03)."""

    mode: Rounding = Rounding.CURRENCY
    step: Decimal = ONE
    decimals: int = 2


class Totals(Record, frozen=True):
    """The money of a document in one currency (TOT-01, TOT-02).

    amount = detail_total - discount_total + VAT that is not inside the lines + rounding_difference.
    `vat_total` is all VAT, including that inside the lines.
    """

    detail_total: Decimal
    discount_total: Decimal
    vat_total: Decimal
    vat_taxable_total: Decimal
    vat_exempt_total: Decimal
    rounding_difference: Decimal
    amount: Decimal


class BaseFigures(Record, frozen=True):
    """A document in base currency: lines and their net amounts by line number, VAT rows, totals.

    `conversion_difference` is the converted amount less its converted parts (net amounts less document discount, all
    VAT, the document's own rounding). It is posted to the rounding account (CUR-04). `vat_difference` is what VAT comes
    to at its own rate less what it comes to at the document's; it is an exchange loss of the seller (VAT-13).
    """

    lines: Mapping[int, LineFigures]
    line_nets: Mapping[int, Decimal]
    vat_rows: tuple[VatRow, ...]
    totals: Totals
    conversion_difference: Decimal
    vat_difference: Decimal = ZERO


def line_figures(
    quantity: Decimal,
    unit_price: Decimal,
    *,
    manual_amount: Decimal | None = None,
    discount_percent: Decimal | None = None,
    discount_amount: Decimal | None = None,
    basis: DiscountBasis = DiscountBasis.EXTENDED_PRICE,
    decimals: int = 2,
    field: FieldPath = (),
) -> LineFigures:
    """All amounts of one line (LIN-02, LIN-03, LIN-04). `field` is the path of the line, for refusals.

    A manual amount has no unit price to discount: its basis is always the whole line.
    """
    extended = extended_price(quantity, unit_price, manual_amount, decimals, field)
    basis = basis if manual_amount is None else DiscountBasis.EXTENDED_PRICE
    percent, amount = discount(
        extended,
        discount_percent,
        discount_amount,
        quantity=quantity,
        unit_price=unit_price,
        basis=basis,
        decimals=decimals,
        field=field,
    )
    return LineFigures(extended, percent, amount, line_amount(extended, amount))


def extended_price(
    quantity: Decimal, unit_price: Decimal, manual_amount: Decimal | None, decimals: int, field: FieldPath = ()
) -> Decimal:
    """Quantity x unit price, or the manual amount in its place, rounded (LIN-02)."""
    if manual_amount is None:
        exact, name = multiply(quantity, unit_price), "unit_price"
    else:
        exact, name = manual_amount, "manual_amount"
    _check_size(exact, (*field, name))
    rounded = round_money(exact, decimals)
    _check_size(rounded, (*field, name))
    return rounded


def discount(
    extended: Decimal,
    percent: Decimal | None,
    amount: Decimal | None,
    *,
    quantity: Decimal,
    unit_price: Decimal,
    basis: DiscountBasis,
    decimals: int,
    field: FieldPath = (),
) -> tuple[Decimal, Decimal]:
    """A line's discount as (percent with 6 places, amount) from whichever was sent (LIN-03).

    If both were sent they must agree, and the amount decides: it is the exact one. Neither may exceed 100 per cent
    either way.
    """
    if percent is not None and amount is not None:
        worth = partial(discount, extended, quantity=quantity, unit_price=unit_price, basis=basis, decimals=decimals)
        _check_agree(worth(percent, None, field=field), worth(None, amount, field=field), field)
    if amount is not None:
        _check_size(amount, (*field, "discount_amount"))
        percent, amount = _percent_of_amount(extended, round_money(amount, decimals), field)
    elif percent is None:
        return ZERO, round_money(ZERO, decimals)
    if abs(percent) > HUNDRED:
        name = "discount_percent" if amount is None else "discount_amount"
        value = percent if amount is None else amount
        hint = "A discount lies between -100 and 100 per cent of the line."
        raise Refused("The discount is larger than the line.", field=(*field, name), value=str(value), hint=hint)
    if amount is None and basis == DiscountBasis.EXTENDED_PRICE:
        amount = percent_of(extended, percent, decimals)
    elif amount is None:
        discounted = multiply(_discounted_price(unit_price, percent, decimals), quantity)
        amount = extended - round_money(discounted, decimals)
    return round_money(percent, PRICE_DECIMALS), amount


def _check_agree(by_percent: tuple[Decimal, Decimal], by_amount: tuple[Decimal, Decimal], field: FieldPath) -> None:
    """Percent and amount are rounded, so they agree when either of them gives the other."""
    if by_percent[0] != by_amount[0] and by_percent[1] != by_amount[1]:
        raise Refused(
            f"A discount of {by_percent[0].normalize():f} per cent is {by_percent[1]:f}, not {by_amount[1]:f}.",
            field=(*field, "discount_percent"),
            value=f"{by_percent[0]:f}",
            hint="Send one of the two, or two that agree.",
        )


def line_amount(extended: Decimal, discount_amount: Decimal) -> Decimal:
    """What the line counts for in the document (LIN-04)."""
    return extended - discount_amount


def document_totals(
    line_amounts: Iterable[Decimal], vat: VatResult, rounding: DocumentRounding, discount_total: Decimal = ZERO
) -> Totals:
    """The totals of a document in its currency (TOT-01 to TOT-03, TOT-05).

    A total above zero that rounding would bring to zero is not rounded.

    Refused: a negative amount (W15) and an amount of 10^13 or more.
    """
    detail_total = round_money(total(line_amounts), rounding.decimals)
    exact = detail_total - discount_total + exclusive_vat(vat.rows)
    _check_size(exact, ("lines",))
    amount = round_to_step(exact, rounding.mode, rounding.step, rounding.decimals)
    if amount == ZERO:
        amount = round_money(exact, rounding.decimals)
    _check_size(amount, ("lines",))
    if amount < ZERO:
        raise Refused(
            "The document total is negative.",
            field=("lines",),
            value=f"{amount:f}",
            hint="Send lines that add up to zero or more; what goes back to the customer is a credit note.",
        )
    return _totals(detail_total, discount_total, vat.rows, amount - exact, amount)


def exclusive_vat(rows: Iterable[VatRow]) -> Decimal:
    """The VAT that comes on top of the lines (TOT-02)."""
    return total(row.vat for row in rows if not row.inclusive)


def base_figures(
    lines: Mapping[int, LineFigures],
    vat: VatResult,
    totals: Totals,
    rate: Rate | None,
    decimals: int,
    *,
    vat_rate: Rate | None = None,
) -> BaseFigures:
    """A document's figures in base currency with `decimals` places (CUR-04).

    Lines, VAT rows and the amount are converted one by one, each rounded half-up; sums are sums of converted parts.
    `rate` is None for a document in base currency, whose figures are these already. `vat_rate` is the rate of the VAT
    rows where it is another (VAT-13).
    """
    if rate is None:
        return BaseFigures(
            lines=lines,
            line_nets=vat.line_nets,
            vat_rows=vat.rows,
            totals=totals,
            conversion_difference=totals.amount - _parts(vat.line_nets, vat.rows, totals),
        )
    vat_rate = vat_rate or rate
    base_lines = {number: _line_to_base(line, rate, decimals) for number, line in lines.items()}
    nets = {number: to_base(net, rate, decimals) for number, net in vat.line_nets.items()}
    rows = tuple(
        replace(row, taxable=to_base(row.taxable, vat_rate, decimals), vat=to_base(row.vat, vat_rate, decimals))
        for row in vat.rows
    )
    vat_difference = vat_rate_difference(
        ((row.vat, base.vat) for row, base in zip(vat.rows, rows, strict=True)), rate, decimals
    )
    discount_total = to_base(totals.discount_total, rate, decimals)
    rounding_difference = to_base(totals.rounding_difference, rate, decimals)
    amount = to_base(totals.amount, rate, decimals)
    detail_total = total(line.amount for line in base_lines.values())
    base_totals = _totals(detail_total, discount_total, rows, rounding_difference, amount)
    return BaseFigures(
        lines=base_lines,
        line_nets=nets,
        vat_rows=rows,
        totals=base_totals,
        conversion_difference=amount - (_parts(nets, rows, base_totals) - vat_difference),
        vat_difference=vat_difference,
    )


def vat_rate_difference(vat: Iterable[tuple[Decimal, Decimal]], rate: Rate, decimals: int) -> Decimal:
    """What VAT comes to in base currency less what it comes to at `rate`; `vat` has both amounts of each row."""
    return total(in_base - to_base(amount, rate, decimals) for amount, in_base in vat)


def _parts(nets: Mapping[int, Decimal], rows: Iterable[VatRow], totals: Totals) -> Decimal:
    net, vat = total(nets.values()), total(row.vat for row in rows)
    return net - totals.discount_total + vat + totals.rounding_difference


def _percent_of_amount(extended: Decimal, amount: Decimal, field: FieldPath) -> tuple[Decimal, Decimal]:
    if extended == ZERO:
        if amount != ZERO:
            hint = "A line of 0 has no discount: send 0 or leave it out."
            raise Refused(
                "The discount is larger than the line.", field=(*field, "discount_amount"), value=str(amount), hint=hint
            )
        return ZERO, amount
    return divide(multiply(amount, HUNDRED), extended), amount


def _discounted_price(unit_price: Decimal, percent: Decimal, decimals: int) -> Decimal:
    """A unit price after discount. It keeps its decimal places, so that a price of 0.00125 does not become 0.00."""
    places = min(max(decimals, _places(unit_price)), PRICE_DECIMALS)
    return percent_of(unit_price, HUNDRED - percent, places)


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _line_to_base(line: LineFigures, rate: Rate, decimals: int) -> LineFigures:
    extended = to_base(line.extended_price, rate, decimals)
    amount = to_base(line.amount, rate, decimals)
    return LineFigures(extended, line.discount_percent, extended - amount, amount)


def _totals(
    detail_total: Decimal,
    discount_total: Decimal,
    rows: Iterable[VatRow],
    rounding_difference: Decimal,
    amount: Decimal,
) -> Totals:
    rows = tuple(rows)
    totals = Totals(
        detail_total=detail_total,
        discount_total=discount_total,
        vat_total=total(row.vat for row in rows),
        vat_taxable_total=total(row.taxable for row in rows if not row.exempt),
        vat_exempt_total=total(row.taxable for row in rows if row.exempt),
        rounding_difference=rounding_difference,
        amount=amount,
    )
    # Lines of opposite sign may hide figures too large to store behind a small amount.
    sums = (totals.detail_total, totals.vat_total, totals.vat_taxable_total, totals.vat_exempt_total, totals.amount)
    for figure in (*sums, *(row.taxable for row in rows), *(row.vat for row in rows)):
        _check_size(figure, ("lines",))
    return totals


def _check_size(amount: Decimal, field: FieldPath) -> None:
    if not is_storable(amount):
        raise Refused(
            "The amount is too large.",
            field=field,
            value=str(amount),
            hint=f"An amount stays below {AMOUNT_LIMIT:f}.",
        )
