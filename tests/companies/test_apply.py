"""A company file changes a company: what it leaves out stays, what documents stand on stays, all of it or nothing."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import asyncpg
import httpx
import pytest

from reskontra.clock import Context, SeededClock
from reskontra.company_file.commands.applying import apply_plan, plan_changes
from reskontra.company_file.file import read_partial_template
from reskontra.company_file.rules.plan import Plan, lines_of
from reskontra.db.pool import Database
from reskontra.demo import TENANT_ID
from reskontra.errors import Conflict, Refused
from reskontra.reference.reference import Reference
from reskontra.reference.store import remembered
from tests.clerk import INVOICE, Caller, Clerk
from tests.conftest import ServerProcess

TWO = {"operation": "Insert", "inventoryNumber": "A", "quantity": 2}


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "reskontra", "company", "apply", *words]


class Company:
    """The demo company, and what an operator does to it by a file."""

    def __init__(self, database: Database, clock: SeededClock, folder: Path) -> None:
        self.database, self.clock, self.path = database, clock, folder / "changes.yaml"

    def context(self, company_id: int) -> Context:
        return Context(company_id, "operator", "request-7", self.clock.now(), self.clock)

    async def company_id(self) -> int:
        async with self.database.connection() as connection:
            found = await connection.fetchval("select company_id from company where tenant_id = $1", TENANT_ID)
        assert isinstance(found, int)
        return found

    async def plan(self, text: str) -> Plan:
        self.path.write_text(text, encoding="utf-8")
        context = self.context(await self.company_id())
        async with self.database.transaction() as connection:
            return await plan_changes(connection, context, read_partial_template(self.path))

    async def apply(self, text: str) -> Plan:
        plan = await self.plan(text)
        context = self.context(await self.company_id())
        async with self.database.transaction() as connection:
            await apply_plan(connection, context, read_partial_template(self.path), plan)
        return plan

    async def refused(self, text: str) -> list[str]:
        with pytest.raises(Refused) as refusal:
            await self.plan(text)
        return [line.removeprefix(f"{self.path}:") for line in refusal.value.reason.splitlines()]

    async def reference(self) -> Reference:
        async with self.database.connection() as connection:
            return await remembered.at(connection, await self.company_id(), None)

    async def fetch(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        async with self.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(statement, await self.company_id(), *values)]


@pytest.fixture
def company(client: httpx.AsyncClient, books: Database, clock: SeededClock, tmp_path: Path) -> Company:
    return Company(books, clock, tmp_path)


async def test_a_cash_account_is_kept_from_paying_out(company: Company) -> None:
    """RFD-03: all may, unless the file says no."""
    assert all(it.pays_out for it in (await company.reference()).cash_accounts.values())
    await company.apply('cash_accounts: [{account_number: "1920", pays_out: false}]')
    after = (await company.reference()).cash_accounts
    assert {it.account_number: it.pays_out for it in after.values()} == {"1920": False, "1930": True}
    assert after["1920"].entry_types
    await company.apply('cash_accounts: [{account_number: "1920", pays_out: true}]')
    assert (await company.reference()).cash_accounts["1920"].pays_out


async def test_what_the_file_leaves_out_stays(company: Company) -> None:
    before = await company.reference()
    plan = await company.apply(
        'terms: [{terms_id: "14", due_day_1: 15}]\npreferences: {credit_check: {enabled: false}}'
    )
    after = await company.reference()
    assert after.terms["14"] == replace(before.terms["14"], due_day_1=15)
    assert {code: terms for code, terms in after.terms.items() if code != "14"} == {
        code: terms for code, terms in before.terms.items() if code != "14"
    }
    credit_check = replace(before.preferences.credit_check, enabled=False)
    assert after.preferences == replace(before.preferences, credit_check=credit_check)
    assert after.version > before.version
    assert list(lines_of(plan)) == [
        "preferences",
        "  change",
        "    credit_check.enabled: true -> false",
        "terms",
        "  change 14",
        "    due_day_1: 14 -> 15",
        "0 to add, 2 to change, 0 the same.",
    ]


EVERYTHING = """
company: {name: Fjord AS, time_zone: Europe/Stockholm}
preferences: {hold_on_entry: true, dunning: {include_other_unpaid: true}}
currencies:
  - {currency_id: USD, description: Dollar, gain_account: "8060"}
  - {currency_id: SEK, symbol: SKR}
rates:
  - {from_currency: EUR, to_currency: NOK, rate_type: SPOT, rows: [{effective_date: 2031-01-01, rate: 11},
                                                                   {effective_date: 2030-12-01, rate: 12}]}
