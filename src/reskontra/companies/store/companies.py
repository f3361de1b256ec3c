"""SQL of companies and their API clients."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reskontra.changes.store import change_row, parameters
from reskontra.clock import Context
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.reference.rules.preferences import Preferences

# Companies


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company without its reference data. `tenant_id` is how a token names it."""

    company_id: int
    code: str
    name: str
    tenant_id: uuid.UUID


async def list_companies(connection: Connection) -> list[Company]:
    """All companies, in order of their id."""
    rows = await connection.fetch("select company_id, code, name, tenant_id from company order by company_id")
    return [Company(**row) for row in rows]


async def insert_company(
    connection: Connection,
    *,
    code: str,
    name: str,
    tenant_id: uuid.UUID,
    country_id: str,
    base_currency: str,
    time_zone: str,
    preferences: Preferences,
    moment: datetime,
) -> int | None:
    """Add a company without reference data; returns its id, or None when the code is taken. `moment` is in UTC."""
    company_id: int | None = await connection.fetchval(
        """
        insert into company (code, name, tenant_id, country_id, base_currency, time_zone, preferences, created_at)
        values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8)
        on conflict on constraint company_code_unique do nothing
        returning company_id
        """,
        code,
        name,
        tenant_id,
        country_id,
        base_currency,
        time_zone,
        as_json(preferences),
        moment,
    )
    return company_id


async def save_company(
    connection: Connection, company_id: int, *, name: str, time_zone: str, preferences: Preferences
) -> None:
    """Write a company's own row."""
    await connection.execute(
        "update company set name = $2, time_zone = $3, preferences = $4::jsonb where company_id = $1",
        company_id,
        name,
        time_zone,
        as_json(preferences),
    )


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


async def log_company_created(connection: Connection, context: Context) -> None:
    """Write the change row of the new company `context.company_id`."""
    await connection.execute(
        f"""
        with created as (select code from company where company_id = $1),
        {change_row("'Company'", "created", "code", "created")}
        select change_id from changed
        """,
        *parameters(context),
    )
