"""A company with more reference data than the template has, and its clerk."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database
from tests.clerk import Clerk, count_rows
from tests.conftest import NOW, new_company, open_client
from tests.databases import Databases
from tests.standing import StandingBooks, standing_books

MORE_REFERENCE_DATA = """
insert into attribute (company_id, attribute_id, description, control_type, options, created_at, modified_at) values
    ($1, 'COLOUR', 'Colour', 'Combo', '[{"value": "red"}, {"value": "blue"}]', now(), now()),
    ($1, 'TAGS', 'Tags', 'MultiSelectCombo', '[{"value": "big"}, {"value": "old"}]', now(), now()),
    ($1, 'VIP', 'Important', 'Checkbox', '[]', now(), now()),
    ($1, 'SINCE', 'Since', 'Datetime', '[]', now(), now()),
    ($1, 'REMARK', 'Remark', 'Text', '[]', now(), now())
;;
insert into payment_method (company_id, payment_method_id, description, active, modified_at) values
    ($1, '3', 'Cheque', false, now())
;;
insert into segment_value (company_id, dimension_id, segment_id, value, description, modified_at) values
    ($1, 'SUBACCOUNT', 1, '1', 'North', now()), ($1, 'SUBACCOUNT', 1, '2', 'South', now()),
    ($1, 'SUBACCOUNT', 1, '3', 'East', now())
;;
insert into subaccount (company_id, subaccount_id, subaccount_number, description, active, modified_at) values
    ($1, 2, '1', 'North', true, now()), ($1, 3, '2', 'South', false, now())
;;
insert into account (company_id, account_id, account_number, description, account_type, active, modified_at) values
    ($1, 999, '3999', 'Closed account', 'Income', false, now())
;;
insert into customer_class (company_id, customer_class_id, description, terms_id, currency_id, payment_method_id,
       vat_zone_id, vat_zone_required, statement_type, credit_verification, credit_limit, credit_days_past_due,
       print_invoices, email_invoices, country_id, customer_ledger_account, sales_account, modified_at) values
    ($1, 'EXPORT', 'Export customers', '30', 'EUR', '2', 'EX', true, 'BalanceBroughtForward', 'CreditLimit', 5000, 7,
     true, true, 'DE', '1500', '3120', now()),
    ($1, 'NOZONE', 'Needs a zone', '30', 'NOK', null, null, true, 'OpenItem', 'Disabled', 0, 0,
     false, false, null, '1500', null, now())
"""


async def prepare(database: Database) -> int:
    """A company of the Norwegian template, with all that customers may name; its id."""
    company_id = await new_company(database, SeededClock(NOW))
    async with database.transaction() as connection:
        for statement in MORE_REFERENCE_DATA.split(";;"):
            await connection.execute(statement, company_id)
            await count_rows(connection, statement)
    return company_id


@pytest.fixture(scope="session")
async def standing(databases: Databases) -> AsyncIterator[StandingBooks]:
    async with standing_books(databases, prepare) as books:
        yield books


@pytest.fixture
async def clerk(standing: StandingBooks, books: Database, clock: SeededClock) -> AsyncIterator[Clerk]:
    """The clerk of that company."""
    settings, company_id = Settings(sandbox=True), standing.prepared
    async with open_client(settings, books, clock, company_id=company_id, base_url="http://localhost/API") as http:
        yield Clerk(http, books, clock, company_id)
