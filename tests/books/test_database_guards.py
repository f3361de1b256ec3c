"""The database itself refuses to break the books, whatever code asks it to."""

from __future__ import annotations

import re

import asyncpg
import pytest

from reskontra.db.pool import Connection

RELEASED = "document_type = 'Invoice' and number = '003524'"
ENTRY = """
    insert into journal_entry (company_id, batch_number, line_number, account_number, subaccount_id, branch_number,
                               debit, credit, debit_base, credit_base, currency_id, exchange_rate, entry_date,
                               period_id, document_type, document_number, customer_id, purpose, moves_document_id)
    values (1, 'TEST01', 1, '1500', 1, '1', 100, 0, 100, 0, 'NOK', 1, '2024-01-08', '{period}', 'Invoice', 'X', 1,
            'receivable', 1),
           (1, 'TEST01', 2, '3000', 1, '1', 0, {credit}, 0, {credit}, 'NOK', 1, '2024-01-08', '{period}', 'Invoice',
            'X', 1, 'revenue', null)"""
SETTLEMENT = """
    insert into settlement (company_id, kind, settled_on, period_id, reverses_id, created_at, created_by)
    values (1, '{kind}', '2024-01-08', '{period}', {reverses}, now(), 'test')"""
APPLICATION = """
    insert into application (company_id, credit_document_id, debit_document_id, amount_credit, amount_debit, applied_on,
                             period_id, base_credit, base_debit, gain_loss, is_posted, settlement_id, reverses_id,
                             created_at, created_by, released_at, released_by)
    select 1, 1, 2, {amount}, {amount}, '2024-01-08', '202401', {amount}, {amount}, {gain}, false, settlement_id,
           {reverses}, now(), 'test', now(), 'test'
      from settlement order by settlement_id desc limit 1"""

SEALED = """
    insert into change_seal (company_id, seal_number, sealed_at, sealed_until, newest_change_id, changes, digest)
    select 1, 1, now(), now(), 1, 1, sha256('')"""


async def refused_by(connection: Connection, statement: str) -> str | None:
    """The name of the constraint that refuses `statement`, None when it passes."""
    try:
        async with connection.transaction():
            await connection.execute(statement)
    except asyncpg.IntegrityConstraintViolationError as error:
        return error.constraint_name
    return None


async def test_a_batch_that_does_not_balance_is_refused(connection: Connection) -> None:
    assert await refused_by(connection, ENTRY.format(period="202401", credit="99.99")) == "batch_balances"
    assert await refused_by(connection, ENTRY.format(period="202401", credit="100")) is None


@pytest.mark.parametrize(
    "state", ["closed_in_customer_ledger = true", "closed_in_general_ledger = true", "active = false"]
)
async def test_a_posting_into_a_period_that_is_not_open_is_refused(connection: Connection, state: str) -> None:
    await connection.execute(f"update financial_period set {state} where period_id = '202401'")
    assert await refused_by(connection, ENTRY.format(period="202401", credit="100")) == "journal_period_is_open"


async def test_a_posting_into_a_period_that_was_never_made_is_refused(connection: Connection) -> None:
    assert await refused_by(connection, ENTRY.format(period="209901", credit="100")) == "journal_period_is_open"


async def test_the_preference_opens_closed_periods_but_not_inactive_ones(connection: Connection) -> None:
    await connection.execute(
        """update company set preferences = preferences || '{"allow_posting_to_closed_periods": true}'::jsonb"""
    )
    await connection.execute("update financial_period set closed_in_customer_ledger = true where period_id = '202401'")
    assert await refused_by(connection, ENTRY.format(period="202401", credit="100")) is None
    await connection.execute("update financial_period set active = false where period_id = '202402'")
    another = ENTRY.format(period="202402", credit="100").replace("TEST01", "TEST02")
    assert await refused_by(connection, another) == "journal_period_is_open"


@pytest.mark.parametrize("change", ["update journal_entry set debit = debit", "delete from journal_entry"])
async def test_the_journal_is_append_only(connection: Connection, change: str) -> None:
    assert await refused_by(connection, change) == "journal_is_append_only"


@pytest.mark.parametrize("change", ["update issued_document set buyer = '{}'", "delete from issued_document"])
async def test_what_a_document_showed_stays(connection: Connection, change: str) -> None:
    assert await refused_by(connection, change) == "issued_document_is_kept"


