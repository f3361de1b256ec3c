"""What the shipped templates say of law and practice: each value as it should be on its day, read by an accountant."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from reskontra.company_file.file import Template, read_template
from reskontra.db.pool import Connection
from reskontra.demo import CODE
from reskontra.vat.rules.codes import SaleKind, applied_ids, kind_of_sale, rate_on

BOTH = pytest.mark.parametrize("template", ["no", "se"])


def read(template: str) -> Template:
    return read_template(template).content


@BOTH
def test_numbers_of_documents_are_given_by_the_machine_in_a_real_company(template: str) -> None:
    modes = {series.series_id: str(series.mode) for series in read(template).series}
    assert (modes.pop("CUSTOMER"), modes.pop("PROJECT")) == ("automatic", "automatic")
    assert modes.keys() == {"INVOICE", "CREDITNOTE", "DEBITNOTE", "PAYMENT", "CASHSALE", "OVERDUE", "WRITEOFF", "BATCH"}
    assert set(modes.values()) == {"strict"}


@BOTH
def test_series_that_only_a_file_can_make_overlap_none_of_each_other(template: str) -> None:
    """TPL-01: a number of a payment is never that of a write-off, which is read at the same address."""
    spans = {
        series.series_id: (numbers.start_number, numbers.warn_number or "", numbers.end_number or "")
        for series in read(template).series
        if series.series_id in ("PAYMENT", "CASHSALE", "OVERDUE", "WRITEOFF", "PROJECT")
        for numbers in series.ranges
    }
    assert len(spans) == 5
    in_order = sorted(spans.values())
    assert all(start < warn < end and len(start) == len(warn) == len(end) for start, warn, end in in_order)
    assert all(before[2] < after[0] for before, after in pairwise(in_order)), in_order


async def test_clients_of_the_demo_may_bring_their_own_numbers(connection: Connection) -> None:
    modes = await connection.fetch(
        "select distinct mode from number_series join company using (company_id) where code = $1", CODE
    )
    assert [row["mode"] for row in modes] == ["automatic"]


# VAT on its day


@pytest.mark.parametrize(
    ("day", "food", "lodging"),
    [
        (date(2025, 3, 3), 12, 12),
        (date(2026, 3, 31), 12, 12),
        (date(2026, 4, 1), 6, 12),
        (date(2026, 11, 26), 6, 12),
        (date(2027, 12, 31), 6, 12),
        (date(2028, 1, 1), 12, 12),
    ],
)
def test_food_is_taxed_at_6_per_cent_in_sweden_for_21_months(day: date, food: int, lodging: int) -> None:
    """Prop. 2025/26:55; restaurants and lodging stay."""
    vat = {vat_id.vat_id: vat_id for vat_id in read("se").vat}
    assert (rate_on(vat["LIVS"], day), rate_on(vat["12"], day)) == (Decimal(food), Decimal(lodging))
    assert vat["LIVS"].payable_account != vat["12"].payable_account
    potatoes = next(item for item in read("se").items if item.item_number == "222")
    assert potatoes.vat_category_id == "LIVS"


@pytest.mark.parametrize(
    ("template", "zone", "category", "vat_ids", "kind"),
    [
        ("no", "NO", "3", ("3",), SaleKind.TAXABLE),
        ("no", "EU", "3", ("52",), SaleKind.EU),
        ("no", "EX", "3", ("52",), SaleKind.EXPORT),
        ("no", "EX", "31", ("52",), SaleKind.EXPORT),
        ("no", "EX", "32", ("52",), SaleKind.EXPORT),
        ("no", "EX", "33", ("33",), SaleKind.TAXABLE),
        ("no", "NO", "5", ("5",), SaleKind.NON_TAXABLE),
        ("no", "EX", "5", ("52",), SaleKind.EXPORT),
        ("no", "NO", "51", ("51",), SaleKind.NON_TAXABLE),
        ("no", "EU", "51", ("52",), SaleKind.EU),
        ("no", "EU", "52", ("52",), SaleKind.EU),
        ("no", "NO", "6", ("6",), SaleKind.NON_TAXABLE),
        ("no", "EX", "7", ("7",), SaleKind.NON_TAXABLE),
        ("se", "SE", "25", ("25",), SaleKind.TAXABLE),
        ("se", "EU", "25", ("EU",), SaleKind.EU),
        ("se", "EX", "25", ("EX",), SaleKind.EXPORT),
        ("se", "SE", "LIVS", ("LIVS",), SaleKind.TAXABLE),
        ("se", "EU", "LIVS", ("EU",), SaleKind.EU),
        ("se", "EX", "LIVS", ("EX",), SaleKind.EXPORT),
        ("se", "EU", "12", ("12",), SaleKind.TAXABLE),
        ("se", "EU", "6", ("EU",), SaleKind.EU),
        ("se", "SE", "RC", ("RC",), SaleKind.NON_TAXABLE),
        ("se", "EU", "RC", ("EU",), SaleKind.EU),
        ("se", "EX", "0", ("0",), SaleKind.NON_TAXABLE),
    ],
)
def test_the_zone_picks_the_vat_of_a_category(
    template: str, zone: str, category: str, vat_ids: tuple[str, ...], kind: SaleKind
) -> None:
    company = read(template)
    zones = {it.zone_id: it for it in company.vat_zones}
    categories = {it.category_id: it for it in company.vat_categories}
    vat = {it.vat_id: it for it in company.vat}
    applied = applied_ids(categories[category], zones[zone])
    assert applied == vat_ids
    assert kind_of_sale([vat[vat_id] for vat_id in applied], zones[zone]) == kind


@BOTH
def test_every_item_can_be_sold_in_every_zone(template: str) -> None:
    company = read(template)
    categories = {it.category_id: it for it in company.vat_categories}
    assert (len(company.items) > 0, len(company.vat_zones) > 2) == (True, True)
    for item in company.items:
        for zone in company.vat_zones:
            assert applied_ids(categories[item.vat_category_id or ""], zone), (item.item_number, zone.zone_id)


@BOTH
def test_items_for_sale_have_an_account_for_each_kind_of_sale(template: str) -> None:
    company = read(template)
    (of_class,) = company.customer_classes
    names = ("sales_account", "sales_non_taxable_account", "sales_eu_account", "sales_export_account")
    accounts = [getattr(of_class, name) for name in names]
    assert len({*accounts, None}) == 5
    sold = [item for item in company.items if item.vat_category_id not in ("0", "7")]
    assert len(sold) == 3
    goods = company.item_classes[0]
    for entry in (*sold, goods):
        assert [getattr(entry, name) for name in names] == accounts


# Reminding


def test_the_norwegian_notice_gives_14_days() -> None:
    """Inkassoloven § 9."""
    notice = read("no").dunning_levels[-1]
    assert (notice.description, notice.days_to_settle) == ("Notice of debt collection", 14)


@pytest.mark.parametrize(
    ("kind", "day", "amount"),
    [
        ("reminder_fee_cap", "2015-06-01", "65"),
        ("reminder_fee_cap", "2016-06-01", "67"),
        ("reminder_fee_cap", "2020-09-30", "70"),
        ("reminder_fee_cap", "2020-10-01", "35"),
        ("reminder_fee_cap", "2025-12-31", "35"),
        ("reminder_fee_cap", "2026-01-01", "37.50"),
        ("late_interest_percent", "2024-01-01", "12.50"),
        ("late_interest_percent", "2025-01-01", "12.50"),
        ("late_interest_percent", "2025-07-01", "12.25"),
        ("late_interest_percent", "2026-01-01", "12.00"),
        ("late_payment_compensation", "2024-01-01", "470"),
        ("late_payment_compensation", "2025-01-01", "470"),
        ("late_payment_compensation", "2026-01-01", "460"),
        ("collection_notice_days", "2026-01-01", "14"),
        ("reminder_fees_max", "2026-01-01", "2"),
    ],
)
def test_the_norwegian_figures_of_the_law_by_date(kind: str, day: str, amount: str) -> None:
    rows = [row for row in read("no").legal_rates if row.kind == kind and row.start_date <= date.fromisoformat(day)]
    assert max(rows, key=lambda row: row.start_date).amount == Decimal(amount)


@BOTH
def test_each_figure_of_the_law_says_where_it_was_read_and_that_it_is_to_be_verified(template: str) -> None:
    for row in read(template).legal_rates:
        assert row.source.lower().endswith(("before use.", "check the official table."))
    derived = [row.amount for row in read("no").legal_rates if row.source.startswith("Derived")]
    assert template == "se" or derived == [Decimal("37.50")]


@BOTH
def test_no_figure_of_the_law_outlives_its_source(template: str) -> None:
    """A row ends before the next of its kind begins."""
    rows = sorted(read(template).legal_rates, key=lambda row: (row.kind, row.start_date))
    followed = [(row, following) for row, following in pairwise(rows) if row.kind == following.kind]
    assert followed
    for row, following in followed:
        assert row.valid_until is not None
        assert row.start_date <= row.valid_until < following.start_date


@BOTH
def test_fees_of_the_levels_keep_to_the_cap(template: str) -> None:
    company = read(template)
    cap = max((row for row in company.legal_rates if row.kind == "reminder_fee_cap"), key=lambda row: row.start_date)
    assert all(level.fee <= cap.amount for level in company.dunning_levels)
