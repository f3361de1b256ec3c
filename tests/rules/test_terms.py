"""Due dates, cash discounts and instalments (TRM, INS, invariants 12 to 14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reskontra.errors import Refused
from reskontra.terms.rules.dates import discount_amount, discount_date, due_date
from reskontra.terms.rules.instalments import Instalment, instalments
from reskontra.terms.rules.terms import (
    Calculation,
    DiscountType,
    DueType,
    InstalmentFrequency,
    InstalmentMethod,
    InstalmentShare,
    InstalmentType,
    Terms,
    WeekendRule,
    check_terms,
)

NEW_YEAR = date(2016, 1, 1)
CUSTOM = Terms("CUSTOM", due_type=DueType.CUSTOM, due_day_1=10, day_to_1=15, due_day_2=25)
DATES = st.dates(date(1900, 1, 1), date(2999, 12, 31))


def with_code(due: str, discount: str) -> Terms:
    """Terms from the shorthand of the vectors: `N30` is type N with day 30, `M` is type M."""
    return Terms(
        f"{due}/{discount}",
        due_type=DueType(due[0]),
        due_day_1=int(due[1:] or 0),
        discount_type=DiscountType(discount[0]),
        discount_day=int(discount[1:] or 0),
        discount_percent=Decimal(2),
    )


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    due_type = draw(st.sampled_from(DueType))
    discount_type = draw(st.sampled_from(DiscountType))
    counts_days = (DueType.FIXED_DAYS, DueType.DAYS_FROM_NEXT_MONTH)
    return Terms(
        "ANY",
        due_type=due_type,
        due_day_1=draw(st.integers(0, 400) if due_type in counts_days else st.integers(1, 31)),
        due_day_2=draw(st.integers(1, 31)),
        day_to_1=draw(st.integers(1, 30)),
        discount_type=discount_type,
        discount_day=draw(st.integers(0, 400) if discount_type in counts_days else st.integers(1, 31)),
        discount_percent=draw(st.sampled_from([Decimal(0), Decimal(2), Decimal("100")])),
        weekend_rule=draw(st.sampled_from(WeekendRule)),
    )


@pytest.mark.parametrize(
    ("due", "discount", "due_on", "discount_until"),
    [
        ("N30", "N7", date(2016, 1, 31), date(2016, 1, 8)),
        ("D30", "D7", date(2016, 2, 29), date(2016, 2, 7)),
        ("D30", "E", date(2016, 2, 29), date(2016, 1, 31)),
        ("D30", "T7", date(2016, 2, 29), date(2016, 1, 7)),
        ("M", "M", date(2016, 2, 29), date(2016, 2, 29)),
        ("T30", "T7", date(2016, 1, 30), date(2016, 1, 7)),
        ("P30", "P7", date(2016, 3, 2), date(2016, 2, 8)),
    ],
)
def test_dates_follow_from_the_document_date(due: str, discount: str, due_on: date, discount_until: date) -> None:
    terms = with_code(due, discount)
    check_terms(terms)
    assert (due_date(terms, NEW_YEAR), discount_date(terms, NEW_YEAR)) == (due_on, discount_until)


@pytest.mark.parametrize(
    ("base", "due_on", "discount_day_7"),
    [
        (date(2016, 1, 1), date(2016, 2, 10), date(2016, 1, 7)),
        (date(2016, 1, 16), date(2016, 2, 25), date(2016, 2, 7)),
    ],
)
def test_custom_terms_know_two_parts_of_a_month(base: date, due_on: date, discount_day_7: date) -> None:
    to_month_end = replace(CUSTOM, discount_type=DiscountType.END_OF_NEXT_MONTH)
    to_the_seventh = replace(CUSTOM, discount_type=DiscountType.DAY_OF_MONTH, discount_day=7)
    assert due_date(CUSTOM, base) == due_on
    assert discount_date(to_month_end, base) == due_on
    assert discount_date(to_the_seventh, base) == discount_day_7


def test_a_custom_day_after_the_interval_stays_in_the_month() -> None:
    terms = replace(CUSTOM, due_day_1=20, day_to_1=15, due_day_2=31)
    assert due_date(terms, date(2023, 2, 15)) == date(2023, 2, 20)
    assert due_date(terms, date(2023, 2, 16)) == date(2023, 2, 28)


@pytest.mark.parametrize(("day", "expected"), [(1, date(2016, 1, 1)), (31, date(2016, 1, 31))])
def test_a_day_of_the_month_may_be_the_document_date_itself(day: int, expected: date) -> None:
    assert due_date(with_code(f"T{day}", "T1"), NEW_YEAR) == expected
    assert due_date(with_code("T31", "T1"), date(2016, 2, 29)) == date(2016, 2, 29)


def test_terms_of_14_days_net_look_like_a_live_invoice() -> None:
    terms = Terms("14", due_day_1=14)
    dated = date(2024, 8, 29)
    assert due_date(terms, dated) == date(2024, 9, 12)
    assert discount_date(terms, dated) == dated
    assert discount_amount(terms, Decimal("1800.00"), Decimal("360.00"), 2) == 0


@pytest.mark.parametrize(
    ("rule", "from_saturday", "from_sunday"),
    [
        (WeekendRule.KEEP, date(2024, 6, 1), date(2024, 6, 2)),
        (WeekendRule.FRIDAY_BEFORE, date(2024, 5, 31), date(2024, 5, 31)),
        (WeekendRule.MONDAY_AFTER, date(2024, 6, 3), date(2024, 6, 3)),
    ],
)
def test_a_weekend_moves_the_due_date(rule: WeekendRule, from_saturday: date, from_sunday: date) -> None:
    terms = Terms("0", weekend_rule=rule)
    assert due_date(terms, date(2024, 6, 1)) == from_saturday
    assert due_date(terms, date(2024, 6, 2)) == from_sunday
    assert due_date(terms, date(2024, 5, 31)) == date(2024, 5, 31)


def test_a_weekend_leaves_the_discount_date_alone() -> None:
    terms = Terms("30D1", due_day_1=30, discount_day=1, discount_percent=Decimal(2), weekend_rule=3)
    assert discount_date(terms, date(2024, 5, 31)) == date(2024, 6, 1)


@pytest.mark.parametrize(("calculation", "expected"), [(Calculation.GROSS, "2.50"), (Calculation.NET, "2.00")])
def test_a_cash_discount_is_taken_of_gross_or_net(calculation: Calculation, expected: str) -> None:
    terms = Terms("30D2", discount_percent=Decimal(2), calculation=calculation)
    assert str(discount_amount(terms, Decimal("125.00"), Decimal("25.00"), 2)) == expected


@given(any_terms(), DATES)
def test_nothing_falls_due_before_its_document(terms: Terms, base: date) -> None:
    earliest = base - timedelta(days=2) if terms.weekend_rule == WeekendRule.FRIDAY_BEFORE else base
    due = due_date(terms, base)
    assert due >= earliest
    assert terms.weekend_rule == WeekendRule.KEEP or due.isoweekday() < 6


@given(any_terms(), DATES)
def test_the_discount_ends_when_the_document_falls_due_at_the_latest(terms: Terms, base: date) -> None:
    assert discount_date(terms, base) <= due_date(terms, base)


@given(any_terms(), DATES, DATES)
def test_a_later_document_never_falls_due_earlier(terms: Terms, one: date, other: date) -> None:
    assume(terms.due_type != DueType.CUSTOM)
    first, second = sorted((one, other))
    assert due_date(terms, first) <= due_date(terms, second)


@pytest.mark.parametrize("due", ["N1", "D1", "M", "P1"])
def test_a_due_date_past_the_calendar_is_refused(due: str) -> None:
    with pytest.raises(Refused) as refusal:
        due_date(with_code(due, "N0"), date.max)
    assert refusal.value.field == ("document_date",)
    assert refusal.value.value == "9999-12-31"


# Instalments


def equal_parts(count: int, **changed: object) -> Terms:
    terms = Terms("PARTS", due_day_1=30, instalment_type=InstalmentType.MULTIPLE, instalment_count=count)
    return replace(terms, **changed)  # type: ignore[arg-type]


def parts_of(terms: Terms, gross: str, vat: str, gross_base: str, vat_base: str) -> tuple[Instalment, ...]:
    return instalments(
        terms,
        NEW_YEAR,
        gross=Decimal(gross),
        vat=Decimal(vat),
        decimals=2,
        gross_base=Decimal(gross_base),
        vat_base=Decimal(vat_base),
        base_decimals=2,
    )


def test_the_last_part_takes_the_remainder() -> None:
    parts = parts_of(equal_parts(3), "100.00", "20.00", "333.33", "66.67")
    assert [str(part.amount) for part in parts] == ["33.33", "33.33", "33.34"]
    assert [str(part.amount_base) for part in parts] == ["111.11", "111.11", "111.11"]


def test_base_currency_has_a_remainder_of_its_own() -> None:
    # Half of 100.00 at 3.333333 is 166.67 twice, one more than the 333.33 that was booked.
    parts = parts_of(equal_parts(2), "100.00", "0.00", "333.33", "0.00")
    assert [str(part.amount_base) for part in parts] == ["166.67", "166.66"]


def test_all_vat_may_stand_in_the_first_part() -> None:
    parts = parts_of(
        equal_parts(3, instalment_method=InstalmentMethod.VAT_IN_FIRST), "125.00", "25.00", "125.00", "25.00"
    )
    assert [str(part.amount) for part in parts] == ["58.33", "33.33", "33.34"]


def test_a_percent_table_has_percents_and_days_of_its_own() -> None:
    shares = (
        InstalmentShare(0, Decimal("33.3")),
        InstalmentShare(10, Decimal("33.3")),
        InstalmentShare(31, Decimal("33.4")),
    )
    terms = equal_parts(3, instalment_method=InstalmentMethod.PERCENT_TABLE, instalment_schedule=shares)
    check_terms(terms)
    parts = parts_of(terms, "10.01", "0.00", "10.01", "0.00")
    assert [str(part.amount) for part in parts] == ["3.33", "3.33", "3.35"]
    assert [part.due_date for part in parts] == [date(2016, 1, 31), date(2016, 2, 10), date(2016, 3, 2)]


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        (InstalmentFrequency.WEEKLY, [(1, 31), (2, 7), (2, 14), (2, 21)]),
        (InstalmentFrequency.MONTHLY, [(1, 31), (2, 29), (3, 31), (4, 30)]),
        (InstalmentFrequency.HALF_MONTHLY, [(1, 31), (2, 15), (2, 29), (3, 15)]),
    ],
)
def test_parts_fall_due_at_intervals(frequency: InstalmentFrequency, expected: list[tuple[int, int]]) -> None:
    parts = parts_of(equal_parts(4, instalment_frequency=frequency), "100.00", "0.00", "100.00", "0.00")
    assert [(part.due_date.month, part.due_date.day) for part in parts] == expected
    assert [part.number for part in parts] == [1, 2, 3, 4]


def test_terms_without_instalments_give_one_part() -> None:
    terms = Terms("14", due_day_1=14)
    assert parts_of(terms, "100.00", "20.00", "100.00", "20.00") == (
        Instalment(1, date(2016, 1, 15), Decimal("100.00"), Decimal("100.00")),
    )


MONEY = st.decimals(0, Decimal("9999999.99"), places=2)


@given(
    count=st.integers(1, 60),
    gross=MONEY,
    gross_base=MONEY,
    vat_share=st.integers(0, 100),
    method=st.sampled_from([InstalmentMethod.EQUAL_PARTS, InstalmentMethod.VAT_IN_FIRST]),
    frequency=st.sampled_from(InstalmentFrequency),
    weekend_rule=st.sampled_from(WeekendRule),
    base=DATES,
)
def test_parts_add_up_in_both_currencies_and_fall_due_in_order(
    *,
    count: int,
    gross: Decimal,
    gross_base: Decimal,
    vat_share: int,
    method: InstalmentMethod,
    frequency: InstalmentFrequency,
    weekend_rule: WeekendRule,
    base: date,
) -> None:
    terms = equal_parts(
        count, instalment_method=method, instalment_frequency=frequency, weekend_rule=weekend_rule, due_day_1=14
    )
    parts = instalments(
        terms,
        base,
        gross=gross,
        vat=(gross * vat_share / 100).quantize(Decimal("0.01")),
        decimals=2,
        gross_base=gross_base,
        vat_base=(gross_base * vat_share / 100).quantize(Decimal("0.01")),
        base_decimals=2,
    )
    assert sum(part.amount for part in parts) == gross
    assert sum(part.amount_base for part in parts) == gross_base
    assert all(part.amount >= 0 and part.amount_base >= 0 for part in parts)
    due_dates = [part.due_date for part in parts]
    assert due_dates == sorted(due_dates)
    assert due_dates[0] == due_date(terms, base)


# Checks of the terms themselves


@pytest.mark.parametrize(
    ("due_type", "allowed"),
    [("N", "N"), ("D", "DET"), ("E", ""), ("M", "DEMT"), ("T", "T"), ("P", "P"), ("C", "NDEMTP")],
)
def test_each_due_date_type_allows_its_own_discount_types(due_type: str, allowed: str) -> None:
    for discount_type in DiscountType:
        terms = replace(CUSTOM, due_type=DueType(due_type), discount_type=discount_type, discount_day=7)
        check_terms(terms)
        with_percent = replace(terms, discount_percent=Decimal(2))
        if discount_type.value in allowed:
            check_terms(with_percent)
        else:
            with pytest.raises(Refused) as refusal:
                check_terms(with_percent)
            assert refusal.value.field == ("discount_type",)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms("X", due_day_1=-1), ("due_day_1",)),
        (Terms("X", due_day_1=10_000), ("due_day_1",)),
        (Terms("X", due_type=DueType.DAY_OF_MONTH, due_day_1=0), ("due_day_1",)),
        (Terms("X", due_type=DueType.DAY_OF_NEXT_MONTH, due_day_1=32), ("due_day_1",)),
        (replace(CUSTOM, due_day_1=0), ("due_day_1",)),
        (replace(CUSTOM, due_day_2=0), ("due_day_2",)),
        (replace(CUSTOM, day_to_1=31), ("day_to_1",)),
        (replace(CUSTOM, day_to_1=0), ("day_to_1",)),
        (Terms("X", weekend_rule=4), ("weekend_rule",)),
        (Terms("X", discount_percent=Decimal("100.01")), ("discount_percent",)),
        (Terms("X", discount_percent=Decimal("-0.01")), ("discount_percent",)),
        (Terms("X", discount_type=DiscountType.DAY_OF_MONTH), ("discount_day",)),
        (equal_parts(0), ("instalment_count",)),
        (equal_parts(3, discount_percent=Decimal(2)), ("discount_percent",)),
        (equal_parts(3, instalment_method=InstalmentMethod.PERCENT_TABLE), ("instalment_count",)),
    ],
)
def test_terms_that_cannot_work_are_refused(terms: Terms, field: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refusal:
        check_terms(terms)
    assert refusal.value.field == field
    assert refusal.value.hint
    assert terms.terms_id in refusal.value.reason


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([(0, "50"), (10, "49.99")], ("instalment_schedule",)),
        ([(10, "50"), (9, "50")], ("instalment_schedule", 1, "days")),
        ([(0, "50"), (32, "50")], ("instalment_schedule", 1, "days")),
        ([(0, "0"), (1, "100")], ("instalment_schedule", 0, "percent")),
    ],
)
def test_a_percent_table_that_cannot_work_is_refused(rows: list[tuple[int, str]], field: tuple[str, ...]) -> None:
    shares = tuple(InstalmentShare(days, Decimal(percent)) for days, percent in rows)
    terms = equal_parts(len(rows), instalment_method=InstalmentMethod.PERCENT_TABLE, instalment_schedule=shares)
    with pytest.raises(Refused) as refusal:
        check_terms(terms)
    assert refusal.value.field == field