account_classes:
  - {account_class_id: SALES, description: Turnover}
  - {account_class_id: X, description: X, account_type: Asset}
accounts:
  - {account_number: "3001", description: More sales, account_type: Income, account_class: SALES}
  - {account_number: "3000", description: Turnover with VAT}
dimensions:
  - dimension_id: SUBACCOUNT
    segments: [{segment_id: 1, description: Department, length: 1, values: [{value: "0"}, {value: "1"}]}]
subaccounts: [{subaccount_id: 7, subaccount_number: "1"}, {subaccount_id: 1, description: None at all}]
branches: [{branch_number: "2", name: Bergen}, {branch_number: "1", name: Oslo, bank: {iban: NO93 8601 1117 947}}]
countries: [{country_id: "NO", name: Noreg}, {country_id: XK, name: Kosovo}]
terms: [{terms_id: "60", due_day_1: 60, description: 60 days net}]
vat:
  - vat_id: "33"
    document_text: Low
    rates: [{start_date: 2018-01-01, percent: 12}, {start_date: 2027-01-01, percent: 13}]
  - {vat_id: NEW, rates: [{start_date: 2020-01-01, percent: 1}]}
vat_categories: [{category_id: NEWCAT, vat_ids: [NEW]}]
vat_zones: [{zone_id: NEWZONE, vat_ids: [NEW], default_category: NEWCAT}]
units: [{unit_id: KG, description: Kilogram}, {unit_id: STK, description: Pieces}]
item_classes: [{item_class_id: NEWCLASS, description: New, unit_id: KG}]
items: [{item_id: 90, item_number: Z, description: Last, unit_id: KG, unit_price: 5}, {item_id: 1, active: false}]
payment_methods:
  - payment_method_id: CARD
    description: Card
    means_of_payment: CreditCard
    details: [{detail_id: NUMBER, description: Number, is_identifier: true}]
discount_codes: [{discount_code: VIP, description: For two, applies_to: Customer, customers: ["20001", "20002"]}]
periods: {last: 2031-02}
series:
  - {series_id: BATCH, mode: strict}
  - {series_id: EXTRA, description: Extra, ranges: [{start_number: "X001"}]}
attributes: [{attribute_id: SEGMENT, description: Segment, control_type: Combo, options: [{value: A}]}]
salespersons: [{salesperson_id: 40, salesperson_cd: KARI, name: Kari}]
customer_classes:
  - {customer_class_id: "1", credit_limit: 5000.50}
  - {customer_class_id: "9", description: Nine, terms_id: "60", currency_id: USD, customer_ledger_account: "1500"}
statement_cycles: [{statement_cycle_id: WEEK, description: Weekly, schedule: Weekly, day_1: 1}]
reason_codes: [{reason_code_id: LOSS9, description: Loss, usage: WriteOff, account_number: "7830"}]
dunning_texts:
  - {level: 1, language: nb, subject: "Har du glemt oss?"}
  - {level: 3, language: sv, closing: "Betala {total} senast {deadline}."}
