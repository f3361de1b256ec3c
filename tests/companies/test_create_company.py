"""Companies are created from files on a real database: whole, exact, and side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from reskontra.clock import Context, SeededClock
from reskontra.companies import commands
from reskontra.company_file.commands import creating
from reskontra.company_file.file import (
    Template,
    all_countries,
    periods_of,
    read_template,
    series_in_full,
    shipped_templates,
)
from reskontra.company_file.rules.checks import check_template
from reskontra.currencies.store import rate_on
from reskontra.db.pool import Connection
from reskontra.errors import Refused
from reskontra.items.store import items_json, read_items
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered

T = TypeVar("T")

PEOPLE_AND_ATTRIBUTES = """
attributes:
  - attribute_id: SEGMENT
    description: Market segment
    control_type: Combo
    options: [{value: A, description: Large}, {value: B}]
salespersons:
  - {salesperson_id: 7, salesperson_cd: OLA, name: Ola Nordmann, commission_percent: 2.5, sales_subaccount_id: 1}
"""


@pytest.fixture
def context(clock: SeededClock) -> Context:
    return Context(0, "somebody", "request-1", clock.now(), clock)


@pytest.fixture
def rich_file(tmp_path: Path) -> Path:
    """The Norwegian template with what it leaves out: instalments, segments, dated ends, attributes, salespersons."""
    text = Path("src/reskontra/company_file/templates/no.yaml").read_text(encoding="utf-8")
    for old, new in (
        (
            "terms:\n",
            "terms:\n  - terms_id: THREE\n    instalment_type: M\n    instalment_count: 2\n"
            "    instalment_method: S\n    due_day_1: 10\n"
            "    instalment_schedule: [{days: 0, percent: 33.333333}, {days: 30, percent: 66.666667}]\n",
        ),
        (
            "rates: [{start_date: 2018-01-01, percent: 12}]",
            "rates: [{start_date: 2021-10-01, percent: 12, not_valid_after: 2030-12-31}, "
            "{start_date: 2018-01-01, percent: 6}]\n    payable_subaccount: 2",
        ),
        (
            '          - {value: "0", description: No department}\n',
            '          - {value: "0", description: No department}\n'
            '      - {segment_id: 2, description: Project, length: 2, values: [{value: "00"}, {value: "17"}]}\n',
        ),
        (
            '  - {subaccount_id: 1, subaccount_number: "0", description: No department}\n',
            '  - {subaccount_id: 1, subaccount_number: "0-00"}\n'
            '  - {subaccount_id: 2, subaccount_number: "0-17", active: false}\n',
        ),
        ("subaccount_mask: L\n", "subaccount_mask: LII\n"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "rich.yaml"
    path.write_text(text + PEOPLE_AND_ATTRIBUTES, encoding="utf-8")
    return path


async def create(connection: Connection, context: Context, template: str | Path, code: str) -> Reference:
    company_id = await creating.create_company(connection, template, code=code, context=context)
    return await remembered.at(connection, company_id, None)


def read(template: str | Path) -> Template:
    file = read_template(template)
    check_template(file)
    return file.content


def test_both_countries_have_a_template() -> None:
    assert shipped_templates() == ["no", "se"]


@pytest.mark.parametrize("template", ["no", "se"])
async def test_what_a_shipped_template_says_is_what_the_company_has(
    connection: Connection, context: Context, template: str
) -> None:
    assert_same(read(template), await create(connection, context, template, "one"))


async def test_a_file_of_ones_own_may_say_everything(connection: Connection, context: Context, rich_file: Path) -> None:
    company = await create(connection, context, rich_file, "rich")
    assert_same(read(rich_file), company)
    assert company.vat["33"].payable_subaccount == 2
    assert [part.value for part in company.subaccounts.segments_of(2)] == ["0", "17"]
    assert company.attributes["SEGMENT"].options[0].description == "Large"
    assert company.salesperson_id("ola", ("salesperson",)) == 7


def assert_same(said: Template, company: Reference) -> None:
    assert company.preferences == said.preferences
    assert company.base_currency == said.company.base_currency
    assert list(company.currencies.values()) == by_code([it.currency for it in said.currencies], "currency_id")
    assert list(company.currency_postings.values()) == by_code([it.posting for it in said.currencies], "currency_id")
    assert list(company.accounts.values()) == by_code(said.accounts, "account_number")
    assert list(company.dimensions.values()) == by_code(said.dimensions, "dimension_id")
    assert list(company.subaccounts.values()) == by_code(said.subaccounts, "subaccount_id")
    assert list(company.branches.values()) == by_code(said.branches, "branch_number")
    assert tuple(company.countries.values()) == all_countries()
    assert list(company.terms.values()) == by_code(said.terms, "terms_id")
    assert list(company.vat.values()) == by_code(
        [replace(vat, rates=tuple(by_code(vat.rates, "start_date"))) for vat in said.vat], "vat_id"
    )
    assert list(company.vat_categories.values()) == by_code(said.vat_categories, "category_id")
    assert list(company.vat_zones.values()) == by_code(said.vat_zones, "zone_id")
    assert list(company.units.values()) == by_code(said.units, "unit_id")
    assert list(company.item_classes.values()) == by_code(said.item_classes, "item_class_id")
    assert list(company.payment_methods.values()) == by_code(said.payment_methods, "payment_method_id")
    assert list(company.periods.values()) == periods_of(said.periods)
    assert list(company.attributes.values()) == by_code(said.attributes, "attribute_id")
    assert list(company.salespersons.values()) == by_code(said.salespersons, "salesperson_id")
    assert list(company.customer_classes.values()) == by_code(said.customer_classes, "customer_class_id")
    assert list(company.statement_cycles.values()) == by_code(said.statement_cycles, "statement_cycle_id")
    assert list(company.reason_codes.values()) == by_code(said.reason_codes, "reason_code_id")
    assert company.dunning_levels == said.dunning_levels
    assert list(company.legal_rates) == sorted(said.legal_rates, key=lambda rate: (rate.kind, rate.start_date))
    for series in map(series_in_full, said.series):
        # The last number is not reference data: it changes with every document.
        ranges = tuple(replace(numbers, last_number=None) for numbers in series.ranges)
        assert company.series[series.series_id] == replace(series, ranges=ranges)


def by_code(rows: Iterable[T], key: str) -> list[T]:
    return sorted(rows, key=lambda row: getattr(row, key))


async def test_the_first_number_of_a_series_is_the_one_in_the_file(connection: Connection, context: Context) -> None:
    company = await create(connection, context, "no", "one")
    numbers = await connection.fetch(
        "select series_id, last_number, end_number, number_after(last_number, step) as next"
        "  from number_series_range where company_id = $1 order by series_id",
        company.company_id,
    )
    assert [tuple(row) for row in numbers] == [
        ("BATCH", "AR000000", "AR999999", "AR000001"),
        ("CASHSALE", "040000", "499999", "040001"),
        ("CREDITNOTE", "010000", "999999", "010001"),
        ("CUSTOMER", "20000", "99999", "20001"),
        ("DEBITNOTE", "001000", "999999", "001001"),
        ("INVOICE", "002000", "999999", "002001"),
        ("OVERDUE", "030000", "039999", "030001"),
        ("PAYMENT", "500000", "599999", "500001"),
        ("PROJECT", "P00000", "P99999", "P00001"),
        ("WRITEOFF", "600000", "999999", "600001"),
    ]
    assert company.series_of("dunning_fee") is company.series["INVOICE"]


async def test_a_rate_holds_from_the_first_of_its_month(connection: Connection, context: Context) -> None:
    company = await create(connection, context, "no", "one")
    of = {"from_currency": "'EUR'", "to_currency": "'NOK'", "rate_type": "'SPOT'", "on": "$2::date"}
    expected = {
        date(2019, 12, 31): None,
        date(2020, 1, 1): Decimal("10.50"),
        date(2020, 2, 29): Decimal("10.55"),
        date(2020, 3, 1): Decimal("10.60"),
        date(2020, 7, 15): Decimal("10.40"),
        date(2020, 9, 1): Decimal("10.50"),
        date(2035, 1, 1): Decimal("10.55"),
    }
    for day, rate in expected.items():
        found = await connection.fetchval(f"select {rate_on('rate', **of)}", company.company_id, day)
        assert found == rate, day


async def test_items_are_found_in_any_case_with_exact_prices(connection: Connection, context: Context) -> None:
    company = await create(connection, context, "no", "one")
    statement = f"select {items_json('$2::text[]')}"
    numbers = ["a", "purreGEBYR", "222", "no such item"]
    found = read_items(await connection.fetchval(statement, company.company_id, numbers))
    assert sorted(found) == ["222", "a", "purregebyr"]
    assert str(found["222"].unit_price) == "12.500000"
    assert (found["a"].item_number, found["a"].sales_account, found["a"].active) == ("A", "3000", True)


async def test_counting_starts_where_the_file_ends(connection: Connection, context: Context) -> None:
    company = await create(connection, context, "no", "one")
    rows = await connection.fetch("select entity, total, last_id from tally where company_id = $1", company.company_id)
    counts = {row["entity"]: (row["total"], row["last_id"]) for row in rows}
    assert set(counts) == set(creating.ENTITIES)
    assert (counts["Item"], counts["Subaccount"], counts["CurrencyRate"]) == ((4, 4), (1, 1), (264, 264))
    assert (counts["Customer"], counts["Invoice"], counts["Salesperson"]) == ((0, 0), (0, 0), (0, 0))
    log = await connection.fetchrow("select entity, entity_key, event, actor from change where company_id = $1",
                                    company.company_id)  # fmt: skip
    assert log is not None
    assert tuple(log) == ("Company", "one", "created", "somebody")


async def test_a_code_is_given_once_and_the_refused_company_leaves_nothing(
    connection: Connection, context: Context
) -> None:
    await create(connection, context, "no", "one")
    before = await connection.fetchval("select count(*) from account")
    with pytest.raises(Refused, match="There is a company with the code 'one' already"):
        await create(connection, context, "se", "one")
    assert await connection.fetchval("select count(*) from account") == before


@pytest.mark.parametrize("code", ["", "two words", "-", "x" * 31, "å", "a\nb"])
async def test_a_code_can_be_typed_on_a_command_line(connection: Connection, context: Context, code: str) -> None:
    with pytest.raises(Refused, match="cannot be the code"):
        await create(connection, context, "no", code)


async def test_two_companies_stand_side_by_side(connection: Connection, context: Context) -> None:
    oslo = await create(connection, context, "no", "oslo")
    stockholm = await create(connection, context, "se", "stockholm")
    assert oslo.tenant_id != stockholm.tenant_id
    assert (oslo.base_currency, stockholm.base_currency) == ("NOK", "SEK")
    assert ("2711" in oslo.accounts, "2711" in stockholm.accounts) == (True, False)
    await connection.execute("update account set active = false where company_id = $1", stockholm.company_id)
    assert await remembered.at(connection, oslo.company_id, None) is oslo
    assert not (await remembered.at(connection, stockholm.company_id, None)).accounts["3001"].active


async def test_the_name_may_be_another_one(connection: Connection, context: Context) -> None:
    company_id = await creating.create_company(connection, "no", code="one", name="Fjord AS", context=context)
    assert (await remembered.at(connection, company_id, None)).name == "Fjord AS"
    assert await commands.company_ids(connection, ["one"]) == [company_id]
    with pytest.raises(Refused):
        await commands.company_ids(connection, ["nowhere"])
