"""The demo company's ledger over HTTP: a database of its own per test, and words for what the tests do with it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from reskontra.app import create_app
from reskontra.clock import SeededClock
from reskontra.config import Settings
from reskontra.db.pool import Database

LINES = {"customerinvoice": "invoiceLines", "customerCreditNote": "lines", "customerDebitNote": "lines"}
INVOICE, CREDIT_NOTE, DEBIT_NOTE = LINES
TYPES = {INVOICE: "Invoice", CREDIT_NOTE: "CreditNote", DEBIT_NOTE: "DebitNote"}
ITEM_A = {"inventoryNumber": "A", "quantity": 1}

_encoder = msgspec.json.Encoder(decimal_format="number")


@dataclass
class Ledger:
    """A client of the demo company. Fields are sent wrapped, amounts are read as exact decimals."""

    http: httpx.AsyncClient
    database: Database
    clock: SeededClock

    async def send(self, method: str, address: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        """One request; `lines` takes the name that the kind gives its lines."""
        body = {LINES[address.split("/", maxsplit=1)[0]] if name == "lines" else name: fields[name] for name in fields}
        return await self.http.request(
            method,
            f"/v1/{address}",
            content=_encoder.encode(wire(body)) if fields else b"",
            headers={"Content-Type": "application/json"} | (headers or {}),
        )

    async def post(self, kind: str = INVOICE, **fields: Any) -> httpx.Response:
        """POST a document: to customer 20001, dated 2025-03-03, one line of item A, unless other fields say else."""
        defaults = {"customerNumber": "20001", "documentDate": "2025-03-03", "lines": [ITEM_A]}
        answer: httpx.Response = await self.send("POST", kind, **defaults | fields)
        return answer

    async def create(self, kind: str = INVOICE, **fields: Any) -> dict[str, Any]:
        """POST a document and read it back from its Location."""
        answer = await self.post(kind, **fields)
        assert answer.status_code == 201, answer.text
        return decoded(await self.http.get(answer.headers["Location"]))

    async def read(self, number: str, kind: str = INVOICE) -> dict[str, Any]:
        """GET a document."""
        return decoded(await self.http.get(f"/v1/{kind}/{number}"))

    async def change(self, number: str, kind: str = INVOICE, **fields: Any) -> dict[str, Any]:
        """PUT fields and read the document back."""
        answer = await self.send("PUT", f"{kind}/{number}", **fields)
        assert answer.status_code == 204, answer.text
        return await self.read(number, kind)

    async def refuse(self, kind: str = INVOICE, **fields: Any) -> str:
        """POST a document that must be refused; returns the error text. Nothing may have been written."""
        return await self._refused("POST", kind, {"customerNumber": "20001", "lines": [ITEM_A]} | fields)

    async def refuse_change(self, number: str, kind: str = INVOICE, **fields: Any) -> str:
        """PUT fields that must be refused; returns the error text. Nothing may have been written."""
        return await self._refused("PUT", f"{kind}/{number}", fields)

    async def refuse_release(self, number: str, kind: str = INVOICE) -> str:
        """Release a document that must not be; returns the error text. Nothing may have been written."""
        return await self._refused("POST", f"{kind}/{number}/action/release", {})

    async def _refused(self, method: str, address: str, fields: dict[str, Any]) -> str:
        before = await self.newest_change()
        answer = await self.send(method, address, **fields)
        assert answer.status_code == 400, (answer.status_code, answer.text)
        assert await self.newest_change() == before
        text: str = answer.json()["message"]
        return text.partition("Error: ")[2]

    async def release(self, number: str, kind: str = INVOICE) -> dict[str, Any]:
        """Release a document and read it back."""
        answer = await self.send("POST", f"{kind}/{number}/action/release")
        assert answer.status_code == 200, answer.text
        assert answer.json()["actionResult"] == "Done"
        return await self.read(number, kind)

    async def page(self, kind: str = INVOICE, **query: Any) -> list[dict[str, Any]]:
        """GET a page."""
        answer = await self.http.get(f"/v1/{kind}", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = json.loads(answer.text, parse_float=Decimal)
        return found

    async def numbers(self, kind: str = INVOICE, **query: Any) -> list[str]:
        """The numbers on a page."""
        return [document["referenceNumber"] for document in await self.page(kind, **query)]

    async def entries(self, number: str, kind: str = INVOICE) -> list[tuple[Any, ...]]:
        """The journal entries of a document: account, debit and credit in its currency, both in base, purpose."""
        rows = await self.fetch(
            """
            select account_number, debit, credit, debit_base, credit_base, purpose from journal_entry
             where document_type = $1 and document_number = $2 order by batch_number, line_number
            """,
            TYPES[kind],
            number,
        )
        return [tuple(row) for row in rows]

    async def balance(self, customer_number: str = "20001") -> tuple[Decimal, Decimal]:
        """What the customer owes, and what is saved but not released."""
        row = await self.fetch(
            """
            select balance, unreleased from customer_balance join customer using (company_id, customer_id)
             where number = $1
            """,
            customer_number,
        )
        return row[0]["balance"], row[0]["unreleased"]

    async def newest_change(self) -> int:
        """The id of the last change that was committed."""
        row = await self.fetch("select coalesce(max(change_id), 0) as id from change")
        newest: int = row[0]["id"]
        return newest

    async def fetch(self, statement: str, *values: Any) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetch(statement, *values)

    async def sql(self, *statements: str) -> None:
        """Change the company behind the API's back: reference data has no address to write to yet."""
        async with self.database.transaction() as connection:
            for statement in statements:
                await connection.execute(statement)

    async def prefer(self, preferences: str) -> None:
        """Set preferences of the company, given as JSON."""
        await self.sql(f"update company set preferences = preferences || '{preferences}'::jsonb")


def wire(value: Any) -> Any:
    """A body with everything wrapped but lists, line operations and the segments of a subaccount."""
    if not isinstance(value, dict):
        return value
    return {name: inner(name, field) for name, field in value.items()}


def inner(name: str, field: Any) -> Any:
    if name in ("operation", "segmentId", "segmentValue"):
        return field
    if isinstance(field, list | tuple):
        return [wire(item) for item in field]
    return wire(field) if name == "rotRutDetails" else {"value": wire(field)}


def decoded(answer: httpx.Response) -> dict[str, Any]:
    """The answer's object, with the version that its ETag names."""
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = json.loads(answer.text, parse_float=Decimal)
    assert answer.headers["ETag"] == f'"{document["timeStamp"]}"'
    return document


@pytest.fixture
def ledger(client: httpx.AsyncClient, books: Database, clock: SeededClock) -> Ledger:
    """The demo company: customers 20001 to 20020, invoices up to 003547, items A, 6 and 222."""
    return Ledger(client, books, clock)


@pytest.fixture
async def bystander(database: Database, clock: SeededClock) -> AsyncIterator[Ledger]:
    """The demo company in the database that the worker's tests share: for requests that change nothing."""
    transport = httpx.ASGITransport(create_app(Settings(sandbox=True), database, clock), client=("127.0.0.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        yield Ledger(http, database, clock)
