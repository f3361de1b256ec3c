"""Creating API clients, and finding companies by their codes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reskontra.clock import Context
from reskontra.companies.store import companies
from reskontra.db.pool import Connection
from reskontra.errors import Refused, UnknownReference
from reskontra.web.auth import SCOPES
from reskontra.web.secrets import hash_secret, new_salt, new_secret


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What an API client needs for a token. The secret exists only here; only its hash is stored."""

    client_id: str
    client_secret: str
    tenant_id: uuid.UUID
    """The first company that the client sees; a token is for one company."""


async def company_ids(connection: Connection, codes: Iterable[str]) -> list[int]:
    """The ids of companies by code, in the order of the codes. Raises `UnknownReference`."""
    known = {company.code: company.company_id for company in await companies.list_companies(connection)}
    found = []
    for code in codes:
        if code not in known:
            hint = f"Known companies: {', '.join(known) or 'none'}."
            raise UnknownReference(field=("company",), value=code, hint=hint)
        found.append(known[code])
    return found


async def create_client(
    connection: Connection,
    company_ids: Sequence[int],
    scopes: Sequence[str],
    *,
    name: str,
    secret: str | None = None,
    context: Context,
) -> ClientCredentials:
    """Create an API client that sees these companies. Refused: an unknown scope or company, a name that is taken.

    Give a `secret` only if it is meant to be public, like the demo's; otherwise one is made.
    """
    tenants = {company.company_id: company.tenant_id for company in await companies.list_companies(connection)}
    if not company_ids:
        raise Refused("A client sees at least one company.", field=("company",), hint="Name a company.")
    for company_id in company_ids:
        if company_id not in tenants:
            raise UnknownReference(field=("company",), value=company_id, hint="Name the id of an existing company.")
    for scope in scopes or ("",):
        if scope not in SCOPES:
            hint = f"Choose among {', '.join(sorted(SCOPES))}."
            raise Refused(f"There is no scope '{scope}'.", field=("scope",), value=scope, hint=hint)
    client_id = f"isv_{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_') or 'client'}"
    secret, salt = secret or new_secret(), new_salt()
    added = await companies.insert_client(
        connection,
        client_id=client_id,
        name=name,
        secret_salt=salt,
        secret_hash=hash_secret(secret, salt),
        scopes=scopes,
        company_ids=company_ids,
        moment=context.now,
    )
    if not added:
        reason = f"There is an API client '{client_id}' already."
        raise Refused(reason, field=("name",), value=name, hint="Choose another name.")
    return ClientCredentials(client_id, secret, tenants[company_ids[0]])