@pytest.mark.parametrize("change", ["update change set actor = 'nobody'", "delete from change"])
async def test_what_was_logged_stays(connection: Connection, change: str) -> None:
    assert await refused_by(connection, change) == "change_is_append_only"


@pytest.mark.parametrize("change", ["update change_seal set changes = 1", "delete from change_seal"])
async def test_a_seal_stays(connection: Connection, change: str) -> None:
    await connection.execute(SEALED)
    assert await refused_by(connection, change) == "change_seal_is_append_only"


@pytest.mark.parametrize("change", ["update batch set period_id = '202402'", "delete from batch"])
async def test_batches_are_append_only(connection: Connection, change: str) -> None:
    assert await refused_by(connection, change) == "journal_is_append_only"


@pytest.mark.parametrize(
    "column",
    ["amount = amount + 1", "amount_base = amount_base + 1", "document_date = document_date + 1", "number = 'Z'",
     "customer_id = 2", "period_id = '202402'", "account_number = '1920'", "released_at = null, status = 'Balanced'",
     "batch_number = 'X'", "figures_hash = 'x'", "vat_total = vat_total + 1", "exchange_rate = 2",
     "vat_exchange_rate = 2", "vat_date = vat_date + 1", "corrects_document_id = document_id + 1"],
)  # fmt: skip
async def test_the_figures_of_a_released_document_are_frozen(connection: Connection, column: str) -> None:
    refused = await refused_by(connection, f"update document set {column} where {RELEASED}")
    assert refused == "document_released_is_frozen"


async def test_what_is_no_figure_may_change_after_release(connection: Connection) -> None:
    change = "due_date = due_date + 1, note = 'x', revoked = true, dont_print = false"
    assert await refused_by(connection, f"update document set {change} where {RELEASED}") is None


@pytest.mark.parametrize("table", ["document_line", "document_vat"])
@pytest.mark.parametrize("change", ["update {} set company_id = company_id where {}", "delete from {} where {}"])
async def test_the_rows_of_a_released_document_are_frozen(connection: Connection, table: str, change: str) -> None:
    of_released = f"document_id = (select document_id from document where {RELEASED})"
    assert await refused_by(connection, change.format(table, of_released)) == "document_released_is_frozen"


async def test_a_released_document_gets_no_new_line(connection: Connection) -> None:
    added = f"""
        insert into document_line
        select (json_populate_record(document_line, '{{"line_number": 99}}'::json)).*
          from document_line
         where document_id = (select document_id from document where {RELEASED}) and line_number = 1"""
    assert await refused_by(connection, added) == "document_released_is_frozen"


async def test_a_released_document_cannot_be_deleted(connection: Connection) -> None:
    assert await refused_by(connection, f"delete from document where {RELEASED}") == "document_released_is_frozen"


async def test_there_are_no_documents_of_a_kind_that_is_not_served(connection: Connection) -> None:
    change = "update document set document_type = '{}' where document_type = 'Invoice' and number = '003547'"
    await connection.execute("update document_kind set is_served = false where document_type = 'CashSale'")
    assert await refused_by(connection, change.format("CashSale")) == "document_kind_is_served"
    assert await refused_by(connection, change.format("Letter")) == "document_kind_is_served"
    assert await refused_by(connection, change.format("DebitNote")) is None
    await connection.execute("update document_kind set is_served = true where document_type = 'Payment'")
    assert await refused_by(connection, change.format("Payment")) is None


async def test_a_number_is_unique_within_its_kind_in_any_case(connection: Connection) -> None:
    draft = "document_type = 'Invoice' and number = '003547'"
    assert await refused_by(connection, f"update document set number = '003527' where {draft}") == (
        "document_number_unique"
    )
    assert await refused_by(connection, f"update document set number = 'Ab1' where {draft}") is None
    await connection.execute(f"update document set number = 'Ab1' where {draft}")
    other = "document_type = 'Invoice' and number = '003527'"
    assert await refused_by(connection, f"update document set number = 'aB1' where {other}") == (
        "document_number_unique"
    )


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("balance = amount + 1", "document_balance_range"),
        ("balance = -1", "document_balance_range"),
        ("status = 'Closed'", "document_closed_balance"),
        ("dunning_level = 1", "document_dunning_state"),
    ],
)
async def test_a_document_cannot_contradict_itself(connection: Connection, change: str, constraint: str) -> None:
    assert await refused_by(connection, f"update document set {change} where {RELEASED}") == constraint