legal_rates: [{kind: late_interest_percent, start_date: 2026-07-01, amount: 11.5, source: Made up}]
logos: [{branch_number: "1", content: LOGO}]
""".replace("LOGO", b64encode(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>').decode())


async def test_every_section_is_written_and_then_there_is_nothing_to_do(company: Company) -> None:
    plan = await company.apply(EVERYTHING)
    assert {change.section for change in plan.changes} >= {line.partition(":")[0] for line in EVERYTHING.split("\n")
                                                          if line[:1].isalpha()}  # fmt: skip
    again = await company.plan(EVERYTHING)
    assert (again.changes, again.same > 100) == ((), True)
    after = await company.reference()
    assert (after.name, after.zone.key, after.preferences.hold_on_entry) == ("Fjord AS", "Europe/Stockholm", True)
    assert [it.subaccount_id for it in after.subaccounts.values() if it.subaccount_number == "1"] == [7]
    assert after.branches["1"].bank is not None
    assert await company.fetch("select branch_number, branch_id from branch where company_id = $1 order by 2") == [
        ("1", 1),
        ("2", 2),
    ]
    assert [(str(it.start_date), int(it.percent)) for it in after.vat["33"].rates] == [
        ("2018-01-01", 12),
        ("2027-01-01", 13),
    ]


async def test_words_of_letters_are_laid_over_those_that_stand(company: Company) -> None:
    await company.apply(EVERYTHING)
    plan = await company.apply("dunning_texts: [{level: 1, language: nb, opening: Hei.}]")
    assert [(it.section, it.code, [difference.field for difference in it.differences]) for it in plan.changes] == [
        ("dunning_texts", "1 nb", ["opening"])
    ]
    assert (await company.reference()).dunning_texts[0].parts == {"subject": "Har du glemt oss?", "opening": "Hei."}


async def test_the_audit_trail_tells_who_changed_what(company: Company) -> None:
    plan = await company.apply(EVERYTHING)
    rows = await company.fetch(
        "select entity, entity_key, event from change where company_id = $1 and request_id = 'request-7'"
        " and actor = 'operator'"
    )
    assert len(rows) == len(plan.changes)
    assert {("Account", "3000", "updated"), ("CreditTerms", "60", "created"), ("Vat", "33", "updated"),
            ("Item", "Z", "created"), ("Company", "demo", "updated"),
            ("FinancialPeriod", "203102", "created")} <= set(rows)  # fmt: skip
    # A row's version is its newest change, and the next id is one that the file did not take.
    for table, entity, key in (("account", "Account", "account_number"), ("item", "Item", "item_number"),
                               ("subaccount", "Subaccount", "subaccount_number")):  # fmt: skip
        versions = await company.fetch(
            f"select version = (select max(change_id) from change where company_id = $1 and entity = '{entity}'"
            f" and entity_key = {key}) from {table} where company_id = $1 and {key} in ('3000', '3001', 'Z', '1', '0')"
        )
        assert versions
        assert {row[0] for row in versions} == {True}
    tallies = await company.fetch("select entity, last_id from tally where company_id = $1")
    assert {("Item", 90), ("Subaccount", 7), ("Salesperson", 40)} <= set(tallies)


async def test_lines_show_the_new_words(company: Company, clerk: Clerk) -> None:
    invoice = await clerk.issue(INVOICE, lines=[TWO])
    await company.apply('accounts: [{account_number: "3000", description: Turnover with VAT}]')
    shown = await clerk.get(invoice)
    assert shown["invoiceLines"][0]["account"]["description"] == "Turnover with VAT"


async def test_a_server_uses_new_terms_with_its_next_request(
    server_process: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = server_process()
    headers = {"Authorization": f"Bearer {server.token}"}
    path = tmp_path / "terms.yaml"
    path.write_text('terms: [{terms_id: "14", due_day_1: 20}]', encoding="utf-8")
    due = []
    words = [str(path), "--company", "demo", "--yes", "--database-url", server.dsn]
    async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
        for is_changed in (False, True):
            if is_changed:
                await asyncio.to_thread(subprocess.run, command(*words), check=True, capture_output=True)
            due.append((await Caller(client).invoice())["documentDueDate"][:10])
    assert due == ["2025-03-17", "2025-03-23"]


REFUSED = [
    ("company: {base_currency: EUR}", "1:26: company.base_currency 'EUR': This stays NOK"),
    ('company: {country_id: "SE"}', "1:23: company.country_id 'SE': This stays NO"),
    ("currencies: [{currency_id: NOK, decimals: 3}]", "1:43: currencies.NOK.decimals '3': This stays 2: there are doc"),
    ("currencies: [{currency_id: NOK, active: false}]", "1:41: currencies.NOK.active 'false': The base currency stays"),
    ('vat: [{vat_id: "3", rates: [{start_date: 2005-01-01, percent: 24}]}]',
     "1:28: vat.3.rates[2005-01-01].percent '24': Released documents have VAT by this id up to 2025-03-03"),
    ('vat: [{vat_id: "3", rates: [{start_date: 2005-01-01, percent: 25}, {start_date: 2025-03-03, percent: 26}]}]',
     "1:28: vat.3.rates[2025-03-03].percent '26': Released documents"),
    ('vat: [{vat_id: "3", rates: [{start_date: 2026-01-01, percent: 25}]}]',
     "1:28: vat.3.rates[2005-01-01]: Nothing is removed"),
    ('vat: [{vat_id: "3", rates: [{start_date: 2005-01-01, percent: 25, not_valid_after: 2025-03-02}]}]',
     "1:28: vat.3.rates[2005-01-01].not_valid_after '2025-03-02': Released documents"),
    ('vat: [{vat_id: "3", calculate_on: ItemAmount}]', "1:35: vat.3.calculate_on 'ItemAmount': Released documents"),
    ('vat: [{vat_id: "3", exempt: true}]', "1:29: vat.3.exempt 'true': Released documents"),
    ('vat: [{vat_id: "3", reverse_charge: true}]', "1:37: vat.3.reverse_charge 'true': Released documents"),
    ('accounts: [{account_number: "3000", account_type: Asset, account_class: null}]',
     "1:51: accounts.3000.account_type 'Asset': This stays Income: the account has entries."),
    ('accounts: [{account_number: "1500", active: false}]', "1:45: accounts.1500.active 'false': Documents that are"),
    ('accounts: [{account_number: "3100", active: false}]', "1:45: accounts.3100.active 'false': The account is named"),
    ('series: [{series_id: INVOICE, ranges: [{start_number: "000001", last_number: "000100"}]}]',
     "1:39: series.INVOICE.ranges[0].start_number '000001': Numbers up to 003548 have been given out: this stays"),
    ('series: [{series_id: INVOICE, ranges: [{start_number: "003524", end_number: "003530"}]}]',
     "1:39: series.INVOICE.ranges[0].end_number '003530': Numbers up to 003548"),
    ('series: [{series_id: INVOICE, ranges: [{start_number: "003524", last_number: "003540"}]}]',
     "1:39: series.INVOICE.ranges[0].last_number '003540': Numbers up to 003548"),
    ('series: [{series_id: INVOICE, ranges: [{start_number: "003524"}, {start_number: "003000"}]}]',
     "1:39: series.INVOICE.ranges[1].start_number '003000': Numbers up to 003548"),
    ("series: [{series_id: INVOICE, mode: manual, ranges: []}]", "series.INVOICE.ranges[0]: Nothing is removed"),
    ('series: [{series_id: INVOICE, ranges: [{start_number: "003524", step: 0}]}]',
     "series.INVOICE.ranges[0].step '0': The step is too small."),
    ("dimensions: [{dimension_id: SUBACCOUNT, segments: []}]", "dimensions"),
    ('dimensions: [{dimension_id: SUBACCOUNT, segments: [{segment_id: 1, length: 2, values: [{value: "0"}]}]}]',
     "subaccounts.1.subaccount_number '0': Write it like XX"),
    ("items: [{item_id: 1, item_number: OTHER}]", "1:35: items.1.item_number 'OTHER': This stays A"),
    ("terms: [{terms_id: NEW}, {terms_id: NEW}]", "terms.NEW.terms_id 'NEW': This stands there twice"),
    ("items: [{item_id: 77}]", "1:9: items[0]: Add the missing item_number, description, unit_id, unit_price"),
    ("terms: [{description: Nameless}]", "1:9: terms[0]: Add the missing terms_id."),
    ("customer_classes: [{customer_class_id: '1', terms_id: NONE}]",
     "1:55: customer_classes.1.terms_id 'NONE': This is not in section terms."),
    ("periods: {first: 2020-01, closed: true}", "1:27: periods.closed: This key is unknown."),
]  # fmt: skip


async def test_what_released_figures_stand_on_is_refused_with_its_place(company: Company, clerk: Clerk) -> None:
    assert (await clerk.issue(INVOICE)).number == "003548"
    before = await company.reference()
    wrong = []
    for text, expected in REFUSED:
        told = await company.refused(text)
        if not any(expected in line for line in told):
            wrong.append((text, expected, told))
    assert not wrong, "\n".join(map(str, wrong))
    assert (await company.reference()).version == before.version


async def test_everything_that_is_wrong_is_told_at_once(company: Company, clerk: Clerk) -> None:
    await clerk.issue(INVOICE, lines=[TWO])
    told = await company.refused(
        'company: {base_currency: EUR}\nvat: [{vat_id: "3", exempt: true, reverse_charge: true}]'
    )
    assert [line.split(" ")[1] for line in told] == ["company.base_currency", "vat.3.exempt", "vat.3.reverse_charge"]


async def test_a_rate_of_released_documents_may_change_with_a_warning(company: Company, clerk: Clerk) -> None:
    row = "{effective_date: 2025-03-01, rate: 9}"
    rates = f"rates: [{{from_currency: EUR, to_currency: NOK, rate_type: SPOT, rows: [{row}]}}]"
    assert (await company.plan(rates)).warnings == ()
    abroad = await company.fetch("select number from customer where company_id = $1 and currency_id = 'EUR' limit 1")
    invoice = await clerk.issue(INVOICE, str(abroad[0][0]), lines=[TWO | {"vatCodeId": "52"}])
    rate = "select exchange_rate from document where company_id = $1 and number = $2"
    released_with = await company.fetch(rate, invoice.number)
    plan = await company.apply(rates)
    assert plan.warnings == (
        "rates EUR NOK SPOT 2025-03-01: there are released EUR documents up to 2025-03-03; "
        "they keep the rate they were released with",
    )
    assert await company.fetch(rate, invoice.number) == released_with


async def test_numbers_go_on_where_they_were(company: Company, clerk: Clerk) -> None:
    assert (await clerk.issue(INVOICE)).number == "003548"
    await company.apply(
        'series: [{series_id: INVOICE, ranges: [{start_number: "003524", step: 2, end_number: "004000"}]}]'
    )
    assert (await clerk.issue(INVOICE)).number == "003550"


async def test_no_period_is_added_before_a_closed_one(company: Company) -> None:
    await company.apply("periods: {first: 2019-12}")
    async with company.database.transaction() as connection:
        await connection.execute(
            "update financial_period set closed_in_customer_ledger = true"
            " where company_id = $1 and period_id = '201912'",
            await company.company_id(),
        )
    (told,) = await company.refused("periods: {first: 2019-11}")
    assert told.startswith("1:10: periods.201911: A later period, 201912, is closed. Reopen it first")


async def test_a_plan_that_is_no_longer_true_is_not_applied(company: Company) -> None:
    shown = await company.plan('terms: [{terms_id: "14", due_day_1: 15}]')
    await company.apply('terms: [{terms_id: "14", due_day_1: 16}]')
    company.path.write_text('terms: [{terms_id: "14", due_day_1: 15}]', encoding="utf-8")
    context = company.context(await company.company_id())
    with pytest.raises(Conflict, match="has changed since the plan"):
        async with company.database.transaction() as connection:
            await apply_plan(connection, context, read_partial_template(company.path), shown)
    assert (await company.reference()).terms["14"].due_day_1 == 16


async def test_two_applies_at_once_are_one_after_the_other(company: Company) -> None:
    company.path.write_text('terms: [{terms_id: "14", due_day_1: 15}]', encoding="utf-8")
    file, context = read_partial_template(company.path), company.context(await company.company_id())
    async with company.database.transaction() as first:
        plan = await plan_changes(first, context, file)

        async def late() -> Plan:
            async with company.database.transaction() as second:
                return await plan_changes(second, context, file)

        waiting = asyncio.create_task(late())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        await apply_plan(first, context, file, plan)
    assert (await waiting).changes == ()


async def test_what_was_wrong_before_is_not_the_files_fault(company: Company) -> None:
    async with company.database.transaction() as connection:
        await connection.execute(
            "update credit_terms set due_day_1 = -1 where company_id = $1 and terms_id = '30'",
            await company.company_id(),
        )
    assert (await company.plan('terms: [{terms_id: "14", due_day_1: 15}]')).changes
    assert "terms.30.due_day_1 '-1': Write 0 or more." in (await company.refused('terms: [{terms_id: "30"}]'))[0]


# The command


async def test_the_command_shows_its_plan_and_asks(fresh_dsn: Callable[[], Awaitable[str]], tmp_path: Path) -> None:
    dsn = await fresh_dsn()
    path = tmp_path / "terms.yaml"
    path.write_text('terms: [{terms_id: "14", due_day_1: 20}]', encoding="utf-8")
    words = command(str(path), "--company", "demo", "--database-url", dsn)

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*words, *more], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def answer(reply: str) -> subprocess.CompletedProcess[str]:
        master, terminal = pty.openpty()
        os.write(master, f"{reply}\n".encode())
        done = subprocess.run(words, stdin=terminal, capture_output=True, text=True, check=False)
        os.close(terminal)
        os.close(master)
        return done

    unasked = run()
    assert unasked.returncode == 2
    assert "due_day_1: 14 -> 20" in unasked.stdout
    assert unasked.stderr == (
        "reskontra: Nothing was changed: nobody is there to be asked. Look at the plan and give --yes.\n"
    )
    declined = answer("n")
    assert (declined.returncode, declined.stdout.splitlines()[-1][-20:]) == (0, "Nothing was changed.")
    connection = await asyncpg.connect(dsn)
    try:
        assert await connection.fetchval("select max(due_day_1) from credit_terms where terms_id = '14'") == 14
        assert answer("y").stdout.endswith("Changed company demo.\n")
        assert await connection.fetchval("select max(due_day_1) from credit_terms where terms_id = '14'") == 20
    finally:
        await connection.close()
    assert (run().returncode, run().stdout) == (0, "Nothing to do: demo is as the file says.\n")
    path.write_text("terms: [{terms_id: '14', due_day_1: none}]\ncompany: {country_id: SE}", encoding="utf-8")
    wrong = run("--yes")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith(f"reskontra: {path}:1:37: terms[0].due_day_1 'none': Write a whole number.")
    assert run("--company", "nowhere").returncode == 2
