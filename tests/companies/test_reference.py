"""Reference data is remembered as of one version, and never used past it. Codes are found in any case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from reskontra.clock import Context, SeededClock
from reskontra.codes import Codes
from reskontra.company_file.commands import creating
from reskontra.db.pool import Connection
from reskontra.db.tables import put_rows
from reskontra.errors import FieldPath, NotFound, Refused, UnknownReference
from reskontra.reference.reference import Reference
from reskontra.reference.rules.dunning_texts import DunningText
from reskontra.reference.store import reading, remembered
from reskontra.reference.store.tables import DUNNING_TEXT_TABLE
from reskontra.yaml_file import Prose

FIELD = ("some", 0, "field")


@pytest.fixture
async def company(connection: Connection, clock: SeededClock) -> Reference:
    context = Context(0, "somebody", "request-1", clock.now(), clock)
    company_id = await creating.create_company(connection, "no", code="one", context=context)
    return await remembered.at(connection, company_id, None)


TABLES = [
    "currency", "account", "subaccount", "dimension", "segment", "segment_value", "branch", "country",
    "credit_terms", "vat", "vat_rate", "vat_category", "vat_zone", "unit_of_measure", "item_class",
    "payment_method", "financial_period", "number_series", "customer_class", "statement_cycle", "reason_code",
    "dunning_level", "legal_rate", "company",
]  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
async def test_a_change_in_any_table_makes_a_new_version(
    connection: Connection, company: Reference, table: str
) -> None:
    changed = await connection.execute(
        f"update {table} set {await plain_column(connection, table)} where company_id = $1",
        company.company_id,
    )
    assert changed != "UPDATE 0"
    renewed = await remembered.at(connection, company.company_id, None)
    assert renewed is not company
    assert renewed.version > company.version


async def test_every_table_of_the_reference_data_moves_its_version(connection: Connection) -> None:
    rows = await connection.fetch(
        "select tgrelid::regclass::text as name from pg_trigger where tgfoid = 'bump_reference_version'::regproc"
        " group by tgrelid having count(*) = 3"
    )
    assert {table.name for table in reading.TABLES} - {row["name"] for row in rows} == set()


async def test_words_of_letters_make_a_new_version_too(
    connection: Connection, company: Reference, clock: SeededClock
) -> None:
    text = DunningText(level=3, language="nb", closing=Prose("Siste sjanse."))
    await put_rows(connection, company.company_id, {DUNNING_TEXT_TABLE: [text]}, clock.now())
    renewed = await remembered.at(connection, company.company_id, None)
    assert renewed.version > company.version
    assert renewed.dunning_texts == (text,)


async def plain_column(connection: Connection, table: str) -> str:
    """An assignment that changes nothing: what the trigger sees is the write."""
    name: str = await connection.fetchval(
        "select attname from pg_attribute where attrelid = $1::regclass and attnum > 0"
        " and attidentity = '' and not attisdropped order by attnum desc limit 1",
        table,
    )
    return f"{name} = {name}"


async def test_the_remembered_copy_is_used_while_it_is_true(connection: Connection, company: Reference) -> None:
    assert await remembered.at(connection, company.company_id, company.version) is company
    assert await remembered.at(connection, company.company_id, None) is company
    await connection.execute(
        "update credit_terms set description = 'Two weeks' where company_id = $1 and terms_id = '14'",
        company.company_id,
    )
    renewed = await remembered.at(connection, company.company_id, None)
    assert (company.terms["14"].description, renewed.terms["14"].description) == ("14 days net", "Two weeks")


async def test_what_was_rolled_back_is_forgotten(connection: Connection, company: Reference) -> None:
    attempt = connection.transaction()
    await attempt.start()
    await connection.execute("update branch set name = 'Nowhere' where company_id = $1", company.company_id)
    assert (await remembered.at(connection, company.company_id, None)).branches["1"].name == "Nowhere"
    await attempt.rollback()
    assert (await remembered.at(connection, company.company_id, company.version)).branches["1"].name == "Head office"


async def test_the_process_remembers_a_bounded_number_of_companies(
    connection: Connection, company: Reference, clock: SeededClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "_REMEMBERED", 1)
    context = Context(0, "somebody", "request-2", clock.now(), clock)
    other = await creating.create_company(connection, "se", code="two", context=context)
    await remembered.at(connection, other, None)
    again = await remembered.at(connection, company.company_id, company.version)
    assert again is not company
    assert again.accounts == company.accounts


async def test_a_process_may_forget(connection: Connection, company: Reference) -> None:
    remembered.forget()
    assert await remembered.at(connection, company.company_id, company.version) is not company


async def test_a_company_that_does_not_exist_is_not_found(connection: Connection) -> None:
    for version in (None, 1):
        with pytest.raises(NotFound):
            await remembered.at(connection, 2**31 - 1, version)


def test_codes_are_exact_first_and_then_without_case() -> None:
    codes = Codes([("eom", 1), ("EOM", 2), ("Ø1", 3)])
    assert [codes.find(code) for code in ("eom", "EOM", "Eom", "ø1", "none", "", None)] == [
        1,
        2,
        1,
        3,
        None,
        None,
        None,
    ]


async def test_a_sent_code_comes_back_as_it_is_written(company: Reference) -> None:
    assert company.terms_id("eom", FIELD) == "EOM"
    assert company.vat_zone_id("eu", FIELD) == "EU"
    assert company.currency_id("nok", FIELD) == "NOK"
    assert company.unit_id("stk", FIELD) == "STK"
    assert company.country_id("se", FIELD) == "SE"
    assert company.active_account("3000", FIELD).description == "Sales, taxable"
    assert company.customer_class(None, FIELD).customer_class_id == "1"
    for clearing in (company.terms_id, company.vat_zone_id, company.unit_id, company.vat_category_id,
                     company.payment_method_id, company.salesperson_id, company.statement_cycle_id):  # fmt: skip
        assert clearing(None, FIELD) is None


async def test_an_unknown_code_is_refused_with_the_ones_there_are(company: Reference) -> None:
    with pytest.raises(UnknownReference) as refused:
        company.terms_id("15", FIELD)
    assert (refused.value.field, refused.value.value) == (FIELD, "15")
    assert refused.value.hint == "Known credit terms: 14, 30, 30D2, EOM, KONTANT, RATE3."
    unknown: list[tuple[Callable[[Any, FieldPath], object], object]] = [
        (company.salesperson_id, "KARI"),
        (company.salesperson_id, 99),
        (company.active_account, "9999"),
        (company.subaccounts.in_use, "1"),
        (company.subaccounts.in_use, [{"segment_id": 1, "segment_value": "1"}]),
        (company.subaccounts.in_use, [{"segment_id": 2, "segment_value": "0"}]),
        (company.country_id, "XX"),
    ]
    for method, sent in unknown:
        with pytest.raises(UnknownReference):
            method(sent, FIELD)


async def test_what_is_not_in_use_is_refused(connection: Connection, company: Reference) -> None:
    for statement in (
        "update account set active = false where company_id = $1 and account_number = '3000'",
        "update payment_method set active = false where company_id = $1",
        "update credit_terms set visible_to = 'VE' where company_id = $1 and terms_id = '30'",
        "update currency set active = false where company_id = $1 and currency_id = 'SEK'",
        "update branch set active = false where company_id = $1",
    ):
        await connection.execute(statement, company.company_id)
    changed = await remembered.at(connection, company.company_id, None)
    for method, sent in (
        (changed.active_account, "3000"),
        (changed.payment_method_id, "1"),
        (changed.terms_id, "30"),
        (changed.currency_id, "SEK"),
        (changed.active_branch, "1"),
    ):
        with pytest.raises(Refused, match="is not in use") as refused:
            method(sent, FIELD)
        assert refused.value.field == FIELD


async def test_subaccounts_are_named_by_number_or_by_segments(company: Reference) -> None:
    assert company.subaccounts.in_use("0", FIELD) == 1
    assert company.subaccounts.in_use([{"segment_id": 1, "segment_value": "0"}], FIELD) == 1
    (segment,) = company.subaccounts.segments_of(1)
    assert (segment.segment_id, segment.value, segment.value_description) == (1, "0", "No department")


async def test_a_date_falls_in_its_month_and_the_adjustment_period_goes_last(
    connection: Connection, company: Reference
) -> None:
    await connection.execute(
        "insert into financial_period (company_id, period_id, start_date, end_date, modified_at)"
        " values ($1, '202513', '2025-12-31', '2025-12-31', $2)",
        company.company_id,
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    with_adjustment = await remembered.at(connection, company.company_id, None)
    assert with_adjustment.period_of(date(2025, 12, 31)).period_id == "202512"
    assert with_adjustment.period_of(date(2020, 1, 1)).period_id == "202001"
    assert with_adjustment.period_named("202513").start_date == date(2025, 12, 31)
    for day in (date(2019, 12, 31), date(2031, 1, 1)):
        with pytest.raises(Refused, match="No financial period"):
            with_adjustment.period_of(day)
    with pytest.raises(UnknownReference):
        with_adjustment.period_named("203101")


async def test_the_law_is_asked_by_date(company: Reference) -> None:
    found = company.legal_rate("late_interest_percent", date(2023, 8, 1))
    assert found is not None
    assert found.amount == Decimal("11.75")
    assert company.legal_rate("late_interest_percent", date(2021, 12, 31)) is None
    assert company.legal_rate("collection_demand_fee", date(2025, 1, 1)) is None


async def test_today_is_where_the_company_is(company: Reference) -> None:
    assert company.today(datetime(2026, 1, 31, 23, 30, tzinfo=UTC)) == date(2026, 2, 1)