async def test_a_document_has_a_known_status(connection: Connection) -> None:
    nonsense = "update document set status = 'Nonsense' where document_type = 'Invoice' and number = '003547'"
    assert await refused_by(connection, nonsense) == "document_status_known"


def settlement(kind: str = "apply", period: str = "202401", reverses: str = "null") -> str:
    return SETTLEMENT.format(kind=kind, period=period, reverses=reverses)


def application(amount: str = "10", gain: str = "0", reverses: str = "null") -> str:
    return APPLICATION.format(amount=amount, gain=gain, reverses=reverses)


async def test_a_settlement_is_never_changed_or_deleted(connection: Connection) -> None:
    await connection.execute(settlement())
    for change in ("update settlement set kind = kind", "delete from settlement"):
        assert await refused_by(connection, change) == "settlement_is_append_only"


async def test_what_takes_back_says_what(connection: Connection) -> None:
    assert await refused_by(connection, settlement("undo")) == "settlement_reverses"
    assert await refused_by(connection, settlement("apply", reverses="1")) == "settlement_reverses"
    assert await refused_by(connection, settlement("undo", reverses="1")) is None
    assert await refused_by(connection, settlement("forget")) == "settlement_kind_known"


async def test_nothing_is_settled_in_a_closed_period_also_where_nothing_is_booked(connection: Connection) -> None:
    await connection.execute("update financial_period set closed_in_customer_ledger = true where period_id = '202401'")
    assert await refused_by(connection, settlement()) == "journal_period_is_open"
    assert await refused_by(connection, settlement(period="202402")) is None


async def test_an_application_is_taken_back_once(connection: Connection) -> None:
    await connection.execute(settlement())
    await connection.execute(application())
    first = await connection.fetchval("select max(application_id) from application")
    await connection.execute(settlement("undo", reverses="1"))
    assert await refused_by(connection, application("10", reverses=str(first))) == "application_amount"
    assert await refused_by(connection, application("-10", reverses=str(first))) is None
    assert await refused_by(connection, application("-10", reverses=str(first))) == "application_reversed_once"


async def test_a_released_application_is_whole(connection: Connection) -> None:
    await connection.execute(settlement())
    assert await refused_by(connection, application("0")) == "application_amount"
    assert await refused_by(connection, application("10", gain="1")) == "application_released_whole"
    without = application().replace("settlement_id,\n           null, now()", "null,\n           null, now()")
    assert await refused_by(connection, without) == "application_released_whole"


async def test_only_entries_of_receivables_and_prepayments_move_a_document(connection: Connection) -> None:
    chatty = ENTRY.format(period="202401", credit="100").replace("'revenue', null", "'revenue', 1")
    assert await refused_by(connection, chatty) == "journal_entry_moves_a_document"


async def test_a_voided_document_may_have_been_released_and_is_empty_then(connection: Connection) -> None:
    void = f"update document set status = 'Voided', balance = {{balance}}, balance_base = {{balance}} where {RELEASED}"
    assert await refused_by(connection, void.format(balance="1")) == "document_closed_balance"
    assert await refused_by(connection, void.format(balance="0")) is None


async def test_links_lead_to_another_document_and_an_instalment_has_its_number(connection: Connection) -> None:
    for link in ("corrects_document_id", "voids_document_id"):
        itself = f"update document set {link} = document_id where document_type = 'Invoice' and number = '003547'"
        assert await refused_by(connection, itself) == "document_links_to_another"
    part = "update document set master_document_id = document_id + 1 where "
    assert await refused_by(connection, f"{part} document_type = 'Invoice' and number = '003547'") == (
        "document_is_an_instalment"
    )
    assert await refused_by(connection, part + RELEASED) == "document_released_is_frozen"


async def test_what_only_documents_with_lines_have_is_there_as_a_whole_or_not_at_all(connection: Connection) -> None:
    draft = "document_type = 'Invoice' and number = '003547'"
    assert await refused_by(connection, f"update document set lines_json = null where {draft}") == (
        "document_lines_part_whole"
    )
    block = await connection.fetchval(
        "select pg_get_constraintdef(oid) from pg_constraint where conname = 'document_lines_part_whole'"
    )
    columns = re.findall(r"\b([a-z_]+)(?=[,)])", block.partition("num_nulls(")[2].partition(")")[0] + ")")
    assert len(columns) == 20
    nothing = ", ".join(f"{column} = null" for column in columns)
    assert await refused_by(connection, f"update document set {nothing} where {draft}") is None


