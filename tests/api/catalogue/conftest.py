"""A company of its own per test, and words for what the tests of reference data, items and rates do with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import pytest

from reskontra.app import create_app
from reskontra.clock import Context, SeededClock
from reskontra.company_file.commands.creating import create_company
from reskontra.config import Settings
from reskontra.db.pool import Database


@dataclass
class Desk:
    """A client of one company, the database behind it and its clock. Amounts are read as exact decimals."""

    http: httpx.AsyncClient
    database: Database
    company_id: int
    clock: SeededClock

    async def get(self, address: str, **query: Any) -> Any:
        answer = await self.http.get(f"/{address}", params=query)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content, parse_float=Decimal)

    async def post(self, address: str, **fields: Any) -> httpx.Response:
        return await self.http.post(f"/{address}", json=fields)

    async def put(self, address: str, headers: dict[str, str] | None = None, /, **fields: Any) -> httpx.Response:
        return await self.http.put(f"/{address}", json=fields, headers=headers)

    async def create(self, address: str, **fields: Any) -> str:
        """POST something that is taken; the path of what came of it."""
        answer = await self.post(address, **fields)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Location"]).removeprefix("http://books.test/")

    async def change(self, address: str, **fields: Any) -> None:
        """PUT something that is taken."""
        answer = await self.put(address, **fields)
        assert answer.status_code == 204, answer.text

    async def refused(self, method: str, address: str, **fields: Any) -> str:
        """The text of a refusal; nothing was written."""
        before = await self.sql("select count(*) from change")
        answer = await self.http.request(method, f"/{address}", json=fields)
        assert answer.status_code == 400, answer.text
        assert await self.sql("select count(*) from change") == before
        return str(answer.json()["message"])

    async def invoice(self, *lines: dict[str, Any], kind: str = "v1/customerinvoice", **fields: Any) -> dict[str, Any]:
        """Create a document of `lines` for the company's only customer and read it back."""
        name = "invoiceLines" if kind == "v1/customerinvoice" else "lines"
        made = await self.create(kind, **{"customerNumber": "K", "documentDate": "2025-03-03", name: lines} | fields)
        return dict(await self.get(made))

    async def release(self, document: dict[str, Any], kind: str = "v1/customerinvoice") -> dict[str, Any]:
        """Release a document and read it again."""
        answer = await self.http.post(f"/{kind}/{document['referenceNumber']}/action/release")
        assert answer.status_code == 200, answer.text
        return dict(await self.get(f"{kind}/{document['referenceNumber']}"))

    async def journal(self, document: dict[str, Any]) -> dict[str, tuple[Decimal, Decimal]]:
        """What a released document put on each account, debit positive: in its own currency and in base currency."""
        async with self.database.connection() as connection:
            rows = await connection.fetch(
                """
                select account_number, sum(debit - credit) as amount, sum(debit_base - credit_base) as amount_base
                  from journal_entry
                 where company_id = $1 and document_number = $2
                 group by account_number
                """,
                self.company_id,
                document["referenceNumber"],
            )
        return {row["account_number"]: (row["amount"], row["amount_base"]) for row in rows}

    async def sql(self, statement: str, *values: Any) -> Any:
        async with self.database.transaction() as connection:
            return await connection.fetchval(statement, *values)

    async def prefer(self, **preferences: Any) -> None:
        """Change preferences of the company."""
        await self.sql(
            "update company set preferences = preferences || $2::jsonb where company_id = $1",
            self.company_id,
            json.dumps(preferences),
        )


@pytest.fixture
async def desk(fresh_database: Callable[[], Awaitable[Database]], clock: SeededClock) -> AsyncIterator[Desk]:
    """A company of the Norwegian template with customer K."""
    database = await fresh_database()
    async with database.transaction() as connection:
        context = Context(0, "test", "test", clock.now(), clock)
        company_id = await create_company(connection, "no", code="CATALOGUE", context=context)
    app = create_app(Settings(sandbox=True), database, clock)
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50000))
    headers = {"ipp-company-id": str(company_id)}
    async with httpx.AsyncClient(transport=transport, base_url="http://books.test", headers=headers) as http:
        opened = Desk(http, database, company_id, clock)
        await opened.create("v1/customer", number="K", name="Kunde")
        yield opened
