"""SQL of companies."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from reskontra.changes.store import change_row, newest_moment, parameters
from reskontra.clock import Context
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.kinds import KINDS
from reskontra.reference.rules.preferences import Preferences


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyFacts:
    """A company as shown to an operator. Moments are in UTC."""

    company_id: int
    code: str
    name: str
    tenant_id: uuid.UUID
    country_id: str
    base_currency: str
    time_zone: str
    created_at: datetime
    customers: int
    documents: int
    newest_change: datetime | None
    clients: list[str]


async def describe_companies(connection: Connection) -> list[CompanyFacts]:
    """All companies in order of their ids, with the clients that see them."""
    rows = await connection.fetch(
        f"""
        select company_id, code, name, tenant_id, country_id, base_currency, time_zone, created_at,
               (select coalesce(sum(total), 0)::bigint from tally
                 where tally.company_id = company.company_id and entity = 'Customer') as customers,
               (select coalesce(sum(total), 0)::bigint from tally
                 where tally.company_id = company.company_id and entity = any ($1::text[])) as documents,
               {newest_moment("company.company_id")} as newest_change,
               array(select client_id from api_client_company
                      where api_client_company.company_id = company.company_id order by client_id) as clients
          from company
         order by company_id
        """,
        list(KINDS),
    )
    return [CompanyFacts(**row) for row in rows]


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
        select $1, $2, $3::uuid, $4, $5, $6, $7::jsonb, $8::timestamptz
         where not exists (select from company where code = $1) -- so that a refused one uses up no id
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