PRICE = """
    insert into sales_price (company_id, price_id, price_type, customer_id, item_id, unit_id, promotion, break_quantity,
                             price, currency_id, effective_date, expiration_date, created_at, modified_at, version)
    values (1, {price_id}, '{price_type}', {customer}, 1, 'STK', true, {quantity}, 10, 'NOK', '{first}', '{last}',
            now(), now(), 1)"""
"""A promotion, as a price that may be broken in one place."""


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"customer": "1"}, "sales_price_buyer"),
        ({"price_type": "Customer"}, "sales_price_buyer"),
        ({"price_type": "All"}, "sales_price_buyer"),
        ({"quantity": "-1"}, "sales_price_figures"),
        ({"first": "2025-07-01"}, "sales_price_dates"),
        ({"first": "2025-06-30", "last": "2025-07-31"}, "sales_price_one_promotion"),
        ({"first": "2025-06-30", "last": "2025-07-31", "quantity": "2"}, None),
        ({"first": "2025-07-01", "last": "2025-07-31"}, None),
    ],
)
async def test_a_price_is_for_somebody_and_a_promotion_is_alone(
    connection: Connection, fields: dict[str, str], constraint: str | None
) -> None:
    whole = {"price_type": "Base", "customer": "null", "quantity": "0", "first": "2025-06-01", "last": "2025-06-30"}
    await connection.execute(PRICE.format(price_id=1, **whole))
    assert await refused_by(connection, PRICE.format(price_id=2, **{**whole, **fields})) == constraint


SERIES = """
    insert into discount_series (company_id, discount_code, series, discount_by, break_by, promotional, active,
                                 effective_date, expiration_date, breakpoints, created_at, modified_at, version)
    values (1, '{code}', '{series}', 'Percent', 'Amount', {promotional}, true, {first}, {last}, '[]',
            now(), now(), 1)"""
"""A discount series, as one that may be broken in one place."""


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"code": "SALE"}, "discount_series_of_code"),
        ({"series": "S1"}, "discount_series_pk"),
        ({"series": "s1"}, "discount_series_folded"),
        ({"first": "'2025-02-01'", "last": "'2025-01-31'"}, "discount_series_dates"),
        ({"promotional": "true", "first": "'2025-02-01'"}, "discount_series_promotion"),
        ({"promotional": "true", "first": "'2025-02-01'", "last": "'2025-02-01'"}, None),
    ],
)
async def test_a_discount_series_is_of_a_code_and_a_promotion_has_its_days(
    connection: Connection, fields: dict[str, str], constraint: str | None
) -> None:
    whole = {"code": "RABATT", "series": "S2", "promotional": "false", "first": "null", "last": "null"}
    await connection.execute(SERIES.format(**{**whole, "series": "S1"}))
    assert await refused_by(connection, SERIES.format(**{**whole, **fields})) == constraint


PROJECT = """
    insert into project (company_id, project_id, number, description, customer_id, status, on_hold, start_date,
                         end_date, auto_allocate, auto_release, restrict_employees, restrict_equipment, employees,
                         visibility, tasks, created_at, modified_at, version)
    values (1, {project_id}, '{number}', '', {customer}, 'Planned', false, {first}, {last}, false, false, false, false,
            '[]', '{{}}', '[]', now(), now(), 1)"""
"""A project, as one that may be broken in one place."""


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"project_id": "91"}, "project_pk"),
        ({"number": "Dock"}, "project_number_unique"),
        ({"number": "DOCK"}, "project_number_folded"),
        ({"number": "x"}, "project_is_one"),
        ({"customer": "99999"}, "project_of_customer"),
        ({"first": "'2025-02-01'", "last": "'2025-01-31'"}, "project_dates"),
        ({"first": "'2025-02-01'", "last": "'2025-02-01'"}, None),
    ],
)
async def test_a_project_has_a_number_of_its_own_and_a_customer_that_exists(
    connection: Connection, fields: dict[str, str], constraint: str | None
) -> None:
    whole = {"project_id": "92", "number": "Quay", "customer": "null", "first": "null", "last": "null"}
    await connection.execute(PROJECT.format(**{**whole, "project_id": "91", "number": "Dock"}))
    assert await refused_by(connection, PROJECT.format(**{**whole, **fields})) == constraint
