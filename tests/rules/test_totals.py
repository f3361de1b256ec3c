"""Lines, totals, rounding and base currency of a document (LIN, TOT, CUR-04, invariants 7 to 9)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reskontra.currencies.rules import BASE_RATE, Operator, Rate
from reskontra.documents.rules.arithmetic import (
    DiscountBasis,
    DocumentRounding,
    LineFigures,
    base_figures,
    discount,
    document_totals,
    exclusive_vat,
    extended_price,
    line_amount,
    line_figures,
)
from reskontra.errors import Refused
from reskontra.money import ZERO, Rounding
from reskontra.vat.rules.calculation import TaxableLine, VatResult, VatRow, vat_of_document
from reskontra.vat.rules.codes import CalculateOn, VatId, VatRate

NO_VAT = VatResult((), {})
KRONER = DocumentRounding()
TODAY = date(2025, 6, 1)
VAT_IDS = {
    "3": VatId("3", rates=(VatRate(date(2005, 1, 1), Decimal(25)),)),
    "3I": VatId(
        "3I", calculate_on=CalculateOn.EXTRACT_FROM_ITEM_AMOUNT, rates=(VatRate(date(2005, 1, 1), Decimal(25)),)
    ),
    "31": VatId("31", calculate_on=CalculateOn.ITEM_AMOUNT, rates=(VatRate(date(2005, 1, 1), Decimal("11.11")),)),
    "6": VatId("6", exempt=True, rates=(VatRate(date(2005, 1, 1), Decimal(0)),)),
}

QUANTITIES = st.decimals(Decimal(-1000), Decimal(1000), places=6)
PRICES = st.decimals(Decimal(0), Decimal(10000), places=6)
PERCENTS = st.none() | st.decimals(Decimal(-100), Decimal(100), places=6)
ROUNDINGS = st.builds(
    DocumentRounding,
    mode=st.sampled_from(Rounding),
    step=st.sampled_from([Decimal(step) for step in ("0.05", "0.1", "0.5", "1", "10", "100")]),
)
RATES = st.builds(Rate, st.decimals(Decimal("0.01"), Decimal(100), places=8), st.sampled_from(Operator))

LINES = st.lists(
    st.tuples(
        st.builds(
            line_figures,
            QUANTITIES,
            PRICES,
            discount_percent=PERCENTS,
            basis=st.sampled_from(DiscountBasis),
        ),
        st.sampled_from(["3", "3I", "31", "6", None]),
    ),
    min_size=1,
    max_size=8,
)


def taxed(lines: list[tuple[LineFigures, str | None]]) -> tuple[dict[int, LineFigures], VatResult]:
    """The lines by number, and the VAT of them."""
    figures = {number: line for number, (line, _) in enumerate(lines, 1)}
    taxable = [
        TaxableLine(number, line.amount, (vat_id,) if vat_id else ()) for number, (line, vat_id) in enumerate(lines, 1)
    ]
    return figures, vat_of_document(taxable, VAT_IDS, TODAY, 2)


# Lines


@pytest.mark.parametrize(
    ("quantity", "price", "manual", "expected"),
    [
        ("5", "100.00", None, "500.00"),
        ("3", "33.335", None, "100.01"),
        ("0.333333", "3", None, "1.00"),
        ("-2", "10.005", None, "-20.01"),
        ("5", "100.00", "499.995", "500.00"),
        ("5", "100.00", "0", "0.00"),
    ],
)
def test_a_line_costs_quantity_times_price_or_the_manual_amount(
    quantity: str, price: str, manual: str | None, expected: str
) -> None:
    sent = None if manual is None else Decimal(manual)
    assert str(extended_price(Decimal(quantity), Decimal(price), sent, 2)) == expected


def discounted(
    extended: str, *, percent: str | None = None, amount: str | None = None, quantity: str = "1", price: str = "0"
) -> tuple[str, str]:
    result = discount(
        Decimal(extended),
        None if percent is None else Decimal(percent),
        None if amount is None else Decimal(amount),
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        basis=DiscountBasis.EXTENDED_PRICE if price == "0" else DiscountBasis.UNIT_PRICE,
        decimals=2,
    )
    return str(result[0]), str(result[1])


def test_a_discount_is_sent_as_percent_or_amount() -> None:
    assert discounted("500.00", percent="10") == ("10.000000", "50.00")
    assert discounted("500.00", amount="50") == ("10.000000", "50.00")
    assert discounted("300.00", amount="100") == ("33.333333", "100.00")
    assert discounted("-500.00", percent="10") == ("10.000000", "-50.00")
    assert discounted("-500.00", amount="-50") == ("10.000000", "-50.00")
    assert discounted("500.00") == ("0", "0.00")
    assert discounted("0.00", amount="0") == ("0.000000", "0.00")


def test_the_amount_decides_when_both_are_sent() -> None:
    assert discounted("300.00", percent="33.333333", amount="100.00") == ("33.333333", "100.00")
    assert discounted("99999999.00", percent="0.000025", amount="25.01") == ("0.000025", "25.01")
    with pytest.raises(Refused, match="A discount of 10 per cent is 30.00, not 25.00.") as refused:
        discounted("300.00", percent="10", amount="25")
    assert refused.value.field == ("discount_percent",)


@pytest.mark.parametrize(
    ("extended", "percent", "quantity", "price", "expected"),
    [
        # 9.99 less 15 % is 8.49 a piece, 849.00 for 100; of the whole line it would be 149.85.
        ("999.00", "15", "100", "9.99", "150.00"),
        ("100.00", "10", "1", "100.00", "10.00"),
        # A price of six places is not cut to whole øre: 0.00125 less 10 % is 0.00113.
        ("125.00", "10", "100000", "0.001250", "12.00"),
        ("100.00", "100", "1", "100.00", "100.00"),
    ],
)
def test_a_discount_on_the_unit_price_is_rounded_by_the_piece(
    extended: str, percent: str, quantity: str, price: str, expected: str
) -> None:
    assert discounted(extended, percent=percent, quantity=quantity, price=price)[1] == expected


@pytest.mark.parametrize(
    ("extended", "percent", "amount", "name"),
    [
        ("100.00", "100.01", None, "discount_percent"),
        ("100.00", "-100.01", None, "discount_percent"),
        ("100.00", None, "100.01", "discount_amount"),
        ("0.00", None, "0.01", "discount_amount"),
        ("100.00", None, "1E+400", "discount_amount"),
    ],
)
def test_a_discount_larger_than_the_line_is_refused(
    extended: str, percent: str | None, amount: str | None, name: str
) -> None:
    with pytest.raises(Refused) as refusal:
        discounted(extended, percent=percent, amount=amount)
    assert refusal.value.field == (name,)
    assert refusal.value.value == str(Decimal(percent or amount or ""))


def test_a_manual_amount_is_discounted_as_a_whole() -> None:
    line = line_figures(
        Decimal(3),
        Decimal("100.00"),
        manual_amount=Decimal("50.00"),
        discount_percent=Decimal(10),
        basis=DiscountBasis.UNIT_PRICE,
    )
    assert line == LineFigures(Decimal("50.00"), Decimal(10), Decimal("5.00"), Decimal("45.00"))


@given(QUANTITIES, PRICES, PERCENTS, st.sampled_from(DiscountBasis), st.integers(0, 4))
def test_a_line_is_its_extended_price_less_its_discount(
    quantity: Decimal, price: Decimal, percent: Decimal | None, basis: DiscountBasis, decimals: int
) -> None:
    line = line_figures(quantity, price, discount_percent=percent, basis=basis, decimals=decimals)
    assert (
        line.amount
        == line.extended_price - line.discount_amount
        == line_amount(line.extended_price, line.discount_amount)
    )
    assert line.amount == round(line.amount, decimals)
    if percent in (None, 0):
        assert line.discount_amount == 0


@pytest.mark.parametrize(
    ("quantity", "price", "manual", "name"),
    [
        ("999999999", "999999", None, "unit_price"),
        ("1", "1", "10000000000000", "manual_amount"),
        ("1E+300", "1E+300", None, "unit_price"),
        ("1", "NaN", None, "unit_price"),
    ],
)
def test_an_absurd_line_is_refused_and_named(quantity: str, price: str, manual: str | None, name: str) -> None:
    sent = None if manual is None else Decimal(manual)
    with pytest.raises(Refused) as refusal:
        line_figures(Decimal(quantity), Decimal(price), manual_amount=sent, field=("lines", 2))
    assert refusal.value.field == ("lines", 2, name)


# Totals


def test_vat_comes_on_top_of_the_lines() -> None:
    vat = VatResult(
        (VatRow("3", Decimal(25), Decimal("1440.00"), Decimal("360.00")),), {1: Decimal(640), 2: Decimal(800)}
    )
    totals = document_totals([Decimal("640.00"), Decimal("800.00")], vat, KRONER)
    assert [str(figure) for figure in msgspec.structs.astuple(totals)] == [
        "1440.00",
        "0",
        "360.00",
        "1440.00",
        "0",
        "0.00",
        "1800.00",
    ]


def test_inclusive_vat_is_part_of_the_lines() -> None:
    _, vat = taxed([(line_figures(Decimal(1), Decimal("125.00")), "3I")])
    totals = document_totals([Decimal("125.00")], vat, KRONER)
    assert (totals.detail_total, totals.amount) == (Decimal("125.00"), Decimal("125.00"))
    assert (totals.vat_total, totals.vat_taxable_total) == (Decimal("25.00"), Decimal("100.00"))
    assert vat.line_nets == {1: Decimal("100.00")}


@pytest.mark.parametrize(
    ("amount", "mode", "step", "rounded", "difference"),
    [
        ("100.50", Rounding.NEAREST, "1", "101.00", "0.50"),
        ("100.49", Rounding.NEAREST, "1", "100.00", "-0.49"),
        ("1734.57", Rounding.NEAREST, "10", "1730.00", "-4.57"),
        ("1734.57", Rounding.UP, "0.05", "1734.60", "0.03"),
        ("1734.57", Rounding.CURRENCY, "10", "1734.57", "0.00"),
    ],
)
def test_the_amount_to_pay_is_rounded_and_the_difference_shown(
    amount: str, mode: Rounding, step: str, rounded: str, difference: str
) -> None:
    totals = document_totals([Decimal(amount)], NO_VAT, DocumentRounding(mode, Decimal(step)))
    assert (str(totals.amount), str(totals.rounding_difference)) == (rounded, difference)
    assert totals.detail_total == Decimal(amount)


@pytest.mark.parametrize("mode", [Rounding.NEAREST, Rounding.DOWN])
@pytest.mark.parametrize("amount", ["0.01", "0.38", "0.49"])
def test_rounding_never_gives_a_sale_away(amount: str, mode: Rounding) -> None:
    totals = document_totals([Decimal(amount)], NO_VAT, DocumentRounding(mode, Decimal(1)))
    assert (str(totals.amount), totals.rounding_difference) == (amount, ZERO)


def test_a_negative_document_is_refused_and_an_empty_one_is_zero() -> None:
    assert document_totals([], NO_VAT, KRONER).amount == 0
    assert document_totals([Decimal("10.00"), Decimal("-10.00")], NO_VAT, KRONER).amount == 0
    with pytest.raises(Refused) as refusal:
        document_totals([Decimal("10.00"), Decimal("-10.01")], NO_VAT, KRONER)
    assert (refusal.value.field, refusal.value.value) == (("lines",), "-0.01")
    with pytest.raises(Refused, match="negative"):
        document_totals([Decimal("-0.40")], NO_VAT, DocumentRounding(Rounding.NEAREST, Decimal(1)))


def test_an_absurd_document_is_refused() -> None:
    largest = Decimal("9999999999999.99")
    with pytest.raises(Refused, match="too large"):
        document_totals([largest, largest], NO_VAT, KRONER)
    with pytest.raises(Refused, match="too large"):
        document_totals([largest], NO_VAT, DocumentRounding(Rounding.UP, Decimal(100)))
    # The two cancel out in the amount, but neither total could be stored.
    cancelling = VatResult(
        (
            VatRow("3", Decimal(0), 2 * largest, Decimal(0)),
            VatRow("6", Decimal(0), -2 * largest, Decimal(0), exempt=True),
        ),
        {},
    )
    with pytest.raises(Refused, match="too large"):
        document_totals([largest, largest, -largest, -largest], cancelling, KRONER)


@given(LINES, ROUNDINGS)
def test_the_totals_of_any_document_add_up(
    lines: list[tuple[LineFigures, str | None]], rounding: DocumentRounding
) -> None:
    figures, vat = taxed(lines)
    assume(sum(line.amount for line in figures.values()) + exclusive_vat(vat.rows) >= 0)
    totals = document_totals((line.amount for line in figures.values()), vat, rounding)
    unit = Decimal("0.01") if rounding.mode == Rounding.CURRENCY else rounding.step
    assert totals.detail_total == sum(line.amount for line in figures.values())
    assert totals.vat_total == sum(row.vat for row in vat.rows)
    assert totals.amount == (
        totals.detail_total - totals.discount_total + exclusive_vat(vat.rows) + totals.rounding_difference
    )
    assert abs(totals.rounding_difference) < unit
    assert (totals.amount == 0) == (totals.amount - totals.rounding_difference == 0)
    untaxed = sum(line.amount for line, vat_id in lines if vat_id is None)
    assert totals.vat_taxable_total + totals.vat_exempt_total + untaxed == sum(vat.line_nets.values())
    # What the customer owes is what is posted to revenue, VAT and rounding.
    assert totals.amount == sum(vat.line_nets.values()) + totals.vat_total + totals.rounding_difference


# Base currency


def test_converted_parts_may_differ_from_the_converted_amount() -> None:
    lines, vat = taxed([(line_figures(Decimal(1), Decimal("33.33")), "6")] * 3)
    totals = document_totals((line.amount for line in lines.values()), vat, KRONER)
    base = base_figures(lines, vat, totals, Rate(Decimal("0.1")), 2)
    assert [str(line.amount) for line in base.lines.values()] == ["3.33"] * 3
    assert (str(base.totals.detail_total), str(base.totals.amount)) == ("9.99", "10.00")
    assert str(base.conversion_difference) == "0.01"


def test_a_discounted_line_adds_up_in_base_currency_too() -> None:
    lines, vat = taxed([(line_figures(Decimal(1), Decimal("0.04"), discount_amount=Decimal("0.01")), None)])
    totals = document_totals((line.amount for line in lines.values()), vat, KRONER)
    line = base_figures(lines, vat, totals, Rate(Decimal("0.5")), 2).lines[1]
    # Half of 0.01 alone would be 0.01, but half of 0.04 and half of 0.03 are both 0.02.
    assert (line.extended_price, line.discount_amount, line.amount) == (Decimal("0.02"), Decimal(0), Decimal("0.02"))


@given(LINES, ROUNDINGS)
def test_base_currency_is_the_document_itself_at_rate_1(
    lines: list[tuple[LineFigures, str | None]], rounding: DocumentRounding
) -> None:
    figures, vat = taxed(lines)
    assume(sum(line.amount for line in figures.values()) + exclusive_vat(vat.rows) >= 0)
    totals = document_totals((line.amount for line in figures.values()), vat, rounding)
    base = base_figures(figures, vat, totals, BASE_RATE, 2)
    assert base.lines == figures
    assert base.line_nets == vat.line_nets
    assert base.vat_rows == vat.rows
    assert base.totals == totals
    assert base.conversion_difference == 0


@given(LINES, ROUNDINGS, RATES, st.integers(0, 3))
def test_base_parts_and_the_difference_make_the_base_amount(
    lines: list[tuple[LineFigures, str | None]], rounding: DocumentRounding, rate: Rate, decimals: int
) -> None:
    figures, vat = taxed(lines)
    assume(sum(line.amount for line in figures.values()) + exclusive_vat(vat.rows) >= 0)
    totals = document_totals((line.amount for line in figures.values()), vat, rounding)
    base = base_figures(figures, vat, totals, rate, decimals)
    posted = sum(base.line_nets.values()) + sum(row.vat for row in base.vat_rows) + base.totals.rounding_difference
    assert base.totals.amount == posted + base.conversion_difference
    # Each part and the amount are off by half a unit at most.
    parts = len(base.line_nets) + len(base.vat_rows) + 2
    assert abs(base.conversion_difference) * 2 <= parts * Decimal(1).scaleb(-decimals)
    for line in base.lines.values():
        assert line.amount == line.extended_price - line.discount_amount
    assert base.totals.detail_total == sum(line.amount for line in base.lines.values())
    assert base.totals.vat_total == sum(row.vat for row in base.vat_rows)


def test_a_document_too_large_in_base_currency_is_refused() -> None:
    lines, vat = taxed([(line_figures(Decimal(1), Decimal("5000000000000.00")), None)])
    totals = document_totals((line.amount for line in lines.values()), vat, KRONER)
    with pytest.raises(Refused) as refusal:
        base_figures(lines, vat, totals, Rate(Decimal("10.50")), 2)
    assert refusal.value.field == ("exchange_rate",)
