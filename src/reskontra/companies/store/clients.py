"""SQL of API clients and the key that signs their tokens, for commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reskontra.db.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFacts:
    """A client as shown to an operator, without its secret. `companies` are codes, moments are in UTC."""

    client_id: str
    name: str
    scopes: list[str]
    companies: list[str]
    created_at: datetime
    disabled_at: datetime | None


async def list_clients(connection: Connection) -> list[ClientFacts]:
    """All clients, by client id."""
    rows = await connection.fetch(
        """
        select client_id, name, scopes, created_at, disabled_at,
               array(select code from api_client_company join company using (company_id)
                      where api_client_company.client_id = api_client.client_id order by company_id) as companies
          from api_client
         order by client_id
        """
    )
    return [ClientFacts(**row) for row in rows]


async def lock_client(connection: Connection, client_id: str) -> list[int] | None:
    """Lock a client until the transaction ends. The ids of its companies, or None if there is no such client."""
    if await connection.fetchval("select true from api_client where client_id = $1 for update", client_id) is None:
        return None
    rows = await connection.fetch(
        "select company_id from api_client_company where client_id = $1 order by company_id", client_id
    )
    return [row["company_id"] for row in rows]


async def insert_client(
    connection: Connection,
    *,
    client_id: str,
    name: str,
    secret_salt: bytes,
    secret_hash: bytes,
    scopes: Sequence[str],
    company_ids: Sequence[int],
    moment: datetime,
) -> bool:
    """Add an API client that sees these companies; False when the client id is taken. `moment` is in UTC."""
    added = await connection.fetchval(
        """
        with added as (
            insert into api_client (client_id, name, secret_salt, secret_hash, scopes, created_at)
            values ($1, $2, $3, $4, $5, $7)
            on conflict (client_id) do nothing
            returning client_id),
        granted as (
            insert into api_client_company (client_id, company_id)
            select client_id, company_id from added, unnest($6::integer[]) as company_id)
        select exists (select from added)
        """,
        client_id,
        name,
        secret_salt,
        secret_hash,
        scopes,
        company_ids,
        moment,
    )
    return bool(added)


async def set_disabled(connection: Connection, client_id: str, moment: datetime | None) -> bool:
    """Disable a client as of `moment` (UTC), or enable it (None); False if nothing changed."""
    status = await connection.execute(
        """
        update api_client set disabled_at = $2::timestamptz
         where client_id = $1 and (disabled_at is null) <> ($2::timestamptz is null)
        """,
        client_id,
        moment,
    )
    return status == "UPDATE 1"


async def set_secret(connection: Connection, client_id: str, *, salt: bytes, secret_hash: bytes) -> None:
    """Replace a client's secret."""
    await connection.execute(
        "update api_client set secret_salt = $2, secret_hash = $3 where client_id = $1", client_id, salt, secret_hash
    )


async def set_scopes(connection: Connection, client_id: str, scopes: Sequence[str]) -> None:
    """Replace a client's scopes."""
    await connection.execute("update api_client set scopes = $2 where client_id = $1", client_id, scopes)


async def set_companies(connection: Connection, client_id: str, company_ids: Sequence[int]) -> None:
    """Replace the companies that a client sees."""
    await connection.execute("delete from api_client_company where client_id = $1", client_id)
    await connection.execute(
        "insert into api_client_company (client_id, company_id) select $1, unnest($2::integer[])",
        client_id,
        company_ids,
    )


async def delete_client(connection: Connection, client_id: str) -> None:
    """Delete a client."""
    await connection.execute("delete from api_client_company where client_id = $1", client_id)
    await connection.execute("delete from api_client where client_id = $1", client_id)


async def put_signing_key(connection: Connection, key: bytes) -> None:
    """Replace the key that signs tokens."""
    await connection.execute(
        """
        insert into server_secret (name, value) values ('token-signing', $1)
        on conflict (name) do update set value = excluded.value
        """,
        key,
    )
