"""Which VAT applies and how much it is (VAT, invariants 9 to 11)."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reskontra.errors import Refused, UnknownReference
from reskontra.money import ZERO, percent_of
from reskontra.records import replace
from reskontra.vat.rules.calculation import SentVatRow, TaxableLine, VatResult, VatRow, apply_sent_rows, vat_of_document
from reskontra.vat.rules.codes import (
    CalculateOn,
    EuReportCode,
    SaleKind,
    SalesArea,
    VatCategory,
    VatId,
    VatRate,
    VatZone,
    applied_ids,
    charged_rate,
    check_vat_id,
    kind_of_sale,
    rate_on,
    vat_ids_of_line,
)

TODAY = date(2025, 6, 1)
NORWAY = VatZone("NO", vat_ids=("3", "31", "6"), default_category="3")
EUROPE = VatZone("EU", vat_ids=("52", "6"), default_category="52")
AMOUNTS = st.decimals(Decimal("-99999.99"), Decimal("99999.99"), places=2)
PERCENTS = st.sampled_from([Decimal(text) for text in ("25", "15", "12", "11.11", "6", "0.5", "0")])
EXCLUSIVE = (CalculateOn.ITEM_AMOUNT, CalculateOn.DOCUMENT_AMOUNT)


def vat_id(name: str, percent: str, calculate_on: CalculateOn = CalculateOn.DOCUMENT_AMOUNT) -> VatId:
    return VatId(name, calculate_on=calculate_on, rates=(VatRate(date(2005, 1, 1), Decimal(percent)),))


def computed(amounts: list[str], *ids: VatId) -> VatResult:
    """The VAT of a document all of whose lines are under all of `ids`."""
    names = tuple(known.vat_id for known in ids)
    lines = [TaxableLine(number, Decimal(amount), names) for number, amount in enumerate(amounts, 1)]
    return vat_of_document(lines, {known.vat_id: known for known in ids}, TODAY, 2)


def figures(result: VatResult) -> list[tuple[str, str, str]]:
    return [(row.vat_id, str(row.taxable), str(row.vat)) for row in result.rows]


# Rates


DATED = VatId(
    "33",
    rates=(
        VatRate(date(2024, 1, 1), Decimal(12), not_valid_after=date(2025, 12, 31)),
        VatRate(date(2005, 1, 1), Decimal(8)),
    ),
)


@pytest.mark.parametrize(
    ("on", "percent"),
    [(date(2005, 1, 1), 8), (date(2023, 12, 31), 8), (date(2024, 1, 1), 12), (date(2025, 12, 31), 12)],
)
def test_the_latest_rate_up_to_the_date_counts(on: date, percent: int) -> None:
    assert rate_on(DATED, on) == percent


@pytest.mark.parametrize("on", [date(2004, 12, 31), date(2026, 1, 1)])
def test_a_date_without_a_valid_rate_is_refused(on: date) -> None:
    with pytest.raises(Refused) as refusal:
        rate_on(DATED, on)
    assert "'33'" in refusal.value.reason
    assert refusal.value.value == on.isoformat()


def test_exempt_and_reverse_charge_charge_nothing() -> None:
    assert charged_rate(DATED, TODAY) == 12
    assert charged_rate(dataclasses.replace(DATED, exempt=True), TODAY) == 0
    assert charged_rate(dataclasses.replace(DATED, reverse_charge=True), TODAY) == 0


@pytest.mark.parametrize(
    ("rates", "field"),
    [
        ((VatRate(TODAY, Decimal("-1")),), ("rates", 0, "percent")),
        ((VatRate(TODAY, Decimal("100.01")),), ("rates", 0, "percent")),
        ((VatRate(TODAY, Decimal(1)), VatRate(TODAY, Decimal(2))), ("rates", 1, "start_date")),
        ((VatRate(TODAY, Decimal(1), date(2025, 5, 31)),), ("rates", 0, "not_valid_after")),
    ],
)
def test_rates_that_cannot_work_are_refused(rates: tuple[VatRate, ...], field: tuple[str | int, ...]) -> None:
    check_vat_id(DATED)
    with pytest.raises(Refused) as refusal:
        check_vat_id(VatId("X", rates=rates))
    assert refusal.value.field == field


# Which ids apply


@pytest.mark.parametrize(
    ("category", "zone", "expected"),
    [
        (VatCategory("3", vat_ids=("3",)), NORWAY, ("3",)),
        (VatCategory("ANY", vat_ids=("52", "31", "3")), NORWAY, ("3", "31")),
        (VatCategory("3", vat_ids=("3",)), EUROPE, ()),
        (VatCategory("NOT31", vat_ids=("31",), exclude_listed=True), NORWAY, ("3", "6")),
        (VatCategory("ALL", exclude_listed=True), EUROPE, ("52", "6")),
        (VatCategory("NONE"), NORWAY, ()),
    ],
)
def test_the_ids_of_category_and_zone_apply(category: VatCategory, zone: VatZone, expected: tuple[str, ...]) -> None:
    assert applied_ids(category, zone) == expected


def test_a_line_without_zone_or_category_is_untaxed() -> None:
    assert vat_ids_of_line(VatCategory("3", vat_ids=("3",)), None) == ()
    assert vat_ids_of_line(None, NORWAY) == ()
    assert vat_ids_of_line(VatCategory("NONE"), NORWAY) == ()
    assert vat_ids_of_line(VatCategory("NOTHING", vat_ids=EUROPE.vat_ids, exclude_listed=True), EUROPE) == ()


def test_a_category_that_its_zone_does_not_know_is_refused() -> None:
    with pytest.raises(UnknownReference) as refusal:
        vat_ids_of_line(VatCategory("3", vat_ids=("3",)), EUROPE, ("lines", 0, "vat_id"))
    assert refusal.value.field == ("lines", 0, "vat_id")
    assert refusal.value.value == "3"
    assert "52, 6" in refusal.value.hint


def test_an_inactive_category_is_refused() -> None:
    with pytest.raises(Refused, match="not active"):
        vat_ids_of_line(VatCategory("3", vat_ids=("3",), active=False), NORWAY)


# How much it is


@pytest.mark.parametrize(("percent", "vat"), [("25", "20.00"), ("15", "13.04"), ("12", "10.71")])
def test_inclusive_vat_is_taken_out_of_the_line(percent: str, vat: str) -> None:
    result = computed(["100.00"], vat_id("3", percent, CalculateOn.EXTRACT_FROM_ITEM_AMOUNT))
    assert figures(result) == [("3", str(100 - Decimal(vat)), vat)]
    assert result.line_nets == {1: 100 - Decimal(vat)}
    assert result.rows[0].inclusive


def test_vat_per_line_and_per_document_differ_in_rounding() -> None:
    thirds = ["33.33", "33.33", "33.33"]
    assert figures(computed(thirds, vat_id("3", "25", CalculateOn.ITEM_AMOUNT))) == [("3", "99.99", "24.99")]
    assert figures(computed(thirds, vat_id("3", "25", CalculateOn.DOCUMENT_AMOUNT))) == [("3", "99.99", "25.00")]


def test_a_live_invoice_of_two_lines() -> None:
    result = computed(["640.00", "800.00"], vat_id("3", "25"))
    assert figures(result) == [("3", "1440.00", "360.00")]
    assert result.rows[0].rate == 25
    assert result.line_nets == {1: 640, 2: 800}


def test_compound_vat_is_taken_of_the_line_and_its_other_vat() -> None:
    first = vat_id("A", "10", CalculateOn.ITEM_AMOUNT)
    on_item = vat_id("B", "5", CalculateOn.ITEM_TAX_AMOUNT)
    on_document = vat_id("B", "5", CalculateOn.DOCUMENT_TAX_AMOUNT)
    # 10 % of 33.33 is 3.33; 5 % of 36.66 is 1.83 a line, and of 109.98 is 5.50 on the document.
    assert figures(computed(["33.33"] * 3, first, on_item)) == [("A", "99.99", "9.99"), ("B", "109.98", "5.49")]
    assert figures(computed(["33.33"] * 3, first, on_document)) == [("A", "99.99", "9.99"), ("B", "109.98", "5.50")]


def test_compound_vat_on_the_document_takes_other_vat_rounded_on_the_document() -> None:
    first = vat_id("A", "25", CalculateOn.DOCUMENT_AMOUNT)
    compound = vat_id("B", "10", CalculateOn.DOCUMENT_TAX_AMOUNT)
    assert figures(computed(["33.33"] * 3, first, compound)) == [("A", "99.99", "25.00"), ("B", "124.99", "12.50")]


def test_compound_vat_takes_only_the_other_vat_of_its_own_lines() -> None:
    ids = {"A": vat_id("A", "25"), "B": vat_id("B", "10", CalculateOn.DOCUMENT_TAX_AMOUNT)}
    lines = [TaxableLine(1, Decimal("100.00"), ("A", "B")), TaxableLine(2, Decimal("1000.00"), ("A",))]
    assert figures(vat_of_document(lines, ids, TODAY, 2)) == [("A", "1100.00", "275.00"), ("B", "125.00", "12.50")]


def test_two_compound_ids_do_not_tax_each_other() -> None:
    ids = (vat_id("A", "10", CalculateOn.ITEM_TAX_AMOUNT), vat_id("B", "20", CalculateOn.ITEM_TAX_AMOUNT))
    assert figures(computed(["100.00"], *ids)) == [("A", "100.00", "10.00"), ("B", "100.00", "20.00")]


def test_exclusive_vat_is_taken_of_what_inclusive_vat_leaves() -> None:
    inside = vat_id("IN", "25", CalculateOn.EXTRACT_FROM_ITEM_AMOUNT)
    result = computed(["125.00"], inside, vat_id("OUT", "10"))
    assert figures(result) == [("IN", "100.00", "25.00"), ("OUT", "100.00", "10.00")]


def test_an_id_that_is_listed_twice_counts_once() -> None:
    inside = vat_id("IN", "25", CalculateOn.EXTRACT_FROM_ITEM_AMOUNT)
    assert computed(["125.00"], inside, inside) == computed(["125.00"], inside)


def test_two_inclusive_ids_share_the_line() -> None:
    ids = [vat_id(name, percent, CalculateOn.EXTRACT_FROM_ITEM_AMOUNT) for name, percent in (("A", "20"), ("B", "5"))]
    result = computed(["125.00"], *ids)
    assert figures(result) == [("A", "100.00", "20.00"), ("B", "100.00", "5.00")]


def test_ids_on_different_lines_make_rows_of_their_own_in_order_of_id() -> None:
    ids = {"6": vat_id("6", "0"), "3": vat_id("3", "25"), "31": vat_id("31", "15")}
    lines = [
        TaxableLine(1, Decimal("10.00"), ("6",)),
        TaxableLine(2, Decimal("100.00"), ("31",)),
        TaxableLine(3, Decimal("100.00"), ("3",)),
        TaxableLine(4, Decimal("-40.00"), ("3",)),
        TaxableLine(5, Decimal("7.00")),
    ]
    result = vat_of_document(lines, ids, TODAY, 2)
    assert figures(result) == [("3", "60.00", "15.00"), ("31", "100.00", "15.00"), ("6", "10.00", "0.00")]
    assert result.line_nets == {1: 10, 2: 100, 3: 100, 4: -40, 5: 7}


@pytest.mark.parametrize("flag", ["exempt", "reverse_charge"])
def test_exempt_and_reverse_charge_show_the_base_and_no_vat(flag: str) -> None:
    result = computed(["100.00"], dataclasses.replace(vat_id("51", "25"), **{flag: True}))  # type: ignore[arg-type]
    assert figures(result) == [("51", "100.00", "0.00")]
    assert result.rows[0].rate == 0
    assert getattr(result.rows[0], flag)


def test_a_document_without_lines_or_ids_has_no_vat() -> None:
    assert vat_of_document([], {}, TODAY, 2) == VatResult((), {})
    assert computed(["10.00"]) == VatResult((), {1: Decimal("10.00")})


def test_an_id_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownReference) as refusal:
        vat_of_document([TaxableLine(1, Decimal(1), ("X",))], {}, TODAY, 2)
    assert refusal.value.value == "X"


@given(st.lists(AMOUNTS, min_size=1, max_size=8), PERCENTS)
def test_net_and_inclusive_vat_make_the_gross_of_each_line(amounts: list[Decimal], percent: Decimal) -> None:
    inside = vat_id("3", str(percent), CalculateOn.EXTRACT_FROM_ITEM_AMOUNT)
    lines = [TaxableLine(number, amount, ("3",)) for number, amount in enumerate(amounts)]
    result = vat_of_document(lines, {"3": inside}, TODAY, 2)
    for line in lines:
        vat = line.amount - result.line_nets[line.line_number]
        assert abs(vat * (100 + percent) - line.amount * percent) * 2 <= (100 + percent) * Decimal("0.01")
    assert result.rows[0].taxable == sum(result.line_nets.values())
    assert result.rows[0].taxable + result.rows[0].vat == sum(amounts)


@given(st.lists(AMOUNTS, min_size=1, max_size=20), PERCENTS)
def test_rounding_on_the_document_moves_vat_by_half_a_unit_a_line(amounts: list[Decimal], percent: Decimal) -> None:
    texts = [str(amount) for amount in amounts]
    on_lines, on_document = (computed(texts, vat_id("3", str(percent), how)).rows[0] for how in EXCLUSIVE)
    assert on_lines.taxable == on_document.taxable == sum(amounts)
    assert abs(on_document.vat * 100 - sum(amounts) * percent) <= Decimal("0.5")
    assert abs(on_lines.vat - on_document.vat) * 2 <= (len(amounts) + 1) * Decimal("0.01")


@given(
    st.lists(st.tuples(AMOUNTS, st.sets(st.sampled_from("ABCDE"))), min_size=1, max_size=8),
    st.lists(PERCENTS, min_size=5, max_size=5),
)
def test_a_mirrored_document_has_mirrored_vat(lines: list[tuple[Decimal, set[str]]], percents: list[Decimal]) -> None:
    ids = {
        name: vat_id(name, str(percent), how) for name, percent, how in zip("ABCDE", percents, CalculateOn, strict=True)
    }
    plain = [TaxableLine(number, amount, tuple(sorted(names))) for number, (amount, names) in enumerate(lines)]
    mirrored = [replace(line, amount=-line.amount) for line in plain]
    one, other = vat_of_document(plain, ids, TODAY, 2), vat_of_document(mirrored, ids, TODAY, 2)
    assert [(row.vat_id, row.taxable, row.vat) for row in one.rows] == [
        (row.vat_id, -row.taxable, -row.vat) for row in other.rows
    ]
    shuffled = vat_of_document(plain[::-1], ids, TODAY, 2)
    assert (shuffled.rows, shuffled.line_nets) == (one.rows, one.line_nets)


# Figures that a request sends


ROWS = (
    VatRow("3", Decimal(25), Decimal("99.99"), Decimal("25.00")),
    VatRow("3I", Decimal(25), Decimal("80.00"), Decimal("20.00"), inclusive=True),
    VatRow("6", Decimal(0), Decimal("10.00"), Decimal("0.00"), exempt=True),
)
TOLERANCE = Decimal("1.00")


def test_sent_figures_stand_in_for_the_computed_ones() -> None:
    sent = [SentVatRow("3", vat=Decimal("24.99")), SentVatRow("6", taxable=Decimal("10"), vat=Decimal(0))]
    changed, inclusive, exempt = apply_sent_rows(ROWS, sent, TOLERANCE, 2)
    assert (changed.taxable, changed.vat, changed.entered) == (Decimal("99.99"), Decimal("24.99"), True)
    assert inclusive is ROWS[1]
    assert exempt == replace(ROWS[2], entered=True)
    assert apply_sent_rows(ROWS, [], TOLERANCE, 2) == ROWS


@pytest.mark.parametrize(
    ("rate", "taxable", "lines", "passes", "refused"),
    [
        ("25", "99.99", 1, ["24.98", "25.00", "25.020"], ["24.97", "25.03"]),
        ("25", "99.99", 3, ["24.96", "25.04"], ["24.95", "25.05"]),
        ("25", "99.99", 500, ["24.00", "26.00"], ["23.99", "26.01"]),  # the tolerance is less than 5.01
        ("25", "3.00", 1, ["0.73", "0.77"], ["0.00", "0.72"]),
        ("25", "0.04", 3, ["0.00", "0.05"], ["-0.01", "0.06"]),
        ("25", "0.01", 1, ["0.00", "0.02"], ["-0.01", "0.03"]),
        ("25", "-0.04", 3, ["0.00", "-0.05"], ["0.01", "-0.06"]),
        ("25", "-99.99", 1, ["-24.98", "-25.02"], ["25.00", "-24.97", "-25.03"]),
        ("25", "0.00", 2, ["0.00"], ["0.01", "-0.01"]),
        ("0", "99.99", 3, ["0.00"], ["0.01"]),
    ],
)
def test_sent_vat_passes_where_rounding_explains_it(
    rate: str, taxable: str, lines: int, passes: list[str], refused: list[str]
) -> None:
    base, percent = Decimal(taxable), Decimal(rate)
    row = VatRow("3", percent, base, percent_of(base, percent, 2), line_count=lines)
    for vat in passes:
        (changed,) = apply_sent_rows([row], [SentVatRow("3", vat=Decimal(vat))], TOLERANCE, 2)
        assert (changed.vat, changed.taxable) == (Decimal(vat), base)
    for vat in refused:
        with pytest.raises(Refused, match="do not agree") as refusal:
            apply_sent_rows([row], [SentVatRow("3", vat=Decimal(vat))], TOLERANCE, 2)
        assert refusal.value.field == ("vat_rows", 0, "vat")


def test_the_smallest_unit_is_that_of_the_currency() -> None:
    row = VatRow("3", Decimal(25), Decimal(1000), Decimal(250), line_count=1)
    assert apply_sent_rows([row], [SentVatRow("3", vat=Decimal(252))], Decimal(15), 0)[0].vat == 252
    with pytest.raises(Refused, match="do not agree") as refusal:
        apply_sent_rows([row], [SentVatRow("3", vat=Decimal(253))], Decimal(15), 0)
    assert refusal.value.hint == "Computed: 250; send 248 to 252."


@given(
    amounts=st.lists(st.decimals(Decimal("-999.99"), Decimal("999.99"), places=2), min_size=1, max_size=40),
    rate=st.sampled_from([Decimal(25), Decimal("11.11"), Decimal(6)]),
)
def test_vat_computed_line_by_line_is_always_explained(amounts: list[Decimal], rate: Decimal) -> None:
    row = VatRow("3", rate, sum(amounts, ZERO), percent_of(sum(amounts, ZERO), rate, 2), line_count=len(amounts))
    by_line = sum((percent_of(amount, rate, 2) for amount in amounts), ZERO)
    assume(by_line * row.taxable > 0)
    assert apply_sent_rows([row], [SentVatRow("3", vat=by_line)], TOLERANCE, 2)[0].vat == by_line


@pytest.mark.parametrize(("sent", "stored"), [("25.001", "25.00"), ("25.005", "25.01"), ("25.0249999", "25.02")])
def test_a_sent_figure_is_rounded_before_it_is_compared(sent: str, stored: str) -> None:
    row = apply_sent_rows(ROWS, [SentVatRow("3", taxable=Decimal("99.9850001"), vat=Decimal(sent))], TOLERANCE, 2)[0]
    assert (row.taxable, row.vat) == (Decimal("99.99"), Decimal(stored))


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (SentVatRow("3", vat=Decimal("26.01")), "vat"),
        (SentVatRow("3", vat=Decimal("-25.00")), "vat"),
        (SentVatRow("3", vat=Decimal("26.005")), "vat"),
        (SentVatRow("3", vat=Decimal("1E+400")), "vat"),
        (SentVatRow("3", taxable=Decimal("101.00"), vat=Decimal("25.00")), "taxable"),
        (SentVatRow("3", taxable=Decimal("99.50"), vat=Decimal("25.00")), "taxable"),
        (SentVatRow("3", taxable=Decimal("99.98")), "taxable"),
        (SentVatRow("3I", vat=Decimal("20.01")), "vat"),
        (SentVatRow("3I", taxable=Decimal("80.01")), "taxable"),
        (SentVatRow("6", vat=Decimal("0.01")), "vat"),
        (SentVatRow("31"), "vat_id"),
    ],
)
def test_figures_that_do_not_agree_with_the_lines_are_refused(sent: SentVatRow, name: str) -> None:
    rows = [SentVatRow("6"), sent] if sent.vat_id != "6" else [SentVatRow("3"), sent]
    with pytest.raises(Refused) as refusal:
        apply_sent_rows(ROWS, rows, TOLERANCE, 2, ("vat_lines",))
    assert refusal.value.field == ("vat_lines", 1, name)
    assert refusal.value.hint


def test_an_id_sent_twice_is_refused() -> None:
    with pytest.raises(Refused, match="twice"):
        apply_sent_rows(ROWS, [SentVatRow("3"), SentVatRow("3")], TOLERANCE, 2)


# What a sale is for VAT (decision 0023)


@pytest.mark.parametrize(
    ("vat_ids", "area", "kind"),
    [
        (["25"], SalesArea.DOMESTIC, SaleKind.TAXABLE),
        (["25"], SalesArea.EU, SaleKind.TAXABLE),  # Swedish VAT to a consumer in Germany
        (["25"], SalesArea.EXPORT, SaleKind.TAXABLE),  # a night in a hotel here
        (["0", "25"], SalesArea.DOMESTIC, SaleKind.TAXABLE),
        (["ZERO"], SalesArea.DOMESTIC, SaleKind.NON_TAXABLE),
        (["ZERO"], SalesArea.EU, SaleKind.EU),
        (["ZERO"], SalesArea.EXPORT, SaleKind.EXPORT),
        (["0"], SalesArea.DOMESTIC, SaleKind.NON_TAXABLE),
        (["0"], SalesArea.EXPORT, SaleKind.NON_TAXABLE),
        (["RC"], SalesArea.DOMESTIC, SaleKind.NON_TAXABLE),
        (["GOODS"], SalesArea.DOMESTIC, SaleKind.EU),
        (["GOODS"], SalesArea.EU, SaleKind.EU),
        ([], SalesArea.DOMESTIC, SaleKind.NON_TAXABLE),
        ([], SalesArea.EXPORT, SaleKind.EXPORT),
    ],
)
def test_a_sale_is_taxable_or_not_or_abroad_by_its_vat(vat_ids: list[str], area: SalesArea, kind: SaleKind) -> None:
    rate = (VatRate(date(2005, 1, 1), Decimal(25)),)
    known = {
        "25": VatId("25", rates=rate),
        "ZERO": VatId("ZERO", rates=(VatRate(date(2005, 1, 1), ZERO),)),
        "0": VatId("0", exempt=True, rates=rate),
        "RC": VatId("RC", reverse_charge=True, rates=rate),
        "GOODS": VatId("GOODS", reverse_charge=True, eu_report_code=EuReportCode.GOODS, rates=rate),
    }
    assert kind_of_sale([known[vat_id] for vat_id in vat_ids], VatZone("Z", area=area)) == kind


def test_without_a_zone_nothing_is_known_of_a_sale() -> None:
    assert kind_of_sale([], None) == SaleKind.TAXABLE
