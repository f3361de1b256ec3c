"""Clients and companies as the edge looks them up (`web.auth.Access`)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from asyncpg import Record

from reskontra.db.pool import Database
from reskontra.web.auth import Client, Company

_SIGNING = "token-signing"
_READ_KEY = "select value from server_secret where name = $1"


class StoredAccess:
    """The tables `api_client`, `api_client_company`, `company`, `server_secret` and `access_version`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_client(self, client_id: str) -> Client | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                "select client_id, name, secret_salt, secret_hash, scopes, disabled_at is not null as is_disabled "
                "from api_client where client_id = $1",
                client_id,
            )
        if row is None:
            return None
        return Client(
            client_id=row["client_id"],
            name=row["name"],
            secret_salt=row["secret_salt"],
            secret_hash=row["secret_hash"],
            scopes=frozenset(row["scopes"]),
            is_disabled=row["is_disabled"],
        )

    async def companies_of(self, client_id: str) -> Sequence[Company]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "select c.company_id, c.code, c.name, c.tenant_id, c.time_zone "
                "from api_client_company a join company c on c.company_id = a.company_id "
                "where a.client_id = $1 order by c.company_id",
                client_id,
            )
        return [_company(row) for row in rows]

    async def companies(self) -> Sequence[Company]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "select company_id, code, name, tenant_id, time_zone from company order by company_id"
            )
        return [_company(row) for row in rows]

    async def server_secret(self) -> bytes:
        """Several processes may start at once: the first one's key wins, the others read it."""
        async with self._database.connection() as connection:
            found: bytes | None = await connection.fetchval(_READ_KEY, _SIGNING)
        if found is not None:
            return found
        async with self._database.transaction() as connection:
            await connection.execute(
                "insert into server_secret (name, value) values ($1, $2) on conflict (name) do nothing",
                _SIGNING,
                secrets.token_bytes(32),
            )
            value: bytes = await connection.fetchval(_READ_KEY, _SIGNING)
        return value

    async def version(self) -> int:
        async with self._database.connection() as connection:
            found: int = await connection.fetchval("select version from access_version")
        return found

    async def is_ready(self) -> bool:
        """Whether the database accepts changes; raises `Unavailable` with the reason if it does not."""
        await self._database.probe()
        return True


def _company(row: Record) -> Company:
    return Company(row["company_id"], row["code"], row["name"], row["tenant_id"], ZoneInfo(row["time_zone"]))
