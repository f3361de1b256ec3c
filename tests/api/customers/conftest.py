"""A company of its own per test, with more reference data than the template has, and a client that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from reskontra.app import create_app
from reskontra.clock import Context, SeededClock
from reskontra.company_file.commands.creating import create_company
from reskontra.config import Settings
from reskontra.db.pool import Database

MORE_REFERENCE_DATA = """
insert into attribute (company_id, attribute_id, description, control_type, options, created_at, modified_at) values
    ($1, 'COLOUR', 'Colour', 'Combo', '[{"value": "red"}, {"value": "blue"}]', now(), now()),
    ($1, 'TAGS', 'Tags', 'MultiSelectCombo', '[{"value": "big"}, {"value": "old"}]', now(), now()),
    ($1, 'VIP', 'Important', 'Checkbox', '[]', now(), now()),
    ($1, 'SINCE', 'Since', 'Datetime', '[]', now(), now()),
    ($1, 'REMARK', 'Remark', 'Text', '[]', now(), now())
;;
insert into payment_method (company_id, payment_method_id, description, active, modified_at) values
    ($1, '2', 'Card', true, now()), ($1, '3', 'Cheque', false, now())
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


@dataclass
class Shop:
    """A company, a client that talks to it, and the database behind it."""

    http: httpx.AsyncClient
    database: Database
    company_id: int
    clock: SeededClock

    async def post(self, **fields: Any) -> httpx.Response:
        return await self.http.post("/v1/customer", json=fields)

    async def create(self, **fields: Any) -> dict[str, Any]:
        """Create a customer and read it back."""
        answer = await self.post(**{"name": "Someone"} | fields)
        assert answer.status_code == 201, answer.text
        read: dict[str, Any] = (await self.http.get(answer.headers["Location"])).json()
        return read

    async def get(self, number: str) -> dict[str, Any]:
        answer = await self.http.get(f"/v1/customer/{number}")
        assert answer.status_code == 200, answer.text
        read: dict[str, Any] = answer.json()
        return read

    async def put(self, cd: str, /, **fields: Any) -> httpx.Response:
        return await self.http.put(f"/v1/customer/{cd}", json=fields)

    async def change(self, cd: str, /, **fields: Any) -> dict[str, Any]:
        """Change a customer and read it back."""
        answer = await self.put(cd, **fields)
        assert answer.status_code == 204, answer.text
        return await self.get(cd)

    async def find(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.http.get("/v1/customer", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    async def numbers(self, **query: Any) -> list[str]:
        return [customer["number"] for customer in await self.find(**query)]

    async def sql(self, statement: str, *values: Any) -> Any:
        async with self.database.transaction() as connection:
            return await connection.fetchval(statement, *values)


@asynccontextmanager
async def open_shop(database: Database, clock: SeededClock) -> AsyncIterator[Shop]:
    async with database.transaction() as connection:
        context = Context(0, "test", "test", clock.now(), clock)
        company_id = await create_company(connection, "no", code="SHOP", context=context)
        for statement in MORE_REFERENCE_DATA.split(";;"):
            await connection.execute(statement, company_id)
    app = create_app(Settings(sandbox=True), database, clock)
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50000))
    headers = {"ipp-company-id": str(company_id)}
    async with httpx.AsyncClient(transport=transport, base_url="http://books.test/API", headers=headers) as http:
        yield Shop(http, database, company_id, clock)


@pytest.fixture
async def shop(fresh_database: Callable[[], Awaitable[Database]], clock: SeededClock) -> AsyncIterator[Shop]:
    async with open_shop(await fresh_database(), clock) as opened:
        yield opened
