"""The demo company, and what tests of people and places do with it again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from reskontra.clock import SeededClock
from reskontra.db.pool import Database


@dataclass
class Api:
    """A client that reads back what it writes."""

    http: httpx.AsyncClient
    database: Database
    clock: SeededClock

    async def create(self, address: str, /, **fields: Any) -> dict[str, Any]:
        """POST and read back what `Location` names; `href` is its address."""
        answer = await self.http.post(f"/v1/{address}", json=fields)
        assert answer.status_code == 201, answer.text
        return await self.read(answer.headers["Location"])

    async def read(self, address: str) -> dict[str, Any]:
        """GET one; `href` is its address and `etag` its version."""
        href = address if address.startswith("http") else f"/v1/{address}"
        answer = await self.http.get(href)
        assert answer.status_code == 200, answer.text
        read: dict[str, Any] = answer.json()
        return read | {"href": href, "etag": answer.headers.get("ETag")}

    async def put(self, address: str, headers: dict[str, str] | None = None, /, **fields: Any) -> httpx.Response:
        href = address if address.startswith("http") else f"/v1/{address}"
        return await self.http.put(href, json=fields, headers=headers)

    async def change(self, address: str, /, **fields: Any) -> dict[str, Any]:
        """PUT and read back."""
        answer = await self.put(address, **fields)
        assert answer.status_code == 204, answer.text
        return await self.read(answer.headers["Location"])

    async def refused(self, method: str, address: str, /, **fields: Any) -> str:
        """The text of a 400."""
        answer = await self.http.request(method, f"/v1/{address}", json=fields)
        assert answer.status_code == 400, (answer.status_code, answer.text)
        message: str = answer.json()["message"]
        return message.partition("Error: ")[2]

    async def list(self, address: str, /, **query: Any) -> list[dict[str, Any]]:
        answer = await self.http.get(f"/v1/{address}", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        assert all(row["metadata"]["maxPageSize"] == 1000 for row in found)
        return found

    async def status(self, method: str, address: str, /, **fields: Any) -> int:
        json = fields if method in ("POST", "PUT") else None
        return (await self.http.request(method, f"/v1/{address}", json=json)).status_code

    async def sql(self, statement: str, *values: Any) -> Any:
        async with self.database.transaction() as connection:
            return await connection.fetchval(statement, *values)

    async def contact(self, **fields: Any) -> dict[str, Any]:
        return await self.create("contact", **{"lastName": "Nordmann"} | fields)

    async def location(self, customer: str = "20001", location_id: str = "North", **fields: Any) -> dict[str, Any]:
        return await self.create("location", baccountId=customer, locationId=location_id, **fields)

    async def invoice(self, customer: str = "20001", **fields: Any) -> dict[str, Any]:
        lines = fields.pop("invoiceLines", [{"inventoryNumber": "A", "quantity": 1}])
        return await self.create("customerinvoice", customerNumber=customer, invoiceLines=lines, **fields)


def plain(read: dict[str, Any]) -> dict[str, Any]:
    """What was read without what no body holds."""
    return {name: value for name, value in read.items() if name not in ("href", "etag")}


@pytest.fixture
def api(client: httpx.AsyncClient, books: Database, clock: SeededClock) -> Api:
    return Api(client, books, clock)
